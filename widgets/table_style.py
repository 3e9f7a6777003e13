"""How a `RowsTable` looks: its component classes and its default styles."""

from __future__ import annotations

from typing import Final

COMPONENT_CLASSES: Final[set[str]] = {
    "rows-table--header",
    "rows-table--header-cursor",
    "rows-table--cursor",
    "rows-table--cell",
    "rows-table--cursor-focused",
    "rows-table--cell-focused",
    "rows-table--muted",
    "rows-table--accent",
    "rows-table--warn",
    "rows-table--bad",
    "rows-table--good",
    "rows-table--strong",
}
"""
| Class | Description |
| :- | :- |
| `rows-table--header` | The header. |
| `rows-table--header-cursor` | The header of the column under the cursor. |
| `rows-table--cursor` | The row under the cursor. |
| `rows-table--cell` | The cell under the cursor. |
| `rows-table--cursor-focused`, `rows-table--cell-focused` | The same while the table has the focus. |
| `rows-table--muted` and so on | Text of this style. |
"""

DEFAULT_CSS: Final = """
RowsTable {
    height: 1fr;
    overflow-x: hidden;
    overflow-y: auto;
    scrollbar-gutter: stable;
    scrollbar-size-vertical: 1;
    & > .rows-table--header { color: $foreground-muted; }
    & > .rows-table--header-cursor { color: $foreground; text-style: bold; }
    & > .rows-table--cursor { background: $foreground 8%; }
    & > .rows-table--cell { background: $foreground 16%; }
    & > .rows-table--muted { color: $foreground-muted; }
    & > .rows-table--accent { color: $text-accent; }
    & > .rows-table--warn { color: $text-warning; }
    & > .rows-table--bad { color: $text-error; }
    & > .rows-table--good { color: $text-success; }
    & > .rows-table--strong { text-style: bold; }
    & > .rows-table--cursor-focused { background: $primary 35%; }
    & > .rows-table--cell-focused { background: $primary; color: $text; }
    &:ansi > .rows-table--header { text-style: dim; }
    &:ansi > .rows-table--header-cursor { text-style: bold; }
    &:ansi > .rows-table--muted { text-style: dim; }
    &:ansi > .rows-table--cursor { background: ansi_default; text-style: bold; }
    &:ansi > .rows-table--cell { background: ansi_default; text-style: bold underline; }
    &:ansi > .rows-table--cursor-focused { background: ansi_default; text-style: reverse; }
    &:ansi > .rows-table--cell-focused {
        background: ansi_default; color: ansi_default; text-style: bold reverse underline;
    }
}
"""
