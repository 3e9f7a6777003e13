"""The order of copies of a call that contradict each other: by their content alone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from ssmtrail.queries.raw_calls import JSON_PATHS, TEXT_PATHS
from ssmtrail.queries.sql_text import literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from duckdb import DuckDBPyConnection

#: Columns that all sources have, so that they agree on the order.
_COLUMNS: Final = (
    "eventid", "sharedeventid", "eventtime", "eventsource", "eventname", "awsregion", "recipientaccountid",
    "sourceipaddress", "useragent", "errorcode", "errormessage", "requestparameters", "responseelements", "resources",
    "requestid", "useridentity_type", "useridentity_principalid", "useridentity_arn", "useridentity_accountid",
    "useridentity_accesskeyid", "useridentity_username", "useridentity_invokedby", "useridentity_sourceidentity",
    "useridentity_issuer_arn", "useridentity_issuer_username", "useridentity_onbehalfof_userid",
)  # fmt: skip


def precedence(connection: DuckDBPyConnection, raw: str, copies: Sequence[tuple[int, str, int]]) -> str:
    """The statement that gives `row_no` and `place` of copies: that whose sorted JSON comes first has the first place.

    `copies` has the number of each, and the segment and row of its raw call in the relation `raw`. Sorted JSON is made
    of `_COLUMNS`. Raises the engine's errors.
    """
    if not copies:
        return "SELECT 0::BIGINT AS row_no, 0 AS place WHERE false"
    places = {(segment, row): row_no for row_no, segment, row in copies}
    wanted = " OR ".join(f"(segment = {literal(segment)} AND segment_row = {row})" for segment, row in places)
    columns = ", ".join(_COLUMNS)
    found = connection.execute(f"SELECT segment, segment_row, {columns} FROM ({raw}) WHERE {wanted}").fetchall()
    texts = {
        places[row[0], row[1]]: _sorted_json(dict(zip(_COLUMNS, row[2:], strict=True)))
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
        *path, name = TEXT_PATHS.get(column) or JSON_PATHS[column]
        inner = record
        for part in path:
            inner = inner.setdefault(part, {})
        inner[name] = _loaded(value) if column in JSON_PATHS else value
    return json.dumps(record, sort_keys=True)


def _loaded(value: str) -> Any:
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value
