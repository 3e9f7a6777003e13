"""Tables of every kind, with their description from the catalog."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from ssmtrail.queries.sources.athena.ddl import columns
from ssmtrail.queries.sources.athena.tables import Table, described
from tests.queries.athena.catalog_columns import (
    CLASSIC,
    CURRENT,
    FLAT,
    ICEBERG,
    LAKE,
    LINES,
    OCSF_1,
    OCSF_2,
    SINCE_2022,
    VIEW,
)

DATABASE: Final = "logs"
BUCKET: Final = "s3://trail-bucket"
ORGANISATION: Final = f"{BUCKET}/AWSLogs/o-demo4tr41l"
ACCOUNTS: Final = ("111122223333", "444455556666", "777788889999")
REGIONS: Final = ("eu-central-1", "eu-west-1", "us-east-1")

_CLOUDTRAIL_SERDE: Final = "com.amazon.emr.hive.serde.CloudTrailSerde"
_JSON_SERDE: Final = "org.apache.hive.hcatalog.data.JsonSerDe"
_OPENX_SERDE: Final = "org.openx.data.jsonserde.JsonSerDe"
_PARQUET_SERDE: Final = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
_INPUT: Final = "com.amazon.emr.cloudtrail.CloudTrailInputFormat"


@dataclass(frozen=True)
class Kind:
    """A table as it is met."""

    name: str
    metadata: dict[str, Any]
    database: str = DATABASE
    partition: dict[str, str] = field(default_factory=dict)
    """Partition column to what it holds: a strftime format of the folder day, `{event}` and one of the event's day,
    `{account}`, `{region}`."""
    given: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def table(self) -> Table:
        return described(self.metadata, self.database).with_values(self.given)


def athena(
    name: str, columns: list[tuple[str, str]], keys: dict[str, str] | None = None, serde: str = "", input_: str = "",
    location: str = "", type_: str = "EXTERNAL_TABLE", **parameters: str,
) -> dict[str, Any]:  # fmt: skip
    """The answer of `GetTableMetadata`."""
    layout = {"EXTERNAL": "TRUE", "serde.serialization.lib": serde, "inputformat": input_, "location": location}
    return {
        "TableMetadata": {
            "Name": name,
            "CreateTime": 1700000000.0,
            "TableType": type_,
            "Columns": [{"Name": column, "Type": hive} for column, hive in columns],
            "PartitionKeys": [{"Name": column, "Type": hive} for column, hive in (keys or {}).items()],
            "Parameters": {k: v for k, v in layout.items() if v}
            | {k.replace("__", "."): v for k, v in parameters.items()},
        }
    }


def glue(name: str, columns: list[tuple[str, str]], keys: dict[str, str], serde: str, location: str) -> dict[str, Any]:
    """The answer of Glue's `GetTable`."""
    return {
        "Table": {
            "Name": name,
            "DatabaseName": DATABASE,
            "TableType": "EXTERNAL_TABLE",
            "StorageDescriptor": {
                "Columns": [{"Name": column, "Type": hive, "Comment": "from deserializer"} for column, hive in columns],
                "Location": location,
                "InputFormat": _INPUT,
                "SerdeInfo": {"SerializationLibrary": serde, "Parameters": {"serialization.format": "1"}},
            },
            "PartitionKeys": [{"Name": column, "Type": hive} for column, hive in keys.items()],
            "Parameters": {"EXTERNAL": "TRUE"},
        }
    }


def projected(**columns: dict[str, str]) -> dict[str, str]:
    """Parameters of a partition projection."""
    return {"projection__enabled": "true"} | {
        f"projection__{column}__{key}": value for column, of in columns.items() for key, value in of.items()
    }


def _date(format_: str, range_: str = "2020/01/01,NOW", unit: str = "DAYS") -> dict[str, str]:
    return {"type": "date", "format": format_, "range": range_, "interval": "1", "interval.unit": unit}


_YMD: Final = {"region": "string", "year": "string", "month": "string", "day": "string"}
_YMD_VALUES: Final = {"region": "{region}", "year": "%Y", "month": "%m", "day": "%d"}
_ENUM: Final = {"type": "enum", "values": ",".join(ACCOUNTS)}
_REGION_ENUM: Final = {"type": "enum", "values": ",".join(REGIONS)}
_TRAIL: Final = f"{ORGANISATION}/111122223333/CloudTrail/"


def _current(name: str, keys: dict[str, str], **parameters: str) -> dict[str, Any]:
    return athena(name, CURRENT, keys, _JSON_SERDE, _INPUT, ORGANISATION, **parameters)


