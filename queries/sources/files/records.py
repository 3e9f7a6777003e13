"""Extracting the wanted records from the text of a log file, in every common form."""

from __future__ import annotations

import codecs
import ctypes
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias

import msgspec

from ssmtrail.queries.raw_calls import CREDENTIALS, STS, TAG_CALLS
from ssmtrail.queries.sources.files.checkpoint import checkpoint
from ssmtrail.queries.sources.files.damaged import each_element
from ssmtrail.queries.sources.files.rows import (
    MOST_RECORD,
    NAMES,
    Usual,
    is_by_service,
    is_usual_wanted,
    is_wanted,
    members,
    text,
    usual,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ssmtrail.queries.sources.files.rows import Members


_BOMS: Final = {codecs.BOM_UTF8: "", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_NOTHING: Final = msgspec.Raw(b"null")
#: What stands for bytes that are not UTF-8.
_MARK: Final = "\ufffd"
_PIECE: Final = 1 << 20


class _Head(msgspec.Struct, gc=False, frozen=True):
    """The members that decide whether a record is wanted."""

    eventName: str | None = None  # noqa: N815 - CloudTrail's name
    userIdentity: msgspec.Raw = _NOTHING  # noqa: N815
    requestParameters: msgspec.Raw = _NOTHING  # noqa: N815


class _Heads(msgspec.Struct, gc=False, frozen=True):
    """A file of CloudTrail: the heads of its records."""

    Records: list[_Head] | None
    eventName: msgspec.Raw = _NOTHING  # noqa: N815


class _Raws(msgspec.Struct, gc=False, frozen=True):
    """A file of CloudTrail: the exact text of each record."""

    Records: list[msgspec.Raw] | None


_ISSUING: Final = CREDENTIALS[STS]
_HEADS: Final = msgspec.json.Decoder(_Heads)
_RAWS: Final = msgspec.json.Decoder(_Raws)
_HEAD_LIST: Final = msgspec.json.Decoder(list[_Head])
_RAW_LIST: Final = msgspec.json.Decoder(list[msgspec.Raw])
_HEAD: Final = msgspec.json.Decoder(_Head)
_RAW: Final = msgspec.json.Decoder(msgspec.Raw)

Cut: TypeAlias = "tuple[Usual | Members, bytes]"
"""A record: its members, its exact JSON text."""
Found: TypeAlias = "tuple[Usual | Members, bytes, int]"
"""A wanted record: its members, its exact JSON text, its number among the records of the file, from 0."""
#: When fewer than one record in so many is wanted, each is cut out by itself, quicker than by a second pass.
_SELDOM: Final = 8


@dataclass
class Extracted:
    """What was extracted from a text."""

    records: int = 0
    insights: int = 0
    """Records of CloudTrail Insights, which are no calls; not in `records`."""
    wanted: list[Found] = field(default_factory=list)
    not_records: int = 0
    """Values in the place of records that are not records."""
    too_large: int = 0
    garbled: int = 0
    """Records that were passed over although bytes that are not UTF-8 hide what they are."""
    broken: int = 0
    broken_at: int | None = None
    """Byte of the first place that is not JSON."""

    def why(self) -> str:
        """What could not be read, as a clause; empty when everything was."""
        clauses = []
        if self.broken_at is not None:
            more = f" and in {self.broken - 1:,} more places" if self.broken > 1 else ""
            clauses.append(f"not JSON at byte {self.broken_at}{more}")
        if self.not_records:
            clauses.append(f"{self.not_records:,} not CloudTrail {'records' if self.not_records > 1 else 'record'}")
        if self.garbled:
            records = "records" if self.garbled > 1 else "record"
            clauses.append(f"not UTF-8 in the name of {self.garbled:,} {records}, passed over")
        if self.too_large:
            clauses.append(f"{self.too_large:,} larger than {MOST_RECORD >> 20} MiB")
        return ", ".join(clauses)


def extract(data: bytes, ends: Sequence[int] = ()) -> Extracted:
    """Extract the wanted records: from the usual forms at full speed, from anything else element by element.

    `ends` are where the gzip members end that the text was joined from: mostly each holds a whole text of its own.
    """
    whole = utf8(data)
    found = _from_members(data, ends) if ends and whole is data else _from_text(whole)
    found.garbled = _garbled(whole)
    return found


def _from_text(data: bytes) -> Extracted:
    return _from_usual(data) or _from_wrapped(data) or _from_damaged(data)


def _garbled(data: bytes) -> int:
    """How many records might be wanted, if bytes that are not UTF-8 did not hide a key or the name of the call."""
    if data.isascii() or _is_utf8(data):
        return 0
    found = 0

    def look(start: int, end: int) -> bool:
        nonlocal found
        checkpoint()
        if not _is_utf8(exact := data[start:end]):
            with suppress(ValueError, RecursionError):
                record = members(exact)
                names = (text(record.get(key, _NOTHING)) or "" for key in ("eventName", "eventSource"))
                found += not is_wanted(record) and any(_MARK in each for each in (*record, *names))
        return True

    each_element(data, look, lambda _: None)
    return found


def _is_utf8(data: bytes) -> bool:
    decode = codecs.getincrementaldecoder("utf-8")().decode
    try:
        for at in range(0, len(data), _PIECE):  # all at once would take four times the memory
            decode(data[at : at + _PIECE])
        decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _from_members(data: bytes, ends: Sequence[int]) -> Extracted:
    """Read text after text; from the first that is not sound by itself on, what is left is read as one."""
    found, start = Extracted(), 0
    for end in ends:
        checkpoint()
        each = data[start:end]
        part = (_from_usual(each) or _from_wrapped(each)) if each.strip() else Extracted()
        if part is None:
            _add(found, _from_text(data[start:]), start)
            break
        _add(found, part, start)
        start = end
    return found


def _add(found: Extracted, part: Extracted, start: int) -> None:
    """Add what was extracted from the text that begins at byte `start`."""
    found.wanted += [(record, exact, found.records + at) for record, exact, at in part.wanted]
    found.records += part.records
    found.insights += part.insights
    found.not_records += part.not_records
    found.too_large += part.too_large
    found.broken += part.broken
    if part.broken_at is not None:
        found.broken_at = start + part.broken_at


def utf8(data: bytes) -> bytes:
    """The text as UTF-8 without a byte order mark; PowerShell's `>` writes UTF-16."""
    if data[:1] in (b"{", b"["):
        return data if data[1:2] != b"\0" else data.decode("utf-16-le", "replace").encode()
    if data[:2] in (b"\0{", b"\0["):
        return data.decode("utf-16-be", "replace").encode()
    for mark, encoding in _BOMS.items():
        if data.startswith(mark):
            rest = data[len(mark) :]
            return rest.decode(encoding, "replace").encode() if encoding else rest
    return data


def _from_usual(data: bytes) -> Extracted | None:
    """Read CloudTrail's form, an array, lines or a single record; None for other forms and for damaged JSON.

    A strict parser reads the heads of all records at memory speed. It follows the nesting, so an object in a call's
    parameters that looks like a call is not one. Then the wanted records are cut out, or read by a second pass.
    """
    try:
        heads, in_file = _heads(data)
        names = [head.eventName for head in heads]
        if None in names:
            return None
        picked = [at for at, name in enumerate(names) if name in NAMES and _may_be_wanted(heads[at])]
        found = Extracted(records=len(heads))
        for at, (record, exact) in zip(picked, _picked(data, heads, picked, in_file=in_file), strict=True):
            checkpoint()
            _keep(found, record, exact, at)
        return found
    except (ValueError, RecursionError):
        return None


def _may_be_wanted(head: _Head) -> bool:
    """Whether a record with a wanted name is worth cutting out: services' calls and other resources' tags are many."""
    if head.eventName in _ISSUING:
        return not is_by_service(head.userIdentity)
    if head.eventName in TAG_CALLS:
        request = bytes(head.requestParameters)
        return b'"i-' in request or b"\\" in request
    return True


def _heads(data: bytes) -> tuple[list[_Head], bool]:
    """The heads of all records, and whether the text has CloudTrail's own form. Raises ValueError for other forms."""
    if _is_array(data):
        return _HEAD_LIST.decode(data), False
    try:
        file = _HEADS.decode(data)
        if file.eventName is _NOTHING:
            return file.Records or [], True
    except msgspec.DecodeError:
        pass
    return _HEAD.decode_lines(data), False


def _picked(data: bytes, heads: list[_Head], picked: list[int], *, in_file: bool) -> Iterable[Cut]:
    """The records with these indexes. Raises ValueError, RecursionError."""
    if not picked:
        return ()
    if (
        in_file
        and len(picked) * _SELDOM < len(heads)
        and (cut := cut_out(data, [heads[at].userIdentity for at in picked])) is not None
    ):
        return cut
    raws = (_RAWS.decode(data).Records or []) if in_file else _elements(data)
    return [(usual(raws[at]) or members(raws[at]), bytes(raws[at])) for at in picked]


def _elements(data: bytes) -> list[msgspec.Raw]:
    return _RAW_LIST.decode(data) if _is_array(data) else _RAW.decode_lines(data)


def _is_array(data: bytes) -> bool:
    return data[:1] == b"[" or data[:64].lstrip()[:1] == b"["


def _keep(found: Extracted, record: Usual | Members, exact: bytes, position: int) -> None:
    """Keep a record if it is wanted."""
    if len(exact) > MOST_RECORD:
        found.too_large += 1
    elif is_usual_wanted(record) if isinstance(record, Usual) else is_wanted(record):
        found.wanted.append((record, exact, position))


def _from_wrapped(data: bytes) -> Extracted | None:
    """Read sound JSON in which other objects wrap the records; None for damaged JSON."""
    found = Extracted()
    try:
        for each in _elements(data):
            checkpoint()
            _unwrap(found, bytes(each))
    except (ValueError, RecursionError):
        return None
    return found


def _from_damaged(data: bytes) -> Extracted:
    """Read a damaged text element by element, keeping those that are sound."""
    found = Extracted()

    def take(start: int, end: int) -> bool:
        checkpoint()
        try:
            _unwrap(found, data[start:end])
        except (ValueError, RecursionError):
            return False
        return True

    def broken(at: int) -> None:
        found.broken += 1
        found.broken_at = at if found.broken_at is None else found.broken_at

    each_element(data, take, broken)
    return found


def _unwrap(found: Extracted, element: bytes) -> None:
    """Keep the record in an element, or in the objects that services wrap it in. Raises ValueError, RecursionError."""
    if not element.startswith(b"{"):
        msgspec.json.decode(element)
        found.not_records += 1
        return
    value = members(element)
    if "insightDetails" in value and "eventName" not in value:
        found.insights += 1
    elif "eventName" in value or "eventVersion" in value:
        found.records += 1
        _keep(found, value, element, found.records - 1)
    elif "CloudTrailEvent" in value:  # an event of `lookup-events`
        _unwrap(found, (text(value["CloudTrailEvent"]) or "null").encode())
    elif "detail" in value:  # an event of EventBridge
        _unwrap(found, bytes(value["detail"]))
    else:
        _unwrap_list(found, value)


def _unwrap_list(found: Extracted, value: Members) -> None:
    """Keep the records of an object `{"Records":[...]}` or `{"Events":[...]}`."""
    wrapped = value.get("Records", value.get("Events"))
    if wrapped is None:
        found.not_records += 1
    elif bytes(wrapped) != b"null":
        for each in _RAW_LIST.decode(wrapped):
            checkpoint()
            try:
                _unwrap(found, bytes(each))
            except (ValueError, RecursionError):
                found.not_records += 1


#: The start of each record as CloudTrail writes it. In sound JSON it starts an object; text would escape its quotes.
_BEGIN: Final = b'{"eventVersion"'
_NEXT: Final = b'},{"eventVersion"'
_LAST: Final = b"}]}"


class _Buffer(ctypes.Structure):
    """`Py_buffer` of Python's C interface; only the first member is read."""

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


def cut_out(data: bytes, insides: Iterable[msgspec.Raw]) -> list[Cut] | None:
    """The records that have these values as members, each with its exact text; None where one cannot be cut out.

    `data` is sound JSON of the form `{"Records":[...]}`, and `insides` were decoded from it. Why the cut is right for
    any content: the text that is cut is one JSON object, starts where an object starts, and contains the value. So it
    is the value's own object or one around it. Around a record there is only the file's object, which ends the data,
    while more follows the cut.
    """
    buffer = _Buffer()
    begin = _address(data, buffer)
    found: list[Cut] = []
    for inside in insides:
        checkpoint()
        exact = _around(data, _address(inside, buffer) - begin)
        try:
            found.append((usual(exact) or members(exact), exact))
        except (ValueError, RecursionError):
            return None
    return found


def _around(data: bytes, at: int) -> bytes:
    """The text that is probably the record around a byte; empty where none is found."""
    if not 0 <= at < len(data):
        return b""
    start = data.rfind(_BEGIN, max(0, at - MOST_RECORD), at)
    if start < 0:
        return b""
    end = data.find(_NEXT, at, start + MOST_RECORD)
    if end < 0:
        end = data.rfind(_LAST, at)
    return data[start : end + 1]


def _address(value: bytes | msgspec.Raw, buffer: _Buffer) -> int:
    """The address of a value in memory: msgspec's raw values are views of the decoded data. Overwrites the buffer."""
    _GET(value, buffer, 0)
    address = buffer.address
    _RELEASE(buffer)
    return address or 0
