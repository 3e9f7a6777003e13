"""A screen that shows a matrix: asks, gives the grid its rows, tells of what is under its cursor."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Final

from textual.containers import Horizontal, Vertical
from textual.widgets import Static

from queries.values import Question, Totals
from tui.bridge import Bridge
from tui.frame.go_to import GoTo
from tui.frame.parts_line import PartsLine
from tui.frame.scoped import ScopedScreen
from tui.matrix_view import MatrixView
from tui.pace import Pace
from tui.paid_requests import Sql
from tui.present.board import Board
from tui.present.empty import Circumstances, why_empty
from tui.present.matrix import ORDERS, legend_of
from tui.present.progress import running
from tui.present.window import window_text
from tui.requests import CountSums
from tui.view_requests import Errand, Look, Seen
from widgets.matrix_grid import MatrixGrid
from widgets.safe_text import safe

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence
    from threading import Event

    from textual.app import ComposeResult

    from queries.values import Door, Scope
    from tui.desk import Desk
    from tui.frame.level import Level
    from tui.requests import Covered
    from tui.sight import View
    from widgets.matrix_cells import GridRow

#: Between two matrices asked for while files are being read, seconds.
REASK: Final = 1.0
#: Rows with more cells are unpacked by a worker: 10,000 take 5 ms.
AT_ONCE: Final = 10_000
#: Lines of the view from which the legend has one of its own, even where rows are out of sight.
_TALL: Final = 24

_tokens: Final = count(1)


@dataclass(frozen=True, slots=True)
class _Rows:
    """Rows of a matrix, unpacked."""

    token: Hashable
    offset: int
    rows: Sequence[GridRow]


@dataclass(frozen=True, slots=True)
class _Found:
    """A matrix with what the frame says of it."""

    board: Board
    totals: Totals


class MatrixBase(ScopedScreen):
    """Shows `view`; subclasses say what can be done with it."""

    ANSWER_COVERS = True

    view: MatrixView

    def __init__(self, desk: Desk, view: MatrixView, crumbs: tuple[str, ...], level: Level | None = None) -> None:
        super().__init__(desk, view, crumbs, level)
        self._asked: Look | None = None
        self._boards: dict[Hashable, Board] = {}
        self._moved = False
        self._reask = Pace(self, REASK, self.look)

    # What it shows

    @property
    def grid(self) -> MatrixGrid:
        """The grid."""
        return self.query_one(MatrixGrid)

    @property
    def board(self) -> Board | None:
        """The matrix that is seen; the one that is asked for may be another."""
        return self._boards.get(self.grid.token) if self.is_mounted else None

    def counted(self, scope: Scope) -> Question:
        """The sessions, or the calls, that are counted."""
        return Question(self.sight.measure, scope, measure=self.sight.measure)

    def count_of(self, scope: Scope) -> CountSums:
        """Of what the matrix counts, for a list has the denied starts too."""
        return CountSums(self.counted(scope))

    @property
    def sql_question(self) -> Sql:
        """Who touched what."""
        return Sql("pairs", self.scope)

    def focus_view(self) -> None:
        """To the grid."""
        self.grid.focus()

    def compose_view(self) -> ComposeResult:
        """The grid over what is told of its cell, or why there is none."""
        plain = self.desk.signs.ascii_only
        with Vertical(id="matrix"):
            yield MatrixGrid(ascii_only=plain)
            yield Static(id="empty", markup=False)
            with Horizontal(id="told"):
                yield GoTo()
                yield PartsLine(id="cell", ascii_only=plain)
            yield PartsLine(id="legend", ascii_only=plain)

    def on_mount(self) -> None:
        """Ask at once."""
        self.query_one("#empty").display = False
        self.grid.focus()
        if self._asked is None:
            self.look()

    def ask_ahead(self) -> None:
        """Ask for the matrix."""
        self.look()

    def on_resize(self) -> None:
        """The legend is there where there is room."""
        super().on_resize()
        self.call_after_refresh(self._fit_legend)

    # Asking

    def look(self, view: View | None = None) -> None:
        """Ask for the matrix; what is seen stays until it is here."""
        if isinstance(view, MatrixView):
            self.view = view
        seen, accounts = self.view, self.desk.accounts

        def find(door: Door, cancelled: Event) -> _Found:
            measure = seen.sight.measure
            matrix = door.matrix(seen.scope, cancelled, measure=measure, order=seen.order, turned=seen.turned)
            return _Found(Board.of(matrix, accounts), door.totals(seen.scope, cancelled, measure=measure))

        self._asked = Look("matrix", seen.scope.window, find)
        self.desk.bridge.ask(self, self._asked)

    def content_changed(self) -> None:
        """Ask again, not too often."""
        self._reask.wish()

    def on_bridge_answered(self, message: Bridge.Answered) -> None:
        """Take what is still asked for, drop the rest."""
        message.stop()
        request, result = message.request, message.result
        if request is self._asked and isinstance(result, Seen) and isinstance(result.value, _Found):
            self._take(result.value, result.covered)
        elif isinstance(request, Errand) and isinstance(result, _Rows):
            self._put(result)

    def on_bridge_refused(self, message: Bridge.Refused) -> None:
        """Say why there is no answer; the view stays as it was."""
        message.stop()
        if message.request is self._asked:
            self.say(message.sentence, "$text-error")

    def _take(self, found: _Found, covered: Covered) -> None:
        board, totals = found.board, found.totals
        token, cursor = next(_tokens), self._cursor_in(board)
        self._boards = {at: self._boards[at] for at in (self.grid.token,) if at in self._boards} | {token: board}
        self.show_frame(covered, totals, board.matrix.measure)
        self.show_filter((totals.rows, totals.rows_unfiltered))
        self.grid.corner = ORDERS[board.matrix.order]
        self.grid.show(token, board.down.headers, board.across.headers, largest=board.matrix.largest, cursor=cursor)
        self._show_emptiness(board, totals)
        self._fit_legend()

    def _cursor_in(self, board: Board) -> tuple[int, int] | None:
        """Where the cursor belongs: it follows its person and machine, one that was never moved stays at the top."""
        shown = self.board
        if shown is None or not self._moved:
            return 0, 0
        if shown.matrix.turned == board.matrix.turned:
            return None
        row, column = self.grid.cursor_keys
        return board.down.place(column), board.across.place(row)

    def _show_emptiness(self, board: Board, totals: Totals) -> None:
        empty, note = not board.down.headers, self.query_one("#empty", Static)
        if note.display != empty:  # the toolkit lays everything out anew also when nothing has changed
            note.display = empty
            for shown in (self.grid, self.query_one("#told"), self.query_one("#legend")):
                shown.display = not empty
        if empty:
            window = window_text(self.scope, self.coverage, self.clock, self.desk.now(), self.desk.signs.dot)
            reading = self.desk.progress is not None and running(self.desk.progress)
            around = Circumstances(self.coverage, window, reading, safe(self.desk.failure), self.desk.pays)
            why = why_empty(self.counted(self.scope), totals, around)
            note.update("\n".join((why.headline, "", *why.lines)))
            self.reveal()
        elif self.focused is None:
            self.grid.focus()

    def _fit_legend(self) -> None:
        """Show the legend where it takes no row away, or where there are many."""
        board, room = self.board, self.query_one("#matrix").size.height
        legend = self.query_one("#legend", PartsLine)
        if board is not None and board.down.headers:
            has_room = room >= _TALL or len(board.down.headers) + 5 <= room
            if legend.display != has_room:
                legend.display = has_room
            legend.parts = legend_of(board.matrix.order, self.desk.signs)

    # Pages

    def on_matrix_grid_page_wanted(self, message: MatrixGrid.PageWanted) -> None:
        """Unpack rows that the grid will show."""
        message.stop()
        board, token, offset, limit = self._boards.get(message.token), message.token, message.offset, message.limit
        if board is None:
            return
        if board.cells(offset, limit) <= AT_ONCE:
            self._put(_Rows(token, offset, board.rows(offset, limit)))
            return
        unpack = Errand(f"rows {token} {offset}", lambda _door, _stop: _Rows(token, offset, board.rows(offset, limit)))
        self.desk.bridge.ask(self, unpack)

    def _put(self, rows: _Rows) -> None:
        self.grid.put_rows(rows.token, rows.offset, rows.rows)
        self.reveal()
        if rows.offset <= self.grid.cursor_row < rows.offset + len(rows.rows):
            self.cell_came()

    def cell_came(self) -> None:
        """The row under the cursor is here."""
