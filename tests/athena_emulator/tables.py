"""Tables of the emulator: columns as documented, data in files of a made-up bucket."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.athena_emulator.bucket import Buckets

#: Source: "Create a table for CloudTrail logs in Athena using partition projection", Athena User Guide.
TRAIL_COLUMNS: Final[dict[str, str]] = {
    "eventversion": "string",
    "useridentity": "struct<type:string,principalid:string,arn:string,accountid:string,invokedby:string,"
    "accesskeyid:string,username:string,onbehalfof:struct<userid:string,identitystorearn:string>,"
    "sessioncontext:struct<attributes:struct<mfaauthenticated:string,creationdate:string>,"
    "sessionissuer:struct<type:string,principalid:string,arn:string,accountid:string,username:string>,"
    "ec2roledelivery:string,webidfederationdata:struct<federatedprovider:string,attributes:map<string,string>>>>",
    "eventtime": "string",
    "eventsource": "string",
    "eventname": "string",
    "awsregion": "string",
    "sourceipaddress": "string",
    "useragent": "string",
    "errorcode": "string",
    "errormessage": "string",
    "requestparameters": "string",
    "responseelements": "string",
    "additionaleventdata": "string",
    "requestid": "string",
    "eventid": "string",
    "readonly": "string",
    "resources": "array<struct<arn:string,accountid:string,type:string>>",
    "eventtype": "string",
    "apiversion": "string",
    "recipientaccountid": "string",
    "serviceeventdetails": "string",
    "sharedeventid": "string",
    "vpcendpointid": "string",
    "vpcendpointaccountid": "string",
    "eventcategory": "string",
    "addendum": "struct<reason:string,updatedfields:string,originalrequestid:string,originaleventid:string>",
    "sessioncredentialfromconsole": "string",
    "edgedevicedetails": "string",
    "tlsdetails": "struct<tlsversion:string,ciphersuite:string,clientprovidedhostheader:string>",
}


@dataclass(slots=True)
class EmulatedTable:
    """A table, and how a file name gives its partition."""

    database: str
    name: str
    location: str
    """`s3://BUCKET/PREFIX/`"""
    partition_of: Callable[[str], tuple[str, ...] | None]
    """Values of the partition columns from an object's key; None for files that the table does not see."""
    columns: Mapping[str, str] = field(default_factory=lambda: TRAIL_COLUMNS)
    """Name to Hive type."""
    partitions: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    absent: set[tuple[str, ...]] = field(default_factory=set)
    """Partitions that were never added or are outside a projection's range."""
    link: Mapping[str, Any] = field(default_factory=dict)
    """What Glue's `GetTable` adds: the `TargetTable` of a resource link."""

    @property
    def bucket(self) -> str:
        """The bucket of the files."""
        return self.location.removeprefix("s3://").partition("/")[0]

    @property
    def prefix(self) -> str:
        """The prefix of the files."""
        return self.location.removeprefix("s3://").partition("/")[2]

    def objects(self, buckets: Buckets) -> list[tuple[str, tuple[str, ...]]]:
        """Keys of the files that the table sees, with their partition."""
        found = [
            (key, partition)
            for key in buckets.keys(self.bucket, self.prefix)
            if (partition := self.partition_of(key)) is not None
        ]
        return [
            (key, partition)
            for key, partition in found
            if partition not in self.absent and not self._is_skipped(buckets, key)
        ]

    def _is_skipped(self, buckets: Buckets, key: str) -> bool:
        """Whether an object is archived: Athena reads nothing of it and says nothing."""
        stored = buckets.get(self.bucket, key)
        if stored is None or stored.storage_class not in {"GLACIER", "DEEP_ARCHIVE"}:
            return False
        return not (stored.restored and self.parameters.get("read_restored_glacier_objects") == "true")

    def metadata(self) -> dict[str, Any]:
        """The answer of `GetTableMetadata`."""
        return {
            "Name": self.name,
            "TableType": "EXTERNAL_TABLE",
            "CreateTime": 1_700_000_000.0,
            "Columns": [{"Name": name, "Type": kind} for name, kind in self.columns.items()],
            "PartitionKeys": [{"Name": name, "Type": kind} for name, kind in self.partitions.items()],
            "Parameters": {"location": self.location, "EXTERNAL": "TRUE", **self.parameters},
        }

    def glue(self) -> dict[str, Any]:
        """The answer of Glue's `GetTable`."""
        plain = self.metadata()
        return {
            "Name": self.name,
            "DatabaseName": self.database,
            "TableType": plain["TableType"],
            "PartitionKeys": plain["PartitionKeys"],
            "Parameters": dict(self.parameters),
            "StorageDescriptor": {
                "Columns": plain["Columns"],
                "Location": self.location,
                "SerdeInfo": {"SerializationLibrary": "org.apache.hive.hcatalog.data.JsonSerDe"},
            },
        }


def trail_table(database: str = "audit", name: str = "trail", account: str = "111122223333") -> EmulatedTable:
    """The documented table with one projected partition column `timestamp`, for one account and region."""
    location = f"s3://trail-bucket/AWSLogs/{account}/CloudTrail/eu-central-1/"
    at = len(location.removeprefix("s3://trail-bucket/"))
    return EmulatedTable(
        database,
        name,
        location,
        partition_of=lambda key: (key[at : at + 10],),
        partitions={"timestamp": "string"},
        parameters={
            "projection.enabled": "true",
            "projection.timestamp.type": "date",
            "projection.timestamp.format": "yyyy/MM/dd",
            "projection.timestamp.interval": "1",
            "projection.timestamp.interval.unit": "DAYS",
            "projection.timestamp.range": "2026/01/01,NOW",
            "storage.location.template": f"{location}${{timestamp}}",
        },
    )


def row_of(record: Mapping[str, Any], columns: Mapping[str, str]) -> dict[str, Any]:
    """A record as the table's SerDe gives it: names in lower case, what is text there as JSON text."""
    members = {name.lower(): value for name, value in record.items()}
    return {name: _value(members.get(name), kind) for name, kind in columns.items()}


def _value(value: Any, kind: str) -> Any:
    if value is None:
        return None
    if kind.startswith("struct<") and isinstance(value, dict):
        return {name.lower(): _inner(inner) for name, inner in value.items()}
    if kind.startswith("array<") and isinstance(value, list):
        return [_inner(each) for each in value]
    if kind == "string" and not isinstance(value, str):
        return json.dumps(value, separators=(",", ":"))
    return value


def _inner(value: Any) -> Any:
    if isinstance(value, dict):
        return {name.lower(): _inner(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_inner(each) for each in value]
    return json.dumps(value) if isinstance(value, bool | int | float) else value
