"""Athena's SQL on CloudTrail records, run by DuckDB."""

from __future__ import annotations

import gzip
import json
import tempfile
import threading
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import duckdb
import sqlglot
from sqlglot import exp

from tests.athena_emulator.tables import row_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.athena_emulator.bucket import Buckets
    from tests.athena_emulator.tables import EmulatedTable

#: What DuckDB does otherwise than Trino: objects and invalid JSON give NULL, so does a pattern that is not found.
MACROS: Final = r"""
CREATE MACRO trino_json_scalar(text, path) AS CASE WHEN json_valid(text) AND
    json_type(text, path) NOT IN ('OBJECT', 'ARRAY', 'NULL') THEN json_extract_string(text, path) END;
CREATE MACRO trino_json_format(value) AS value::VARCHAR;
CREATE MACRO entry_of(k, v) AS {'key': k, 'value': v};
CREATE MACRO to_iso8601(value) AS strftime(value, '%Y-%m-%dT%H:%M:%SZ');
"""


#: The column with the path of a row's file.
_PATH: Final = "$path"


@dataclass(frozen=True, slots=True)
class Answer:
    """Rows of a statement, and what it read."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    bytes: int
    """Sizes of the files of the partitions that it touched."""
    partitions: frozenset[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Reference:
    """A table that a statement names, and what the statement asks of its partitions."""

    database: str
    name: str
    conditions: tuple[str, ...] = ()
    """In the embedded engine's words, those that speak of partition columns alone."""


@dataclass(frozen=True, slots=True)
class Translated:
    """A statement in the embedded engine's words."""

    sql: str
    references: tuple[Reference, ...]


#: What a statement is translated with: database, name and partition columns of each table.
Known = tuple[tuple[str, str, tuple[str, ...]], ...]


@lru_cache(512)
def translated(sql: str, known: Known) -> Translated:
    """A query of Athena's. Raises ValueError with Trino's kind of message for what it is not."""
    try:
        tree = sqlglot.parse_one(sql, read="athena")
    except sqlglot.errors.SqlglotError as error:
        raise ValueError(f"SYNTAX_ERROR: {_first_line(error)}") from error
    if isinstance(tree, exp.Command | exp.Describe):
        raise ValueError("NOT_SUPPORTED: only queries and their plans are emulated")
    partitions = {(database, name): columns for database, name, columns in known}
    references = []
    for reference in list(tree.find_all(exp.Table)):
        columns = partitions.get(key := (reference.db.lower(), reference.name.lower()))
        if columns is None:
            if reference.db:
                references.append(Reference(reference.db, reference.name))
            continue
        references.append(Reference(reference.db, reference.name, _conditions(reference, columns)))
        own = exp.Table(this=exp.to_identifier(".".join(key), quoted=True))
        reference.replace(exp.alias_(own, reference.alias or key[1], table=True, quoted=True))
    as_trino(tree)
    return Translated(tree.sql(dialect="duckdb", copy=False), tuple(references))


def _conditions(reference: exp.Table, columns: tuple[str, ...]) -> tuple[str, ...]:
    """The conditions on a table that speak of these columns alone."""
    select = reference.find_ancestor(exp.Select)
    where = select.args.get("where") if select is not None else None
    if not columns or where is None:
        return ()
    return tuple(
        condition.sql(dialect="duckdb")
        for condition in _conjuncts(where.this)
        if {column.name for column in condition.find_all(exp.Column)} <= set(columns) and condition.find(exp.Column)
    )


