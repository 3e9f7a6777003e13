"""One CloudTrail record as a raw call: whether it is wanted, and its row without secrets.

Records of the usual shape take half the time. Rows are full, with the record, or narrow, see `raw_calls`.
"""

from __future__ import annotations

import json
from hashlib import md5
from typing import TYPE_CHECKING, Annotated, Any, Final, NamedTuple, TypeAlias, Union

import msgspec

from ssmtrail.queries.narrow import narrowed, narrowed_tags, wants_tags
from ssmtrail.queries.raw_calls import (
    CREDENTIAL_MEMBERS,
    CREDENTIALS,
    FULL,
    JSON_PATHS,
    MACHINE_MEMBERS,
    MACHINES,
    RAW_COLUMNS,
    STS,
    TAG_CALLS,
    TEXT_PATHS,
    narrow_of,
)
from ssmtrail.queries.recorded_time import is_readable
from ssmtrail.queries.redaction import may_hold_secret, redacted, redacted_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ssmtrail.queries.raw_calls import Listed, Narrow


#: CloudTrail's own limit is 256 kB, 1 MB with enrichment; a row repeats parts of its record, escaped, and the
#: store reads lines of up to 16 MiB.
MOST_RECORD: Final = 2 << 20
#: The event names that are wanted from some event source.
NAMES: Final = frozenset().union(*FULL.values(), *CREDENTIALS.values(), *MACHINES.values())
_ABSENT: Final = b"null"
_NULL: Final = msgspec.Raw(b"null")
_REPLACED: Final = "�"
_MOST_DIGITS: Final = 400
_SERVICE: Final = "AWSService"
#: The columns in the order of a row.
COLUMNS: Final = (
    *TEXT_PATHS, *JSON_PATHS, "redacted", "record", "file", "folder_day", "position", "content_id",
)  # fmt: skip


assert set(COLUMNS) == set(RAW_COLUMNS)


class Place(NamedTuple):
    """Where a record was read."""

    file: str
    """Path below the folder."""
    folder_day: str | None
    position: int
    """Number of the record in its file, from 0."""
    keeps_secrets: bool = False
    """Whether its secrets stay as they are."""


class Row(NamedTuple):
    """A raw call, ready to be written."""

    line: bytes
    """One line of JSON, with its line end."""
    replaced: bool
    """Whether bytes that are not UTF-8 were replaced."""
    timeless: bool
    """Whether the record has no plausible time: no window contains it, so no list shows it."""


class _Caller(msgspec.Struct, gc=False, frozen=True):
    """The members of `userIdentity` that tell whether an AWS service called."""

    type: str | None = None
    invokedBy: str | None = None  # noqa: N815 - CloudTrail's names, here and below


class _Issuer(msgspec.Struct, gc=False, frozen=True):
    arn: str | None = None
    userName: str | None = None  # noqa: N815


class _Attributes(msgspec.Struct, gc=False, frozen=True):
    mfaAuthenticated: str | None = None  # noqa: N815
    creationDate: str | None = None  # noqa: N815


class _Context(msgspec.Struct, gc=False, frozen=True):
    sourceIdentity: str | None = None  # noqa: N815
    attributes: _Attributes | None = None
    sessionIssuer: _Issuer | None = None  # noqa: N815
    assumedRoot: str | None = None  # noqa: N815
    ec2RoleDelivery: str | None = None  # noqa: N815


class _Behalf(msgspec.Struct, gc=False, frozen=True):
    userId: str | None = None  # noqa: N815
    identityStoreArn: str | None = None  # noqa: N815


class _Identity(msgspec.Struct, gc=False, frozen=True):
    type: str | None = None
    principalId: str | None = None  # noqa: N815
    arn: str | None = None
    accountId: str | None = None  # noqa: N815
    accessKeyId: str | None = None  # noqa: N815
    userName: str | None = None  # noqa: N815
    invokedBy: str | None = None  # noqa: N815
    sessionContext: _Context | None = None  # noqa: N815
    onBehalfOf: _Behalf | None = None  # noqa: N815
    identityProvider: str | None = None  # noqa: N815
    credentialId: str | None = None  # noqa: N815
    inScopeOf: msgspec.Raw = _NULL  # noqa: N815
    invokedByDelegate: msgspec.Raw = _NULL  # noqa: N815


class _Addendum(msgspec.Struct, gc=False, frozen=True):
    reason: str | None = None
    originalEventID: str | None = None  # noqa: N815


