"""A table of Athena beside other sources: what is paid, the cap over all, what cannot be read."""

from __future__ import annotations

import threading
from contextlib import ExitStack, contextmanager
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

import ssmtrail
from ssmtrail.queries.errors import SourceError, UsageError
from ssmtrail.queries.filters import Filter
from ssmtrail.queries.model import Scope
from ssmtrail.queries.sources.athena.address import AthenaTerms
from ssmtrail.queries.sources.files.source import FilesSource
from ssmtrail.queries.sources.several import SeveralSources
from ssmtrail.queries.trail import Trail
from tests.athena_emulator import trail_table
from tests.athena_emulator.faults import Fault
from tests.queries.athena.conftest import NOW
from tests.queries.athena.stage import fetched, opened, planned, sessions, states, window
from tests.records import start, terminate, write_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ssmtrail.queries.model import Progress
    from tests.athena_emulator import Emulator

pytestmark = pytest.mark.usefixtures("within_agreement", "hasty_library")
DAYS = window(date(2026, 11, 14), date(2026, 11, 15))
OTHER = "444455556666"
#: A day of the emulated trail is about 300 bytes: so it is about 30 GB, and about 15 cents.
SCALE = 100_000_000


@pytest.fixture
def other(emulator: Emulator) -> None:
    """A table of another account, with two sessions on the 14th; one of its calls is in the first table too."""
    table = emulator.add_table(trail_table(name="other", account=OTHER))
    emulator.deliver(table, date(2026, 11, 14), [
        start("2026-11-14T12:00:00Z", "zoe-1", eventID="zoe", recipientAccountId=OTHER),
        start("2026-11-14T09:00:00Z", "jane-00004", eventID="start-2026-11-14"),
    ])  # fmt: skip


@contextmanager
def together(
    store: Path, *tables: str, folder: Path | None = None, terms: AthenaTerms | None = None, **options: Any
) -> Iterator[Trail]:
    """Tables, and before them a folder, as one trail."""
    with ExitStack() as stack:
        members = [stack.enter_context(opened(store, table=table, terms=terms)).source for table in tables]
        folders = [] if folder is None else [FilesSource(folder)]
        source = SeveralSources.of((*folders, *members))
        yield stack.enter_context(Trail(source, store, now=lambda: NOW, **options))


@pytest.mark.usefixtures("other")
def test_two_tables_and_a_folder(emulator: Emulator, tmp_path: Path) -> None:
    write_file(tmp_path / "logs" / "a.json", [
        start("2026-11-14T15:00:00Z", "eve-1", eventID="eve"),
        terminate("2026-11-14T16:00:00Z", "zoe-1", eventID="zoe-end", recipientAccountId=OTHER),
    ])  # fmt: skip
    with together(tmp_path / "store", "audit.trail", "audit.other", folder=tmp_path / "logs") as trail:
        plan = planned(trail, DAYS)
        alone = [part.price or 0.0 for _, part in plan.parts]
        labels = [label for label, _ in plan.parts]
        assert labels == [f"logs {tmp_path / 'logs'}", "athena audit.trail", "athena audit.other"]
        assert plan.price == sum(alone)
        assert (alone[0], plan.bytes) == (0.0, sum(part.bytes or 0 for _, part in plan.parts))
        reports = fetched(trail, DAYS)
        assert reports[-1].state == "done"
        assert [each.state for each in reports].count("done") == 1
        assert sessions(trail, DAYS) == ["eve-1", "jane-00004", "jane-00005", "zoe-1"]
        ends = {row.session_id: row.end_evidence for row in trail.sessions()}
        assert ends["zoe-1"] == "terminated"  # the folder has its end
        assert states(trail, DAYS) == {date(2026, 11, 14): "kept", date(2026, 11, 15): "missing"}
        assert trail.coverage(DAYS).days[1].why.startswith("athena audit.other: ")
        assert {run.state for run in trail.queries()} == {"done"}
        assert sum(run.bytes for run in trail.queries()) == emulator.bytes_scanned
        assert planned(trail, DAYS).days == ()
    paid = emulator.bytes_scanned
    for table, found in (("audit.trail", 2), ("audit.other", 2)):  # each table's days are kept for it alone too
        with opened(tmp_path / "store", table=table) as alone_trail:
            fetched(alone_trail, DAYS)
            assert len(sessions(alone_trail, DAYS)) == found
    assert emulator.bytes_scanned == paid


@pytest.mark.usefixtures("other")
class TestPrice:
    @pytest.fixture(autouse=True)
    def large(self, emulator: Emulator) -> None:
        emulator.enlarge(SCALE)

    def price(self, store: Path) -> float:
        """Dollars for the days of the dearer table."""
        with opened(store) as trail:
            return planned(trail, DAYS).price or 0.0

    def test_a_cap_is_for_all_together(self, emulator: Emulator, tmp_path: Path) -> None:
        terms = AthenaTerms(ask_above=100.0, max_price=self.price(tmp_path / "alone") * 1.2)
        with together(tmp_path, "audit.trail", "audit.other", terms=terms) as trail:
            plan = planned(trail, DAYS)
            assert "together would cost more than the cap" in plan.refusal
            with pytest.raises(UsageError, match="together"):
                trail.fetch(lambda _: None, threading.Event(), plan)
            # What is before it fits, and is read: no more than agreed to.
            assert sum(emulator.billed) * 5 / 10**12 <= (terms.max_price or 0.0) * 1.1

    def test_it_asks_above_the_sum(self, tmp_path: Path) -> None:
        terms = AthenaTerms(ask_above=self.price(tmp_path / "alone") * 1.01)
        with opened(tmp_path, terms=terms) as trail:
            assert not planned(trail, DAYS).ask_first
        with together(tmp_path, "audit.trail", "audit.other", terms=terms) as trail:
            assert planned(trail, DAYS).ask_first
            with pytest.raises(UsageError, match="would be scanned for about"):
                trail.refresh("2026-11-14", "2026-11-16")


