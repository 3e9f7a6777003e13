"""A screen that shows a matrix: asks, gives the grid its rows, tells of what is under its cursor."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Final

from textual.containers import Horizontal, Vertical
from textual.widgets import Static

from ssmtrail.queries.model import Question, Totals
from ssmtrail.tui.frame.empty_text import Circumstances, why_empty
from ssmtrail.tui.frame.go_to import GoTo
from ssmtrail.tui.frame.parts_line import PartsLine
from ssmtrail.tui.frame.scoped import ScopedScreen
from ssmtrail.tui.frame.text import running, window_text
from ssmtrail.tui.matrix_view import MatrixView
from ssmtrail.tui.paid_requests import Sql
from ssmtrail.tui.requests import CountSums
from ssmtrail.tui.view_requests import Errand, Look, Seen
from ssmtrail.tui.views.matrix_text import ORDERS, Board, legend_of
from ssmtrail.tui.workers import Pace, QueryWorkers
from ssmtrail.widgets.matrix import MatrixGrid
from ssmtrail.widgets.text import safe

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence
    from threading import Event

    from textual.app import ComposeResult

    from ssmtrail.queries.model import Scope
    from ssmtrail.queries.trail import Trail
    from ssmtrail.tui.context import AppContext
    from ssmtrail.tui.frame.level import Level
    from ssmtrail.tui.requests import Covered
    from ssmtrail.tui.view_state import View
    from ssmtrail.widgets.matrix_cells import GridRow

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

    def __init__(
        self, context: AppContext, view: MatrixView, crumbs: tuple[str, ...], level: Level | None = None
    ) -> None:
        super().__init__(context, view, crumbs, level)
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
        return Question(self.state.measure, scope, measure=self.state.measure)

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
        plain = self.context.signs.ascii_only
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
        seen, accounts = self.view, self.context.accounts

        def find(trail: Trail, cancelled: Event) -> _Found:
            measure = seen.state.measure
            matrix = trail.matrix(seen.scope, cancelled, measure=measure, order=seen.order, turned=seen.turned)
            return _Found(Board.of(matrix, accounts), trail.totals(seen.scope, cancelled, measure=measure))

        self._asked = Look("matrix", seen.scope.window, find)
        self.context.workers.ask(self, self._asked)

    def content_changed(self) -> None:
        """Ask again, not too often."""
        self._reask.wish()

    def on_bridge_answered(self, message: QueryWorkers.Answered) -> None:
        """Take what is still asked for, drop the rest."""
        message.stop()
        request, result = message.request, message.result
        if request is self._asked and isinstance(result, Seen) and isinstance(result.value, _Found):
            self._take(result.value, result.covered)
        elif isinstance(request, Errand) and isinstance(result, _Rows):
            self._put(result)

    def on_bridge_refused(self, message: QueryWorkers.Refused) -> None:
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
            window = window_text(self.scope, self.coverage, self.clock, self.context.now(), self.context.signs.dot)
            reading = self.context.progress is not None and running(self.context.progress)
            around = Circumstances(self.coverage, window, reading, safe(self.context.failure), self.context.pays)
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
            legend.parts = legend_of(board.matrix.order, self.context.signs)

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
        self.context.workers.ask(self, unpack)

    def _put(self, rows: _Rows) -> None:
        self.grid.put_rows(rows.token, rows.offset, rows.rows)
        self.reveal()
        if rows.offset <= self.grid.cursor_row < rows.offset + len(rows.rows):
            self.cell_came()

    def cell_came(self) -> None:
        """The row under the cursor is here."""
