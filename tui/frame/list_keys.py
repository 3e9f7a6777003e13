"""The keys that every list has besides those of its scope: narrowing, order, copies, export."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from ssmtrail.queries.errors import FilterError
from ssmtrail.queries.relations import FIELDS
from ssmtrail.tui.copying import cell_text, row_text
from ssmtrail.tui.frame.list_screen import ListScreen
from ssmtrail.tui.text import plural
from ssmtrail.tui.workers import QueryWorkers
from ssmtrail.widgets.text import safe

if TYPE_CHECKING:
    from ssmtrail.tui.views.export import ExportOrder
    from ssmtrail.widgets.table import RowsTable


class KeyedListScreen(ListScreen):
    """A list that can be narrowed, ordered, copied, exported."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f", "keep", "keep", tooltip="Keep only rows with the value under the cursor", id="list.keep"),
        Binding("F", "exclude", "exclude", tooltip="Leave out rows with the value under the cursor", id="list.exclude"),
        Binding("s", "sort", "sort", tooltip="Sort by the column under the cursor, then turned round", id="list.sort"),
        Binding("S", "reverse", "reverse", show=False, tooltip="Turn the order round", id="list.reverse"),
        Binding("e", "export", "export", tooltip="Write what is shown, all rows, to a file", id="list.export"),
        Binding("y", "copy_cell", "copy", show=False, tooltip="Copy the value under the cursor", id="list.copy"),
        Binding("Y", "copy_row", "copy row", show=False, tooltip="Copy the row", id="list.copy-row"),
    ]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what makes sense for the row, the column, the window."""
        if action in ("keep", "exclude"):
            # None: the key line passes it over, help still tells of it.
            return True if self.is_mounted and self.record and self.column and self.column.filter else None
        if action in ("copy_cell", "copy_row"):
            return bool(self.is_mounted and self.record)
        if action in ("export", "sort", "reverse"):
            return bool(self.answer and self.answer.totals.rows)
        return super().check_action(action, parameters)

    # Narrowing

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
            self.say("Several values stand here: Enter tells them apart.")
            return
        narrow = self.state.filter.keep if how == "keep" else self.state.filter.exclude
        try:
            self.see(self.state.narrowed(narrow(column.filter, value)))
        except FilterError as error:
            self.refuse(error)

    # Order

    def action_sort(self) -> None:
        """Sort by the column under the cursor."""
        if self.column is not None:
            self.look(self.view.sorted(self.column.sort))

    def action_reverse(self) -> None:
        """Turn the order round."""
        self.look(self.view.reversed())

    def on_rows_table_header_pressed(self, message: RowsTable.HeaderPressed) -> None:
        """Sort by the column that was clicked."""
        message.stop()
        sort = next((entry.sort for entry in self.listed() if entry.key == message.column_key), "")
        if sort:
            self.look(self.view.sorted(sort))

    # Copies

    def action_copy_cell(self) -> None:
        """Copy the value under the cursor, whole."""
        if self.column is not None and self.record is not None:
            self.post_message(self.CopyWanted(cell_text(self.column, self.record)))

    def action_copy_row(self) -> None:
        """Copy the shown columns of the row, with tabs between them."""
        if self.record is not None:
            shown = {column.key for column in self.table.shown_columns}
            columns = [entry for entry in self.listed() if entry.key in shown]
            self.post_message(self.CopyWanted(row_text(columns, self.record)))

    def action_export(self) -> None:
        """Ask where to write what is shown."""
        if self.answer is None:
            return
        from ssmtrail.tui.views.export import ExportScreen

        shown = {column.key for column in self.table.shown_columns}
        columns = tuple(dict.fromkeys(name for entry in self.listed() if entry.key in shown for name in entry.exports))
        name = self.view.question.name
        self.open(ExportScreen(self.context, name, columns, FIELDS[name]), self._export)

    def on_bridge_answered(self, message: QueryWorkers.Answered) -> None:
        """Say that an export is written; the rest is the list's."""
        if not isinstance(message.result, int):
            return
        from ssmtrail.tui.export_requests import Export

        if isinstance(message.request, Export):
            self.say(f"wrote {plural(message.result, 'row')} to {message.request.order.path}")

    def _export(self, order: ExportOrder | None) -> None:
        if order is not None and self.answer is not None:
            from ssmtrail.tui.export_requests import Export

            self.say(f"writing {safe(str(order.path))}")
            self.context.workers.ask(self, Export(self.answer, order))