@dataclass(slots=True)
class Engine:
    """The tables, loaded when a statement first needs them."""

    buckets: Buckets
    tables: list[EmulatedTable] = field(default_factory=list)
    plan: tuple[str, ...] | None = None
    """What every `EXPLAIN` shows; None for what holds."""
    _connection: duckdb.DuckDBPyConnection = field(default_factory=lambda: duckdb.connect(":memory:"))
    _loaded: dict[str, tuple[int, int]] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def __post_init__(self) -> None:
        self._connection.execute("SET TimeZone = 'UTC'; SET threads = 1")
        self._connection.execute(MACROS)

    def close(self) -> None:
        """Free what it holds."""
        self._connection.close()

    def run(self, sql: str) -> Answer:
        """Execute. Raises ValueError with Trino's kind of message for what it cannot."""
        with self._lock:
            if sql.lstrip().upper().startswith("EXPLAIN"):  # which the parser would complain of on the terminal
                return Answer(("Query Plan",), tuple((line,) for line in self._explained(sql)), 0, frozenset())
            known = tuple((each.database, each.name, tuple(each.partitions)) for each in self.tables)
            statement = translated(sql, known)
            size, touched = 0, set()
            for reference in statement.references:
                table = self.table(reference.database, reference.name)
                if table is None:
                    raise ValueError(
                        f"TABLE_NOT_FOUND: line 1:1: Table '{reference.database}.{reference.name}' does not exist"
                    )
                self._load(table)
                partitions = self._touched(table, reference.conditions)
                size += self.size(table, partitions)
                touched |= partitions
            return self._answer(statement.sql, size, frozenset(touched))

    def table(self, database: str, name: str) -> EmulatedTable | None:
        """The table of this name."""
        key = (database.lower(), name.lower())
        return next((each for each in self.tables if (each.database, each.name) == key), None)

    def size(self, table: EmulatedTable, partitions: Iterable[tuple[str, ...]]) -> int:
        """Bytes of the files of partitions."""
        wanted = set(partitions)
        found = (self.buckets.get(table.bucket, key) for key, part in table.objects(self.buckets) if part in wanted)
        return sum(each.size for each in found if each is not None)

    def _answer(self, sql: str, size: int, touched: frozenset[tuple[str, ...]]) -> Answer:
        try:
            found = self._connection.execute(sql)
            columns = tuple(each[0] for each in found.description or ())
            return Answer(columns, tuple(found.fetchall()), size, touched)
        except duckdb.Error as error:
            raise ValueError(f"SYNTAX_ERROR: line 1:1: {_first_line(error)}") from error

    def _explained(self, sql: str) -> list[str]:
        if self.plan is not None:
            return list(self.plan)
        inner = sql.lstrip()[len("EXPLAIN") :].lstrip()
        while inner.startswith("("):
            inner = inner[inner.index(")") + 1 :].lstrip()
        lines = ["Fragment 0 [SINGLE]"]
        for reference in sqlglot.parse_one(inner, read="athena").find_all(exp.Table):
            table = self.table(reference.db, reference.name)
            if table is not None:
                lines.append(f"    TableScan[table = awsdatacatalog:{table.database}:{table.name}]")
                conditions = _conditions(reference, tuple(table.partitions))
                touched = sorted(self._touched(table, conditions)) if table.partitions else []
                for at, name in enumerate(table.partitions):
                    values = ", ".join(sorted({f"[{each[at]}]" for each in touched}))
                    lines.append(f"        {name}:string:PARTITION_KEY :: [{values}]")
        return lines

    def _touched(self, table: EmulatedTable, conditions: tuple[str, ...]) -> set[tuple[str, ...]]:
        """The partitions that are left by these conditions."""
        partitions = {partition for _, partition in table.objects(self.buckets)}
        if not conditions:
            return partitions
        names = ", ".join(f'"{name}"' for name in table.partitions)
        rows = ", ".join("(" + ", ".join(f"'{value}'" for value in each) + ")" for each in partitions) or None
        if rows is None:
            return set()
        found = self._connection.execute(
            f'SELECT * FROM (VALUES {rows}) AS "{table.name}"({names}) WHERE {" AND ".join(conditions)}'
        )
        return set(found.fetchall())

    def _load(self, table: EmulatedTable) -> None:
        version = (self.buckets.version_of(table.bucket), len(table.absent))
        if self._loaded.get(_name(table)) == version:
            return
        columns = {**table.columns, **table.partitions, _PATH: "string"}
        spec = "{" + ", ".join(f"'{name}': '{_type(kind)}'" for name, kind in columns.items()) + "}"
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "rows.json"
            with path.open("w", encoding="utf-8", errors="replace") as file:
                for key, partition in table.objects(self.buckets):
                    named = dict(zip(table.partitions, partition, strict=True))
                    named[_PATH] = f"s3://{table.bucket}/{key}"
                    for record in self._records(table.bucket, key):
                        file.write(json.dumps({**row_of(record, table.columns), **named}) + "\n")
            self._connection.execute(
                f"CREATE OR REPLACE TABLE \"{_name(table)}\" AS SELECT * FROM read_json('{path}', columns = {spec},"
                " format = 'newline_delimited', maximum_object_size = 16777216)"
            )
        self._loaded[_name(table)] = version

    def _records(self, bucket: str, key: str) -> list[dict[str, Any]]:
        stored = self.buckets.get(bucket, key)
        if stored is None:
            return []
        data = stored.data.read_bytes() if isinstance(stored.data, Path) else stored.data
        text = gzip.decompress(data) if key.endswith(".gz") else data
        try:
            found: list[dict[str, Any]] = json.loads(text)["Records"]
        except ValueError as error:
            raise ValueError(
                f"HIVE_CURSOR_ERROR: Row is not a valid JSON Object - JSONException at s3://{bucket}/{key}"
            ) from error
        return found


