"""Results, brought from the bucket or from Athena itself."""

from __future__ import annotations

import threading
from contextlib import closing
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssmtrail.queries.engine import connect
from ssmtrail.queries.sources.athena.address import address_of
from ssmtrail.queries.sources.athena.client import connected
from ssmtrail.queries.sources.athena.errors import AthenaError
from ssmtrail.queries.sources.athena.fetch import Arrived, Job
from ssmtrail.queries.sources.athena.parcels import DaySplitter
from ssmtrail.queries.sources.athena.results import Pieces, as_columns, download, rows_by_day, select_rows
from ssmtrail.queries.sources.athena.statements import EXTRACTION_COLUMNS
from ssmtrail.queries.store.journal import Run
from ssmtrail.queries.store.parcels import DayParcel
from tests.athena_emulator.engine import Answer
from tests.athena_emulator.faults import Fault
from tests.athena_emulator.results import csv_of
from tests.queries.athena.kinds import BY_NAME

if TYPE_CHECKING:
    from pathlib import Path

    from tests.athena_emulator import Emulator

DAY = datetime(2026, 11, 20, tzinfo=UTC)
NEVER = threading.Event()


def a_run(emulator: Emulator, data: bytes) -> Run:
    emulator.buckets.put("results-bucket", "out/1.csv", data)
    return Run("0" * 32, "SELECT 1", DAY.date(), DAY.date(), DAY, output="s3://results-bucket/out/1.csv")


def answer(*rows: tuple[str | None, ...]) -> Answer:
    wide = tuple((*row, *([None] * (len(EXTRACTION_COLUMNS) - len(row) - 1)), "2026-11-20") for row in rows)
    return Answer(EXTRACTION_COLUMNS, wide, 0, frozenset())


def headless(found: Answer) -> bytes:
    return csv_of(found).partition(b"\n")[2]


def brought(emulator: Emulator, run: Run, folder: Path) -> list[Path]:
    """The pieces of a result."""
    found: list[Path] = []
    download(connected(address_of("audit.trail")), run, Pieces(folder, found.append), NEVER)
    return found


def rows_of(path: Path) -> list[tuple[Any, ...]]:
    with closing(duckdb.connect(":memory:")) as connection:
        return connection.execute(select_rows(path)).fetchall()


TEXTS = st.lists(
    st.one_of(st.none(), st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=30)),
    min_size=5,
    max_size=5,
)


@given(rows=st.lists(TEXTS, min_size=1, max_size=20))
def test_every_text_comes_back_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str | None]]
) -> None:
    path = tmp_path_factory.mktemp("result") / "r.csv"
    path.write_bytes(headless(answer(*(tuple(row) for row in rows))))
    found = rows_of(path)
    assert [list(row[:5]) for row in found] == rows


