"""Athena against the emulator: what an audit scans, how quickly a large result is stored."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ssmtrail.queries.sources.athena.statements import EXTRACTION_COLUMNS
from tests.athena_emulator import Emulator
from tests.bench.figures import AbsentError, Figure, Group, Sizes
from tests.bench.ingest import REPOSITORY
from tests.queries.athena.audit import audit
from tests.queries.athena.conftest import fill
from tests.queries.athena.organisation import fill_sizes as fill_organisation
from tests.queries.athena.stage import opened, planned, window
from tests.trails import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

_SCANS: Final = (Figure("athena_scan_ratio", "x", "<=", 1.0), Figure("athena_scan_each_view", "x"))
_VOLUME: Final = (
    Figure("athena_rows", "rows/s", ">=", 200_000),
    Figure("athena_memory", "MB", "<=", 300),
)
_OVERRUN: Final = (Figure("athena_overrun", "x", "<=", 1.1),)
_PLAN: Final = (Figure("athena_plan_850", "s", "<=", 10), Figure("athena_plan_850_error", "x", "<=", 0.3))
#: Accounts and regions of the organisation, days of the window, seconds of a listing.
_ACCOUNTS: Final = 50
_REGIONS: Final = 17
_PLANNED_DAYS: Final = 30
_LISTING: Final = 0.05
#: Tests with faults, each held against the cost invariant.
_FAULTS: Final = ("test_money", "test_faults")
_FIRST: Final = date(2026, 11, 12)
_DAYS: Final = 7


def _measure_scans(_: Sizes, values: dict[str, float]) -> None:
    ROOT.mkdir(exist_ok=True)
    with Emulator() as emulator, tempfile.TemporaryDirectory(dir=ROOT) as store:
        fill(emulator)
        emulator.now = datetime(2026, 11, 25, 12, tzinfo=UTC).timestamp()
        before = dict(os.environ)
        os.environ.update(emulator.environment)
        try:
            scans = audit(emulator, Path(store), _FIRST, date(2026, 11, 18))
        finally:
            os.environ.clear()
            os.environ.update(before)
        values["athena_scan_ratio"] = scans.ratio
        values["athena_scan_each_view"] = scans.naive / scans.needed


def _measure_plan(_: Sizes, values: dict[str, float]) -> None:
    """Seconds until a window over an organisation has an estimate, and by how much it is wrong."""
    ROOT.mkdir(exist_ok=True)
    first = date(2026, 10, 1)
    with Emulator() as emulator, tempfile.TemporaryDirectory(dir=ROOT) as store:
        whole = fill_organisation(emulator, first, _PLANNED_DAYS, _ACCOUNTS, _REGIONS)
        emulator.listing_delay = _LISTING
        # What the emulator itself takes to plan over so many files is not what is measured.
        emulator.engine.plan = (f"timestamp:string:PARTITION_KEY :: [[{first:%Y/%m/%d}]]",)
        before = dict(os.environ)
        os.environ.update(emulator.environment)
        try:
            with opened(Path(store), table="audit.org") as trail:
                begun = time.perf_counter()
                plan = planned(trail, window(first + timedelta(days=1), first + timedelta(days=_PLANNED_DAYS - 2)))
                values["athena_plan_850"] = time.perf_counter() - begun
        finally:
            os.environ.clear()
            os.environ.update(before)
    if plan.bytes is None:
        raise AbsentError("there is no estimate")
    values["athena_plan_850_error"] = abs(plan.bytes - whole) / whole


def _measure_overrun(_: Sizes, values: dict[str, float]) -> None:
    """The worst billed / agreed bytes, beyond 10 MB a query, of the tests in which something goes wrong."""
    ROOT.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=ROOT) as folder:
        found = Path(folder) / "ratios"
        command = (sys.executable, "-m", "pytest", "-n", "0", *(f"tests/queries/athena/{name}.py" for name in _FAULTS))
        done = subprocess.run(
            command, cwd=REPOSITORY, env={**os.environ, "SSMTRAIL_OVERRUN": str(found)}, capture_output=True,
            text=True, check=False, timeout=900,
        )  # fmt: skip
        if done.returncode:
            raise AbsentError((done.stdout.strip().splitlines() or ["the tests failed"])[-1])
        values["athena_overrun"] = max(float(line) for line in found.read_text(encoding="ascii").split())


def _measure_volume(sizes: Sizes, values: dict[str, float]) -> None:
    ROOT.mkdir(exist_ok=True)
    found = min((_stored(sizes.result_rows) for _ in range(sizes.rounds)), key=lambda each: each["seconds"])
    values["athena_rows"] = found["rows"] / found["seconds"]
    values["athena_memory"] = found["peak"] / 1e6


def _stored(rows: int) -> dict[str, float]:
    """Let a process of its own store a large result."""
    with Emulator() as emulator, tempfile.TemporaryDirectory(dir=ROOT) as store:
        fill(emulator)
        emulator.ready_result = _result(rows)
        command = (sys.executable, "-m", "tests.bench.athena_reads", store, "2026-11-12", "2026-11-18")
        done = subprocess.run(
            command, cwd=REPOSITORY, env={**os.environ, **emulator.environment}, capture_output=True, text=True,
            check=False, timeout=600,
        )  # fmt: skip
    if done.returncode:
        raise AbsentError((done.stderr.strip().splitlines() or ["nothing was said"])[-1])
    found: dict[str, float] = json.loads(done.stdout)
    if found["rows"] != rows:
        raise AbsentError(f"{found['rows']} of {rows} rows were stored")
    return found


def _result(rows: int) -> Path:
    """A result of so many starts, as Athena writes it; made once."""
    path = ROOT / f"result-{rows}-v2.csv"
    if not path.exists():
        making = path.with_suffix(".making")
        with making.open("w", encoding="ascii") as file:
            file.write(",".join(f'"{name}"' for name in EXTRACTION_COLUMNS) + "\n")
            file.writelines(_lines(rows))
        making.rename(path)
    return path


def _lines(rows: int) -> Iterator[str]:
    for number in range(rows):
        day = f"2026-11-{_FIRST.day + number * _DAYS // rows:02d}"
        session = f"jane.{number % 300:03d}-{number * 2654435761 % 2**68:017x}"
        row = {
            "eventid": f"{number * 2654435761 % 2**32:08x}-aaaa-4bbb-8ccc-{number:012x}",
            "eventtime": f"{day}T{number % 24:02d}:{number % 60:02d}:00Z",
            "eventsource": "ssm.amazonaws.com", "eventname": "StartSession", "awsregion": "eu-central-1",
            "recipientaccountid": "111122223333", "sourceipaddress": f"203.0.113.{number % 250}",
            "useragent": "aws-cli/2.15.30 Python/3.11.8 Linux/6.1 botocore/2.4.5",
            "requestparameters": f'{{"target":"i-0ab1c2d3e4f{number % 5000:06x}"}}',
            "responseelements": f'{{"sessionId":"{session}","tokenValue":"Value hidden due to security reasons."}}',
            "eventversion": "1.11", "useridentity_type": "AssumedRole",
            "useridentity_arn": f"arn:aws:sts::111122223333:assumed-role/Admin/jane.{number % 300:03d}",
            "useridentity_accountid": "111122223333", "useridentity_accesskeyid": f"ASIA{number % 9999:016d}",
            "folder_day": day, "partition_day": day,
        }  # fmt: skip
        yield ",".join(_quoted(row.get(name)) for name in EXTRACTION_COLUMNS) + "\n"


def _quoted(text: str | None) -> str:
    return "" if text is None else '"' + text.replace('"', '""') + '"'


OVERRUN: Final = Group(_OVERRUN, _measure_overrun)
PLAN: Final = Group(_PLAN, _measure_plan)
SCANS: Final = Group(_SCANS, _measure_scans)
VOLUME: Final = Group(_VOLUME, _measure_volume)