class Usual(msgspec.Struct, gc=False, frozen=True):
    """A record whose members have the types that CloudTrail documents."""

    eventID: str | None = None  # noqa: N815
    eventTime: str | None = None  # noqa: N815
    eventSource: str | None = None  # noqa: N815
    eventName: str | None = None  # noqa: N815
    awsRegion: str | None = None  # noqa: N815
    recipientAccountId: str | None = None  # noqa: N815
    sourceIPAddress: str | None = None  # noqa: N815
    userAgent: str | None = None  # noqa: N815
    errorCode: str | None = None  # noqa: N815
    errorMessage: str | None = None  # noqa: N815
    requestID: str | None = None  # noqa: N815
    eventVersion: str | None = None  # noqa: N815
    sessionCredentialFromConsole: str | None = None  # noqa: N815
    sharedEventID: str | None = None  # noqa: N815
    requestParameters: msgspec.Raw = _NULL  # noqa: N815
    responseElements: msgspec.Raw = _NULL  # noqa: N815
    resources: msgspec.Raw = _NULL
    additionalEventData: msgspec.Raw = _NULL  # noqa: N815
    serviceEventDetails: msgspec.Raw = _NULL  # noqa: N815
    addendum: _Addendum | None = None
    userIdentity: _Identity | None = None  # noqa: N815


#: The members of a JSON object: decoded key to the JSON text of the value.
Members: TypeAlias = "Mapping[str, msgspec.Raw | bytes]"
_MEMBERS: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_TEXT: Final = msgspec.json.Decoder(str)
_ANY: Final = msgspec.json.Decoder()
_ROW: Final = msgspec.json.Encoder()
_CALLER: Final = msgspec.json.Decoder(_Caller)
_RECORD: Final = msgspec.json.Decoder(Usual)
_Line: Final = msgspec.defstruct(
    "_Line", [(name, str | None, None) for name in COLUMNS], gc=False, frozen=True, omit_defaults=True
)
_NO_IDENTITY: Final = _Identity()
_NO_CONTEXT: Final = _Context()
_NO_ADDENDUM: Final = _Addendum()
_NO_ATTRIBUTES: Final = _Attributes()
_NO_ISSUER: Final = _Issuer()
_NO_BEHALF: Final = _Behalf()


#: A value that a narrow row keeps as it is; one of another type is read by `narrowed`.
_VALUE: Final = str | bool | None | msgspec.UnsetType | Annotated[int, msgspec.Meta(ge=-(2**53), le=2**53)]


def _object_type(listed: Listed) -> type[msgspec.Struct]:
    """The type of an object with these members, each an object, a list of objects, or a value; others are left out."""
    fields: list[tuple[str, Any, Any]] = []
    for name, inner in listed.items():
        kind: Any = _VALUE
        if inner:
            made = _object_type(inner)
            kind = Union[made, list[made], None, msgspec.UnsetType]  # type: ignore[valid-type]  # noqa: UP007
        fields.append((name, kind, msgspec.UNSET))
    return msgspec.defstruct("_Members", fields, gc=False, frozen=True)


class _Decoders(NamedTuple):
    """Decoders of the objects that a narrow row keeps; None where the column is NULL."""

    request: msgspec.json.Decoder[Any] | None
    response: msgspec.json.Decoder[Any] | None


def _decoders(narrow: Narrow) -> _Decoders:
    return _Decoders(*(None if each is None else msgspec.json.Decoder(_object_type(each) | None) for each in narrow))


#: By event name.
_NARROW: Final = {
    **dict.fromkeys(frozenset().union(*CREDENTIALS.values()), _decoders(CREDENTIAL_MEMBERS)),
    **{name: _decoders(narrow) for name, narrow in MACHINE_MEMBERS.items()},
}


def usual(exact: bytes | msgspec.Raw) -> Usual | None:
    """The record of a JSON text; None where it has another shape, or is no object."""
    try:
        return _RECORD.decode(exact)
    except (ValueError, RecursionError):
        return None


def is_usual_wanted(one: Usual) -> bool:
    """The same as `is_wanted`, for a usual record."""
    source, name = one.eventSource or "", one.eventName or ""
    if source == STS and name in CREDENTIALS[STS]:
        who = one.userIdentity or _NO_IDENTITY
        return who.type != _SERVICE and not who.invokedBy
    if name in TAG_CALLS:
        return source in MACHINES and wants_tags(name, json_text(one.requestParameters))
    return _is_named(source, name)


