"""The second line of the frame: the days that were read, and the tabs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Horizontal

from ssmtrail.tui.frame.tabs import Tabs
from ssmtrail.tui.frame.text import coverage_summary, strip_days
from ssmtrail.widgets.day_strip import DayStrip

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from ssmtrail.queries.model import Coverage
    from ssmtrail.tui.signs import Signs


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

    def compose(self) -> ComposeResult:
        """Strip, tabs."""
        yield self.strip
        yield self.tabs

    def show_days(self, coverage: Coverage) -> None:
        """Show which days were read."""
        self.strip.set_days(strip_days(coverage, self._signs))
        self.strip.caption = coverage_summary(coverage)

    def fit(self, *, narrow: bool) -> None:
        """Write beside the strip only where there is room."""
        self.strip.labelled = not narrow
