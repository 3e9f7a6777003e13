"""The result of a large query: downloaded at constant memory, as Parquet files to select days from."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

import msgspec

from ssmtrail.queries.errors import Cancelled, StoreError
from ssmtrail.queries.narrow import narrowed, narrowed_tags
from ssmtrail.queries.raw_calls import RAW_COLUMNS, TAG_CALLS, narrow_of
from ssmtrail.queries.redaction import SUSPECT, redacted
from ssmtrail.queries.sources.athena import narrow_sql
from ssmtrail.queries.sources.athena.client import Deadline, patient
from ssmtrail.queries.sources.athena.errors import AthenaError
from ssmtrail.queries.sources.athena.statements import EXTRACTION_COLUMNS
from ssmtrail.queries.sql_text import literal, paths_literal

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator, Sequence
    from datetime import date
    from pathlib import Path
    from typing import BinaryIO

    from duckdb import DuckDBPyConnection

    from ssmtrail.queries.sources.athena.client import Aws
    from ssmtrail.queries.store.journal import Run

_CHUNK: Final = 1 << 20
#: Bytes of a result that are converted to Parquet at a time, while the rest is downloaded.
_PIECE: Final = 24 << 20
#: Bytes of one row; a record is at most 256 kB, and the columns do not repeat parts of it.
_LONGEST_LINE: Final = 4 << 20
_PAGE: Final = 1000
_JSONS: Final = ("requestparameters", "responseelements")
#: The columns that are stored.
_STORED: Final = (*RAW_COLUMNS, "partition")
_STORED_LIST: Final = ", ".join(f'"{name}"' for name in _STORED)
_HEADER: Final = ",".join(f'"{name}"' for name in EXTRACTION_COLUMNS).encode() + b"\n"
#: The end of a row: its last column is a day. Quoted text cannot contain it, as quotes are doubled there.
_ROW_END: Final = re.compile(rb',"\d{4}-\d\d-\d\d"\n$')


@dataclass(slots=True)
class Pieces:
    """Splits a result into files of whole rows without the header, and passes on each full file."""

    folder: Path
    give: Callable[[Path], None]
    received: int = 0
    """Bytes, including the header."""
    _path: Path | None = None
    _file: BinaryIO | None = None
    _header: bytes = b""

    def write(self, data: bytes) -> None:
        """Add the next bytes. Raises AthenaError if the columns are not the requested ones, OSError."""
        self.received += len(data)
        if len(self._header) < len(_HEADER):
            data = self._without_header(data)
        if self._file is None:
            self._path = self.folder / f"{uuid4().hex}.csv"
            self._file = self._path.open("wb")
        if self._file.tell() + len(data) < _PIECE or not (end := _last_row_end(data)):
            self._file.write(data)
            return
        self._file.write(data[:end])
        self.end()
        if rest := data[end:]:
            self._path = self.folder / f"{uuid4().hex}.csv"
            self._file = self._path.open("wb")
            self._file.write(rest)

    def end(self) -> None:
        """Pass on the last file."""
        if self._file is not None and self._path is not None:
            self._file.close()
            self.give(self._path)
        self._file = self._path = None

    def _without_header(self, data: bytes) -> bytes:
        missing = len(_HEADER) - len(self._header)
        self._header += data[:missing]
        if not _HEADER.startswith(self._header):
            raise AthenaError("Athena's result has other columns than requested; was the table changed meanwhile?")
        return data[missing:]


def download(aws: Aws, run: Run, pieces: Pieces, cancelled: threading.Event) -> None:
    """Download the result of a run as Athena's CSV. Raises AthenaError, StoreError, Cancelled."""
    try:
        if run.output:
            _copy(aws, run.output, pieces, cancelled)
        else:
            _page(aws, run.id, pieces, cancelled)
        pieces.end()
    except OSError as fault:
        raise StoreError(f"the store cannot be written: {(fault.strerror or str(fault)).lower()}") from fault


#: Seconds that deleting a result may take.
_DELETE_PATIENCE: Final = 5.0


