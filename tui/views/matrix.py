"""The matrix: who touched what, people down and machines across."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import count
from typing import TYPE_CHECKING, ClassVar, Final, get_args

from textual.binding import Binding, BindingType
from textual.containers import Horizontal

from ssmtrail.queries import drills
from ssmtrail.queries.errors import FilterError, UsageError
from ssmtrail.queries.model import Question
from ssmtrail.queries.relations import FIELDS
from ssmtrail.queries.views import DENIED, MatrixOrder
from ssmtrail.tui.frame.empty_text import why_empty
from ssmtrail.tui.frame.export import ExportScreen, export_grid, export_question
from ssmtrail.tui.frame.go_to import GO_TO_KEYS, GoTo
from ssmtrail.tui.frame.pane import Pane
from ssmtrail.tui.frame.parts_line import PartsLine
from ssmtrail.tui.frame.related import Related
from ssmtrail.tui.pages import SqlQuestion
from ssmtrail.tui.query import Covered, Found, Query
from ssmtrail.tui.text import plural, whole
from ssmtrail.tui.views.matrix_text import ORDERS, Board, Describer, full_label, legend_of
from ssmtrail.tui.workers import Debounce
from ssmtrail.widgets.matrix import MatrixGrid
from ssmtrail.widgets.text import safe

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping, Sequence
    from threading import Event

    from textual.app import ComposeResult
    from textual.widget import Widget

    from ssmtrail.queries.filters import Filter
    from ssmtrail.queries.model import Measure, Scope
    from ssmtrail.queries.trail import Trail
    from ssmtrail.queries.views import CellFacts, Machine, Person
    from ssmtrail.tui.context import AppContext
    from ssmtrail.tui.frame.empty_text import Circumstances, Emptiness
    from ssmtrail.tui.frame.export import ExportOrder
    from ssmtrail.tui.frame.keys import Key
    from ssmtrail.tui.frame.pane import Host
    from ssmtrail.tui.text import Part
    from ssmtrail.tui.view_state import ViewState
    from ssmtrail.widgets.matrix_cells import GridRow, Header

    PersonHeader = tuple[Person, Header]
    MachineHeader = tuple[Machine, Header]

#: The details of a cell are asked for once the cursor has rested this long, seconds.
REST: Final = 0.015
#: Rows with more cells are unpacked by a worker: 10,000 take 5 ms.
AT_ONCE: Final = 10_000
#: From this height on the legend keeps its line even where it hides rows.
_TALL: Final = 24

_tokens: Final = count(1)


@dataclass(frozen=True, slots=True)
class MatrixView:
    """Which matrix is shown: its state, order and orientation."""

    pane: ClassVar[str] = "matrix"
    state: ViewState
    order: MatrixOrder = "most"
    turned: bool = False
    """Machines down, people across."""

    @property
    def scope(self) -> Scope:
        """The scope of the state."""
        return self.state.scope

    def over(self, state: ViewState) -> MatrixView:
        """The same matrix with another state."""
        return replace(self, state=state)

    def arrangement(self) -> Mapping[str, str]:
        """Its order."""
        return {"sort": self.order}

    def arranged(self, words: Mapping[str, str]) -> MatrixView:
        """In the order that the words name. Raises UsageError."""
        orders, order = get_args(MatrixOrder), words.get("sort") or self.order
        if order not in orders:
            raise UsageError(f"The matrix has no order {order!r}; there are {', '.join(orders)}.")
        return replace(self, order=order)  # type: ignore[arg-type]

    def reordered(self) -> MatrixView:
        """In the next order."""
        orders: tuple[MatrixOrder, ...] = get_args(MatrixOrder)
        return replace(self, order=orders[(orders.index(self.order) + 1) % len(orders)])

    def transposed(self) -> MatrixView:
        """With rows and columns exchanged."""
        return replace(self, turned=not self.turned)


@dataclass(frozen=True, slots=True)
class _Place:
    """A cursor and a scroll position."""

    keys: tuple[str | None, str | None]
    scroll: tuple[float, float]


@dataclass(frozen=True, slots=True)
class _Saved:
    board: Board
    place: _Place
    moved: bool


class MatrixPane(Pane[MatrixView, Board]):
    """Counts of sessions or calls; the line below the grid describes the cell under the cursor.

    While a name is typed (`n`) the cursor goes to the first row or column that has it. A person's name moves only the
    row, a machine's only the column, so two names lead to a cell.
    """

    TAB = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "order", "sort", tooltip="Most first, by name, last seen first", id="look.matrix-order"),
        Binding(
            "t", "turn", "turn", tooltip="Machines down and people across, and back", id="look.matrix-turn"
        ),
        Binding(
            "f", "keep", "keep", show=False, id="narrow.matrix-keep",
            tooltip="Keep only the row under the cursor; on a column's name only that column",
        ),
        Binding(
            "F", "exclude", "exclude", show=False, id="narrow.matrix-exclude",
            tooltip="Leave out the row under the cursor; on a column's name that column",
        ),
        Binding(
            "D", "denied", "denied", show=False, tooltip="Open the denied calls under the cursor",
            id="go.matrix-denied",
        ),
        Binding(
            "n", "go_to", "go to", tooltip="Go to a person or machine by typing a part of the name", id="go.matrix-go",
        ),
        Binding(
            "N", "go_on", "next", show=False, tooltip="Go to the next one with the typed name", id="go.matrix-go-on",
        ),
        Binding(
            "e", "export", "export", tooltip="Write all pairs, or the grid, to a file", id="take.matrix-export"
        ),
        Binding(
            "y", "copy_cell", "copy", show=False, tooltip="Copy the count, the person, the id", id="take.matrix-copy",
        ),
        Binding(
            "Y", "copy_line", "copy line", show=False, tooltip="Copy the description below the grid",
            id="take.matrix-copy-line",
        ),
    ]  # fmt: skip

    def __init__(self, context: AppContext, host: Host) -> None:
        super().__init__(context, host)
        self._view: MatrixView | None = None
        plain = context.signs.ascii_only
        self.grid = MatrixGrid(ascii_only=plain)
        self._go_to = GoTo()
        self._description = PartsLine(id="cell", ascii_only=plain)
        self._legend = PartsLine(id="legend", ascii_only=plain)
        self._boards: dict[Hashable, Board] = {}
        """The shown board and the one whose rows are being unpacked, by token."""
        self._moved = False
        self._pending_scroll: tuple[Hashable, tuple[float, float]] | None = None
        self._under: tuple[str | None, str | None] = (None, None)
        self._facts: CellFacts | None = None
        self._rest = Debounce(self, REST, self._ask_facts)
        self._before_go_to: _Place | None = None
        self._hit = 0

    def compose(self) -> ComposeResult:
        """The grid above its description and the legend."""
        yield self.grid
        with Horizontal(id="description"):
            yield self._go_to
            yield self._description
        yield self._legend

    @property
    def view(self) -> MatrixView:
        """The shown view."""
        assert self._view is not None
        return self._view

    @classmethod
    def first(cls, state: ViewState) -> MatrixView:
        """The matrix of a state, most first."""
        return MatrixView(state)

    # Asking

    def question_for(self, view: MatrixView, *, fresh: bool) -> Query[Found[Board]]:
        """The matrix with its headers and totals."""
        accounts = self.context.accounts

        def find(trail: Trail, cancelled: Event) -> Found[Board]:
            scope, measure = view.scope, view.state.measure
            matrix = trail.matrix(scope, cancelled, measure=measure, order=view.order, turned=view.turned)
            totals = trail.totals(scope, cancelled, measure=measure)
            covered = Covered(trail.source_label, trail.coverage(scope.window))
            return Found(Board.of(matrix, accounts), covered, totals, (totals.rows, totals.rows_unfiltered))

        return Query("view", find)

    def count(self, scope: Scope) -> Callable[[Trail, Event], tuple[int, int]]:
        """Counts started sessions or calls."""
        measure = self.measure

        def counted(trail: Trail, cancelled: Event) -> tuple[int, int]:
            totals = trail.totals(scope, cancelled, measure=measure)
            return totals.rows, totals.rows_unfiltered

        return counted

    def sql(self, scope: Scope) -> SqlQuestion:
        """Who touched what."""
        return SqlQuestion("pairs", scope)

    @property
    def board(self) -> Board | None:
        """The board that the grid shows."""
        return self._boards.get(self.grid.token)

    @property
    def measure(self) -> Measure:
        """What the cells count."""
        return self.board.matrix.measure if self.board else "sessions"

    @property
    def is_current(self) -> bool:
        """Whether the grid has the first rows of the newest board."""
        return self.grid.is_current

    @property
    def focus_target(self) -> Widget:
        """The grid, or the name's field while a name is typed."""
        return self.grid if self._before_go_to is None else self._go_to.field

    def why_empty(self, view: MatrixView, found: Found[Board], around: Circumstances) -> Emptiness | None:
        """Why the matrix has no rows."""
        if found.value.down.headers or found.totals is None:
            return None
        measure = view.state.measure
        return why_empty(Question(measure, view.scope, measure=measure), found.totals, around)

    # Showing

    def show(self, view: MatrixView, found: Found[Board], *, fresh: bool) -> None:
        """Show a matrix; the cursor follows its person and machine, but an unmoved one stays at the top."""
        self._view = view
        board, shown = found.value, self.board
        cursor: tuple[int, int] | None = (0, 0)
        if fresh:
            self._moved = False
            self._close_go_to()
        elif shown is not None and self._moved:
            row, column = self.grid.cursor_keys
            same = shown.matrix.turned == board.matrix.turned
            cursor = None if same else (board.down.place(column), board.across.place(row))
        self._show(board, cursor)

    def _show(self, board: Board, cursor: tuple[int, int] | None) -> Hashable:
        token = next(_tokens)
        self._boards = {at: self._boards[at] for at in (self.grid.token,) if at in self._boards} | {token: board}
        self._pending_scroll = None
        self.grid.corner = ORDERS[board.matrix.order]
        self.grid.show(token, board.down.headers, board.across.headers, largest=board.matrix.largest, cursor=cursor)
        self._fit_legend()
        return token

    def save(self) -> _Saved | None:
        """The board with its cursor and scroll position."""
        return None if self.board is None else _Saved(self.board, self._place, self._moved)

    def restore(self, view: MatrixView, saved: _Saved | None) -> None:
        """Show a saved board."""
        self._view = view
        if saved is not None:
            self._close_go_to()
            if saved.board is self.board and saved.place == self._place and [*self._boards][-1] == self.grid.token:
                return  # the grid was only hidden
            row, column = saved.place.keys
            token = self._show(saved.board, (saved.board.down.place(row), saved.board.across.place(column)))
            self._moved = saved.moved
            self._pending_scroll = token, saved.place.scroll

    @property
    def _place(self) -> _Place:
        return _Place(self.grid.cursor_keys, (self.grid.scroll_x, self.grid.scroll_y))

    def on_matrix_grid_page_wanted(self, message: MatrixGrid.PageWanted) -> None:
        """Unpack the rows that the grid will show."""
        message.stop()
        board, token, offset, limit = self._boards.get(message.token), message.token, message.offset, message.limit
        if board is None:
            return
        if board.cells(offset, limit) <= AT_ONCE:
            self._put(token, offset, board.rows(offset, limit))
            return
        unpack = Query(f"matrix rows {token} {offset}", lambda _trail, _cancelled: board.rows(offset, limit))
        self.host.ask(unpack, lambda rows: self._put(token, offset, rows))

    def _put(self, token: Hashable, offset: int, rows: Sequence[GridRow]) -> None:
        self.grid.put_rows(token, offset, rows)
        if self._pending_scroll is not None and self._pending_scroll[0] == self.grid.token:
            scroll, self._pending_scroll = self._pending_scroll[1], None
            self.call_after_refresh(self.grid.scroll_to, *scroll, animate=False, force=True)
        if offset <= self.grid.cursor_row < offset + len(rows):
            self._describe()

    def on_resize(self) -> None:
        """Show the legend where it has room."""
        self.call_after_refresh(self._fit_legend)

    def _fit_legend(self) -> None:
        board, height = self.board, self.size.height
        if board is not None and board.down.headers:
            has_room = height >= _TALL or len(board.down.headers) + 5 <= height
            if self._legend.display != has_room:  # setting it lays the screen out anew
                self._legend.display = has_room
            self._legend.parts = legend_of(board.matrix.order, self.context.signs, judged=board.matrix.judged)

    # Under the cursor

    def on_matrix_grid_cell_highlighted(self, message: MatrixGrid.CellHighlighted) -> None:
        """Describe the cell; its details follow once the cursor rests."""
        message.stop()
        self._moved = self._moved or (self.grid.cursor_row, self.grid.cursor_column) != (0, 0)
        under = message.row_key, message.column_key
        if under != self._under:
            on_header = (under[0] is None, under[1] is None) != (self._under[0] is None, self._under[1] is None)
            self._under, self._facts = under, None
            if on_header:  # which keys work does not depend on which cell it is
                self.refresh_bindings()
        self._fit_legend()
        self._describe()

    def _describe(self) -> None:
        self.host.drop("matrix cell")
        self._rest.drop()
        if self.cell and self.cell[0]:  # an empty cell has no details
            self._rest.trigger()
        self._description.parts = self.description

    def _ask_facts(self) -> None:
        board, person, machine = self.board, self.person, self.machine
        if board is None or person is None or machine is None:
            return
        scope, who, target = board.matrix.scope, person[0].id, machine[0].target
        self.host.ask(
            Query("matrix cell", lambda trail, cancelled: trail.cell(scope, who, target, cancelled)), self._take_facts
        )

    def _take_facts(self, facts: CellFacts) -> None:
        self._facts = facts
        self._description.parts = self.description

    @property
    def person(self) -> PersonHeader | None:
        """The person in whose row or column the cursor is."""
        return self.board.person(*self.grid.cursor_keys) if self.board else None

    @property
    def machine(self) -> MachineHeader | None:
        """The machine in whose row or column the cursor is."""
        return self.board.machine(*self.grid.cursor_keys) if self.board else None

    @property
    def subject(self) -> tuple[PersonHeader | None, MachineHeader | None]:
        """The person or machine of the row; on a column's name that of the column."""
        row, column = self.grid.cursor_keys
        keys = (row, None) if row is not None else (None, column)
        return (self.board.person(*keys), self.board.machine(*keys)) if self.board else (None, None)

    @property
    def cell(self) -> tuple[int, str] | None:
        """Count and mark under the cursor; None on a header, and while the row is unpacked."""
        row = self.grid.row_at(self.grid.cursor_row)
        return None if row is None or self.grid.cursor_column < 0 else row.at(self.grid.cursor_column)

    @property
    def description(self) -> Sequence[Part]:
        """The description of the cell or header under the cursor."""
        board, person, machine = self.board, self.person, self.machine
        if board is None:
            return ()
        describer = Describer(self.host.clock, self.context.signs, board.matrix.measure, self.context.accounts)
        if person and machine:
            return describer.cell(full_label(person[1]), full_label(machine[1]), self.cell, self._facts)
        if person:
            return describer.person(person[0])
        return describer.machine(machine[0]) if machine else describer.all(board.matrix)

    # Which keys work

    def _has_rows(self) -> bool:
        return bool(self.board and self.board.down.headers)

    can_order = can_turn = can_export = can_keep = can_exclude = _has_rows
    can_copy_cell = can_copy_line = can_go_to = _has_rows

    def can_go_on(self) -> bool | None:
        """After a name was typed."""
        return True if self._go_to.text else None

    # Another matrix

    def action_order(self) -> None:
        """The next order."""
        view = self.view.reordered()
        self.host.look(view)
        self.host.say(ORDERS[view.order])

    def action_turn(self) -> None:
        """Exchange rows and columns."""
        self.host.look(self.view.transposed())

    def action_keep(self) -> None:
        """Keep one row, or one column."""
        person, machine = self.subject
        if person:
            self._narrow(self.host.into(drills.of_person(self.view.scope, person[0].id)).filter)
        elif machine:
            self._narrow(self.host.into(drills.of_machine(self.view.scope, machine[0].target)).filter)

    def action_exclude(self) -> None:
        """Exclude one row, or one column; a person in all accounts, as the filter has no other word for it."""
        person, machine = self.subject
        present = self.view.state.filter
        try:
            if person:
                self._narrow(present.exclude("person", person[0].id.person))
            elif machine:
                self._narrow(present.exclude("target", machine[0].target))
        except FilterError as error:
            self.host.say(error.message, "$text-error")

    def _narrow(self, narrowed: Filter) -> None:
        self.host.see(self.view.state.narrowed(narrowed))

    # Deeper

    def on_matrix_grid_cell_opened(self, message: MatrixGrid.CellOpened) -> None:
        """Open what the cell counts: its sessions or calls, or its denied calls if it has nothing else."""
        message.stop()
        if self.cell and self.cell[0]:
            self._open_counted(denied=self.cell[1] == DENIED)
        elif self.cell:
            self.host.say("This cell is empty: there is nothing to open.")

    def on_matrix_grid_row_opened(self, message: MatrixGrid.RowOpened) -> None:
        """Open the page of the row."""
        message.stop()
        self._open_page()

    def on_matrix_grid_column_opened(self, message: MatrixGrid.ColumnOpened) -> None:
        """Open the page of the column."""
        message.stop()
        self._open_page()

    def _open_page(self) -> None:
        """Open the page of a header, with the filter of the matrix."""
        if self.machine:
            self.host.open_machine(self.machine[0].target, full_label(self.machine[1]))
        elif self.person:
            self.host.open_person(self.person[0].id, full_label(self.person[1]))

    @property
    def related(self) -> Related:
        """The person and the machine under the cursor."""
        person, machine = self.person, self.machine
        return Related(
            person[0].id if person else None, full_label(person[1]) if person else "",
            machine[0].target if machine else None, full_label(machine[1]) if machine else "",
        )  # fmt: skip

    def action_denied(self) -> None:
        """Open the denied calls of the cell, of the person, or of the machine."""
        person, machine, cell = self.person, self.machine, self.cell
        if person and machine:
            denied = self._facts.denied if self._facts else cell[0] if cell and cell[1] == DENIED else 0
        else:
            one = person or machine
            denied = one[0].denied if one else 0
        if denied:
            self._open_counted(denied=True)
        else:
            self.host.say("Nothing was denied here.")

    def _open_counted(self, *, denied: bool) -> None:
        board, person, machine = self.board, self.person, self.machine
        if board is None:
            return
        scope = board.matrix.scope
        if person:
            scope = drills.of_person(scope, person[0].id)
        if machine:
            scope = drills.of_machine(scope, machine[0].target)
        label = " on ".join(full_label(one[1]) for one in (person, machine) if one)
        if denied:
            self.host.drill("sessions", self.host.into(drills.of_denied(scope), "sessions"), f"{label} denied")
        elif board.matrix.measure == "calls":
            self.host.drill("sessions", self.host.into(scope, "calls"), label)
        else:
            self.host.drill("sessions", self.host.into(drills.of_started(scope), "sessions"), label)

    # Copies, export

    def action_copy_cell(self) -> None:
        """Copy the count; on a header the person or the machine's id."""
        if self.person and self.machine:
            text = str(self.cell[0]) if self.cell else ""
        elif self.person:
            text = self.person[0].id.person or self.person[0].label
        else:
            text = (self.machine[0].target if self.machine else None) or ""
        self.host.copy(safe(text))

    def action_copy_line(self) -> None:
        """Copy the whole description."""
        self.host.copy(whole(self.description))

    def action_export(self) -> None:
        """Ask where to write the matrix, as pairs or as a grid."""
        fields = FIELDS["pairs"]
        self.host.dialog(ExportScreen(self.context, "pairs", fields, fields, grid="matrix"), self._export)

    def _export(self, order: ExportOrder | None) -> None:
        board = self.board
        if order is None or board is None:
            return
        matrix = board.matrix

        def write(trail: Trail, cancelled: Event) -> int:
            if not order.grid:
                question = Question("pairs", matrix.scope, measure=matrix.measure)
                return export_question(trail, question, order, cancelled)
            people_down = matrix
            if matrix.turned:
                people_down = trail.matrix(matrix.scope, cancelled, measure=matrix.measure, order=matrix.order)
            return export_grid(people_down, order, cancelled)

        self.host.say(f"writing {order.path}")
        self.host.ask(Query("export", write), lambda rows: self.host.say_written(plural(rows, "row"), order.path))

    # Finding a name

    @property
    def typing_keys(self) -> Sequence[Key] | None:
        """The keys of the name's field while a name is typed."""
        return GO_TO_KEYS if self._go_to.has_focus_within else None

    def action_go_to(self) -> None:
        """Type a name."""
        self._before_go_to = self._place
        self._go_to.begin()
        self._go_to.say(0, 0)

    def action_go_on(self) -> None:
        """To the next one with the name."""
        self._go(self._hit + 1)

    def on_go_to_edited(self, message: GoTo.Edited) -> None:
        """Go to the first one with the name."""
        message.stop()
        if self._before_go_to is not None:
            self._go(0)

    def on_go_to_stepped(self, message: GoTo.Stepped) -> None:
        """Go to another one."""
        message.stop()
        self._go(self._hit + message.by)

    def on_go_to_ended(self, message: GoTo.Ended) -> None:
        """Stay, or go back to the place before."""
        message.stop()
        if self._before_go_to is None:
            return
        if not message.kept:
            self._return(self._before_go_to)
        had_focus = self._go_to.has_focus_within or self.screen.focused is None
        self._close_go_to()
        if had_focus:
            self.screen.set_focus(self.grid)

    def _close_go_to(self) -> None:
        self._before_go_to = None
        self._go_to.end()

    def _go(self, number: int) -> None:
        """To the hit of this number, modulo their count; back to the place before when nothing has the name."""
        hits = self.board.hits(self._go_to.text) if self.board else []
        self._hit = number % len(hits) if hits else 0
        self._go_to.say(self._hit + 1, len(hits))
        if not hits:
            if self._before_go_to is not None:
                self._return(self._before_go_to)
            return
        axis, place = hits[self._hit]
        if axis == "down":
            self.grid.cursor_row = place
        else:
            self.grid.cursor_column = place

    def _return(self, before: _Place) -> None:
        if self.board is not None:
            row, column = before.keys
            self.grid.cursor_row = self.board.down.place(row)
            self.grid.cursor_column = self.board.across.place(column)
            self.grid.scroll_to(*before.scroll, animate=False, force=True)