def quick_row(one: Usual, exact: bytes, place: Place) -> Row | None:
    """The same as `row_of`, for a usual record; None where its text is not plain UTF-8 or may hold a secret."""
    if not exact.isascii():
        try:
            if _REPLACED in exact.decode():
                return None
        except UnicodeDecodeError:
            return None
    who = one.userIdentity or _NO_IDENTITY
    narrow = narrow_of(one.eventSource or "", one.eventName or "")
    if narrow is None:
        if not place.keeps_secrets and may_hold_secret(exact):
            return None
        shown: str | None = exact.decode()
        request, response = json_text(one.requestParameters), json_text(one.responseElements)
    else:
        shown = None
        for other in (
            one.resources, one.additionalEventData, one.serviceEventDetails, who.inScopeOf, who.invokedByDelegate,
        ):  # fmt: skip
            if other is not _NULL and may_hold_secret(bytes(other)):
                return None
        try:
            request, response = _narrow_texts(one, narrow)
        except (ValueError, RecursionError):
            return None
    context = who.sessionContext or _NO_CONTEXT
    attributes = context.attributes or _NO_ATTRIBUTES
    issuer = context.sessionIssuer or _NO_ISSUER
    addendum = one.addendum or _NO_ADDENDUM
    behalf = who.onBehalfOf or _NO_BEHALF
    line = _ROW.encode(_Line(
        one.eventID, one.eventTime, one.eventSource, one.eventName, one.awsRegion, one.recipientAccountId,
        one.sourceIPAddress, one.userAgent, one.errorCode, one.errorMessage, one.requestID, one.eventVersion,
        one.sessionCredentialFromConsole, one.sharedEventID,
        addendum.reason, addendum.originalEventID,
        who.type, who.principalId, who.arn, who.accountId, who.accessKeyId, who.userName, who.invokedBy,
        context.sourceIdentity, attributes.mfaAuthenticated, issuer.arn, issuer.userName, behalf.userId,
        who.identityProvider, attributes.creationDate, behalf.identityStoreArn, who.credentialId,
        context.assumedRoot, context.ec2RoleDelivery,
        request, response, _quick_text(one.resources),
        _quick_text(one.additionalEventData), _quick_text(one.serviceEventDetails),
        _quick_text(who.inScopeOf), _quick_text(who.invokedByDelegate),
        None, shown, place.file, place.folder_day, str(place.position),
        None if one.eventID else content_id(exact),
    ))  # fmt: skip
    return Row(line + b"\n", replaced=False, timeless=not is_readable(one.eventTime))


def _quick_text(value: msgspec.Raw) -> str | None:
    return None if value is _NULL else json_text(value)


def _narrow_texts(one: Usual, narrow: Narrow) -> tuple[str | None, str | None]:
    """The request and response of a narrow row. Raises ValueError, RecursionError where a value is unusual."""
    if one.eventName in TAG_CALLS:
        return narrowed_tags(json_text(one.requestParameters), narrow.request), None
    decoders = _NARROW[one.eventName or ""]
    return _narrow_text(one.requestParameters, decoders.request), _narrow_text(one.responseElements, decoders.response)


def _narrow_text(value: msgspec.Raw, decoder: msgspec.json.Decoder[Any] | None) -> str | None:
    if decoder is None or value is _NULL or (loaded := decoder.decode(value)) is None:
        return None
    return _ROW.encode(loaded).decode()


def is_wanted(record: Members) -> bool:
    """Whether extraction set 2 contains the record, see `ssmtrail.queries.raw_calls`."""
    name = text(record.get("eventName", _ABSENT))
    if name not in NAMES:
        return False
    source = text(record.get("eventSource", _ABSENT)) or ""
    if source == STS and name in CREDENTIALS[STS]:
        return not is_by_service(record.get("userIdentity", _ABSENT))
    if name in TAG_CALLS:
        return source in MACHINES and wants_tags(name, json_text(record.get("requestParameters", _ABSENT)))
    return _is_named(source, name)


def _is_named(source: str, name: str) -> bool:
    return name in FULL.get(source, ()) or name in CREDENTIALS.get(source, ()) or name in MACHINES.get(source, ())


def is_by_service(identity: msgspec.Raw | bytes) -> bool:
    """Whether an AWS service made the call with this `userIdentity`.

    `invokedBy` is present only when a service made the request (source: "CloudTrail userIdentity element").
    """
    try:
        caller = _CALLER.decode(identity)
        return caller.type == _SERVICE or bool(caller.invokedBy)
    except ValueError:  # unusual values
        who = _object(identity)
        return text(who.get("type", _ABSENT)) == _SERVICE or bool(text(who.get("invokedBy", _ABSENT)))


def row_of(record: Members, exact: bytes, place: Place) -> Row:
    """The raw call of a record; `exact` is the record's own JSON text."""
    narrow = narrow_of(text(record.get("eventSource", _ABSENT)) or "", text(record.get("eventName", _ABSENT)) or "")
    clean, keys = redacted_bytes(exact) if narrow is None and not place.keeps_secrets else (exact, ())
    if keys:
        record = members(clean)
    row: dict[str, str | None] = {}
    objects: dict[tuple[str, ...], Members] = {(): record}
    for column, path in TEXT_PATHS.items():
        row[column] = text(_parent(objects, path[:-1]).get(path[-1], _ABSENT))
    for column, path in JSON_PATHS.items():
        row[column] = json_text(_parent(objects, path[:-1]).get(path[-1], _ABSENT))
    shown = exact.decode("utf-8", "replace")
    if narrow is not None:
        keys = _make_narrow(row, narrow, keeps_secrets=place.keeps_secrets)
    else:
        row["record"] = clean.decode("utf-8", "replace")
    row["redacted"] = " ".join(keys) or None
    row["file"], row["folder_day"], row["position"] = place.file, place.folder_day, str(place.position)
    row["content_id"] = None if row["eventid"] else content_id(exact)
    replaced = _REPLACED in shown and shown.encode() != exact
    line = _ROW.encode({column: value for column, value in row.items() if value is not None})
    return Row(line + b"\n", replaced, not is_readable(row["eventtime"]))