@pytest.mark.usefixtures("other")
def test_days_that_one_cannot_have_are_named(emulator: Emulator, tmp_path: Path) -> None:
    exhausted = Fault("Query", message="Query exhausted resources", error_type=1, category=2, times=-1, about='"trail"')
    emulator.faults.planned = [exhausted]
    with together(tmp_path, "audit.trail", "audit.other") as trail:
        fetched(trail, DAYS)
        found = trail.coverage(DAYS)
        assert {day.state for day in found.days} == {"failed"}
        assert all(day.why.startswith("athena audit.trail: The query was too large") for day in found.days)
        assert [each.file for each in found.unreadable] == ["athena audit.trail"]
        assert all(day.is_gap for day in found.days)
        assert sessions(trail, DAYS) == ["jane-00004", "zoe-1"]  # those of the other table


def test_one_that_cannot_be_planned_is_named(emulator: Emulator, tmp_path: Path) -> None:
    write_file(tmp_path / "logs" / "a.json", [start("2026-11-14T15:00:00Z", "eve-1")])
    with together(tmp_path / "store", "audit.nowhere", "audit.trail", folder=tmp_path / "logs") as trail:
        fetched(trail, DAYS)
        assert sessions(trail, DAYS) == ["eve-1", "jane-00004", "jane-00005"]
        (failed,) = trail.coverage(DAYS).unreadable
        assert failed.file == "athena audit.nowhere"
        emulator.add_table(trail_table(name="nowhere", account=OTHER))
        fetched(trail, DAYS)
        assert trail.coverage(DAYS).unreadable == ()
    with together(tmp_path, "audit.neither", "audit.nor") as trail, pytest.raises(SourceError, match="neither"):
        planned(trail, DAYS)


def test_nothing_is_paid_without_an_agreement(emulator: Emulator, tmp_path: Path) -> None:
    write_file(tmp_path / "logs" / "a.json", [start("2026-11-14T15:00:00Z", "eve-1")])
    with together(tmp_path / "store", "audit.trail", folder=tmp_path / "logs") as trail:
        trail.fetch(lambda _: None, threading.Event())
        assert [row.session_id for row in trail.sessions()] == ["eve-1"]
    assert emulator.queries == []


def test_sql_is_of_one_table(tmp_path: Path) -> None:
    with together(tmp_path / "store", "audit.trail", folder=tmp_path) as trail:
        with pytest.raises(UsageError, match="asks one table"):
            trail.console_sql("calls", Scope(DAYS, Filter()), threading.Event())
        assert trail.costs_money


def test_by_the_public_api(emulator: Emulator, tmp_path: Path) -> None:
    del emulator
    write_file(tmp_path / "logs" / "a.json", [start("2026-11-14T15:00:00Z", "eve-1")])
    cache: Any = {"cache": tmp_path / "cache"}
    members = ssmtrail.open_logs(tmp_path / "logs", **cache), ssmtrail.open_athena("audit.trail", **cache)
    with ssmtrail.open_together(*members, **cache) as trail:
        trail.refresh("2026-11-14", "2026-11-16")
        found = trail.sessions(since="2026-11-14", until="2026-11-16", sort="session_id")
        assert [row.session_id for row in found] == ["eve-1", "jane-00004", "jane-00005"]
        assert trail.live is not None  # by the credentials of the table
        assert trail.transcripts.remote is not None


@pytest.mark.usefixtures("other")
def test_tables_are_read_side_by_side_and_stopped_together(emulator: Emulator, tmp_path: Path) -> None:
    """Both have a query that runs before one is over; one key stops both."""
    cancelled, both = threading.Event(), threading.Event()
    told: list[Progress] = []

    def report(progress: Progress) -> None:
        told.append(progress)
        if len({each.sql for each in emulator.queries}) == 2 and len(progress.parts) == 2:
            both.set()

    emulator.hold()
    with together(tmp_path, "audit.trail", "audit.other") as trail:
        plan = planned(trail, DAYS)
        reading = threading.Thread(target=lambda: told.append(trail.fetch(report, cancelled, plan)))
        reading.start()
        assert both.wait(60)
        cancelled.set()
        reading.join(60)
        assert not reading.is_alive()
        assert {each.state for each in emulator.queries} == {"CANCELLED"}
        assert told[-1].state == "cancelled"
        emulator.release()
        assert fetched(trail, DAYS)[-1].state == "done"
        assert sessions(trail, DAYS) == ["jane-00004", "jane-00005", "zoe-1"]
