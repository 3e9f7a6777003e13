"""The public API: the examples of docs/api.md, typed rows, errors, memory."""

from __future__ import annotations

import dataclasses
import re
import subprocess
import sys
import threading
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import ssmtrail
from ssmtrail.queries.relations import FIELDS
from ssmtrail.queries.rows import PAGE_ROWS, ROW_TYPES
from tests.records import denied, start, terminate, write_file
from tests.trails import write_sessions

if TYPE_CHECKING:
    from collections.abc import Iterator

MACHINE = "arn:aws:ec2:eu-central-1:111122223333:instance/i-0ab1c2d3"
ROOT = Path(__file__).parent.parent
EXAMPLES = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "api.md").read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture(scope="module")
def demo_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    cache = tmp_path_factory.mktemp("cache")
    with ssmtrail.open_demo(cache=cache) as trail:
        trail.refresh()
    return cache


@pytest.fixture
def trail(tmp_path: Path) -> Iterator[ssmtrail.Trail]:
    records = [
        start("2026-11-20T09:00:00Z", "jane-1"),
        terminate("2026-11-20T09:30:00Z", "jane-1"),
        start("2026-11-22T23:30:00Z", "jane-2", target="i-0fedcba98"),
        denied("StartSession", "2026-11-23T08:00:00Z", MACHINE),
    ]
    write_file(tmp_path / "logs" / "a.json", records)
    with ssmtrail.open_logs(tmp_path / "logs", cache=tmp_path / "cache") as opened:
        assert opened.refresh().state == "done"
        yield opened


@pytest.mark.parametrize("example", EXAMPLES, ids=range(len(EXAMPLES)))
def test_an_example_of_the_documentation_runs(
    example: str, demo_cache: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SSMTRAIL_CACHE", str(demo_cache))
    exec(compile(example, "docs/api.md", "exec"), {"__name__": "example"})
    assert capsys.readouterr().out


def test_every_name_can_be_imported_and_importing_loads_nothing_heavy() -> None:
    for name in ssmtrail.__all__:
        assert getattr(ssmtrail, name) is not None
    assert set(ssmtrail.__all__) <= set(dir(ssmtrail))
    with pytest.raises(AttributeError):
        _ = ssmtrail.nothing
    program = "import sys, ssmtrail; print(sys.modules.keys() & {'duckdb', 'textual', 'boto3', 'msgspec'})"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_rows_have_the_fields_of_their_question() -> None:
    for name, row in ROW_TYPES.items():
        assert tuple(field.name for field in dataclasses.fields(row)) == FIELDS[name]


def test_rows_are_typed_and_narrowed(trail: ssmtrail.Trail) -> None:
    newest, *others = trail.sessions()
    assert (newest.status, newest.started_at) == ("denied", datetime(2026, 11, 23, 8, tzinfo=UTC))
    assert [session.session_id for session in others] == ["jane-2", "jane-1"]
    assert [session.session_id for session in trail.sessions(sort="started_at")] == ["jane-1", "jane-2", None]
    assert [each.session_id for each in trail.sessions("person:jane", since=date(2026, 11, 22))] == [None, "jane-2"]
    assert [each.session_id for each in trail.sessions(until=datetime(2026, 11, 21, tzinfo=UTC))] == ["jane-1"]
    assert [each.target for each in trail.sessions("hour:0", zone="Europe/Berlin")] == ["i-0fedcba98"]
    assert [(pair.person, pair.target, pair.sessions, pair.denied) for pair in trail.pairs()] == [
        ("jane", "i-0ab1c2d3", 1, 1),
        ("jane", "i-0fedcba98", 1, 0),
    ]
    assert [call.event_name for call in trail.calls(sort=("event_name", "-event_time"))] == [
        "StartSession",
        "StartSession",
        "StartSession",
        "TerminateSession",
    ]
    assert [(bucket.sessions, bucket.denied) for bucket in trail.usage()] == [(1, 0), (0, 0), (1, 0), (0, 1)]
    assert [(person.person, person.targets) for person in trail.people()] == [("jane", 2)]
    assert [machine.target for machine in trail.machines()] == ["i-0ab1c2d3", "i-0fedcba98"]
    assert list(trail.tunnels()) == []


def test_rows_can_be_iterated_again_and_counted(trail: ssmtrail.Trail) -> None:
    sessions = trail.sessions("status:started")
    assert list(sessions) == list(sessions)
    assert (sessions.totals().rows, sessions.totals().rows_unfiltered) == (2, 3)
    assert sessions.columns[:2] == ("at", "session_id")


def test_what_cannot_be_meant_is_refused_before_anything_is_asked(trail: ssmtrail.Trail) -> None:
    with pytest.raises(ssmtrail.FilterError):
        trail.sessions("colour:red")
    with pytest.raises(ssmtrail.UsageError, match="no column 'colour'; it has at, session_id"):
        trail.sessions(sort="-colour")
    with pytest.raises(ssmtrail.UsageError):
        trail.sessions(since="soon")
    with pytest.raises(ssmtrail.UsageError):
        trail.sessions(zone="Mars")
    assert issubclass(ssmtrail.FilterError, ssmtrail.TrailError)


def test_a_missing_folder_is_an_error_of_the_source(tmp_path: Path) -> None:
    trail = ssmtrail.open_logs(tmp_path / "nothing", cache=tmp_path / "cache")
    with trail, pytest.raises(ssmtrail.SourceError):
        trail.refresh()


def test_set_events_cancel(trail: ssmtrail.Trail) -> None:
    cancelled = threading.Event()
    sessions = trail.sessions(cancelled=cancelled)
    rows = iter(sessions)
    assert next(rows).status == "denied"
    cancelled.set()
    with pytest.raises(ssmtrail.Cancelled):
        list(sessions)
    with pytest.raises(ssmtrail.Cancelled):
        trail.refresh(cancelled=cancelled)


def test_more_rows_than_a_page_come_in_order_and_once(tmp_path: Path) -> None:
    write_sessions(tmp_path / "logs", 2 * PAGE_ROWS, days=20)
    with ssmtrail.open_logs(tmp_path / "logs", cache=tmp_path / "cache") as trail:
        trail.refresh()
        for sessions in (trail.sessions(), trail.sessions("kind:shell")):
            found = [(session.started_at, session.event_ids) for session in sessions]
            assert len({ids for _, ids in found}) == len(found) == sessions.totals().rows > PAGE_ROWS
            times = [at for at, _ in found if at is not None]
            assert times == sorted(times, reverse=True)
