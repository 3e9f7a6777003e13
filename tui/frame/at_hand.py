"""Rows of a list whose values are at hand, for the side panel, copies and filters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ssmtrail.tui.views.lists_text import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from ssmtrail.widgets.table import TableRow

#: Rows that are remembered before all are forgotten.
AT_HAND: Final = 4_000


class RecordsAtHand:
    """The records of the last rows that came, by their keys: until the rows of another answer are seen, keys act on
    those of the one before.
    """

    def __init__(self) -> None:
        self._records: dict[str, Record] = {}

    def take(
        self, columns: Sequence[str], rows: Iterable[tuple[object, ...]], shown_as: Callable[[Record], TableRow]
    ) -> list[TableRow]:
        """Remember rows; what the table shows of them."""
        records = [Record.of(columns, row) for row in rows]  # type: ignore[arg-type]
        shown = [shown_as(record) for record in records]
        if len(self._records) > AT_HAND:
            self._records.clear()
        self._records.update((row.key, record) for row, record in zip(shown, records, strict=True))
        return shown

    def of(self, key: str | None) -> Record | None:
        """The record of the row with this key, where it is at hand."""
        return None if key is None else self._records.get(key)

    def all(self) -> Iterable[Record]:
        """Whatever is at hand."""
        return self._records.values()
