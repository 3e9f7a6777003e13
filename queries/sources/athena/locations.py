"""Where the files of a day lie, so that they can be counted before anybody pays."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any, Final

from queries.sources.athena.folder_days import DateDays, SplitDays, TextDays

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from queries.sources.athena.folder_days import Days
    from queries.sources.athena.tables import Table

_UNREADABLE_CLASSES: Final = frozenset({"GLACIER", "DEEP_ARCHIVE"})
_READS_RESTORED: Final = "read_restored_glacier_objects"


def prefixes(table: Table, parameters: Mapping[str, str], day: date) -> tuple[str, ...] | None:
    """The `s3://` prefixes of a day's files; None where the table's description does not tell them.

    Source: `storage.location.template`, "Set up partition projection", Athena User Guide.
    """
    if table.days is None or not table.is_projected or not table.location:
        return None
    values = written(table.days, day)
    others = dict(table.given) | {
        other.column: other.values for other in table.others if other.values and other.column not in dict(table.given)
    }
    if values is None or any(other.column not in others for other in table.others):
        return None
    template = {name.casefold(): value for name, value in parameters.items()}.get("storage.location.template", "")
    return tuple(_filled(template, table.location, values | chosen) for chosen in _choices(others))


def is_passed_over(entry: Mapping[str, Any], parameters: Mapping[str, str]) -> bool:
    """Whether Athena passes an object by, which it does without a word; `entry` is a listing's.

    Restored ones are read where the table says so. Source: "Query restored Amazon S3 Glacier objects", Athena User
    Guide.
    """
    if entry.get("StorageClass", "STANDARD") not in _UNREADABLE_CLASSES:
        return False
    reads = any(name.casefold() == _READS_RESTORED and value.casefold() == "true" for name, value in parameters.items())
    status = entry.get("RestoreStatus", {})
    return not (reads and "RestoreExpiryDate" in status and not status.get("IsRestoreInProgress"))


def written(days: Days, day: date) -> dict[str, str] | None:
    """The values of the day's columns; of finer columns as far as the day goes."""
    if isinstance(days, TextDays):
        whole_days = days.format.partition("%H")[0].rstrip("/-T _")
        return {days.column: day.strftime(whole_days)}
    if isinstance(days, DateDays):
        return {days.column: day.isoformat()}
    if isinstance(days, SplitDays):
        parts = ((days.year, day.year, 4), (days.month, day.month, 2), (days.day, day.day, 2))
        return {part.column: str(value).zfill(0 if part.is_number else part.width) for part, value, _ in parts}
    return None


def _choices(others: Mapping[str, tuple[str, ...]]) -> Iterator[dict[str, str]]:
    for values in product(*others.values()):
        yield dict(zip(others, values, strict=True))


def _filled(template: str, location: str, values: Mapping[str, str]) -> str:
    if not template:
        return location + "/".join(f"{column}={value}" for column, value in values.items()) + "/"
    for column, value in values.items():
        template = template.replace(f"${{{column}}}", value)
    return template if template.endswith("/") else f"{template}/"
