"""Free facts from the catalog: the table, its partitions, the folders of its days."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING, Any, Final

from ssmtrail.queries.sources.athena.address import GLUE_CATALOG
from ssmtrail.queries.sources.athena.errors import AthenaError
from ssmtrail.queries.sources.athena.partitions import DateDays, SplitDays, TextDays
from ssmtrail.queries.sources.athena.tables import described

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from ssmtrail.queries.sources.athena.client import Aws
    from ssmtrail.queries.sources.athena.partitions import Days
    from ssmtrail.queries.sources.athena.tables import Table

#: Partitions a request, the most that Glue allows.
_PAGE: Final = 1000
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


@dataclass(slots=True)
class Listed:
    """The partitions that the catalog lists, asked for when their days are wanted."""

    aws: Aws
    keys: tuple[str, ...]
    table: Table
    _places: dict[date, tuple[str, ...]] = field(default_factory=dict)
    _takes_no_expression: bool = False

    def places(self, days: Iterable[date], cancelled: threading.Event) -> Mapping[date, tuple[str, ...]]:
        """The `s3://` places of days that have partitions, empty where they are not told.

        Days without partitions are asked for each time: some may have been added meanwhile. Raises AthenaError,
        Cancelled.
        """
        wanted = sorted(day for day in days if day not in self._places)
        if wanted:
            found: dict[date, dict[str, None]] = {}
            for values, place in self._found(wanted[0], wanted[-1], cancelled):
                if (day := self.table.day_of(values)) and self._is_read(values):
                    found.setdefault(day, {}).update({place: None} if place else {})
            self._places |= {day: tuple(sorted(each)) for day, each in found.items()}
        return self._places

    def _found(self, first: date, last: date, cancelled: threading.Event) -> list[tuple[dict[str, str], str]]:
        """Those from the first day to the last; all where Glue does not take the expression."""
        if self.table.days is not None and not self._takes_no_expression:
            try:
                return _partitions(self.aws, self.keys, cancelled, Expression=expression(self.table.days, first, last))
            except AthenaError as error:
                if error.is_denied or error.retry == "later":
                    raise
                self._takes_no_expression = True
        return _partitions(self.aws, self.keys, cancelled)

    def _is_read(self, values: Mapping[str, str]) -> bool:
        return all(values.get(column) in chosen for column, chosen in self.table.scanned)


def expression(days: Days, first: date, last: date) -> str:
    """The days as Glue filters partitions: names without quotes, dates as text.

    Source: `Expression` of "GetPartitions", AWS Glue Web API Reference.
    """
    return re.sub(r'"([^"]*)"', r"\1", days.between(first, last)).replace("DATE '", "'")


@dataclass(frozen=True, slots=True)
class Catalog:
    """A table with the parts of its description that are needed later."""

    table: Table
    parameters: Mapping[str, str]
    listed: Listed | None = None
    """Its partitions; None if they are projected or the table has no day partitions."""

    def folders(self, days: Iterable[date], cancelled: threading.Event) -> dict[date, tuple[str, ...]]:
        """The `s3://` prefixes of the files of days, where they are known. Raises AthenaError, Cancelled."""
        days = list(days)
        if self.listed is not None:
            places = self.listed.places(days, cancelled)
            return {day: places[day] for day in days if places.get(day)}
        found = ((day, prefixes(self.table, self.parameters, day)) for day in days)
        return {day: places for day, places in found if places}


def read_catalog(aws: Aws, given: Mapping[str, tuple[str, ...]], cancelled: threading.Event) -> Catalog:
    """Describe the table. Raises AthenaError, SourceError, UsageError, Cancelled."""
    address = aws.address
    found = _metadata(aws, cancelled)
    inner = found.get("TableMetadata") or found["Table"]
    keys = tuple(key["Name"] for key in inner.get("PartitionKeys", []))
    table = described(found, address.database, address.catalog)
    is_listed = bool(keys) and not table.is_projected and address.catalog == GLUE_CATALOG
    if is_listed and (sample := _partitions(aws, keys, cancelled, most=1)):
        table = described(found, address.database, address.catalog, sample[0][0])
    table = table.with_values(given) if given else table
    listed = Listed(aws, keys, table) if is_listed and table.days is not None else None
    return Catalog(table, inner.get("Parameters", {}), listed)


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


def first_partitions(aws: Aws, keys: Sequence[str], cancelled: threading.Event) -> tuple[list[dict[str, str]], bool]:
    """The values of at most a thousand partitions, and whether these are all. Raises AthenaError, Cancelled."""
    found = [values for values, _ in _partitions(aws, keys, cancelled, most=_PAGE)]
    return found, len(found) < _PAGE


def _partitions(
    aws: Aws, keys: Sequence[str], cancelled: threading.Event, most: int | None = None, **more: Any
) -> list[tuple[dict[str, str], str]]:
    """The values of partitions with their places; a place is empty where it is not told or not in S3."""
    found: list[tuple[dict[str, str], str]] = []
    while True:
        answer = aws.call(
            "glue", "get_partitions", cancelled, DatabaseName=aws.address.database, TableName=aws.address.table,
            MaxResults=most or _PAGE, ExcludeColumnSchema=True, **more,
        )  # fmt: skip
        for each in answer["Partitions"]:
            place = each.get("StorageDescriptor", {}).get("Location") or ""
            place = f"{place.rstrip('/')}/" if place.startswith("s3://") else ""
            found.append((dict(zip(keys, each["Values"], strict=False)), place))
        if not answer.get("NextToken") or (most and len(found) >= most):
            return found
        more["NextToken"] = answer["NextToken"]