KINDS: Final = (
    Kind("classic", athena("classic", CLASSIC, {}, _CLOUDTRAIL_SERDE, _INPUT, ORGANISATION)),
    Kind(
        "classic_by_day",
        glue("classic_by_day", CLASSIC, _YMD, _CLOUDTRAIL_SERDE, ORGANISATION),
        partition=_YMD_VALUES,
    ),
    Kind("json_2022", athena("json_2022", SINCE_2022, _YMD, _JSON_SERDE, _INPUT, ORGANISATION), partition=_YMD_VALUES),
    Kind("current", _current("current", _YMD), partition=_YMD_VALUES),
    Kind(
        "projected",
        _current("projected", {"timestamp": "string"}, **projected(timestamp=_date("yyyy/MM/dd"))),
        partition={"timestamp": "%Y/%m/%d"},
    ),
    Kind(
        "projected_org",
        _current(
            "projected_org", {"account": "string", "region": "string", "timestamp": "string"},
            **projected(account=_ENUM, region=_REGION_ENUM, timestamp=_date("yyyy/MM/dd", "NOW-3YEARS,NOW")),
        ),
        partition={"account": "{account}", "region": "{region}", "timestamp": "%Y/%m/%d"},
    ),
    Kind(
        "projected_date",
        _current(
            "projected_date", {"region": "string", "date": "string"},
            **projected(region=_REGION_ENUM, date=_date("yyyy-MM-dd", "2021-06-01,NOW+1DAY")),
        ),
        partition={"region": "{region}", "date": "%Y-%m-%d"},
    ),
    Kind(
        "own",
        athena(
            "own", columns(), {"account": "string", "region": "string", "timestamp": "string"}, _JSON_SERDE, _INPUT,
            ORGANISATION,
            **projected(account=_ENUM, region=_REGION_ENUM, timestamp=_date("yyyy/MM/dd", "2023/01/31,NOW")),
        ),
        partition={"account": "{account}", "region": "{region}", "timestamp": "%Y/%m/%d"},
    ),
    Kind("date_typed", _current("date_typed", {"dt": "date"}), partition={"dt": "%Y-%m-%d"}),
    Kind(
        "projected_hours",
        _current(
            "projected_hours", {"datehour": "string"},
            **projected(datehour=_date("yyyy/MM/dd/HH", "2020/01/01/00,NOW", "HOURS")),
        ),
        partition={"datehour": "%Y/%m/%d/07"},
    ),
    Kind(
        "projected_numbers",
        _current(
            "projected_numbers", {"year": "int", "month": "int", "day": "int"},
            **projected(
                year={"type": "integer", "range": "2019,2029"},
                month={"type": "integer", "range": "1,12"},
                day={"type": "integer", "range": "1,31"},
            ),
        ),
        partition={"year": "%Y", "month": "%m", "day": "%d"},
    ),
    Kind(
        "injected_accounts",
        _current(
            "injected_accounts", {"account_id": "string", "region": "string", "timestamp": "string"},
            **projected(account_id={"type": "injected"}, region=_REGION_ENUM, timestamp=_date("yyyy/MM/dd")),
        ),
        partition={"account_id": "{account}", "region": "{region}", "timestamp": "%Y/%m/%d"},
        given={"account_id": ACCOUNTS},
    ),
    Kind(
        "console_made",
        athena("cloudtrail_logs_trail_bucket", SINCE_2022, {}, _JSON_SERDE, _INPUT, _TRAIL, comment="By CloudTrail"),
    ),
    Kind(
        "lines",
        athena(
            "lines", LINES, {"dt": "string"}, _OPENX_SERDE, "org.apache.hadoop.mapred.TextInputFormat",
            f"{BUCKET}/lines", **projected(dt=_date("yyyy-MM-dd", "2022-01-01,NOW")),
        ),
        partition={"dt": "%Y-%m-%d"},
    ),
    Kind(
        "lake",
        athena("0d5f1f3e-5b1c-4f2a-9c63-2f1a0c1d2e3f", LAKE, {}, location="", **{"com.amazonaws.cloudtrail": "true"}),
        database="aws:cloudtrail",
    ),
    Kind(
        "security_lake_1",
        athena(
            "amazon_security_lake_table_eu_central_1_cloud_trail_mgmt_1_0", OCSF_1,
            {"region": "string", "accountid": "string", "eventday": "string"}, _PARQUET_SERDE, "",
            f"{BUCKET}/aws/CLOUD_TRAIL_MGMT/1.0",
        ),
        database="amazon_security_lake_glue_db_eu_central_1",
        partition={"region": "{region}", "accountid": "{account}", "eventday": "{event}%Y%m%d"},
    ),
    Kind(
        "security_lake_2",
        athena(
            "amazon_security_lake_table_eu_central_1_cloud_trail_mgmt_2_0", OCSF_2, {}, "", "",
            f"{BUCKET}/aws/CLOUD_TRAIL_MGMT/2.0", table_type="ICEBERG",
        ),
        database="amazon_security_lake_glue_db_eu_central_1",
    ),
    Kind("iceberg", athena("iceberg", ICEBERG, {}, "", "", f"{BUCKET}/iceberg", table_type="ICEBERG")),
    Kind(
        "parquet_flat",
        athena("parquet_flat", FLAT, {"event_date": "string"}, _PARQUET_SERDE, "", f"{BUCKET}/copy"),
        partition={"event_date": "{event}%Y-%m-%d"},
    ),
    Kind("view", athena("view", VIEW, {}, type_="VIRTUAL_VIEW")),
)  # fmt: skip
BY_NAME: Final = {kind.name: kind for kind in KINDS}