@lru_cache(512)
def _type(kind: str) -> str:
    """A type of Hive's in the embedded engine's words."""
    return exp.DataType.build(kind, dialect="hive").sql(dialect="duckdb")


def _name(table: EmulatedTable) -> str:
    return f"{table.database}.{table.name}"


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0].removeprefix("Catalog Error: ")


def _conjuncts(condition: exp.Expr) -> list[exp.Expr]:
    """The conditions that all have to hold."""
    inner = condition.unnest()
    if isinstance(inner, exp.And):
        return [*_conjuncts(inner.left), *_conjuncts(inner.right)]
    return [inner]


def as_trino(tree: exp.Expr) -> None:
    """Replace, from the inside out, what DuckDB would answer otherwise, or does not know."""
    for node in reversed(list(tree.find_all(exp.JSONExtractScalar, exp.RegexpExtract, exp.Cast, exp.Anonymous))):
        if isinstance(node, exp.Cast):
            if node.is_type(exp.DataType.Type.JSON):  # text becomes a JSON string; DuckDB would parse it
                node.replace(exp.Anonymous(this="to_json", expressions=[node.this]))
        elif isinstance(node, exp.JSONExtractScalar):
            path = exp.Literal.string(node.expression.sql(dialect="athena").strip("'"))
            node.replace(exp.Anonymous(this="trino_json_scalar", expressions=[node.this, path]))
        elif isinstance(node, exp.RegexpExtract):
            node.replace(exp.Nullif(this=node.copy(), expression=exp.Literal.string("")))
        elif node.name.upper() in {"MAP_FILTER", "TRANSFORM_VALUES"}:
            node.replace(_over_entries(node.name.upper(), *node.expressions))


def _over_entries(name: str, of: exp.Expr, by: exp.Expr) -> exp.Expr:
    """`map_filter(m, (k, v) -> ...)` and `transform_values(m, (k, v) -> ...)` by way of the map's entries."""
    key, value = (each.name for each in by.expressions)
    entry = f"entry_{key}"
    for column in list(by.this.find_all(exp.Column, exp.Identifier)):
        field = {key: "key", value: "value"}.get(column.name)
        if field is not None and not isinstance(column.parent, exp.Column):
            column.replace(exp.Dot(this=exp.to_identifier(entry), expression=exp.to_identifier(field)))
    made, function = by.this, "list_filter"
    if name == "TRANSFORM_VALUES":
        own = exp.Dot(this=exp.to_identifier(entry), expression=exp.to_identifier("key"))
        made, function = exp.Anonymous(this="entry_of", expressions=[own, by.this]), "list_transform"
    each = exp.Lambda(this=made, expressions=[exp.to_identifier(entry)])
    entries = exp.Anonymous(this="map_entries", expressions=[of])
    changed = exp.Anonymous(this=function, expressions=[entries, each])
    return exp.Anonymous(this="map_from_entries", expressions=[changed])
