"""What one caller may spend a day and a month, over all tables of a store."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import NAMESPACE_URL, uuid5

import pytest

from ssmtrail.queries.config import AthenaSettings, Settings
from ssmtrail.queries.errors import UsageError
from ssmtrail.queries.following import Follower
from ssmtrail.queries.model import Budgets
from ssmtrail.queries.sources.athena.address import AthenaTerms, address_of
from ssmtrail.queries.sources.athena.client import connected
from ssmtrail.queries.sources.athena.source import AthenaSource
from ssmtrail.queries.sources.budget import payer
from ssmtrail.queries.store.folders import purge_cache
from ssmtrail.queries.store.journal import Journal, Run
from ssmtrail.queries.store.spending import Spending
from ssmtrail.queries.trail import Trail
from ssmtrail.tui.choice import SourceChoice, athena_named
from ssmtrail.tui.open_trail import open_trail
from tests.athena_emulator import trail_table
from tests.athena_emulator.faults import Fault
from tests.queries.athena.conftest import NOW
from tests.queries.athena.stage import fetched, opened, patched_clock, planned, states, window
from tests.queries.athena.test_service import NO_LISTING, WEEK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ssmtrail.queries.following import Look
    from tests.athena_emulator import Emulator

pytestmark = pytest.mark.usefixtures("within_agreement", "hasty_library")
#: A day of the emulated trail is about 300 bytes: so it is about 30 GB, and about 15 cents.
SCALE = 100_000_000
DAY, OTHER = (window(date(2026, 11, number), date(2026, 11, number)) for number in (13, 19))
NEVER = threading.Event()


@pytest.fixture(autouse=True)
def large(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    emulator.enlarge(SCALE)
    monkeypatch.setattr("ssmtrail.queries.sources.athena.runner._FIRST_WAIT", 0.01)


def terms(day: float | None = None, month: float | None = None, **more: float) -> AthenaTerms:
    return AthenaTerms(ask_above=100.0, budgets=Budgets(day, month), **more)  # type: ignore[arg-type]


@contextmanager
def opened_by(store: Path, caller: str, budgets: AthenaTerms) -> Iterator[Trail]:
    aws = replace(connected(address_of("audit.trail")), caller=caller)
    with Trail(AthenaSource(aws, budgets, now=lambda: NOW), store, now=lambda: NOW) as trail:
        yield trail


def paid(emulator: Emulator) -> float:
    """Dollars that Athena billed."""
    return sum(emulator.billed) * 5 / 10**12


class TestPlan:
    def test_what_earlier_processes_spent_counts(self, emulator: Emulator, tmp_path: Path) -> None:
        with opened(tmp_path, terms=terms()) as trail:
            fetched(trail, DAY)
        spent = paid(emulator)
        for budgets, name in ((terms(day=spent * 1.5), "day_budget"), (terms(month=spent * 1.5), "month_budget")):
            with opened(tmp_path, terms=budgets) as trail:
                assert planned(trail, DAY).refusal == ""
                plan = planned(trail, OTHER)
                assert f"more than {name} leaves: ${spent:,.2f} of ${spent * 1.5:,.2f} is spent" in plan.refusal
                with pytest.raises(UsageError, match=name):
                    trail.fetch(lambda _: None, NEVER, plan)
        assert paid(emulator) == spent
        with opened(tmp_path, terms=terms(day=spent * 3)) as trail:
            plan = planned(trail, OTHER)
            assert (plan.most_price or 0.0) <= spent * 2
            fetched(trail, OTHER)
            assert trail.spendings().own_day == pytest.approx(paid(emulator))

    def test_a_day_ends_and_a_month_goes_on(self, emulator: Emulator, tmp_path: Path) -> None:
        with opened(tmp_path, terms=terms()) as trail:
            fetched(trail, DAY)
        limit = paid(emulator) * 1.5
        tomorrow, next_month = NOW + timedelta(days=1), NOW + timedelta(days=7)
        for now, budgets, is_refused in (
            (tomorrow, terms(day=limit), False), (tomorrow, terms(month=limit), True),
            (next_month, terms(month=limit), False),
        ):  # fmt: skip
            with opened(tmp_path, now, budgets) as trail:
                assert bool(planned(trail, OTHER).refusal) is is_refused

    def test_all_tables_of_the_store_count_and_other_callers_do_not(self, emulator: Emulator, tmp_path: Path) -> None:
        other = emulator.add_table(trail_table(name="copy", account="444455556666"))
        emulator.deliver(
            other, date(2026, 11, 13), [{"eventID": uuid5(NAMESPACE_URL, f"{number}").hex} for number in range(500)]
        )
        with opened(tmp_path, terms=terms(), table="audit.copy") as trail:
            fetched(trail, DAY)
        auditor, role = "arn:aws:iam::111122223333:user/auditor", "arn:aws:sts::111122223333:assumed-role/Audit"
        with opened_by(tmp_path, f"{role}/mallory", terms(day=paid(emulator) * 1.1)) as trail:
            assert planned(trail, OTHER).refusal == ""
            [row] = trail.spendings().rows
            assert (row.caller, row.table, row.purpose) == (auditor, "athena audit.copy", "days")
        for caller in (auditor, ""):
            with opened_by(tmp_path, caller, terms(day=paid(emulator) * 1.1)) as trail:
                assert "day_budget" in planned(trail, OTHER).refusal

    def test_a_session_name_makes_no_other_caller(self) -> None:
        role = "arn:aws:sts::111122223333:assumed-role/Audit"
        assert payer(f"{role}/jane") == payer(f"{role}/john") == role
        assert payer("arn:aws:iam::111122223333:user/team/jane") == "arn:aws:iam::111122223333:user/team/jane"

    def test_reading_an_open_day_again_counts(self, emulator: Emulator, tmp_path: Path) -> None:
        now, today = datetime(2026, 11, 13, 12, tzinfo=UTC), DAY
        with patched_clock(emulator, now), opened(tmp_path, now, terms()) as trail:
            fetched(trail, today)
        first = paid(emulator)
        later = now + timedelta(hours=1)
        with patched_clock(emulator, later), opened(tmp_path, later, terms()) as trail:
            fetched(trail, today, refresh=True)
            assert trail.spendings().own_day == pytest.approx(paid(emulator))
            assert paid(emulator) > first
        with opened(tmp_path, later + timedelta(hours=1), terms(day=paid(emulator))) as trail:
            assert "day_budget" in planned(trail, today, refresh=True).refusal

    def test_what_is_not_billed_does_not_count(self, emulator: Emulator, tmp_path: Path) -> None:
        emulator.faults.planned = [Fault("Query", message="not authorized to perform: kms:Decrypt", times=-1)]
        with opened(tmp_path, terms=terms(day=2.0)) as trail:
            with pytest.raises(Exception, match="kms"):
                fetched(trail, DAY)
            assert trail.spendings().own_day == 0.0

    def test_a_table_that_a_screen_names_has_the_bounds_of_the_configuration(
        self, emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SSMTRAIL_CACHE", str(tmp_path))
        bounds = AthenaSettings(
            day_budget=0.5, month_budget=5.0, expected_bucket_owner=emulator.account, ask_above=0.1, price_per_tb=6.0
        )
        choice = SourceChoice("athena", athena=athena_named("audit.trail", None, bounds))
        assert choice.athena is not None
        assert (choice.athena.ask_above, choice.athena.price) == (0.1, 6.0)
        assert choice.athena.address.owner == emulator.account
        with open_trail(choice, Settings(athena=bounds)) as trail:
            assert trail.spendings().budgets == Budgets(0.5, 5.0)


class TestKept:
    def test_forgotten_queries_and_a_purged_store_count(
        self, emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("ssmtrail.queries.store.journal._REMEMBERED", 0)
        with opened(tmp_path, terms=terms()) as trail:
            fetched(trail, DAY)
            fetched(trail, OTHER)
            assert len(trail.queries()) == 1
            assert trail.spendings().own_month == pytest.approx(paid(emulator))
        purge_cache(tmp_path, NOW)
        with opened(tmp_path, terms=terms(day=paid(emulator))) as trail:
            assert trail.queries() == ()
            assert "day_budget" in planned(trail, DAY).refusal
            [row] = trail.spendings().rows
            assert row.table == "athena audit.trail"
            assert row.day == pytest.approx(paid(emulator))

    def test_a_former_month_is_dropped_and_a_cut_line_passed_over(self, tmp_path: Path) -> None:
        spending = Spending.of(tmp_path / "v2" / "0123456789abcdef")
        for number, month in enumerate((10, 11, 11)):
            asked = datetime(2026, month, 5, tzinfo=UTC)
            run = Run(f"{number}", "SELECT 1", asked.date(), asked.date(), asked, bytes=number, state="done")
            spending.keep(run, "t", asked)
            with (tmp_path / "spent" / f"2026-{month}.jsonl").open("ab") as file:
                file.write(b'{"token": "cut')
        assert [charge.bytes for charge in spending.charges(date(2026, 11, 30))] == [1, 2]
        assert spending.charges(date(2026, 10, 30)) == ()

    def test_a_query_that_its_journal_forgets_meanwhile_counts(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Another process moves it right after this one has read the lines that are kept."""
        monkeypatch.setattr("ssmtrail.queries.store.journal._REMEMBERED", 0)
        dataset = tmp_path / "v2" / "0123456789abcdef"
        spending, journal = Spending.of(dataset), Journal.of(dataset)
        run = Run("a" * 32, "SELECT 1", NOW.date(), NOW.date(), NOW, bytes=7, state="done")
        journal.write(run)
        read_bytes = Path.read_bytes

        def read(path: Path) -> bytes:
            try:
                return read_bytes(path)
            finally:
                if path.suffix == ".jsonl":
                    journal.forget_old(lambda each: spending.keep(each, "t", NOW))

        monkeypatch.setattr(Path, "read_bytes", read)
        assert [charge.bytes for charge in spending.charges(NOW.date())] == [7]
        assert journal.runs() == ()
        assert [charge.bytes for charge in spending.charges(NOW.date())] == [7]


