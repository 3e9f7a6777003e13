"""Tables of Trino's Hive connector: gzipped JSON lines on the disk, in partitions that are listed or projected."""

from __future__ import annotations

import gzip
import json
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

from ssmtrail.queries.sources.athena import literals, tables
from ssmtrail.queries.sources.athena.partitions import projection_of, strftime_of
from tests.trino import shapes
from tests.trino.load import reshaping
from tests.trino.server import Build

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from ssmtrail.queries.sources.athena.columns import HiveType
    from ssmtrail.queries.sources.athena.partitions import Projection
    from ssmtrail.queries.sources.athena.tables import Metadata
    from tests.queries.athena.kinds import Kind
    from tests.trino.client import Client
    from tests.trino.material import PlacedRecord

_SETTINGS: Final = ("hive.metastore=file", "hive.security=allow-all", "hive.allow-register-partition-procedure=true")
#: The newest version for Java 17 whose Hive connector is to be had; it knows listed partitions alone.
LISTED: Final = Build(
    "368", "hive", "trino-hive-hadoop2", "io.trino.plugin.hive.HivePlugin",
    (*_SETTINGS, "hive.metastore.catalog.dir=file://{home}/metastore", "hive.non-managed-table-writes-enabled=true"),
    230, 600, 17, 21,
)  # fmt: skip
#: A version that projects partitions as Athena does. The metastore of files has no statistics of such partitions.
PROJECTED: Final = Build(
    "483", "hive", "trino-hive", "io.trino.plugin.hive.HivePlugin",
    (*_SETTINGS, "hive.metastore.catalog.dir=local://{home}/metastore", "fs.native-local.enabled=true",
     "local.location=/", "hive.partition-projection-enabled=true", "hive.ignore-absent-partitions=true",
     "hive.table-statistics-enabled=false"),
    310, 900, 25, 25, ("jdk.incubator.vector",),
)  # fmt: skip
#: The days of projections: their own ranges end at the clock's today.
_FIRST, _LAST = date(2026, 10, 1), date(2026, 12, 31)


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
def loaded(
    client: Client, kind: Kind, material: Sequence[PlacedRecord], folder: Path, build: Build = LISTED
) -> Iterator[Loaded]:
    """A kind's table over files of all records below a folder, while the block runs.

    Partitions are projected where the kind has them so and the build can.
    """
    location = f"{'file:' if build is LISTED else 'local://'}{folder}/{kind.name}"
    read = tables.read_metadata(kind.metadata)
    projections = _projections(read) if build is PROJECTED else {}
    enums = {name: each.values for name, each in projections.items() if each.values}
    known = [each for each in material if _is_known(_partition(kind, read, each)[1], enums)]
    placed, files = _written(kind, read, known, folder / kind.name, f"{location}/")
    schema, table = literals.name(kind.database), literals.names(kind.database, read.name)
    client.run(f"CREATE SCHEMA IF NOT EXISTS {schema}")
    columns = [f"{literals.name(name)} {shapes.real_type(type_)}" for name, type_ in read.columns]
    columns += [
        f"{literals.name(name)} {shapes.real_type(type_)}{_projected(projections.get(name))}"
        for name, type_ in read.keys
    ]
    keys = _array([name for name, _ in read.keys])
    properties = f"format = 'JSON', external_location = {literals.text(location)}, partitioned_by = {keys}"
    if projections:
        template = "/".join((location, *(f"${{{name}}}" for name, _ in read.keys), ""))
        properties += ", partition_projection_enabled = true"
        properties += f", partition_projection_location_template = {literals.text(template)}"
    client.run(f"CREATE TABLE {table} ({', '.join(columns)}) WITH ({properties})")
    try:
        listed = () if projections else files
        for values, place in dict.fromkeys((tuple(each.values.values()), _folder(each)) for each in listed):
            of = f"{literals.text(kind.database)}, {literals.text(read.name)}, {keys}, {_array(values)}"
            client.run(f"CALL system.register_partition({of}, {literals.text(place)})")
        yield Loaded(_at(kind, location), placed, files)
    finally:
        client.run(f"DROP TABLE {table}")


def _projections(read: Metadata) -> dict[str, Projection]:
    """The projections of the partition columns; empty where partitions are listed."""
    found = {name: projection_of(read.parameters, name) for name, _ in read.keys}
    return {name: each for name, each in found.items() if each is not None}


def _is_known(values: Mapping[str, str], enums: Mapping[str, Sequence[str]]) -> bool:
    """Whether the projection has a partition: none but the values of an enum has one."""
    return all(values[name] in known for name, known in enums.items())


def _projected(projection: Projection | None) -> str:
    """The properties of a partition column. Source: "Partition projection", Trino's documentation of the connector."""
    if projection is None:
        return ""
    properties = [f"partition_projection_type = {literals.text(projection.type.upper())}"]
    bounds = projection.range or ()
    if projection.type == "date":
        written = strftime_of(projection.format) or ""
        bounds = (_FIRST.strftime(written), _LAST.strftime(written))
        unit = "HOURS" if "HH" in projection.format else "DAYS"
        properties.append(f"partition_projection_format = {literals.text(projection.format)}")
        properties.append(f"partition_projection_interval = 1, partition_projection_interval_unit = '{unit}'")
    if bounds:
        properties.append(f"partition_projection_range = {_array(bounds)}")
    if projection.values:
        properties.append(f"partition_projection_values = {_array(projection.values)}")
    return f" WITH ({', '.join(properties)})"


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


def _folder(file: TrailFile) -> str:
    return file.path.rpartition("/")[0]


def _array(values: Sequence[str]) -> str:
    return f"ARRAY[{literals.texts(values)}]"