def delete_result(aws: Aws, run: Run) -> str:
    """Delete the files of a result that was read; returns why they are left, a sentence, or nothing.

    A reused result is another query's, and files that do not have the name of the query are not touched.
    """
    bucket, _, key = run.output.removeprefix("s3://").partition("/")
    if run.reused or not run.id or not key.rpartition("/")[2].startswith(run.id):
        return ""
    soon = Deadline(_DELETE_PATIENCE)
    try:
        # Athena writes the types of the columns beside the rows.
        for each in (key, f"{key}.metadata"):
            aws.call("s3", "delete_object", soon, Bucket=bucket, Key=each, **aws.of_results)
    except AthenaError as error:
        needs = "the identity needs s3:DeleteObject on it." if error.is_denied else str(error)
        return f"The result file {run.output} is left: {needs}"
    except Cancelled:
        return f"The result file {run.output} is left: S3 did not answer in time."
    return ""


def select_rows(path: Path) -> str:
    """A statement that reads a piece: EXTRACTION_COLUMNS, all text, NULL distinct from ''.

    Source of the options: every value is quoted, NULL is an empty field without quotes
    ("Work with query results", Athena User Guide).
    """
    columns = "{" + ", ".join(f"{literal(name)}: 'VARCHAR'" for name in EXTRACTION_COLUMNS) + "}"
    return (
        f"SELECT * FROM read_csv({paths_literal([path])}, header = false, auto_detect = false, columns = {columns},"
        " delim = ',', quote = '\"', escape = '\"', nullstr = '', allow_quoted_nulls = false, strict_mode = true,"
        f" new_line = '\\n', max_line_size = {_LONGEST_LINE}, buffer_size = {2 * _LONGEST_LINE})"
    )


def as_columns(connection: DuckDBPyConnection, piece: Path) -> Path:
    """Convert a piece to a Parquet file beside it and delete the piece.

    Secrets are replaced (`ssmtrail.queries.redaction`), and narrow rows whose JSON Athena could not cut are cut.
    """
    path = piece.with_suffix(".parquet")
    _write(connection, select_rows(piece), path)
    piece.unlink()
    changed = [row for rows in _suspects(connection, path) if (row := mended(*rows))]
    if not changed:
        return path
    lines, clean = piece.with_suffix(".jsonl"), piece.with_suffix(".clean.parquet")
    lines.write_bytes(b"".join(_LINE.encode(row) + b"\n" for row in changed))
    _write(connection, _select_mended(path, lines), clean)
    lines.unlink()
    clean.replace(path)
    return path


def _write(connection: DuckDBPyConnection, select: str, path: Path) -> None:
    connection.execute(
        f"COPY ({select}) TO {literal(str(path))} (FORMAT parquet, COMPRESSION lz4, ROW_GROUP_SIZE 20480)"
    )


class Mended(msgspec.Struct, gc=False, frozen=True):
    """What replaces the JSON of the row of this number."""

    number: int
    request: str | None
    response: str | None
    redacted: str | None


_LINE: Final = msgspec.json.Encoder()
#: The usual hidden token of a session, which is taken out before secrets are searched for.
_HIDDEN: Final = '"tokenValue":"Value hidden due to security reasons."'


def _suspects(connection: DuckDBPyConnection, path: Path) -> Iterator[tuple[int, str, str, str | None, str | None]]:
    """Rows that may have a secret, or JSON that has to be cut: number, event source and name, request, response."""
    secret = " OR ".join(
        f"regexp_matches(replace({column}, {literal(_HIDDEN)}, ''), {literal(SUSPECT)})" for column in _JSONS
    )
    whole = " AND ".join(f"coalesce(json_valid({column}), true)" for column in _JSONS)
    connection.execute(
        f"SELECT file_row_number, coalesce(eventsource, ''), coalesce(eventname, ''), {', '.join(_JSONS)}"
        f" FROM read_parquet({paths_literal([path])}, file_row_number = true)"
        f" WHERE {secret} OR ({narrow_sql.is_narrow()} AND NOT ({whole}))"
    )
    while rows := connection.fetchmany(_PAGE):
        yield from rows


def mended(number: int, source: str, name: str, request: str | None, response: str | None) -> Mended | None:
    """The row's JSON as it is stored; None where it stays as it is."""
    before = (request, response)
    if narrow := narrow_of(source, name):
        cut = narrowed_tags if name in TAG_CALLS else narrowed
        request = cut(request, narrow.request) if request and not _is_json(request) else request
        response = narrowed(response, narrow.response) if response and not _is_json(response) else response
    keys: dict[str, None] = {}
    if request:
        request, found = redacted(request)
        keys |= dict.fromkeys(found)
    if response:
        response, found = redacted(response)
        keys |= dict.fromkeys(found)
    return Mended(number, request, response, " ".join(keys) or None) if (request, response) != before else None


