"""`ListPane`: the rows of a question in a table, with a side panel and the keys that every list has."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count as counter
from typing import TYPE_CHECKING, Any, ClassVar, Final

from textual.binding import Binding, BindingType
from textual.widgets import Static

from ssmtrail.queries.errors import FilterError
from ssmtrail.tui.frame.copying import cell_text, row_text
from ssmtrail.tui.frame.list_found import ListFound, early_found, found_of
from ssmtrail.tui.frame.list_keys import ListKeys
from ssmtrail.tui.frame.lists_text import Display, Record
from ssmtrail.tui.frame.marks import MarkedRows
from ssmtrail.tui.frame.pane import Pane
from ssmtrail.tui.frame.related import related_of
from ssmtrail.tui.list_view import ListView
from ssmtrail.tui.pages import SqlQuestion
from ssmtrail.tui.query import Covered, Found, Query
from ssmtrail.tui.text import count, noun, plural
from ssmtrail.tui.workers import Debounce
from ssmtrail.widgets.details import Details
from ssmtrail.widgets.pages import BLOCK
from ssmtrail.widgets.table import RowsTable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from threading import Event

    from textual.app import ComposeResult
    from textual.content import Content
    from textual.widget import Widget

    from ssmtrail.queries.filters.keys import Filtered
    from ssmtrail.queries.first_page import EarlyPage
    from ssmtrail.queries.model import Answer, Question, Row, Scope, Totals
    from ssmtrail.queries.trail import Trail
    from ssmtrail.tui.context import AppContext
    from ssmtrail.tui.frame.empty_text import Circumstances, Emptiness
    from ssmtrail.tui.frame.export import ExportOrder
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

#: What the header's figures are of.
_SUMMED: Final[tuple[Filtered, ...]] = ("sessions", "calls")

_tokens: Final = counter(1)


@dataclass(slots=True)
class _Shown:
    """What the table shows, and what is saved of it while another level is seen."""

    view: ListView
    found: ListFound
    token: int
    records: dict[str, Record]
    """Of the rows that came, by key. Until the rows of a newer answer come, those of the one before stay."""
    marks: dict[str, Record]
    """The marked rows by key, in the order of marking."""
    moved: bool = False
    """Whether the cursor was moved from the first row, where it stays when rows arrive above it."""
    table: TableState | None = None


class ListPane(Pane[ListView, ListFound]):
    """Subclasses say which columns there are, how a row looks, what Enter opens."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "f",
            "keep",
            "keep",
            tooltip="Keep only rows with the value under the cursor",
            id="narrow.keep",
        ),
        Binding(
            "F",
            "exclude",
            "exclude",
            tooltip="Leave out rows with the value under the cursor",
            id="narrow.exclude",
        ),
        Binding(
            "s",
            "sort",
            "sort",
            tooltip="Sort by the column under the cursor, then turned round",
            id="look.sort",
        ),
        Binding("S", "reverse", "reverse", show=False, tooltip="Turn the order round", id="look.reverse"),
        Binding("e", "export", "export", tooltip="Write what is shown, all rows, to a file", id="take.export"),
        Binding("y", "copy_cell", "copy", show=False, tooltip="Copy the value under the cursor", id="take.copy"),
        Binding("Y", "copy_row", "copy row", show=False, tooltip="Copy the row", id="take.copy-row"),
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
        self._look = look or host.look
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
        return Display(self.host.clock, context.signs, context.accounts, measure, context.has_policy)

    @property
    def focus_target(self) -> Widget:
        """The table."""
        return self.table

    # Asking

    def question_for(self, view: ListView, *, fresh: bool) -> Query[Found[ListFound]]:
        """The rows that are seen first, with what the header says."""
        find, follow = self.find(view, fresh=fresh), self._follow(fresh=fresh)

        def run(trail: Trail, cancelled: Event) -> Found[ListFound]:
            heading = self._heading_totals(trail, view.question, cancelled)
            return found_of(
                find(trail, cancelled), Covered(trail.source_label, trail.coverage(view.scope.window)), heading
            )

        def early(page: EarlyPage, trail: Callable[[Event], Trail]) -> Found[ListFound] | None:
            return early_found(page, view, follow, trail)

        return Query("view", run, early, lambda found: found.value.close())

    def _heading_totals(self, trail: Trail, question: Question, cancelled: Event) -> Totals | None:
        """The header's figures; None for those of the answer. Blocks, in a worker.

        Those of sessions and calls, unless the filter has what only other lists have.
        """
        from ssmtrail.queries.filters import foreign_terms  # imported late: imports cost start-up time

        scope = question.scope
        if question.name in ("sessions", "calls") or any(foreign_terms(scope.filter, each) for each in _SUMMED):
            return None
        return trail.totals(scope, cancelled, measure=question.measure)

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
        seen = self.app.size.height - FRAME

        def run(trail: Trail, cancelled: Event) -> ListFound:
            answer = trail.ask(view.question, cancelled)
            position = answer.position(follow, at) if follow else None
            offset = (position or 0) // BLOCK * BLOCK
            # A row that is read alone takes a millisecond: one that is not seen can come later.
            first = answer.page(offset, -(-seen // BLOCK) * BLOCK) if begins else ()
            return ListFound(answer, follow, position, (offset, first))

        return run

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
        self._shown = shown = _Shown(view, found, next(_tokens), records, marks, moved)
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
        self.table.restore(saved.table)
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
        question = replace(self.view.question, scope=scope) if self._shown is not None else None

        def run(trail: Trail, cancelled: Event) -> tuple[int, int]:
            if question is None:
                return 0, 0
            answer = trail.ask(question, cancelled)
            totals = answer.totals
            answer.close()
            return totals.rows, totals.rows_unfiltered

        return run

    def count_text(self, rows: int, unfiltered: int) -> str:
        """`16 of 101`, of what is neither sessions nor calls `16 of 101 identities`."""
        name, text = self.view.question.name, f"{count(rows)} of {count(unfiltered)}"
        if name in ("sessions", "calls"):
            return text
        # A row of people is a person in one account.
        people = "identity" if unfiltered == 1 else "identities"
        what = people if name == "people" else noun(name, unfiltered)
        return f"{text} {what}"

    def sql(self, scope: Scope) -> SqlQuestion:
        """The calls; the numbers of other lists are sums of who touched what."""
        name = self._shown.view.name if self._shown is not None else "calls"
        return SqlQuestion("calls" if name in ("sessions", "calls") else "pairs", scope)

    def _complete_order(self) -> None:
        answer = self.answer
        if answer is not None:
            self.host.ask(
                Query("complete", lambda _, cancelled: answer.complete(cancelled), lambda *_: ()), lambda _: None
            )

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
        self._show_columns(style)
        self.table.put_rows(shown.token, offset, table_rows)

    def _show_columns(self, style: Display) -> None:
        listed = self.columns(style)
        by_sort = {entry.sort: entry.key for entry in reversed(listed)}
        self.table.columns = tuple(entry.column for entry in listed)
        self.table.sorted_by = tuple(
            (by_sort[sort.column], sort.descending) for sort in self.view.sort if sort.column in by_sort
        )

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
    def column(self) -> ColumnSpec | None:
        """The column under the cursor."""
        under = self.table.column_under_cursor
        if under is None or self._shown is None:
            return None
        return next((entry for entry in self.columns(self.display_style) if entry.key == under.key), None)

    def _show_panel(self) -> None:
        if self.panel.display and self.record is not None:
            self.panel.show("", self.facts(self.record, self.display_style))

    # Keys

    def can_keep(self) -> bool | None:
        """Where the value can be filtered for."""
        return True if self.record and self.column and self.column.filter else None

    can_exclude = can_keep

    def can_copy_cell(self) -> bool:
        """Where there is a row."""
        return self.record is not None

    can_copy_row = can_copy_cell

    def can_sort(self) -> bool:
        """Where there are rows."""
        return self.answer is not None

    can_reverse = can_export = can_panel = can_sort

    def action_keep(self) -> None:
        """Narrow to the value under the cursor."""
        self._narrow("keep")

    def action_exclude(self) -> None:
        """Narrow to everything else."""
        self._narrow("exclude")

    def _narrow(self, how: str) -> None:
        column, record = self.column, self.record
        if column is None or record is None:
            return
        value = record.text("end_evidence") if column.filter == "end" else column.value(record)
        if isinstance(value, tuple) and len(value) < 2:
            value = value[0] if value else None
        if isinstance(value, datetime | tuple):
            self.host.say("Several values are in this cell: Enter lists them apart.")
            return
        narrow = self.wanted.state.filter.keep if how == "keep" else self.wanted.state.filter.exclude
        try:
            self._look(self.wanted.over(self.wanted.state.narrowed(narrow(column.filter, value))))
        except FilterError as error:
            self.host.say(error.message, "$text-error")

    def action_sort(self) -> None:
        """Sort by the column under the cursor."""
        if self.column is not None:
            self._look(self.wanted.sorted(self.column.sort))

    def action_reverse(self) -> None:
        """Turn the order round."""
        self._look(self.wanted.reversed())

    def on_rows_table_header_pressed(self, message: RowsTable.HeaderPressed) -> None:
        """Sort by the column that was clicked."""
        message.stop()
        for entry in self.columns(self.display_style):
            if entry.key == message.column_key and entry.sort:
                self._look(self.wanted.sorted(entry.sort))

    def action_copy_cell(self) -> None:
        """Copy the value under the cursor, whole."""
        if self.column is not None and self.record is not None:
            self.host.copy(cell_text(self.column, self.record))

    def _shown_columns(self) -> list[ColumnSpec]:
        shown = {column.key for column in self.table.shown_columns}
        return [entry for entry in self.columns(self.display_style) if entry.key in shown]

    def action_copy_row(self) -> None:
        """Copy the shown columns of the marked rows, else of the row, with tabs between them."""
        if self.record is not None:
            rows = self.marks.values() or [self.record]
            self.host.copy("\n".join(row_text(self._shown_columns(), row) for row in rows))

    def action_export(self) -> None:
        """Ask where to write what is shown."""
        from ssmtrail.queries.relations import FIELDS  # imported late: imports cost start-up time
        from ssmtrail.tui.frame.export import ExportScreen, export, export_question

        columns = tuple(dict.fromkeys(name for entry in self._shown_columns() for name in entry.exports))
        question, marked = self.view.question, tuple(self.marks.values())
        every = self.answer.columns if self.answer is not None else ()

        def export_rows(trail: Trail, cancelled: Event, order: ExportOrder) -> int:
            if order.marked:
                return export(MarkedRows(question, every, marked), order, cancelled)
            # Asked anew: while the name is typed, a refresh may replace, and close, the answer that was shown.
            return export_question(trail, question, order, cancelled)

        def write(order: ExportOrder | None) -> None:
            if order is None:
                return
            self.host.say(f"writing {order.path}")
            self.host.ask(
                Query("export", lambda trail, cancelled: export_rows(trail, cancelled, order)),
                lambda rows: self.host.say_written(plural(rows, "row"), order.path),
            )

        screen = ExportScreen(self.context, question.name, columns, FIELDS[question.name], marked=len(marked))
        self.host.dialog(screen, write)

    def action_panel(self) -> None:
        """Show or hide the side panel."""
        self.context.panel = not self.context.panel
        self.panel.display = self.context.panel
        self._show_panel()
