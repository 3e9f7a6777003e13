"""An Athena source over the emulator, opened and asked."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from ssmtrail.queries.sources.athena.address import AthenaTerms, address_of
from ssmtrail.queries.sources.athena.client import connected
from ssmtrail.queries.sources.athena.source import AthenaSource
from ssmtrail.queries.times import Window
from ssmtrail.queries.trail import Trail
from tests.queries.athena.conftest import NOW
from tests.records import ask

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from ssmtrail.queries.model import Plan, Progress
    from tests.athena_emulator import Emulator


def window(first: date, last: date) -> Window:
    """The UTC days from the first to the last, both included."""
    return Window(_midnight(first), _midnight(last + timedelta(days=1)))


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


@contextmanager
def opened(
    store: Path, now: datetime = NOW, terms: AthenaTerms | None = None, table: str = "audit.trail",
    given: Mapping[str, tuple[str, ...]] | None = None, **options: Any,
) -> Iterator[Trail]:  # fmt: skip
    """A service over the emulated table, or over the values `given` of its partition columns."""
    aws = connected(address_of(table, **options))
    source = AthenaSource(aws, terms or AthenaTerms(), given or {}, now=lambda: now)
    service = Trail(source, store, now=lambda: now)
    try:
        yield service
    finally:
        service.close()


@contextmanager
def patched_clock(emulator: Emulator, now: datetime) -> Iterator[None]:
    """Let the emulator take queries at a time, whatever the machine's clock says."""
    emulator.now, before = now.timestamp(), emulator.now
    yield
    emulator.now = before


def planned(service: Trail, whole: Window, **options: Any) -> Plan:
    return service.plan(whole, threading.Event(), **options)


def fetched(service: Trail, whole: Window, *, early: bool = False, **options: Any) -> list[Progress]:
    """Agree to the plan of a window and fetch it; returns the reported progress.

    Sessions are derived at the end alone, unless `early`: to derive them takes longer than to fetch the days.
    """
    reports: list[Progress] = []
    service.fetch(reports.append, threading.Event(), planned(service, whole, **options), early=early)
    return reports


def sessions(service: Trail, whole: Window) -> list[str]:
    """The ids of the window's sessions, in order."""
    return sorted(str(row["session_id"]) for row in ask(service, "sessions", window=whole))


def states(service: Trail, whole: Window) -> dict[date, str]:
    """The state of every day."""
    return {day.day: day.state for day in service.coverage(whole).days}
