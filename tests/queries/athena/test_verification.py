"""Athena's answer against the local one; answers that are paged."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssmtrail.queries.errors import Cancelled
from ssmtrail.queries.filters import Filter
from ssmtrail.queries.model import ConsoleQueryName, Scope
from ssmtrail.queries.sources.athena.address import address_of
from ssmtrail.queries.sources.athena.answers import Answers, free_answer
from ssmtrail.queries.sources.athena.client import connected
from ssmtrail.queries.sources.athena.console_queries import COLUMNS, ConsoleQuery, console_query
from ssmtrail.queries.sources.athena.errors import AthenaError
from ssmtrail.queries.sources.athena.verify import Difference, compared
from ssmtrail.queries.store.journal import Journal
from ssmtrail.queries.times import Window
from tests.athena_emulator.faults import Fault
from tests.queries.athena.kinds import BY_NAME

if TYPE_CHECKING:
    from pathlib import Path

    from tests.athena_emulator import Emulator


class OnceRunning(threading.Event):
    """Is set as soon as a query was polled."""

    def __init__(self, emulator: Emulator) -> None:
        super().__init__()
        self.emulator = emulator

    def is_set(self) -> bool:
        return bool(self.emulator.calls["GetQueryExecution"])

    def wait(self, timeout: float | None = None) -> bool:
        return self.is_set()


DAY = date(2026, 11, 12)
WINDOW = Window(datetime(2026, 11, 12, tzinfo=UTC), datetime(2026, 11, 13, tzinfo=UTC))
NOON = datetime(2026, 11, 12, 12, 0, 0, 250_000, tzinfo=UTC)


def query_of(name: ConsoleQueryName) -> ConsoleQuery:
    return console_query(BY_NAME["projected"].table, name, Scope(WINDOW, Filter()))


def pair(person: str | None, calls: int = 2, kind: str = "iam-user", **more: Any) -> dict[str, Any]:
    return {
        "person": person, "person_kind": kind, "person_id": None, "behind": None if person else "Admin",
        "target": "i-1", "account": "1", "sessions": 1, "calls": calls, "denied": 0, "failed": 0,
        "first_seen": NOON, "last_seen": NOON,
    } | more  # fmt: skip


def athena_row(person: str | None, calls: int = 2, kind: str = "iam-user", **more: Any) -> tuple[str | None, ...]:
    moment = "2026-11-12T12:00:00Z"
    values = pair(person, calls, kind, **more) | {"first_seen": moment, "last_seen": moment}
    return tuple(None if values[name] is None else str(values[name]) for name in COLUMNS["pairs"])


def key(person: str | None, kind: str = "iam-user") -> tuple[tuple[str, str | None], ...]:
    behind = None if person else "Admin"
    return (
        ("account", "1"), ("person", person), ("person_kind", kind), ("person_id", None), ("behind", behind),
        ("target", "i-1"),
    )  # fmt: skip


class TestCompared:
    def test_nothing_differs(self) -> None:
        here = [pair("jane"), pair(None, kind="unknown"), pair("nobody called", calls=0)]
        there = [athena_row(None, kind="unknown"), athena_row("jane")]
        assert compared(query_of("pairs"), here, there) == ((), 0)

    def test_a_value(self) -> None:
        found = compared(query_of("pairs"), [pair("jane")], [athena_row("jane", 3)])
        assert found == ((Difference(key("jane"), "calls", "2", "3"),), 0)

    @pytest.mark.parametrize("column", ["denied", "failed", "sessions"])
    def test_every_count_is_compared(self, column: str) -> None:
        found = compared(query_of("pairs"), [pair("jane") | {column: 7}], [athena_row("jane")])
        assert [each.column for each in found.differences] == [column]

    def test_a_row_of_one_side(self) -> None:
        found = compared(query_of("pairs"), [pair("jane")], [athena_row("joe")])
        assert found.differences == (
            Difference(key("jane"), "row", "there", None), Difference(key("joe"), "row", None, "there"),
        )  # fmt: skip

    def test_a_row_that_comes_twice(self) -> None:
        found = compared(query_of("pairs"), [pair("jane")], [athena_row("jane"), athena_row("jane")])
        assert found.differences == (Difference(key("jane"), "row", "there", "more than once"),)

    def test_people_that_one_scan_cannot_know_are_left_out(self) -> None:
        there = [athena_row("typed", kind="role-session")]
        assert compared(query_of("pairs"), [pair("mallory")], there) == ((), 1)

    def test_totals_of_a_machine_are_compared_without_people_too(self) -> None:
        there = [athena_row("typed", 3, kind="role-session"), athena_row("jane", 1)]
        found = compared(query_of("pairs"), [pair("mallory", 5)], there)
        assert found == ((Difference((("account", "1"), ("target", "i-1")), "calls", "5", "4"),), 1)

    def test_a_renamed_user_of_identity_center_is_one(self) -> None:
        here = [pair("old@x", kind="identity-center", person_id="u-1")]
        assert compared(query_of("pairs"), here, [athena_row("new@x", kind="identity-center", person_id="u-1")]) == (
            (), 0,
        )  # fmt: skip

    def test_buckets_are_moments(self) -> None:
        here = [{"bucket": datetime(2026, 11, 11, 23, tzinfo=UTC), "sessions": 1, "calls": 2, "denied": 0, "failed": 0}]
        there = [("2026-11-12T00:00:00.000+01:00", "1", "2", "0", "0")]
        assert compared(query_of("usage"), here, there) == ((), 0)

    @given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 3)), unique_by=lambda each: each[0]), st.data())
    def test_nothing_differs_exactly_where_all_is_equal(self, rows: list[tuple[str, int]], data: st.DataObject) -> None:
        there = data.draw(st.permutations(rows))
        here = [pair(*row) for row in rows]
        assert not compared(query_of("pairs"), here, (athena_row(*row) for row in there)).differences
        if there:
            changed = [(there[0][0], there[0][1] + 1), *there[1:]]
            assert compared(query_of("pairs"), here, (athena_row(*row) for row in changed)).differences


class TestAnswered:
    SQL = 'SELECT eventid, errorcode FROM "audit"."trail" ORDER BY eventid'

    def test_pages_become_rows(self, emulator: Emulator) -> None:
        emulator.page_size = 5
        found = free_answer(connected(address_of("audit.trail")), self.SQL, DAY, threading.Event())
        assert found.columns == ("eventid", "errorcode")
        assert len(found.rows) == 28
        assert found.rows[0] == ("end-2026-11-10", None)
        assert found.bytes == emulator.bytes_scanned > 0
        assert found.id in emulator.executions

    def test_it_is_stopped_when_cancelled(self, emulator: Emulator) -> None:
        emulator.hold()
        with pytest.raises(Cancelled):
            free_answer(connected(address_of("audit.trail")), self.SQL, DAY, OnceRunning(emulator))
        assert [execution.state for execution in emulator.queries] == ["CANCELLED"]

    def test_what_fails_is_a_sentence(self, emulator: Emulator) -> None:
        with pytest.raises(AthenaError, match="no table"):
            free_answer(connected(address_of("audit.trail")), 'SELECT 1 FROM "audit"."none"', DAY, threading.Event())

    @pytest.mark.parametrize(
        ("fault", "queries"),
        [
            (Fault("Query", message="SYNTAX_ERROR: line 1:8: bad input", category=2, error_type=1100, times=-1), 1),
            (Fault("Query", message="PERMISSION_DENIED: Access Denied (Service: Amazon S3)", times=-1), 1),
            (Fault("Query", message="INTERNAL_ERROR", error_type=200, retryable=True), 2),
        ],
    )  # fmt: skip
    def test_it_is_asked_again_only_where_that_helps(
        self, emulator: Emulator, monkeypatch: pytest.MonkeyPatch, fault: Fault, queries: int
    ) -> None:
        monkeypatch.setattr("ssmtrail.queries.sources.athena.answers._LONGEST_PAUSE", 0.01)
        emulator.faults.planned = [fault]
        try:
            free_answer(connected(address_of("audit.trail")), self.SQL, DAY, threading.Event())
        except AthenaError:
            assert fault.times < 0
        assert len(emulator.queries) == queries

    def test_what_was_left_behind_long_ago_is_not_taken(self, emulator: Emulator, tmp_path: Path) -> None:
        journal, never = Journal.of(tmp_path), threading.Event()
        aws = connected(address_of("audit.trail"))
        now = datetime.now(UTC)
        first = Answers(aws, journal, lambda: now).of(self.SQL, DAY, never)
        again = Answers(aws, journal, lambda: now + timedelta(hours=23)).of(self.SQL, DAY, never)
        assert (again.id, again.rows, again.is_found) == (first.id, first.rows, True)
        later = Answers(aws, journal, lambda: now + timedelta(hours=25))
        assert not later.of(self.SQL, DAY, never).is_found
        later.settle()
        assert len(emulator.queries) == 2
        assert sorted(run.state for run in journal.runs()) == ["done", "failed"]

    def test_an_answer_that_is_gone_is_asked_for_again(self, emulator: Emulator, tmp_path: Path) -> None:
        journal, never = Journal.of(tmp_path), threading.Event()
        aws = connected(address_of("audit.trail"))
        Answers(aws, journal).of(self.SQL, DAY, never)
        emulator.executions.clear()
        with pytest.raises(AthenaError, match="paid for"):  # it counted as paid when the price was agreed to
            Answers(aws, journal).of(self.SQL, DAY, never)
        assert not Answers(aws, journal).of(self.SQL, DAY, never).is_found
        assert len(emulator.queries) == 1
