"""`make trino`: every kind of table in a real Trino, the tool's own SQL, answers equal to the local engine's.

With `--quick` five days of the demo, fewer real records, fewer questions, fewer filters. `--kind NAME` tries one kind.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.queries.athena.kinds import KINDS
from tests.trino import material, semantics
from tests.trino.load import Loader
from tests.trino.proof import FILTERS, DiffersError, Proof, Tally, narrower
from tests.trino.server import NoTrinoError, running

if TYPE_CHECKING:
    from queries.console import FoundingName
    from queries.values import Unit
    from tests.queries.athena.kinds import Kind

_NAMES: Final[tuple[FoundingName, ...]] = ("calls", "pairs", "usage")
#: Among them a zone whose offset is no whole hour.
_UNITS: Final[tuple[tuple[Unit, str], ...]] = (
    ("hour", "Europe/Berlin"),
    ("week", "America/New_York"),
    ("month", "Asia/Kolkata"),
)
#: The kind that is asked with every filter, zone, unit: what follows the reading is the same for all.
_MOST_ASKED: Final = "projected_org"
#: One kind of each way to have values is asked a founding question in the quick form too.
_QUICK: Final = frozenset({"projected_org", "lines", "lake", "security_lake_1", "security_lake_2", "parquet_flat"})


def main() -> int:
    """Run the proof; 1 where answers differ, 0 where they agree or where there is no Trino to be had."""
    parser = argparse.ArgumentParser(prog="make trino", description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--kind", action="append", default=[])
    options = parser.parse_args()
    began = time.monotonic()
    try:
        with tempfile.TemporaryDirectory() as scratch, running() as client:
            found = _material(Path(scratch), quick=options.quick)
            print(f"Trino is up after {time.monotonic() - began:.0f} s; {len(found)} records", flush=True)
            semantics.check(client)
            proof = Proof(client, found, Path(scratch), Tally())
            failures = _all(proof, Loader(client, found), frozenset(options.kind), quick=options.quick)
    except NoTrinoError as why:
        print(f"SKIPPED: the SQL was not tried on a real Trino: {why}")
        return 0
    tally = proof.tally
    print(
        f"{tally.statements} statements, {tally.rows} rows compared, {tally.seconds:.0f} s in Trino, "
        f"{time.monotonic() - began:.0f} s in all: {'equal' if not failures else f'{failures} DIFFER'}"
    )
    return 1 if failures else 0


def _material(scratch: Path, *, quick: bool) -> list[material.Lying]:
    real = material.real("stratus-red-team" if quick else "")
    if not real:
        print(f"SKIPPED: no real records at {material.REAL}; SSMTRAIL_REAL_TRAILS names their folder")
    return [*material.demo(scratch / "demo", 5 if quick else 30), *real, *material.oddities()]


def _all(proof: Proof, loader: Loader, only: frozenset[str], *, quick: bool) -> int:
    failures = 0
    for kind in KINDS:
        if only and kind.name not in only:
            continue
        began = time.monotonic()
        try:
            loader.load(kind)
            _kind(proof, kind, quick=quick)
        except DiffersError as differs:
            failures += 1
            print(differs, flush=True)
        else:
            print(f"{kind.name}: equal, {time.monotonic() - began:.1f} s", flush=True)
    return failures


def _kind(proof: Proof, kind: Kind, *, quick: bool) -> None:
    rows = proof.extracted(kind)
    proof.few_days(kind, rows)
    if quick and kind.name not in _QUICK:
        return
    with proof.answering(kind, rows) as service:
        if kind.name != _MOST_ASKED:
            for name in _NAMES[1:2] if quick else _NAMES:
                proof.agrees(kind, service, name)
            return
        for name in _NAMES:
            proof.agrees(kind, service, name)
        week = narrower(proof.window)
        for name in _NAMES:
            proof.agrees(kind, service, name, window=week)
        for unit, zone in _UNITS:
            proof.agrees(kind, service, "usage", unit=unit, zone=zone)
        for number, where in enumerate(FILTERS[:: 7 if quick else 1]):
            proof.agrees(kind, service, _NAMES[number % 3], where, zone="Europe/Berlin" if number % 2 else "UTC")


if __name__ == "__main__":
    sys.exit(main())
