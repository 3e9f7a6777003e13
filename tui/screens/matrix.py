"""Screen 2: who touched what, people down and machines across."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from ssmtrail.queries import drills
from ssmtrail.queries.errors import FilterError
from ssmtrail.queries.model import Question
from ssmtrail.queries.relations import FIELDS
from ssmtrail.queries.views import DENIED
from ssmtrail.tui.frame.matrix_search import SearchedMatrix
from ssmtrail.tui.matrix_view import MatrixView
from ssmtrail.tui.text import plural, whole
from ssmtrail.tui.view_requests import Errand
from ssmtrail.tui.views.export import ExportScreen, export, export_grid
from ssmtrail.tui.views.matrix_text import ORDERS, full_label
from ssmtrail.tui.workers import QueryWorkers
from ssmtrail.widgets.text import safe

if TYPE_CHECKING:
    from threading import Event

    from ssmtrail.queries.filters import Filter
    from ssmtrail.queries.model import Scope
    from ssmtrail.queries.trail import Trail
    from ssmtrail.tui.context import AppContext
    from ssmtrail.tui.frame.level import Level
    from ssmtrail.tui.view_state import ViewState
    from ssmtrail.tui.views.export import ExportOrder
    from ssmtrail.widgets.matrix import MatrixGrid


class MatrixScreen(SearchedMatrix):
    """Counts of sessions, or of calls; everything under the cursor leads to what is counted."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "order", "sort", tooltip="Most first, by name, last seen first", id="matrix.order"),
        Binding("t", "turn", "turn", tooltip="Machines down and people across, and back", id="matrix.turn"),
        Binding("p", "person", "person", tooltip="Open the page of the person under the cursor", id="matrix.person"),
        Binding("m", "machine", "machine", tooltip="Open the page of the machine", id="matrix.machine"),
        Binding(
            "f", "keep", "keep", show=False, id="matrix.keep",
            tooltip="Keep only the row under the cursor; on a column's name only that column",
        ),
        Binding(
            "F", "exclude", "exclude", show=False, id="matrix.exclude",
            tooltip="Leave out the row under the cursor; on a column's name that column",
        ),
        Binding(
            "D", "denied", "denied", show=False, tooltip="Open the denied starts under the cursor", id="matrix.denied"
        ),
        Binding("e", "export", "export", tooltip="Write all pairs, or the grid, to a file", id="matrix.export"),
        Binding("y", "copy_cell", "copy", show=False, tooltip="Copy the count, the person, the id", id="matrix.copy"),
        Binding("Y", "copy_line", "copy line", show=False, tooltip="Copy what is told below", id="matrix.copy-line"),
    ]  # fmt: skip

    NAME = "matrix"

    def __init__(
        self, context: AppContext, view: MatrixView, crumbs: tuple[str, ...] = (), level: Level | None = None
    ) -> None:
        super().__init__(context, view, crumbs, level)
        self._written: tuple[Errand, ExportOrder] | None = None

    @classmethod
    def over(cls, context: AppContext, state: ViewState, crumbs: tuple[str, ...], level: Level | None) -> MatrixScreen:
        """The matrix of what is in sight."""
        return cls(context, MatrixView(state), crumbs, level)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what makes sense for what is under the cursor."""
        if action in ("order", "turn", "export", "keep", "exclude", "copy_cell", "copy_line"):
            return bool(self.board and self.board.down.headers)
        if action == "person":
            return True if self.person else None
        if action == "machine":
            return True if self.machine else None
        return super().check_action(action, parameters)

    # The view

    def action_order(self) -> None:
        """The next order."""
        self.look(self.view.reordered())
        self.say(ORDERS[self.view.order])

    def action_turn(self) -> None:
        """The other way round."""
        self.look(self.view.transposed())

    # Deeper

    def on_matrix_grid_cell_opened(self, message: MatrixGrid.CellOpened) -> None:
        """Open what the cell counts: its sessions, its calls; its denied starts where there is nothing else."""
        message.stop()
        if self.cell and self.cell[0]:
            self._open_counted(denied=self.cell[1] == DENIED)
        elif self.cell:
            self.say("This cell is empty: there is nothing to open.")

    def on_matrix_grid_row_opened(self, message: MatrixGrid.RowOpened) -> None:
        """Open the page of the row."""
        message.stop()
        self.action_machine() if self.machine else self.action_person()

    def on_matrix_grid_column_opened(self, message: MatrixGrid.ColumnOpened) -> None:
        """Open the page of the column."""
        message.stop()
        self.action_machine() if self.machine else self.action_person()

    def action_person(self) -> None:
        """Open the page of the person."""
        if self.person:
            self.open_person(self.person[0].id, full_label(self.person[1]))

    def action_machine(self) -> None:
        """Open the page of the machine."""
        if self.machine:
            self.open_instance(self.machine[0].target, full_label(self.machine[1]))

    def action_denied(self) -> None:
        """Open the denied starts of the cell, of the person, of the machine."""
        if self.denied:
            self._open_counted(denied=True)
        else:
            self.say("No start was denied here.")

    def _open_counted(self, *, denied: bool) -> None:
        if self.board is None:
            return
        matrix = self.board.matrix
        scope = self._scope_under(matrix.scope)
        crumb = " on ".join(full_label(one[1]) for one in (self.person, self.machine) if one)
        if denied:
            state = self.into(drills.of_denied(scope), "sessions")
            crumb += " denied"
        elif matrix.measure == "calls":
            state = self.into(scope, "calls")
        else:
            state = self.into(drills.of_started(scope), "sessions")
        self.drill("sessions", state, (crumb,))

    def _scope_under(self, scope: Scope) -> Scope:
        if self.person:
            scope = drills.of_person(scope, self.person[0].id)
        return drills.of_machine(scope, self.machine[0].target) if self.machine else scope

    # Narrowing

    def action_keep(self) -> None:
        """Keep one row, or one column."""
        person, machine = self.subject
        if person:
            self._narrow(self.into(drills.of_person(self.scope, person[0].id)).filter)
        elif machine:
            self._narrow(self.into(drills.of_machine(self.scope, machine[0].target)).filter)

    def action_exclude(self) -> None:
        """Leave one row out, or one column; a person in all accounts, for there is no other word for it."""
        person, machine = self.subject
        try:
            if person:
                self._narrow(self.state.filter.exclude("person", person[0].id.person))
            elif machine:
                self._narrow(self.state.filter.exclude("target", machine[0].target))
        except FilterError as error:
            self.refuse(error)

    def _narrow(self, narrowed: Filter) -> None:
        self.see(self.state.narrowed(narrowed))

    # Copies, export

    def action_copy_cell(self) -> None:
        """Copy the count; on a header who or which it is."""
        if self.person and self.machine:
            text = str(self.cell[0]) if self.cell else ""
        elif self.person:
            text = self.person[0].id.person or self.person[0].label
        else:
            text = (self.machine[0].target if self.machine else None) or ""
        self.post_message(self.CopyWanted(safe(text)))

    def action_copy_line(self) -> None:
        """Copy all that is told."""
        self.post_message(self.CopyWanted(whole(self.told)))

    def action_export(self) -> None:
        """Ask where to write it, as pairs or as a grid."""
        self.open(ExportScreen(self.context, "pairs", FIELDS["pairs"], FIELDS["pairs"], grid="matrix"), self._export)

    def _export(self, order: ExportOrder | None) -> None:
        board = self.board
        if order is None or board is None:
            return
        matrix = board.matrix

        def write(trail: Trail, cancelled: Event) -> int:
            if not order.grid:
                return _export_pairs(trail, Question("pairs", matrix.scope, measure=matrix.measure), order, cancelled)
            people_down = matrix
            if matrix.turned:
                people_down = trail.matrix(matrix.scope, cancelled, measure=matrix.measure, order=matrix.order)
            return export_grid(people_down, order, cancelled)

        self.say(f"writing {safe(str(order.path))}")
        self._written = Errand("export", write), order
        self.context.workers.ask(self, self._written[0])

    def on_bridge_answered(self, message: QueryWorkers.Answered) -> None:
        """Say that an export is written."""
        request, order = self._written or (None, None)
        if order is not None and message.request is request and isinstance(message.result, int):
            self.say(f"wrote {plural(message.result, 'row')} to {safe(str(order.path))}")

    def on_bridge_refused(self, message: QueryWorkers.Refused) -> None:
        """Say why an export is not written."""
        if self._written and message.request is self._written[0]:
            self.say(message.sentence, "$text-error")


def _export_pairs(trail: Trail, question: Question, order: ExportOrder, cancelled: Event) -> int:
    answer = trail.ask(question, cancelled)
    try:
        return export(answer, order, cancelled)
    finally:
        answer.close()
