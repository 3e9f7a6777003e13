"""A screen over a sight with a filter line: typed, counted, looked through."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from textual.binding import Binding, BindingType

from ssmtrail.queries.errors import FilterError
from ssmtrail.queries.filters import Filter
from ssmtrail.tui.frame.opener import OpenerScreen
from ssmtrail.tui.requests import Count
from ssmtrail.tui.text import count
from ssmtrail.tui.workers import LeadingDebounce, QueryWorkers
from ssmtrail.widgets.filter_bar import FilterBar

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from ssmtrail.queries.model import Question, Scope
    from ssmtrail.tui.context import AppContext
    from ssmtrail.tui.view_state import View, ViewState

#: What is typed faster than this, seconds, is counted once it rests.
REST: Final = 0.15
HINT: Final = "person:jane* -kind:tunnel ip:10.0.0.0/8   (? lists the keys)"


def suggestion(text: str) -> str | None:
    """The text with its last word completed."""
    from ssmtrail.queries.filters import complete, word_at  # not before somebody types

    words = complete(text, len(text))
    return text[: word_at(text, len(text))[0]] + words[0] if words else None


class FilteredScreen(OpenerScreen):
    """The filter line is there while a filter is; a bad filter leaves the view as it was."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "filter", "filter", key_display="/", tooltip="Type a filter", id="list.filter"),
    ]

    TOLD = (*OpenerScreen.TOLD, "view")

    def __init__(self, context: AppContext, view: View, crumbs: tuple[str, ...]) -> None:
        super().__init__(context, view.state.scope, crumbs)
        self.view = view
        self._typed: Filter | None = None
        self._count = LeadingDebounce(self, REST, self._count_typed)

    # What subclasses say

    def look(self, view: View | None = None) -> None:
        """Ask what a view asks, by default the present one."""
        raise NotImplementedError

    def counted(self, scope: Scope) -> Question:
        """The question whose rows a filter's count is of."""
        raise NotImplementedError

    def count_of(self, scope: Scope) -> Count:
        """What to ask for a filter's count."""
        return Count(self.counted(scope))

    def focus_view(self) -> None:
        """Give the keys back to the view."""
        raise NotImplementedError

    # What it looks at

    @property
    def state(self) -> ViewState:
        """What it looks at."""
        return self.view.state

    @property
    def scope(self) -> Scope:
        """The scope of the view."""
        return self.view.state.scope

    def see(self, state: ViewState) -> None:
        """Look at another sight."""
        self.look(self.view.over(state))

    # The filter line

    def compose_filter(self) -> ComposeResult:
        """The filter line; it is there while a filter is."""
        bar = FilterBar(self.scope.filter.text, placeholder=HINT, suggest=suggestion)
        bar.display = self.state.filtered
        yield bar

    def dress(self) -> None:
        """Show the filter."""
        super().dress()
        self.show_filter()

    @property
    def filter_is_shown(self) -> bool:
        """Whether the filter line is there."""
        return self.query_one(FilterBar).display

    def action_filter(self) -> None:
        """Edit the filter."""
        bar = self.query_one(FilterBar)
        bar.display = True
        self.fit_status()
        self.add_class("-typing")
        bar.focus()

    def on_filter_bar_edited(self, message: FilterBar.Edited) -> None:
        """Point at what is wrong, or count what it would show, of what is typed in haste once that rests."""
        message.stop()
        self._drop_count()
        try:
            self._typed = Filter.parse(message.text)
        except FilterError as error:
            self._typed = None
            self._complain(error)
        else:
            self.say("")  # what was wrong no longer is
            self._count.wish()

    def _complain(self, error: FilterError) -> None:
        self.query_one(FilterBar).show_error(error.message, error.position, error.length)
        if len(error.message) > self.size.width // 2:  # more than the bar has room for
            self.say(error.message, "$text-error")

    def _count_typed(self) -> None:
        if self._typed is not None:
            self.context.workers.ask(self, self.count_of(self.state.narrowed(self._typed).scope))

    def on_bridge_answered(self, message: QueryWorkers.Answered) -> None:
        """Show the count of what is typed; the rest is the view's."""
        request, rows = message.request, message.result
        if isinstance(request, Count) and isinstance(rows, tuple) and self._typed == request.question.scope.filter:
            self.show_count(*rows)

    def show_count(self, rows: int, unfiltered: int) -> None:
        """Say beside the filter how many rows it leaves, of how many."""
        self.query_one(FilterBar).show_count(f"{count(rows)} of {count(unfiltered)}")

    def on_filter_bar_submitted(self, message: FilterBar.Submitted) -> None:
        """Look through the filter; a bad one leaves the view as it was."""
        message.stop()
        try:
            narrowed = Filter.parse(message.text)
        except FilterError as error:
            self._complain(error)
            return
        self._leave_bar()
        self.see(self.state.narrowed(narrowed))

    def on_filter_bar_dismissed(self, message: FilterBar.Dismissed) -> None:
        """Leave the filter as it was."""
        message.stop()
        self._leave_bar()
        self.show_filter()

    def _drop_count(self) -> None:
        """What is not typed any more is not worth counting."""
        self._count.drop()
        self.context.workers.drop(self, "count")

    def _leave_bar(self) -> None:
        self._drop_count()
        self._typed = None
        self.remove_class("-typing")
        self.focus_view()

    def show_filter(self, rows: tuple[int, int] | None = None) -> None:
        """Show the view's filter, unless another one is being typed; `rows`, without the filter too, where known."""
        bar = self.query_one(FilterBar)
        if self.has_class("-typing"):
            return
        bar.display = self.state.filtered
        self.fit_status()
        bar.set_text(self.scope.filter.text)
        if rows is not None:
            self.show_count(*rows)
