"""`query --follow`: each row once, as it comes, and what it is not for."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import TYPE_CHECKING

import pytest

from ssmtrail.queries.config import Settings
from ssmtrail.queries.errors import Cancelled, SourceError, UsageError
from ssmtrail.queries.filters import Filter
from ssmtrail.queries.following import Follower
from ssmtrail.queries.model import Coverage, Question, Scope, Unreadable
from ssmtrail.queries.times import Window
from ssmtrail.tui.cli.console import Console
from ssmtrail.tui.cli.follow import _check, _Following, _open
from ssmtrail.tui.cli.main import run
from ssmtrail.tui.cli.options import Options
from ssmtrail.tui.cli.query import Order
from tests.fakes import NOON
from tests.growing import Growing

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ssmtrail.tui.choice import LaunchOptions, SourceChoice
    from ssmtrail.tui.formats import Format


def followed(
    trail: Growing, form: Format, monkeypatch: pytest.MonkeyPatch, *steps: Callable[[], object],
    columns: tuple[str, ...] = ("at", "session_id"), where: str = "",
) -> None:  # fmt: skip
    """Follow; before each look something happens, and after the last one the user ends it."""
    left = list(steps)

    def until_due(follower: Follower, _: Event) -> None:
        if not left:
            raise Cancelled
        for member in follower._members:
            member.due = 0.0
        left.pop(0)()

    monkeypatch.setattr(Follower, "until_due", until_due)
    order = Order(Question("sessions", Scope(Window(), Filter(where))), Settings(), form, columns=columns)
    with pytest.raises(Cancelled):
        _Following(order, trail, Console(quiet=False), Event()).run()


def test_each_row_is_written_once(monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    trail = Growing(2)

    def late() -> None:
        trail.grow(1)
        former = trail.rows["sessions"]
        trail.rows["sessions"] = ({**former[0], "key": "late", "session_id": "late"}, *former)

    followed(trail, "jsonl", monkeypatch, lambda: None, lambda: trail.grow(2), lambda: None, late)
    out, err = capsysbinary.readouterr()
    rows = [json.loads(line) for line in out.splitlines()]
    assert [row["session_id"] for row in rows] == ["s0", "s1", "s2", "s3", "late", "s4"]
    assert b"follows logs /evidence every 5 s; ctrl+c ends" in err
    trail = Growing(1)
    followed(trail, "csv", monkeypatch, lambda: None, lambda: trail.grow(1))
    assert capsysbinary.readouterr().out == (b"at,session_id\r\n2026-11-23T12:00:00Z,s0\r\n2026-11-23T12:00:01Z,s1\r\n")
    trail = Growing(0)
    followed(trail, "table", monkeypatch, lambda: trail.grow(1), lambda: trail.grow(11), where="s1*")
    lines = capsysbinary.readouterr().out.decode().splitlines()
    assert lines == [
        "at                    session_id", "2026-11-23T12:00:01Z  s1", "2026-11-23T12:00:10Z  s10",
        "2026-11-23T12:00:11Z  s11",
    ]  # fmt: skip


def test_columns_without_room_are_told_once(
    monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "40")
    columns = ("at", "session_id", "person", "user_agent")
    followed(Growing(1), "table", monkeypatch, lambda: None, lambda: None, columns=columns)
    out, err = capsysbinary.readouterr()
    assert len(out.splitlines()) == 2
    assert err.count(b"2 of 4 columns fit; --format csv or a pipe has all of them") == 1


def test_a_failure_does_not_end_it(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    trail = Growing(0)

    def fail() -> None:
        trail.grow(1)
        trail.fetch_error = SourceError("The folder cannot be listed.")

    def mend() -> None:
        trail.fetch_error = None
        trail.covered = Coverage(files=1, unreadable=(Unreadable("bad\x1b.json", "cut short"),))

    followed(trail, "jsonl", monkeypatch, fail, mend, lambda: trail.grow(1))
    out, err = capsys.readouterr()
    assert len(out.splitlines()) == 2
    assert "The folder cannot be listed. Looks again in 10 s." in err
    assert err.count("unreadable: bad\\x1b.json: cut short") == 1


@pytest.mark.parametrize(
    ("options", "form", "sentence"),
    [
        (Options(command="query", question="pairs"), "jsonl", "--follow is for sessions, calls and doors only."),
        (Options(command="query"), "json", "--follow writes table, jsonl or csv, not json."),
        (Options(command="query", limit=3), "csv", "--follow and --limit do not go together."),
        (Options(command="query", sort=("at",)), "csv", "--follow and --sort do not go together."),
        (Options(command="query", demo=True), "csv", "--follow is not for the demo"),
    ],
)
def test_what_it_is_not_for(options: Options, form: Format, sentence: str) -> None:
    assert options.question != "records"
    order = Order(Question(options.question, Scope(Window(), Filter())), Settings(), form)
    with pytest.raises(UsageError, match=sentence):
        _check(options, order)


def test_a_window_that_moves_is_open() -> None:
    now = datetime.now(UTC)
    assert _open(Window.parse("12h", None, now), moving=True).end is None
    assert _open(Window.parse("7d", None, now), moving=True) == Window(Window.parse("7d", None, now).start, None)
    later = Window(NOON, now + timedelta(days=1))
    assert _open(later, moving=False) == later
    for over, moving in ((Window(NOON, now), False), (Window.parse("yesterday", None, now), True)):
        with pytest.raises(UsageError, match="a window that is not over"):
            _open(over, moving=moving)


def test_the_app_follows_from_the_start(launched: list[tuple[SourceChoice, LaunchOptions]], tmp_path: Path) -> None:
    assert run(["logs", str(tmp_path), "--follow"]) == 7
    assert run(["open", "--logs", str(tmp_path), "--logs", str(tmp_path.parent), "--follow"]) == 7
    assert run(["logs", str(tmp_path)]) == 7
    assert [options.follow for _, options in launched] == [True, True, False]
    assert run(["demo", "--follow"]) == 2
