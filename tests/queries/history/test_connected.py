"""Who is connected at this minute: what Session Manager says, with what the records say of it."""

from __future__ import annotations

from threading import Event
from typing import TYPE_CHECKING

import pytest

import ssmtrail
from ssmtrail.queries.sources.history import now
from tests.aws_server import HUB
from tests.queries.history.conftest import NOW, a_session, ago, history
from tests.queries.history.test_ends_elsewhere import folder_of
from tests.records import start

if TYPE_CHECKING:
    from pathlib import Path

    from tests.aws_server import AwsServer

CELL = HUB, "eu-central-1"


@pytest.fixture(autouse=True)
def _ask_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(now, "_KEPT", -1.0)


def test_connected_sessions_with_their_records(aws: AwsServer, tmp_path: Path) -> None:
    aws.record([start(ago(hours=2), "jane-1"), start(ago(hours=2), "left")])
    aws.sessions[CELL] = [
        a_session("jane-1", hours=2), a_session("left", hours=2, status="Disconnected"),
        a_session("bob-1", hours=80, Owner="arn:aws:iam::111122223333:user/bob"),
    ]  # fmt: skip
    aws.refused[HUB, "us-east-1"] = "AccessDeniedException"
    with history(tmp_path) as trail:
        before = trail.connected(Event())
        trail.refresh()
        found = trail.connected(Event())
        assert trail.can_ask_who_is_on
    assert [each.session_id for each in found.sessions] == ["jane-1", "bob-1"], "the latest begun first"
    assert [bool(each.row) for each in before.sessions] == [False, False]
    jane, bob = found.sessions
    row = dict(zip(jane.columns, jane.row, strict=True))
    assert (row["person"], row["source_ip"], row["session_id"]) == ("jane", "203.0.113.7", "jane-1")
    assert jane.started_at is not None
    assert abs((NOW - jane.started_at).total_seconds() - 7200) < 2
    assert (bob.owner, bob.row) == ("arn:aws:iam::111122223333:user/bob", ()) or bob.row
    (note,) = found.notes
    assert note.startswith(f"{HUB}/us-east-1: AWS denies DescribeSessions")
    assert found.regions == 1


def test_a_folder_needs_credentials(aws: AwsServer, tmp_path: Path) -> None:
    folder = folder_of(tmp_path, [start(ago(hours=2), "jane-1")])
    aws.sessions[CELL] = [a_session("jane-1", hours=2)]
    with ssmtrail.open_logs(folder, cache=tmp_path / "cache") as trail:
        assert not trail.can_ask_who_is_on
        with pytest.raises(ssmtrail.UsageError, match="no AWS credentials"):
            trail.connected(Event())
    with ssmtrail.open_logs(folder, cache=tmp_path / "cache", ends=True) as trail:
        trail.refresh()
        (jane,) = trail.connected(Event()).sessions
        assert jane.row
    aws.denied.add("DescribeSessions")
    with (
        ssmtrail.open_logs(folder, cache=tmp_path / "cache", ends=True) as trail,
        pytest.raises(ssmtrail.SourceError, match="DescribeSessions"),
    ):
        trail.connected(Event())


def test_an_answer_is_given_again_for_some_seconds(
    aws: AwsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A view that is drawn anew while files are read does not ask anew."""
    monkeypatch.setattr(now, "_KEPT", 60.0)
    with history(tmp_path) as trail:
        first = trail.connected(Event())
        asked = aws.calls["DescribeSessions"]
        assert trail.connected(Event()) == first
    assert aws.calls["DescribeSessions"] == asked == 2
