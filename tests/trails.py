"""Big made-up trails for tests of speed: what real trails hold, in any amount.

Measured on real trails: about 1.5 kB a record, one tenth of that compressed; one record in fifteen is an `AssumeRole`
by a service; agents report with `UpdateInstanceInformation`; machine-named `AssumeRole` calls are as rare as sessions.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Final

from isal import igzip

from tests.trail_records import Mint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT: Final = Path(__file__).parent.parent / ".bench"
END: Final = date(2026, 11, 23)
#: Part of every cached trail's name; raised when the records change.
VERSION: Final = 1
ACCOUNTS: Final = ("111122223333", "444455556666", "123456789012", "777788889999")
REGION: Final = "eu-central-1"


@dataclass(frozen=True, slots=True)
class BigTrail:
    """A trail that lies ready."""

    path: str
    """The folder to read."""
    files: int
    records: int
    session_calls: int
    """StartSession, ResumeSession, TerminateSession of `ssm.amazonaws.com`, without repeats."""
    bytes: int
    """As they lie on disk."""
    bytes_unpacked: int

    @property
    def folder(self) -> Path:
        return Path(self.path)


def write_trail(
    folder: Path, records: int = 600_000, files: int = 400, session_share: float = 0.002, seed: int = 1, days: int = 30
) -> BigTrail:
    """A busy account's trail: noise with few session calls in it; `session_share` of 1/3 makes it dense."""
    mint = Mint(seed, session_share)
    return _write(folder, _spread(mint.mixed, records, files, days))


def write_issuing(folder: Path, records: int = 600_000, files: int = 400, seed: int = 1, days: int = 30) -> BigTrail:
    """A busy account's trail in which people assume roles, instances are launched (answers of 10 kB) and tagged."""
    mint = Mint(seed, 0.002)
    return _write(folder, _spread(mint.issuing, records, files, days))


def write_small_files(folder: Path, files: int = 100_000, seed: int = 1, days: int = 30) -> BigTrail:
    """A quiet organisation's trail: many files of one to three records."""
    mint = Mint(seed, 0.05)
    return _write(folder, _spread(mint.mixed, 2 * files, files, days, uneven=True))


def write_sessions(folder: Path, sessions: int = 100_000, seed: int = 1, days: int = 365) -> BigTrail:
    """Nothing but session calls: so many starts, what follows some; a million is of 2,000 people, 10,000 machines."""
    mint = Mint(seed, 1.0, max(400, sessions // 500), max(2_000, sessions // 100))
    files = max(days, sessions // 2_500)
    return _write(folder, _spread(mint.sessions, sessions, files, days))


def cached(name: str, write: Callable[[Path], BigTrail], root: Path = ROOT) -> BigTrail:
    """The trail of that name below `.bench/`, written on first use; the name tells its parameters."""
    home = root / f"{name}-v{VERSION}"
    try:
        return BigTrail(**json.loads((home / "trail.json").read_text(encoding="utf-8")))
    except FileNotFoundError:
        pass
    root.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{name}.", dir=root) as scratch:
        made = asdict(write(Path(scratch) / "trail"))
        made["path"] = str(home / "trail")
        (Path(scratch) / "trail.json").write_text(json.dumps(made), encoding="utf-8")
        shutil.rmtree(home, ignore_errors=True)
        Path(scratch).rename(home)
        Path(scratch).mkdir()  # for the context manager to remove
    return BigTrail(**made)


def big(records: int = 600_000, files: int = 400) -> BigTrail:
    """The trail that the reading goals are measured on."""
    return cached(f"big-{records}-{files}", lambda folder: write_trail(folder, records, files))


def issuing(records: int = 600_000, files: int = 400) -> BigTrail:
    """The trail that extraction sets are compared on."""
    return cached(f"issuing-{records}-{files}", lambda folder: write_issuing(folder, records, files))


def dense(records: int = 200_000, files: int = 100) -> BigTrail:
    """Every third record is a session call."""
    return cached(f"dense-{records}-{files}", lambda folder: write_trail(folder, records, files, 1 / 3))


def small(files: int = 100_000) -> BigTrail:
    """Files of one to three records."""
    return cached(f"small-{files}", lambda folder: write_small_files(folder, files))


def warm(sessions: int = 100_000, days: int = 365) -> BigTrail:
    """So many sessions over so many days, to fill a store with."""
    return cached(f"warm-{sessions}-{days}", lambda folder: write_sessions(folder, sessions, days=days))


@dataclass(frozen=True, slots=True)
class _File:
    """One file before it is written."""

    day: date
    second: int
    """Of the day, when it was delivered."""
    number: int
    records: list[str]
    calls: int


def _spread(
    make: Callable[[date, int, int, int], tuple[list[str], int]],
    records: int,
    files: int,
    days: int,
    *,
    uneven: bool = False,
) -> Iterator[_File]:
    """Cut so many records into files over the days; `make(day, from, to, count)` gives each its records."""
    sizes = Random(files)
    for number in range(files):
        day_number, place = divmod(number * days, files)
        day = END - timedelta(days=days - 1 - day_number)
        begin = 86_400 * place // files
        end = min(86_399, begin + max(300, 86_400 * days // files))
        count = records * (number + 1) // files - records * number // files
        if uneven:
            count = sizes.randrange(1, 4)
        made, calls = make(day, begin, end, count)
        yield _File(day, end, number, made, calls)


def _write(folder: Path, files: Iterator[_File]) -> BigTrail:
    """Write the files where CloudTrail would have put them."""
    total = records = calls = size = unpacked = 0
    made: set[str] = set()
    for file in files:
        account = ACCOUNTS[file.number % len(ACCOUNTS)]
        place = f"{folder}/AWSLogs/{account}/CloudTrail/{REGION}/{file.day:%Y/%m/%d}"
        if place not in made:
            Path(place).mkdir(parents=True)
            made.add(place)
        clock = f"{file.second // 3600:02d}{file.second // 300 * 5 % 60:02d}"
        body = f'{{"Records":[{",".join(file.records)}]}}'.encode()
        packed = igzip.compress(body, 2, mtime=0)
        name = f"{account}_CloudTrail_{REGION}_{file.day:%Y%m%d}T{clock}Z_{file.number:016d}.json.gz"
        with open(f"{place}/{name}", "wb", 0) as out:  # noqa: PTH123 - many files
            out.write(packed)
        total, records, calls = total + 1, records + len(file.records), calls + file.calls
        size, unpacked = size + len(packed), unpacked + len(body)
    return BigTrail(str(folder), total, records, calls, size, unpacked)
