"""The keys that move about a list and mark its rows: search without a filter, jump to a time, Space."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, Protocol

from textual.binding import Binding, BindingType
from textual.containers import Container

from ssmtrail.tui.frame.finding import Hit, hit_beside, row_at
from ssmtrail.tui.query import Query
from ssmtrail.tui.text import count
from ssmtrail.widgets.text import shorten_middle

if TYPE_CHECKING:
    from threading import Event

    from textual.widget import Widget

    from ssmtrail.queries.model import Answer
    from ssmtrail.queries.trail import Trail
    from ssmtrail.tui.frame.lists_text import Record
    from ssmtrail.tui.frame.pane import Host
    from ssmtrail.widgets.table import RowsTable


class Listed(Protocol):
    """The list that the keys are of."""

    host: Host
    table: RowsTable

    @property
    def answer(self) -> Answer | None:
        """What is listed."""
        ...

    @property
    def record(self) -> Record | None:
        """The row under the cursor."""
        ...

    @property
    def marks(self) -> dict[str, Record]:
        """The marked rows by key."""
        ...


class ListKeys(Container):
    """Holds the table of a list; what is searched for stays until Escape."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "n", "search(1)", "search", show=False, id="go.search",
            tooltip="Search for a text without a filter; again: the next row",
        ),
        Binding("N", "search(-1)", "search back", show=False, tooltip="The row before with it", id="go.search-back"),
        Binding(
            "at", "jump", "to a time", key_display="@", show=False, id="go.jump",
            tooltip="Jump to a time, where rows are in the order of times",
        ),
        Binding(
            "space", "mark", "mark", show=False, id="take.mark",
            tooltip="Mark the row: marked rows can be exported and copied",
        ),
    ]  # fmt: skip

    def __init__(self, pane: Listed, *children: Widget) -> None:
        super().__init__(*children, id="list")
        self._pane = pane
        self.text = ""
        """What is searched for; empty for nothing."""

    # Search

    def can_search(self) -> bool | None:
        """Where there are rows."""
        return True if self._pane.answer is not None else None

    def action_search(self, by: int) -> None:
        """Ask for the text, or go to the next or previous row with it."""
        if self.text:
            self._search(by, self._pane.table.cursor_row)
            return
        from ssmtrail.tui.frame.prompt import PromptScreen  # imported late: imports cost start-up time

        def entered(text: str | None) -> None:
            if text:
                self.text = text
                row = self._pane.table.cursor_row
                self._search(by, row - 1 if by > 0 else row + 1)  # the row itself may have it

        hint = "a part of what a row says, such as db-1; nothing is filtered"
        self._pane.host.dialog(PromptScreen("Search in this list", hint, "Enter goes there", str), entered)

    def _search(self, by: int, row: int) -> None:
        answer, text = self._pane.answer, self.text
        if answer is None:
            return

        def find(trail: Trail, cancelled: Event) -> Hit | None:
            return hit_beside(trail, answer, text, row, by, cancelled)

        self._pane.host.ask(Query("search", find), self._show_hit)

    def _show_hit(self, hit: Hit | None) -> None:
        shown = shorten_middle(self.text, 30)
        if hit is None:
            self.text = ""
            self._pane.host.say(f"no row says {shown}", "$text-warning")
            return
        self._pane.table.cursor_row = hit.row
        self._pane.host.say(
            f"{shown}: {count(hit.number)} of {count(hit.of)}   n next   N before   Esc ends the search"
        )

    # Jump

    def can_jump(self) -> bool | None:
        """Where the rows are in the order of a time."""
        return True if self._about is not None else None

    @property
    def _about(self) -> datetime | None:
        """The time of the row under the cursor, where rows are in the order of times."""
        record, answer = self._pane.record, self._pane.answer
        if record is None or answer is None or not answer.question.sort:
            return None
        return record.time(answer.question.sort[0].column)

    def action_jump(self) -> None:
        """Ask for a time, and go to the last row at or before it."""
        from ssmtrail.tui.frame.prompt import PromptScreen  # as above
        from ssmtrail.tui.typed_moment import typed_moment

        about, answer, zone = self._about, self._pane.answer, self._pane.host.clock.zone
        if about is None or answer is None:
            return

        def entered(moment: datetime | None) -> None:
            if moment is not None and self._pane.answer is answer:
                query = Query("search", lambda _, cancelled: row_at(answer, moment, cancelled))
                self._pane.host.ask(query, self._go_to)

        def read(text: str) -> datetime:
            return typed_moment(text, about, zone)

        hint = "12:12, 21 Nov 12:12, tuesday-14:00, yesterday"
        self._pane.host.dialog(PromptScreen("Jump to a time", hint, "Enter goes there", read), entered)

    def _go_to(self, row: int) -> None:
        self._pane.table.cursor_row = row

    # Marks

    def can_mark(self) -> bool | None:
        """Where there is a row."""
        return True if self._pane.record is not None else None

    def action_mark(self) -> None:
        """Mark the row, or take its mark off; then one row down."""
        marks, key, record = self._pane.marks, self._pane.table.cursor_key, self._pane.record
        if key is None or record is None:
            return
        if marks.pop(key, None) is None:
            marks[key] = record
        self._pane.table.marked = frozenset(marks)
        self._pane.table.action_move(1)
        hint = "   e exports them   Y copies them   Esc takes the marks off"
        self._pane.host.say(f"{count(len(marks))} marked{hint}" if marks else "nothing marked")

    # Escape

    @property
    def holds(self) -> bool:
        """Whether a search is on, or rows are marked."""
        return bool(self.text or self._pane.marks)

    def let_go(self) -> None:
        """End the search; without one take the marks off."""
        self._pane.host.drop("search")
        if self.text:
            self.text = ""
            self._pane.host.say("")
            return
        number = len(self._pane.marks)
        self._pane.marks.clear()
        self._pane.table.marked = frozenset()
        self._pane.host.say(f"took the {'mark' if number == 1 else f'{count(number)} marks'} off")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whether an action can be done now, by its `can_` method."""
        can = getattr(self, f"can_{action}", None)
        return True if can is None else can()
