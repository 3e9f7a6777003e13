"""What the frame says around a view: source and totals, days and tabs, progress and messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ssmtrail.tui.frame.header import HeaderLine
from ssmtrail.tui.frame.provenance import ProvenanceLine
from ssmtrail.tui.frame.status import StatusRow
from ssmtrail.tui.frame.text import Heading, day_label, provenance, totals_texts, unreadable_summary, window_text
from ssmtrail.tui.query import Covered
from ssmtrail.tui.text import Clock
from ssmtrail.widgets.text import safe

if TYPE_CHECKING:
    from collections.abc import Callable

    from ssmtrail.queries.model import Coverage, Measure, Scope, Totals
    from ssmtrail.tui.context import AppContext


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
        self.status.show_days(self.coverage)
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
