"""Raw calls: the columns that every source delivers, named as in the CloudTrail table.

A raw call is one CloudTrail record. Column names are those of AWS's documented Athena table; the parts of
`useridentity` and `addendum` are flattened with underscores. All are text, absent is NULL; `requestparameters`,
`responseelements` and `resources` are JSON text; `eventtime` is ISO 8601 as recorded.

Source: "CloudTrail record contents", AWS CloudTrail User Guide; "Create a table for CloudTrail logs in Athena".
"""

from __future__ import annotations

import re
from typing import Final

#: Raised whenever the columns or their meaning change; segments of another version are read again.
SCHEMA_VERSION: Final = 2

#: Which records are fetched; see `wanted`.
EXTRACTION_SET: Final = 2

RAW_COLUMNS: Final[tuple[str, ...]] = (
    "eventid",
    "eventtime",
    "eventsource",
    "eventname",
    "awsregion",
    "recipientaccountid",
    "sourceipaddress",
    "useragent",
    "errorcode",
    "errormessage",
    "requestparameters",
    "responseelements",
    "resources",
    "requestid",
    "eventversion",
    "sessioncredentialfromconsole",
    "addendum_reason",
    "addendum_originaleventid",
    "useridentity_type",
    "useridentity_principalid",
    "useridentity_arn",
    "useridentity_accountid",
    "useridentity_accesskeyid",
    "useridentity_username",
    "useridentity_invokedby",
    "useridentity_sourceidentity",
    "useridentity_mfaauthenticated",
    "useridentity_issuer_arn",
    "useridentity_issuer_username",
    "useridentity_onbehalfof_userid",
    "sharedeventid",
    "additionaleventdata",  # JSON text
    "serviceeventdetails",  # JSON text
    "useridentity_identityprovider",
    "useridentity_creationdate",  # when the session's credentials were issued
    "useridentity_onbehalfof_storearn",  # the identity store of the Identity Center user
    "useridentity_credentialid",
    "useridentity_inscopeof",  # JSON text
    "useridentity_invokedbydelegate",  # JSON text
    "useridentity_assumedroot",
    "useridentity_ec2roledelivery",
    "redacted",  # names of the keys whose values were replaced, joined by spaces; NULL where none
    "record",  # the record itself as JSON text, exact; NULL where the source has columns only
    "file",  # where it was read: path below the folder, `/`-separated; NULL where there is none
    "folder_day",  # UTC delivery day of the folder, YYYY-MM-DD; NULL where unknown
    "position",  # number of the record in its file or result, from 0, as text
    "content_id",  # of a record without `eventid`: a hash of its content, whatever the order of its keys; else NULL
)

SESSION_CALLS: Final = frozenset({"StartSession", "ResumeSession", "TerminateSession"})

#: Event source to event names: extraction set 1, without the `AssumeRole*` calls (they need a look inside).
OTHER_DOORS: Final[dict[str, frozenset[str]]] = {
    "ssm.amazonaws.com": frozenset({"SendCommand", "StartAccessRequest", "GetAccessToken"}),
    "ecs.amazonaws.com": frozenset({"ExecuteCommand"}),
    "ec2-instance-connect.amazonaws.com": frozenset(
        {"SendSSHPublicKey", "SendSerialConsoleSSHPublicKey", "OpenTunnel"}
    ),
    "ssm-guiconnect.amazonaws.com": frozenset({"StartConnection"}),
}

ASSUME_ROLE_CALLS: Final = frozenset({"AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"})

#: A role session name that a machine made up and that names no person. The same text serves Python and RE2
#: (DuckDB, Trino). Source: defaults of botocore, the AWS SDKs for Go, Java, JS, .NET, and the AWS CLI.
MACHINE_NAME_PATTERN: Final = (
    r"(?i)^(botocore-session-.*|boto3-session.*|aws-(go-)?sdk-.*|aws-cli-.*|aws-sdk-.*|awscli-.*"
    r"|m?i-[0-9a-f]{8,17}|[0-9]+|assumerolesession[0-9]*|assumed-role-session.*|terraform-.*"
    r"|netsdkassumerolesession.*|dotnetsdkassumerolesession.*|default(-session(-name)?)?|session[0-9-]*)$"
)
_MACHINE_NAME = re.compile(MACHINE_NAME_PATTERN)


def is_machine_name(role_session_name: str | None) -> bool:
    """Whether a role session name was made by a machine and so names no person."""
    return role_session_name is not None and _MACHINE_NAME.match(role_session_name) is not None
