"""The second line of every screen: the days that are kept, the breadcrumb, the views."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Horizontal
from textual.widgets import Static

from ssmtrail.tui.frame.tabs import Tabs
from ssmtrail.tui.frame.text import coverage_summary, strip_days
from ssmtrail.widgets.day_strip import DayStrip

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from ssmtrail.queries.model import Coverage
    from ssmtrail.tui.registry import ViewName
    from ssmtrail.tui.signs import Signs


class StatusRow(Horizontal):
    """What there is room for: the days' summary gives way to the breadcrumb, names of views to a filter."""

    DEFAULT_CSS = """
    StatusRow { height: 1; }
    StatusRow DayStrip { width: 1fr; }
    StatusRow #crumbs {
        width: auto; max-width: 40%; padding: 0 1; color: $text-muted; text-wrap: nowrap; text-overflow: ellipsis;
    }
    """

    def __init__(self, signs: Signs, crumbs: tuple[str, ...], seen: ViewName | None) -> None:
        super().__init__(id="strip-row")
        self._signs = signs
        self._crumbs = crumbs
        self._seen = seen

    def compose(self) -> ComposeResult:
        """Strip, breadcrumb, views."""
        yield DayStrip(ascii_only=self._signs.ascii_only)
        yield Static(self._breadcrumb, id="crumbs", markup=False)
        yield Tabs(self._seen)

    @property
    def _breadcrumb(self) -> str:
        return f" {self._signs.crumb} ".join(self._crumbs)

    def show_crumbs(self, crumbs: tuple[str, ...]) -> None:
        """Show another breadcrumb; its parts are safe."""
        self._crumbs = crumbs
        self.query_one("#crumbs", Static).update(self._breadcrumb)

    def show_days(self, coverage: Coverage) -> None:
        """Show what is kept."""
        strip = self.query_one(DayStrip)
        strip.set_days(strip_days(coverage, self._signs))
        strip.caption = "" if self._crumbs else coverage_summary(coverage)

    def fit(self, *, narrow: bool, filter_is_shown: bool) -> None:
        """Share the line out: where it is narrow between days, filter and views."""
        self.query_one(DayStrip).labelled = not narrow and not self._crumbs
        self.query_one(Tabs).compact = narrow and filter_is_shown
