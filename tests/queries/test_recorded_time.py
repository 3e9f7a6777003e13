"""Times of records: the reader and the engine read the same ones, and read them alike."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssmtrail.queries.engine import connect
from ssmtrail.queries.recorded_time import FIRST_YEAR, LAST_YEAR, read_time

if TYPE_CHECKING:
    from collections.abc import Iterator

    from duckdb import DuckDBPyConnection

TEN = datetime(2026, 3, 2, 10)  # noqa: DTZ001 - the engine's times have no zone
READ = [
    pytest.param("2026-03-02T10:00:00Z", TEN, id="CloudTrail's"),
    pytest.param("20260302T100000Z", TEN, id="ISO 8601 basic"),
    pytest.param("2026-03-02T10:00:00.000Z", TEN, id="milliseconds"),
    pytest.param("2026-03-02T10:00:00,000000000Z", TEN, id="nanoseconds, a comma"),
    pytest.param("2026-03-02T10:00Z", TEN, id="minutes"),
    pytest.param("2026-03-02T10:00:00", TEN, id="no zone"),
    pytest.param("2026-03-02t10:00:00z", TEN, id="small letters"),
    pytest.param("2026-03-02T12:30:00+02:30", TEN, id="a zone"),
    pytest.param("2026-03-02T05:00:00-0500", TEN, id="a zone, basic"),
    pytest.param("2026-03-02T11:00:00+01", TEN, id="a zone of hours"),
    pytest.param("2026-03-02 10:00:00.000", TEN, id="Athena's timestamp"),
    pytest.param("2026-03-02 10:00:00.000 UTC", TEN, id="Athena's timestamp with time zone"),
    pytest.param("2026-03-01T24:00:00Z", TEN.replace(hour=0), id="the next midnight"),
    pytest.param("20260301T240000Z", TEN.replace(hour=0), id="the next midnight, basic"),
    pytest.param("2026-03-01 24:00", TEN.replace(hour=0), id="the next midnight, short"),
    pytest.param("2026-03-02T10:00:00.1234567Z", TEN.replace(microsecond=123456), id="cut to microseconds"),
]
UNREAD = [
    "", "next Tuesday", "2026-03-02", "20260302", "2026-13-02T10:00:00Z", "2026-02-29T10:00:00Z", "2026-3-2T1:2:3Z",
    "2026-03-02T24:00:01Z", "2026-03-02T25:00:00Z", "2026-03-02T10:60:00Z", "2026-03-02T23:59:60Z", "2026-03-02T10Z",
    "2026-03-02T10:00:00+24:00", "2026-03-02T10:00:00 CET", " 2026-03-02T10:00:00Z", "2026-03-02T10:00:00Z\n",
    "2026-03-02T10:00: 0Z", "2026/03/02T10:00:00Z", "1772445600", "1772445600000", "infinity", "epoch", "now",
    "٢٠٢٦-03-02T10:00:00Z", "1969-12-31T23:59:59Z", "1970-01-01T00:30:00+01:00", "9000-01-01T00:00:00Z",
]  # fmt: skip
#: Texts that are nearly times.
PARTS = ["2026", "0302", "-", ":", "T", " ", "10", "24", "00", "59", "60", ".", ",", "Z", "UTC", "+", "9", "é"]
NEARLY = st.lists(st.sampled_from(PARTS), max_size=16).map("".join)
WHOLE = st.from_regex(
    r"\A(2026|1999|8999)-?(0[0-9]|1[0-3])-?[0-3][0-9][T ][0-2][0-9]:?[0-6][0-9](:?[0-6][0-9]([.,][0-9]{1,9})?)?"
    r"( ?(Z|UTC|[+-][0-2][0-9]:?[0-6][0-9]))?\Z"
)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckDBPyConnection]:
    with closing(connect(tmp_path_factory.mktemp("engine"))) as connection:
        yield connection


def by_engine(connection: DuckDBPyConnection, text: str) -> datetime | None:
    """What the engine reads, among plausible times."""
    found = connection.execute("SELECT time_of(?)", [text]).fetchone()
    assert found is not None
    moment: datetime | None = found[0]
    return moment if moment is not None and FIRST_YEAR <= moment.year < LAST_YEAR else None


@pytest.mark.parametrize(("text", "moment"), READ)
def test_what_can_be_read(engine: DuckDBPyConnection, text: str, moment: datetime) -> None:
    assert read_time(text) == by_engine(engine, text) == moment


@pytest.mark.parametrize("text", UNREAD)
def test_what_cannot_be_read(engine: DuckDBPyConnection, text: str) -> None:
    assert (read_time(text), by_engine(engine, text)) == (None, None)


def test_no_time_cannot_be_read() -> None:
    assert read_time(None) is None


@given(NEARLY | WHOLE | st.text(max_size=30))
def test_both_agree(engine: DuckDBPyConnection, text: str) -> None:
    if "\0" not in text:
        assert read_time(text) == by_engine(engine, text)