def _is_json(text: str) -> bool:
    try:
        msgspec.json.decode(text)
    except (ValueError, RecursionError):
        return False
    return True


def _select_mended(path: Path, lines: Path) -> str:
    columns = "{number: 'BIGINT', request: 'VARCHAR', response: 'VARCHAR', redacted: 'VARCHAR'}"
    changed = {"requestparameters": "mended.request", "responseelements": "mended.response"}
    selected = ", ".join(
        f"CASE WHEN mended.number IS NULL THEN rows.{column} ELSE {changed[column]} END AS {column}"
        if column in changed
        else ("mended.redacted" if column == "redacted" else f'rows."{column}"')
        for column in EXTRACTION_COLUMNS
    )
    return (
        f"SELECT {selected} FROM read_parquet({paths_literal([path])}, file_row_number = true) AS rows"
        f" LEFT JOIN read_json({paths_literal([lines])}, format = 'newline_delimited', columns = {columns},"
        f" maximum_object_size = {4 * _LONGEST_LINE}) AS mended ON rows.file_row_number = mended.number"
    )


def rows_by_day(connection: DuckDBPyConnection, parts: Sequence[Path]) -> dict[str, int]:
    """The number of rows of every day (`YYYY-MM-DD`) in the files of `as_columns`."""
    if not parts:
        return {}
    counted = connection.execute(
        f"SELECT coalesce(partition_day, ''), count(*) FROM read_parquet({paths_literal(parts)}) GROUP BY ALL"
    )
    return {str(day): int(rows) for day, rows in counted.fetchall()}


def select_day(parts: Sequence[Path], day: date) -> str:
    """A statement that reads the raw calls of one day, each with its `partition`, from the files of `as_columns`."""
    if not parts:
        return "SELECT " + ", ".join(f'NULL::VARCHAR AS "{name}"' for name in _STORED) + " WHERE false"
    return (
        f"SELECT {_STORED_LIST} FROM read_parquet({paths_literal(parts)})"
        f" WHERE partition_day = {literal(day.isoformat())}"
    )


def _last_row_end(data: bytes) -> int:
    """The end of the last whole row; 0 if there is none."""
    end = len(data)
    while (at := data.rfind(b'"\n', 0, end)) >= 0:
        if _ROW_END.search(data, max(0, at - 20), at + 2):
            return at + 2
        end = at
    return 0


def _copy(aws: Aws, output: str, pieces: Pieces, cancelled: threading.Event) -> None:
    """Download an object, continuing after every broken connection."""
    bucket, _, key = output.removeprefix("s3://").partition("/")
    whole: dict[str, Any] = {}

    def stretch() -> None:
        request: dict[str, Any] = {"Bucket": bucket, "Key": key, **aws.of_results}
        if pieces.received:
            request |= {"Range": f"bytes={pieces.received}-", "IfMatch": whole["etag"]}
        answer = aws.s3.get_object(**request)
        whole.setdefault("size", answer["ContentLength"])
        whole.setdefault("etag", answer["ETag"])
        body = answer["Body"]
        try:
            while data := body.read(_CHUNK):
                pieces.write(data)
                if cancelled.is_set():
                    raise Cancelled
        finally:
            body.close()

    while not whole or pieces.received < whole["size"]:
        before = pieces.received
        try:
            patient(stretch, "GetObject", aws.address, cancelled)
        except AthenaError as error:
            # A break after progress does not count as a failed try.
            if error.retry != "later" or pieces.received == before:
                raise


def _page(aws: Aws, query: str, pieces: Pieces, cancelled: threading.Event) -> None:
    """Read a managed result in pages; its first row is the header."""
    more: dict[str, str] = {}
    while True:
        answer = aws.call(
            "athena", "get_query_results", cancelled, QueryExecutionId=query, MaxResults=_PAGE, **more
        )  # fmt: skip
        pieces.write(b"".join(_line(row["Data"]) for row in answer["ResultSet"]["Rows"]))
        if not answer.get("NextToken"):
            return
        more = {"NextToken": answer["NextToken"]}


def _line(values: Sequence[dict[str, str]]) -> bytes:
    shown = (value.get("VarCharValue") for value in values)
    return (",".join("" if text is None else '"' + text.replace('"', '""') + '"' for text in shown) + "\n").encode()
