"""Who was on a machine at a moment: a timeline with a one-sentence answer, and a field for the moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar, Final

from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static

from ssmtrail.queries.details import presence
from ssmtrail.queries.errors import UsageError
from ssmtrail.queries.times import zone_of
from ssmtrail.tui.frame.keys import Key
from ssmtrail.tui.text import Clock
from ssmtrail.tui.typed_moment import typed_moment
from ssmtrail.tui.views.as_of_text import Room, answer, edge, folded_line, line_of, title
from ssmtrail.widgets.filter_bar import SafeInput
from ssmtrail.widgets.text import safe
from ssmtrail.widgets.timeline import FOOT, Timeline

if TYPE_CHECKING:
    from datetime import datetime

    from textual.app import ComposeResult

    from ssmtrail.queries.views import AsOf, Stay
    from ssmtrail.tui.signs import Signs

#: The stretch of time shown at first.
_SHOWN: Final = timedelta(hours=6)
#: Heights from which on the answer takes two lines, then three.
_ROOMY: Final = (8, 14)
_EXAMPLES: Final = "12:12   21 Nov 12:12   2026-11-21T12:12   12:12 Europe/Berlin"


class TimeInput(SafeInput):
    """The field of the moment."""

    typing_keys = (Key("enter", "go there"), Key("esc", "back"))


class MomentBar(Horizontal):
    """A prompt with the field."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "back", tooltip="Leave the time as it was", id="moment.dismiss"),
    ]

    DEFAULT_CSS = """
    MomentBar {
        height: 1;
        padding: 0 1;
        & > .moment-bar--prompt { width: auto; padding-right: 1; color: $text-accent; }
        & > Input, & > Input:focus { width: 1fr; background: transparent; background-tint: transparent; }
    }
    """

    @dataclass
    class Submitted(Message):
        """Enter was pressed."""

        bar: MomentBar
        """The bar that it was pressed in."""
        text: str
        """The whole text."""

    @dataclass
    class Dismissed(Message):
        """Escape was pressed."""

        bar: MomentBar
        """The bar that was left."""

    def __init__(self) -> None:
        super().__init__()
        self._field = TimeInput(placeholder=_EXAMPLES, compact=True)
        self._field.cursor_blink = False  # a blinking cursor sends bytes twice a second over a slow line

    def compose(self) -> ComposeResult:
        """The prompt, the field."""
        yield Static("as of", classes="moment-bar--prompt", markup=False)
        yield self._field

    def begin(self) -> None:
        """Type a new moment."""
        self._field.value = ""
        self.screen.set_focus(self._field)  # at once: `focus` lets keys that follow quickly go elsewhere

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Post the text."""
        event.stop()
        self.post_message(self.Submitted(self, event.value))

    def on_input_changed(self, event: Input.Changed) -> None:
        """Keep the message here."""
        event.stop()

    def action_dismiss(self) -> None:
        """Post that the bar was left."""
        self.post_message(self.Dismissed(self))


@dataclass
class _OfPart(Message):
    part: AsOfPart
    """The sender."""

    @property
    def control(self) -> AsOfPart:
        """The sender."""
        return self.part


class AsOfPart(Vertical):
    """A moment, the stays around it, and a sentence that says who was there.

    It posts `MomentWanted` before the moment leaves the loaded time; the old timeline stays until `show`.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("t", "type", "time", tooltip="Type the moment to look at", id="go.as-of-type"),
        Binding(
            "full_stop",
            "edge(1)",
            "next",
            key_display=".",
            tooltip="To the next start or end of a stay",
            id="go.as-of-next",
        ),
        Binding(
            "comma",
            "edge(-1)",
            "previous",
            key_display=",",
            tooltip="To the previous start or end of a stay",
            id="go.as-of-previous",
        ),
        Binding("space", "fold", "all", tooltip="Show, or fold, those who were not on it", id="look.as-of-fold"),
    ]

    DEFAULT_CSS = """
    AsOfPart {
        & > #as-of-title { height: 1; padding: 0 1; }
        & > #as-of-answer { height: 2; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis; }
        & > #as-of-folded { height: 1; padding: 0 1; color: $text-muted; text-wrap: nowrap; text-overflow: ellipsis; }
        & > MomentBar { display: none; }
        &.-typing > MomentBar { display: block; }
        &.-typing > #as-of-title { display: none; }
    }
    """

    @dataclass
    class MomentWanted(_OfPart):
        """The stays around this moment are needed; answer with `show`."""

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
        self.timeline = Timeline(ascii_only=signs.ascii_only)
        self._title = Static(id="as-of-title", markup=False)
        self._bar = MomentBar()
        self._answer = Static(id="as-of-answer", markup=False)
        self._folded = Static(id="as-of-folded", markup=False)
        self._shows_all = False
        self._seen: tuple[str, ...] = ()
        """Keys of the stays that the timeline shows."""
        self._kept: str | None = None
        """Key of a stay that is gone to, which is shown though nobody may be there any more."""

    def compose(self) -> ComposeResult:
        """The moment or its field, the answer, the timeline of who was there."""
        yield self._title
        yield self._bar
        yield self._answer
        yield self.timeline
        yield self._folded

    @property
    def moment(self) -> datetime | None:
        """The shown moment in UTC; None before the first `show`."""
        return None if self._as_of is None else self.timeline.as_of

    @moment.setter
    def moment(self, moment: datetime) -> None:
        self.go(moment)

    def focus(self, scroll_visible: bool = True) -> AsOfPart:
        """Focus the timeline."""
        self.timeline.focus(scroll_visible)
        return self

    def show(self, as_of: AsOf, clock_zone: str, label: str) -> None:
        """Show who was on a machine, whose label may be hostile, in this zone.

        The first time, and for another machine, at the moment of `as_of`; later the present moment stays. An answer
        that does not contain the present moment is dropped: a newer one was asked for.
        """
        moment, stretch = self.moment, self.timeline.stretch
        if self._as_of is None or moment is None or as_of.target != self._as_of.target:
            moment, stretch = as_of.moment, (as_of.moment - _SHOWN / 2, as_of.moment + _SHOWN / 2)
        elif not as_of.first <= moment < as_of.last:
            return
        self._show(as_of, moment, stretch, clock_zone, label)

    def clear(self) -> None:
        """Forget the machine: the next `show` starts at its own moment."""
        self._as_of = self._asked_about = None
        self.remove_class("-typing")

    def save(self) -> tuple[AsOf, datetime, tuple[datetime, datetime]] | None:
        """The stays, the moment and the shown stretch of time."""
        return None if self._as_of is None else (self._as_of, self.timeline.as_of, self.timeline.stretch)

    def restore(
        self, saved: tuple[AsOf, datetime, tuple[datetime, datetime]] | None, clock_zone: str, label: str
    ) -> None:
        """Show what was saved."""
        self.clear()
        if saved is not None:
            self._show(*saved, clock_zone, label)

    def _show(
        self, as_of: AsOf, moment: datetime, stretch: tuple[datetime, datetime], clock_zone: str, label: str
    ) -> None:
        self._as_of, self._label, self._clock = as_of, label, Clock(clock_zone)
        self._asked_about = as_of.moment
        self.timeline.longest = (as_of.last - as_of.first) / 3
        self._show_stays(moment, stretch)

    def _stays_at(self, moment: datetime) -> list[Stay]:
        """Who is shown: those who were there, certainly or possibly, or all."""
        assert self._as_of is not None
        stays = self._as_of.stays
        if self._shows_all:
            return list(stays)
        return [stay for stay in stays if stay.key == self._kept or presence(stay, moment) != "no"]

    def _show_stays(self, moment: datetime, stretch: tuple[datetime, datetime], *, moved: bool = False) -> None:
        stays, zone = self._stays_at(moment), zone_of(self._clock.zone)
        self._seen = tuple(stay.key for stay in stays)
        self.timeline.show([line_of(stay) for stay in stays], *stretch, as_of=moment, zone=zone, relevant=moved)
        if self._as_of is not None:
            others = len(self._as_of.stays) - len(stays)
            self._folded.update(folded_line(others, shows_all=self._shows_all))
        self._fit()

    def action_fold(self) -> None:
        """Show those who were not on the machine too, or fold them away."""
        self._shows_all = not self._shows_all
        self._show_stays(self.timeline.as_of, self.timeline.stretch)

    def go(self, moment: datetime, key: str | None = None) -> None:
        """Show a moment, with the cursor on the stay of this key, if given."""
        self._kept = key
        if self._as_of is not None and key is not None and key not in self._seen:
            self._show_stays(moment, self.timeline.stretch)
        self.timeline.go(moment, key)

    def on_timeline_as_of_moved(self, message: Timeline.AsOfMoved) -> None:
        """Describe the moment; ask for more before it leaves the loaded time."""
        message.stop()
        self._describe()
        if self._as_of is None or self._asked_about is None:
            return
        moment = message.timeline.as_of
        loaded = self._as_of.first <= moment < self._as_of.last  # beyond that the old timeline stays until `show`
        if loaded and tuple(stay.key for stay in self._stays_at(moment)) != self._seen:
            self._show_stays(moment, self.timeline.stretch, moved=True)
        if abs(moment - self._asked_about) > (self._as_of.last - self._as_of.first) / 6:
            self._asked_about = moment
            self.post_message(self.MomentWanted(self, moment))

    def on_timeline_stay_opened(self, message: Timeline.StayOpened) -> None:
        """Post which session was opened."""
        message.stop()
        stays = self._as_of.stays if self._as_of else ()
        session = next((stay.session_key for stay in stays if stay.key == message.key), "")
        self.post_message(self.StayOpened(self, session or message.key))

    def on_resize(self) -> None:
        """Divide the lines again."""
        self._fit()
        self._describe()

    @property
    def _answer_lines(self) -> int:
        return 1 + sum(self.size.height >= enough for enough in _ROOMY)

    def _fit(self) -> None:
        """Give the stays the lines that they need, if available, below the answer."""
        self._answer.styles.height = self._answer_lines
        room = self.size.height - 2 - self._answer_lines
        self.timeline.styles.height = max(FOOT + 1, min(len(self._seen) + FOOT, room))

    def _describe(self) -> None:
        """Write moment and answer for the width and height."""
        moment, width = self.moment, self.size.width - 2
        if self._as_of is None or moment is None or width < 1:
            return
        text, hint = title(moment, self._clock, width)
        words = Content.assemble((text, "bold"), (f"   {hint}", "$text-muted"))
        self._title.update(words, layout=False)
        room = Room(width, self._answer_lines, self._signs.ascii_only)
        first, *others = answer(self._as_of, moment, self._clock, self._label, room)
        self._say(Content.assemble((first, "bold"), *(f"\n{line}" for line in others)))

    def _say(self, words: Content) -> None:
        # Its height is fixed, and a layout takes as long as the rest of a step of the cursor.
        self._answer.update(words, layout=False)

    def action_edge(self, step: int) -> None:
        """Go to the next start or end of a stay, or the one before."""
        if self._as_of is not None:
            self.go(*edge(self._as_of, self.timeline.as_of, step))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The keys work once a machine is shown."""
        return action not in ("type", "edge", "fold") or self._as_of is not None

    def action_type(self) -> None:
        """Type a moment."""
        self.add_class("-typing")
        self._bar.begin()

    def on_moment_bar_submitted(self, message: MomentBar.Submitted) -> None:
        """Go to the typed moment, or say what is wrong with it."""
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
        self._describe()
