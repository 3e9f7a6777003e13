"""What is derived for a window alone is derived like everything else."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from ssmtrail.queries.filters import Filter
from ssmtrail.queries.model import Scope
from ssmtrail.queries.times import Window
from tests.records import ask, assumed_role, opened, resume, start, terminate, write_file

if TYPE_CHECKING:
    from pathlib import Path

JANE = assumed_role("Admin", "jane.doe")
#: Its session reaches from two days before the window to the day after it.
REACHING = [
    start("2026-11-08T09:00:00Z", "far-1", who=JANE),
    resume("2026-11-10T09:00:00Z", "far-1", who=JANE),
    start("2026-11-10T10:00:00Z", "near-1", who=JANE),
    terminate("2026-11-10T11:00:00Z", "near-1", who=JANE),
    terminate("2026-11-13T11:00:00Z", "near-1", who=JANE),
]
DAY = Window(datetime(2026, 11, 10, tzinfo=UTC), datetime(2026, 11, 11, tzinfo=UTC))


def test_a_role_session_name_is_a_person_in_a_window_too(tmp_path: Path) -> None:
    write_file(tmp_path / "trail" / "a.json", REACHING)
    with opened(tmp_path / "trail", tmp_path / "store") as service:
        assert [row["person"] for row in ask(service, "sessions")] == ["jane.doe"] * 2
        # The start of the other is beyond the look-around: who resumed it is no starter, its id may name one.
        assert [row["person"] for row in ask(service, "sessions", window=DAY)] == ["jane.doe", "far"]
        assert [row["person"] for row in ask(service, "calls", window=DAY)] == ["jane.doe"] * 3


def test_what_an_earlier_run_left_is_derived_like_what_is_read(tmp_path: Path) -> None:
    write_file(tmp_path / "trail" / "a.json", REACHING)
    with opened(tmp_path / "trail", tmp_path / "store") as service:
        expected = ask(service, "sessions")
    for derived in (tmp_path / "store").glob("v*/*/derived/*"):
        shutil.rmtree(derived)
    from ssmtrail.queries.sources.files.source import FilesSource
    from ssmtrail.queries.trail import Trail

    service = Trail(FilesSource(tmp_path / "trail"), tmp_path / "store")
    assert ask(service, "sessions") == expected
    service.close()


@pytest.mark.parametrize("zone", ["Asia/Kolkata", "America/New_York"])
def test_the_machines_own_zone_means_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, zone: str) -> None:
    naive = [record | {"eventTime": record["eventTime"].removesuffix("Z")} for record in REACHING]
    write_file(tmp_path / "trail" / "a.json", naive)
    with opened(tmp_path / "trail", tmp_path / "utc") as service:
        expected = ask(service, "calls", window=DAY)
    monkeypatch.setenv("TZ", zone)
    with opened(tmp_path / "trail", tmp_path / "elsewhere") as service:
        assert ask(service, "calls", window=DAY) == expected


def test_a_session_shows_the_calls_that_its_window_joins(tmp_path: Path) -> None:
    write_file(tmp_path / "trail" / "a.json", REACHING)
    with opened(tmp_path / "trail", tmp_path / "store") as service:
        orphan = next(row for row in ask(service, "sessions", window=DAY) if row["session_id"] == "far-1")
        assert orphan["status"] == "orphan"
        detail = service.session(orphan["key"], Scope(DAY, Filter()))
        assert [call.event_name for call in detail.calls] == ["ResumeSession"]
        near = next(row for row in ask(service, "sessions", window=DAY) if row["session_id"] == "near-1")
        detail = service.session(near["key"], Scope(DAY, Filter()))
        assert [call.event_id for call in detail.calls] == list(near["event_ids"])
