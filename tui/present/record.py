"""One row of an answer, by column name, with values of the type that is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from queries.values import Row, Value


@dataclass(frozen=True, slots=True)
class Record:
    """A row that gives None for what is unknown, absent or of another type."""

    values: Mapping[str, Value]

    @classmethod
    def of(cls, columns: Iterable[str], row: Row) -> Record:
        """The record of a row, given its columns."""
        return cls(dict(zip(columns, row, strict=True)))

    def raw(self, column: str) -> Value:
        """The value as it came."""
        return self.values.get(column)

    def text(self, column: str) -> str | None:
        """A text; the empty one counts as unknown."""
        value = self.values.get(column)
        return value if isinstance(value, str) and value else None

    def texts(self, column: str) -> tuple[str, ...]:
        """Several texts; none where the value is anything else."""
        value = self.values.get(column)
        return value if isinstance(value, tuple) else ()

    def time(self, column: str) -> datetime | None:
        """A zone-aware UTC time."""
        value = self.values.get(column)
        return value if isinstance(value, datetime) else None

    def number(self, column: str) -> float | None:
        """A number; booleans are none."""
        value = self.values.get(column)
        return value if isinstance(value, int | float) and not isinstance(value, bool) else None

    def yes(self, column: str) -> bool:
        """Whether the value is true."""
        return self.values.get(column) is True
