"""An emulated Athena with a week of a small trail."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ssmtrail.queries.ingest.days import DayIntake
from tests.athena_emulator import Emulator, trail_table
from tests.records import start, terminate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ssmtrail.queries.ingest.publishing import Work
    from ssmtrail.queries.model import Plan, Progress

#: All days of the emulated trail are over by then.
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
FIRST = date(2026, 11, 10)
DAYS = 14


@pytest.fixture
def emulator(monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    """A server with the documented table, one session a day, from FIRST on."""
    yield from serving(monkeypatch, fill)


def serving(monkeypatch: pytest.MonkeyPatch, fill: Callable[[Emulator], object]) -> Iterator[Emulator]:
    """A server that `fill` gives its tables, as the AWS of this process, at NOW."""
    with Emulator() as emulated:
        for name, value in emulated.environment.items():
            monkeypatch.setenv(name, value)
        emulated.now = NOW.timestamp()
        fill(emulated)
        yield emulated


@pytest.fixture
def within_agreement(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The cost invariant: beyond 10 MB a query, all fetches are billed for at most 1.1 times what was agreed to.

    What a live Athena scans between two polls is beyond it, and beyond any test here.
    """
    agreed: list[int] = []
    fetch = DayIntake.fetch

    def counted(intake: DayIntake, work: Work, plan: Plan | None) -> Progress:
        agreed.append(plan.most if plan is not None else 0)
        return fetch(intake, work, plan)

    monkeypatch.setattr(DayIntake, "fetch", counted)
    yield
    billed = emulator.billed
    beyond = max(0, sum(billed) - 10_000_000 * len(billed))
    ratio = beyond / sum(agreed) if sum(agreed) else float(beyond > 0) * 99
    if path := os.environ.get("SSMTRAIL_OVERRUN"):
        with Path(path).open("a", encoding="ascii") as file:
            file.write(f"{ratio}\n")
    assert ratio <= 1.1


@pytest.fixture
def hasty_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """AWS's library makes its own second try at once; by itself it waits up to a second, by its own clock."""
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *_: 0.0)


def fill(emulated: Emulator, days: int = DAYS) -> None:
    """Give the emulator the table, a session a day."""
    table = emulated.add_table(trail_table())
    for number in range(days):
        day = FIRST + timedelta(days=number)
        records = [
            start(f"{day}T09:00:00Z", f"jane-{number:05d}", eventID=f"start-{day}"),
            terminate(f"{day}T09:30:00Z", f"jane-{number:05d}", eventID=f"end-{day}"),
        ]
        emulated.deliver(table, day, records)
