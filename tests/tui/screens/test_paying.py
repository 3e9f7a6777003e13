"""A source that costs: what is asked before it is read, what ran at it."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from textual.widgets import Input, Static

from ssmtrail.queries.config import AthenaSettings, Settings
from ssmtrail.queries.errors import SourceError
from ssmtrail.queries.filters import Filter
from ssmtrail.queries.model import Budgets, Coverage, DayCoverage, Plan, Progress, QueryRun, Scope, Spendings, Spent
from ssmtrail.queries.times import Window
from ssmtrail.tui.app import TrailApp
from ssmtrail.tui.choice import SourceChoice, athena_named
from ssmtrail.tui.frame.chrome import ProvenanceLine
from ssmtrail.tui.lazy_trail import LazyTrail
from ssmtrail.tui.preferences import Preferences
from ssmtrail.tui.views.athena import PlanScreen, QueriesPane, QueryPane
from ssmtrail.tui.views.sessions import SessionsPane
from ssmtrail.widgets.day_strip import DayStrip
from ssmtrail.widgets.details import Details
from ssmtrail.widgets.text import safe
from tests.fakes import NOON, FakeTrail, a_session
from tests.tui.screens.stage import frame, held, on_stage, pane, press, said, settled, stack, until

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.pilot import Pilot

DAYS = tuple(date(2026, 11, 1) + timedelta(days=number) for number in range(7))
CHEAP = Plan(NOON, DAYS, queries=1, bytes=4_000_000, price=0.02, how="listed")
DEAR = replace(CHEAP, bytes=2_000_000_000_000, price=10.0, ask_first=True)
NOTHING = Plan(NOON, kept=7)
DONE = QueryRun("k1", "done", DAYS[0], DAYS[6], "SELECT 1\nFROM trail", NOON, 812_400_000, 0.004, 9.0, 1.0, "3f1c-a2")
LIVE = replace(DONE, key="k2", state="running", id="9b77-10", bytes=1_000)
FAILED = replace(DONE, key="k3", state="failed", id="71aa-0e", error="The bucket denies \x1b[31mPutObject.")
SCOPE = Scope(Window.parse("30d", None, NOON), Filter())


def a_door(plan: Plan = DEAR, runs: tuple[QueryRun, ...] = ()) -> FakeTrail:
    trail = FakeTrail({"sessions": [a_session()]}, source_label="athena audit.trail")
    trail.planned, trail.ran = plan, runs
    return trail


def paying(trail: FakeTrail, scope: Scope = SCOPE) -> TrailApp:
    choice = SourceChoice("athena", athena=athena_named("audit.trail", None, AthenaSettings()))
    return TrailApp(lambda _: trail, LazyTrail(lambda: trail), choice, Preferences(scope))


def told(pilot: Pilot[int]) -> str:
    return str(pilot.app.screen.query_one(Details)._rows)


async def test_what_costs_much_is_asked_for_and_fetched_as_agreed() -> None:
    trail = a_door()
    async with on_stage(paying(trail)) as pilot:
        assert isinstance(pilot.app.screen, PlanScreen)
        assert trail.fetches == 0
        assert "$10.00" in told(pilot)
        await press(pilot, "enter")
        assert (trail.fetches, trail.agreed) == (1, DEAR)
        assert isinstance(stack(pilot).pane, SessionsPane)


async def test_escape_pays_nothing_and_moving_about_does_not_ask_again() -> None:
    trail = a_door()
    async with on_stage(paying(trail)) as pilot:
        await press(pilot, "escape")
        assert (trail.fetches, trail.agreed) == (1, None)
        await press(pilot, "w", "enter")
        assert isinstance(stack(pilot).pane, SessionsPane)
        assert trail.agreed is None
        await press(pilot, "r")
        assert isinstance(pilot.app.screen, PlanScreen)
        await press(pilot, "enter")
        assert trail.agreed == DEAR


async def test_what_costs_little_is_fetched_at_once() -> None:
    trail = a_door(CHEAP)
    async with on_stage(paying(trail)) as pilot:
        assert isinstance(stack(pilot).pane, SessionsPane)
        assert (trail.fetches, trail.agreed) == (1, CHEAP)


async def test_what_is_kept_is_read_again_for_nothing() -> None:
    trail = a_door(NOTHING)
    async with on_stage(paying(trail)) as pilot:
        assert (trail.fetches, trail.agreed) == (1, None)
        await press(pilot, "w", "enter")
        assert trail.fetches == 1
        await press(pilot, "r")
        assert (trail.fetches, trail.agreed) == (2, None)


async def test_another_window_that_misses_days_asks() -> None:
    trail = a_door(NOTHING)
    async with on_stage(paying(trail)) as pilot:
        trail.planned = DEAR
        await press(pilot, "w", "down", "down", "down", "enter")
        assert isinstance(pilot.app.screen, PlanScreen)
        await press(pilot, "escape", "w", "end", "enter")
        assert stack(pilot).scope.window == Window()
        assert trail.agreed is None


async def test_a_window_that_was_moved_to_while_reading_is_looked_at_afterwards() -> None:
    trail = a_door(CHEAP)
    async with paying(trail).run_test() as pilot:
        await settled(pilot)
        trail.hold()
        trail.planned = NOTHING
        frame(pilot).context.workers.fetch(CHEAP)
        await held(trail)
        await pilot.press("w", "enter")
        trail.planned = DEAR
        trail.release()
        await settled(pilot)
        assert isinstance(pilot.app.screen, PlanScreen)


async def test_a_price_that_nobody_can_tell_is_a_sentence() -> None:
    trail = a_door()

    def refuse(*_: object, **__: object) -> Plan:
        raise SourceError("There is no table audit.trail.")

    trail.plan = refuse  # type: ignore[method-assign]
    async with on_stage(paying(trail)) as pilot:
        assert "There is no table audit.trail." in pilot.app.screen.query_one(ProvenanceLine).failure
        assert trail.fetches == 0


async def test_without_a_window_it_begins_with_thirty_days() -> None:
    async with on_stage(paying(a_door(NOTHING), Scope(Window(), Filter()))) as pilot:
        window = stack(pilot).scope.window
        assert window.start is not None


async def test_a_free_source_has_no_prices_and_no_queries() -> None:
    trail = a_door(DEAR, (DONE,))
    app = TrailApp(lambda _: trail, LazyTrail(lambda: trail), SourceChoice("demo"), Preferences(SCOPE))
    async with on_stage(app) as pilot:
        assert isinstance(stack(pilot).pane, SessionsPane)
        assert (trail.fetches, trail.agreed) == (1, None)
        assert "8" not in pilot.app.screen.active_bindings or not pilot.app.screen.active_bindings["8"].enabled
        await press(pilot, "8")
        assert isinstance(stack(pilot).pane, SessionsPane)


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_queries_are_listed_told_copied_and_stopped(size: tuple[int, int]) -> None:
    trail = a_door(NOTHING, (LIVE, DONE, FAILED))
    async with on_stage(paying(trail), size) as pilot:
        await press(pilot, "8")
        screen = pane(pilot, QueriesPane)
        assert "3 queries" in str(screen.query_one("#title", Static).content)
        table = screen.table
        row = table.row_at(2)
        assert row is not None
        assert "\x1b" not in str(row.cells["why"])
        await press(pilot, "x")
        assert trail.stopped == ["k2"]
        await press(pilot, "down", "x", "y")
        assert trail.stopped == ["k2"]
        assert pilot.app.clipboard == "3f1c-a2"
        assert "copied" in said(pilot)
        await press(pilot, "enter")
        assert isinstance(stack(pilot).pane, QueryPane)
        await press(pilot, "Y")
        assert pilot.app.clipboard == DONE.sql
        await press(pilot, "escape")
        assert table.cursor_key == "k1"
        await press(pilot, "escape")
        assert isinstance(stack(pilot).pane, SessionsPane)


async def test_what_was_spent_by_whom_and_what_is_above_the_queries() -> None:
    role = "arn:aws:sts::111122223333:assumed-role/Audit/jane\x1b[31m"
    rows = (
        Spent(role, "athena audit.trail", "days", 0.12, 3.1),
        Spent("arn:aws:iam::111122223333:user/cron", "athena audit.trail", "check", 0.0, 0.3),
        *(Spent("", f"athena audit.t{number}", "days", 0.0, 0.05) for number in range(3)),
    )
    trail = a_door(NOTHING, (replace(DONE, caller=role),))
    trail.spent = Spendings(NOON.date(), rows, 0.12, 3.1, Budgets(1.0, 20.0))
    async with on_stage(paying(trail), (80, 24)) as pilot:
        await press(pilot, "8")
        title = pane(pilot, QueriesPane).query_one("#title", Static)
        assert str(title.content).splitlines()[1:] == [
            "spent: $0.12 today of $1.00, $3.10 this month of $20.00 (UTC)",
            "Audit/jane·[31m: athena audit.trail $3.10 this month, $0.12 today".replace("·", safe("\x1b")),
            "cron: athena audit.trail, checks $0.30 this month",
            "unknown: athena audit.t0 $0.050 this month",
            "2 more for $0.10",
        ]
        assert title.region.height >= 6
        await press(pilot, "enter")
        assert "assumed-role/Audit/jane" in str(pane(pilot, QueryPane).query_one("#facts", Details)._rows)


@pytest.mark.parametrize("lost", [FAILED, replace(FAILED, state="cancelled", error="")])
async def test_what_a_query_did_not_bring_is_asked_for_again(lost: QueryRun) -> None:
    trail = a_door(NOTHING, (lost, DONE))
    async with on_stage(paying(trail)) as pilot:
        fetches = trail.fetches
        await press(pilot, "8")
        trail.planned = DEAR
        await press(pilot, "R")
        assert trail.planned_again == ["k3"]
        assert isinstance(pilot.app.screen, PlanScreen)
        await press(pilot, "escape")
        assert trail.fetches == fetches + 1  # what is paid for already
        await press(pilot, "R", "enter")
        assert trail.fetches == fetches + 2
        assert trail.agreed == DEAR
        assert isinstance(stack(pilot).pane, QueriesPane)
        trail.planned = CHEAP
        await press(pilot, "R")
        assert trail.agreed == CHEAP


async def test_a_query_that_brought_its_days_is_not_asked_again() -> None:
    trail = a_door(NOTHING, (DONE, LIVE))
    async with on_stage(paying(trail)) as pilot:
        await press(pilot, "8", "R", "down", "R")
        assert trail.planned_again == []


async def test_days_that_others_brought_are_said() -> None:
    trail = a_door(NOTHING, (FAILED,))
    async with on_stage(paying(trail)) as pilot:
        fetches = trail.fetches
        await press(pilot, "8", "R")
        assert "nothing is left" in said(pilot)
        trail.planned = replace(NOTHING, absent=((DAYS[0], "no files lie in its folder"),))
        await press(pilot, "R")
        assert "no files lie in its folder" in said(pilot)
        assert trail.fetches == fetches


async def test_a_query_is_asked_again_once_what_is_read_has_come() -> None:
    trail = a_door(NOTHING, (FAILED,))
    async with paying(trail).run_test() as pilot:
        await settled(pilot)
        await press(pilot, "8")
        trail.hold()
        frame(pilot).context.workers.fetch(CHEAP)
        await held(trail)
        await pilot.press("R")
        await pilot.pause()
        assert "after the present reading" in said(pilot)
        trail.planned, trail.fetch_error = CHEAP, SourceError("It was refused.")
        trail.release()
        await settled(pilot)
        assert trail.planned_again == ["k3"]


async def test_a_doubt_is_told_with_the_price() -> None:
    doubt = "EXPLAIN does not show \x1b[31mwhich partitions are read."
    trail = a_door(replace(CHEAP, ask_first=True, doubt=doubt))
    async with on_stage(paying(trail)) as pilot:
        assert isinstance(pilot.app.screen, PlanScreen)
        assert "which partitions are read" in told(pilot)
        assert "\x1b" not in told(pilot)


async def test_a_reused_result_costs_nothing() -> None:
    trail = a_door(NOTHING, (replace(DONE, bytes=0, price=0.0, reused=True),))
    async with on_stage(paying(trail)) as pilot:
        await press(pilot, "8")
        row = pane(pilot, QueriesPane).table.row_at(0)
        assert row is not None
        assert (row.cells["scanned"], row.cells["price"]) == ("0 B", "reused")


async def test_a_failure_is_forgotten_once_days_are_asked_for_again() -> None:
    trail = a_door(CHEAP, (FAILED,))
    trail.fetch_error = SourceError("It was stopped.")
    async with on_stage(paying(trail)) as pilot:
        assert "It was stopped." in pilot.app.screen.query_one(ProvenanceLine).failure
        await press(pilot, "8")
        trail.fetch_error = None
        trail.covered = Coverage((DayCoverage(DAYS[0], "kept", 1, 1),), files=1, bytes=1)
        await press(pilot, "R")
        assert pilot.app.screen.query_one(ProvenanceLine).failure == ""
        assert stack(pilot).coverage == trail.covered


async def test_an_error_is_told_whole() -> None:
    trail = a_door(NOTHING, (DONE, FAILED))
    async with on_stage(paying(trail), (80, 24)) as pilot:
        await press(pilot, "8")
        said_whole = pane(pilot, QueriesPane).query_one("#why", Static)
        assert not said_whole.display
        await press(pilot, "down")
        assert said_whole.display
        assert "PutObject." in str(said_whole.content)
        assert "\x1b" not in str(said_whole.content)


async def test_the_cursor_follows_its_query() -> None:
    trail = a_door(NOTHING, (DONE, FAILED))
    async with on_stage(paying(trail)) as pilot:
        await press(pilot, "8", "down")
        table = pane(pilot, QueriesPane).table
        trail.ran = (LIVE, DONE, FAILED)
        await press(pilot, "r")
        assert (table.cursor_row, table.cursor_key) == (2, "k3")


async def test_the_strip_says_why_a_day_is_missing() -> None:
    trail = a_door(NOTHING)
    absent = DayCoverage(DAYS[0], "missing", why="no files lie in its \x1b[31mfolder")
    trail.covered = Coverage((absent, DayCoverage(DAYS[1], "failed", why="It was stopped.")), files=1, bytes=1)
    async with on_stage(paying(trail), (80, 24)) as pilot:
        strip = pilot.app.screen.query_one(DayStrip)
        strip.day = 0
        await settled(pilot)
        assert "no files lie in its" in said(pilot)
        assert "\x1b" not in said(pilot)
        strip.day = 1
        await settled(pilot)
        assert "failed: It was stopped." in said(pilot)


async def test_welcome_opens_a_table() -> None:
    opened: list[SourceChoice] = []
    trail = a_door(NOTHING)

    def opener(choice: SourceChoice) -> FakeTrail:
        opened.append(choice)
        return trail

    settings = Settings(athena=AthenaSettings(ask_above=0.25))
    app = TrailApp(opener, None, SourceChoice(), Preferences(SCOPE, settings=settings))
    async with on_stage(app) as pilot:
        field = pilot.app.screen.query_one("#table", Input)
        field.focus()
        await press(pilot, *"trail", "enter")
        assert "write it like" in str(pilot.app.screen.query_one("#wrong", Static).content)
        field.value = "audit.trail"
        await press(pilot, "enter")
        assert opened[0].athena is not None
        assert opened[0].athena.address.shown_table == "audit.trail"
        assert opened[0].athena.ask_above == 0.25
        assert isinstance(stack(pilot).pane, SessionsPane)


async def test_how_many_folders_are_listed_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    trail = a_door()
    listing, go_on = threading.Event(), threading.Event()

    def plan(*_: object, report: Callable[[Progress], None], **__: object) -> Plan:
        report(Progress("listing", files_done=12, files_total=850, of="folders"))
        listing.set()
        assert go_on.wait(10)
        return DEAR

    monkeypatch.setattr(trail, "plan", plan)
    async with paying(trail).run_test(size=(120, 36)) as pilot:
        assert await asyncio.to_thread(listing.wait, 10)
        await until(pilot, lambda: said(pilot).endswith("12 of 850 folders listed"))
        go_on.set()
        await until(pilot, lambda: isinstance(pilot.app.screen, PlanScreen))
        await press(pilot, "escape")
        assert "folders" not in said(pilot)


async def test_the_question_has_the_price_of_each_source() -> None:
    free = Plan(NOON, DAYS)
    parts = (("history audit", free), ("athena audit.\x1b[2J", CHEAP), ("athena audit.other", DEAR))
    whole = replace(DEAR, price=10.02, bytes=2_000_004_000_000, parts=parts)
    async with on_stage(paying(a_door(whole))) as pilot:
        assert "$10.02" in told(pilot)
        assert all(each in told(pilot) for each in ("athena audit.other: ", "$10.00", "$0.02"))
        assert "\\x1b[2J: " in told(pilot).replace("\\\\", "\\")
        assert "history" not in told(pilot)
