"""Real records, published by others: what is in them is known."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ssmtrail.queries.times import Window
from tests.records import ask, opened

TRAILS = Path(os.environ.get("SSMTRAIL_REAL_TRAILS") or Path(__file__).parents[2].parent / "shared/data/cloudtrail")
pytestmark = pytest.mark.skipif(
    not TRAILS.is_dir(), reason=f"no real records at {TRAILS}; SSMTRAIL_REAL_TRAILS names their folder"
)


def test_three_sessions_that_a_tool_ended_at_once(tmp_path: Path) -> None:
    """Their client is not the AWS CLI, so their early end does not prove that its plugin was missing."""
    with opened(TRAILS / "stratus-red-team", tmp_path) as service:
        sessions, calls, pairs = (ask(service, name) for name in ("sessions", "calls", "pairs"))
        coverage = service.coverage(Window())
    assert [row["end_evidence"] for row in sessions] == ["terminated"] * 3
    assert not any("aws-cli" in row["user_agent"] for row in sessions)
    assert [row["length_bound"] for row in sessions] == ["exact"] * 3
    assert [row["status"] for row in sessions] == ["started"] * 3
    assert all(row["ended_at"] is not None and row["person"] and row["target"] for row in sessions)
    assert len(calls) == 6
    assert {row["event_name"] for row in calls} == {"StartSession", "TerminateSession"}
    assert sum(row["sessions"] for row in pairs) == 3
    assert sum(row["calls"] for row in pairs) == 6
    assert coverage.unreadable == ()


def test_send_command_is_no_session(tmp_path: Path) -> None:
    with opened(TRAILS / "invictus-aws-dataset", tmp_path) as service:
        assert ask(service, "sessions") == ask(service, "calls") == ask(service, "pairs") == []
        coverage = service.coverage(Window())
    assert coverage.files > 0
    assert coverage.first_day is not None
    assert coverage.first_day.isoformat() == "2023-07-10"


def test_every_file_of_real_trails_can_be_read(tmp_path: Path) -> None:
    with opened(TRAILS, tmp_path) as service:
        assert len(ask(service, "sessions")) == 3
        assert service.coverage(Window()).unreadable == ()
