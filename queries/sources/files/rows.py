"""One CloudTrail record as a raw call: whether it is wanted, and its row.

Records of the usual shape take half the time.
"""

from __future__ import annotations

import json
from datetime import datetime
from hashlib import md5
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

import msgspec

from ssmtrail.queries.raw_calls import ASSUME_ROLE_CALLS, OTHER_DOORS, RAW_COLUMNS, SESSION_CALLS, is_machine_name
from ssmtrail.queries.sources.files.listing import FIRST_YEAR, LAST_YEAR

if TYPE_CHECKING:
    from collections.abc import Mapping


#: CloudTrail's own limit is 256 kB, 1 MB with enrichment; a row repeats parts of its record, escaped, and the
#: store reads lines of up to 16 MiB.
MOST_RECORD: Final = 2 << 20
#: The event names that extraction set 1 wants from some event source.
NAMES: Final = SESSION_CALLS.union(ASSUME_ROLE_CALLS, *OTHER_DOORS.values())
_ABSENT: Final = b"null"
_NULL: Final = msgspec.Raw(b"null")
_REPLACED: Final = "�"
_MOST_DIGITS: Final = 400
#: Columns that are text members of the record itself.
_TEXTS: Final = {
    "eventid": "eventID",
    "eventtime": "eventTime",
    "eventsource": "eventSource",
    "eventname": "eventName",
    "awsregion": "awsRegion",
    "recipientaccountid": "recipientAccountId",
    "sourceipaddress": "sourceIPAddress",
    "useragent": "userAgent",
    "errorcode": "errorCode",
    "errormessage": "errorMessage",
    "requestid": "requestID",
    "eventversion": "eventVersion",
    "sessioncredentialfromconsole": "sessionCredentialFromConsole",
    "sharedeventid": "sharedEventID",
}


#: Columns that are JSON text.
_JSONS: Final = {
    "requestparameters": "requestParameters",
    "responseelements": "responseElements",
    "resources": "resources",
    "additionaleventdata": "additionalEventData",
    "serviceeventdetails": "serviceEventDetails",
}


#: Columns that are text members of inner objects: the path.
_PATHS: Final = {
    "addendum_reason": ("addendum", "reason"),
    "addendum_originaleventid": ("addendum", "originalEventID"),
    "useridentity_type": ("userIdentity", "type"),
    "useridentity_principalid": ("userIdentity", "principalId"),
    "useridentity_arn": ("userIdentity", "arn"),
    "useridentity_accountid": ("userIdentity", "accountId"),
    "useridentity_accesskeyid": ("userIdentity", "accessKeyId"),
    "useridentity_username": ("userIdentity", "userName"),
    "useridentity_invokedby": ("userIdentity", "invokedBy"),
    "useridentity_sourceidentity": ("userIdentity", "sessionContext", "sourceIdentity"),
    "useridentity_mfaauthenticated": ("userIdentity", "sessionContext", "attributes", "mfaAuthenticated"),
    "useridentity_issuer_arn": ("userIdentity", "sessionContext", "sessionIssuer", "arn"),
    "useridentity_issuer_username": ("userIdentity", "sessionContext", "sessionIssuer", "userName"),
    "useridentity_onbehalfof_userid": ("userIdentity", "onBehalfOf", "userId"),
    "useridentity_identityprovider": ("userIdentity", "identityProvider"),
    "useridentity_creationdate": ("userIdentity", "sessionContext", "attributes", "creationDate"),
    "useridentity_onbehalfof_storearn": ("userIdentity", "onBehalfOf", "identityStoreArn"),
    "useridentity_credentialid": ("userIdentity", "credentialId"),
    "useridentity_assumedroot": ("userIdentity", "sessionContext", "assumedRoot"),
    "useridentity_ec2roledelivery": ("userIdentity", "sessionContext", "ec2RoleDelivery"),
}


