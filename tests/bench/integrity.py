"""Proving a day of logs by its digests, against hashing the same bytes unpacked in memory.

The day is that of an organisation: digests of every hour, account and region, five log files for each of them. The
bytes that are hashed are all that the digests and the log files hold, unpacked before the clock starts.
"""

from __future__ import annotations

import gzip
import hashlib
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Final

from tests.bench.figures import Figure, Group, Sizes
from tests.bench.ingest import LONGEST, REPOSITORY
from tests.signed_logs import DAY, SIGNERS, Chain, keys_document, write_keys
from tests.trail_records import Mint
from tests.trails import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

_FIGURES: Final = (Figure("integrity_day", "x", "<=", 2.0), Figure("integrity_day_seconds", "s"))
_REGIONS: Final = 17
_FILES: Final = 5
#: Records in a log file: about 20 kB.
_RECORDS: Final = 14
#: Verifies the folder and prints the seconds that it took and whether all is proved.
_PROGRAM: Final = """
import sys, time
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event
from ssmtrail.queries.integrity.folder import Folder
from ssmtrail.queries.integrity.keys import read_keys
from ssmtrail.queries.integrity.verify import verified
from ssmtrail.queries.times import Window
day = datetime.fromisoformat(sys.argv[3])
begun = time.perf_counter()
keys = read_keys(Path(sys.argv[2]))
window = Window(day, day + timedelta(days=1))
report = verified(Folder(Path(sys.argv[1])), lambda _: keys, window, Event(), lambda *_: None)
print(time.perf_counter() - begun, report.proved, sum(row.files for row in report.days))
"""


def _folder(accounts: int) -> Path:
    """The day's files and keys; written once."""
    place = ROOT / f"signed-{accounts}"
    if (place / "keys.json").exists():
        return place
    signatures: dict[str, str] = {}
    mint = Mint(1, 0.002)
    for account in range(accounts):
        for region in range(_REGIONS):
            chain = Chain(place / "logs", account=f"{account:012}", region=f"eu-test-{region}")
            for number in range(25):
                end = DAY + timedelta(hours=number, minutes=17)
                files = _FILES if number else 0
                chain.hour(end, {f"u{number:02}{each}": _content(mint) for each in range(files)})
            signatures[chain.digests[-1]] = chain.signatures[chain.digests[-1]]
    write_keys(place / "keys.json", keys_document(SIGNERS[0], signatures=signatures))
    return place


def _content(mint: Mint) -> bytes:
    records, _ = mint.mixed(DAY.date(), 0, 86_399, _RECORDS)
    return f'{{"Records":[{",".join(records)}]}}'.encode()


def _unpacked(folder: Path) -> Iterator[bytes]:
    for path in folder.rglob("*.gz"):
        yield gzip.decompress(path.read_bytes())


def _hash_seconds(folder: Path) -> float:
    """What SHA-256 alone takes for all contents."""
    seconds = 0.0
    for content in _unpacked(folder):
        begun = time.perf_counter()
        hashlib.sha256(content).digest()
        seconds += time.perf_counter() - begun
    return seconds


def _measure(sizes: Sizes, values: dict[str, float]) -> None:
    place = _folder(sizes.accounts)
    command = (sys.executable, "-c", _PROGRAM, str(place / "logs"), str(place / "keys.json"), DAY.isoformat())
    seconds = []
    alone = _hash_seconds(place / "logs")
    for _ in range(3):
        done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=LONGEST, check=True)
        taken, proved, files = done.stdout.split()
        assert proved == "True", done.stdout
        assert int(files) == sizes.accounts * _REGIONS * _FILES * 24
        seconds.append(float(taken))
    values["integrity_day_seconds"] = median(seconds)
    values["integrity_day"] = median(seconds) / alone


INTEGRITY: Final = Group(_FIGURES, _measure)
