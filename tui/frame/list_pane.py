"""`ListPane`: the rows of a question in a table, with a side panel and the keys that every list has."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import count as counter
from typing import TYPE_CHECKING, Any, ClassVar, Final

from textual.binding import Binding, BindingType
from textual.widgets import Static

from ssmtrail.tui.frame.list_columns import chosen_columns, widened, with_fields
from ssmtrail.tui.frame.list_export import ListExport
from ssmtrail.tui.frame.list_found import ListFound, count_rows, early_found, find_list, found_of, heading_totals
from ssmtrail.tui.frame.list_keys import ListKeys
from ssmtrail.tui.frame.lists_text import Display, Record, count_words
from ssmtrail.tui.frame.pane import Pane
from ssmtrail.tui.frame.related import related_of
from ssmtrail.tui.list_view import ListView
from ssmtrail.tui.pages import SqlQuestion
from ssmtrail.tui.query import Covered, Found, Query
from ssmtrail.tui.workers import Debounce
from ssmtrail.widgets.details import Details
from ssmtrail.widgets.table import RowsTable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from threading import Event

    from textual.app import ComposeResult
    from textual.content import Content
    from textual.widget import Widget

    from ssmtrail.queries.first_page import EarlyPage
    from ssmtrail.queries.model import Answer, Row, Scope, Totals
    from ssmtrail.queries.trail import Trail
    from ssmtrail.tui.context import AppContext
    from ssmtrail.tui.frame.empty_text import Circumstances, Emptiness
    from ssmtrail.tui.frame.lists_text import ColumnSpec
    from ssmtrail.tui.frame.pane import Host
    from ssmtrail.tui.frame.related import Related
    from ssmtrail.tui.view_state import View, ViewState
    from ssmtrail.widgets.table import Cell, TableRow, TableState

#: Lines of a screen that are not rows.
FRAME: Final = 5
#: Seconds for which the cursor rests before the side panel shows its row: a panel is 15 kB, a step of the cursor 0.6.
PANEL_REST: Final = 0.06
#: An order is made whole when it was looked at for so long, seconds: it takes a million rows in memory.
COMPLETES_AFTER: Final = 1.0
#: Records that are kept before all are forgotten.
RECORDS_KEPT: Final = 4_000

_tokens: Final = counter(1)


@dataclass(slots=True)
class _Shown:
    """What the table shows, and what is saved of it while another level is seen."""

    view: ListView
    found: ListFound
    token: int
    columns: tuple[str, ...]
    """The chosen columns of the answer; none are those of the list."""
    records: dict[str, Record]
    """Of the rows that came, by key. Until the rows of a newer answer come, those of the one before stay."""
    marks: dict[str, Record]
    """The marked rows by key, in the order of marking."""
    moved: bool = False
    """Whether the cursor was moved from the first row, where it stays when rows arrive above it."""
    table: TableState | None = None
    ago: bool = False
    """Whether its rows say how long ago times were, which is another by now."""


class ListPane(Pane[ListView, ListFound]):
    """Subclasses say which columns there are, how a row looks, what Enter opens."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("e", "export", "export", tooltip="Write what is shown, all rows, to a file", id="take.export"),
        Binding("d", "panel", "details", tooltip="Everything known of the row", id="look.panel"),
    ]

    # What subclasses say

    def columns(self, display: Display) -> Sequence[ColumnSpec]:
        """The columns, in their order."""
        raise NotImplementedError

    def table_row(self, record: Record, display: Display) -> TableRow:
        """One row."""
        raise NotImplementedError

    def facts(self, record: Record, display: Display) -> Sequence[tuple[str, Cell]]:
        """Everything known of a row, for the side panel."""
        raise NotImplementedError

    def open_row(self, key: str, record: Record) -> None:
        """Open a row: Enter."""
        self.host.open(*self.page_of(self.state, key, record))

    def page_of(self, state: ViewState, key: str, record: Record) -> tuple[View, str]:
        """The page of a row and its label; asked where Enter opens nothing else, and where there are `STEPS`."""
        raise NotImplementedError

    def title(self, view: Any) -> Content | str:
        """The text above the table; empty for none."""
        return ""

    # The pane

    def __init__(self, context: AppContext, host: Host, *, look: Callable[[ListView], None] | None = None) -> None:
        """`look` asks for another order or filter; a pane around this one gives its own."""
        super().__init__(context, host)
        self.look = look or host.look
        self.table = RowsTable(ascii_only=context.signs.ascii_only)
        self.heading = Static(id="title", markup=False)
        self.keys = ListKeys(self, self.heading, self.table)
        self.panel = Details(id="panel")
        self._shown: _Shown | None = None
        self._next_key: str | None = None
        self._offered = (False, "")
        self._describe = Debounce(self, PANEL_REST, self._show_panel)
        self._complete = Debounce(self, COMPLETES_AFTER, self._complete_order)

    def compose(self) -> ComposeResult:
        """The table with its panel."""
        yield self.keys
        yield self.panel

    @property
    def view(self) -> ListView:
        """What the table shows."""
        assert self._shown is not None
        return self._shown.view

    @property
    def wanted(self) -> ListView:
        """What the table shows, or will show once the answer has come."""
        view = self.host.view
        return view if isinstance(view, ListView) else getattr(view, "list", self.view)

    @property
    def answer(self) -> Answer | None:
        """The answer that is shown."""
        return self._shown.found.answer if self._shown is not None else None

    @property
    def state(self) -> ViewState:
        """Scope and measure of what is shown."""
        return self.view.state

    @property
    def scope(self) -> Scope:
        """The scope of what is shown."""
        return self.view.scope

    @property
    def display_style(self) -> Display:
        """How values are written."""
        context = self.context
        measure = self.view.state.measure
        clock = replace(self.host.clock, now=context.now()) if context.ago else self.host.clock
        return Display(clock, context.signs, context.accounts, measure, context.has_policy)

    @property
    def focus_target(self) -> Widget:
        """The table."""
        return self.table

    # Asking

    def question_for(self, view: ListView, *, fresh: bool) -> Query[Found[ListFound]]:
        """The rows that are seen first, with what the header says."""
        find, follow = self.find(view, fresh=fresh), self._follow(fresh=fresh)

        def run(trail: Trail, cancelled: Event) -> Found[ListFound]:
            heading = heading_totals(trail, view.question, cancelled)
            return found_of(
                find(trail, cancelled), Covered(trail.source_label, trail.coverage(view.scope.window)), heading
            )

        def early(page: EarlyPage, trail: Callable[[Event], Trail]) -> Found[ListFound] | None:
            return early_found(page, view, follow, trail)

        return Query("view", run, early, lambda found: found.value.close())

    def _follow(self, *, fresh: bool) -> str | None:
        """Key of the row that the cursor is to stay on; a cursor that was never moved stays at the top."""
        if fresh or self._shown is None or not self._stays(self._shown):
            return None
        return self._next_key or self.table.cursor_key

    def _stays(self, shown: _Shown) -> bool:
        """Whether the row under the cursor stays where it is when rows arrive above it: whether it is looked at."""
        return shown.moved or self.table.scroll_y > 0 or (self.context.follows and self.context.panel)

    def stay_on(self, key: str | None) -> None:
        """Let the cursor be on the row with this key when the view is asked for next."""
        if self._shown is not None:
            self._shown.moved, self._next_key = True, key

    def find(self, view: ListView, *, fresh: bool) -> Callable[[Trail, Event], ListFound]:
        """Asks for the rows of a list; blocks, in a worker."""
        follow, record = self._follow(fresh=fresh), self.record
        at = record.time("at") if record is not None else None
        begins = fresh or follow is None or self.table.total == 0
        return find_list(view, follow, at, begins=begins, seen=self.app.size.height - FRAME)

    # Showing

    def show(self, view: ListView, found: Found[ListFound], *, fresh: bool) -> None:
        """Show an answer."""
        self.show_list(view, found.value, fresh=fresh)

    def show_list(self, view: ListView, found: ListFound, *, fresh: bool) -> None:
        """Show an answer; unless `fresh` the cursor stays on its row, one that was never moved at the top."""
        before, totals, moved, stays = self._shown, found.answer.totals, False, False
        cursor = found.position or 0
        if not fresh and before is not None:
            moved, stays = before.moved, self._stays(before)
            cursor = self._row_in(found, totals)
        self._next_key = None
        records = {} if fresh or before is None else before.records
        kept = before is not None and not fresh and before.view.name == view.name
        marks = before.marks if before is not None and kept else {}
        columns = self.context.columns.of(view.name)
        ago = self.context.ago
        self._shown = shown = _Shown(view, found, next(_tokens), columns, records, marks, moved, ago=ago)
        self._offered = (False, "")
        self._dress(view)
        if fresh:
            self.keys.text = ""
            self.table.clear()
            self.table.cursor_column = 0
        self.table.show(shown.token, totals.rows, cursor=cursor, keep_scroll=stays)
        offset, rows = found.first
        if rows:
            self._put(offset, rows)
        if before is not None and not fresh:
            before.found.close()
        if totals.rows > len(rows):
            self._complete.trigger()

    def _row_in(self, found: ListFound, totals: Totals) -> int:
        """The followed row, with the steps that the cursor took since: an answer meanwhile may have moved both."""
        assert self._shown is not None
        row = self.table.cursor_row
        if found.position is None or found.follow is None:
            return row if self._stays(self._shown) else 0
        was = self.table.index_of(found.follow)
        steps = 0 if was is None else row - was
        return max(0, min(found.position + steps, totals.rows - 1))

    def _dress(self, view: Any) -> None:
        title = self.title(view)
        self.heading.display = bool(title)
        self.heading.update(title)
        self.panel.display = self.context.panel
        self.table.marked = frozenset(self.marks)

    def save(self) -> _Shown:
        """Answer, records, cursor, scroll."""
        shown = self._shown
        assert shown is not None
        self._describe.drop()
        self._complete.drop()
        shown.table = self.table.save()
        self.keys.text = ""
        self._shown = None
        return shown

    def restore(self, view: ListView, saved: _Shown) -> None:
        """Show what was saved."""
        self._shown = saved
        self._offered = (False, "")
        self._dress(view)
        assert saved.table is not None
        self.table.widths = self.context.columns.widths_of(view.name)
        self.table.restore(saved.table)
        if saved.columns != self.context.columns.of(view.name) or saved.ago or self.context.ago:
            self.show_again()
        self._show_panel()

    def release(self, saved: _Shown) -> None:
        """Free the answer."""
        saved.found.close()

    def beside(self, saved: _Shown, by: int) -> Callable[[Trail, Event], View] | None:
        """Move a saved list's cursor; what is returned asks for the page of the row there."""
        answer, table = saved.found.answer, saved.table
        row = table.cursor[0] + by if table is not None else -1
        if table is None or not 0 <= row < answer.totals.rows:
            return None
        saved.table, saved.moved = replace(table, cursor=(row, table.cursor[1])), True

        def run(_: Trail, __: Event) -> View:
            (values,) = answer.page(row, 1)
            record = Record.of(answer.columns, values)
            return self.page_of(saved.view.state, record.text("key") or "", record)[0]

        return run

    def on_unmount(self) -> None:
        """Free what the answer holds."""
        if self._shown is not None:
            self._shown.found.close()

    def why_empty(self, view: ListView, found: Found[ListFound], around: Circumstances) -> Emptiness | None:
        """Why there are no rows."""
        totals = found.value.answer.totals
        if totals.rows:
            return None
        from ssmtrail.tui.frame.empty_text import why_empty

        return why_empty(view.question, totals, around)

    def count(self, scope: Scope) -> Callable[[Trail, Event], tuple[int, int]]:
        """Counts the rows of the list."""
        return count_rows(self.view.question if self._shown is not None else None, scope)

    def count_text(self, rows: int, unfiltered: int) -> str:
        """The count beside the filter, in words; before the first rows in numbers alone."""
        if self._shown is None:
            return super().count_text(rows, unfiltered)
        return count_words(self.view.question.name, rows, unfiltered)

    def sql(self, scope: Scope) -> SqlQuestion:
        """The calls; the numbers of other lists are sums of who touched what."""
        name = self._shown.view.name if self._shown is not None else "calls"
        return SqlQuestion("calls" if name in ("sessions", "calls") else "pairs", scope)

    def _complete_order(self) -> None:
        answer = self.answer
        if answer is not None:
            whole = Query("complete", lambda _, cancelled: answer.complete(cancelled), lambda *_: ())
            self.host.ask(whole, lambda _: None)

    # Rows

    def on_rows_table_page_wanted(self, message: RowsTable.PageWanted) -> None:
        """Fetch rows that the table will show."""
        message.stop()
        shown, offset, limit = self._shown, message.offset, message.limit
        if shown is None or message.token != shown.token or not self.table.is_wanted(shown.token, offset):
            return
        answer, token = shown.found.answer, shown.token

        def take(rows: tuple[Row, ...]) -> None:
            if self._shown is not None and self._shown.token == token:
                self._put(offset, rows)

        self.host.ask(Query(f"rows {token} {offset}", lambda *_: answer.page(offset, limit)), take)

    def _put(self, offset: int, rows: Sequence[Row]) -> None:
        shown = self._shown
        assert shown is not None
        style, columns = self.display_style, shown.found.answer.columns
        records = [Record.of(columns, row) for row in rows]
        table_rows = [self.table_row(record, style) for record in records]
        if len(shown.records) > RECORDS_KEPT:
            shown.records.clear()
        shown.records.update((row.key, record) for row, record in zip(table_rows, records, strict=True))
        listed = self.listed(style)
        self._show_columns(listed)
        self.table.put_rows(shown.token, offset, with_fields(table_rows, records, listed, style))

    def _show_columns(self, listed: Sequence[ColumnSpec]) -> None:
        by_sort = {entry.sort: entry.key for entry in reversed(listed)}
        self.table.widths = self.context.columns.widths_of(self.view.name)
        self.table.columns = tuple(entry.column for entry in listed)
        self.table.sorted_by = tuple(
            (by_sort[sort.column], sort.descending) for sort in self.view.sort if sort.column in by_sort
        )

    # Columns

    def listed(self, style: Display) -> Sequence[ColumnSpec]:
        """The columns that are shown: those that were chosen, else those of the list."""
        name = self.view.name
        return chosen_columns(name, self.context.columns.of(name), self.columns(style), style)

    def choose_columns(self, names: tuple[str, ...]) -> None:
        """Show these columns of the answer in this order, from the first; none are those of the list."""
        self.context.columns.choose(self.view.name, names)
        self.table.cursor_column = 0
        self.show_again()

    def show_again(self) -> None:
        """Show the rows of the answer anew, in the columns of now; the former ones stay until the rows are there."""
        shown = self._shown
        if shown is None:
            return
        shown.token, shown.columns = next(_tokens), self.context.columns.of(self.view.name)
        shown.ago = self.context.ago
        self._offered = (False, "")
        self.table.show(shown.token, shown.found.answer.totals.rows, cursor=self.table.cursor_row, keep_scroll=True)

    def widen(self) -> None:
        """Make the column under the cursor as wide as what is seen of it; again: as it was."""
        if not widened(self.table, self.context.columns.widths.setdefault(self.view.name, {})):
            self.host.say("nothing that is seen of this column is cut")

    def on_rows_table_row_highlighted(self, message: RowsTable.RowHighlighted) -> None:
        """Remember whether the cursor was moved; describe the row once the cursor rests."""
        message.stop()
        if self._shown is None:
            return
        self._shown.moved = message.index > 0
        # Which keys do something depends on the column, not on the row: a step down need not ask all of them again.
        offered = (self.record is not None, message.column_key)
        if offered != self._offered:
            self._offered = offered
            self.screen.refresh_bindings()
        if self.panel.display:
            self._describe.trigger()

    def on_rows_table_row_opened(self, message: RowsTable.RowOpened) -> None:
        """Open the row; the cursor stays on it."""
        message.stop()
        record = self._shown.records.get(message.key) if self._shown is not None else None
        if record is not None and self._shown is not None:
            self._shown.moved = True
            self.open_row(message.key, record)

    @property
    def record(self) -> Record | None:
        """The row under the cursor."""
        key = self.table.cursor_key
        return self._shown.records.get(key) if self._shown is not None and key is not None else None

    @property
    def marks(self) -> dict[str, Record]:
        """The marked rows by key."""
        return self._shown.marks if self._shown is not None else {}

    def can_go_back(self) -> bool:
        """From a search, and from marks."""
        return self.keys.holds

    def go_back(self) -> bool:
        """End the search, or take the marks off."""
        if not self.keys.holds:
            return False
        self.keys.let_go()
        return True

    @property
    def related(self) -> Related:
        """What the row under the cursor is related to."""
        return related_of(self.record)

    @property
    def listing(self) -> ListKeys | None:
        """What commands act on, once there is an answer."""
        return self.keys if self._shown is not None else None

    @property
    def column(self) -> ColumnSpec | None:
        """The column under the cursor."""
        under = self.table.column_under_cursor
        if under is None or self._shown is None:
            return None
        return next((entry for entry in self.listed(self.display_style) if entry.key == under.key), None)

    def _show_panel(self) -> None:
        if self.panel.display and self.record is not None:
            self.panel.show("", self.facts(self.record, self.display_style))

    # Keys

    def can_export(self) -> bool:
        """Where there are rows."""
        return self.answer is not None

    can_panel = can_export

    def on_rows_table_header_pressed(self, message: RowsTable.HeaderPressed) -> None:
        """Sort by the column that was clicked."""
        message.stop()
        for entry in self.listed(self.display_style):
            if entry.key == message.column_key and entry.sort:
                self.look(self.wanted.sorted(entry.sort))

    @property
    def shown_columns(self) -> list[ColumnSpec]:
        """The columns that fit the width; where columns were chosen, all of them."""
        shown = {column.key for column in self.table.shown_columns}
        return [entry for entry in self.listed(self.display_style) if entry.key in shown]

    @property
    def export(self) -> ListExport:
        """The rows, to be written to a file."""
        columns = tuple(dict.fromkeys(name for entry in self.shown_columns for name in entry.exports))
        every = self.answer.columns if self.answer is not None else ()
        return ListExport(self.context, self.host, self.view.question, columns, every, tuple(self.marks.values()))

    def action_export(self) -> None:
        """Ask where to write what is shown."""
        self.export.ask()

    def action_panel(self) -> None:
        """Show or hide the side panel."""
        self.context.panel = not self.context.panel
        self.panel.display = self.context.panel
        self._show_panel()
