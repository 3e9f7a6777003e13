"""What the lists share: a column's ties to the data, cells for what may be unknown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from queries.zones import utc_text
from widgets.rows_table import Column
from widgets.safe_text import safe

if TYPE_CHECKING:
    from queries.values import Value
    from tui.present.record import Record
    from tui.present.signs import Signs
    from widgets.rows_table import Cell


@dataclass(frozen=True, slots=True)
class Listed:
    """A column of a list: how it looks, what it sorts by, which value it stands for."""

    column: Column
    sort: str
    """Column of the answer to sort by."""
    source: str
    """Column of the answer that is copied, exported and filtered for."""
    filter: str = ""
    """Key of the filter language; empty where there is none."""
    fallback: str = ""
    """Column that stands in where the source is unknown: a machine without a name is known by its id."""

    @property
    def key(self) -> str:
        """The column's key in the table."""
        return self.column.key

    @property
    def exports(self) -> tuple[str, ...]:
        """Columns of the answer that an export of this column holds."""
        return (self.source, self.fallback) if self.fallback else (self.source,)

    def value(self, row: Record) -> Value:
        """What the cell stands for, exact."""
        found = row.raw(self.source)
        return row.raw(self.fallback) if found is None and self.fallback else found


def person_column(*, width: int = 20) -> Listed:
    """Who, with the room that a mail address needs, or as much of it as is left."""
    column = Column("person", "Person", width, flex=3, max_width=32)
    return Listed(column, sort="person_shown", source="person", filter="person")


def machine_columns(*, id_priority: int) -> tuple[Listed, Listed]:
    """The machine's name, or its id where it has none; beside a name its id, where there is room."""
    name = Column("machine", "Machine", 12, flex=2, shorten="middle", max_width=24)
    target = Column("target", "", 9, flex=1, shorten="middle", priority=id_priority, max_width=19)
    return (
        Listed(name, sort="target_name", source="target_name", filter="target", fallback="target"),
        Listed(target, sort="target", source="target", filter="target"),
    )


def safe_or(text: str | None, unknown: str) -> Cell:
    """A text from a log, or the sign of the unknown in amber."""
    return safe(text) if text else (unknown, "warn")


def quiet(text: str | None, style: str = "muted") -> Cell:
    """A text from a log where its absence is plain, so that it stays blank."""
    if not text:
        return ""
    return (safe(text), style) if style else safe(text)


def machine_cells(row: Record, signs: Signs) -> tuple[Cell, Cell]:
    """The machine's name beside its id; a machine without a name is known by its id alone."""
    name, target = row.text("target_name"), row.text("target")
    if target is None:
        return (signs.unsure, "warn"), ""
    return (safe(name), (safe(target), "muted")) if name else (safe(target), "")


def exact(value: Value) -> str:
    """A value for a copy: whole, times in ISO 8601 UTC; not yet made safe."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return utc_text(value)
    if isinstance(value, tuple):
        return " ".join(value)
    return str(value)
