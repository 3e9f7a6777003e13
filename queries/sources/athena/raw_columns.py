"""The raw call columns as SQL expressions over CloudTrail records or Security Lake (OCSF) tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ssmtrail.queries.raw_calls import JSON_PATHS, RAW_COLUMNS, TEXT_PATHS
from ssmtrail.queries.sources.athena import literals
from ssmtrail.queries.sources.athena.columns import ABSENT, as_text, time_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ssmtrail.queries.sources.athena.columns import Columns, EventTime

_Path = tuple[str, ...]

#: Raw column to its possible paths, version 2 (OCSF 1.1) before version 1 (OCSF 1.0 RC2). Source: "CloudTrail
#: management events" in "Open Cybersecurity Schema Framework (OCSF) in Security Lake"; AWS's example queries for both.
_OCSF_PATHS: Final[dict[str, tuple[_Path, ...]]] = {
    "eventid": (("metadata", "uid"),),
    "eventsource": (("api", "service", "name"),),
    "eventname": (("api", "operation"),),
    "awsregion": (("cloud", "region"), ("region",)),
    "useragent": (("http_request", "user_agent"),),
    "errorcode": (("api", "response", "error"),),
    "errormessage": (("api", "response", "message"), ("api", "response", "error_message")),
    "requestid": (("api", "request", "uid"),),
    "eventversion": (("metadata", "product", "version"),),
    "sessioncredentialfromconsole": (("unmapped", "sessionCredentialFromConsole"),),
    "addendum_reason": (("unmapped", "addendum.reason"),),
    "addendum_originaleventid": (("unmapped", "addendum.originalEventID"),),
    "useridentity_type": (("actor", "user", "type"),),
    "useridentity_principalid": (("actor", "user", "uid_alt"), ("actor", "user", "uuid")),
    "useridentity_arn": (("actor", "user", "uid"),),
    "useridentity_accountid": (("actor", "user", "account", "uid"), ("actor", "user", "account_uid")),
    "useridentity_accesskeyid": (("actor", "user", "credential_uid"),),
    "useridentity_username": (("actor", "user", "name"),),
    "useridentity_invokedby": (("actor", "invoked_by"),),
    "useridentity_sourceidentity": (("unmapped", "userIdentity.sessionContext.sourceIdentity"),),
    "useridentity_mfaauthenticated": (("actor", "session", "is_mfa"), ("actor", "session", "mfa")),
    "useridentity_issuer_arn": (("actor", "session", "issuer"),),
    "useridentity_onbehalfof_userid": (("unmapped", "userIdentity.onBehalfOf.userId"),),
    "sharedeventid": (("unmapped", "sharedEventID"),),
    "useridentity_identityprovider": (("actor", "idp", "name"),),
    "useridentity_onbehalfof_storearn": (("unmapped", "userIdentity.onBehalfOf.identityStoreArn"),),
    "useridentity_credentialid": (("unmapped", "userIdentity.credentialId"),),
    "useridentity_assumedroot": (("unmapped", "userIdentity.sessionContext.assumedRoot"),),
    "useridentity_ec2roledelivery": (("unmapped", "userIdentity.sessionContext.ec2RoleDelivery"),),
}
#: Raw columns of JSON that only `unmapped` has, with the member's path.
_UNMAPPED: Final = {
    "additionaleventdata": "additionalEventData",
    "serviceeventdetails": "serviceEventDetails",
    "useridentity_inscopeof": "userIdentity.inScopeOf",
    "useridentity_invokedbydelegate": "userIdentity.invokedByDelegate",
}
#: Values that differ in their path from row to row.
_ACCOUNTS: Final = (("unmapped", "recipientAccountId"), ("cloud", "account", "uid"), ("accountid",))
_ADDRESSES: Final = (("src_endpoint", "ip"), ("src_endpoint", "domain"))
#: Objects inside requests and responses that are read.
_OBJECTS: Final = (
    "parameters", "credentials", "assumedRoleUser", "federatedUser", "instancesSet", "resourcesSet", "tagSet",
    "command", "session", "ssmSession", "CreateInstanceConnectEndpointRequest",
)  # fmt: skip
_TEXTS: Final = {"requestparameters": "requestParameters", "responseelements": "responseElements"}
_DATA: Final = {"requestparameters": ("api", "request", "data"), "responseelements": ("api", "response", "data")}


def is_ocsf(columns: Columns) -> bool:
    """Whether the table is a Security Lake table."""
    return bool(columns.reach(("api", "operation")) and columns.column("metadata"))


def ocsf_values(columns: Columns) -> dict[str, str]:
    """Every raw column that a Security Lake table has, without `eventtime`."""
    found = {raw: columns.text(*paths) for raw, paths in _OCSF_PATHS.items()}
    found["recipientaccountid"] = _first_known(columns, _ACCOUNTS)
    # Calls by an AWS service have its name as their source.
    found["sourceipaddress"] = _first_known(columns, _ADDRESSES)
    if (issuer := found["useridentity_issuer_arn"]) != ABSENT:
        found["useridentity_issuer_username"] = f"element_at(split({issuer}, '/'), -1)"
    found["resources"] = columns.json(("resources",), uid="ARN", account_uid="accountId")
    for raw, member in _TEXTS.items():
        data = columns.reach(_DATA[raw])
        found[raw] = f"nullif({as_text(data)}, 'null')" if data else _unmapped(columns, member, _OBJECTS)
    found |= {raw: _unmapped(columns, member, ("RequestDetails",)) for raw, member in _UNMAPPED.items()}
    found["useridentity_creationdate"] = _created(columns)
    return found


def _created(columns: Columns) -> str:
    """When the credentials of the session were issued: a timestamp in version 2, milliseconds in version 1."""
    for name in ("created_time_dt", "created_time"):
        if (reached := columns.reach(("actor", "session", name))) and (time := time_of(reached)):
            return time.text
    return ABSENT


def _first_known(columns: Columns, paths: tuple[_Path, ...]) -> str:
    there = [as_text(reached) for path in paths if (reached := columns.reach(path))]
    return f"coalesce({', '.join(there)})" if len(there) > 1 else (there[0] if there else ABSENT)


def _unmapped(columns: Columns, member: str, objects: tuple[str, ...] = ()) -> str:
    """The entries of the map `unmapped` such as `requestParameters.target`, as JSON text, with these inner objects.

    The oldest tables have the whole text under the member's own name.
    """
    unmapped = columns.column("unmapped")
    if unmapped is None or unmapped.type.name != "map":
        return ABSENT
    whole = f"element_at({unmapped.sql}, {literals.text(member)})"
    value = "IF(starts_with(v, '['), coalesce(TRY(json_parse(v)), CAST(v AS json)), CAST(v AS json))"
    plain = f"transform_values({_below(unmapped.sql, f'{member}.')}, (k, v) -> {value})"
    deep = [_deep(unmapped.sql, member, name) for name in objects]
    made = f"map_concat({plain}, {', '.join(deep)})" if deep else plain
    return f"coalesce({whole}, nullif(json_format(CAST({made} AS json)), '{{}}'))"


def _deep(unmapped: str, member: str, name: str) -> str:
    """A map with the member's object of this name; empty if there is no such object."""
    inner = _below(unmapped, f"{member}.{name}.")
    values = f"transform_values({inner}, (k, v) -> coalesce(TRY(json_parse(v)), CAST(v AS json)))"
    whole = f"map(ARRAY[{literals.text(name)}], ARRAY[CAST({values} AS json)])"
    return f"map_filter({whole}, (k, v) -> json_format(v) <> '{{}}')"


