"""The keys of a list: narrow and order it, search without a filter, jump to a time, mark rows, widen a column."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, Final, Protocol

from textual.binding import Binding, BindingType
from textual.containers import Container

from ssmtrail.queries.errors import FilterError, UsageError
from ssmtrail.queries.model import Sort
from ssmtrail.tui.frame.copying import cell_text, row_text
from ssmtrail.tui.frame.finding import Hit, hit_beside, row_at
from ssmtrail.tui.frame.list_columns import headings_of
from ssmtrail.tui.query import Query
from ssmtrail.tui.text import count
from ssmtrail.widgets.text import shorten_middle

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from threading import Event

    from textual.widget import Widget

    from ssmtrail.queries.model import Answer
    from ssmtrail.queries.trail import Trail
    from ssmtrail.tui.context import AppContext
    from ssmtrail.tui.frame.list_export import ListExport
    from ssmtrail.tui.frame.lists_text import ColumnSpec, Display, Record
    from ssmtrail.tui.frame.pane import Host
    from ssmtrail.tui.list_view import ListView
    from ssmtrail.widgets.table import RowsTable


#: Seconds after which a list says anew how long ago times were.
_AGES: Final = 20.0


class Listed(Protocol):
    """The list that the keys are of."""

    host: Host
    context: AppContext
    table: RowsTable

    @property
    def answer(self) -> Answer | None:
        """What is listed."""
        ...

    @property
    def record(self) -> Record | None:
        """The row under the cursor."""
        ...

    @property
    def column(self) -> ColumnSpec | None:
        """The column under the cursor."""
        ...

    @property
    def shown_columns(self) -> list[ColumnSpec]:
        """The columns that are shown."""
        ...

    @property
    def wanted(self) -> ListView:
        """What is listed, or will be once the answer has come."""
        ...

    def look(self, view: ListView) -> None:
        """Ask for another order or filter."""
        ...

    @property
    def marks(self) -> dict[str, Record]:
        """The marked rows by key."""
        ...

    @property
    def export(self) -> ListExport:
        """The rows, to be written to a file."""
        ...

    @property
    def display_style(self) -> Display:
        """How values are written."""
        ...

    def columns(self, display: Display) -> Sequence[ColumnSpec]:
        """The list's own columns."""
        ...

    def choose_columns(self, names: tuple[str, ...]) -> None:
        """Show these columns of the answer; none are those of the list."""
        ...

    def widen(self) -> None:
        """Widen the column under the cursor, or take that back."""
        ...

    def show_again(self) -> None:
        """Show the rows anew."""
        ...


