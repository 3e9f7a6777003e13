"""Days and files of a proof as rows of values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ssmtrail.queries.integrity.proof import DayProof, Item
    from ssmtrail.queries.model import Row

#: Stable: fields of a day, of an account and region.
DAY_FIELDS: Final = (
    "day", "account", "region", "integrity", "hours", "files", "proved", "changed", "missing", "unsigned", "unproved",
    "digests", "why", "uncovered",
)  # fmt: skip
#: Stable: fields of a file, with `--files`.
FILE_FIELDS: Final = ("file", "kind", "at", "account", "region", "integrity", "why", "detail")


def day_row(row: DayProof) -> Row:
    """A day as the values of `DAY_FIELDS`."""
    return (row.day.isoformat() if row.day else None, *row[1:])


def file_row(item: Item) -> Row:
    """A file as the values of `FILE_FIELDS`."""
    place = item.place or (None, None)
    return (item.file, item.kind, item.at, *place, item.integrity, item.why or None, item.detail or None)
