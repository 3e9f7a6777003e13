"""The order of copies of a call that contradict each other: by their content alone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from ssmtrail.queries.sql_text import literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from duckdb import DuckDBPyConnection

#: The places of columns in a CloudTrail record. Other columns of raw calls say where a record was read.
_PATHS: Final = {
    "eventid": "eventID",
    "sharedeventid": "sharedEventID",
    "eventtime": "eventTime",
    "eventsource": "eventSource",
    "eventname": "eventName",
    "awsregion": "awsRegion",
    "recipientaccountid": "recipientAccountId",
    "sourceipaddress": "sourceIPAddress",
    "useragent": "userAgent",
    "errorcode": "errorCode",
    "errormessage": "errorMessage",
    "requestparameters": "requestParameters",
    "responseelements": "responseElements",
    "resources": "resources",
    "requestid": "requestID",
    "useridentity_type": "userIdentity.type",
    "useridentity_principalid": "userIdentity.principalId",
    "useridentity_arn": "userIdentity.arn",
    "useridentity_accountid": "userIdentity.accountId",
    "useridentity_accesskeyid": "userIdentity.accessKeyId",
    "useridentity_username": "userIdentity.userName",
    "useridentity_invokedby": "userIdentity.invokedBy",
    "useridentity_sourceidentity": "userIdentity.sessionContext.sourceIdentity",
    "useridentity_issuer_arn": "userIdentity.sessionContext.sessionIssuer.arn",
    "useridentity_issuer_username": "userIdentity.sessionContext.sessionIssuer.userName",
    "useridentity_onbehalfof_userid": "userIdentity.onBehalfOf.userId",
}
_JSON: Final = frozenset({"requestparameters", "responseelements", "resources"})


def precedence(connection: DuckDBPyConnection, raw: str, copies: Sequence[tuple[int, str, int]]) -> str:
    """The statement that gives `row_no` and `place` of copies: that whose sorted JSON comes first has the first place.

    `copies` has the number of each, and the segment and row of its raw call in the relation `raw`. Sorted JSON is made
    of the columns that all sources have, so that they agree. Raises the engine's errors.
    """
    if not copies:
        return "SELECT 0::BIGINT AS row_no, 0 AS place WHERE false"
    places = {(segment, row): row_no for row_no, segment, row in copies}
    wanted = " OR ".join(f"(segment = {literal(segment)} AND segment_row = {row})" for segment, row in places)
    columns = ", ".join(_PATHS)
    found = connection.execute(f"SELECT segment, segment_row, {columns} FROM ({raw}) WHERE {wanted}").fetchall()
    texts = {
        places[row[0], row[1]]: _sorted_json(dict(zip(_PATHS, row[2:], strict=True)))
        for row in found
        if (row[0], row[1]) in places
    }
    numbers = sorted(texts, key=lambda row_no: texts[row_no])
    listed = ", ".join(map(str, numbers))
    return f"SELECT unnest([{listed}]::BIGINT[]) AS row_no, unnest(range({len(numbers)})) AS place"


def _sorted_json(values: Mapping[str, str | None]) -> str:
    record: dict[str, Any] = {}
    for column, value in values.items():
        if value is None:
            continue
        *path, name = _PATHS[column].split(".")
        inner = record
        for part in path:
            inner = inner.setdefault(part, {})
        inner[name] = _loaded(value) if column in _JSON else value
    return json.dumps(record, sort_keys=True)


def _loaded(value: str) -> Any:
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value
