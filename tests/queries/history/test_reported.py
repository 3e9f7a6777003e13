"""True ends: what Session Manager reports of sessions, joined with their calls, and kept when it has forgotten."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

import ssmtrail
from ssmtrail.tui.cli.main import run
from tests.aws_server import HUB
from tests.queries.history.conftest import NOW, a_session, ago, history
from tests.records import resume, start, terminate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.aws_server import AwsServer

CELL = HUB, "eu-central-1"
HOUR = timedelta(hours=1)


@pytest.fixture
def trail(aws: AwsServer, tmp_path: Path) -> Iterator[ssmtrail.Trail]:
    with history(tmp_path, regions=["eu-central-1"]) as opened:
        yield opened


def of(trail: ssmtrail.Trail) -> dict[str | None, ssmtrail.Session]:
    return {each.session_id: each for each in trail.sessions()}


def test_what_is_reported_is_joined(aws: AwsServer, trail: ssmtrail.Trail) -> None:
    names = ("closed", "ended", "rounded", "failed", "on", "left", "resumed", "no-report")
    aws.record(start(ago(hours=5), name) for name in names)
    aws.record([terminate(ago(hours=1), "ended"), resume(ago(hours=2), "gone")])
    aws.sessions[CELL] = [
        a_session("closed", hours=5, ended=4, Reason="INC-7"),
        a_session("ended", hours=5, ended=3),
        a_session("rounded", hours=5, ended=5),
        a_session("failed", hours=5, ended=4, status="Failed"),
        a_session("on", hours=5, MaxSessionDuration="1440"),
        a_session("left", hours=5, status="Disconnected"),
        a_session("gone", hours=30, ended=1.5, Target="i-0fedcba98"),
        a_session("unknown", hours=7, ended=6, AccessType="JustInTime"),
    ]
    trail.refresh()
    found = of(trail)
    ends = {name: (each.end_evidence, each.ended_at) for name, each in found.items()}
    assert ends["closed"] == ("reported", NOW - 4 * HOUR)
    assert found["closed"].reason == "INC-7"
    # The report has the time, the call who ended it.
    assert ends["ended"] == ("reported", NOW - 3 * HOUR)
    assert found["ended"].ended_by == "jane"
    # Never before its start.
    assert ends["rounded"] == ("reported", NOW - 5 * HOUR)
    # Connected when it was seen; the longest that it may last is a bound. Listed as active alone proves nothing.
    assert found["on"].end_evidence == "alive-at"
    assert found["on"].alive_at is not None
    assert found["on"].alive_at >= NOW - HOUR / 60
    assert (found["on"].latest_end, found["on"].latest_end_by) == (NOW + 19 * HOUR, "max-duration")
    assert found["left"].end_evidence == "unknown"
    assert found["left"].alive_at == NOW - 5 * HOUR
    assert found["no-report"].latest_end is None
    # An orphan has the reported end and target; it stays one.
    assert (found["gone"].status, found["gone"].target, ends["gone"]) == (
        "orphan", "i-0fedcba98", ("reported", NOW - 1.5 * HOUR),
    )  # fmt: skip
    # Session Manager knows it, CloudTrail does not: a row, no session and no call.
    only = found["unknown"]
    assert (only.status, only.person, only.person_evidence, only.access_type) == (
        "reported-only", "jane", "identity", "JustInTime",
    )  # fmt: skip
    assert (only.started_at, only.ended_at, only.event_ids) == (NOW - 7 * HOUR, NOW - 6 * HOUR, ())
    assert [each.session_id for each in trail.sessions("status:reported-only")] == ["unknown"]
    assert {each.event_name for each in trail.calls()} == {"StartSession", "ResumeSession", "TerminateSession"}
    (person,) = trail.people()
    assert (person.sessions, person.calls) == (8, 10)
    assert sum(each.sessions for each in trail.usage(since="7d")) == 8
    # Who was there: nobody got a shell of what failed.
    presence = {each.session_id: each.presence for each in trail.as_of(NOW - 4.5 * HOUR)}
    assert presence["closed"] == "certain"
    assert presence["failed"] == "possible"
    assert "rounded" not in presence


def test_more_than_one_page(aws: AwsServer, trail: ssmtrail.Trail) -> None:
    aws.sessions[CELL] = [a_session(f"s-{number}", hours=9, ended=8) for number in range(201)]
    trail.refresh()
    assert len(list(trail.sessions())) == 201
    assert aws.calls["DescribeSessions"] == 3


def test_what_is_forgotten_after_30_days_stays_known(aws: AwsServer, trail: ssmtrail.Trail) -> None:
    aws.record([start(ago(days=20), "jane-1")])
    aws.sessions[CELL] = [a_session("jane-1", hours=20 * 24, ended=20 * 24 - 1)]
    trail.refresh()
    first = trail.coverage(ssmtrail.Window()).words
    assert "ends " in first
    aws.sessions.clear()
    trail.refresh()
    assert of(trail)["jane-1"].end_evidence == "reported"
    assert trail.coverage(ssmtrail.Window()).words.rpartition("ends ")[2] == first.rpartition("ends ")[2]


def test_who_may_not_ask_for_ends_reads_the_rest(aws: AwsServer, trail: ssmtrail.Trail) -> None:
    aws.denied.add("DescribeSessions")
    aws.record([start(ago(hours=5), "jane-1")])
    trail.refresh()
    assert of(trail)["jane-1"].end_evidence == "unknown"
    (note,) = trail.coverage(ssmtrail.Window()).notes
    assert note.file == f"{HUB}/eu-central-1"
    assert "denies DescribeSessions" in note.text


def test_ends_are_kept_without_reading_history(
    aws: AwsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The command line asks, `history` joins later what Session Manager has forgotten by then."""
    monkeypatch.setenv("SSMTRAIL_CACHE", str(tmp_path / "cache"))
    aws.sessions[CELL] = [a_session("jane-1", hours=5, ended=4), a_session("jane-2", hours=3)]
    aws.refused[HUB, "us-east-1"] = "AccessDeniedException"
    assert run(["ends"]) == 4
    out, err = capfd.readouterr()
    assert out == f"{HUB}/eu-central-1: 2 sessions kept, 1 with an end\n"
    assert f"not read: {HUB}/us-east-1: AWS denies DescribeSessions" in err
    assert not aws.asked
    aws.sessions.clear()
    assert run(["ends", "--region", "us-east-1"]) == 3
    assert run(["ends", "--region", "eu-central-1", "--quiet"]) == 0
    aws.record([start(ago(hours=5), "jane-1")])
    with history(tmp_path, regions=["eu-central-1"]) as trail:
        trail.refresh()
        assert of(trail)["jane-1"].end_evidence == "reported"


