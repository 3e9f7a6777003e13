"""Query results in Athena's formats."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.athena_emulator.engine import Answer


def text_of(value: Any) -> str | None:
    """A value as Athena's text; None is NULL."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def csv_of(answer: Answer) -> bytes:
    """The result file: everything quoted, NULL without quotes."""
    lines = [",".join(_quoted(name) for name in answer.columns)]
    lines += [",".join("" if value is None else _quoted(str(text_of(value))) for value in row) for row in answer.rows]
    return ("\n".join(lines) + "\n").encode()


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _datum(value: Any) -> dict[str, str | None]:
    return {} if value is None else {"VarCharValue": text_of(value)}


def page_of(answer: Answer, offset: int, limit: int) -> dict[str, Any]:
    """A page of `GetQueryResults`; the first row of the first page is the header."""
    rows: list[tuple[Any, ...]] = list(answer.rows[max(0, offset - 1) : max(0, offset - 1) + limit - (offset == 0)])
    if offset == 0:
        rows.insert(0, answer.columns)
    found: dict[str, Any] = {
        "ResultSet": {
            "Rows": [{"Data": [_datum(value) for value in row]} for row in rows],
            "ResultSetMetadata": {
                "ColumnInfo": [
                    {"Name": name, "Label": name, "Type": "varchar", "CatalogName": "hive", "SchemaName": "",
                     "TableName": "", "Precision": 2147483647, "Scale": 0, "Nullable": "UNKNOWN", "CaseSensitive": True}
                    for name in answer.columns
                ]
            },
        },
        "UpdateCount": 0,
    }  # fmt: skip
    if offset + limit < len(answer.rows) + 1:
        found["NextToken"] = str(offset + limit)
    return found
