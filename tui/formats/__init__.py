"""The forms in which an answer leaves the tool."""

from tui.formats.grid import write_grid
from tui.formats.rows import Rows
from tui.formats.writing import write_rows

__all__ = ["Rows", "write_grid", "write_rows"]