def test_a_very_long_row_is_read(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_bytes(headless(answer(("x" * 3_000_000, '"\n' * 100_000, None, "", "y"))))
    ((first, second, none, nothing, last, *_),) = rows_of(path)
    assert (len(first), len(second), none, nothing, last) == (3_000_000, 200_000, None, "", "y")


def test_other_columns_are_refused(emulator: Emulator, tmp_path: Path) -> None:
    with pytest.raises(AthenaError, match="other columns"):
        brought(emulator, a_run(emulator, b'"a","b"\n"1","2"\n'), tmp_path)


def test_a_download_goes_on_where_it_broke(emulator: Emulator, tmp_path: Path) -> None:
    data = csv_of(answer(*((str(number) * 20, None, "") for number in range(5_000))))
    run = a_run(emulator, data)
    emulator.faults.planned = [Fault("GetObject", times=3), Fault("GetObject", "SlowDown", "slow", status=503)]
    (piece,) = brought(emulator, run, tmp_path)
    assert piece.read_bytes() == data.partition(b"\n")[2]
    assert emulator.calls["GetObject"] >= 5


@pytest.mark.parametrize("size", [100, 4_000, 20_000])
def test_a_result_is_cut_between_rows_only(
    emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr("ssmtrail.queries.sources.athena.results._PIECE", size)
    monkeypatch.setattr("ssmtrail.queries.sources.athena.results._CHUNK", 3_000)
    odd = 'a","2026-11-20"\n"b'
    rows = [(odd * (number % 50), str(number), "\n", '",') for number in range(200)]
    pieces = brought(emulator, a_run(emulator, csv_of(answer(*rows))), tmp_path)
    assert len(pieces) > 2
    assert [row[:4] for piece in pieces for row in rows_of(piece)] == rows


def test_a_result_that_is_gone_is_said_at_once(emulator: Emulator, tmp_path: Path) -> None:
    run = a_run(emulator, b"x" * 100)
    emulator.buckets.delete("results-bucket", "out/1.csv")
    with pytest.raises(AthenaError, match="is gone"):
        brought(emulator, run, tmp_path)


def test_results_that_athena_keeps_are_paged(emulator: Emulator, tmp_path: Path) -> None:
    emulator.workgroup.managed, emulator.page_size = True, 7
    aws = connected(address_of("audit.trail"))
    values = dict.fromkeys(EXTRACTION_COLUMNS, "''") | {"folder_day": "NULL", "partition_day": "'2026-11-20'"}
    sql = "SELECT " + ", ".join(f"{value} AS {name}" for name, value in values.items())
    sql += " FROM UNNEST(sequence(1, 50)) AS t(n)"
    query = aws.call("athena", "start_query_execution", QueryString=sql, WorkGroup="primary")["QueryExecutionId"]
    assert (
        aws.call("athena", "get_query_execution", QueryExecutionId=query)["QueryExecution"]["Status"]["State"]
        == "SUCCEEDED"
    )
    (piece,) = brought(emulator, Run("0" * 32, sql, DAY.date(), DAY.date(), DAY, id=query), tmp_path)
    with closing(connect(tmp_path)) as connection:
        part = as_columns(connection, piece)
        assert rows_by_day(connection, [part]) == {"2026-11-20": 50}
        found = connection.execute(f"SELECT DISTINCT eventid, folder_day FROM '{part}'").fetchall()
    assert found == [("", None)]


def stored(tmp_path: Path, *rows: dict[str, str]) -> list[dict[str, Any]]:
    """Rows of a result as they are stored, by event id."""
    wide = tuple(
        tuple({"partition_day": "2026-11-20", **row}.get(column) for column in EXTRACTION_COLUMNS) for row in rows
    )
    path = tmp_path / "r.csv"
    path.write_bytes(headless(Answer(EXTRACTION_COLUMNS, wide, 0, frozenset())))
    with closing(connect(tmp_path)) as connection:
        found = connection.execute(f"SELECT * FROM '{as_columns(connection, path)}' ORDER BY eventid").fetchall()
    return [dict(zip(EXTRACTION_COLUMNS, row, strict=True)) for row in found]


def test_secrets_are_replaced_before_rows_are_stored(tmp_path: Path) -> None:
    ssm = {"eventsource": "ssm.amazonaws.com", "eventname": "StartSession"}
    hidden = '{"sessionId":"s","tokenValue":"Value hidden due to security reasons."}'
    first, second, third = stored(
        tmp_path,
        {**ssm, "eventid": "1", "requestparameters": '{"target":"i-1"}', "responseelements": hidden},
        {**ssm, "eventid": "2", "requestparameters": '{"dbPassword":"hunter2"}',
         "responseelements": '{"tokenValue":"abc","a":{"SessionToken": "x"}}'},
        {**ssm, "eventid": "3", "requestparameters": '{"reason":"no token"}'},
    )  # fmt: skip
    assert (first["responseelements"], first["redacted"]) == (hidden, None)
    assert second["requestparameters"] == '{"dbPassword":"redacted: 7 characters"}'
    assert second["responseelements"] == (
        '{"tokenValue":"redacted: 3 characters","a":{"SessionToken": "redacted: 1 characters"}}'
    )
    assert second["redacted"] == "dbPassword tokenValue SessionToken"
    assert (third["responseelements"], third["redacted"]) == (None, None)
    assert [each["partition_day"] for each in (first, second, third)] == ["2026-11-20"] * 3


def test_narrow_rows_that_the_table_cut_keep_what_is_whole(tmp_path: Path) -> None:
    cut = '{"instancesSet":{"items":[{"instanceId":"i-1","imageId":"ami-1"},{"instanceId":"i-2","ima'
    other = '{"target":"i-0cut'
    launch, session = stored(
        tmp_path,
        {"eventid": "1", "eventsource": "ec2.amazonaws.com", "eventname": "RunInstances", "responseelements": cut},
        {"eventid": "2", "eventsource": "ssm.amazonaws.com", "eventname": "StartSession", "requestparameters": other},
    )
    assert launch["responseelements"] == '{"instancesSet":{"items":[{"instanceId":"i-1"}]},"cut":true}'
    assert session["requestparameters"] == other


def test_a_day_has_its_partitions_its_queries_and_its_share_of_the_price(tmp_path: Path) -> None:
    table = BY_NAME["projected_org"].table
    days = [date(2026, 11, 19), date(2026, 11, 20)]
    wide = tuple(
        tuple({"eventid": day.isoformat(), "partition": f"account=1/region=r{day.day}",
               "partition_day": day.isoformat()}.get(name) for name in EXTRACTION_COLUMNS)
        for day in days
    )  # fmt: skip
    path = tmp_path / "r.csv"
    path.write_bytes(headless(Answer(EXTRACTION_COLUMNS, wide, 0, frozenset())))
    runs = tuple(Run(token * 32, "", days[0], days[1], DAY, id=f"query-{token}", bytes=400) for token in "ab")
    runner: Any = SimpleNamespace(done=lambda run: run, failed=lambda run, _: run)
    with closing(connect(tmp_path)) as connection:
        part = as_columns(connection, path)
        splitter = DaySplitter(table, {days[0]: 300, days[1]: 100}, connection, runner, lambda size: size / 100)
        found = []
        for parcel in splitter.parcels(Arrived(Job(days[0], days[1], ()), runs, ""), set(days), [part]):
            assert isinstance(parcel, DayParcel)
            rows = connection.execute(f'SELECT eventid, "partition" FROM ({parcel.select})').fetchall()
            found.append((parcel.bytes, parcel.queries, parcel.price, rows))
    assert found == [
        (200, ("query-a", "query-b"), 2.0, [("2026-11-20", "account=1/region=r20")]),
        (600, ("query-a", "query-b"), 6.0, [("2026-11-19", "account=1/region=r19")]),
    ]
