"""The result of a query, brought here at constant memory."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from queries.engine import literal, paths_literal
from queries.errors import Cancelled, StoreError
from queries.raw import RAW_COLUMNS
from queries.sources.athena.client import patient
from queries.sources.athena.errors import AthenaError, Refusal, translated
from queries.sources.athena.statements import EXTRACTION_COLUMNS

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Sequence
    from datetime import date
    from pathlib import Path
    from typing import BinaryIO

    from duckdb import DuckDBPyConnection

    from queries.sources.athena.client import Aws
    from queries.store.journal import Run

_PIECE: Final = 1 << 20
#: Bytes of one row; a record is at most 256 KB, its columns repeat no part of it.
_LONGEST_LINE: Final = 16 << 20
_PAGE: Final = 1000
_HEADER: Final = ",".join(f'"{name}"' for name in EXTRACTION_COLUMNS).encode()


def download(aws: Aws, run: Run, path: Path, cancelled: threading.Event) -> None:
    """Write the result of a run to a file, as the CSV that Athena writes. Raises AthenaError, StoreError, Cancelled."""
    try:
        with path.open("wb") as file:
            if run.output:
                _copy(aws, run.output, file, cancelled)
            else:
                _page(aws, run.id, file, cancelled)
    except OSError as fault:
        raise StoreError(f"the store cannot be written: {(fault.strerror or str(fault)).lower()}") from fault


def select_rows(path: Path) -> str:
    """A statement that reads a result: EXTRACTION_COLUMNS, all text, NULL apart from ''. Raises AthenaError.

    Source of the options: every value is quoted, NULL is nothing at all ("Work with query results", Athena User Guide).
    """
    with path.open("rb") as file:
        header = file.readline().strip()
    if header != _HEADER:
        raise AthenaError("Athena's answer has other columns than were asked for; was the table changed meanwhile?")
    columns = "{" + ", ".join(f"{literal(name)}: 'VARCHAR'" for name in EXTRACTION_COLUMNS) + "}"
    return (
        f"SELECT * FROM read_csv({paths_literal([path])}, header = true, auto_detect = false, columns = {columns},"
        " delim = ',', quote = '\"', escape = '\"', nullstr = '', allow_quoted_nulls = false, strict_mode = true,"
        f" new_line = '\\n', max_line_size = {_LONGEST_LINE}, buffer_size = {2 * _LONGEST_LINE}, parallel = true)"
    )


def rows_by_day(connection: DuckDBPyConnection, csvs: Sequence[Path], path: Path) -> dict[str, int]:
    """Write results to one Parquet file, ordered by day; gives the rows of every day (`YYYY-MM-DD`) in it."""
    union = " UNION ALL ".join(select_rows(csv) for csv in csvs)
    connection.execute(f"COPY ({union}) TO {literal(str(path))} (FORMAT parquet, COMPRESSION lz4)")
    counted = connection.execute(
        f"SELECT coalesce(partition_day, ''), count(*) FROM read_parquet({paths_literal([path])}) GROUP BY ALL"
    )
    return {str(day): int(rows) for day, rows in counted.fetchall()}


def select_day(path: Path, day: date) -> str:
    """A statement that reads the raw calls of one day from the file of `rows_by_day`."""
    return (
        f"SELECT {', '.join(RAW_COLUMNS)} FROM read_parquet({paths_literal([path])})"
        f" WHERE partition_day = {literal(day.isoformat())}"
    )


def _copy(aws: Aws, output: str, file: BinaryIO, cancelled: threading.Event) -> None:
    """Copy an object, from where it broke off after every break."""
    bucket, _, key = output.removeprefix("s3://").partition("/")
    whole: dict[str, Any] = {}

    def piece() -> None:
        request: dict[str, Any] = {"Bucket": bucket, "Key": key}
        if at := file.tell():
            request |= {"Range": f"bytes={at}-", "IfMatch": whole["etag"]}
        answer = aws.s3.get_object(**request)
        whole.setdefault("size", answer["ContentLength"])
        whole.setdefault("etag", answer["ETag"])
        body = answer["Body"]
        try:
            while data := body.read(_PIECE):
                file.write(data)
                if cancelled.is_set():
                    raise Cancelled
        finally:
            body.close()

    while not whole or file.tell() < whole["size"]:
        before = file.tell()
        _retried(piece, aws, cancelled, partial(_is_beyond, file, before))


def _retried(piece: Callable[[], None], aws: Aws, cancelled: threading.Event, moved: Callable[[], bool]) -> None:
    """Try a piece; a break after some progress counts for nothing."""
    try:
        patient(piece, "GetObject", aws.address, cancelled)
    except AthenaError as error:
        if error.retry != "later" or not moved():
            raise


def _is_beyond(file: BinaryIO, at: int) -> bool:
    return file.tell() > at


def _page(aws: Aws, query: str, file: BinaryIO, cancelled: threading.Event) -> None:
    """Page a result that Athena keeps itself; its first row is the header."""
    more: dict[str, str] = {}
    while True:
        answer = aws.call(
            "athena", "get_query_results", cancelled, QueryExecutionId=query, MaxResults=_PAGE, **more
        )  # fmt: skip
        file.writelines(_line(row["Data"]) for row in answer["ResultSet"]["Rows"])
        if not answer.get("NextToken"):
            return
        more = {"NextToken": answer["NextToken"]}


def _line(values: Sequence[dict[str, str]]) -> bytes:
    shown = (value.get("VarCharValue") for value in values)
    return (",".join("" if text is None else '"' + text.replace('"', '""') + '"' for text in shown) + "\n").encode()


def gone(aws: Aws, run: Run) -> AthenaError:
    """The error for a result that is not there any more."""
    return (
        translated(Refusal("NoSuchKey", "", "GetObject"), aws.address)
        if run.output
        else AthenaError("The result is gone.")
    )
