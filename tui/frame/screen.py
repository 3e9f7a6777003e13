"""A screen with its frame: header, strip, filter, view, provenance, keys."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Final, TypeVar

from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal, Vertical
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Static

from tui.bridge import Bridge
from tui.frame.header import HeaderLine
from tui.frame.keys import KeyLine
from tui.frame.provenance import ProvenanceLine
from tui.frame.tabs import Tabs
from tui.present.coverage import coverage_summary, day_label, provenance, strip_days, unreadable_summary
from tui.present.header import Heading, totals_texts
from tui.present.progress import running
from tui.present.times import Clock
from tui.present.window import window_text
from tui.requests import Cover, Covered
from tui.views import TITLES
from widgets.day_strip import DayStrip
from widgets.safe_text import safe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from textual.app import ComposeResult

    from queries.values import Coverage, Scope, Totals
    from tui.desk import Desk
    from tui.views import ViewName


Result = TypeVar("Result")


_VIEWS: Final = f"The same as {', '.join(TITLES.values()).lower()}"


def view_bindings() -> Iterator[Binding]:
    """The keys of the views, of which the key line shows one."""
    for number, (name, title) in enumerate(TITLES.items(), 1):
        shown = number == 1
        yield Binding(str(number), f"view('{name}')", title.lower(), show=shown, tooltip=_VIEWS, id=f"view.{name}")


class TrailScreen(Screen[None]):
    """A screen over a scope; subclasses give the view and wire it."""

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (120, "-wide")]
    BINDINGS: ClassVar[list[BindingType]] = [
        *view_bindings(),
        Binding("r", "refresh", "read again", show=False, tooltip="Read what is new in the source", id="trail.refresh"),
        Binding("x", "cancel", "cancel", show=False, tooltip="Stop reading; what arrived stays", id="trail.cancel"),
        Binding(
            "u", "unreadable", "unreadable", show=False, tooltip="Files that could not be read, and why",
            id="trail.unreadable",
        ),
    ]  # fmt: skip

    @dataclass
    class CopyWanted(Message):
        """A text is to go to the clipboard; it is safe."""

        text: str

    @dataclass
    class UnreadableWanted(Message):
        """The files that could not be read are to be listed."""

        coverage: Coverage

    def __init__(self, desk: Desk, scope: Scope, crumbs: tuple[str, ...]) -> None:
        super().__init__()
        self.desk = desk
        self.crumbs = crumbs
        self.coverage: Coverage | None = None
        self.generation = desk.progress.generation if desk.progress else 0
        self._first_scope = scope
        self._source = ""

    @property
    def scope(self) -> Scope:
        """What the screen looks at."""
        return self._first_scope

    def rescope(self, zone: str) -> None:
        """Look at the same scope in another zone."""
        self._first_scope = replace(self._first_scope, zone=zone)

    @property
    def tab(self) -> ViewName | None:
        """Which of the views is seen, if it is one of them."""
        return None

    def name_page(self, name: str) -> None:
        """Say in the breadcrumb what the page turned out to be; the name is safe."""
        self.crumbs = (*self.crumbs[:-1], name)
        self.query_one("#crumbs", Static).update(self._breadcrumb)
        header = self.query_one(HeaderLine)
        header.heading = replace(header.heading, source=self._place(self._source))

    @property
    def _breadcrumb(self) -> str:
        return f" {self.desk.signs.crumb} ".join(self.crumbs)

    @property
    def clock(self) -> Clock:
        """How the screen writes times."""
        days = (self.coverage.first_day, self.coverage.last_day) if self.coverage else (None, None)
        several = days[0] is not None and days[1] is not None and days[0].year != days[1].year
        return Clock(self.scope.zone, with_year=several)

    def compose(self) -> ComposeResult:
        """The frame around the view."""
        signs = self.desk.signs
        yield HeaderLine(signs)
        with Vertical(id="status"):
            with Horizontal(id="strip-row"):
                yield DayStrip(ascii_only=signs.ascii_only)
                yield Static(self._breadcrumb, id="crumbs", markup=False)
                yield Tabs(self.tab)
            yield from self.compose_filter()
        with Container(id="view"):
            yield from self.compose_view()
        yield ProvenanceLine(signs)
        yield KeyLine()

    def compose_filter(self) -> ComposeResult:
        """The filter line, where there is one."""
        yield from ()

    def compose_view(self) -> ComposeResult:
        """The view."""
        yield from ()

    def on_mount(self) -> None:
        """Say what is known already."""
        if self.desk.framed is not None and self.desk.framed[0] == self.scope.window:
            self.show_frame(self.desk.framed[1], None)
        self._show_progress()
        self.desk.bridge.ask(self, Cover(self.scope.window))

    def on_bridge_answered(self, message: Bridge.Answered) -> None:
        """Show what is kept of the window."""
        if isinstance(message.result, Covered):
            self.show_frame(message.result, None)

    def on_unmount(self) -> None:
        """Want no more answers."""
        self.desk.bridge.forget(self)

    def content_changed(self) -> None:
        """What is kept has changed, so that questions are worth asking again."""

    def open(self, screen: Screen[Result], then: Callable[[Result | None], None] | None = None) -> None:
        """Push a screen over this one; nothing waits for it, so that keys go on."""
        _ = self.app.push_screen(screen, then)

    def leave(self) -> None:
        """Go back to the screen below."""
        # Not awaited: a screen cannot wait for its own end.
        _ = self.dismiss()

    # What the frame says

    def say(self, text: str, style: str = "") -> None:
        """Tell in passing, on the provenance line."""
        self.query_one(ProvenanceLine).say(safe(text), style or "$text")

    def show_frame(self, covered: Covered, totals: Totals | None, measure: str = "sessions") -> None:
        """Show what an answer brought along."""
        self.coverage = coverage = covered.coverage
        self.desk.framed = (self.scope.window, covered)
        window = window_text(self.scope, coverage, self.clock, self.desk.now(), self.desk.signs.dot)
        self._source = safe(covered.source)
        self.query_one(HeaderLine).heading = Heading(self._place(self._source), window, totals_texts(totals, measure))
        strip = self.query_one(DayStrip)
        strip.set_days(strip_days(coverage, self.desk.signs))
        strip.caption = "" if self.crumbs else coverage_summary(coverage)
        self.fit_status()
        line = self.query_one(ProvenanceLine)
        line.provenance = provenance(coverage, self.clock, self.desk.signs)
        line.warning = unreadable_summary(coverage)
        self.refresh_bindings()

    @property
    def filter_is_shown(self) -> bool:
        """Whether the filter line is there."""
        return False

    def fit_status(self) -> None:
        """Share the line of the strip out: where it is narrow between strip, filter and views."""
        narrow = self.has_class("-narrow")
        self.query_one(DayStrip).labelled = not narrow and not self.crumbs
        self.query_one(Tabs).compact = narrow and self.filter_is_shown

    def on_resize(self) -> None:
        """Share lines out anew; the classes of the width come with the layout."""
        self.call_after_refresh(self.fit_status)

    def _place(self, source: str) -> str:
        """The source; where there is no room for the breadcrumb, with its last parts."""
        parts = (source, *self.crumbs[-1:]) if self.has_class("-narrow") else (source,)
        return f" {self.desk.signs.crumb} ".join(parts)

    def on_bridge_progressed(self, message: Bridge.Progressed) -> None:
        """Follow the fetch."""
        message.stop()
        self._show_progress()
        if message.progress.generation != self.generation or not running(message.progress):
            self.generation = message.progress.generation
            self.content_changed()

    def catch_up(self) -> None:
        """Follow what was read while the screen was away."""
        progress = self.desk.progress
        self._show_progress()
        if progress is not None and progress.generation != self.generation:
            self.generation = progress.generation
            self.content_changed()

    def on_bridge_fetch_refused(self, message: Bridge.FetchRefused) -> None:
        """Say why nothing can be read."""
        message.stop()
        self._show_progress()
        self.content_changed()

    def _show_progress(self) -> None:
        line = self.query_one(ProvenanceLine)
        line.progress = self.desk.progress
        line.failure = safe(self.desk.failure)
        self.refresh_bindings()

    def on_day_strip_day_highlighted(self, message: DayStrip.DayHighlighted) -> None:
        """Tell of the day where the strip has no room to."""
        message.stop()
        if not message.strip.labelled and self.coverage is not None:
            self.say(day_label(self.coverage.days[message.day], self.desk.signs))

    # What every screen can do

    def action_view(self, name: ViewName) -> None:
        """Leave for another view of what lies below."""
        below = self.app.screen_stack[-2]
        self.leave()
        if isinstance(below, TrailScreen):
            below.action_view(name)

    def on_tabs_chosen(self, message: Tabs.Chosen) -> None:
        """See the view whose name was clicked."""
        message.stop()
        if self.check_action("view", (message.name,)):
            self.action_view(message.name)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what makes sense now."""
        if action == "cancel":
            return self.desk.bridge.fetching
        if action == "refresh":
            return not self.desk.bridge.fetching
        if action == "unreadable":
            return bool(self.coverage and self.coverage.unreadable)
        return super().check_action(action, parameters)

    def action_refresh(self) -> None:
        """Read what is new."""
        self.desk.failure = ""
        self.desk.bridge.fetch()
        self._show_progress()

    def action_cancel(self) -> None:
        """Stop reading."""
        self.desk.bridge.cancel_fetch()

    def action_unreadable(self) -> None:
        """List the files that could not be read."""
        if self.coverage:
            self.post_message(self.UnreadableWanted(self.coverage))
