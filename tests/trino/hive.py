"""Tables of Trino's Hive connector: gzipped JSON lines on the disk, in partitions that the metastore lists."""

from __future__ import annotations

import gzip
import json
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

from ssmtrail.queries.sources.athena import literals, tables
from tests.trino import shapes
from tests.trino.load import reshaping
from tests.trino.server import Build

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from ssmtrail.queries.sources.athena.columns import HiveType
    from ssmtrail.queries.sources.athena.tables import Metadata
    from tests.queries.athena.kinds import Kind
    from tests.trino.client import Client
    from tests.trino.material import PlacedRecord

#: The newest version whose Hive connector was to be had for Java 17.
LISTED: Final = Build(
    "368", "hive", "trino-hive-hadoop2", "io.trino.plugin.hive.HivePlugin",
    ("hive.metastore=file", "hive.metastore.catalog.dir=file://{home}/metastore", "hive.security=allow-all",
     "hive.allow-register-partition-procedure=true", "hive.non-managed-table-writes-enabled=true"),
    230, 600, 21,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class TrailFile:
    """A file of a table."""

    path: str
    """As `"$path"` has it."""
    size: int
    """Bytes, compressed."""
    day: date
    """The day of its partition."""
    values: Mapping[str, str]
    """Of its partition's columns."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A kind of table with its files."""

    kind: Kind
    """Its location is on this machine."""
    placed: Sequence[PlacedRecord]
    """The records, each with its path below the location."""
    files: Sequence[TrailFile]


@contextmanager
def loaded(client: Client, kind: Kind, material: Sequence[PlacedRecord], folder: Path) -> Iterator[Loaded]:
    """A kind's table over files of all records below a folder, while the block runs."""
    location = f"file:{folder}/{kind.name}"
    read = tables.read_metadata(kind.metadata)
    placed, files = _written(kind, read, material, folder / kind.name, f"{location}/")
    schema, table = literals.name(kind.database), literals.names(kind.database, read.name)
    client.run(f"CREATE SCHEMA IF NOT EXISTS {schema}")
    columns = [f"{literals.name(name)} {shapes.real_type(type_)}" for name, type_ in (*read.columns, *read.keys)]
    keys = _array([name for name, _ in read.keys])
    client.run(
        f"CREATE TABLE {table} ({', '.join(columns)}) WITH (format = 'JSON', "
        f"external_location = {literals.text(location)}, partitioned_by = {keys})"
    )
    try:
        for values, place in dict.fromkeys((tuple(each.values.values()), _folder(each.path)) for each in files):
            of = f"{literals.text(kind.database)}, {literals.text(read.name)}, {keys}, {_array(values)}"
            client.run(f"CALL system.register_partition({of}, {literals.text(place)})")
        yield Loaded(_at(kind, location), placed, files)
    finally:
        client.run(f"DROP TABLE {table}")


def _written(
    kind: Kind, read: Metadata, material: Sequence[PlacedRecord], folder: Path, location: str
) -> tuple[list[PlacedRecord], list[TrailFile]]:
    """The records in files of one partition, account and region each, named as CloudTrail names them."""
    remade = reshaping(kind)
    held: dict[str, list[PlacedRecord]] = {}
    whose: dict[str, tuple[date, dict[str, str]]] = {}
    for each in material:
        day, values = _partition(kind, read, each)
        name = f"{each.account}_CloudTrail_{each.region}_{each.day:%Y%m%d}T0000Z_demo.json.gz"
        path = f"{'/'.join(values.values())}/{name}"
        whose[path] = day, values
        held.setdefault(path, []).append(replace(each, path=path))
    files = []
    for path, records in held.items():
        lines = (json.dumps(shapes.row(remade(each.record), read.columns), ensure_ascii=False) for each in records)
        data = gzip.compress("".join(f"{line}\n" for line in lines).encode(), mtime=0)
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
        files.append(TrailFile(f"{location}{path}", len(data), *whose[path]))
    return [each for records in held.values() for each in records], files


def _partition(kind: Kind, read: Metadata, placed: PlacedRecord) -> tuple[date, dict[str, str]]:
    """The day and the values of a record's partition."""
    event = datetime.fromisoformat(placed.record["eventTime"])
    by_event = any(written.startswith("{event}") for written in kind.partition.values())
    day = event.date() if by_event else placed.day
    moment = datetime.combine(day, event.time())
    return day, {name: _value(kind.partition[name], type_, placed, moment) for name, type_ in read.keys}


def _value(written: str, type_: HiveType, placed: PlacedRecord, moment: datetime) -> str:
    if written in {"{account}", "{region}"}:
        return placed.account if written == "{account}" else placed.region
    # All hours, where the kind has one of a day.
    value = moment.strftime(written.removeprefix("{event}").replace("/07", "/%H"))
    return str(int(value)) if type_.is_integer else value


def _at(kind: Kind, location: str) -> Kind:
    """The kind with another location."""
    found: dict[str, Any] = json.loads(json.dumps(kind.metadata))
    if "Table" in found:
        found["Table"]["StorageDescriptor"]["Location"] = location
    else:
        found["TableMetadata"]["Parameters"]["location"] = location
    return replace(kind, metadata=found)


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _array(values: Sequence[str]) -> str:
    return f"ARRAY[{literals.texts(values)}]"
