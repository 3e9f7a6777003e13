"""A list with a filter line: typed, counted, looked through."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from textual.binding import Binding, BindingType

from queries.errors import FilterError
from queries.filters import Filter, complete, word_at
from tui.bridge import Bridge
from tui.frame.list_screen import ListScreen
from tui.pace import Pause
from tui.present.words import count
from tui.requests import Count
from widgets.filter_bar import FilterBar

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from tui.desk import Desk
    from tui.list_view import ListView

#: Typing rests this long before what it would show is counted, seconds.
REST: Final = 0.15
HINT: Final = "person:jane* -kind:tunnel ip:10.0.0.0/8   (? lists the keys)"


def suggestion(text: str) -> str | None:
    """The text with its last word completed."""
    words = complete(text, len(text))
    return text[: word_at(text, len(text))[0]] + words[0] if words else None


class FilteredListScreen(ListScreen):
    """The filter line is there while a filter is; a bad filter leaves the view as it was."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "filter", "filter", key_display="/", tooltip="Type a filter", id="list.filter"),
    ]

    def __init__(self, desk: Desk, view: ListView, crumbs: tuple[str, ...]) -> None:
        super().__init__(desk, view, crumbs)
        self._typed: Filter | None = None
        self._count = Pause(self, REST, self._count_typed)

    def compose_filter(self) -> ComposeResult:
        """The filter line; it is there while a filter is."""
        bar = FilterBar(self.scope.filter.text, placeholder=HINT, suggest=suggestion)
        bar.display = self.view.filtered
        yield bar

    def action_filter(self) -> None:
        """Edit the filter."""
        bar = self.query_one(FilterBar)
        bar.display = True
        self.add_class("-typing")
        bar.focus()

    def on_filter_bar_edited(self, message: FilterBar.Edited) -> None:
        """Point at what is wrong, or count what it would show once typing rests."""
        message.stop()
        self._count.drop()
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
            self.desk.bridge.ask(self, Count(self.view.question.narrowed(self._typed)))

    def on_bridge_answered(self, message: Bridge.Answered) -> None:
        """Show the count of what is typed; the rest is the list's."""
        request, rows = message.request, message.result
        if isinstance(request, Count) and isinstance(rows, int) and self._typed == request.question.scope.filter:
            self._show_count(rows)

    def _show_count(self, rows: int) -> None:
        whole = self.answer.totals.rows_unfiltered if self.answer else 0
        self.query_one(FilterBar).show_count(f"{count(rows)} of {count(whole)}")

    def on_filter_bar_submitted(self, message: FilterBar.Submitted) -> None:
        """Look through the filter; a bad one leaves the view as it was."""
        message.stop()
        try:
            narrowed = Filter.parse(message.text)
        except FilterError as error:
            self._complain(error)
            return
        self._leave_bar()
        self.look(self.view.narrowed(narrowed))

    def on_filter_bar_dismissed(self, message: FilterBar.Dismissed) -> None:
        """Leave the filter as it was."""
        message.stop()
        self._leave_bar()
        self.view_changed()

    def _leave_bar(self) -> None:
        self._count.drop()
        self._typed = None
        self.remove_class("-typing")
        self.table.focus()

    def view_changed(self) -> None:
        """Show the view's filter, unless another one is being typed."""
        bar = self.query_one(FilterBar)
        if self.has_class("-typing"):
            return
        bar.display = self.view.filtered
        bar.set_text(self.view.scope.filter.text)
        if self.answer is not None:
            self._show_count(self.answer.totals.rows)
