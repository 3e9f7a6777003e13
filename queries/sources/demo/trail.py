"""The demo on disk: the folders and files of a CloudTrail bucket, written whole or added to."""

from __future__ import annotations

import shutil
import tempfile
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Final
from zlib import crc32

from isal import igzip

from ssmtrail.queries.sources.demo.identities import identity_events
from ssmtrail.queries.sources.demo.incidents import intruder, rare_events
from ssmtrail.queries.sources.demo.organisation import ACCOUNTS, FRANKFURT, PROD, inventory
from ssmtrail.queries.sources.demo.records import DayLog
from ssmtrail.queries.sources.demo.scheduled import scheduled_events
from ssmtrail.queries.sources.demo.story import working_day

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ssmtrail.queries.sources.demo.records import Entry

ORGANISATION: Final = "o-demo4tr41l"
#: Raise it whenever the demo's data change, so that a new demo is written.
VERSION: Final = 2

#: Seconds between two files of an account and region. CloudTrail delivers about every five minutes; creating so many
#: files would take most of the demo's time.
_SLOT: Final = 3600
#: Days before the first one whose records may be delivered on it: a delayed delivery takes two.
_LOOK_BACK: Final = 3
_REPEATED: Final = 0.04
_ALNUM: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

_Place = tuple[int, str, str]
"""The key of one file: delivery time (seconds since 1970), account, region."""


@dataclass(frozen=True, slots=True)
class DemoTrail:
    """The paths of a written demo."""

    folder: Path
    """The folder of log files."""
    inventory: Path
    """CSV: instance_id, name, environment, team."""
    accounts: Mapping[str, str]
    """Account number to name."""
    first_day: date
    last_day: date


def generate(folder: Path, end: date, days: int = 30, now: datetime | None = None) -> DemoTrail:
    """Write the demo of the `days` UTC days that end with `end` into `folder`, unless it exists.

    The same (end, days) gives the same bytes; a day's records depend on its date alone. With `now`, files delivered
    later are left out, and those delivered since the last call are added. The folder appears whole or not at all.

    Raises OSError when it cannot be written.
    """
    until = _last_moment(end, now)
    trail = _trail(folder, end, days)
    done = _written_until(folder)
    if done is None:
        _write_whole(folder, end, days, until)
    elif done < until:
        _write_new(folder, end, days, done, until)
    return trail


def _trail(folder: Path, end: date, days: int) -> DemoTrail:
    first = end - timedelta(days=days - 1)
    return DemoTrail(folder / "trail", folder / "inventory.csv", ACCOUNTS, first, end)


def _last_moment(end: date, now: datetime | None) -> int:
    """The time of the last delivery, in seconds since 1970: the midnight after `end`, or now."""
    midnight = _midnight(end + timedelta(days=1)) - 1
    return midnight if now is None else min(midnight, int(now.timestamp()))


def _midnight(day: date) -> int:
    return int(datetime.combine(day, time(), UTC).timestamp())


def _written_until(folder: Path) -> int | None:
    """The last delivery time of the demo in a folder; None where there is no demo."""
    try:
        return int((folder / "until").read_text(encoding="ascii"))
    except (FileNotFoundError, ValueError):
        return None


def _write_whole(folder: Path, end: date, days: int, until: int) -> None:
    """Write the demo into a folder beside the real one, then rename it."""
    folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    first = end - timedelta(days=days - 1)
    with _scratch_beside(folder) as scratch:
        _write_files(scratch / "trail", _files(first, end, _midnight(first) - 1, until))
        _write_digest(scratch / "trail", first)
        (scratch / "inventory.csv").write_text(inventory(), encoding="utf-8")
        (scratch / "until").write_text(str(until), encoding="ascii")
        _put_in_place(scratch, folder)


@contextmanager
def _scratch_beside(folder: Path) -> Iterator[Path]:
    """A private folder on the same disk, removed afterwards unless it was renamed."""
    scratch = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _put_in_place(scratch: Path, folder: Path) -> None:
    """Rename the folder, unless another process has written the same demo meanwhile."""
    try:
        scratch.rename(folder)
    except OSError:
        if _written_until(folder) is None:
            raise


