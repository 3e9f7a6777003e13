"""The emulator, driven by boto3 and PyAthena as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
import pyathena
import pytest
from botocore.exceptions import ClientError

from tests.athena_emulator.faults import Fault

if TYPE_CHECKING:
    from tests.athena_emulator import Emulator

SQL = (
    'SELECT "eventid", "useridentity"."arn" AS who, json_extract_scalar("requestparameters", \'$.target\') AS target,'
    ' "errorcode" FROM "audit"."trail" WHERE "timestamp" BETWEEN \'2026/11/12\' AND \'2026/11/13\' ORDER BY 1'
)


def client(name: str) -> Any:
    session: Any = boto3.Session()
    return session.client(name)


def test_pyathena_reads_rows_and_counts_the_bytes_of_the_days(emulator: Emulator) -> None:
    with pyathena.connect(poll_interval=0.01, work_group="primary", region_name="eu-central-1") as connection:
        cursor = connection.cursor()
        cursor.execute(SQL)
        rows = cursor.fetchall()
        assert [row[0] for row in rows] == ["end-2026-11-12", "end-2026-11-13", "start-2026-11-12", "start-2026-11-13"]
        assert rows[2] == ("start-2026-11-12", "arn:aws:iam::111122223333:user/jane", "i-0ab1c2d3", None)
        table = emulator.engine.tables[0]
        expected = emulator.engine.size(table, [("2026/11/12",), ("2026/11/13",)])
        assert cursor.data_scanned_in_bytes == expected > 0


def test_the_result_lies_in_s3_with_null_apart_from_nothing(emulator: Emulator) -> None:
    with pyathena.connect(poll_interval=0.01, work_group="primary", region_name="eu-central-1") as connection:
        cursor = connection.cursor()
        cursor.execute("SELECT '' AS nothing, NULL AS absent, 'a \"b\"\n,' AS odd")
        assert cursor.output_location
        bucket, _, key = cursor.output_location.removeprefix("s3://").partition("/")
    body = client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    assert body == b'"nothing","absent","odd"\n"",,"a ""b""\n,"\n'
    part = client("s3").get_object(Bucket=bucket, Key=key, Range="bytes=1-7")["Body"].read()
    assert part == b"nothing"
    assert client("s3").head_object(Bucket=bucket, Key=key)["ContentLength"] == len(body)


def test_pages_have_the_header_once(emulator: Emulator) -> None:
    emulator.page_size = 3
    with pyathena.connect(poll_interval=0.01, work_group="primary", region_name="eu-central-1") as connection:
        assert len(connection.cursor().execute("SELECT * FROM UNNEST(sequence(1, 10)) AS t(n)").fetchall()) == 10


def test_the_same_token_is_the_same_query(emulator: Emulator) -> None:
    athena = client("athena")
    token = "t" * 32
    ids = {
        athena.start_query_execution(QueryString="SELECT 1", ClientRequestToken=token, WorkGroup="primary")[
            "QueryExecutionId"
        ]
        for _ in range(2)
    }
    assert len(ids) == len(emulator.executions) == 1
    with pytest.raises(ClientError, match="Idempotent"):
        athena.start_query_execution(QueryString="SELECT 2", ClientRequestToken=token, WorkGroup="primary")


def test_it_lists_and_stores_objects(emulator: Emulator) -> None:
    s3 = client("s3")
    s3.put_object(Bucket="b", Key="k/ä.txt", Body=b"hello")
    assert s3.get_object(Bucket="b", Key="k/ä.txt")["Body"].read() == b"hello"
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket="trail-bucket", PaginationConfig={"PageSize": 3})
    assert len([each for page in pages for each in page["Contents"]]) == 14
    assert client("sts").get_caller_identity()["Account"] == "111122223333"


def test_it_describes_the_table_for_athena_and_glue(emulator: Emulator) -> None:
    metadata = client("athena").get_table_metadata(
        CatalogName="AwsDataCatalog", DatabaseName="audit", TableName="trail"
    )
    assert [key["Name"] for key in metadata["TableMetadata"]["PartitionKeys"]] == ["timestamp"]
    assert client("glue").get_table(DatabaseName="audit", Name="trail")["Table"]["Name"] == "trail"
    with pytest.raises(ClientError, match="EntityNotFound"):
        client("athena").get_table_metadata(CatalogName="AwsDataCatalog", DatabaseName="audit", TableName="none")


def test_explain_names_the_days_and_costs_nothing(emulator: Emulator) -> None:
    with pyathena.connect(poll_interval=0.01, work_group="primary", region_name="eu-central-1") as connection:
        plan = "\n".join(row[0] for row in connection.cursor().execute(f"EXPLAIN {SQL}").fetchall())
    assert "timestamp:string:PARTITION_KEY :: [[2026/11/12], [2026/11/13]]" in plan
    assert emulator.bytes_scanned == 0


def test_a_stopped_query_is_cancelled(emulator: Emulator) -> None:
    emulator.hold()
    athena = client("athena")
    query = athena.start_query_execution(QueryString=SQL, WorkGroup="primary")["QueryExecutionId"]
    assert athena.get_query_execution(QueryExecutionId=query)["QueryExecution"]["Status"]["State"] == "RUNNING"
    athena.stop_query_execution(QueryExecutionId=query)
    assert athena.get_query_execution(QueryExecutionId=query)["QueryExecution"]["Status"]["State"] == "CANCELLED"


def test_it_goes_wrong_as_told(emulator: Emulator) -> None:
    emulator.faults.planned.append(
        Fault("GetWorkGroup", "AccessDeniedException", "not authorized to perform: athena:GetWorkGroup")
    )
    with pytest.raises(ClientError, match="AccessDenied"):
        client("athena").get_work_group(WorkGroup="primary")
    emulator.workgroup.limit = 10
    athena = client("athena")
    query = athena.start_query_execution(QueryString=SQL, WorkGroup="primary")["QueryExecutionId"]
    status = athena.get_query_execution(QueryExecutionId=query)["QueryExecution"]["Status"]
    assert (status["State"], status["StateChangeReason"]) == ("CANCELLED", "Bytes scanned limit was exceeded")
    emulator.expired = True
    with pytest.raises(ClientError, match="ExpiredToken"):
        athena.get_work_group(WorkGroup="primary")
