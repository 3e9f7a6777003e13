"""The live view: who is connected at this minute."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ssmtrail.queries.errors import SourceError, UsageError
from ssmtrail.queries.model import Connected, ConnectedSession
from ssmtrail.queries.relations import columns_of
from ssmtrail.tui.views import now
from ssmtrail.tui.views.now import NowPane
from tests.fakes import NOON, FakeTrail, a_session
from tests.tui.screens.stage import app_over, on_stage, pane, press, said, settled, stack

if TYPE_CHECKING:
    from threading import Event

    import pytest
    from textual.pilot import Pilot

COLUMNS = columns_of("sessions")
JANE = a_session(key="s", session_id="jane-1", person="jane.doe")
ROW = tuple(JANE.get(column) for column in COLUMNS)


def on(session_id: str, **more: Any) -> ConnectedSession:
    return ConnectedSession(
        "111122223333", "eu-central-1", session_id, "i-0abc", "arn:aws:iam::111122223333:user/bob\x1b[31m",
        "SSM-SessionManagerRunShell", NOON, **more,
    )  # fmt: skip


class Live(FakeTrail):
    """A core whose answers about who is on are given one after the other; the last stays."""

    def __init__(self, *answers: Connected | Exception) -> None:
        super().__init__({"sessions": [JANE]})
        self.said = list(answers)

    def connected(self, cancelled: Event) -> Connected:
        found = self.said.pop(0) if len(self.said) > 1 else self.said[0]
        if isinstance(found, Exception):
            raise found
        return found


def shown(pilot: Pilot[int]) -> str:
    """Every line of the view."""
    lines = pilot.app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip) for strip in lines)


async def test_it_is_asked_again_while_it_is_shown() -> None:
    known = on("jane-1", columns=COLUMNS, row=ROW)
    trail = Live(
        Connected(NOON, (known, on("bob-1")), 17, ("444455556666/eu-west-1: AWS denies it.",)),
        Connected(NOON, (on("bob-1"),), 17),
        SourceError("AWS cannot be reached."),
        Connected(NOON, (), 17),
    )
    async with on_stage(app_over(trail)) as pilot:
        await press(pilot, "W")
        text = shown(pilot)
        assert "2 sessions connected at" in text
        assert "17 regions" in text
        assert "jane.doe" in text
        assert "user/bob\\x1b[31m" in text or "user/bob" in text
        assert "does not prove that the person is there" in text
        assert "not asked: 444455556666/eu-west-1" in text
        view = pane(pilot, NowPane)
        view.follow()
        await settled(pilot)
        assert "1 session connected" in shown(pilot)
        view.follow()
        await settled(pilot)
        assert "AWS cannot be reached." in shown(pilot)
        view.follow()
        await settled(pilot)
        assert "0 sessions connected" in shown(pilot)
        await press(pilot, "escape")
        assert stack(pilot).view.pane == "sessions"
        # Not while another view is seen.
        left = len(trail.said)
        trail.said.append(SourceError("asked"))
        view.follow()
        await settled(pilot)
        assert len(trail.said) == left + 1


async def test_enter_opens_a_session_that_was_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(now, "PACE", 3600.0)
    known = on("jane-1", columns=COLUMNS, row=ROW)
    async with on_stage(app_over(Live(Connected(NOON, (on("bob-1"), known), 2)))) as pilot:
        await press(pilot, "W", "enter")
        assert stack(pilot).view.pane == "now", "CloudTrail's call of bob's session was not read"
        await press(pilot, "down", "enter")
        assert stack(pilot).view.pane == "session"
        assert "right_square_bracket" not in pilot.app.screen.active_bindings, "no list of sessions opened it"
        await press(pilot, "right_square_bracket")
        assert "the list" not in said(pilot)


async def test_a_source_without_credentials_says_so() -> None:
    trail = Live(UsageError("This source has no AWS credentials."))
    async with on_stage(app_over(trail), size=(80, 24)) as pilot:
        await press(pilot, "W")
        assert "This source has no AWS credentials." in shown(pilot)
        trail.said = [SourceError("asked again")]
        pane(pilot, NowPane).follow()
        await settled(pilot)
        assert "asked again" not in shown(pilot)