def test_who_is_on_now(
    aws: AwsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Connected when asked: neither what is only listed as active, nor what was connected at an earlier time."""
    monkeypatch.setenv("SSMTRAIL_CACHE", str(tmp_path / "cache"))
    aws.record([start(ago(hours=2), "jane-1"), start(ago(hours=2), "jane-2"), start(ago(hours=3), "jane-3")])
    aws.sessions[CELL] = [
        a_session("jane-1", hours=2), a_session("jane-2", hours=2, status="Disconnected"),
        a_session("jane-3", hours=3, ended=1), a_session("bob-1", hours=80, Owner="arn:aws:iam::111122223333:user/bob"),
    ]  # fmt: skip
    words = ["now", "--region", "eu-central-1", "--format", "json"]
    assert run(words) == 0
    out, err = capfd.readouterr()
    found = {each["session_id"]: (each["person"], each["source_ip"], each["status"]) for each in json.loads(out)}
    assert found == {"jane-1": ("jane", "203.0.113.7", "started"), "bob-1": ("bob", None, "reported-only")}
    assert "2 sessions connected" in err
    assert "does not prove" in err
    for each in aws.sessions[CELL]:
        each["Status"] = "Terminated"
    assert run(words) == 0
    assert json.loads(capfd.readouterr().out) == []
    aws.denied.add("DescribeSessions")
    assert run(words) == 4
    assert "denies DescribeSessions" in capfd.readouterr().err
