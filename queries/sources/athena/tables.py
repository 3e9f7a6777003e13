"""A table: its description from the catalog, and the SQL expressions for its raw columns and days."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from ssmtrail.queries.errors import SourceError, UsageError
from ssmtrail.queries.model import NOT_IN_TABLE
from ssmtrail.queries.sources.athena import literals, partitions, raw_columns
from ssmtrail.queries.sources.athena.columns import ABSENT, Columns, EventTime, HiveType, event_time, parse_type
from ssmtrail.queries.sources.athena.raw_columns import raw_values

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ssmtrail.queries.sources.athena.partitions import Days


@dataclass(frozen=True, slots=True)
class Metadata:
    """The description of a table, from Athena or Glue."""

    name: str
    columns: tuple[tuple[str, HiveType], ...]
    keys: tuple[tuple[str, HiveType], ...]
    """Partition columns, in their order."""
    parameters: Mapping[str, str]
    location: str
    """Ends with a slash, or empty."""
    type: str
    """`EXTERNAL_TABLE`, `VIRTUAL_VIEW`, ..."""
    serde: str
    """Names of the SerDe and input format classes, in lower case."""


def read_metadata(found: Mapping[str, Any]) -> Metadata:
    """Read `GetTableMetadata` or Glue's `GetTable`, with or without envelope. Raises SourceError if it is neither."""
    table: Mapping[str, Any] = found.get("TableMetadata") or found.get("Table") or found
    stored: Mapping[str, Any] = table.get("StorageDescriptor") or {}
    parameters = {str(key): str(value) for key, value in (table.get("Parameters") or {}).items()}
    columns = table.get("Columns") or stored.get("Columns")
    if not table.get("Name") or not columns:
        raise SourceError("The catalog has no columns of this table.")
    serde = (
        parameters.get("serde.serialization.lib", ""), parameters.get("inputformat", ""),
        stored.get("SerdeInfo", {}).get("SerializationLibrary") or "", stored.get("InputFormat") or "",
    )  # fmt: skip
    location = stored.get("Location") or parameters.get("location") or ""
    return Metadata(
        table["Name"], _columns(columns), _columns(table.get("PartitionKeys") or ()), parameters,
        f"{location.rstrip('/')}/" if location else "", table.get("TableType") or "", " ".join(serde).casefold(),
    )  # fmt: skip


def kind_of(found: Metadata, columns: Columns, database: str) -> TableKind:
    """The kind of table, for messages and warnings; the SQL depends only on the columns."""
    if database.casefold() == "aws:cloudtrail":
        return "lake"
    if raw_columns.is_ocsf(columns):
        return "security-lake-2" if columns.column("time_dt") else "security-lake-1"
    if found.type.upper() == "VIRTUAL_VIEW":
        return "view"
    if found.parameters.get("table_type", "").casefold() == "iceberg":
        return "iceberg"
    if "cloudtrail" in found.serde:
        return "cloudtrail"
    if "json" in found.serde:
        return "json-lines"
    return "columnar" if "parquet" in found.serde or "orc" in found.serde else "other"


def _columns(found: Sequence[Mapping[str, Any]]) -> tuple[tuple[str, HiveType], ...]:
    return tuple((column["Name"], parse_type(column.get("Type") or "string")) for column in found)


def _plain(name: str) -> str:
    return name.casefold().replace("_", "")


#: Where calls to the global endpoint of STS are logged.
GLOBAL_STS: Final = "us-east-1"
#: Regions of partitions of AWS that have no such endpoint.
_OTHER_PARTITIONS: Final = ("cn-", "us-gov-", "eusc-", "us-iso", "eu-iso")

TableKind: TypeAlias = Literal[
    "cloudtrail", "json-lines", "lake", "security-lake-1", "security-lake-2", "iceberg", "columnar", "view", "other"
]
#: The kinds of tables in messages.
KIND_NAMES: Final[dict[TableKind, str]] = {
    "cloudtrail": "CloudTrail files",
    "json-lines": "one record a line",
    "lake": "CloudTrail Lake, federated",
    "security-lake-1": "Security Lake, version 1",
    "security-lake-2": "Security Lake, version 2",
    "iceberg": "Iceberg copy",
    "columnar": "Parquet or ORC copy",
    "view": "view",
    "other": "table",
}


