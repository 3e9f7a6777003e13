"""A screen that lists the rows of a question: asks, pages, follows the cursor's row."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from textual.containers import Container
from textual.widgets import Static

from ssmtrail.tui.frame.at_hand import RecordsAtHand
from ssmtrail.tui.frame.following import Following
from ssmtrail.tui.frame.scoped import ScopedScreen
from ssmtrail.tui.frame.text import running, window_text
from ssmtrail.tui.list_requests import Ask, Complete, Found, Rows
from ssmtrail.tui.list_view import ListView
from ssmtrail.tui.workers import Pace, Pause, QueryWorkers
from ssmtrail.widgets.table import RowsTable
from ssmtrail.widgets.text import safe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

    from ssmtrail.queries.model import Answer, Question, Scope, Totals
    from ssmtrail.tui.context import AppContext
    from ssmtrail.tui.frame.empty_text import Circumstances, Emptiness
    from ssmtrail.tui.frame.level import Level
    from ssmtrail.tui.view_state import View
    from ssmtrail.tui.views.lists_text import ColumnSpec, Record
    from ssmtrail.widgets.table import TableRow

#: Between two questions asked while files are being read, seconds.
REASK: Final = 0.5
#: Lines of a screen that are not rows.
FRAME: Final = 5
#: An order is made whole when somebody has looked at it for so long, seconds: it takes a million rows in memory.
COMPLETES_AFTER: Final = 1.0


class ListScreen(ScopedScreen):
    """Shows `view`; subclasses say which columns there are, how a row looks, what opening one does."""

    ANSWER_COVERS = True
    view: ListView

    def __init__(
        self, context: AppContext, view: ListView, crumbs: tuple[str, ...], level: Level | None = None
    ) -> None:
        super().__init__(context, view, crumbs, level)
        self.answer: Answer | None = None
        self._asked: Ask | None = None
        self.following = Following()
        self.at_hand = RecordsAtHand()
        self._token = 0
        self._offered = (False, "")
        self._reask = Pace(self, REASK, self.look)
        self._completion = Pause(self, COMPLETES_AFTER, self._complete)

    # What subclasses say

    def listed(self) -> Sequence[ColumnSpec]:
        """The columns, in their order."""
        raise NotImplementedError

    def table_row(self, record: Record) -> TableRow:
        """One row."""
        raise NotImplementedError

    # What it shows

    def counted(self, scope: Scope) -> Question:
        """The list itself."""
        return replace(self.view.question, scope=scope)

    def focus_view(self) -> None:
        """To the table."""
        self.table.focus()

    @property
    def table(self) -> RowsTable:
        """The table."""
        return self.query_one(RowsTable)

    def compose_view(self) -> ComposeResult:
        """The table, or why there is none."""
        with Container(id="list"):
            yield from self.compose_title()
            yield RowsTable(ascii_only=self.context.signs.ascii_only)
            yield Static(id="empty", markup=False)

    def compose_title(self) -> ComposeResult:
        """What stands over the table, where something does."""
        yield from ()

    def on_mount(self) -> None:
        """Show no reason yet why it is empty."""
        self.query_one("#empty").display = False

    def on_unmount(self) -> None:
        """Free what the answer holds."""
        if self.answer is not None:
            self.answer.close()

    def begin(self) -> None:
        """Ask at once: what is kept shows before anything is read."""
        self.table.focus()
        if self._asked is None:
            self.ask_ahead()
        super().begin()

    def ask_ahead(self) -> None:
        """Ask what the view asks; the cursor will stand at the top."""
        self._asked = self.question_to(None)
        self.context.workers.ask(self, self._asked)

    def look(self, view: View | None = None, *, follow: str | None = None) -> None:
        """Ask what the view asks; the cursor stays on its row, a cursor that was never moved stays at the top."""
        if isinstance(view, ListView):
            self.view = view
        asked = self.question_to(self.following.wish(self.table, follow))
        at = self.record.time("at") if self.record else None
        self._asked = replace(asked, at=at, begins=self.table.total == 0 or asked.follow is None)
        self.context.workers.ask(self, self._asked)

    def question_to(self, follow: str | None) -> Ask:
        """What is asked for the view; the row of this key is to be followed."""
        return Ask(self.view.question, follow, seen=self.app.size.height - FRAME)

    def content_changed(self) -> None:
        """Ask again, not too often."""
        self._reask.wish()

    def on_bridge_answered(self, message: QueryWorkers.Answered) -> None:
        """Take what is still asked for, drop the rest."""
        message.stop()
        request, result = message.request, message.result
        if isinstance(result, Found):
            self.take(result) if request is self._asked else result.answer.close()
        elif isinstance(request, Rows) and request.token == self._token:
            self._put(request.offset, result)  # type: ignore[arg-type]

    def on_bridge_refused(self, message: QueryWorkers.Refused) -> None:
        """Say why there is no answer; the view stays as it was."""
        message.stop()
        request = message.request
        if request is self._asked or (isinstance(request, Rows) and request.token == self._token):
            self.say(message.sentence, "$text-error")

    def take(self, found: Found) -> None:
        """Show an answer."""
        older, self.answer = self.answer, found.answer
        self._token += 1
        self._offered = (False, "")
        totals = found.answer.totals
        self.show_frame(found.covered, found.heading or totals, self.view.question.measure)
        cursor = self.following.row_in(found, self.table)
        self.table.show(self._token, totals.rows, cursor=cursor, keep_scroll=self.following.moved)
        self._show_emptiness()
        self.show_filter((totals.rows, totals.rows_unfiltered))
        offset, rows = found.first
        if rows:
            self._put(offset, rows)
        if older is not None:
            older.close()
        if totals.rows > len(rows):
            self._completion.wish()

    def _complete(self) -> None:
        if self.answer is not None:
            self.context.workers.ask(self, Complete(self.answer))

    def _show_columns(self) -> None:
        listed = self.listed()
        by_sort = {entry.sort: entry.key for entry in reversed(listed)}
        self.table.columns = tuple(entry.column for entry in listed)
        self.table.sorted_by = tuple(
            (by_sort[sort.column], sort.descending) for sort in self.view.sort if sort.column in by_sort
        )

    def _show_emptiness(self) -> None:
        assert self.answer is not None
        totals, note = self.answer.totals, self.query_one("#empty", Static)
        if note.display != (not totals.rows):  # telling the toolkit what it knows makes it lay everything out anew
            note.display, self.table.display = not totals.rows, bool(totals.rows)
        if not totals.rows:
            from ssmtrail.tui.frame.empty_text import Circumstances

            window = window_text(self.scope, self.coverage, self.clock, self.context.now(), self.context.signs.dot)
            reading = self.context.progress is not None and running(self.context.progress)
            around = Circumstances(self.coverage, window, reading, safe(self.context.failure), self.context.pays)
            why = self.why_empty(totals, around)
            note.update("\n".join((why.headline, "", *why.lines)))
            self.reveal()
        elif self.focused is None:
            self.table.focus()

    def why_empty(self, totals: Totals, around: Circumstances) -> Emptiness:
        """What stands where the rows would be."""
        from ssmtrail.tui.frame.empty_text import why_empty

        return why_empty(self.view.question, totals, around)

    # Pages

    def on_rows_table_page_wanted(self, message: RowsTable.PageWanted) -> None:
        """Fetch rows that the table will show."""
        message.stop()
        if self.table.total == 0:
            self._fetch(message)
        else:  # what is seen first is there
            self.once_seen(partial(self._fetch, message))

    def _fetch(self, message: RowsTable.PageWanted) -> None:
        if self.answer is not None and self.table.is_wanted(message.token, message.offset):
            self.context.workers.ask(self, Rows(self.answer, self._token, message.offset, message.limit))

    def _put(self, offset: int, rows: Sequence[tuple[object, ...]]) -> None:
        assert self.answer is not None
        shown = self.at_hand.take(self.answer.columns, rows, self.table_row)
        self._show_columns()
        self.table.put_rows(self._token, offset, shown)
        self.reveal()

    def on_rows_table_row_highlighted(self, message: RowsTable.RowHighlighted) -> None:
        """Remember whether the cursor was moved: at the top it stays at the top."""
        message.stop()
        self.following.moved = message.index > 0
        # Which keys do something depends on the column, not on the row: a step down need not ask all of them again.
        if (self.record is not None, message.column_key) != self._offered:
            self._offered = (self.record is not None, message.column_key)
            self.refresh_bindings()
        self.row_changed()

    def row_changed(self) -> None:
        """The cursor stands on another row or column."""

    @property
    def record(self) -> Record | None:
        """The row under the cursor."""
        return self.at_hand.of(self.table.cursor_key)

    @property
    def column(self) -> ColumnSpec | None:
        """The column under the cursor."""
        under = self.table.column_under_cursor
        return next((entry for entry in self.listed() if under is not None and entry.key == under.key), None)