class ListKeys(Container):
    """Holds the table of a list; what is searched for stays until Escape."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f", "keep", "keep", tooltip="Keep only rows with the value under the cursor", id="narrow.keep"),
        Binding(
            "F", "exclude", "exclude", tooltip="Leave out rows with the value under the cursor", id="narrow.exclude"
        ),
        Binding("s", "sort", "sort", tooltip="Sort by the column under the cursor, then turned round", id="look.sort"),
        Binding("S", "reverse", "reverse", show=False, tooltip="Turn the order round", id="look.reverse"),
        Binding("y", "copy_cell", "copy", show=False, tooltip="Copy the value under the cursor", id="take.copy"),
        Binding("Y", "copy_row", "copy row", show=False, tooltip="Copy the row", id="take.copy-row"),
        Binding(
            "n", "search(1)", "search", show=False, id="go.search",
            tooltip="Search for a text without a filter; again: the next row",
        ),
        Binding("N", "search(-1)", "search back", show=False, tooltip="The row before with it", id="go.search-back"),
        Binding(
            "at", "jump", "jump", key_display="@", show=False, id="go.jump",
            tooltip="Jump to a time, where rows are in the order of times",
        ),
        Binding(
            "space", "mark", "mark", show=False, id="take.mark",
            tooltip="Mark the row: marked rows can be exported and copied",
        ),
        Binding(
            "vertical_line", "widen", "widen", key_display="|", show=False, id="look.widen",
            tooltip="Widen the column under the cursor, then as it was; :columns chooses columns",
        ),
    ]  # fmt: skip

    def __init__(self, pane: Listed, *children: Widget) -> None:
        super().__init__(*children, id="list")
        self._pane = pane
        self.text = ""
        """What is searched for; empty for nothing."""

    def on_mount(self) -> None:
        """Let times that say how long ago they were grow older."""
        self.set_interval(_AGES, self._age)

    def _age(self) -> None:
        if self._pane.context.ago and self._pane.answer is not None:
            self._pane.show_again()

    def show_again(self) -> None:
        """Show the rows anew."""
        self._pane.show_again()

    # Filter and order

    def can_keep(self) -> bool | None:
        """Where the value can be filtered for."""
        column = self._pane.column
        return True if self._pane.record and column and column.filter else None

    can_exclude = can_keep

    def action_keep(self) -> None:
        """Narrow to the value under the cursor."""
        self._narrow("keep")

    def action_exclude(self) -> None:
        """Narrow to everything else."""
        self._narrow("exclude")

    def _narrow(self, how: str) -> None:
        column, record, wanted = self._pane.column, self._pane.record, self._pane.wanted
        if column is None or record is None:
            return
        value = record.text("end_evidence") if column.filter == "end" else column.value(record)
        if isinstance(value, tuple) and len(value) < 2:
            value = value[0] if value else None
        if isinstance(value, datetime | tuple):
            self._pane.host.say("Several values are in this cell: Enter lists them apart.")
            return
        narrow = wanted.state.filter.keep if how == "keep" else wanted.state.filter.exclude
        try:
            self._pane.look(wanted.over(wanted.state.narrowed(narrow(column.filter, value))))
        except FilterError as error:
            self._pane.host.say(error.message, "$text-error")

    def can_sort(self) -> bool:
        """Where there are rows."""
        return self._pane.answer is not None

    can_reverse = can_sort

    def action_sort(self) -> None:
        """Sort by the column under the cursor."""
        if self._pane.column is not None:
            self._pane.look(self._pane.wanted.sorted(self._pane.column.sort))

    def action_reverse(self) -> None:
        """Turn the order round."""
        self._pane.look(self._pane.wanted.reversed())

    # Copies

    def can_copy_cell(self) -> bool:
        """Where there is a row."""
        return self._pane.record is not None

    can_copy_row = can_copy_cell

    def action_copy_cell(self) -> None:
        """Copy the value under the cursor, whole."""
        if self._pane.column is not None and self._pane.record is not None:
            self._pane.host.copy(cell_text(self._pane.column, self._pane.record))

    def action_copy_row(self) -> None:
        """Copy the shown columns of the marked rows, else of the row, with tabs between them."""
        if self._pane.record is not None:
            rows = self._pane.marks.values() or [self._pane.record]
            self._pane.host.copy("\n".join(row_text(self._pane.shown_columns, row) for row in rows))

    # Search

    def can_search(self) -> bool | None:
        """Where there are rows."""
        return True if self._pane.answer is not None else None

    def action_search(self, by: int) -> None:
        """Ask for the text, or go to the next or previous row with it."""
        if self.text:
            self._search(by, self._pane.table.cursor_row)
            return
        from ssmtrail.tui.frame.prompt import PromptScreen  # imported late: imports cost start-up time

        def entered(text: str | None) -> None:
            if text:
                self.search(text, by)

        hint = "a part of what a row says, such as db-1; nothing is filtered"
        self._pane.host.dialog(PromptScreen("Search in this list", hint, "Enter goes there", str), entered)

    def search(self, text: str, by: int = 1) -> None:
        """Go to the next row that says this, or to the one before."""
        self.text = text
        row = self._pane.table.cursor_row
        self._search(by, row - 1 if by > 0 else row + 1)  # the row itself may have it

    def _search(self, by: int, row: int) -> None:
        answer, text = self._pane.answer, self.text
        if answer is None:
            return

        def find(trail: Trail, cancelled: Event) -> Hit | None:
            return hit_beside(trail, answer, text, row, by, cancelled)

        self._pane.host.ask(Query("search", find), self._show_hit)

    def _show_hit(self, hit: Hit | None) -> None:
        shown = shorten_middle(self.text, 30)
        if hit is None:
            self.text = ""
            self._pane.host.say(f"no row says {shown}", "$text-warning")
            return
        self._pane.table.cursor_row = hit.row
        self._pane.host.say(
            f"{shown}: {count(hit.number)} of {count(hit.of)}   n next   N before   Esc ends the search"
        )

    # Jump

    def can_jump(self) -> bool | None:
        """Where the rows are in the order of a time."""
        return True if self._about is not None else None

    @property
    def _about(self) -> datetime | None:
        """The time of the row under the cursor, where rows are in the order of times."""
        record, answer = self._pane.record, self._pane.answer
        if record is None or answer is None or not answer.question.sort:
            return None
        return record.time(answer.question.sort[0].column)

    def action_jump(self) -> None:
        """Ask for a time, and go to the last row at or before it."""
        from ssmtrail.tui.frame.prompt import PromptScreen  # as above

        if self._about is None:
            return
        hint = "12:12, 21 Nov, 21 Nov 12:12, tuesday-14:00, yesterday"
        self._pane.host.dialog(PromptScreen("Jump to a time", hint, "Enter goes there", self._moment), self._go_at)

    def jump(self, text: str) -> None:
        """Go to the last row at or before a time. Raises UsageError."""
        self._go_at(self._moment(text))

    def _moment(self, text: str) -> datetime:
        from ssmtrail.tui.typed_moment import typed_moment  # as above

        if not self._pane.table.total:
            raise UsageError("There is no row to jump to.")
        if self._about is None:
            raise UsageError("The rows are not in the order of a time.")
        return typed_moment(text, self._about, self._pane.host.clock.zone)

    def _go_at(self, moment: datetime | None) -> None:
        answer, host = self._pane.answer, self._pane.host
        if moment is None or answer is None:
            return

        def go_to(found: tuple[int, bool]) -> None:
            self._pane.table.cursor_row, is_there = found
            if not answer.question.scope.window.contains(moment):
                host.say(f"{host.clock.exact(moment)} is outside of the window  (w)", "$text-warning")
            elif not is_there:
                host.say(f"no row is at or before {host.clock.exact(moment)}", "$text-warning")

        host.ask(Query("search", lambda _, cancelled: row_at(answer, moment, cancelled)), go_to)

    # Marks

    def can_mark(self) -> bool | None:
        """Where there is a row."""
        return True if self._pane.record is not None else None

    def action_mark(self) -> None:
        """Mark the row, or take its mark off; then one row down."""
        marks, key, record = self._pane.marks, self._pane.table.cursor_key, self._pane.record
        if key is None or record is None:
            return
        if marks.pop(key, None) is None:
            marks[key] = record
        self._pane.table.marked = frozenset(marks)
        self._pane.table.action_move(1)
        hint = "   e exports them   Y copies them   Esc takes the marks off"
        self._pane.host.say(f"{count(len(marks))} marked{hint}" if marks else "nothing marked")

    # Columns

    @property
    def column_names(self) -> Sequence[str]:
        """The names that columns have: the headings of the list, then the fields of the question."""
        from ssmtrail.queries.relations import FIELDS  # imported late: imports cost start-up time

        own = self._pane.columns(self._pane.display_style)
        words = (entry.key for entry in own if entry.column.label)
        return tuple(dict.fromkeys((*words, *FIELDS[self._pane.wanted.name])))

    def choose_columns(self, text: str) -> None:
        """Show the columns that a text names: `+name` adds one, `-name` takes one out. Raises UsageError."""
        words = _split_names(text)
        if words and all(word[:1] in ("+", "-") for word in words):
            changed = dict.fromkeys(entry.source for entry in self._pane.shown_columns if entry.column.label)
            for word in words:
                for name in self._answer_columns([word[1:]]):
                    _ = changed.setdefault(name) if word[0] == "+" else changed.pop(name, None)
            self._pane.choose_columns(tuple(changed))
        else:
            self._pane.choose_columns(self._answer_columns(words))

    def sort_by(self, text: str) -> None:
        """Sort by the columns that a text names; a minus sorts downwards. Raises UsageError."""
        own = self._pane.columns(self._pane.display_style)
        by_source = {entry.source: entry.sort for entry in reversed(own) if entry.column.label}
        keys = []
        for word in _split_names(text):
            [name] = self._answer_columns([word.removeprefix("-")])
            keys.append(Sort(by_source.get(name, name), word[0] == "-"))
        self._pane.look(replace(self._pane.wanted, sort=tuple(keys)))

    def _answer_columns(self, words: Iterable[str]) -> tuple[str, ...]:
        from ssmtrail.tui.column_names import answer_columns  # as above

        own = headings_of(self._pane.columns(self._pane.display_style))
        return answer_columns(self._pane.wanted.name, words, own)

    def export_at_once(self, words: Sequence[str]) -> None:
        """Write the rows in a format, or to a path. Raises UsageError."""
        self._pane.export.at_once(words)

    def can_widen(self) -> bool | None:
        """Where there is a row."""
        return True if self._pane.record is not None else None

    def action_widen(self) -> None:
        """Widen the column, or take that back."""
        self._pane.widen()

    # Escape

    @property
    def holds(self) -> bool:
        """Whether a search is on, or rows are marked."""
        return bool(self.text or self._pane.marks)

    def let_go(self) -> None:
        """End the search; without one take the marks off."""
        self._pane.host.drop("search")
        if self.text:
            self.text = ""
            self._pane.host.say("")
            return
        number = len(self._pane.marks)
        self._pane.marks.clear()
        self._pane.table.marked = frozenset()
        self._pane.host.say(f"took the {'mark' if number == 1 else f'{count(number)} marks'} off")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whether an action can be done now, by its `can_` method."""
        can = getattr(self, f"can_{action}", None)
        return True if can is None else can()


def _split_names(text: str) -> tuple[str, ...]:
    """The names in a text. Raises UsageError for an empty one between commas."""
    from ssmtrail.tui.column_names import split_names  # imported late: imports cost start-up time

    names = split_names(text) if text.strip() else ()
    if not all(name.strip("+-") for name in names):
        raise UsageError(f"{text!r} names no columns; write them like person machine")
    return names
