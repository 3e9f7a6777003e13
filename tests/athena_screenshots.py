"""Draws the pictures of a table in Athena, over the emulator with the demo's trail."""

from __future__ import annotations

import os
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import NAMESPACE_URL, uuid5

from ssmtrail.queries.config import AthenaSettings
from ssmtrail.queries.filters import Filter
from ssmtrail.queries.inventory import Inventory
from ssmtrail.queries.model import Scope
from ssmtrail.queries.sources.athena.address import AthenaTerms, address_of
from ssmtrail.queries.sources.athena.client import connected
from ssmtrail.queries.sources.athena.source import AthenaSource
from ssmtrail.queries.sources.demo import prepare
from ssmtrail.queries.times import Window
from ssmtrail.queries.trail import Trail
from ssmtrail.tui.app import TrailApp
from ssmtrail.tui.choice import SourceChoice, athena_named
from ssmtrail.tui.lazy_trail import LazyTrail
from ssmtrail.tui.preferences import Preferences
from tests.athena_emulator import Emulator, trail_table
from tests.athena_emulator.faults import Fault
from tests.demo_athena import deliver
from tests.tui.screens.stage import on_stage, press, settled

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import date, datetime

    from ssmtrail.queries.model import QueryRun

#: What goes wrong with the first query, so that there is one that failed.
_TROUBLE = Fault("Query", message="Query exhausted resources at this scale factor", error_type=1, category=2)


class _Steady(Trail):
    """Tells of queries whatever chance gave them: names, times."""

    def queries(self) -> tuple[QueryRun, ...]:
        """All of them, with figures that are the same each time."""
        found = sorted(super().queries(), key=lambda run: (run.state, run.first), reverse=True)
        return tuple(
            replace(run, id=str(uuid5(NAMESPACE_URL, f"{run.first} {run.last} {run.state}")), seconds=4.0, queued=1.0)
            for run in found
        )


async def athena_shots(end: date, now: datetime, size: tuple[int, int]) -> AsyncIterator[tuple[str, str]]:
    """Names and pictures."""
    with tempfile.TemporaryDirectory() as folder, Emulator() as emulator:
        os.environ.update(emulator.environment)
        trail = prepare(Path(folder) / "demo", end, now)
        deliver(emulator, emulator.add_table(trail_table()), trail.folder)
        emulator.now, emulator.faults.planned = now.timestamp(), [_TROUBLE]
        source = AthenaSource(connected(address_of("audit.trail")), AthenaTerms(ask_above=0), now=lambda: now)
        door = _Steady(source, Path(folder) / "cache", Inventory.load(trail.inventory), now=lambda: now)
        scope = Scope(Window.parse("30d", None, now), Filter())
        choice = SourceChoice("athena", athena=athena_named("audit.trail", None, AthenaSettings()))
        app = TrailApp(lambda _: door, LazyTrail(lambda: door), choice, Preferences(scope))
        async with on_stage(app, size) as pilot:
            yield "plan", app.export_screenshot(title="ssmtrail")
            await press(pilot, "enter", "8")
            await settled(pilot)
            await press(pilot, "R", "enter")
            await settled(pilot)
            await press(pilot, "home")
            yield "queries", app.export_screenshot(title="ssmtrail")