class TestRunning:
    def test_one_that_passes_is_stopped(self, emulator: Emulator, tmp_path: Path) -> None:
        emulator.faults.planned, emulator.looks = [NO_LISTING], 40
        with opened(tmp_path, terms=terms(day=0.03, max_price=5.0)) as trail:
            plan = planned(trail, DAY)
            assert plan.price is None
            assert plan.most_price == pytest.approx(0.03)
            with pytest.raises(UsageError, match=r"Stopped after .* bytes: more than day_budget leaves"):
                trail.fetch(lambda _: None, NEVER, replace(plan, most=10**14))
            [run] = [run for run in trail.queries() if run.state == "cancelled"]
            assert "Stopped after" in run.error
            assert 0.03 < trail.spendings().own_day < 0.1
            assert set(states(trail, DAY).values()) == {"failed"}

    def test_what_another_process_took_meanwhile(self, emulator: Emulator, tmp_path: Path) -> None:
        budgets = terms(day=2.0)
        with opened(tmp_path, terms=budgets) as trail, opened(tmp_path, terms=budgets) as other:
            plan = planned(trail, OTHER)
            assert plan.refusal == ""
            fetched(other, DAY)
            before = len(emulator.queries)
            with pytest.raises(UsageError, match="Not read: its query would cost more than day_budget leaves"):
                trail.fetch(lambda _: None, NEVER, plan)
            assert len(emulator.queries) == before

    def test_days_that_it_has_no_room_for_fail_and_the_others_are_answered(
        self, emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("ssmtrail.queries.sources.athena.plan._USUAL_DAYS", 1)
        monkeypatch.setattr("ssmtrail.queries.sources.athena.fetch.MOST_AT_ONCE", 1)
        with opened(tmp_path, terms=terms()) as trail:
            plan = planned(trail, WEEK)
        limit = (plan.price or 0.0) / 2
        with opened(tmp_path, terms=terms(day=limit)) as trail:
            trail.fetch(lambda _: None, NEVER, plan)
            assert set(states(trail, WEEK).values()) == {"kept", "failed"}
        assert limit / 2 < paid(emulator) <= limit


def test_a_table_is_followed_until_its_budget_is_spent(emulator: Emulator, tmp_path: Path) -> None:
    """An open day is scanned again once its copy is old, and nothing is asked or paid beyond the budget."""
    now = datetime(2026, 11, 23, 18, tzinfo=UTC)

    def look(follower: Follower) -> Look:
        for member in follower._members:
            member.due = 0.0
        with patched_clock(emulator, now):
            found = follower.look(NEVER)
            if found.only:
                follower.done(trail.fetch(lambda _: None, NEVER, found.plan, only=found.only))
        return found

    aws = connected(address_of("audit.trail"))
    with Trail(AthenaSource(aws, terms(), now=lambda: now), tmp_path / "a", now=lambda: now) as trail:
        assert "only within a budget" in look(Follower(trail, lambda: now)).held[0]
        assert not emulator.billed
    with Trail(AthenaSource(aws, terms(day=1.0), now=lambda: now), tmp_path / "b", now=lambda: now) as trail:
        follower = Follower(trail, lambda: now)
        assert look(follower).only
        bills = len(emulator.billed)
        assert bills
        assert not look(follower).only  # its copy is young
        now += timedelta(minutes=16)
        assert look(follower).only
        assert len(emulator.billed) > bills
    spent = paid(emulator)
    with Trail(AthenaSource(aws, terms(day=spent), now=lambda: now), tmp_path / "b", now=lambda: now) as trail:
        now += timedelta(minutes=16)
        found = look(Follower(trail, lambda: now))
        assert not found.only
        assert "more than day_budget leaves" in found.held[0]
    assert paid(emulator) == spent
