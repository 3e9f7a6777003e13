"""The demo's trail on disk: a bucket's folders with files that a day's records were delivered in."""

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

from ssmtrail.queries.sources.demo.incidents import intruder, oddities
from ssmtrail.queries.sources.demo.organisation import ACCOUNTS, FRANKFURT, PROD, inventory
from ssmtrail.queries.sources.demo.records import Book
from ssmtrail.queries.sources.demo.scheduled import by_the_calendar
from ssmtrail.queries.sources.demo.story import working_day

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ssmtrail.queries.sources.demo.records import Entry

ORGANISATION: Final = "o-demo4tr41l"
#: Raised whenever the stories change, so that a demo of another version is made anew.
VERSION: Final = 1

#: Seconds between two deliveries of a place. CloudTrail delivers every five minutes or so; creating five times the
#: files would be most of the demo's time.
_SLOT: Final = 3600
#: Days before the first one whose records may still arrive on it: a delayed delivery takes two.
_LOOK_BACK: Final = 3
_REPEATED: Final = 0.04
_ALNUM: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

_Place = tuple[int, str, str]
"""Delivery slot (seconds since 1970), account, region: what one file holds."""


@dataclass(frozen=True, slots=True)
class DemoTrail:
    """A demo that lies ready."""

    folder: Path
    """What the `files` source reads."""
    inventory: Path
    """CSV: instance_id, name, environment, team."""
    accounts: Mapping[str, str]
    """Account number to name."""
    first_day: date
    last_day: date


def generate(folder: Path, end: date, days: int = 30, now: datetime | None = None) -> DemoTrail:
    """Write the demo of the `days` UTC days that end with `end` into `folder`, unless it lies there already.

    The same (end, days) gives the same bytes; a day's records follow from its date alone. With `now` nothing is
    written that would arrive later, and what arrived since the last time is added. The folder appears whole or not
    at all.

    Raises OSError when it cannot be written.
    """
    until = _until(end, now)
    trail = _trail(folder, end, days)
    done = _written_until(folder)
    if done is None:
        _write_whole(folder, end, days, until)
    elif done < until:
        _add(folder, end, days, done, until)
    return trail


def _trail(folder: Path, end: date, days: int) -> DemoTrail:
    first = end - timedelta(days=days - 1)
    return DemoTrail(folder / "trail", folder / "inventory.csv", ACCOUNTS, first, end)


def _until(end: date, now: datetime | None) -> int:
    """The last moment that the demo knows of, in seconds since 1970: the end's midnight, or now."""
    midnight = _midnight(end + timedelta(days=1)) - 1
    return midnight if now is None else min(midnight, int(now.timestamp()))


def _midnight(day: date) -> int:
    return int(datetime.combine(day, time(), UTC).timestamp())


def _written_until(folder: Path) -> int | None:
    """Up to when the demo in a folder was written; None when there is none."""
    try:
        return int((folder / "until").read_text(encoding="ascii"))
    except (FileNotFoundError, ValueError):
        return None


def _write_whole(folder: Path, end: date, days: int, until: int) -> None:
    """Write everything into a folder beside the real one, then give it its name."""
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
    """A private folder on the same disk, gone afterwards unless it was renamed."""
    scratch = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _put_in_place(scratch: Path, folder: Path) -> None:
    """Rename; when somebody else was quicker with the same demo, theirs is as good."""
    try:
        scratch.rename(folder)
    except OSError:
        if _written_until(folder) is None:
            raise


def _add(folder: Path, end: date, days: int, done: int, until: int) -> None:
    """Add the files that arrived since the last time: each appears whole, the mark comes last."""
    first = max(end - timedelta(days=days - 1), datetime.fromtimestamp(done, UTC).date())
    with _scratch_beside(folder) as scratch:
        _write_files(scratch / "trail", _files(first, end, done, until))
        (scratch / "until").write_text(str(until), encoding="ascii")
        for file in (*scratch.rglob("*.json.gz"), scratch / "until"):
            place = folder / file.relative_to(scratch)
            place.parent.mkdir(parents=True, exist_ok=True)
            file.replace(place)


def _files(first: date, last: date, after: int, until: int) -> Iterator[tuple[_Place, bytes]]:
    """The files delivered after one moment, until another, as bytes."""
    for place, entries in sorted(_deliveries(first, last, after, until).items()):
        rng = Random(f"file {place}")
        if rng.random() < 1 / 3:
            rng.shuffle(entries)
        body = ",".join([entry.record for entry in entries])
        yield place, igzip.compress(f'{{"Records":[{body}]}}'.encode(), 1, mtime=0)


def _deliveries(first: date, last: date, after: int, until: int) -> dict[_Place, list[Entry]]:
    """What each file holds: records by delivery slot, account, region."""
    files: dict[_Place, list[Entry]] = defaultdict(list)
    for number in range(-_LOOK_BACK, (last - first).days + 1):
        for entry in day_of(first + timedelta(days=number)):
            slot = _delivery(entry)
            if after < slot <= until:
                files[slot, entry.account, entry.region].append(entry)
    return files


def _delivery(entry: Entry) -> int:
    """When the file that holds a record appears; each account and region has a minute of its own."""
    minute = crc32(f"{entry.account} {entry.region}".encode()) % 12 * 300
    return -(-(entry.delivered - minute) // _SLOT) * _SLOT + minute


def day_of(day: date) -> list[Entry]:
    """Everything that happens on a date, by the time at which it happens to be told."""
    book = Book(day)
    working_day(book)
    by_the_calendar(book)
    intruder(book)
    oddities(book)
    book.repeat(_REPEATED)
    return book.entries


def _write_files(trail: Path, files: Iterator[tuple[_Place, bytes]]) -> None:
    """Write files under the names that CloudTrail gives them."""
    made: set[str] = set()
    for place, body in files:
        slot, account, region = place
        when = datetime.fromtimestamp(slot, UTC)
        # Plain text: two thousand Path objects would take a tenth of the whole time.
        folder = f"{trail}/AWSLogs/{ORGANISATION}/{account}/CloudTrail/{region}/{when:%Y/%m/%d}"
        if folder not in made:
            Path(folder).mkdir(parents=True, exist_ok=True)
            made.add(folder)
        mark = "".join(Random(f"name {place}").choices(_ALNUM, k=16))
        with open(f"{folder}/{account}_CloudTrail_{region}_{when:%Y%m%dT%H%MZ}_{mark}.json.gz", "wb", 0) as file:  # noqa: PTH123
            file.write(body)


def _write_digest(trail: Path, day: date) -> None:
    """A digest under the same prefix: not an event file, to be left alone by whoever reads."""
    folder = trail / "AWSLogs" / ORGANISATION / PROD / "CloudTrail-Digest" / FRANKFURT / f"{day:%Y/%m/%d}"
    folder.mkdir(parents=True)
    name = f"{PROD}_CloudTrail-Digest_{FRANKFURT}_demo_{FRANKFURT}_{day:%Y%m%d}T010000Z.json.gz"
    body = f'{{"awsAccountId":"{PROD}","digestStartTime":"{day}T00:00:00Z","logFiles":[]}}'
    (folder / name).write_bytes(igzip.compress(body.encode(), 1, mtime=0))
