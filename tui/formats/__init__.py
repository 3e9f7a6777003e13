"""The forms in which an answer leaves the tool."""

from tui.formats.rows import FORMATS, Format, Rows
from tui.formats.writing import write_rows

__all__ = ["FORMATS", "Format", "Rows", "write_rows"]