#: Columns that are JSON text of members of inner objects: the path.
_JSON_PATHS: Final = {
    "useridentity_inscopeof": ("userIdentity", "inScopeOf"),
    "useridentity_invokedbydelegate": ("userIdentity", "invokedByDelegate"),
}


#: The columns in the order of a row.
COLUMNS: Final = (
    *_TEXTS, *_JSONS, *_PATHS, *_JSON_PATHS, "redacted", "record", "file", "folder_day", "position", "content_id",
)  # fmt: skip


assert set(COLUMNS) == set(RAW_COLUMNS)


class Place(NamedTuple):
    """Where a record was read."""

    file: str
    """Path below the folder."""
    folder_day: str | None
    position: int
    """Number of the record in its file, from 0."""


class Row(NamedTuple):
    """A raw call, ready to be written."""

    line: bytes
    """One line of JSON, with its line end."""
    replaced: bool
    """Whether bytes that are not UTF-8 were replaced."""
    timeless: bool
    """Whether the record has no plausible time: no window contains it, so no list shows it."""


class _Caller(msgspec.Struct, gc=False, frozen=True):
    """The members of `userIdentity` that `names_no_person` reads."""

    type: str | None = None
    invokedBy: str | None = None  # noqa: N815 - CloudTrail's names, here and below


class _RoleSession(msgspec.Struct, gc=False, frozen=True):
    """The member of an AssumeRole call's `requestParameters` that `names_no_person` reads."""

    roleSessionName: str | None = None  # noqa: N815


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
_ROLE_SESSION: Final = msgspec.json.Decoder(_RoleSession)
_RECORD: Final = msgspec.json.Decoder(Usual)
_Line: Final = msgspec.defstruct("_Line", [(name, str | None) for name in COLUMNS], gc=False, frozen=True)
_NO_IDENTITY: Final = _Identity()
_NO_CONTEXT: Final = _Context()
_NO_ADDENDUM: Final = _Addendum()
_NO_ATTRIBUTES: Final = _Attributes()
_NO_ISSUER: Final = _Issuer()
_NO_BEHALF: Final = _Behalf()


def usual(exact: bytes | msgspec.Raw) -> Usual | None:
    """The record of a JSON text; None where it has another shape, or is no object."""
    try:
        return _RECORD.decode(exact)
    except (ValueError, RecursionError):
        return None


def is_usual_wanted(one: Usual, exact: bytes) -> bool:
    """The same as `is_wanted`, for a usual record."""
    if one.eventName in ASSUME_ROLE_CALLS:
        return is_wanted(members(exact))
    return is_session_call(one.eventSource or "", one.eventName or "")


def quick_row(one: Usual, exact: bytes, place: Place) -> Row | None:
    """The same as `row_of`, for a usual record; None where its text is not plain UTF-8."""
    try:
        shown = exact.decode()
    except UnicodeDecodeError:
        return None
    if _REPLACED in shown:
        return None
    who = one.userIdentity or _NO_IDENTITY
    context = who.sessionContext or _NO_CONTEXT
    attributes = context.attributes or _NO_ATTRIBUTES
    issuer = context.sessionIssuer or _NO_ISSUER
    addendum = one.addendum or _NO_ADDENDUM
    behalf = who.onBehalfOf or _NO_BEHALF
    line = _Line(
        one.eventID, one.eventTime, one.eventSource, one.eventName, one.awsRegion, one.recipientAccountId,
        one.sourceIPAddress, one.userAgent, one.errorCode, one.errorMessage, one.requestID, one.eventVersion,
        one.sessionCredentialFromConsole, one.sharedEventID,
        json_text(one.requestParameters), json_text(one.responseElements), json_text(one.resources),
        json_text(one.additionalEventData), json_text(one.serviceEventDetails),
        addendum.reason, addendum.originalEventID,
        who.type, who.principalId, who.arn, who.accountId, who.accessKeyId, who.userName, who.invokedBy,
        context.sourceIdentity, attributes.mfaAuthenticated, issuer.arn, issuer.userName, behalf.userId,
        who.identityProvider, attributes.creationDate, behalf.identityStoreArn, who.credentialId,
        context.assumedRoot, context.ec2RoleDelivery,
        json_text(who.inScopeOf), json_text(who.invokedByDelegate),
        None, shown, place.file, place.folder_day, str(place.position),
        None if one.eventID else content_id(exact),
    )  # fmt: skip
    return Row(_ROW.encode(line) + b"\n", replaced=False, timeless=not is_time(one.eventTime))


