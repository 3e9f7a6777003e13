"""Raw call columns as SQL expressions over the columns of a table of CloudTrail records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ssmtrail.queries.raw_calls import RAW_COLUMNS
from ssmtrail.queries.sources.athena import literals, ocsf
from ssmtrail.queries.sources.athena.columns import ABSENT

if TYPE_CHECKING:
    from ssmtrail.queries.sources.athena.columns import Columns, EventTime


#: Raw column to the path in a record (the same as `ssmtrail.queries.sources.files.rows` reads), where it is text.
_PATHS: Final[dict[str, tuple[str, ...]]] = {
    "eventid": ("eventID",),
    "eventsource": ("eventSource",),
    "eventname": ("eventName",),
    "awsregion": ("awsRegion",),
    "recipientaccountid": ("recipientAccountId",),
    "sourceipaddress": ("sourceIPAddress",),
    "useragent": ("userAgent",),
    "errorcode": ("errorCode",),
    "errormessage": ("errorMessage",),
    "requestid": ("requestID",),
    "eventversion": ("eventVersion",),
    "sessioncredentialfromconsole": ("sessionCredentialFromConsole",),
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
}


def raw_values(columns: Columns, time: EventTime | None, path_base: str | None) -> dict[str, str]:
    """Every raw column but `folder_day` with its expression, in the order of RAW_COLUMNS.

    `path_base` is what the paths of the table's files begin with, None where rows have no path.
    """
    found = ocsf.raw_values(columns) if ocsf.is_ocsf(columns) else _of_records(columns)
    found["eventtime"] = time.text if time else ABSENT
    found["file"] = ABSENT if path_base is None else f"replace({_PATH}, {literals.text(path_base)}, '')"
    return {raw: found.get(raw, ABSENT) for raw in RAW_COLUMNS if raw != "folder_day"}


#: Athena's hidden column with the file that a row was read from.
_PATH: Final = '"$path"'


def _of_records(columns: Columns) -> dict[str, str]:
    # A copy made of what was fetched here has the raw columns themselves.
    found = {raw: columns.text(path, (raw,)) for raw, path in _PATHS.items()}
    found["requestparameters"] = columns.json(("requestParameters",))
    found["responseelements"] = columns.json(("responseElements",))
    found["resources"] = columns.json(("resources",), arn="ARN")
    return found