def _below(unmapped: str, prefix: str) -> str:
    """The entries directly below a prefix, without the prefix."""
    rest = f"substr(k, {len(prefix) + 1})"
    chosen = f"starts_with(k, {literals.text(prefix)}) AND strpos({rest}, '.') = 0"
    return f"transform_keys(map_filter({unmapped}, (k, v) -> {chosen}), (k, v) -> {rest})"


#: The column of CloudTrail Lake with the whole record: it has what the table has no column for.
_WHOLE: Final = "eventjson"


def not_in_table(values: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """The members of records, as CloudTrail names them, that these raw columns of a table do not have.

    Only members that say who acted: without them, people are known less well than from files.
    """
    lacking = {raw for raw, sql in values if sql == ABSENT}
    paths = {**TEXT_PATHS, **JSON_PATHS}
    return tuple(paths[raw][-1] for raw in _WHO if raw in lacking)


#: Raw columns that say who acted and that some tables lack, most important first.
_WHO: Final = (
    "useridentity_sourceidentity", "useridentity_onbehalfof_userid", "sharedeventid", "useridentity_creationdate",
    "useridentity_identityprovider", "useridentity_credentialid", "useridentity_inscopeof",
    "useridentity_invokedbydelegate", "useridentity_assumedroot", "useridentity_ec2roledelivery",
    "additionaleventdata", "serviceeventdetails",
)  # fmt: skip


def raw_values(columns: Columns, time: EventTime | None, path_base: str | None) -> dict[str, str]:
    """Every raw column but `folder_day` with its expression, in the order of RAW_COLUMNS.

    `path_base` is the common prefix of the table's file paths, None if rows have no path.
    """
    found = ocsf_values(columns) if is_ocsf(columns) else _of_records(columns)
    found["eventtime"] = time.text if time else ABSENT
    found["file"] = ABSENT if path_base is None else f"replace({_PATH}, {literals.text(path_base)}, '')"
    return {raw: found.get(raw, ABSENT) for raw in RAW_COLUMNS if raw != "folder_day"}


#: Athena's hidden column with the path of a row's file.
_PATH: Final = '"$path"'


def _of_records(columns: Columns) -> dict[str, str]:
    # A copy made from fetched rows has the raw columns themselves.
    found = {raw: columns.text(path, (raw,), (_WHOLE, *path)) for raw, path in TEXT_PATHS.items() if raw != "eventtime"}
    for raw, path in JSON_PATHS.items():
        cases = {"arn": "ARN"} if raw == "resources" else {}
        found[raw] = columns.json(path, (raw,), (_WHOLE, *path), **cases)
    return found