def _make_narrow(row: dict[str, str | None], narrow: Narrow, *, keeps_secrets: bool) -> tuple[str, ...]:
    """Cut a row to what a narrow row keeps, and take secrets out of it unless they are kept; returns their keys."""
    cut = narrowed_tags if row["eventname"] in TAG_CALLS else narrowed
    row["requestparameters"] = cut(row["requestparameters"], narrow.request)
    row["responseelements"] = narrowed(row["responseelements"], narrow.response)
    if keeps_secrets:
        return ()
    found: dict[str, None] = {}
    for column in JSON_PATHS:
        if (value := row[column]) is not None:
            row[column], keys = redacted(value)
            found.update(dict.fromkeys(keys))
    return tuple(found)


def content_id(exact: bytes) -> str:
    """A hash of a record's content, whatever the order of its keys: 32 hexadecimal digits. Secrets are left out."""
    exact, _ = redacted_bytes(exact)
    try:
        shown = json.dumps(_finite(_tolerant(exact)), sort_keys=True).encode()
    except (ValueError, RecursionError):
        shown = exact
    return md5(shown, usedforsecurity=False).hexdigest()


def members(value: msgspec.Raw | bytes) -> Members:
    """The members of a JSON object; the last one counts where a key repeats, as in Python and msgspec.

    Objects that the strict parser refuses (NaN, invalid UTF-8, lone surrogates) are read tolerantly and normalised.
    Raises ValueError for anything but a JSON object, RecursionError for very deep nesting.
    """
    try:
        return _MEMBERS.decode(value)
    except (msgspec.DecodeError, UnicodeDecodeError):
        loaded = _tolerant(value)
    if not isinstance(loaded, dict):
        raise ValueError("not an object")
    return {_mend(key): _dumped(each) for key, each in loaded.items()}


def text(value: msgspec.Raw | bytes) -> str | None:
    """A member as text: a string decoded, `null` as None, anything else as its JSON text."""
    exact = bytes(value)
    if exact == _ABSENT:
        return None
    if not exact.startswith(b'"'):
        return exact.decode("utf-8", "replace")
    try:
        return _TEXT.decode(exact)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _mend(str(_tolerant(exact)))


def json_text(value: msgspec.Raw | bytes) -> str | None:
    """A member as JSON text that every JSON parser accepts: exact where it already is, else normalised."""
    exact = bytes(value)
    if exact == _ABSENT:
        return None
    try:
        _ANY.decode(exact)
        return exact.decode()
    except (msgspec.DecodeError, UnicodeDecodeError):
        normal = _dumped(_tolerant(exact))
        return None if normal == _ABSENT else normal.decode()


def _parent(objects: dict[tuple[str, ...], Members], path: tuple[str, ...]) -> Members:
    """The object at a path; each is parsed once."""
    if path not in objects:
        objects[path] = _object(_parent(objects, path[:-1]).get(path[-1], _ABSENT))
    return objects[path]


def _object(value: msgspec.Raw | bytes) -> Members:
    """The members of a value; none where it is not an object."""
    return members(value) if bytes(value).startswith(b"{") else {}


def _tolerant(value: msgspec.Raw | bytes) -> Any:
    readable = bytes(value).decode("utf-8", "replace")
    return json.loads(readable, parse_constant=lambda _: None, parse_int=_integer, strict=False)


def _integer(digits: str) -> int | float:
    """An integer; one with more digits than Python converts becomes infinite."""
    return int(digits) if len(digits) < _MOST_DIGITS else float(digits)


def _mend(value: str) -> str:
    """The text without lone surrogates, which UTF-8 cannot encode."""
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _dumped(value: Any) -> bytes:
    dumped = json.dumps(_finite(value), ensure_ascii=False, separators=(",", ":"))
    return _mend(dumped).encode()


def _finite(value: Any) -> Any:
    """The value with None for infinities (`1e999`), which JSON does not have."""
    if isinstance(value, float):
        return value if abs(value) != float("inf") else None
    if isinstance(value, list):
        return [_finite(each) for each in value]
    if isinstance(value, dict):
        return {key: _finite(each) for key, each in value.items()}
    return value
