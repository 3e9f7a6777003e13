"""Cutting wanted records out of a text that a strict parser has gone through."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Final

from queries.sources.files.quick_rows import usual
from queries.sources.files.rows import MOST_RECORD, members

if TYPE_CHECKING:
    from collections.abc import Iterable

    import msgspec

    from queries.sources.files.quick_rows import Usual
    from queries.sources.files.rows import Members

#: How CloudTrail begins each record. In sound JSON this is where an object begins, never text: a quote would end that.
_BEGIN: Final = b'{"eventVersion"'
_NEXT: Final = b'},{"eventVersion"'
_LAST: Final = b"}]}"


class _Buffer(ctypes.Structure):
    """`Py_buffer` of the C interface; only its first member is looked at."""

    _fields_ = (
        ("address", ctypes.c_void_p),
        ("object", ctypes.py_object),
        ("length", ctypes.c_ssize_t),
        ("rest", ctypes.c_byte * 128),
    )


_GET: Final = ctypes.pythonapi.PyObject_GetBuffer
_GET.argtypes = [ctypes.py_object, ctypes.POINTER(_Buffer), ctypes.c_int]
_RELEASE: Final = ctypes.pythonapi.PyBuffer_Release
_RELEASE.argtypes = [ctypes.POINTER(_Buffer)]
_RELEASE.restype = None


def cut_out(data: bytes, insides: Iterable[msgspec.Raw]) -> list[tuple[Usual | Members, bytes]] | None:
    """The records of a file that have these values as members, each with its exact text; None where one cannot be cut.

    `data` is sound, of the form `{"Records":[...]}`, and `insides` were decoded from it. So the cut is right whatever
    lies in the records: a text that is one JSON object, begins where an object begins and has the value of a member
    within is that member's object or one around it; around a record there is only the file, and behind that nothing,
    but behind the cut the list goes on or ends.
    """
    begin = _address(data)
    found: list[tuple[Usual | Members, bytes]] = []
    for inside in insides:
        exact = _around(data, _address(inside) - begin)
        try:
            found.append((usual(exact) or members(exact), exact))
        except (ValueError, RecursionError):
            return None
    return found


def _around(data: bytes, at: int) -> bytes:
    """What is probably the record around a byte; nothing where there is no such thing."""
    if not 0 <= at < len(data):
        return b""
    start = data.rfind(_BEGIN, max(0, at - MOST_RECORD), at)
    if start < 0:
        return b""
    end = data.find(_NEXT, at, start + MOST_RECORD)
    if end < 0:
        end = data.rfind(_LAST, at)
    return data[start : end + 1]


def _address(value: bytes | msgspec.Raw) -> int:
    """Where a value lies in memory: msgspec's raw values are views of what they were decoded from."""
    buffer = _Buffer()
    _GET(value, ctypes.byref(buffer), 0)
    address = buffer.address
    _RELEASE(ctypes.byref(buffer))
    return address or 0
