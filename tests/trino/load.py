"""Tables of every kind in Trino's memory, with the column types of the catalog."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from ssmtrail.queries.sources.athena import literals, tables
from tests.queries.athena.catalog_columns import OCSF_1, OCSF_2
from tests.trino import ocsf_records, shapes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from ssmtrail.queries.sources.athena.columns import HiveType
    from tests.queries.athena.kinds import Kind
    from tests.trino.client import Client
    from tests.trino.material import PlacedRecord

#: Bytes of one INSERT; see `query.max-length` of the server.
_MOST: Final = 1_000_000
#: What partition values are made of; each is a column of the staged rows.
_PLACES: Final = (
    ("day", "date"),
    ("account", "varchar"),
    ("place_region", "varchar"),
    ("event_day", "date"),
    ("path", "varchar"),
)


class Loader:
    """Loads records into tables; rows of the same columns are sent once."""

    def __init__(self, client: Client, material: Sequence[PlacedRecord]) -> None:
        self._client = client
        self._material = material
        self._staged: dict[str, str] = {}

    @contextmanager
    def loaded(self, kind: Kind) -> Iterator[None]:
        """A kind's table, filled, while the block runs: all of them together would not fit into memory."""
        read = tables.read_metadata(kind.metadata)
        staged = self._stage(kind, read.columns)
        schema = literals.name(kind.database)
        self._client.run(f"CREATE SCHEMA IF NOT EXISTS {schema}")
        columns = [
            f"{shapes.cast(literals.name(name), type_)} AS {literals.name(name)}" for name, type_ in read.columns
        ]
        columns += [f"{_partition(kind.partition[name], type_)} AS {literals.name(name)}" for name, type_ in read.keys]
        location = literals.text(read.location)
        columns.append(f'{location} || path AS "$path"')
        table = f"{schema}.{literals.name(read.name)}"
        form = "VIEW" if read.type == "VIRTUAL_VIEW" else "TABLE"
        self._client.run(f"CREATE {form} {table} AS SELECT {', '.join(columns)} FROM {staged}")
        try:
            yield
        finally:
            self._client.run(f"DROP {form} {table}")

    def _stage(self, kind: Kind, columns: Sequence[tuple[str, HiveType]]) -> str:
        described = repr([(name, type_) for name, type_ in columns])
        if described not in self._staged:
            self._staged[described] = table = f"staged_{len(self._staged)}"
            self._send(table, columns, reshaping(kind))
        return self._staged[described]

    def _send(self, table: str, columns: Sequence[tuple[str, HiveType]], reshape: Callable[[Any], Any]) -> None:
        typed = ", ".join(f"r.{literals.name(name)}" for name, _ in columns)
        places = ", ".join(f"CAST({name} AS {type_}) AS {name}" for name, type_ in _PLACES)
        # One literal a batch: a list of rows as SQL takes the planner minutes.
        shape = (
            f"ROW(r {shapes.trino_type(_as_struct(columns))}, {', '.join(f'{name} varchar' for name, _ in _PLACES)})"
        )
        names = ", ".join(name for name, _ in _PLACES)
        is_new = True
        for batch in _batches(_line(placed, columns, reshape) for placed in self._material):
            rows = f"(VALUES {literals.text(batch)}) AS sent (text)"
            rows += f" CROSS JOIN UNNEST(CAST(json_parse(text) AS ARRAY({shape}))) AS given (r, {names})"
            made = f"SELECT {typed}, {places} FROM {rows}"
            self._client.run(f"CREATE TABLE {table} AS {made}" if is_new else f"INSERT INTO {table} {made}")
            is_new = False


def _as_struct(columns: Sequence[tuple[str, HiveType]]) -> HiveType:
    return type(columns[0][1])("struct", tuple(columns))


def _line(placed: PlacedRecord, columns: Sequence[tuple[str, HiveType]], reshape: Callable[[Any], Any]) -> str:
    record = placed.record
    places = (placed.day.isoformat(), placed.account, placed.region, record["eventTime"][:10], placed.path)
    return json.dumps([shapes.row(reshape(record), columns), *places], ensure_ascii=False)


def _batches(lines: Iterable[str]) -> Iterable[str]:
    batch: list[str] = []
    size = 0
    for line in lines:
        if batch and size + len(line.encode()) > _MOST:
            yield f"[{', '.join(batch)}]"
            batch, size = [], 0
        batch.append(line)
        size += len(line.encode()) + 2
    yield f"[{', '.join(batch)}]"


def _partition(written: str, type_: HiveType) -> str:
    if written in {"{account}", "{region}"}:
        return {"{account}": "account", "{region}": "place_region"}[written]
    day = "event_day" if written.startswith("{event}") else "day"
    text = f"date_format({day}, {literals.text(written.removeprefix('{event}'))})"
    return f"CAST({text} AS {type_.name})" if type_.name in {"int", "date"} else text


def reshaping(kind: Kind) -> Callable[[Any], Any]:
    """What makes a record one of the table's: Security Lake has its own."""
    columns = kind.metadata.get("TableMetadata", {}).get("Columns", [])
    names = [(column["Name"], column["Type"]) for column in columns]
    if names == OCSF_1:
        return ocsf_records.version_1
    return ocsf_records.version_2 if names == OCSF_2 else lambda record: record
