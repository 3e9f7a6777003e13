"""A matrix that tells of what is under its cursor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ssmtrail.queries.views import DENIED
from ssmtrail.tui.frame.matrix_screen import MatrixBase
from ssmtrail.tui.frame.parts_line import PartsLine
from ssmtrail.tui.view_requests import Errand
from ssmtrail.tui.views.matrix_text import Teller, full_label
from ssmtrail.tui.workers import Pause, QueryWorkers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ssmtrail.queries.views import CellFacts, Machine, Person
    from ssmtrail.tui.context import AppContext
    from ssmtrail.tui.frame.level import Level
    from ssmtrail.tui.matrix_view import MatrixView
    from ssmtrail.tui.text import Part
    from ssmtrail.widgets.matrix import MatrixGrid
    from ssmtrail.widgets.matrix_cells import Header

#: The cursor rests this long before a cell's times and kinds are asked for, seconds.
REST: Final = 0.015


class ToldMatrix(MatrixBase):
    """What the matrix knows is told at once, the rest when the cursor rests; nothing moves when it comes."""

    def __init__(
        self, context: AppContext, view: MatrixView, crumbs: tuple[str, ...], level: Level | None = None
    ) -> None:
        super().__init__(context, view, crumbs, level)
        self._under: tuple[str | None, str | None] = (None, None)
        self._offered: tuple[bool, bool] | None = None
        self._facts: CellFacts | None = None
        self._facts_asked: Errand | None = None
        self._rest = Pause(self, REST, self._ask_facts)

    def on_bridge_answered(self, message: QueryWorkers.Answered) -> None:
        """Tell of the cell, if the cursor still stands on it."""
        if message.request is self._facts_asked:
            self._facts = message.result  # type: ignore[assignment]
            self._tell()

    def on_bridge_refused(self, message: QueryWorkers.Refused) -> None:
        """Say why a cell cannot be told of."""
        if message.request is self._facts_asked:
            self.say(message.sentence, "$text-error")

    def on_matrix_grid_cell_highlighted(self, message: MatrixGrid.CellHighlighted) -> None:
        """Tell what is known at once, the rest once the cursor rests."""
        message.stop()
        self._moved = self._moved or (self.grid.cursor_row, self.grid.cursor_column) != (0, 0)
        under = message.row_key, message.column_key
        if under != self._under:
            self._under, self._facts = under, None
        self._facts_asked = None
        self.cell_came()
        self._fit_legend()
        # Which keys do something does not depend on which cell it is: a step need not ask all of them again.
        offered = (message.row_key is None, message.column_key is None)
        if offered != self._offered:
            self._offered = offered
            self.refresh_bindings()

    def cell_came(self) -> None:
        """Tell of the cell; of an empty one all is known."""
        self._rest.drop()
        if self.cell and self.cell[0]:
            self._rest.wish()
        self._tell()

    @property
    def person(self) -> tuple[Person, Header] | None:
        """Whose row or column the cursor stands in."""
        board = self.board
        return None if board is None else board.person(*self.grid.cursor_keys)

    @property
    def machine(self) -> tuple[Machine, Header] | None:
        """Which machine's row or column the cursor stands in."""
        board = self.board
        return None if board is None else board.machine(*self.grid.cursor_keys)

    @property
    def cell(self) -> tuple[int, str] | None:
        """Count and mark under the cursor; None on a header, and while they are not here."""
        row = self.grid.row_at(self.grid.cursor_row)
        return None if row is None or self.grid.cursor_column < 0 else row.at(self.grid.cursor_column)

    @property
    def subject(self) -> tuple[tuple[Person, Header] | None, tuple[Machine, Header] | None]:
        """The person or machine of the row; on a column's name that of the column."""
        row, column = self.grid.cursor_keys
        keys = (row, None) if row is not None else (None, column)
        return (self.board.person(*keys), self.board.machine(*keys)) if self.board else (None, None)

    @property
    def denied(self) -> int:
        """Denied starts of the cell or header under the cursor, as far as is known."""
        person, machine = self.person, self.machine
        if person and machine:
            return self._facts.denied if self._facts else self.cell[0] if self.cell and self.cell[1] == DENIED else 0
        one = person or machine
        return one[0].denied if one else 0

    @property
    def teller(self) -> Teller:
        """Says what is seen."""
        board = self.board
        measure = board.matrix.measure if board else self.state.measure
        return Teller(self.clock, self.context.signs, measure, self.context.accounts)

    @property
    def told(self) -> Sequence[Part]:
        """What is said of the cell or header under the cursor."""
        person, machine = self.person, self.machine
        if person and machine:
            return self.teller.cell(full_label(person[1]), full_label(machine[1]), self.cell, self._facts)
        if person:
            return self.teller.person(person[0])
        if machine:
            return self.teller.machine(machine[0])
        return self.teller.all(self.board.matrix) if self.board else ()

    def _tell(self) -> None:
        self.query_one("#cell", PartsLine).parts = self.told

    def _ask_facts(self) -> None:
        board, person, machine = self.board, self.person, self.machine
        if board is None or person is None or machine is None:
            return
        scope, who, target = board.matrix.scope, person[0].id, machine[0].target
        self._facts_asked = Errand("cell", lambda trail, cancelled: trail.cell(scope, who, target, cancelled))
        self.context.workers.ask(self, self._facts_asked)
