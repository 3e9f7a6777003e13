"""Who was on a machine at a moment: a timeline with the answer in a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar, Final

from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from ssmtrail.queries.errors import UsageError
from ssmtrail.queries.times import zone_of
from ssmtrail.tui.frame.moment_bar import MomentBar
from ssmtrail.tui.text import Clock
from ssmtrail.tui.views.as_of_text import Room, answer, edge, line_of, title, typed_moment
from ssmtrail.widgets.text import safe
from ssmtrail.widgets.timeline import FOOT, Timeline

if TYPE_CHECKING:
    from datetime import datetime

    from textual.app import ComposeResult

    from ssmtrail.queries.views import AsOf
    from ssmtrail.tui.signs import Signs

#: The time that is seen at first.
_SEEN: Final = timedelta(hours=6)
#: From so many lines on the answer has two of them, three.
_ROOMY: Final = (8, 14)


@dataclass
class _OfPart(Message):
    part: AsOfPart
    """The part that the message comes from."""

    @property
    def control(self) -> AsOfPart:
        """The part that the message comes from."""
        return self.part


class AsOfPart(Vertical):
    """A moment with its keys, the stays about it, one sentence that says who was there.

    It asks for more before the moment leaves what is known; until that is shown, what was seen stays.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("t", "type", "time", tooltip="Type the moment to look at", id="as-of.type"),
        Binding("n", "edge(1)", "next", tooltip="To the next start or end of a stay", id="as-of.next"),
        Binding("p", "edge(-1)", "previous", tooltip="To the start or end of a stay before", id="as-of.previous"),
    ]

    DEFAULT_CSS = """
    AsOfPart {
        & > #as-of-title { height: 1; padding: 0 1; }
        & > #as-of-answer { height: 2; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis; }
        & > MomentBar { display: none; }
        &.-typing > MomentBar { display: block; }
        &.-typing > #as-of-title { display: none; }
    }
    """

    @dataclass
    class MomentWanted(_OfPart):
        """More has to be known about this moment; answered with `show`."""

        moment: datetime
        """In UTC."""

    @dataclass
    class StayOpened(_OfPart):
        """A session was opened with Enter or the mouse."""

        key: str
        """Its row key of the `sessions` question."""

    def __init__(self, signs: Signs, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._signs = signs
        self._as_of: AsOf | None = None
        self._clock = Clock()
        self._label = ""
        self._asked_about: datetime | None = None

    def compose(self) -> ComposeResult:
        """The moment, or a line to type one; the stays; the answer."""
        yield Static(id="as-of-title", markup=False)
        yield MomentBar()
        yield Timeline(ascii_only=self._signs.ascii_only)
        yield Static(id="as-of-answer", markup=False)

    @property
    def timeline(self) -> Timeline:
        """The stays."""
        return self.query_one(Timeline)

    @property
    def moment(self) -> datetime | None:
        """The moment that is looked at, in UTC; None before anything is shown."""
        return None if self._as_of is None else self.timeline.as_of

    @moment.setter
    def moment(self, moment: datetime) -> None:
        self.go(moment)

    def focus(self, scroll_visible: bool = True) -> AsOfPart:
        """Give the keys to the timeline."""
        self.timeline.focus(scroll_visible)
        return self

    def show(self, as_of: AsOf, clock_zone: str, label: str) -> None:
        """Show who was on a machine, whose label may be hostile, in this zone.

        The first time, and for another machine, at the moment that was asked about; after that where the moment is by
        now. What does not reach to there is not shown: more was asked for in the meantime.
        """
        moment, stretch = self.moment, self.timeline.stretch
        if self._as_of is None or moment is None or as_of.target != self._as_of.target:
            moment, stretch = as_of.moment, (as_of.moment - _SEEN / 2, as_of.moment + _SEEN / 2)
        elif not as_of.first <= moment < as_of.last:
            return
        self._as_of, self._label, self._clock = as_of, label, Clock(clock_zone)
        self._asked_about = as_of.moment
        self.timeline.longest = (as_of.last - as_of.first) / 3
        lines = [line_of(stay) for stay in as_of.stays]
        self.timeline.show(lines, *stretch, as_of=moment, zone=zone_of(clock_zone))
        self._fit()

    def go(self, moment: datetime, key: str | None = None) -> None:
        """Look at a moment, with the cursor on the stay of this key, if it is given."""
        self.timeline.go(moment, key)

    def on_timeline_as_of_moved(self, message: Timeline.AsOfMoved) -> None:
        """Say who was there; ask for more before the moment leaves what is known."""
        message.stop()
        self._tell()
        if self._as_of is None or self._asked_about is None:
            return
        moment = message.timeline.as_of
        if abs(moment - self._asked_about) > (self._as_of.last - self._as_of.first) / 6:
            self._asked_about = moment
            self.post_message(self.MomentWanted(self, moment))

    def on_timeline_stay_opened(self, message: Timeline.StayOpened) -> None:
        """Tell which session was opened."""
        message.stop()
        self.post_message(self.StayOpened(self, message.key))

    def on_resize(self) -> None:
        """Share the lines out anew."""
        self._fit()
        self._tell()

    @property
    def _answer_lines(self) -> int:
        return 1 + sum(self.size.height >= enough for enough in _ROOMY)

    def _fit(self) -> None:
        """Give the stays the lines that they need, as far as they are there; the answer stands right below."""
        stays = len(self._as_of.stays) if self._as_of else 0
        self._answer.styles.height = self._answer_lines
        self.timeline.styles.height = max(FOOT + 1, min(stays + FOOT, self.size.height - 1 - self._answer_lines))

    def _tell(self) -> None:
        """Write the moment with the answer for the room at hand."""
        moment, width = self.moment, self.size.width - 2
        if self._as_of is None or moment is None or width < 1:
            return
        text, hint = title(moment, self._clock, width)
        words = Content.assemble((text, "bold"), (f"   {hint}", "$text-muted"))
        self.query_one("#as-of-title", Static).update(words, layout=False)
        room = Room(width, self._answer_lines, self._signs.ascii_only)
        first, *others = answer(self._as_of, moment, self._clock, self._label, room)
        self._say(Content.assemble((first, "bold"), *(f"\n{line}" for line in others)))

    @property
    def _answer(self) -> Static:
        return self.query_one("#as-of-answer", Static)

    def _say(self, words: Content) -> None:
        # Its height is given: laying the screen out anew takes as long as all else that a step costs.
        self._answer.update(words, layout=False)

    def action_edge(self, step: int) -> None:
        """Go to the next start or end of a stay, or the one before."""
        if self._as_of is not None:
            self.go(*edge(self._as_of, self.timeline.as_of, step))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Nothing before there is something to see."""
        if action in ("type", "edge"):
            return self._as_of is not None
        return super().check_action(action, parameters)

    def action_type(self) -> None:
        """Type a moment."""
        self.add_class("-typing")
        self.query_one(MomentBar).begin()

    def on_moment_bar_submitted(self, message: MomentBar.Submitted) -> None:
        """Go to the moment that was typed; one that is none is refused."""
        message.stop()
        try:
            moment = typed_moment(message.text, self.timeline.as_of, self._clock.zone)
        except UsageError as error:
            self._say(Content.assemble((safe(str(error)), "$text-error")))
            return
        self._leave_bar()
        self.go(moment)

    def on_moment_bar_dismissed(self, message: MomentBar.Dismissed) -> None:
        """Leave the moment as it was."""
        message.stop()
        self._leave_bar()

    def _leave_bar(self) -> None:
        self.remove_class("-typing")
        self.timeline.focus()
        self._tell()
