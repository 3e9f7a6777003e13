"""The SQL's answers on small records, translated for the embedded engine; Trino has the last word."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
import sqlglot

from ssmtrail.queries.sources.athena import literals, tables
from tests.athena_emulator.engine import MACROS, as_trino
from tests.queries.athena.kinds import BY_NAME
from tests.trino import material, shapes
from tests.trino.client import Answer
from tests.trino.proof import FILTERS, Proof, Tally, narrower

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from ssmtrail.queries.model import ConsoleQueryName
    from ssmtrail.queries.sources.athena.columns import HiveType
    from ssmtrail.queries.times import Unit
    from ssmtrail.queries.trail import Trail
    from tests.trino.material import PlacedRecord

KIND = BY_NAME["projected"]


class Translated:
    """Answers statements for Athena as Trino's client does, from a table in DuckDB."""

    def __init__(self, folder: Path, placed: Sequence[PlacedRecord]) -> None:
        self._connection = duckdb.connect()
        self._steps: dict[tuple[str, ...], str] = {}
        # A bucket's time is the local clock without its offset: zones other than UTC are left to Trino.
        self._connection.execute(f"SET TimeZone = 'UTC'; CREATE SCHEMA logs; {MACROS}")
        read = tables.read_metadata(KIND.metadata)
        rows = folder / "rows.jsonl"
        rows.write_text("".join(_line(each, read) for each in placed), encoding="utf-8")
        types = {name: _duck_type(type_) for name, type_ in (*read.columns, *read.keys)} | {"$path": "VARCHAR"}
        listed = ", ".join(f"{literals.text(name)}: {literals.text(type_)}" for name, type_ in types.items())
        lines = f"read_json('{rows}', format = 'newline_delimited', columns = {{{listed}}})"
        self._connection.execute(f"CREATE TABLE logs.projected AS FROM {lines}")

    def run(self, sql: str) -> Answer:
        if sql.startswith("EXPLAIN "):
            return Answer([], [], [], 0.0)
        tree = sqlglot.parse_one(sql, read="athena")
        assert isinstance(tree, sqlglot.exp.Query)
        as_trino(tree)
        found = self._connection.execute(self._stepwise(tree))
        return Answer([column[0] for column in found.description], [], [list(row) for row in found.fetchall()], 0.0)

    def _stepwise(self, tree: sqlglot.exp.Query) -> str:
        """The statement over tables of its steps, each worked out once for all statements that begin alike.

        Statements differ in their last steps only, and planning the whole takes half a second.
        """
        before: tuple[str, ...] = ()
        steps = ""
        for step in tree.ctes:
            name = step.args["alias"].sql(dialect="duckdb")
            text = step.this.sql(dialect="duckdb", copy=False)
            before = (*before, name, text)
            if before not in self._steps:
                self._steps[before] = f"logs.step_{len(self._steps)}"
                self._connection.execute(f"CREATE TABLE {self._steps[before]} AS {steps} {text}")
            steps += f"{', ' if steps else 'WITH '}{name} AS (FROM {self._steps[before]})"
        tree.set("with_", None)
        return f"{steps} {tree.sql(dialect='duckdb', copy=False)}"


def _line(placed: PlacedRecord, read: tables.Metadata) -> str:
    row = shapes.row(placed.record, read.columns)
    row |= {"timestamp": f"{placed.day:%Y/%m/%d}", "$path": f"{read.location}{placed.path}"}
    return json.dumps(row) + "\n"


def _duck_type(type_: HiveType) -> str:
    match type_.name:
        case "struct":
            return f"STRUCT({', '.join(f'{literals.name(name)} {_duck_type(each)}' for name, each in type_.fields)})"
        case "array":
            return f"{_duck_type(type_.inner[0])}[]"
        case "map":
            return f"MAP(VARCHAR, {_duck_type(type_.inner[1])})"
    return "VARCHAR"


@pytest.fixture(scope="module")
def proof(tmp_path_factory: pytest.TempPathFactory) -> Proof:
    folder = tmp_path_factory.mktemp("translated")
    # Parameters that are no JSON are an error in DuckDB, NULL in Trino.
    placed = [each for each in material.oddities() if not each.is_text]
    client: Any = Translated(folder, placed)
    return Proof(client, placed, folder, Tally())


@pytest.fixture(scope="module")
def service(proof: Proof) -> Iterator[Trail]:
    with proof.answering(KIND, proof.extracted(KIND)) as found:
        yield found


def test_the_extraction_delivers_what_files_deliver(proof: Proof) -> None:
    rows = proof.extracted(KIND)
    proof.few_days(KIND, rows)
    assert len(rows) > 70


@pytest.mark.parametrize("name", ["calls", "pairs", "usage"])
def test_a_question_has_the_local_answer(proof: Proof, service: Trail, name: ConsoleQueryName) -> None:
    proof.agrees(KIND, service, name)
    proof.agrees(KIND, service, name, window=narrower(proof.window))


@pytest.mark.parametrize("unit", ["hour", "week", "month"])
def test_usage_has_the_local_buckets(proof: Proof, service: Trail, unit: Unit) -> None:
    proof.agrees(KIND, service, "usage", unit=unit)


@pytest.mark.parametrize("where", [where for where in FILTERS if "ip:" not in where])
def test_a_filter_means_the_same(proof: Proof, service: Trail, where: str) -> None:
    proof.agrees(KIND, service, "pairs", where)
    proof.agrees(KIND, service, "calls", where)
