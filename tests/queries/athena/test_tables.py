"""Every kind of table is described by what can be asked of it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from ssmtrail.queries.errors import SourceError, UsageError
from ssmtrail.queries.raw_calls import RAW_COLUMNS
from ssmtrail.queries.sources.athena.columns import ABSENT
from ssmtrail.queries.sources.athena.partitions import DateDays, SplitDays, TextDays
from ssmtrail.queries.sources.athena.tables import Table, described
from tests.queries.athena.catalog_columns import CLASSIC, CURRENT
from tests.queries.athena.kinds import ACCOUNTS, BY_NAME, DATABASE, KINDS, Kind, athena, projected

TODAY = date(2026, 11, 23)
_DAY = date(2026, 11, 3)
#: Kind, what it is taken for, the condition of one day, whether its days are those of delivery.
EXPECTED = {
    "classic": ("cloudtrail", "\"eventtime\" >= '2026-11-03'", False),
    "classic_by_day": ("cloudtrail", "\"year\" = '2026' AND \"month\" = '11' AND \"day\" = '03'", True),
    "json_2022": ("cloudtrail", "\"year\" = '2026' AND \"month\" = '11' AND \"day\" = '03'", True),
    "current": ("cloudtrail", "\"year\" = '2026' AND \"month\" = '11' AND \"day\" = '03'", True),
    "projected": ("cloudtrail", "\"timestamp\" = '2026/11/03'", True),
    "projected_org": ("cloudtrail", "\"timestamp\" = '2026/11/03'", True),
    "projected_date": ("cloudtrail", "\"date\" = '2026-11-03'", True),
    "own": ("cloudtrail", "\"timestamp\" = '2026/11/03'", True),
    "date_typed": ("cloudtrail", "\"dt\" BETWEEN DATE '2026-11-03' AND DATE '2026-11-03'", True),
    "projected_hours": ("cloudtrail", "\"datehour\" >= '2026/11/03/00' AND \"datehour\" < '2026/11/04/00'", True),
    "projected_numbers": ("cloudtrail", '"year" = 2026 AND "month" = 11 AND "day" = 3', True),
    "injected_accounts": ("cloudtrail", "\"timestamp\" = '2026/11/03'", True),
    "console_made": ("cloudtrail", "\"eventtime\" >= '2026-11-03'", False),
    "lines": ("json-lines", "\"dt\" = '2026-11-03'", True),
    "lake": ("lake", "\"eventtime\" >= TIMESTAMP '2026-11-03 00:00:00'", False),
    "security_lake_1": ("security-lake-1", "\"eventday\" = '20261103'", False),
    "security_lake_2": ("security-lake-2", "\"time_dt\" >= TIMESTAMP '2026-11-03 00:00:00'", False),
    "iceberg": ("iceberg", "\"eventtime\" >= TIMESTAMP '2026-11-03 00:00:00'", False),
    "parquet_flat": ("columnar", "\"event_date\" = '2026-11-03'", False),
    "view": ("view", "\"eventtime\" >= '2026-11-03'", False),
}
ALWAYS_ABSENT = {"record", "redacted", "position", "content_id"}
#: Raw columns that the kind's own columns do not have.
_SINCE_2025 = {
    "useridentity_credentialid", "useridentity_inscopeof", "useridentity_invokedbydelegate",
    "useridentity_assumedroot",
}  # fmt: skip
_DOCUMENTED = {"useridentity_sourceidentity", "useridentity_identityprovider", *_SINCE_2025}
_BEHALF = {"useridentity_onbehalfof_userid", "useridentity_onbehalfof_storearn"}
_SINCE_2022 = {*_DOCUMENTED, *_BEHALF, "sessioncredentialfromconsole", "addendum_reason", "addendum_originaleventid"}
LACKS = {
    "classic": {*_SINCE_2022, "useridentity_ec2roledelivery"},
    "classic_by_day": {*_SINCE_2022, "useridentity_ec2roledelivery"},
    "json_2022": _SINCE_2022,
    "console_made": _SINCE_2022,
    "own": set[str](),
    "lines": {
        *_SINCE_2025, *_BEHALF, "useridentity_ec2roledelivery", "sharedeventid", "additionaleventdata",
        "serviceeventdetails",
    },
    "lake": {"file"},
    "security_lake_1": {"file"},
    "security_lake_2": {"file"},
    "iceberg": {*_DOCUMENTED, "file"},
    "parquet_flat": {
        *_DOCUMENTED, *_BEHALF, "sessioncredentialfromconsole", "useridentity_creationdate",
        "useridentity_ec2roledelivery", "sharedeventid", "additionaleventdata", "serviceeventdetails",
    },
    "view": {"file"},
}  # fmt: skip


def test_no_kind_is_forgotten() -> None:
    assert set(EXPECTED) == {kind.name for kind in KINDS}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_what_it_is(kind: Kind) -> None:
    table = kind.table
    name, condition, is_delivery = EXPECTED[kind.name]
    assert (table.kind, table.is_delivery) == (name, is_delivery)
    day = table.days.between(_DAY, _DAY) if table.days else table.time.within(_at(_DAY), None)[0]
    assert day == condition


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_which_values_it_has(kind: Kind) -> None:
    table = kind.table
    assert [raw for raw, _ in table.raw] == [raw for raw in RAW_COLUMNS if raw != "folder_day"]
    lacks = {raw for raw, sql in table.raw if sql == ABSENT}
    assert lacks - ALWAYS_ABSENT == LACKS.get(kind.name, _DOCUMENTED)


@pytest.mark.parametrize(
    ("name", "raw", "sql"),
    [
        ("classic", "eventname", '"eventname"'),
        ("classic", "useridentity_issuer_arn", '"useridentity"."sessioncontext"."sessionissuer"."arn"'),
        ("classic", "requestparameters", "nullif(\"requestparameters\", 'null')"),
        ("classic", "file", "replace(\"$path\", 's3://trail-bucket/AWSLogs/o-demo4tr41l/', '')"),
        ("lines", "eventtime", "date_format(\"eventtime\", '%Y-%m-%dT%H:%i:%sZ')"),
        ("lines", "useridentity_sourceidentity", '"useridentity"."sessioncontext"."sourceidentity"'),
        ("lake", "addendum_originaleventid", "element_at(\"addendum\", 'originalEventID')"),
        ("lake", "useridentity_mfaauthenticated", '"useridentity"."sessioncontext"."attributes"."mfaauthenticated"'),
        ("security_lake_1", "eventname", '"api"."operation"'),
        ("security_lake_1", "sourceipaddress", 'coalesce("src_endpoint"."ip", "src_endpoint"."domain")'),
        ("security_lake_2", "requestparameters", "nullif(\"api\".\"request\".\"data\", 'null')"),
        ("security_lake_2", "useridentity_mfaauthenticated", 'CAST("actor"."session"."is_mfa" AS varchar)'),
        ("parquet_flat", "sourceipaddress", '"source_ip_address"'),
        ("parquet_flat", "useridentity_issuer_arn", '"useridentity_sessioncontext_sessionissuer_arn"'),
        ("view", "useridentity_arn", "json_extract_scalar(\"useridentity\", '$.arn')"),
    ],
)  # fmt: skip
def test_how_a_value_is_had(name: str, raw: str, sql: str) -> None:
    assert BY_NAME[name].table[raw] == sql


def test_structs_become_json_with_the_names_of_records() -> None:
    sql = BY_NAME["lines"].table["requestparameters"]
    assert "ARRAY['target', 'sessionId', 'documentName', 'reason', 'parameters'," in sql
    assert "ARRAY['portNumber', 'localPortNumber', 'host', 'command']" in sql


@pytest.mark.parametrize("name", ["classic", "console_made"])
def test_a_table_without_partitions_warns(name: str) -> None:
    assert "scans the whole trail" in BY_NAME[name].table.warnings[0]


@pytest.mark.parametrize("name", ["projected", "classic_by_day", "lake", "iceberg", "security_lake_2"])
def test_a_table_that_prunes_does_not(name: str) -> None:
    assert not [warning for warning in BY_NAME[name].table.warnings if "scan" in warning]


def test_what_a_table_does_not_have_is_said() -> None:
    documented, own, flat = (BY_NAME[name].table for name in ("projected", "own", "parquet_flat"))
    assert documented.warnings == (
        (
            "Not in this table: sourceIdentity, identityProvider, credentialId, inScopeOf, invokedByDelegate,"
            " assumedRoot. Who acted is known less well than from files."
            " `ssmtrail athena ddl` writes a table that has them."
        ),
    )
    assert own.warnings == ()
    assert "sharedEventID" in flat.warnings[-1]
    assert "athena ddl" not in flat.warnings[-1]


@pytest.mark.parametrize(
    ("regions", "added"),
    [
        (("eu-central-1",), True),
        (("eu-central-1", "us-east-1"), False),
        (("cn-north-1",), False),
        (("us-gov-west-1", "us-gov-east-1"), False),
    ],
)
def test_chosen_regions_have_the_global_endpoint_of_sts_beside_them(regions: tuple[str, ...], added: bool) -> None:
    table = described(BY_NAME["current"].metadata, DATABASE).with_values({"region": regions})
    assert table.adds_global_sts is added
    assert dict(table.scanned)["region"] == (*regions, "us-east-1")[: len(regions) + added]
    assert dict(table.given)["region"] == regions


def test_a_view_says_that_it_cannot_know() -> None:
    assert "view" in BY_NAME["view"].table.warnings[0]


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("projected", date(2020, 1, 1), TODAY),
        ("projected_org", date(2023, 11, 23), TODAY),
        ("projected_date", date(2021, 6, 1), date(2026, 11, 24)),
        ("projected_hours", date(2020, 1, 1), TODAY),
        ("projected_numbers", date(2019, 1, 1), date(2029, 12, 31)),
        ("current", None, None),
    ],
)
def test_how_far_a_projection_reaches(name: str, first: date | None, last: date | None) -> None:
    table = BY_NAME[name].table
    assert table.reach(TODAY) == (first, last)
    assert table.is_projected == (first is not None)


def test_partitions_that_the_catalog_lists() -> None:
    values = {"region": "eu-central-1", "year": "2026", "month": "11", "day": "03"}
    assert BY_NAME["current"].table.day_of(values) == _DAY
    assert BY_NAME["lake"].table.day_of({}) is None


def test_injected_columns_need_values() -> None:
    bare = described(BY_NAME["injected_accounts"].metadata, DATABASE)
    assert bare.needs == ("account_id",)
    table = bare.with_values({"ACCOUNT_ID": ("111122223333", "111122223333")})
    assert table.needs == ()
    assert table.given == (("account_id", ("111122223333",)),)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"nation": ("x",)}, "it has account, region"),
        ({"region": ("mars-1",)}, "has no value 'mars-1'"),
        ({"account": ()}, "at least one"),
    ],
)
def test_invalid_values_are_refused(given: dict[str, tuple[str, ...]], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        BY_NAME["projected_org"].table.with_values(given)


def test_enums_can_be_cut_but_need_not_be() -> None:
    table = BY_NAME["projected_org"].table
    assert table.needs == ()
    assert table.with_values({"account": ACCOUNTS[:1]}).given == (("account", ACCOUNTS[:1]),)


def _keyed(
    keys: dict[str, str], samples: dict[str, str] | None = None, parameters: dict[str, str] | None = None
) -> Table:
    return described(athena("t", CURRENT, keys, **(parameters or {})), DATABASE, samples=samples)


@pytest.mark.parametrize(
    ("keys", "samples", "expected"),
    [
        ({"dt": "string"}, {"dt": "2026/11/23"}, TextDays("dt", "%Y/%m/%d")),
        ({"dt": "string"}, {"dt": "20261123"}, TextDays("dt", "%Y%m%d")),
        ({"log_date": "string"}, {"log_date": "2026-11-23-07"}, TextDays("log_date", "%Y-%m-%d-%H")),
        ({"odd_name": "string"}, {"odd_name": "2026-11-23"}, TextDays("odd_name", "%Y-%m-%d")),
        ({"date": "int"}, {}, TextDays("date", "%Y%m%d", is_number=True)),
        ({"region": "string", "d": "date"}, {}, DateDays("d")),
    ],
)
def test_days_without_a_projection(keys: dict[str, str], samples: dict[str, str], expected: Any) -> None:
    assert _keyed(keys, samples).days == expected


def test_a_guess_is_said() -> None:
    assert "are assumed to look like 2026-11-23" in _keyed({"dt": "string"}).warnings[0]
    assert not [w for w in _keyed({"dt": "string"}, {"dt": "2026-11-23"}).warnings if "assumed to look like" in w]


def test_short_months_are_seen_in_a_sample() -> None:
    keys = {"year": "string", "month": "string", "day": "string"}
    days = _keyed(keys, {"year": "2026", "month": "3", "day": "7"}).days
    assert isinstance(days, SplitDays)
    assert days.between(date(2026, 3, 7), date(2026, 3, 8)).endswith("\"month\" = '3' AND \"day\" IN ('7', '8')")


def test_partitions_that_tell_no_day() -> None:
    table = _keyed({"region": "string"})
    assert table.days is None
    assert "None of its partition columns (region) holds a day" in " ".join(table.warnings)
    assert "scans the whole trail" in table.warnings[0]


def test_an_injected_day_is_named_day_by_day() -> None:
    days = _keyed({"date": "string"}, parameters=projected(date={"type": "injected"})).days
    assert isinstance(days, TextDays)
    assert days.between(date(2026, 11, 1), date(2026, 11, 2)) == "\"date\" IN ('2026-11-01', '2026-11-02')"


def test_a_table_without_records_is_refused() -> None:
    with pytest.raises(SourceError, match="has no eventtime, eventname"):
        described(athena("flows", [("eventid", "string"), ("eventsource", "string")]), DATABASE)
    with pytest.raises(SourceError, match="has no columns"):
        described({"TableMetadata": {"Name": "empty", "Columns": []}}, DATABASE)


def test_the_own_catalog_needs_no_name() -> None:
    metadata = athena("t", CLASSIC)
    assert described(metadata, "db", "AwsDataCatalog").qualified == '"db"."t"'
    assert described(metadata, "db", "other").qualified == '"other"."db"."t"'


def _at(day: date) -> Any:
    from datetime import UTC, datetime

    return datetime(day.year, day.month, day.day, tzinfo=UTC)
