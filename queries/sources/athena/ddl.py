"""The statement that creates a table over a trail's bucket, with a projected partition for each day."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from ssmtrail.queries.errors import UsageError
from ssmtrail.queries.sources.athena import literals

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

_BUCKET: Final = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_ACCOUNT: Final = re.compile(r"[0-9]{12}")
_REGION: Final = re.compile(r"[a-z]{2,4}(-[a-z]+)+-[0-9]+")
_ORGANISATION: Final = re.compile(r"o-[a-z0-9]{10,32}")
_PREFIX: Final = re.compile(r"[A-Za-z0-9!_.*'()/-]*")
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,255}")

#: Columns of the documented table. Added: `sourceidentity`, which CloudTrail has written since 2021, and the members
#: since then that say who acted. Source: "CloudTrail userIdentity element", CloudTrail User Guide; "Create a
#: table for CloudTrail logs in Athena using partition projection", Athena User Guide.
COLUMNS: Final = """\
    eventversion string,
    useridentity struct<
        type: string,
        principalid: string,
        arn: string,
        accountid: string,
        invokedby: string,
        accesskeyid: string,
        username: string,
        identityprovider: string,
        credentialid: string,
        inscopeof: struct<
            issuertype: string,
            credentialsissuedto: string,
            credentialsissuedtoversion: string,
            sourcearn: string,
            sourceaccount: string>,
        invokedbydelegate: struct<accountid: string>,
        onbehalfof: struct<userid: string, identitystorearn: string>,
        sessioncontext: struct<
            attributes: struct<mfaauthenticated: string, creationdate: string>,
            sessionissuer: struct<type: string, principalid: string, arn: string, accountid: string, username: string>,
            sourceidentity: string,
            assumedroot: string,
            ec2roledelivery: string,
            webidfederationdata: struct<federatedprovider: string, attributes: map<string, string>>>>,
    eventtime string,
    eventsource string,
    eventname string,
    awsregion string,
    sourceipaddress string,
    useragent string,
    errorcode string,
    errormessage string,
    requestparameters string,
    responseelements string,
    additionaleventdata string,
    requestid string,
    eventid string,
    readonly string,
    resources array<struct<arn: string, accountid: string, type: string>>,
    eventtype string,
    apiversion string,
    recipientaccountid string,
    serviceeventdetails string,
    sharedeventid string,
    vpcendpointid string,
    vpcendpointaccountid string,
    eventcategory string,
    addendum struct<reason: string, updatedfields: string, originalrequestid: string, originaleventid: string>,
    sessioncredentialfromconsole string,
    edgedevicedetails string,
    tlsdetails struct<tlsversion: string, ciphersuite: string, clientprovidedhostheader: string>"""
#: Fields of `useridentity` that the documented table lacks.
_ADDED: Final = "identityprovider|credentialid|inscopeof|invokedbydelegate|sourceidentity|assumedroot"


def columns(*, documented: bool = False) -> list[tuple[str, str]]:
    """Names and Hive types of the columns; with `documented` without those that AWS's own table lacks."""
    lines = re.split(r",\n {4}(?=\w)", COLUMNS.strip())
    found = [(name, re.sub(r"\s+", "", type_)) for name, type_ in (line.split(" ", 1) for line in lines)]
    if not documented:
        return found
    added = re.compile(rf"(?<=[<,])(?:{_ADDED}):(?:string|struct<[^<>]*>),")
    return [(name, added.sub("", type_) if name == "useridentity" else type_) for name, type_ in found]


def create_table(
    database: str, name: str, bucket: str, accounts: Sequence[str], regions: Sequence[str], first_day: date, *,
    organisation: str = "", prefix: str = "",
) -> str:  # fmt: skip
    """`CREATE EXTERNAL TABLE` for the trail of one account, or of an organisation (`o-...`), in this bucket.

    Partitions are projected: account and region as enums, the delivery day as a date from `first_day` on, so none has
    to be added each day. `prefix` is the part before `AWSLogs/` in the bucket. Without accounts, the account column is
    injected: every query has to name accounts. Raises UsageError for an invalid bucket, account, region, organisation
    or name.
    """
    _check(database, name, bucket, accounts, regions, organisation, prefix)
    base = "/".join(part for part in (f"s3://{bucket}", prefix.strip("/"), "AWSLogs", organisation) if part)
    projection = _projection(base, accounts, regions, first_day)
    lines = (
        f"CREATE EXTERNAL TABLE {_tick(database)}.{_tick(name)} (",
        COLUMNS,
        ")",
        "COMMENT 'CloudTrail, one partition per account, region and day of delivery'",
        "PARTITIONED BY (`account` string, `region` string, `timestamp` string)",
        "ROW FORMAT SERDE 'org.apache.hive.hcatalog.data.JsonSerDe'",
        "STORED AS INPUTFORMAT 'com.amazon.emr.cloudtrail.CloudTrailInputFormat'",
        "OUTPUTFORMAT 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat'",
        f"LOCATION {literals.text(f'{base}/')}",
        "TBLPROPERTIES (",
        ",\n".join(f"    {literals.text(key)} = {literals.text(value)}" for key, value in projection),
        ")",
    )  # fmt: skip
    return "\n".join(lines)


def _projection(base: str, accounts: Sequence[str], regions: Sequence[str], first_day: date) -> list[tuple[str, str]]:
    account = [("type", "enum"), ("values", ",".join(accounts))] if accounts else [("type", "injected")]
    return [
        ("projection.enabled", "true"),
        *((f"projection.account.{key}", value) for key, value in account),
        ("projection.region.type", "enum"),
        ("projection.region.values", ",".join(regions)),
        ("projection.timestamp.type", "date"),
        ("projection.timestamp.format", "yyyy/MM/dd"),
        ("projection.timestamp.interval", "1"),
        ("projection.timestamp.interval.unit", "DAYS"),
        ("projection.timestamp.range", f"{first_day:%Y/%m/%d},NOW"),
        ("storage.location.template", f"{base}/${{account}}/CloudTrail/${{region}}/${{timestamp}}"),
    ]


def _check(
    database: str, name: str, bucket: str, accounts: Sequence[str], regions: Sequence[str], organisation: str,
    prefix: str,
) -> None:  # fmt: skip
    found = [
        ("bucket", bucket, _BUCKET, "write its name alone, like my-trail-bucket"),
        ("database", database, _NAME, "letters, digits and _"),
        ("table", name, _NAME, "letters, digits and _"),
        ("prefix", prefix, _PREFIX, "it is the part before AWSLogs/ in the bucket"),
        *(("account", account, _ACCOUNT, "an account has 12 digits") for account in accounts),
        *(("region", region, _REGION, "write it like eu-central-1") for region in regions),
    ]
    if organisation:
        found.append(("organisation", organisation, _ORGANISATION, "an organisation's id begins with o-"))
    for what, value, pattern, advice in found:
        if not pattern.fullmatch(value):
            raise UsageError(f"{value!r} is not a valid {what}: {advice}.")
    if not regions:
        raise UsageError("Name the regions that the trail logs: --region eu-central-1,us-east-1.")


def _tick(identifier: str) -> str:
    """A quoted identifier of DDL; the names that pass the checks have no backticks."""
    return f"`{identifier}`"
