"""Columns of tables in the catalog's form, from AWS's documentation or from tables in use."""

from __future__ import annotations

from typing import Final

_ISSUER: Final = "sessionissuer:struct<type:string,principalid:string,arn:string,accountid:string,username:string>"
_ATTRIBUTES: Final = "attributes:struct<mfaauthenticated:string,creationdate:string>"
_RESOURCES: Final = "array<struct<arn:string,accountid:string,type:string>>"
_TLS: Final = "struct<tlsversion:string,ciphersuite:string,clientprovidedhostheader:string>"
_ADDENDUM: Final = "struct<reason:string,updatedfields:string,originalrequestid:string,originaleventid:string>"


def _identity(*more: str, context: str = "") -> str:
    names = (
        "type:string,principalid:string,arn:string,accountid:string,invokedby:string,accesskeyid:string,username:string"
    )
    inner = ",".join((_ATTRIBUTES, _ISSUER, *((context,) if context else ())))
    return f"struct<{','.join((names, *more))},sessioncontext:struct<{inner}>>"


def _texts(names: str) -> list[tuple[str, str]]:
    return [(name, "string") for name in names.split()]


#: "Creating the table for CloudTrail logs", Athena User Guide as of 2018-2022.
CLASSIC: Final = [
    ("eventversion", "string"),
    ("useridentity", _identity()),
    *_texts("eventtime eventsource eventname awsregion sourceipaddress useragent errorcode errormessage"),
    *_texts("requestparameters responseelements additionaleventdata requestid eventid"),
    ("resources", _RESOURCES),
    *_texts("eventtype apiversion readonly recipientaccountid serviceeventdetails sharedeventid vpcendpointid"),
]
#: The same page since November 2022.
SINCE_2022: Final = [
    ("eventversion", "string"),
    (
        "useridentity",
        _identity(
            context="ec2roledelivery:string,webidfederationdata:map<string,string>",
        ),
    ),
    *CLASSIC[2:],
    ("tlsdetails", _TLS),
]
#: The same page now.
CURRENT: Final = [
    ("eventversion", "string"),
    (
        "useridentity",
        _identity(
            "onbehalfof:struct<userid:string,identitystorearn:string>",
            context="ec2roledelivery:string,"
            "webidfederationdata:struct<federatedprovider:string,attributes:map<string,string>>",
        ),
    ),
    *CLASSIC[2:],
    ("vpcendpointaccountid", "string"),
    ("eventcategory", "string"),
    ("addendum", _ADDENDUM),
    ("sessioncredentialfromconsole", "string"),
    ("edgedevicedetails", "string"),
    ("tlsdetails", _TLS),
]
#: What people write for one record a line, with the OpenX SerDe reading types as it finds them.
LINES: Final = [
    ("eventversion", "string"),
    ("useridentity", _identity("identityprovider:string", context="sourceidentity:string")),
    ("eventtime", "timestamp"),
    *_texts("eventsource eventname awsregion sourceipaddress useragent errorcode errormessage"),
    (
        "requestparameters",
        (
            "struct<target:string,sessionid:string,documentname:string,reason:string,"
            "parameters:struct<portnumber:array<string>,localportnumber:array<string>,host:array<string>,command:array<string>>,"
            "rolearn:string,rolesessionname:string,cluster:string>"
        ),
    ),
    (
        "responseelements",
        "struct<sessionid:string,streamurl:string,tokenvalue:string,credentials:struct<accesskeyid:string>>",
    ),
    *_texts("requestid eventid"),
    ("readonly", "boolean"),
    ("resources", _RESOURCES),
    *_texts("eventtype recipientaccountid sessioncredentialfromconsole"),
    ("addendum", _ADDENDUM),
]
#: "Supported SQL schemas for event data stores", CloudTrail User Guide.
LAKE: Final = [
    ("eventversion", "string"),
    (
        "useridentity",
        (
            "struct<type:string,principalid:string,arn:string,accountid:string,accesskeyid:string,username:string,"
            "sessioncontext:struct<attributes:struct<creationdate:timestamp,mfaauthenticated:string>,"
            f"{_ISSUER},webidfederationdata:struct<federatedprovider:string,attributes:map<string,string>>,"
            "sourceidentity:string,ec2roledelivery:string,ec2issuedinvpc:string>,"
            "onbehalfof:struct<userid:string,identitystorearn:string>,"
            "inscopeof:struct<sourcearn:string,sourceaccount:string,issuertype:string,credentialsissuedto:string>,"
            "invokedby:string,identityprovider:string>"
        ),
    ),
    ("eventtime", "timestamp"),
    *_texts("eventsource eventname awsregion sourceipaddress useragent errorcode errormessage"),
    ("requestparameters", "map<string,string>"),
    ("responseelements", "map<string,string>"),
    ("additionaleventdata", "map<string,string>"),
    *_texts("requestid eventid"),
    ("readonly", "boolean"),
    ("resources", "array<struct<accountid:string,type:string,arn:string,arnprefix:string>>"),
    *_texts("eventtype apiversion"),
    ("managementevent", "boolean"),
    *_texts("recipientaccountid sharedeventid annotation vpcendpointid vpcendpointaccountid"),
    ("serviceeventdetails", "map<string,string>"),
    ("addendum", "map<string,string>"),
    ("edgedevicedetails", "map<string,string>"),
    ("insightdetails", "map<string,string>"),
    ("eventcategory", "string"),
    ("tlsdetails", _TLS),
    ("sessioncredentialfromconsole", "string"),
    ("eventjson", "string"),
    ("eventjsonchecksum", "string"),
]
#: Security Lake's table of CloudTrail management events, source version 1 (OCSF 1.0.0-rc.2).
OCSF_1: Final = [
    (
        "metadata",
        (
            "struct<product:struct<version:string,name:string,vendor_name:string,feature:struct<name:string>>,"
            "uid:string,profiles:array<string>,version:string>"
        ),
    ),
    ("time", "bigint"),
    ("cloud", "struct<region:string,provider:string>"),
    (
        "api",
        (
            "struct<response:struct<error:string,message:string>,operation:string,version:string,"
            "service:struct<name:string>,request:struct<uid:string>>"
        ),
    ),
    (
        "actor",
        (
            "struct<user:struct<type:string,name:string,uid:string,uuid:string,account_uid:string,credential_uid:string>,"
            "session:struct<created_time:bigint,mfa:boolean,issuer:string>,invoked_by:string,idp:struct<name:string>>"
        ),
    ),
    ("http_request", "struct<user_agent:string>"),
    ("src_endpoint", "struct<uid:string,ip:string,domain:string>"),
    ("resources", "array<struct<uid:string,account_uid:string,type:string>>"),
    *_texts("class_name"),
    ("class_uid", "int"),
    *_texts("category_name activity_name type_name status"),
    ("unmapped", "map<string,string>"),
]
#: Source version 2 (OCSF 1.1.0), an Iceberg table.
OCSF_2: Final = [
    (
        "metadata",
        (
            "struct<product:struct<version:string,name:string,vendor_name:string,feature:struct<name:string>>,"
            "event_code:string,uid:string,profiles:array<string>,version:string>"
        ),
    ),
    ("time", "bigint"),
    ("time_dt", "timestamp"),
    ("cloud", "struct<region:string,provider:string,account:struct<uid:string>>"),
    (
        "api",
        (
            "struct<response:struct<error:string,message:string,data:string>,operation:string,version:string,"
            "service:struct<name:string>,request:struct<data:string,uid:string>>"
        ),
    ),
    (
        "actor",
        (
            "struct<user:struct<type:string,name:string,uid_alt:string,uid:string,account:struct<uid:string>,"
            "credential_uid:string>,session:struct<created_time_dt:timestamp,is_mfa:boolean,issuer:string>,"
            "invoked_by:string,idp:struct<name:string>>"
        ),
    ),
    ("http_request", "struct<user_agent:string>"),
    ("src_endpoint", "struct<uid:string,ip:string,domain:string>"),
    ("resources", "array<struct<uid:string,owner:struct<account:struct<uid:string>>,type:string>>"),
    *_texts("class_name activity_name type_name status accountid region"),
    ("unmapped", "map<string,string>"),
]
#: `CREATE TABLE AS SELECT` that took the identity apart.
FLAT: Final = [
    *_texts(
        "event_id event_time event_source event_name aws_region source_ip_address user_agent error_code error_message"
    ),
    *_texts("request_parameters response_elements resources request_id recipient_account_id event_version"),
    *_texts("useridentity_type useridentity_principalid useridentity_arn useridentity_accountid"),
    *_texts("useridentity_accesskeyid useridentity_username useridentity_invokedby"),
    *_texts("useridentity_sessioncontext_sessionissuer_arn useridentity_sessioncontext_sessionissuer_username"),
    ("useridentity_sessioncontext_attributes_mfaauthenticated", "boolean"),
    *_texts("addendum_reason addendum_originaleventid"),
]
#: An Iceberg copy keeps the types but the time is one.
ICEBERG: Final = [(name, "timestamp" if name == "eventtime" else type_) for name, type_ in CURRENT]
#: A view that keeps the identity as JSON text.
VIEW: Final = [("useridentity", "string"), *((name, type_) for name, type_ in CURRENT if name != "useridentity")]
