"""The raw records behind the rows of an answer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, TypeAlias

from ssmtrail.queries.model import Question
from ssmtrail.queries.raw_calls import RAW_COLUMNS
from ssmtrail.queries.relations import scoped, summary
from ssmtrail.queries.sql_text import statement
from ssmtrail.queries.window_sql import Select

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from duckdb import DuckDBPyConnection

    from ssmtrail.queries.model import Recorded, Scope
    from ssmtrail.queries.snapshot import Snapshot

#: Where a record's text comes from; of `columns` it is a JSON object of a table's columns, not a record.
RecordSource: TypeAlias = Literal["file", "s3", "history", "columns"]
#: Columns that say where a row lies, not what was recorded.
_NOT_RECORDED: Final = frozenset({"redacted", "record", "file", "folder_day", "position", "content_id"})
_PAGE: Final = 1_000
_BREAKS: Final = str.maketrans("\r\n", "  ")


class RawRecord(NamedTuple):
    """A record as the source held it."""

    event_id: str | None
    event_time: str
    """As it was recorded."""
    text: str
    """JSON in one line: breaks between its values are blanks here, all else is exact."""
    source: RecordSource
    file: str | None
    """Below the folder; may be hostile."""
    position: int | None
    """Number of the record in its file, from 0."""
    redacted: tuple[str, ...]
    """Keys of secrets whose values are replaced by their length."""


def records(
    snapshot: Snapshot, cursor: DuckDBPyConnection, question: Recorded, scope: Scope,
    source: Callable[[str], RecordSource],
) -> Iterator[RawRecord]:  # fmt: skip
    """The records of every event that the rows of a question name, the oldest first.

    `source` says where those records of a segment, by its name, come from that have a text of their own.
    """
    if question == "findings":
        rows = summary(snapshot, cursor, Question(question, scope))
        rows = Select(f"({rows.sql})", rows.parameters)
    else:
        rows = scoped(snapshot, cursor, question, scope)
    cursor.execute(f"CREATE OR REPLACE TEMP TABLE chosen AS {_chosen(question)} FROM {rows.sql}", list(rows.parameters))
    relations = {
        "raw": f"FROM ({snapshot.derived.raw_calls()})",
        "ids": "SELECT DISTINCT unnest(ids) AS id FROM chosen",
        "places": _places(snapshot, cursor, question, scope),
    }
    given = ", ".join(f"{name} AS NOT MATERIALIZED ({sql})" for name, sql in relations.items())
    columns = ", ".join(f"'{name}': {name}" for name in RAW_COLUMNS if name not in _NOT_RECORDED)
    text = statement("records").replace("{columns}", f"{{{columns}}}").replace("WITH found", f"WITH {given}, found", 1)
    cursor.execute(text)
    while page := cursor.fetchmany(_PAGE):
        for event_id, time, record, is_record, file, place, redacted, segment in page:
            shown = one_line(record) if is_record else _without_nulls(record)
            own: RecordSource = source(segment) if is_record else "columns"
            keys = tuple(redacted.split()) if redacted else ()
            yield RawRecord(event_id, time, shown, own, file, place, keys)


def _chosen(question: Recorded) -> str:
    if question in {"sessions", "findings"}:
        return "SELECT key, event_ids AS ids"
    return "SELECT key, CASE WHEN event_id IS NULL THEN [] ELSE [event_id] END AS ids, event_id, segment, segment_row"


def _places(snapshot: Snapshot, cursor: DuckDBPyConnection, question: Recorded, scope: Scope) -> str:
    """Where the records without event ids lie."""
    if question == "findings":
        return "SELECT NULL::VARCHAR AS segment, NULL::BIGINT AS segment_row WHERE false"
    if question != "sessions":
        return "SELECT segment, segment_row FROM chosen WHERE event_id IS NULL"
    calls = snapshot.around(cursor, "calls", scope.window)
    return (
        f"SELECT segment, segment_row FROM {calls} WHERE event_id IS NULL"
        " AND (session_key IN (SELECT key FROM chosen) OR key IN (SELECT key FROM chosen))"
    )


def one_line(record: str) -> str:
    """A record's JSON text in one line. Only what is no JSON, with breaks inside texts, is written anew."""
    if "\n" not in record and "\r" not in record:
        return record
    try:
        json.loads(record)  # refuses breaks inside texts
    except (ValueError, RecursionError):
        try:
            return json.dumps(json.loads(record, strict=False))
        except (ValueError, RecursionError):
            pass
    return record.translate(_BREAKS)


def _without_nulls(columns: str) -> str:
    found: dict[str, Any] = json.loads(columns)
    return json.dumps({name: value for name, value in found.items() if value is not None}, ensure_ascii=False)
