"""Marked rows of a list, as an answer that can be exported."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ssmtrail.queries.model import Totals

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from threading import Event

    from ssmtrail.queries.model import Question, Row, Spelling
    from ssmtrail.tui.frame.lists_text import Record


@dataclass(frozen=True, slots=True)
class MarkedRows:
    """The marked rows in the order in which they were marked; an `Answer` over rows in memory."""

    question: Question
    columns: tuple[str, ...]
    records: tuple[Record, ...]

    @property
    def totals(self) -> Totals:
        """Their number."""
        return Totals(len(self.records), len(self.records), 0, 0, 0)

    def page(self, offset: int, limit: int, columns: Sequence[str] | None = None) -> tuple[Row, ...]:
        """Rows with these columns."""
        names = self.columns if columns is None else columns
        return tuple(tuple(map(record.raw, names)) for record in self.records[offset : offset + limit])

    def lines(self, offset: int, limit: int, columns: Sequence[str], spelling: Spelling) -> Sequence[str | Row]:
        """Rows of values: there are few."""
        return self.page(offset, limit, columns)

    def position(self, key: str, at: datetime | None = None) -> int | None:
        """The place of the row with this key."""
        keys = [record.raw("key") for record in self.records]
        return keys.index(key) if key in keys else None

    def complete(self, cancelled: Event) -> None:
        """Do nothing: all rows are at hand."""

    def close(self) -> None:
        """Do nothing: nothing is held."""
