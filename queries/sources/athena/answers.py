"""The answer of one statement, for what is small enough to be paged."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from queries.sources.athena.runs import Runner
from queries.sources.athena.statements import Extraction
from queries.store.journal import Journal

if TYPE_CHECKING:
    import threading
    from datetime import date

    from queries.sources.athena.client import Aws
    from queries.store.journal import Run

_PAGE: Final = 1000


@dataclass(frozen=True, slots=True)
class Answered:
    """Rows as Athena told them, all text."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str | None, ...], ...]
    bytes: int
    """Scanned."""
    id: str
    """Athena's name for the query."""


def answered(aws: Aws, sql: str, day: date, cancelled: threading.Event) -> Answered:
    """Run a statement to its end; when `cancelled` is set it is stopped at the service. `day` is for the records.

    Nothing of it is kept: asked again, it is paid again. Raises AthenaError, Cancelled, StoreError.
    """
    with tempfile.TemporaryDirectory(prefix="ssmtrail-") as folder:
        runner = Runner(aws, Journal.of(Path(folder)), cancelled, _untold, lambda: datetime.now(UTC))
        run = runner.finished(runner.asked(Extraction(sql, day, day)), cancelled)
    columns, rows = _paged(aws, run.id, cancelled)
    return Answered(columns, rows, run.bytes, run.id)


def _paged(
    aws: Aws, query: str, cancelled: threading.Event
) -> tuple[tuple[str, ...], tuple[tuple[str | None, ...], ...]]:
    columns: tuple[str, ...] = ()
    rows: list[tuple[str | None, ...]] = []
    more: dict[str, str] = {}
    while True:
        answer = aws.call(
            "athena", "get_query_results", cancelled, QueryExecutionId=query, MaxResults=_PAGE, **more
        )  # fmt: skip
        found = answer["ResultSet"]
        page = [tuple(value.get("VarCharValue") for value in row.get("Data", ())) for row in found["Rows"]]
        if not more:
            columns = tuple(str(each["Name"]) for each in found.get("ResultSetMetadata", {}).get("ColumnInfo", ()))
            # The first row of a SELECT's first page is the header; other statements have none.
            page = page[1:] if page and page[0] == columns else page
        rows += page
        if not answer.get("NextToken"):
            return columns, tuple(rows)
        more = {"NextToken": answer["NextToken"]}


def _untold(_: Run) -> None:
    """Nobody looks at it meanwhile."""
