"""Every value survives as an SQL literal."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
import sqlglot
from hypothesis import given
from hypothesis import strategies as st

from ssmtrail.queries.sources.athena import literals

_HOSTILE = (
    "'",
    "''",
    "\\",
    "\\'",
    "--",
    "/*",
    "*/",
    ";",
    '"',
    "%",
    "_",
    "\n",
    "\r",
    "\0",
    "\u2028",
    "{}",
    "?",
    "😀",
    "`",
)
TEXTS = st.lists(st.sampled_from(_HOSTILE) | st.text(max_size=5), max_size=12).map("".join)


def _read(sql: str, quote: str) -> str:
    """What a reader of the SQL standard makes of a quoted text: it ends at the first quote that is not doubled."""
    assert sql[0] == sql[-1] == quote
    inner, at, found = sql[1:-1], 0, []
    while at < len(inner):
        if inner[at] == quote:
            assert inner[at : at + 2] == quote * 2, "the literal ends too early"
            at += 1
        found.append(inner[at])
        at += 1
    return "".join(found)


@given(TEXTS)
def test_a_text_comes_out_as_it_went_in(value: str) -> None:
    assert _read(literals.text(value), "'") == value


@given(TEXTS)
def test_a_name_comes_out_as_it_went_in(value: str) -> None:
    assert _read(literals.name(value), '"') == value


@given(TEXTS, TEXTS)
def test_nothing_leaves_its_place_in_a_statement(value: str, column: str) -> None:
    tokens = sqlglot.tokenize(f"SELECT {literals.text(value)} AS {literals.name(column or 'x')}", "trino")
    assert [token.token_type.name for token in tokens] == ["SELECT", "STRING", "ALIAS", "IDENTIFIER"]


@given(TEXTS)
def test_a_comment_is_one_line(value: str) -> None:
    line = literals.comment(value)
    assert len(line.splitlines()) == 1
    assert sqlglot.tokenize(f"{line}\nSELECT 1", "trino")[0].text == "SELECT"


def test_a_lone_surrogate_can_be_sent() -> None:
    assert literals.text("a\ud800b").encode() == "'a\ufffdb'".encode()


def test_times_are_utc() -> None:
    berlin = timezone(timedelta(hours=1))
    assert literals.moment(datetime(2026, 11, 23, 1, tzinfo=berlin)) == "TIMESTAMP '2026-11-23 00:00:00.000000 UTC'"
    assert literals.moment(datetime(2026, 11, 23, 1, 2, 3, 4, UTC)) == "TIMESTAMP '2026-11-23 01:02:03.000004 UTC'"
    assert literals.day(date(2026, 11, 3)) == "DATE '2026-11-03'"


def test_a_catalog_of_its_own_is_left_out() -> None:
    assert literals.names("", "db", "my table") == '"db"."my table"'


def test_no_values_are_no_sql() -> None:
    with pytest.raises(ValueError, match="at least one"):
        literals.texts([])
