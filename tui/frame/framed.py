"""A screen's frame: header, days, filter, provenance, keys around a view."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Final

from textual import events
from textual.app import ScreenStackError
from textual.containers import Container, Vertical

from ssmtrail.tui.frame.header import HeaderLine
from ssmtrail.tui.frame.keys import KeyLine
from ssmtrail.tui.frame.provenance import ProvenanceLine
from ssmtrail.tui.frame.status import StatusRow
from ssmtrail.tui.frame.text import Heading, day_label, provenance, totals_texts, unreadable_summary, window_text
from ssmtrail.tui.ready import Readying
from ssmtrail.tui.text import Clock
from ssmtrail.widgets.day_strip import DayStrip
from ssmtrail.widgets.text import safe

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import ComposeResult
    from textual.css.types import PointerShape

    from ssmtrail.queries.model import Coverage, Scope, Totals
    from ssmtrail.tui.context import AppContext
    from ssmtrail.tui.registry import ViewName
    from ssmtrail.tui.requests import Covered


#: How long a new screen may take before it is seen without what it is to show, seconds.
PATIENCE: Final = 0.2
#: Layout settles in so many steps at the most, see `_settle`.
_STEPS: Final = 6
#: Turns of the event loop in which widgets tell that they need another one; measured: 5 are enough.
_TURNS: Final = 8


class FramedScreen(Readying[None]):
    """Shows what the frame says of a scope; subclasses compose the view."""

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (120, "-wide")]
    AUTO_FOCUS = ""  # views say themselves what gets the keys; the toolkit would begin with the days
    FOCUS_ON_CLICK = False  # a click beside the view leaves the keys where they are

    #: What it was told when it was made: all that tells one screen of a kind from another before it has begun.
    TOLD: ClassVar[tuple[str, ...]] = ("crumbs", "_first_scope")

    def __init__(self, context: AppContext, scope: Scope, crumbs: tuple[str, ...]) -> None:
        super().__init__()
        self.context = context
        self.crumbs = crumbs
        self.coverage: Coverage | None = None
        self._first_scope = scope
        self._source = ""
        # The very first screen paints its frame at once; a later one is seen when it has something to show.
        self._hidden = context.framed is not None
        self._settling = False
        self._to_do: list[Callable[[], object]] = []
        self._theme = ""
        self.is_spare = False
        """Made before anybody wanted it, see `ssmtrail.tui.spares`; it begins when it is wanted."""
        self.lies_ready = False
        """Whether a spare one can be wanted."""

    def on_mount(self) -> None:
        """Begin, unless nobody wants it yet."""
        if self.is_spare:
            self._theme = self.app.theme
            self.call_later(self._lay_out_unseen)
        else:
            self.begin()

    def _lay_out_unseen(self) -> None:
        self._refresh_layout(self.app.size)
        self.call_later(self._lie_ready)  # behind the news of its size, which has the classes of the width

    def _lie_ready(self) -> None:
        self.lies_ready = True

    def begin(self) -> None:
        """Be seen soon, whatever there is to show."""
        self.set_timer(PATIENCE, self.reveal)

    def stand_in_for(self, wanted: FramedScreen) -> None:
        """Be what another one, which was never mounted, was made to be."""
        for name in self.TOLD:
            setattr(self, name, getattr(wanted, name))
        self.ready.clear()
        self.dress()

    def dress(self) -> None:
        """Show on what is composed what composing would have shown."""
        self.query_one(StatusRow).show_crumbs(self.crumbs)

    def reveal(self) -> None:
        """Be seen once all is in its place: until then the terminal shows what it showed before."""
        if self._hidden and not self._settling:
            self._settling = True
            self.run_worker(self._settle(), name="settle")

    async def _settle(self) -> None:
        """Lay out until nothing moves any more: left to the toolkit each step takes a frame and is painted."""
        for _ in range(_STEPS):
            for _ in range(_TURNS):
                await asyncio.sleep(0)
            if not self._layout_required:
                break
            self._layout_required = False
            self._refresh_layout()
        self._hidden = False
        with suppress(ScreenStackError):  # the app is leaving, or changes screens: there is nothing to be seen on
            self._compositor_refresh()
        self._see_to_the_rest()
        if self.context.spares is not None:
            self.context.spares.replenish()

    def once_seen(self, do: Callable[[], object]) -> None:
        """Do something that what is seen first need not wait for, once that is seen."""
        if self._hidden:
            self._to_do.append(do)
        else:
            do()

    def _see_to_the_rest(self) -> None:
        left, self._to_do = self._to_do, []
        for do in left if self.is_attached else ():
            do()

    def on_screen_resume(self, event: events.ScreenResume) -> None:
        """Come back as it was; styles are worked out anew only where the colours are others."""
        event.refresh_styles = self._theme not in ("", self.app.theme)
        self._theme = self.app.theme

    def _compositor_refresh(self) -> None:
        if not self._hidden:
            super()._compositor_refresh()

    def _watch__pointer_shape(self, pointer_shape: PointerShape) -> None:
        if not self.is_spare or self.is_current:
            super()._watch__pointer_shape(pointer_shape)

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
        self.query_one(StatusRow).show_crumbs(self.crumbs)
        header = self.query_one(HeaderLine)
        header.heading = replace(header.heading, source=self._place(self._source))

    @property
    def clock(self) -> Clock:
        """How the screen writes times."""
        days = (self.coverage.first_day, self.coverage.last_day) if self.coverage else (None, None)
        several = days[0] is not None and days[1] is not None and days[0].year != days[1].year
        return Clock(self.scope.zone, with_year=several)

    def compose(self) -> ComposeResult:
        """The frame around the view."""
        signs = self.context.signs
        yield HeaderLine(signs)
        with Vertical(id="status"):
            yield StatusRow(signs, self.crumbs, self.tab)
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

    def say(self, text: str, style: str = "") -> None:
        """Tell in passing, on the provenance line."""
        self.query_one(ProvenanceLine).say(safe(text), style or "$text")

    def show_frame(self, covered: Covered, totals: Totals | None, measure: str = "sessions") -> None:
        """Show what an answer brought along; without totals those that are shown stay."""
        self.coverage = coverage = covered.coverage
        self.context.framed = (self.scope.window, covered)
        window = window_text(self.scope, coverage, self.clock, self.context.now(), self.context.signs.dot)
        self._source = safe(covered.source)
        header = self.query_one(HeaderLine)
        texts = totals_texts(totals, measure) or header.heading.totals
        header.heading = Heading(self._place(self._source), window, texts)
        self.query_one(StatusRow).show_days(coverage)
        self.fit_status()
        line = self.query_one(ProvenanceLine)
        line.provenance = provenance(coverage, self.clock, self.context.signs, "day" if self.context.pays else "file")
        line.warning = unreadable_summary(coverage)
        self.refresh_bindings()

    @property
    def filter_is_shown(self) -> bool:
        """Whether the filter line is there."""
        return False

    def fit_status(self) -> None:
        """Share the line of the days out."""
        self.query_one(StatusRow).fit(narrow=self.has_class("-narrow"), filter_is_shown=self.filter_is_shown)

    def on_resize(self) -> None:
        """Share lines out anew; the classes of the width come with the layout."""
        self.call_after_refresh(self.fit_status)

    def _place(self, source: str) -> str:
        """The source; where there is no room for the breadcrumb, with its last parts."""
        parts = (source, *self.crumbs[-1:]) if self.has_class("-narrow") else (source,)
        return f" {self.context.signs.crumb} ".join(parts)

    def on_day_strip_day_highlighted(self, message: DayStrip.DayHighlighted) -> None:
        """Tell of the day where the strip has no room to."""
        message.stop()
        if not message.strip.labelled and self.coverage is not None:
            self.say(day_label(self.coverage.days[message.day], self.context.signs))
