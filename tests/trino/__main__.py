"""`make trino`: every kind of table in a real Trino, the tool's own SQL, answers equal to the local engine's.

With `--quick` the four kinds that differ most, five days of the demo, fewer real records, fewer filters. `--kind NAME`
tries one kind. The exit status is 0 where answers agree or no Trino is to be had, 1 where they differ or it fails.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.queries.athena.kinds import BY_NAME, KINDS
from tests.trino import material, semantics
from tests.trino.client import TrinoError
from tests.trino.load import Loader
from tests.trino.proof import FILTERS, DiffersError, Proof, Tally, narrower
from tests.trino.server import outcome, running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ssmtrail.queries.model import ConsoleQueryName
    from ssmtrail.queries.times import Unit
    from ssmtrail.queries.trail import Trail
    from tests.queries.athena.kinds import Kind

_NAMES: Final[tuple[ConsoleQueryName, ...]] = ("calls", "pairs", "usage")
#: Among them a zone whose offset is no whole hour.
_UNITS: Final[tuple[tuple[Unit, str], ...]] = (
    ("hour", "Europe/Berlin"),
    ("week", "America/New_York"),
    ("month", "Asia/Kolkata"),
)
#: The kind that runs every filter, zone and unit; the steps after reading are the same for all kinds.
_MOST_ASKED: Final = "projected_org"
#: The documented table with a projection, the oldest one, Security Lake, a flat copy kept by event day.
_QUICK: Final = (_MOST_ASKED, "classic", "security_lake_2", "parquet_flat")
#: The kinds whose answers to all questions are compared with those of files: the documented table, one with all
#: columns, the oldest one.
_AS_FILES: Final = (_MOST_ASKED, "own", "classic")
#: Seconds before the server is given up, quick and whole: several times what two quiet cores need.
_SECONDS: Final = {True: 480, False: 2400}


def main() -> int:
    """Run the proof."""
    parser = argparse.ArgumentParser(prog="make trino", description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--kind", action="append", default=[], choices=sorted(BY_NAME))
    options = parser.parse_args()
    kinds = [BY_NAME[name] for name in options.kind or (_QUICK if options.quick else BY_NAME)]
    return outcome("the SQL for Athena was", partial(_proved, kinds, quick=options.quick))


def _proved(kinds: Sequence[Kind], *, quick: bool) -> int:
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch, running(_SECONDS[quick]) as client:
        found = _material(Path(scratch), quick=quick)
        print(f"Trino is up after {time.monotonic() - began:.0f} s; {len(found)} records", flush=True)
        semantics.check(client)
        proof, loader = Proof(client, found, Path(scratch), Tally()), Loader(client, found)
        failures = sum(_kind(proof, loader, kind, quick=quick) for kind in kinds)
    tally = proof.tally
    print(
        f"{len(kinds)} kinds of table, {tally.statements} statements, {tally.rows} rows compared, "
        f"{tally.seconds:.0f} s in Trino, {time.monotonic() - began:.0f} s in all: "
        f"{f'{failures} DIFFER' if failures else 'equal'}"
    )
    return 1 if failures else 0


def _material(scratch: Path, *, quick: bool) -> list[material.PlacedRecord]:
    real = material.real("stratus-red-team" if quick else "")
    if not real:
        print(f"Without real records: none at {material.REAL}; SSMTRAIL_REAL_TRAILS names their folder")
    cases = material.cases()
    if not cases:
        print(f"Without the small trails: none at {material.CASES}; SSMTRAIL_CASES names their folder")
    return [*material.demo(scratch / "demo", 5 if quick else 30), *real, *material.oddities(), *cases]


def _kind(proof: Proof, loader: Loader, kind: Kind, *, quick: bool) -> int:
    """Try one kind of table; how many answers differ."""
    began, failures = time.monotonic(), 0
    try:
        with loader.loaded(kind):
            rows = proof.extracted(kind)
            proof.few_days(kind, rows)
            if kind.name in _AS_FILES:
                proof.as_files(kind, rows)
            with proof.answering(kind, rows) as service:
                failures = sum(map(_differs, _questions(proof, kind, service, quick=quick)))
    except (DiffersError, TrinoError) as error:
        failures = 1
        print(error, flush=True)
    print(f"{kind.name}: {f'{failures} DIFFER' if failures else 'equal'}, {time.monotonic() - began:.1f} s", flush=True)
    return failures


def _differs(question: Callable[[], None]) -> bool:
    try:
        question()
    except (DiffersError, TrinoError) as error:
        print(error, flush=True)
        return True
    return False


def _questions(proof: Proof, kind: Kind, service: Trail, *, quick: bool) -> Iterator[Callable[[], None]]:
    """The console queries; filters in turn, so that the kinds ask all of them together and one asks each."""
    ask = partial(proof.agrees, kind, service)
    yield from (partial(ask, name) for name in _NAMES)
    if kind.name == _MOST_ASKED:
        yield from (partial(ask, name, window=narrower(proof.window)) for name in _NAMES)
        yield from (partial(ask, "usage", unit=unit, zone=zone) for unit, zone in _UNITS)
    for number in _filters(kind, quick=quick):
        zone = "Europe/Berlin" if number % 2 else "UTC"
        yield partial(ask, _NAMES[number % 3], FILTERS[number], zone=zone)


def _filters(kind: Kind, *, quick: bool) -> range:
    """Numbers of the filters that a kind runs."""
    if quick:
        return range(_QUICK.index(kind.name) if kind.name in _QUICK else 0, len(FILTERS), 13)
    first, step = (0, 1) if kind.name == _MOST_ASKED else (KINDS.index(kind), len(KINDS))
    return range(first, len(FILTERS), step)


if __name__ == "__main__":
    sys.exit(main())
