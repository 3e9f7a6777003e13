"""Folder days as predicates, as text, as partitions of the catalog."""

from __future__ import annotations

from datetime import date, timedelta

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ssmtrail.queries.sources.athena.partitions import (
    DateDays,
    Days,
    Part,
    Projection,
    SplitDays,
    TextDays,
    projection_of,
    strftime_of,
)

SPLIT_TEXT = SplitDays(
    Part("y", is_number=False, width=4), Part("m", is_number=False, width=2), Part("d", is_number=False, width=2)
)
SPLIT_SHORT = SplitDays(Part("y", is_number=False, width=4), Part("m", is_number=False), Part("d", is_number=False))
SPLIT_NUMBERS = SplitDays(*(Part(name, is_number=True) for name in "ymd"))
FORMS: dict[str, Days] = {
    "slashes": TextDays("t", "%Y/%m/%d"), "dashes": TextDays("t", "%Y-%m-%d"), "digits": TextDays("t", "%Y%m%d"),
    "number": TextDays("t", "%Y%m%d", is_number=True), "hours": TextDays("t", "%Y/%m/%d/%H"),
    "backwards": TextDays("t", "%d-%m-%Y"), "listed": TextDays("t", "%Y/%m/%d", is_listed=True),
    "date": DateDays("t"), "text parts": SPLIT_TEXT, "short parts": SPLIT_SHORT, "number parts": SPLIT_NUMBERS,
}  # fmt: skip
ALL = [date(2025, 12, 1) + timedelta(days=number) for number in range(120)]
SPANS = st.tuples(st.sampled_from(ALL), st.integers(0, 70)).map(
    lambda span: (span[0], span[0] + timedelta(days=span[1]))
)


def _values(days: Days, day: date) -> dict[str, str]:
    """A partition's values as text."""
    if isinstance(days, TextDays):
        return {"t": day.strftime(days.format.replace("%H", "07"))}
    if isinstance(days, DateDays):
        return {"t": day.isoformat()}
    assert isinstance(days, SplitDays)
    numbers = zip((days.year, days.month, days.day), (day.year, day.month, day.day), strict=True)
    return {part.column: f"{number:0{part.width or 1}d}" for part, number in numbers}


def _type(days: Days) -> str:
    if isinstance(days, DateDays):
        return "DATE"
    number = days.is_number if isinstance(days, TextDays) else isinstance(days, SplitDays) and days.year.is_number
    return "BIGINT" if number else "VARCHAR"


@pytest.fixture(scope="module")
def engine() -> duckdb.DuckDBPyConnection:
    """A table a form with a row a day; the SQL of these predicates is the same in every dialect."""
    connection = duckdb.connect()
    for number, days in enumerate(FORMS.values()):
        rows = ", ".join(str(tuple(_values(days, day).values())).replace(",)", ")") for day in ALL)
        names = ", ".join(f"CAST({name} AS {_type(days)}) AS {name}" for name in days.columns)
        connection.execute(
            f"CREATE TABLE t{number} AS SELECT {names} FROM (VALUES {rows}) AS v({', '.join(days.columns)})"
        )
    return connection


@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=40)
@given(span=SPANS)
def test_exactly_the_days_asked_for(engine: duckdb.DuckDBPyConnection, form: str, span: tuple[date, date]) -> None:
    days, number = FORMS[form], list(FORMS).index(form)
    sql = f"SELECT {days.shown} FROM t{number} WHERE {days.between(*span)} ORDER BY 1"
    assert [shown for (shown,) in engine.execute(sql).fetchall()] == [
        day.isoformat() for day in ALL if span[0] <= day <= span[1]
    ]


@pytest.mark.parametrize("form", FORMS)
def test_the_day_of_a_listed_partition(form: str) -> None:
    days = FORMS[form]
    assert [days.day_of(_values(days, day)) for day in ALL] == ALL
    assert days.day_of(dict.fromkeys(days.columns, "__HIVE_DEFAULT_PARTITION__")) is None
    assert days.day_of({}) is None


def test_only_literals_stand_beside_the_columns() -> None:
    first, last = date(2026, 1, 30), date(2026, 3, 2)
    assert FORMS["slashes"].between(first, last) == "\"t\" BETWEEN '2026/01/30' AND '2026/03/02'"
    assert FORMS["slashes"].between(first, first) == "\"t\" = '2026/01/30'"
    assert FORMS["hours"].between(first, first) == "\"t\" >= '2026/01/30/00' AND \"t\" < '2026/01/31/00'"
    assert FORMS["date"].between(first, last) == "\"t\" BETWEEN DATE '2026-01-30' AND DATE '2026-03-02'"
    assert SPLIT_NUMBERS.between(first, last) == (
        '"y" = 2026 AND (("y" = 2026 AND "m" = 1 AND "d" BETWEEN 30 AND 31) OR ("y" = 2026 AND "m" = 2)'
        ' OR ("y" = 2026 AND "m" = 3 AND "d" BETWEEN 1 AND 2))'
    )
    assert SPLIT_TEXT.between(date(2026, 2, 1), date(2026, 2, 28)) == "\"y\" = '2026' AND \"m\" = '02'"


TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2020/01/01,NOW", date(2020, 1, 1), TODAY),
        ("NOW-3YEARS, NOW+1DAY", date(2023, 11, 23), date(2026, 11, 24)),
        ("NOW-2WEEKS,NOW-1HOURS", date(2026, 11, 9), date(2026, 11, 22)),
        ("nonsense,NOW", None, TODAY),
        ("NOW-999999YEARS,2026/13/01", None, None),
    ],
)
def test_the_range_of_a_projection(text: str, first: date | None, last: date | None) -> None:
    low, high = text.split(",")
    found = Projection("date", (low.strip(), high.strip()), "yyyy/MM/dd").reach(TODAY)
    assert found == (first, last)


def test_a_projection_is_read_from_the_parameters() -> None:
    parameters = {
        "projection.enabled": "TRUE", "projection.Day.type": "Integer", "projection.Day.range": "1,31",
        "projection.Day.digits": "2", "projection.other.values": "x",
    }  # fmt: skip
    assert projection_of(parameters, "day") == Projection("integer", ("1", "31"), "", 2)
    assert projection_of(parameters, "other") is None
    assert projection_of({**parameters, "projection.enabled": "false"}, "day") is None


@pytest.mark.parametrize(
    ("java", "python"),
    [
        ("yyyy/MM/dd", "%Y/%m/%d"), ("yyyy-MM-dd-HH", "%Y-%m-%d-%H"), ("yyyyMMdd", "%Y%m%d"),
        ("yyyy-MM-dd'T'HH", "%Y-%m-%dT%H"), ("yyyy/D", None), ("YYYY/MM/dd", None),
    ],
)  # fmt: skip
def test_formats_of_java(java: str, python: str | None) -> None:
    assert strftime_of(java) == python
