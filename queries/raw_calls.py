"""Raw calls: the columns that every source delivers, named as in the CloudTrail table.

A raw call is one CloudTrail record. Column names are those of AWS's documented Athena table; the parts of
`useridentity` and `addendum` are flattened with underscores. All are text, absent is NULL; `requestparameters`,
`responseelements` and `resources` are JSON text; `eventtime` is ISO 8601 as recorded.

Source: "CloudTrail record contents", AWS CloudTrail User Guide; "Create a table for CloudTrail logs in Athena".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple, TypeAlias

#: Raised whenever the columns or their meaning change; segments of another version are read again.
SCHEMA_VERSION: Final = 2

#: Which records are fetched: `FULL`, `CREDENTIALS`, `MACHINES`.
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
    "content_id",  # of a record without `eventid`: a hash of its content in any order of keys; else NULL
)

#: Event source to event names.
Names: TypeAlias = "Mapping[str, frozenset[str]]"

#: The path in a record of each column that is text.
TEXT_PATHS: Final[dict[str, tuple[str, ...]]] = {
    "eventid": ("eventID",),
    "eventtime": ("eventTime",),
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
    "sharedeventid": ("sharedEventID",),
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
#: The same of each column that is JSON text.
JSON_PATHS: Final[dict[str, tuple[str, ...]]] = {
    "requestparameters": ("requestParameters",),
    "responseelements": ("responseElements",),
    "resources": ("resources",),
    "additionaleventdata": ("additionalEventData",),
    "serviceeventdetails": ("serviceEventDetails",),
    "useridentity_inscopeof": ("userIdentity", "inScopeOf"),
    "useridentity_invokedbydelegate": ("userIdentity", "invokedByDelegate"),
}

SESSION_CALLS: Final = frozenset({"StartSession", "ResumeSession", "TerminateSession"})

#: Other ways into a machine.
DOORS: Final[Names] = {
    "ssm.amazonaws.com": frozenset({"SendCommand", "StartAccessRequest", "GetAccessToken", "SendAutomationSignal"}),
    "ecs.amazonaws.com": frozenset({"ExecuteCommand"}),
    "ec2-instance-connect.amazonaws.com": frozenset(
        {"SendSSHPublicKey", "SendSerialConsoleSSHPublicKey", "OpenTunnel"}
    ),
    "ssm-guiconnect.amazonaws.com": frozenset({"StartConnection", "GetConnection", "CancelConnection"}),
    "sagemaker.amazonaws.com": frozenset({"StartSession"}),
    "codebuild.amazonaws.com": frozenset({"StartSandboxConnection"}),
}

#: Calls that change what is logged, what a session may do, or which doors there are.
CONTROL: Final[Names] = {
    "cloudtrail.amazonaws.com": frozenset({"StopLogging", "DeleteTrail", "UpdateTrail", "PutEventSelectors"}),
    "ssm.amazonaws.com": frozenset(
        {"CreateDocument", "UpdateDocument", "ModifyDocumentPermission", "UpdateServiceSetting"}
    ),
    "ec2.amazonaws.com": frozenset({"EnableSerialConsoleAccess", "CreateInstanceConnectEndpoint"}),
    "ecs.amazonaws.com": frozenset({"UpdateCluster"}),
}

#: People who left, managed nodes that came or left.
_COMINGS: Final[Names] = {
    "iam.amazonaws.com": frozenset({"DeleteUser"}),
    "identitystore.amazonaws.com": frozenset({"DeleteUser"}),
    "ssm.amazonaws.com": frozenset({"CreateActivation", "RegisterManagedInstance", "DeregisterManagedInstance"}),
}


def _joined(*groups: Names) -> Names:
    sources = sorted({source for group in groups for source in group})
    return {source: frozenset().union(*(group.get(source, ()) for group in groups)) for source in sources}


#: Rows that keep everything, the record too.
FULL: Final = _joined({"ssm.amazonaws.com": SESSION_CALLS}, DOORS, CONTROL, _COMINGS)

#: Calls that issue credentials: narrow rows. Those of `STS` are not wanted where an AWS service made them.
STS: Final = "sts.amazonaws.com"
CREDENTIALS: Final[Names] = {
    STS: frozenset(
        {
            "AssumeRole",
            "AssumeRoleWithSAML",
            "AssumeRoleWithWebIdentity",
            "AssumeRoot",
            "GetFederationToken",
            "GetSessionToken",
        }
    ),
    "sso.amazonaws.com": frozenset({"GetRoleCredentials"}),
    "sso-oauth.amazonaws.com": frozenset({"CreateTokenWithIAM"}),
    "rolesanywhere.amazonaws.com": frozenset({"CreateSession"}),
}

#: Calls that change tags: narrow rows, wanted where they name an instance (`i-`) and one of `TAG_KEYS`, or where they
#: delete all tags.
TAG_CALLS: Final = frozenset({"CreateTags", "DeleteTags"})

#: Keys, in lower case, of the tags that name a machine or its environment; the case of a tag's key does not matter.
TAG_KEYS: Final = frozenset({"name", "env", "environment", "stage", "tier"})

#: Calls from the lives of machines: narrow rows.
MACHINES: Final[Names] = {
    "ec2.amazonaws.com": TAG_CALLS
    | {"RunInstances", "StartInstances", "StopInstances", "RebootInstances", "TerminateInstances", "BidEvictedEvent"},
}

#: Members that a narrow row keeps of a JSON object, in their order; of the objects in a list the same. A member without
#: members is kept as it is.
Listed: TypeAlias = "Mapping[str, Listed]"


def _listed(names: str, **inner: Listed) -> Listed:
    return {**{name: {} for name in names.split()}, **inner}


#: CloudTrail's mark that it left an object out because it was too large; kept in every narrow row.
_OMITTED: Final = "omitted"
_ISSUED: Final = {
    "credentials": _listed("accessKeyId expiration"),
    "assumedRoleUser": _listed("arn assumedRoleId"),
}
_INSTANCES: Final = {"instancesSet": {"items": _listed("instanceId")}}
_STATE: Final = _listed("code name")


class Narrow(NamedTuple):
    """What a narrow row keeps; it has no `record`."""

    request: Listed | None
    """Members of `requestparameters`; None where the column is NULL."""
    response: Listed | None
    """Members of `responseelements`; None where the column is NULL."""


#: Sources: "Logging IAM and AWS STS API calls with CloudTrail"; "CreateSession API", IAM Roles Anywhere User Guide.
CREDENTIAL_MEMBERS: Final = Narrow(
    _listed(
        "roleArn roleSessionName sourceIdentity durationSeconds principalArn serialNumber name targetPrincipal"
        f" accessRequestId {_OMITTED}"
    ),
    _listed(
        "sourceIdentity subject subjectType issuer nameQualifier subjectFromWebIdentityToken provider audience"
        f" subjectArn {_OMITTED}",
        **_ISSUED,
        federatedUser=_listed("arn federatedUserId"),
        credentialSet=_listed("roleArn sourceIdentity", **_ISSUED),
    ),
)
_STATE_MEMBERS: Final = Narrow(
    _listed(_OMITTED, **_INSTANCES),
    _listed(_OMITTED, instancesSet={"items": _listed("instanceId", currentState=_STATE, previousState=_STATE)}),
)
#: Event name of `MACHINES` to what its row keeps. Of tags only those of `TAG_KEYS`, of resources only machines' (`i-`,
#: `mi-`) are kept.
MACHINE_MEMBERS: Final[Mapping[str, Narrow]] = {
    "RunInstances": Narrow(
        None,
        _listed(
            _OMITTED,
            instancesSet={
                "items": _listed(
                    "instanceId privateIpAddress vpcId subnetId launchTime",
                    tagSet={"items": _listed("key value")},
                )
            },
        ),
    ),
    **dict.fromkeys(
        sorted(TAG_CALLS),
        Narrow(
            _listed(_OMITTED, resourcesSet={"items": _listed("resourceId")}, tagSet={"items": _listed("key value")}),
            None,
        ),
    ),
    **dict.fromkeys(("StartInstances", "StopInstances", "RebootInstances", "TerminateInstances"), _STATE_MEMBERS),
    "BidEvictedEvent": Narrow(None, None),
}


def narrow_of(source: str, name: str) -> Narrow | None:
    """What the narrow row of a wanted call keeps; None where its row is full."""
    if name in CREDENTIALS.get(source, ()):
        return CREDENTIAL_MEMBERS
    return MACHINE_MEMBERS.get(name) if source in MACHINES else None