def _write_new(folder: Path, end: date, days: int, done: int, until: int) -> None:
    """Add the files delivered since the last call: each appears whole, the time is written last."""
    first = max(end - timedelta(days=days - 1), datetime.fromtimestamp(done, UTC).date())
    with _scratch_beside(folder) as scratch:
        _write_files(scratch / "trail", _files(first, end, done, until))
        (scratch / "until").write_text(str(until), encoding="ascii")
        logs = (path for path in (scratch / "trail").rglob("*") if path.is_file())
        for file in (*logs, scratch / "until"):
            place = folder / file.relative_to(scratch)
            place.parent.mkdir(parents=True, exist_ok=True)
            file.replace(place)


def _files(first: date, last: date, after: int, until: int) -> Iterator[tuple[_Place, bytes]]:
    """The files delivered after `after` and not later than `until`, as bytes."""
    for place, entries in sorted(_deliveries(first, last, after, until).items()):
        rng = Random(f"file {place}")
        if rng.random() < 1 / 3:
            rng.shuffle(entries)
        body = ",".join([entry.record for entry in entries])
        yield place, igzip.compress(f'{{"Records":[{body}]}}'.encode(), 1, mtime=0)


def _deliveries(first: date, last: date, after: int, until: int) -> dict[_Place, list[Entry]]:
    """The records of each file."""
    files: dict[_Place, list[Entry]] = defaultdict(list)
    for number in range(-_LOOK_BACK, (last - first).days + 1):
        for entry in entries_of(first + timedelta(days=number)):
            slot = _delivery(entry)
            if after < slot <= until:
                files[slot, entry.account, entry.region].append(entry)
    return files


def _delivery(entry: Entry) -> int:
    """When the file with a record is delivered; each account and region has its own minute of the hour."""
    minute = crc32(f"{entry.account} {entry.region}".encode()) % 12 * 300
    return -(-(entry.delivered - minute) // _SLOT) * _SLOT + minute


def entries_of(day: date) -> list[Entry]:
    """All records of the calls of a date, in no order."""
    log = DayLog(day)
    working_day(log)
    scheduled_events(log)
    intruder(log)
    rare_events(log)
    log.repeat(_REPEATED)
    return [*log.entries, *identity_events(day)]


def _write_files(trail: Path, files: Iterator[tuple[_Place, bytes]]) -> None:
    """Write files with CloudTrail's names."""
    made: set[str] = set()
    for place, body in files:
        slot, account, region = place
        when = datetime.fromtimestamp(slot, UTC)
        # Text, not Path: 2,000 Path objects take a tenth of the whole time.
        folder = f"{trail}/AWSLogs/{ORGANISATION}/{account}/CloudTrail/{region}/{when:%Y/%m/%d}"
        if folder not in made:
            Path(folder).mkdir(parents=True, exist_ok=True)
            made.add(folder)
        mark = "".join(Random(f"name {place}").choices(_ALNUM, k=16))
        # Tools that copy logs rename some: files are known by their content.
        ending = "" if crc32(mark.encode()) % 60 == 0 else ".json.gz"
        with open(f"{folder}/{account}_CloudTrail_{region}_{when:%Y%m%dT%H%MZ}_{mark}{ending}", "wb", 0) as file:  # noqa: PTH123
            file.write(body)


def _write_digest(trail: Path, day: date) -> None:
    """A digest file under the same prefix, which readers must ignore."""
    folder = trail / "AWSLogs" / ORGANISATION / PROD / "CloudTrail-Digest" / FRANKFURT / f"{day:%Y/%m/%d}"
    folder.mkdir(parents=True)
    name = f"{PROD}_CloudTrail-Digest_{FRANKFURT}_demo_{FRANKFURT}_{day:%Y%m%d}T010000Z.json.gz"
    body = f'{{"awsAccountId":"{PROD}","digestStartTime":"{day}T00:00:00Z","logFiles":[]}}'
    (folder / name).write_bytes(igzip.compress(body.encode(), 1, mtime=0))
