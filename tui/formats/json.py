"""Answers as JSON: exact, in UTF-8, without a character that a terminal would obey."""

from __future__ import annotations

import json
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from tui.formats.cells import time_text
from tui.formats.rows import texts_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from queries.values import Row, Value
    from tui.formats.rows import Rows


def write_array(rows: Rows, out: BinaryIO) -> None:
    """One array of objects, an object a line."""
    before = b"[\n"
    for text in _pieces(rows, ",\n"):
        out.write(before)
        out.write(text)
        before = b",\n"
    out.write(b"[]\n" if before == b"[\n" else b"\n]\n")


def write_lines(rows: Rows, out: BinaryIO) -> None:
    """An object a line."""
    out.writelines(text + b"\n" for text in _pieces(rows, "\n"))


def _pieces(rows: Rows, between: str) -> Iterator[bytes]:
    for piece in rows.lines("json"):
        yield between.join(texts_of(piece, partial(_object, rows.columns))).encode()


def _object(columns: tuple[str, ...], row: Row) -> str:
    values = {name: _value(value) for name, value in zip(columns, row, strict=True)}
    text = json.dumps(values, ensure_ascii=False, allow_nan=False)
    return text if text.isascii() and text.isprintable() else "".join(map(_escaped, text))


def _value(value: Value) -> Value | list[str]:
    if isinstance(value, datetime):
        return time_text(value)
    return list(value) if isinstance(value, tuple) else value


def _escaped(char: str) -> str:
    """Anything that does not print stands in a string, where an escape means the same: C1, bidi, lone surrogates."""
    if char.isprintable():
        return char
    code = ord(char)
    if code < 0x10000:
        return f"\\u{code:04x}"
    code -= 0x10000
    return f"\\u{0xD800 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"
