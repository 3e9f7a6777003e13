"""The emulator's answers to the operations of Athena, Glue, STS and S3."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from xml.sax.saxutils import escape

import duckdb

from tests.athena_emulator.engine import Answer
from tests.athena_emulator.results import page_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.athena_emulator.emulator import Emulator
    from tests.athena_emulator.executions import Execution
    from tests.athena_emulator.tables import EmulatedTable


class RefusalError(Exception):
    """An error for the client."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def answer(emulator: Emulator, service: str, operation: str, request: dict[str, Any]) -> dict[str, Any]:
    """The answer to one request. Raises RefusalError."""
    found = {"AmazonAthena": _ATHENA, "AWSGlue": _GLUE}.get(service, {}).get(operation)
    if found is None:
        raise RefusalError("UnknownOperationException", f"{service}.{operation} is not emulated")
    return found(emulator, request)


def _start(emulator: Emulator, request: dict[str, Any]) -> dict[str, Any]:
    group = emulator.workgroup
    if request.get("WorkGroup", group.name) != group.name:
        raise RefusalError("InvalidRequestException", f"WorkGroup {request['WorkGroup']} is not found.")
    if not group.enabled:
        raise RefusalError("InvalidRequestException", f"WorkGroup {group.name} is disabled.")
    if len(request["QueryString"].encode()) > 262_144:
        raise RefusalError("InvalidRequestException", "queryString is longer than 262144 bytes")
    asked = {} if group.enforced else request.get("ResultConfiguration", {})
    owner = asked.get("ExpectedBucketOwner", emulator.account)
    if owner != emulator.account:
        raise RefusalError("InvalidRequestException", "Unable to verify/create output bucket: Access Denied")
    if group.managed and request.get("ResultConfiguration"):
        raise RefusalError("InvalidRequestException", "OutputLocation cannot be set with managed query results.")
    output = None if group.managed else asked.get("OutputLocation", group.output)
    if output is None and not group.managed:
        raise RefusalError("InvalidRequestException", "No output location provided. An output location is required "
                           "either through the Workgroup result configuration setting or as an API input.")  # fmt: skip
    try:
        return {"QueryExecutionId": emulator.start(request, output).id}
    except ValueError as error:
        raise RefusalError("InvalidRequestException", str(error)) from error


def _execution(emulator: Emulator, request: dict[str, Any]) -> Execution:
    found = emulator.executions.get(request["QueryExecutionId"])
    if found is None:
        raise RefusalError("InvalidRequestException", f"QueryExecution {request['QueryExecutionId']} was not found")
    return found


def _get(emulator: Emulator, request: dict[str, Any]) -> dict[str, Any]:
    execution = _execution(emulator, request)
    emulator.step(execution)
    return {"QueryExecution": execution.shown()}


def _batch_get(emulator: Emulator, request: dict[str, Any]) -> dict[str, Any]:
    known = [emulator.executions[each] for each in request["QueryExecutionIds"] if each in emulator.executions]
    for execution in known:
        emulator.step(execution)
    missing = [each for each in request["QueryExecutionIds"] if each not in emulator.executions]
    return {
        "QueryExecutions": [execution.shown() for execution in known],
        "UnprocessedQueryExecutionIds": [{"QueryExecutionId": each, "ErrorCode": "NotFound"} for each in missing],
    }


def _results(emulator: Emulator, request: dict[str, Any]) -> dict[str, Any]:
    execution = _execution(emulator, request)
    if execution.state != "SUCCEEDED":
        raise RefusalError(
            "InvalidRequestException", f"Query did not finish successfully. Final query state: {execution.state}"
        )
    limit = min(request.get("MaxResults", 1000), emulator.page_size)
    # A ready result is read from its file alone.
    return page_of(execution.answer or Answer((), (), 0, frozenset()), int(request.get("NextToken", "0")), limit)


def _stop(emulator: Emulator, request: dict[str, Any]) -> dict[str, Any]:
    emulator.stop(_execution(emulator, request))
    return {}


