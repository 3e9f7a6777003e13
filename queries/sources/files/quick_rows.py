"""One usual CloudTrail record as a raw call, in half the time that any record takes."""

from __future__ import annotations

from typing import Final

import msgspec

from queries.raw import ASSUME_ROLE_CALLS, RAW_COLUMNS
from queries.sources.files.rows import COLUMNS, Row, is_session_call, is_time, is_wanted, json_text, members

_NULL: Final = msgspec.Raw(b"null")
_REPLACED: Final = "�"


class _Issuer(msgspec.Struct, gc=False, frozen=True):
    arn: str | None = None
    userName: str | None = None  # noqa: N815 - CloudTrail's names, here and below


class _Attributes(msgspec.Struct, gc=False, frozen=True):
    mfaAuthenticated: str | None = None  # noqa: N815


class _Context(msgspec.Struct, gc=False, frozen=True):
    sourceIdentity: str | None = None  # noqa: N815
    attributes: _Attributes | None = None
    sessionIssuer: _Issuer | None = None  # noqa: N815


class _Behalf(msgspec.Struct, gc=False, frozen=True):
    userId: str | None = None  # noqa: N815


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


class _Addendum(msgspec.Struct, gc=False, frozen=True):
    reason: str | None = None
    originalEventID: str | None = None  # noqa: N815


class Usual(msgspec.Struct, gc=False, frozen=True):
    """A record whose members are what CloudTrail's documentation says that they are."""

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
    requestParameters: msgspec.Raw = _NULL  # noqa: N815
    responseElements: msgspec.Raw = _NULL  # noqa: N815
    resources: msgspec.Raw = _NULL
    addendum: _Addendum | None = None
    userIdentity: _Identity | None = None  # noqa: N815


_RECORD: Final = msgspec.json.Decoder(Usual)
_ROW: Final = msgspec.json.Encoder()
_Line: Final = msgspec.defstruct("_Line", [(name, str | None) for name in COLUMNS], gc=False, frozen=True)
_NO_IDENTITY: Final = _Identity()
_NO_CONTEXT: Final = _Context()
_NO_ADDENDUM: Final = _Addendum()
_NO_ATTRIBUTES: Final = _Attributes()
_NO_ISSUER: Final = _Issuer()
_NO_BEHALF: Final = _Behalf()

assert set(COLUMNS) == set(RAW_COLUMNS)


def usual(exact: bytes | msgspec.Raw) -> Usual | None:
    """The record of a JSON text; None where it is another one, or no object."""
    try:
        return _RECORD.decode(exact)
    except (ValueError, RecursionError):
        return None


def is_usual_wanted(one: Usual, exact: bytes) -> bool:
    """What `rows.is_wanted` says."""
    if one.eventName in ASSUME_ROLE_CALLS:
        return is_wanted(members(exact))
    return is_session_call(one.eventSource or "", one.eventName or "")


def quick_row(one: Usual, exact: bytes, file: str, folder_day: str | None) -> Row | None:
    """What `rows.row_of` gives; None where the text has to be looked at more closely."""
    try:
        shown = exact.decode()
    except UnicodeDecodeError:
        return None
    if _REPLACED in shown:
        return None
    who = one.userIdentity or _NO_IDENTITY
    context = who.sessionContext or _NO_CONTEXT
    issuer = context.sessionIssuer or _NO_ISSUER
    addendum = one.addendum or _NO_ADDENDUM
    line = _Line(
        one.eventID, one.eventTime, one.eventSource, one.eventName, one.awsRegion, one.recipientAccountId,
        one.sourceIPAddress, one.userAgent, one.errorCode, one.errorMessage, one.requestID, one.eventVersion,
        one.sessionCredentialFromConsole,
        json_text(one.requestParameters), json_text(one.responseElements), json_text(one.resources),
        addendum.reason, addendum.originalEventID,
        who.type, who.principalId, who.arn, who.accountId, who.accessKeyId, who.userName, who.invokedBy,
        context.sourceIdentity, (context.attributes or _NO_ATTRIBUTES).mfaAuthenticated, issuer.arn, issuer.userName,
        (who.onBehalfOf or _NO_BEHALF).userId,
        shown, file, folder_day,
    )  # fmt: skip
    return Row(_ROW.encode(line) + b"\n", replaced=False, timeless=not is_time(one.eventTime))
