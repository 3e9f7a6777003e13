"""What a scan would cost, what queries did, in words."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from ssmtrail.queries.filters import Filter
from ssmtrail.queries.model import Coverage, DayCoverage, Plan, Progress, QueryRun, Question, Scope, Totals
from ssmtrail.queries.times import Window
from ssmtrail.tui.frame.empty_text import Circumstances, why_empty
from ssmtrail.tui.frame.text import day_label, progress_line
from ssmtrail.tui.signs import ASCII, UNICODE
from ssmtrail.tui.text import Clock, dollars
from ssmtrail.tui.views.athena_text import (
    absent_texts,
    plan_facts,
    plan_title,
    queries_summary,
    query_facts,
    query_row,
    span_text,
)

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
FIRST = date(2026, 10, 28)
DAYS = tuple(FIRST + timedelta(days=number) for number in range(7))
PLAN = Plan(NOON, DAYS, kept=3, queries=2, bytes=1_400_000_000, price=0.0073, how="listed", limit=10**10)
RUN = QueryRun("k", "done", DAYS[0], DAYS[6], "SELECT 1", NOON, 812_400_000, 0.004, 9.0, 1.0, "3f1c")


@pytest.mark.parametrize(
    ("price", "text"),
    [(0, "$0"), (0.0001, "< $0.001"), (0.004, "$0.004"), (1.239, "$1.24"), (1240.4, "$1,240")],
)
def test_prices(price: float, text: str) -> None:
    assert dollars(price) == text


def test_spans() -> None:
    assert span_text(date(2026, 11, 7), date(2026, 11, 7)) == "7 Nov 2026"
    assert span_text(date(2026, 11, 1), date(2026, 11, 7)) == "1 - 7 Nov 2026"
    assert span_text(FIRST, date(2026, 11, 3)) == "28 Oct - 3 Nov 2026"
    assert span_text(date(2025, 12, 28), date(2026, 1, 3)) == "28 Dec 2025 - 3 Jan 2026"


def test_a_plan_says_all_that_an_agreement_depends_on() -> None:
    assert plan_title(PLAN) == "Scan 7 days for about $0.007?"
    told = str(plan_facts(PLAN))
    for part in ("7, 28 Oct - 3 Nov 2026; 3 read already", "1.4 GB, from the sizes", "about $0.007", "10.0 GB"):
        assert part in told


def test_a_price_that_nobody_knows_is_said_so() -> None:
    plan = Plan(NOON, DAYS, bytes=None, price=None, how="unknown", ask_first=True)
    assert "unknown price" in plan_title(plan)
    assert "cannot be listed" in str(plan_facts(plan))


def test_absent_days_stand_together_and_are_safe() -> None:
    absent = [(day, "no files \x1b[31m") for day in DAYS[:3]]
    absent += [(DAYS[number], f"why {number}") for number in (4, 5, 6)]
    texts = absent_texts(Plan(NOON, absent=tuple(absent)))
    assert texts[0].startswith("28 - 30 Oct 2026: no files")
    assert not any("\x1b" in text for text in texts)
    assert texts[-1] == "and 1 more day"


def test_progress_of_days() -> None:
    progress = Progress("reading", days_done=12, days_total=30, bytes_done=1_400_000_000, price=0.0123, seconds=41)
    line, hint = progress_line(progress, UNICODE, 118)
    assert line + hint == "Athena · day 12 of 30 · 1.4 GB · $0.012 · 00:41 · x cancels, what arrived stays"


def test_a_query_as_a_row() -> None:
    cells = query_row(RUN, Clock("UTC"), UNICODE).cells
    assert cells["state"] == ("✓ done", "")
    assert (cells["days"], cells["scanned"], cells["price"]) == ("28 Oct - 3 Nov 2026", "812 MB", "$0.004")
    assert (cells["took"], cells["queued"]) == ("00:09", "00:01")
    assert query_row(RUN, Clock("UTC"), ASCII).cells["state"] == ("+ done", "")


def test_queries_sum_up() -> None:
    live = QueryRun("l", "running", DAYS[0], DAYS[0], "", NOON, 0, 0.0, 0.0, 0.0)
    assert queries_summary((RUN, live)) == "2 queries, 812 MB scanned for $0.004, 1 running"
    assert queries_summary(()) == "No query ran yet."
    assert "none yet" in str(query_facts(live, Clock("UTC"), UNICODE))


def test_a_day_says_why_it_is_missing() -> None:
    assert day_label(DayCoverage(FIRST, "missing", why="no files\x07 lie there"), UNICODE).endswith("lie there")
    assert "\x07" not in day_label(DayCoverage(FIRST, "failed", why="\x07"), UNICODE)
    assert day_label(DayCoverage(FIRST, "missing"), UNICODE).endswith("no files")


def test_an_empty_answer_of_a_source_that_costs_says_that_days_were_not_read() -> None:
    coverage = Coverage((DayCoverage(FIRST, "missing", why="not fetched yet"),))
    question = Question("sessions", Scope(Window(), Filter()))
    found = why_empty(question, Totals(0, 0, 0, 0, 0), Circumstances(coverage, "28 Oct 2026", pays=True))
    assert "No day of 28 Oct 2026 was read." in found.headline
    assert "what they would cost" in str(found.lines)