def _workgroup(emulator: Emulator, request: dict[str, Any]) -> dict[str, Any]:
    group = emulator.workgroup
    if request["WorkGroup"] != group.name:
        raise RefusalError("InvalidRequestException", f"WorkGroup {request['WorkGroup']} is not found.")
    configuration: dict[str, Any] = {
        "EnforceWorkGroupConfiguration": group.enforced,
        "PublishCloudWatchMetricsEnabled": True,
        "RequesterPaysEnabled": False,
        "EngineVersion": {"SelectedEngineVersion": "AUTO", "EffectiveEngineVersion": group.engine},
        "ResultConfiguration": {"OutputLocation": group.output} if group.output and not group.managed else {},
    }
    if group.limit is not None:
        configuration["BytesScannedCutoffPerQuery"] = group.limit
    if group.managed:
        configuration["ManagedQueryResultsConfiguration"] = {"Enabled": True}
    state = "ENABLED" if group.enabled else "DISABLED"
    return {"WorkGroup": {"Name": group.name, "State": state, "Configuration": configuration}}


def _table(emulator: Emulator, database: str, name: str) -> EmulatedTable:
    found = emulator.engine.table(database, name)
    if found is None:
        known = any(table.database == database for table in emulator.engine.tables)
        what = f"Table {database}.{name}" if known else f"Database {database}"
        raise RefusalError("MetadataException", f"EntityNotFoundException: Entity Not Found: {what} "
                           "not found. (Service: AmazonDataCatalog; Status Code: 400; Error Code: "
                           "EntityNotFoundException; Request ID: 1; Proxy: null)")  # fmt: skip
    return found


def _list_tables(emulator: Emulator, request: dict[str, Any]) -> dict[str, Any]:
    found = [table for table in emulator.engine.tables if table.database == request["DatabaseName"]]
    return {"TableMetadataList": [table.metadata() for table in found]}


def _list_databases(emulator: Emulator, request: dict[str, Any]) -> dict[str, Any]:
    """One a page."""
    names = sorted({table.database for table in emulator.engine.tables})
    at = int(request.get("NextToken", "0"))
    more = {"NextToken": str(at + 1)} if at + 1 < len(names) else {}
    return {"DatabaseList": [{"Name": name} for name in names[at : at + 1]], **more}


def _list_catalogs(emulator: Emulator, _: dict[str, Any]) -> dict[str, Any]:
    found = {"AwsDataCatalog": "GLUE", **emulator.catalogs}
    return {"DataCatalogsSummary": [{"CatalogName": name, "Type": kind} for name, kind in found.items()]}


def _assignments(emulator: Emulator, request: dict[str, Any]) -> dict[str, Any]:
    name = request["CapacityReservationName"]
    groups = [{"WorkGroupNames": list(emulator.reservations[name])}]
    return {"CapacityAssignmentConfiguration": {"CapacityReservationName": name, "CapacityAssignments": groups}}


def _glue_table(emulator: Emulator, request: dict[str, Any]) -> dict[str, Any]:
    found = emulator.engine.table(request["DatabaseName"], request["Name"])
    if found is None:
        raise RefusalError("EntityNotFoundException", f"Entity Not Found: {request['Name']}")
    return {"Table": {**found.glue(), **found.link}}


def filtered(names: list[str], listed: list[tuple[str, ...]], wanted: str) -> list[tuple[str, ...]]:
    """The partitions that an expression keeps. Raises RefusalError where Glue would refuse it."""
    if '"' in wanted:
        raise RefusalError("InvalidInputException", f"Unsupported expression '{wanted}'")
    columns = ", ".join(f'"{name}"' for name in names)
    marks = ", ".join("(" + ", ".join("?" for _ in names) + ")" for _ in listed)
    with duckdb.connect(":memory:") as connection:
        sql = f"SELECT * FROM (VALUES {marks}) AS t({columns}) WHERE {wanted}"
        return connection.execute(sql, [value for values in listed for value in values]).fetchall()


def _glue_partitions(emulator: Emulator, request: dict[str, Any]) -> dict[str, Any]:
    listed = emulator.partitions.get(request["TableName"], [])
    table = emulator.engine.table(request["DatabaseName"], request["TableName"])
    if table is not None and (wanted := request.get("Expression")) and listed:
        listed = filtered(list(table.partitions), listed, wanted)
    first, most = int(request.get("NextToken", "0") or 0), request.get("MaxResults", 100)
    place = "" if table is None else table.location
    found: dict[str, Any] = {
        "Partitions": [
            {"Values": list(values), "StorageDescriptor": {"Location": f"{place}{'/'.join(values)}"}}
            for values in listed[first : first + most]
        ]
    }
    if first + most < len(listed):
        found["NextToken"] = str(first + most)
    return found


