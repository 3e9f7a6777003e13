"""The forms in which an answer leaves the tool."""

from tui.formats.rows import Rows
from tui.formats.writing import write_rows

__all__ = ["Rows", "write_rows"]
