"""`make trino-hive`: tables in partitions on a real Hive connector: each query reads the files of its days, no others.

What was read is counted by Trino, in bytes; `"$path"` names the files, and the tool reads the engine's own `EXPLAIN`.
The rows are those that files give. With `--quick` the four forms of partitions that differ most; `--kind NAME` tries
one kind of table; with `--projected` a newer Trino, on Java 25, projects the partitions of the kinds that have them so.
The exit status is 0 where all holds or no Trino is to be had, 1 where something differs or it fails.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ssmtrail.queries.sources.athena.answers import read_plan
from ssmtrail.queries.sources.athena.statements import conditions, explained
from ssmtrail.queries.times import Window
from tests.queries.athena.kinds import BY_NAME
from tests.trino import hive, material
from tests.trino.client import TrinoError
from tests.trino.proof import DiffersError, Proof, Tally
from tests.trino.server import outcome, running

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from contextlib import AbstractContextManager

    from ssmtrail.queries.model import ConsoleQueryName
    from ssmtrail.queries.sources.athena.tables import Table
    from tests.queries.athena.kinds import Kind
    from tests.trino.client import Client
    from tests.trino.hive import Loaded, TrailFile
    from tests.trino.material import PlacedRecord
    from tests.trino.server import Build

#: The console queries, quick and otherwise.
_NAMES: Final[dict[bool, tuple[ConsoleQueryName, ...]]] = {True: ("calls",), False: ("calls", "pairs", "usage")}
#: The kinds whose partitions hold days, each in a form of its own.
_KINDS: Final = tuple(name for name, kind in BY_NAME.items() if kind.table.days is not None)
#: Region, year, month, day; account, region and a day's text; hours; dates.
_QUICK: Final = ("current", "projected_org", "projected_hours", "date_typed")
#: The kinds that are read whole and asked all questions, quick and otherwise. Not with projections: Trino 483 has an
#: error of its own in the functions of the console queries ("Bind cannot be cast to … Lambda").
_WHOLE: Final = {True: ("current",), False: ("current", "projected_org", "own")}
#: Seconds before the server is given up, quick and whole: several times what two quiet cores need.
_SECONDS: Final = {True: 480, False: 1800}
#: Some days around the end of a month.
_MONTHS: Final = (date(2026, 10, 30), date(2026, 11, 2))
_NEVER: Final = date(2001, 1, 1)
_DAY: Final = timedelta(days=1)


def main() -> int:
    """Run the proof."""
    parser = argparse.ArgumentParser(prog="make trino-hive", description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--projected", action="store_true")
    parser.add_argument("--kind", action="append", default=[], choices=sorted(_KINDS))
    options = parser.parse_args()
    kinds = [BY_NAME[name] for name in options.kind or (_QUICK if options.quick else _KINDS)]
    build = hive.PROJECTED if options.projected else hive.LISTED
    return outcome("pruning of partitions was", partial(_proved, kinds, build, quick=options.quick))


def _proved(kinds: Sequence[Kind], build: Build, *, quick: bool) -> int:
    began, tally = time.monotonic(), Tally()
    with tempfile.TemporaryDirectory() as scratch, running(_SECONDS[quick], build) as client:
        found = _records(Path(scratch, "demo"), quick=quick)
        print(f"Trino is up after {time.monotonic() - began:.0f} s; {len(found)} records", flush=True)
        failures, whole = 0, _WHOLE[quick] if build is hive.LISTED else ()
        for kind in kinds:
            table = hive.loaded(client, kind, found, Path(scratch, "files"), build)
            names = _NAMES[quick] if kind.name in whole else ()
            failures += _fails(client, kind, table, Path(scratch), tally, names)
    print(
        f"{len(kinds)} kinds of table, {tally.statements} statements, {tally.rows} rows, {tally.bytes:,} bytes read, "
        f"{time.monotonic() - began:.0f} s in all: {f'{failures} DIFFER' if failures else 'as they should be'}"
    )
    return 1 if failures else 0


def _records(folder: Path, *, quick: bool) -> list[PlacedRecord]:
    """The demo, quick some days of it around the end of a month; small oddities and trails."""
    demo = material.demo(folder)
    if quick:
        demo = [each for each in demo if _MONTHS[0] - _DAY <= each.day <= _MONTHS[1] + 2 * _DAY]
    return [*demo, *material.oddities(), *material.cases()]


def _fails(
    client: Client,
    kind: Kind,
    table: AbstractContextManager[Loaded],
    scratch: Path,
    tally: Tally,
    names: Sequence[ConsoleQueryName],
) -> bool:
    began = time.monotonic()
    try:
        with table as held:
            proof = Partitions(held, Proof(client, held.placed, scratch / kind.name, tally))
            said = proof.one_day()
            proof.many_days()
            proof.doubts()
            if names:
                proof.questions(names)
    except (DiffersError, TrinoError) as error:
        print(f"{kind.name}: DIFFERS: {error}", flush=True)
        return True
    print(f"{kind.name}: {said}, {time.monotonic() - began:.1f} s", flush=True)
    return False


@dataclass(frozen=True)
class Partitions:
    """A table in partitions, and what its statements read. All raise DiffersError."""

    held: Loaded
    proof: Proof

    @property
    def table(self) -> Table:
        """The table, by its description alone."""
        return self.held.kind.table

    @property
    def day(self) -> date:
        """A day with more files than others."""
        return Counter(each.day for each in self.held.files).most_common(1)[0][0]

    def one_day(self) -> str:
        """The query of a day reads its files, the plan proves it, the rows are right; gives how much was read."""
        assert self.table.days is not None
        day, files = self.day, self._files(self.table, self.day, self.day)
        found = self.proof.extract(self.held.kind, day, day)
        _is(f"bytes of a query of {day}", found.bytes, _size(files))
        for plan in found.plans:
            pruning = read_plan(self.table.days, plan, day)
            _is(f"the plan of a query of {day}, {pruning.text}: its doubt", pruning.doubt, "")
            _is("the columns that the plan shows", [column for column, _ in pruning.shown], [*self.table.days.columns])
        return f"{_size(files):,} of {_size(self.held.files):,} bytes for a day; {pruning.text}"

    def many_days(self) -> None:
        """The conditions on days and other columns leave the partitions that they name."""
        days = sorted({each.day for each in self.held.files})
        for first, last in ((self.day, self.day), _MONTHS, (days[0], days[-1]), (_NEVER, _NEVER)):
            self._reads(self.table, first, last)
        for other in self.table.others:
            values = dict.fromkeys(each.values[other.column] for each in self.held.files)
            for value in [each for each in values if not other.values or each in other.values][:3]:
                self._reads(self.table.with_values({other.column: (value,)}), *_MONTHS)

    def doubts(self) -> None:
        """A plan that reads more than its day is none, one that reads nothing is."""
        assert self.table.days is not None
        for first, last in ((self.day - _DAY, self.day), (self.day, self.day + _DAY), (None, None)):
            where = " AND ".join(conditions(self.table, first, last)) or "true"
            found = read_plan(self.table.days, self._plan(where), self.day)
            _is(f"the plan of more than {self.day}, {found.text}: whether it is doubted", bool(found.doubt), True)
        never = self._plan(" AND ".join(conditions(self.table, _NEVER, _NEVER)))
        _is("the plan of a day without partitions: its doubt", read_plan(self.table.days, never, _NEVER).doubt, "")

    def questions(self, names: Sequence[ConsoleQueryName]) -> None:
        """All rows and all answers are those of files; a question about few days reads a part of the table."""
        kind, proof = self.held.kind, self.proof
        rows = proof.extracted(kind)
        proof.as_files(kind, rows)
        start = datetime.combine(self.day, datetime.min.time(), UTC)
        # Each file is read once, with a day of look-around on both sides and the folder of late events.
        expected = _size(self._files(self.table, self.day - _DAY, self.day + 2 * _DAY))
        with proof.answering(kind, rows) as service:
            for name in names:
                before = proof.tally.bytes
                proof.agrees(kind, service, name, window=Window(start, start + _DAY))
                _is(f"bytes of {name} of {self.day}", proof.tally.bytes - before, expected)

    def _reads(self, table: Table, first: date, last: date) -> None:
        files = self._files(table, first, last)
        where = " AND ".join(conditions(table, first, last))
        found = self.proof.client.run(f'SELECT "$path", count(*) FROM {table.qualified} WHERE {where} GROUP BY 1')
        label = f"of {where}"
        _is(f"bytes {label}", found.bytes, _size(files))
        _is(f"other files {label}", {row[0] for row in found.rows} - {each.path for each in files}, set())

    def _files(self, table: Table, first: date, last: date) -> list[TrailFile]:
        """The files of the days in the partitions that a query may read."""
        return [
            each
            for each in self.held.files
            if first <= each.day <= last and all(each.values[column] in chosen for column, chosen in table.scanned)
        ]

    def _plan(self, where: str) -> str:
        found = self.proof.client.run(explained(f'SELECT "$path" FROM {self.table.qualified} WHERE {where}'))
        return "\n".join(row[0] for row in found.rows)


def _size(files: Iterable[TrailFile]) -> int:
    return sum(each.size for each in files)


def _is(what: str, found: object, expected: object) -> None:
    if found != expected:
        raise DiffersError(f"{what}: {found!r}, not {expected!r}")


if __name__ == "__main__":
    sys.exit(main())
