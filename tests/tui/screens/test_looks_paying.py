"""Pictures of what belongs to a source that costs; look at each before accepting it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from ssmtrail.queries.config import AthenaSettings
from ssmtrail.queries.filters import Filter
from ssmtrail.queries.model import Plan, QueryRun, Scope
from ssmtrail.queries.sources.athena.console_queries import placeholder_sql
from ssmtrail.queries.times import Window
from ssmtrail.tui.app import TrailApp
from ssmtrail.tui.choice import SourceChoice, athena_named
from ssmtrail.tui.lazy_trail import LazyTrail
from ssmtrail.tui.preferences import Preferences
from tests.fakes import NOON
from tests.tui.organisation import plausible_door
from tests.tui.screens.stage import app_over, press, settled

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.pilot import Pilot

    from tests.fakes import FakeTrail

SIZES = pytest.mark.parametrize("size", [(80, 24), (120, 36)], ids=["80x24", "120x36"])
DAYS = tuple(date(2026, 10, 24) + timedelta(days=number) for number in range(31))
PLAN = Plan(
    NOON, DAYS, kept=1, queries=5, bytes=41_700_000_000, price=0.2085, how="listed", limit=100_000_000_000,
    ask_first=True,
)  # fmt: skip
UNKNOWN = replace(
    PLAN, bytes=None, price=None, how="unknown",
    absent=tuple((day, "no files lie in its folder") for day in DAYS[:3]),
    doubt="EXPLAIN does not show which partitions are read (timestamp): it may be the whole table.",
    warnings=("No result is reused: the workgroup primary has an engine older than version 3.",),
)  # fmt: skip
DONE = QueryRun(
    "k1", "done", date(2026, 11, 1), date(2026, 11, 7), "SELECT\n    eventid\nFROM \"audit\".\"trail\"",
    NOON - timedelta(minutes=3), 812_400_000, 0.004, 9.0, 1.0, "3f1c0d52-8a77-4c1e-9b52-1f0e6c2ab1a2",
)  # fmt: skip
RUNS = (
    replace(DONE, key="k2", state="running", first=date(2026, 11, 8), last=date(2026, 11, 14), bytes=401_200_000,
            price=0.002, seconds=5.0, queued=0.4, id="9b77f1a0-0000-4000-8000-000000000010"),
    replace(DONE, key="k5", state="queued", first=date(2026, 11, 22), last=date(2026, 11, 23), bytes=0, price=0.0,
            seconds=0.0, queued=0.0, id=""),
    DONE,
    replace(DONE, key="k3", state="failed", first=date(2026, 11, 15), last=date(2026, 11, 21), bytes=0, price=0.0,
            seconds=2.0, id="71aa5c3e-0000-4000-8000-00000000000e",
            error="The results cannot be written: the identity needs s3:PutObject on results-bucket."),
    replace(DONE, key="k4", state="cancelled", first=date(2026, 10, 25), last=date(2026, 10, 31), bytes=120_000_000,
            price=0.0006, seconds=3.0),
    replace(DONE, key="k6", first=date(2026, 10, 24), last=date(2026, 10, 24), bytes=0, price=0.0, reused=True,
            seconds=0.3, queued=0.0),
)  # fmt: skip


def paying(plan: Plan = PLAN) -> TrailApp:
    """The app over a table in Athena."""
    trail = plausible_door()
    trail.source_label, trail.planned, trail.ran = "athena audit.trail", plan, RUNS
    choice = SourceChoice("athena", athena=athena_named("audit.trail", None, AthenaSettings()))
    app = TrailApp(lambda _: trail, LazyTrail(lambda: trail), choice, Preferences(Scope(_window(), Filter())))
    assert app.app_context is not None
    app.app_context.now = lambda: NOON
    return app


def _window() -> Window:
    return Window.parse("30d", None, NOON)


def after(*keys: str) -> Callable[[Pilot[int]], Any]:
    """Press keys, then wait until nothing happens any more."""

    async def run(pilot: Pilot[int]) -> None:
        await settled(pilot)
        await press(pilot, *keys)

    return run


@SIZES
@pytest.mark.parametrize("plan", [PLAN, UNKNOWN], ids=["listed", "unknown"])
def test_plan(snap_compare: Any, plan: Plan, size: tuple[int, int]) -> None:
    assert snap_compare(paying(plan), terminal_size=size, run_before=after())


@SIZES
@pytest.mark.parametrize(
    "keys",
    [
        pytest.param((), id="running"),
        pytest.param(("down", "down"), id="done"),
        pytest.param(("down", "down", "down"), id="failed"),
        pytest.param(("down", "down", "down", "down"), id="cancelled"),
        pytest.param(("down", "down", "down", "enter"), id="failed-told"),
    ],
)
def test_queries(snap_compare: Any, keys: tuple[str, ...], size: tuple[int, int]) -> None:
    app = paying(Plan(NOON, kept=31))
    assert snap_compare(app, terminal_size=size, run_before=after("8", *keys))


def test_no_queries(snap_compare: Any) -> None:
    app = paying(Plan(NOON, kept=31))
    trail = app._opener(SourceChoice())
    trail.ran = ()  # type: ignore[attr-defined]
    assert snap_compare(app, terminal_size=(80, 24), run_before=after("8"))


def sql_app(where: str = "kind:tunnel env:prod") -> TrailApp:
    """The demo, with the very SQL of the documented table."""
    trail: FakeTrail = plausible_door()
    scope = Scope(_window(), Filter(where))
    trail.console = placeholder_sql("calls", scope)
    return app_over(trail, scope)


@SIZES
def test_sql(snap_compare: Any, size: tuple[int, int]) -> None:
    assert snap_compare(sql_app(), terminal_size=size, run_before=after("Q"))