@dataclass(frozen=True, slots=True)
class Table:
    """A table of CloudTrail records, made by `described`."""

    database: str
    name: str
    kind: TableKind
    raw: tuple[tuple[str, str], ...]
    """Every raw column (`ssmtrail.queries.raw_calls`) but `folder_day`, with its expression, varchar."""
    time: EventTime
    days: Days | None
    """How partition columns hold the day; None if no column does, so that days are event days."""
    catalog: str = ""
    """Empty for the account's own catalog."""
    location: str = ""
    """`s3://.../` of the files, ending with a slash; empty for views."""
    others: tuple[partitions.Other, ...] = ()
    """Partition columns that do not hold days: regions, accounts."""
    range: tuple[str, str] | None = None
    """Bounds of the days' projection as written in the table's parameters, for messages."""
    given: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Values of partition columns that the user chose."""
    warnings: tuple[str, ...] = ()
    """Sentences for the user, worst first."""
    is_delivery: bool = False
    """Whether `days` are folder days (of delivery), final after their UTC day plus grace; else event days, which late
    events still reach."""
    global_sts: str = GLOBAL_STS
    """Region whose records of STS are read beside those of chosen regions; empty for none."""
    is_projected: bool = False
    """Whether partitions of days are projected; if not, only those listed in the catalog exist."""
    projected: partitions.Reach | None = None

    @property
    def qualified(self) -> str:
        """The table's name in SQL."""
        return literals.names(self.catalog, self.database, self.name)

    @property
    def needs(self) -> tuple[str, ...]:
        """Injected partition columns without chosen values: a query without them fails."""
        known = {column for column, _ in self.given}
        return tuple(other.column for other in self.others if other.is_injected and other.column not in known)

    @property
    def region_column(self) -> str:
        """The partition column that holds regions; empty if none does."""
        return next((each.column for each in self.others if _plain(each.column) in {"region", "awsregion"}), "")

    @property
    def adds_global_sts(self) -> bool:
        """Whether regions were chosen to which STS's global endpoint does not belong.

        Its calls are recorded in us-east-1 for all regions: the records of STS of that region are read too, no
        others. Source: "Log STS API calls to the global endpoint", IAM User Guide.
        """
        regions = dict(self.given).get(self.region_column, ())
        apart = all(region.startswith(_OTHER_PARTITIONS) for region in regions)
        return bool(regions and self.global_sts) and self.global_sts not in regions and not apart

    @property
    def scanned(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """The values of partition columns that queries read: `given`, and the region of STS's global endpoint."""
        if not self.adds_global_sts:
            return self.given
        return tuple(
            (column, (*values, self.global_sts)) if column == self.region_column else (column, values)
            for column, values in self.given
        )

    def __getitem__(self, raw_column: str) -> str:
        return dict(self.raw)[raw_column]

    def with_values(self, given: Mapping[str, tuple[str, ...]]) -> Table:
        """The table restricted to values of partition columns, such as accounts.

        Raises UsageError for an unknown column, for no values, and for values outside the column's enum.
        """
        columns = {other.column.casefold(): other for other in self.others}
        chosen = dict(self.given)
        for name, values in given.items():
            other = columns.get(name.casefold())
            if other is None:
                there = ", ".join(each.column for each in self.others) or "none"
                raise UsageError(f"{self.name} has no partition column {name!r} to choose values for; it has {there}.")
            chosen[other.column] = other.checked(values)
        return replace(self, given=tuple(sorted(chosen.items())))

    def reach(self, today: date) -> tuple[date | None, date | None]:
        """First and last day of the projection, both included; None for no bound.

        Athena returns no rows and no error for a day outside: it must not be stored as a day without sessions.
        """
        return self.projected.days(today) if self.projected else (None, None)

    def day_of(self, partition: Mapping[str, str]) -> date | None:
        """The day of a listed partition, by its values."""
        return self.days.day_of(partition) if self.days else None


def described(
    found: Mapping[str, Any], database: str, catalog: str = "", samples: Mapping[str, str] | None = None
) -> Table:
    """A table from the JSON of Athena's `GetTableMetadata` or Glue's `GetTable`, with or without its envelope.

    `samples` has the partition column values of one partition; they show the format of days without a projection.
    Raises SourceError if it is not a table of CloudTrail records or a type cannot be read.
    """
    metadata = read_metadata(found)
    columns = Columns(tuple((column, type_) for column, type_ in (*metadata.columns, *metadata.keys)))
    time = event_time(columns)
    kind = kind_of(metadata, columns, database)
    has_paths = kind in {"cloudtrail", "json-lines", "columnar"} and metadata.location
    raw = raw_values(columns, time, metadata.location if has_paths else None)
    missing = [column for column in ("eventname", "eventsource", "eventid") if raw[column] == ABSENT]
    if time is None or missing:
        lacks = ", ".join([*(["eventtime"] if time is None else []), *missing])
        raise SourceError(f"{database}.{metadata.name} is not a table of CloudTrail records: it has no {lacks}.")
    keys = partitions.read(metadata.keys, metadata.parameters, samples or {})
    # Copies are partitioned by the day of the event.
    delivery = keys.days is not None and kind in {"cloudtrail", "json-lines", "other"}
    other_catalog = "" if catalog.casefold() == "awsdatacatalog" else catalog
    warnings = (*_warnings(kind, keys.days), *keys.warnings, *_lacking(kind, raw))
    return Table(
        database, metadata.name, kind, tuple(raw.items()), time, keys.days, other_catalog,
        metadata.location, keys.others, keys.range, (), warnings,
        delivery, is_projected=keys.is_projected, projected=keys.reach,
    )  # fmt: skip


def _warnings(kind: TableKind, days: Days | None) -> tuple[str, ...]:
    if days is not None or kind in {"lake", "iceberg", "columnar", "security-lake-2"}:
        return ()
    if kind == "view":
        warning = (
            "This is a view: the bytes that a query scans depend on whether the view prunes by its time column. Check "
            "the bytes of the first day, or open the underlying table."
        )
    else:
        warning = (
            "This table has no partitions: every query scans the whole trail. `ssmtrail athena ddl` writes the SQL of "
            "a partitioned table."
        )
    return (warning,)


def _lacking(kind: TableKind, raw: Mapping[str, str]) -> tuple[str, ...]:
    """What the table does not say about who acted."""
    missing = raw_columns.not_in_table(raw.items())
    if not missing:
        return ()
    advice = " `ssmtrail athena ddl` writes a table that has them." if kind in {"cloudtrail", "json-lines"} else ""
    return (f"{NOT_IN_TABLE}: {', '.join(missing)}. Who acted is known less well than from files.{advice}",)
