"""The keys that every list has besides its filter: narrowing, order, window, zone, copies, export."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from queries.columns import FIELDS
from queries.errors import FilterError, UsageError
from tui.bridge import Bridge
from tui.copying import cell_text, row_text
from tui.frame.list_filter import FilteredListScreen
from tui.present.words import plural
from tui.requests import Export
from tui.screens.export import ExportScreen
from tui.screens.window import WindowScreen
from widgets.safe_text import safe

if TYPE_CHECKING:
    from tui.requests import ExportOrder
    from tui.screens.window import Choice
    from widgets.rows_table import RowsTable


class KeyedListScreen(FilteredListScreen):
    """A list that can be narrowed, ordered, moved in time, copied, exported."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f", "keep", "keep", tooltip="Keep only rows with the value under the cursor", id="list.keep"),
        Binding("F", "exclude", "exclude", tooltip="Leave out rows with the value under the cursor", id="list.exclude"),
        Binding("s", "sort", "sort", tooltip="Sort by the column under the cursor, then turned round", id="list.sort"),
        Binding("S", "reverse", "reverse", show=False, tooltip="Turn the order round", id="list.reverse"),
        Binding("w", "window", "window", tooltip="Pick the window of time", id="list.window"),
        Binding("e", "export", "export", tooltip="Write what is shown, all rows, to a file", id="list.export"),
        Binding(
            "left_square_bracket", "shift(-1)", "earlier", key_display="[", show=False,
            tooltip="The window before this one", id="list.earlier",
        ),
        Binding(
            "right_square_bracket", "shift(1)", "later", key_display="]", show=False,
            tooltip="The window after this one", id="list.later",
        ),
        Binding("z", "zone", "zone", show=False, tooltip="Show times in the next zone", id="list.zone"),
        Binding("y", "copy_cell", "copy", show=False, tooltip="Copy the value under the cursor", id="list.copy"),
        Binding("Y", "copy_row", "copy row", show=False, tooltip="Copy the row", id="list.copy-row"),
        Binding(
            "escape", "back", "back", show=False, tooltip="One step of the filter back, then a screen", id="list.back",
        ),
    ]  # fmt: skip

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what makes sense for the row, the column, the window."""
        if action in ("keep", "exclude"):
            # None: the key line passes it over, help still tells of it.
            return True if self.is_mounted and self.record and self.column and self.column.filter else None
        if action in ("copy_cell", "copy_row"):
            return bool(self.is_mounted and self.record)
        if action in ("export", "sort", "reverse"):
            return bool(self.answer and self.answer.totals.rows)
        if action == "shift":
            return True if self.scope.window.start is not None and self.scope.window.end is not None else None
        if action == "zone":
            return True if len(self.desk.zones) > 1 else None
        if action == "back":
            return self.view.filtered or len(self.crumbs) > 1
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
        if isinstance(value, datetime | tuple):
            return
        narrow = self.scope.filter.keep if how == "keep" else self.scope.filter.exclude
        try:
            self.look(self.view.narrowed(narrow(column.filter, value)))
        except FilterError as error:
            self.say(error.message, "$text-error")

    def action_back(self) -> None:
        """One step of the filter back; without one, one screen back."""
        if self.view.filtered:
            self.look(self.view.undone())
        elif len(self.crumbs) > 1:
            self.leave()

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

    # Window

    def action_shift(self, by: int) -> None:
        """The window beside this one."""
        try:
            self.look(self.view.windowed(self.scope.window.shifted(1 if by > 0 else -1, self.scope.zone)))
        except UsageError as error:
            self.say(str(error), "$text-error")

    def action_zone(self) -> None:
        """The next zone."""
        self.look(self.view.zoned(self.desk.next_zone(self.scope.zone)))

    def action_window(self) -> None:
        """Pick a window."""
        self.open(WindowScreen(self.scope, self.desk), self._windowed)

    def _windowed(self, choice: Choice | None) -> None:
        if choice is not None:
            self.look(self.view.windowed(choice.window).zoned(choice.zone))

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
        shown = {column.key for column in self.table.shown_columns}
        columns = tuple(dict.fromkeys(name for entry in self.listed() if entry.key in shown for name in entry.exports))
        name = self.view.question.name
        self.open(ExportScreen(self.desk, name, columns, FIELDS[name]), self._export)

    def on_bridge_answered(self, message: Bridge.Answered) -> None:
        """Say that an export is written; the rest is the list's."""
        if isinstance(message.request, Export) and isinstance(message.result, int):
            self.say(f"wrote {plural(message.result, 'row')} to {message.request.order.path}")

    def _export(self, order: ExportOrder | None) -> None:
        if order is not None and self.answer is not None:
            self.say(f"writing {safe(str(order.path))}")
            self.desk.bridge.ask(self, Export(self.answer, order))