def is_wanted(record: Members) -> bool:
    """Whether extraction set 1 contains the record, see `ssmtrail.queries.raw_calls`."""
    name = text(record.get("eventName", _ABSENT))
    if name not in NAMES:
        return False
    source = text(record.get("eventSource", _ABSENT)) or ""
    if name in ASSUME_ROLE_CALLS:
        return source == "sts.amazonaws.com" and names_no_person(
            record.get("userIdentity", _ABSENT), record.get("requestParameters", _ABSENT)
        )
    return is_session_call(source, name)


def is_session_call(source: str, name: str) -> bool:
    """Whether a call is about a session, or opens another way into a machine."""
    return (source == "ssm.amazonaws.com" and name in SESSION_CALLS) or name in OTHER_DOORS.get(source, ())


def names_no_person(identity: msgspec.Raw | bytes, parameters: msgspec.Raw | bytes) -> bool:
    """Whether an AssumeRole call has a machine's name as role session name and was not made by an AWS service.

    Takes its `userIdentity` and `requestParameters`. `invokedBy` is present only when a service made the request
    (source: "CloudTrail userIdentity element").
    """
    try:
        caller, session = _CALLER.decode(identity), _ROLE_SESSION.decode(parameters)
        kind, service, name = caller.type, caller.invokedBy, session.roleSessionName
    except ValueError:  # unusual values
        who, what = _object(identity), _object(parameters)
        kind, service = text(who.get("type", _ABSENT)), text(who.get("invokedBy", _ABSENT))
        name = text(what.get("roleSessionName", _ABSENT))
    return kind != "AWSService" and not service and is_machine_name(name)


def row_of(record: Members, exact: bytes, place: Place) -> Row:
    """The raw call of a record; `exact` is the record's own JSON text."""
    row: dict[str, str | None] = {}
    for column, member in _TEXTS.items():
        row[column] = text(record.get(member, _ABSENT))
    for column, member in _JSONS.items():
        row[column] = json_text(record.get(member, _ABSENT))
    objects: dict[tuple[str, ...], Members] = {(): record}
    for column, path in _PATHS.items():
        row[column] = text(_parent(objects, path[:-1]).get(path[-1], _ABSENT))
    for column, path in _JSON_PATHS.items():
        row[column] = json_text(_parent(objects, path[:-1]).get(path[-1], _ABSENT))
    row["redacted"] = None
    row["record"] = shown = exact.decode("utf-8", "replace")
    row["file"], row["folder_day"], row["position"] = place.file, place.folder_day, str(place.position)
    row["content_id"] = None if row["eventid"] else content_id(exact)
    replaced = "�" in shown and shown.encode() != exact
    return Row(_ROW.encode(row) + b"\n", replaced, not is_time(row["eventtime"]))


def content_id(exact: bytes) -> str:
    """A hash of a record's content, whatever the order of its keys: 32 hexadecimal digits."""
    try:
        shown = json.dumps(_finite(_tolerant(exact)), sort_keys=True).encode()
    except (ValueError, RecursionError):
        shown = exact
    return md5(shown, usedforsecurity=False).hexdigest()


def is_time(text: str | None) -> bool:
    """Whether an `eventTime` is a time between `FIRST_YEAR` and `LAST_YEAR`."""
    try:
        return FIRST_YEAR <= datetime.fromisoformat(text or "").year < LAST_YEAR
    except ValueError:
        return False


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
