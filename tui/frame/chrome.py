"""What the frame says around a view: source and totals, days and tabs, progress and messages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Final

from textual.binding import Binding
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from ssmtrail.tui.frame.text import (
    Heading,
    coverage_summary,
    day_label,
    header_line,
    progress_line,
    provenance,
    running,
    strip_days,
    totals_texts,
    unreadable_summary,
    window_text,
)
from ssmtrail.tui.query import Covered
from ssmtrail.tui.registry import KEYS, TITLES
from ssmtrail.tui.text import Clock
from ssmtrail.widgets.day_strip import DayStrip
from ssmtrail.widgets.text import safe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date

    from textual import events
    from textual.app import ComposeResult
    from textual.timer import Timer

    from ssmtrail.queries.model import Coverage, Measure, Progress, Scope, Totals
    from ssmtrail.tui.context import AppContext
    from ssmtrail.tui.frame.following import Followed
    from ssmtrail.tui.registry import ViewName
    from ssmtrail.tui.signs import Signs


#: Between the names of tabs.
_GAP: Final = " "
#: Seconds that a reading has to last to be seen while the source is followed.
_FLICKER: Final = 1.0
#: Seconds that a passing message stays.
SPOKEN: Final = 6.0


class HeaderLine(Widget):
    """Source, window with its zone, totals."""

    DEFAULT_CSS = "HeaderLine { height: 1; }"

    heading: reactive[Heading] = reactive(Heading())
    """What it says."""

    def __init__(self, signs: Signs) -> None:
        super().__init__()
        self._signs = signs

    def render(self) -> Content:
        """The line for the width at hand."""
        return header_line(self.heading, self.size.width, self._signs)


_VIEWS: Final = f"The same as {', '.join(TITLES.values()).lower()}"


def view_bindings() -> Iterator[Binding]:
    """The keys of the views, of which the key line shows one."""
    for name, title in TITLES.items():
        shown = KEYS[name] == "1"
        yield Binding(KEYS[name], f"view('{name}')", title.lower(), show=shown, tooltip=_VIEWS, id=f"go.view-{name}")


class Tabs(Widget):
    """`1 Sessions 2 Matrix 3 Usage ...`; a click is the key."""

    DEFAULT_CSS = "Tabs { height: 1; width: auto; padding: 0 1; color: $text-muted; }"

    seen: reactive[str | None] = reactive(None)
    """The view that is shown, by its name; None for a page."""

    @dataclass
    class Chosen(Message):
        """The name of a view was clicked."""

        name: ViewName

    def render(self) -> Content:
        """The names, with a blank between them: all have to fit on 80 columns."""
        parts: list[str | tuple[str, str]] = []
        for name, text in self._texts():
            parts += [(text, "bold $text-accent") if name == self.seen else text, _GAP]
        return Content.assemble(*parts[:-1])

    def _texts(self) -> Iterator[tuple[ViewName, str]]:
        for name, title in TITLES.items():
            yield name, f"{KEYS[name]} {title}"

    def on_click(self, event: events.Click) -> None:
        """Tell whose name is under the mouse."""
        event.stop()
        offset = event.get_content_offset(self)
        left = -1 if offset is None else offset.x
        for name, text in self._texts():
            if 0 <= left < len(text):
                self.post_message(self.Chosen(name))
                return
            left -= len(text) + len(_GAP)


class StatusRow(Horizontal):
    """The strip takes what the tabs leave: the same width on every view."""

    DEFAULT_CSS = """
    StatusRow { height: 1; }
    StatusRow DayStrip { width: 1fr; }
    """

    def __init__(self, signs: Signs) -> None:
        super().__init__(id="strip-row")
        self._signs = signs
        self.strip = DayStrip(ascii_only=signs.ascii_only)
        self.tabs = Tabs()
        self._shown: tuple[Coverage, date] | None = None

    def compose(self) -> ComposeResult:
        """Strip, tabs."""
        yield self.strip
        yield self.tabs

    def show_days(self, coverage: Coverage, today: date) -> None:
        """Show which days were read; a year of days takes 5 ms to describe, so only when they are others.

        `today` is the UTC day.
        """
        if (coverage, today) == self._shown:
            return
        self._shown = coverage, today
        self.strip.set_days(strip_days(coverage, self._signs))
        self.strip.caption = coverage_summary(coverage, today)

    def fit(self, *, narrow: bool) -> None:
        """Write beside the strip only where there is room."""
        self.strip.labelled = not narrow


class ProvenanceLine(Widget):
    """One line; a passing message hides the progress, the progress hides the provenance."""

    DEFAULT_CSS = (
        "ProvenanceLine { height: 1; padding: 0 1; color: $text-muted; text-wrap: nowrap; text-overflow: ellipsis; }"
    )

    provenance: reactive[str] = reactive("")
    """Where the view comes from."""
    warning: reactive[str] = reactive("")
    """What keeps the answer from being whole; at the right, in amber."""
    failure: reactive[str] = reactive("")
    """Why the source cannot be read; replaces the provenance, in red."""
    progress: reactive[Progress | None] = reactive(None)
    """How far a fetch is."""
    following: reactive[str] = reactive("")
    """How the source is followed; empty while it is not. Before the provenance."""
    word: reactive[tuple[str, str]] = reactive(("", ""))
    """What just happened, with a style; goes away on its own."""

    def __init__(self, signs: Signs) -> None:
        super().__init__()
        self._signs = signs
        self._hush: Timer | None = None

    def say(self, text: str, style: str = "$text") -> None:
        """Show a passing message; the text is safe."""
        if self._hush is not None:
            self._hush.stop()
        self.word = (text, style)
        self._hush = self.set_timer(SPOKEN, self._fall_silent)

    def _fall_silent(self) -> None:
        self.word = ("", "")

    def render(self) -> Content:
        """The line for the width at hand."""
        warning = f" {self._signs.bad} {self.warning} (U)"
        left = self._left(len(warning) if self.warning else 0)
        room = self.size.width - left.cell_length
        if not self.warning or room < len(warning):
            return left
        return Content.assemble(left, " " * (room - len(warning)), (warning, "$text-warning"))

    def _left(self, warned: int) -> Content:
        text, style = self.word
        if text:
            return Content.styled(text, style)
        if self.failure:
            return Content.styled(f"{self._signs.bad} {self.failure}", "$text-error")
        # What is followed is read often and soon: a progress that flickers says nothing.
        least = _FLICKER if self.following else 0.0
        if self.progress is not None and running(self.progress) and self.progress.seconds >= least:
            return self._progress(self.progress)
        return self._known(self.size.width - warned)

    def _known(self, room: int) -> Content:
        """How the source is followed, and the provenance where there is room for both."""
        if not self.following:
            return Content(self.provenance)
        both = f" {self._signs.dot} ".join((self.following, self.provenance))
        followed = Content.styled(self.following, "$text-accent")
        return Content.assemble(followed, both[len(self.following) :]) if len(both) <= room else followed

    def _progress(self, progress: Progress) -> Content:
        line, hint = progress_line(progress, self._signs, self.size.width)
        return Content.assemble((line, "$text-accent"), hint)


class Chrome:
    """The lines around the views; the frame composes them, the stack of views fills them."""

    def __init__(self, context: AppContext, scope: Scope, narrow: Callable[[], bool]) -> None:
        signs = context.signs
        self.context = context
        self.header = HeaderLine(signs)
        self.status = StatusRow(signs)
        self.line = ProvenanceLine(signs)
        self.coverage: Coverage | None = None
        self._scope = scope
        self._narrow = narrow
        self._path: tuple[str, ...] = ()

    @property
    def narrow(self) -> bool:
        """Whether the terminal has less than 120 columns."""
        return self._narrow()

    @property
    def clock(self) -> Clock:
        """How times are written: with their year unless all days are of the present one."""
        days = (self.coverage.first_day, self.coverage.last_day) if self.coverage else ()
        return Clock(self._scope.zone, any(day is not None and day.year != self.context.now().year for day in days))

    def show(self, scope: Scope, covered: Covered, totals: Totals | None, measure: Measure) -> None:
        """Show what an answer brought along; without totals those that are shown stay."""
        self._scope, self.coverage = scope, covered.coverage
        signs = self.context.signs
        window = window_text(scope, self.coverage, self.clock, self.context.now(), signs.dot)
        texts = totals_texts(totals, measure) or self.header.heading.totals
        self.header.heading = Heading(safe(covered.source), window, texts, self._path)
        self.status.show_days(self.coverage, self.context.now().astimezone(UTC).date())
        self.line.provenance = provenance(self.coverage, self.clock, signs, "day" if self.context.pays else "file")
        self.line.warning = unreadable_summary(self.coverage)

    def show_path(self, path: tuple[str, ...]) -> None:
        """Show where the view was opened; the parts are safe."""
        self._path = path
        heading = self.header.heading
        self.header.heading = Heading(heading.source, heading.window, heading.totals, path)

    def show_tab(self, name: str | None) -> None:
        """Light a tab, or none."""
        self.status.tabs.seen = name

    def show_following(self, followed: Followed | None) -> None:
        """Show how the source is followed, or not."""
        self.line.following = "" if followed is None else followed.text(self.clock, self.context.signs.dot)
        self.show_progress()

    def show_progress(self) -> None:
        """Show how far a fetch is, or why it failed."""
        self.line.progress = self.context.progress
        self.line.failure = safe(self.context.failure)

    def say(self, text: str, style: str = "") -> None:
        """Show a passing message."""
        self.line.say(safe(text), style or "$text")

    def say_day(self, day: int) -> None:
        """Describe a day of the strip whole; beside the strip there may be room for a part of it only."""
        if self.coverage is not None:
            self.say(day_label(self.coverage.days[day], self.context.signs))
