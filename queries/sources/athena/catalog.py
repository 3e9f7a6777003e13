"""Free facts from the catalog: the table, its partitions, the folders of its days."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any, Final

from ssmtrail.queries.sources.athena.address import GLUE_CATALOG
from ssmtrail.queries.sources.athena.errors import AthenaError
from ssmtrail.queries.sources.athena.partitions import DateDays, SplitDays, TextDays
from ssmtrail.queries.sources.athena.tables import described

if TYPE_CHECKING:
    import threading
    from collections.abc import Mapping
    from datetime import date

    from ssmtrail.queries.sources.athena.client import Aws
    from ssmtrail.queries.sources.athena.partitions import Days
    from ssmtrail.queries.sources.athena.tables import Table

_UNREADABLE_CLASSES: Final = frozenset({"GLACIER", "DEEP_ARCHIVE"})
_READS_RESTORED: Final = "read_restored_glacier_objects"


def prefixes(table: Table, parameters: Mapping[str, str], day: date) -> tuple[str, ...] | None:
    """The `s3://` prefixes of a day's files; None if the table's description does not name them.

    Source: `storage.location.template`, "Set up partition projection", Athena User Guide.
    """
    if table.days is None or not table.is_projected or not table.location:
        return None
    values = _day_values(table.days, day)
    others = dict(table.scanned) | {
        other.column: other.values for other in table.others if other.values and other.column not in dict(table.scanned)
    }
    if values is None or any(other.column not in others for other in table.others):
        return None
    template = {name.casefold(): value for name, value in parameters.items()}.get("storage.location.template", "")
    choices = (dict(zip(others, chosen, strict=True)) for chosen in product(*others.values()))
    return tuple(_filled(template, table.location, values | choice) for choice in choices)


def is_skipped(entry: Mapping[str, Any], parameters: Mapping[str, str]) -> bool:
    """Whether Athena silently skips an object of a listing.

    Athena reads restored objects only if the table says so. Source: "Query restored Amazon S3 Glacier
    objects", Athena User Guide.
    """
    if entry.get("StorageClass", "STANDARD") not in _UNREADABLE_CLASSES:
        return False
    reads = any(name.casefold() == _READS_RESTORED and value.casefold() == "true" for name, value in parameters.items())
    status = entry.get("RestoreStatus", {})
    return not (reads and "RestoreExpiryDate" in status and not status.get("IsRestoreInProgress"))


def _day_values(days: Days, day: date) -> dict[str, str] | None:
    """The values of the day's columns; of hourly columns only the part that is the day."""
    if isinstance(days, TextDays):
        whole_days = days.format.partition("%H")[0].rstrip("/-T _")
        return {days.column: day.strftime(whole_days)}
    if isinstance(days, DateDays):
        return {days.column: day.isoformat()}
    if isinstance(days, SplitDays):
        parts = ((days.year, day.year, 4), (days.month, day.month, 2), (days.day, day.day, 2))
        return {part.column: str(value).zfill(0 if part.is_number else part.width) for part, value, _ in parts}
    return None


def _filled(template: str, location: str, values: Mapping[str, str]) -> str:
    if not template:
        return location + "/".join(f"{column}={value}" for column, value in values.items()) + "/"
    for column, value in values.items():
        template = template.replace(f"${{{column}}}", value)
    return template if template.endswith("/") else f"{template}/"


#: Errors of `GetTableMetadata`, beside a denial, after which Glue may still answer: it has more kinds of tables, and
#: older endpoints lack the operation.
_GLUE_MAY_KNOW: Final = frozenset(
    {"MetadataException", "InvalidRequestException", "UnknownOperationException", "InvalidAction"}
)


@dataclass(frozen=True, slots=True)
class Catalog:
    """A table with the parts of its description that are needed later."""

    table: Table
    parameters: Mapping[str, str]
    partitions: frozenset[date] | None = None
    """Days that have a partition; None if they are projected or the table has no day partitions."""


def read_catalog(aws: Aws, given: Mapping[str, tuple[str, ...]], cancelled: threading.Event) -> Catalog:
    """Describe the table. Raises AthenaError, SourceError, UsageError, Cancelled."""
    address = aws.address
    found = _metadata(aws, cancelled)
    inner = found.get("TableMetadata") or found["Table"]
    keys = [key["Name"] for key in inner.get("PartitionKeys", [])]
    table = described(found, address.database, address.catalog)
    listed: list[dict[str, str]] = []
    if keys and not table.is_projected and address.catalog == GLUE_CATALOG:
        listed = _partitions(aws, keys, cancelled)
        if listed:
            table = described(found, address.database, address.catalog, listed[0])
    table = table.with_values(given) if given else table
    days = None
    if table.days is not None and not table.is_projected and address.catalog == GLUE_CATALOG:
        days = frozenset(day for values in listed if (day := table.day_of(values)))
    return Catalog(table, inner.get("Parameters", {}), days)


def _metadata(aws: Aws, cancelled: threading.Event) -> Any:
    """From Athena, else from Glue, as identities may be allowed to use only one of them."""
    address = aws.address
    try:
        return aws.call(
            "athena", "get_table_metadata", cancelled, CatalogName=address.catalog, DatabaseName=address.database,
            TableName=address.table,
        )  # fmt: skip
    except AthenaError as refused:
        if address.catalog != GLUE_CATALOG or not (refused.is_denied or refused.code in _GLUE_MAY_KNOW):
            raise
        try:
            found = aws.call("glue", "get_table", cancelled, DatabaseName=address.database, Name=address.table)
        except AthenaError:
            raise refused from None
        if target := found["Table"].get("TargetTable"):
            owner = target.get("CatalogId", "another account")
            raise AthenaError(
                f"{address.shown_table} is a resource link to {target['DatabaseName']}.{target['Name']} of the account "
                f"{owner}, which denies its description: ask that account's Lake Formation for DESCRIBE and SELECT on "
                f"the table. AWS says: {refused}"
            ) from refused
        return found


def _partitions(aws: Aws, keys: list[str], cancelled: threading.Event) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    more: dict[str, str] = {}
    while True:
        answer = aws.call(
            "glue", "get_partitions", cancelled, DatabaseName=aws.address.database, TableName=aws.address.table,
            MaxResults=1000, ExcludeColumnSchema=True, **more,
        )  # fmt: skip
        found += [dict(zip(keys, each["Values"], strict=False)) for each in answer["Partitions"]]
        if not answer.get("NextToken"):
            return found
        more = {"NextToken": answer["NextToken"]}
