"""True ends for sources other than event history: `--ends`, and what `ssmtrail ends` kept before."""

from __future__ import annotations

import dataclasses
import json
from threading import Event
from typing import TYPE_CHECKING

import ssmtrail
from ssmtrail.queries.sources.history.address import HistoryAddress
from ssmtrail.tui.cli.main import run
from tests.aws_server import HUB
from tests.queries.history.conftest import a_session, ago, history
from tests.records import start, terminate

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.aws_server import AwsServer, Record

CELL = HUB, "eu-central-1"


def folder_of(tmp_path: Path, records: list[Record]) -> Path:
    folder = tmp_path / "logs"
    folder.mkdir(exist_ok=True)
    (folder / "records.json").write_text(json.dumps({"Records": records}))
    return folder


def rows_of(trail: ssmtrail.Trail) -> list[ssmtrail.Session]:
    # When an open session was asked about differs.
    return [dataclasses.replace(each, alive_at=None) for each in trail.sessions()]


def test_files_answer_as_event_history_does(aws: AwsServer, tmp_path: Path) -> None:
    records = [start(ago(hours=5), name) for name in ("closed", "on", "ended", "failed", "no-report")]
    records.append(terminate(ago(hours=1), "ended"))
    aws.record(records)
    aws.sessions[CELL] = [
        a_session("closed", hours=5, ended=4, Reason="INC-7"), a_session("on", hours=5),
        a_session("ended", hours=5, ended=3), a_session("failed", hours=5, ended=4, status="Failed"),
        a_session("unknown", hours=4, ended=3),
    ]  # fmt: skip
    aws.sessions[HUB, "us-east-1"] = [a_session("elsewhere", hours=5, ended=4)]
    with history(tmp_path / "history", regions=["eu-central-1"]) as trail:
        trail.refresh()
        expected = rows_of(trail)
    folder = folder_of(tmp_path, records)
    with ssmtrail.open_logs(folder, cache=tmp_path / "cache", ends=True) as trail:
        before = rows_of(trail)
        trail.refresh()
        assert rows_of(trail) == expected
        assert {each.session_id for each in expected} == {"closed", "on", "ended", "failed", "no-report", "unknown"}
        (words,) = trail.coverage(ssmtrail.Window()).settings
        assert words.startswith("ends ")
    assert before == []
    # Kept, and used without asking; sessions before the days of the records are left out.
    aws.sessions.clear()
    aws.calls.clear()
    with ssmtrail.open_logs(folder, cache=tmp_path / "cache") as trail:
        trail.refresh()
        assert rows_of(trail) == expected
    assert not aws.calls


def test_a_screen_gets_rows_first_and_ends_when_they_are_known(aws: AwsServer, tmp_path: Path) -> None:
    folder = folder_of(tmp_path, [start(ago(hours=5), "closed")])
    aws.sessions[CELL] = [a_session("closed", hours=5, ended=4)]
    seen = []
    with ssmtrail.open_logs(folder, cache=tmp_path / "cache", ends=True) as trail:
        aws.before_answer = lambda operation: seen.append(
            (operation, [each.end_evidence for each in trail.sessions()])
        )  # fmt: skip
        progress: list[ssmtrail.Progress] = []
        last = trail.fetch(progress.append, Event())
        assert [each.end_evidence for each in trail.sessions()] == ["reported"]
        assert [each.state for each in progress].count("done") == 1
        assert progress[-1] == last
        assert last.snapshot > min(each.snapshot for each in progress if each.snapshot)
    assert ("DescribeSessions", ["unknown"]) in seen


def test_another_account_or_time_is_not_joined(aws: AwsServer, tmp_path: Path) -> None:
    old = start("2024-01-05T10:00:00Z", "old")
    folder = folder_of(tmp_path, [old, start("2024-01-06T10:00:00Z", "other", recipientAccountId="444455556666")])
    aws.sessions[CELL] = [a_session("old", hours=5, ended=4), a_session("recent", hours=5, ended=4)]
    with ssmtrail.open_logs(folder, cache=tmp_path / "cache", ends=True) as trail:
        trail.refresh()
        assert {each.session_id: each.end_evidence for each in trail.sessions()} == {
            "old": "unknown",
            "other": "unknown",
        }
        assert trail.coverage(ssmtrail.Window()).settings == ()


def test_the_command_line_asks_the_profile(
    aws: AwsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SSMTRAIL_CACHE", str(tmp_path / "cache"))
    folder = folder_of(tmp_path, [start(ago(hours=5), "closed")])
    aws.sessions[CELL] = [a_session("closed", hours=5, ended=4)]
    words = ["query", "sessions", "--logs", str(folder), "--format", "json"]
    aws.refused[CELL] = "AccessDeniedException"
    assert run([*words, "--ends", "--region", "eu-central-1"]) == 0
    out, err = capfd.readouterr()
    assert json.loads(out)[0]["end_evidence"] == "unknown"
    assert "the ends that Session Manager knows are not read: AWS denies DescribeSessions" in err
    aws.refused.clear()
    assert run([*words, "--ends", "--region", "eu-central-1"]) == 0
    out, err = capfd.readouterr()
    assert json.loads(out)[0]["end_evidence"] == "reported"
    assert "ends " in err
    assert run([*words, "--region", "eu-central-1"]) == 2
    assert run(["query", "sessions", "--demo", "--ends"]) == 2
    capfd.readouterr()


def test_athena_asks_the_profile_of_its_table() -> None:
    from ssmtrail.queries.config import Settings
    from ssmtrail.tui.cli.commands import read_options
    from ssmtrail.tui.cli.sources import source_of

    options = read_options(
        ["query", "sessions", "--athena", "a.b", "--ends", "--profile", "p", "--region", "eu-west-1"]
    )
    assert not isinstance(options, int)
    choice = source_of(options, Settings())
    assert choice.athena is not None
    # The region is that of the table; sessions are in any.
    assert choice.ends == HistoryAddress(("p",))