_ATHENA: dict[str, Callable[[Emulator, dict[str, Any]], dict[str, Any]]] = {
    "StartQueryExecution": _start,
    "GetQueryExecution": _get,
    "BatchGetQueryExecution": _batch_get,
    "GetQueryResults": _results,
    "StopQueryExecution": _stop,
    "GetWorkGroup": _workgroup,
    "GetTableMetadata": lambda emulator, request: {
        "TableMetadata": _table(emulator, request["DatabaseName"], request["TableName"]).metadata()
    },
    "ListTableMetadata": _list_tables,
    "ListDatabases": _list_databases,
    "ListDataCatalogs": _list_catalogs,
    "ListCapacityReservations": lambda emulator, _: {
        "CapacityReservations": [{"Name": name, "Status": "ACTIVE"} for name in emulator.reservations]
    },
    "GetCapacityAssignmentConfiguration": _assignments,
    "GetDataCatalog": lambda _, request: {"DataCatalog": {"Name": request["Name"], "Type": "GLUE", "Parameters": {}}},
}
_GLUE: dict[str, Callable[[Emulator, dict[str, Any]], dict[str, Any]]] = {
    "GetTable": _glue_table,
    "GetPartitions": _glue_partitions,
}


def error(code: str, message: str) -> dict[str, Any]:
    """An error of the JSON services."""
    return {"__type": code, "message": message, "Message": message}


#: The access key of a role that was assumed.
ROLE_KEY: Final = "ASIAEMULATEDROLE0000"


def role_credentials(role_arn: str) -> bytes:
    """STS's answer to AssumeRole, good for an hour."""
    until = (datetime.now(UTC) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return (
        '<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>'
        f"<AccessKeyId>{ROLE_KEY}</AccessKeyId><SecretAccessKey>secret</SecretAccessKey>"
        f"<SessionToken>token</SessionToken><Expiration>{until}</Expiration></Credentials>"
        f"<AssumedRoleUser><AssumedRoleId>AROA:auditor</AssumedRoleId><Arn>{role_arn}</Arn></AssumedRoleUser>"
        "</AssumeRoleResult></AssumeRoleResponse>"
    ).encode()


def caller_identity(account: str, role_arn: str = "") -> bytes:
    """STS's answer: a user, or who acts in a role."""
    if role_arn:
        account, name = role_arn.split(":")[4], role_arn.rpartition("/")[2]
        return _identity(account, f"arn:aws:sts::{account}:assumed-role/{name}/ssmtrail-auditor")
    return _identity(account, f"arn:aws:iam::{account}:user/auditor")


def _identity(account: str, arn: str) -> bytes:
    return (
        '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>'
        f"<Arn>{arn}</Arn><UserId>AIDAEMULATED</UserId><Account>{account}</Account>"
        "</GetCallerIdentityResult><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata>"
        "</GetCallerIdentityResponse>"
    ).encode()


def sts_error(code: str, message: str) -> bytes:
    """An error of STS."""
    return (
        '<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>'
        f"<Code>{code}</Code><Message>{escape(message)}</Message></Error><RequestId>1</RequestId></ErrorResponse>"
    ).encode()


def s3_error(code: str, message: str) -> bytes:
    """An error of S3."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><Error><Code>{code}</Code><Message>{escape(message)}</Message>'
        "<RequestId>1</RequestId></Error>"
    ).encode()


def byte_range(header: str | None, size: int) -> tuple[int, int]:
    """What a `Range` header asks for, from and before which byte."""
    found = re.fullmatch(r"bytes=(\d+)-(\d*)", header or "")
    if found is None:
        return 0, size
    return min(size, int(found[1])), min(size, int(found[2]) + 1) if found[2] else size


def unchunked(body: bytes, encoding: str | None) -> bytes:
    """A body without the `aws-chunked` framing that newer clients send."""
    if "aws-chunked" not in (encoding or ""):
        return body
    whole, at = b"", 0
    while True:
        line_end = body.index(b"\r\n", at)
        size = int(body[at:line_end].split(b";")[0], 16)
        if not size:
            return whole
        whole += body[line_end + 2 : line_end + 2 + size]
        at = line_end + 2 + size + 2
