"""The export: its dialog, and writing an answer to a file completely or not at all."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget
from textual.widgets import Label, Static
from textual.widgets.input import Selection

from ssmtrail.queries.errors import StoreError, UsageError
from ssmtrail.tui.frame.dialogs import Dialog
from ssmtrail.tui.frame.hints import Hints
from ssmtrail.tui.paths import typed_path
from ssmtrail.tui.text import plural
from ssmtrail.widgets.filter_bar import SafeInput
from ssmtrail.widgets.text import safe

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import datetime
    from threading import Event
    from typing import BinaryIO

    from textual import events
    from textual.app import ComposeResult
    from textual.widgets import Input

    from ssmtrail.queries.model import Answer, Question
    from ssmtrail.queries.trail import Trail
    from ssmtrail.queries.views import Matrix
    from ssmtrail.tui.context import AppContext
    from ssmtrail.tui.formats import Format

#: Format by the ending of the file's name.
ENDINGS: Final[dict[str, Format]] = {
    ".csv": "csv",
    ".json": "json",
    ".jsonl": "jsonl",
    ".parquet": "parquet",
    ".txt": "table",
}
#: Width of a table in a file, cells: a file need not fit a screen.
_TABLE_WIDTH: Final = 400


@dataclass(frozen=True, slots=True)
class ExportOrder:
    """What to write where."""

    path: Path
    columns: tuple[str, ...]
    overwrite: bool = False
    """Whether the user agreed to replace an existing file."""
    marked: bool = False
    """Whether to write the marked rows alone."""
    grid: bool = False
    """Whether to write a matrix as a grid, people down and machines across."""


def export(answer: Answer, order: ExportOrder, cancelled: Event) -> int:
    """Write all rows of an answer, readable by the owner alone; returns their number.

    The name's ending decides the format. Raises Cancelled; StoreError also where a file may not be replaced.
    """
    from ssmtrail.tui.formats import write_rows  # imported late: imports cost start-up time
    from ssmtrail.tui.formats.rows import Rows

    form = ENDINGS[order.path.suffix.lower()]
    rows = Rows.of(answer, order.columns, cancelled)
    write_whole(order.path, lambda out: write_rows(form, rows, out, _TABLE_WIDTH), overwrite=order.overwrite)
    return answer.totals.rows


def export_question(trail: Trail, question: Question, order: ExportOrder, cancelled: Event) -> int:
    """Ask a question and write all its rows, see `export`."""
    answer = trail.ask(question, cancelled)
    try:
        return export(answer, order, cancelled)
    finally:
        answer.close()


def export_grid(matrix: Matrix, order: ExportOrder, cancelled: Event) -> int:
    """Write a matrix with people down as CSV, see `export`; returns the number of people."""
    from ssmtrail.tui.formats.text import write_grid  # as above

    write_whole(order.path, lambda out: write_grid(matrix, out, cancelled), overwrite=order.overwrite)
    return len(matrix.people)


def write_whole(path: Path, write: Callable[[BinaryIO], object], *, overwrite: bool) -> None:
    """Write a file for its owner alone, completely or not at all. Raises StoreError, and what `write` raises."""
    try:
        # mkstemp makes files that only their owner can read.
        handle, name = tempfile.mkstemp(prefix=".ssmtrail-", dir=path.parent)
        part = Path(name)
        try:
            with os.fdopen(handle, "wb") as out:
                write(out)
            if overwrite:
                part.replace(path)
            else:
                os.link(part, path)  # unlike a rename it never replaces
        finally:
            part.unlink(missing_ok=True)
    except FileExistsError as error:
        raise StoreError(f"{path} was not written: a file of this name appeared meanwhile.") from error
    except OSError as error:
        raise StoreError(f"{path} was not written: {error.strerror or error}.") from error


def proposed_name(name: str, now: datetime, ending: str = ".csv") -> str:
    """`ssmtrail-sessions-20261123T120000Z.csv`."""
    return f"ssmtrail-{name}-{now:%Y%m%dT%H%M%SZ}{ending}"


def trouble_with(path: Path, endings: Collection[str] = ENDINGS) -> str:
    """Why no file of this name can be written; empty if one can."""
    if path.suffix.lower() not in endings:
        return f"The name has to end in {', '.join(endings)}: the ending decides the format."
    if not path.parent.is_dir():
        return f"There is no folder {path.parent}."
    return f"{path} is a folder." if path.is_dir() else ""


class Tick(Widget, can_focus=True):
    """A check box that reads the same without colours: `[ ] words`, `[x] words`."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "tick", "tick", tooltip="Tick or untick", id="tick.tick"),
    ]
    DEFAULT_CSS = """
    Tick { height: 1; width: auto; }
    Tick:focus { color: $text-accent; text-style: bold; }
    """

    @dataclass
    class Changed(Message):
        """The box was ticked or unticked."""

        tick: Tick

        @property
        def control(self) -> Tick:
            """The box."""
            return self.tick

    @dataclass
    class Typed(Message):
        """A character was typed that means nothing to a box."""

        character: str

    value: reactive[bool] = reactive(False)
    """Whether it is ticked."""

    def __init__(self, words: str, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._words = words

    def render(self) -> Content:
        """The box with its words."""
        return Content(f"[{'x' if self.value else ' '}] {self._words}")

    def on_key(self, event: events.Key) -> None:
        """Post a character that is typed here."""
        if event.is_printable and event.character and event.key != "space":
            event.stop()
            self.post_message(self.Typed(event.character))

    def action_tick(self) -> None:
        """Tick or untick."""
        self.value = not self.value
        self.post_message(self.Changed(self))

    def on_click(self, event: events.Click) -> None:
        """Tick or untick."""
        event.stop()
        self.action_tick()


class ExportScreen(Dialog[ExportOrder]):
    """Asks for a path, whose ending decides the format, and for the columns: by default every field of the question.

    Enter writes wherever the keys are, Space ticks a box, other characters go into the path.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "write", "write", tooltip="Write the file", id="take.export-write"),
        Binding("tab", "app.focus_next", "next field", tooltip="To the next field", id="go.export-next"),
    ]

    def __init__(
        self,
        context: AppContext,
        name: str,
        shown: tuple[str, ...],
        every: tuple[str, ...],
        *,
        grid: str = "",
        marked: int = 0,
        proposed: str = "",
        hint: str = "All rows, in this order. .csv .json .jsonl .parquet .txt",
        trouble: Callable[[Path], str] = trouble_with,
    ) -> None:
        """`shown` and `every` are column names; `grid` names a matrix that may be written as a grid too, else empty.

        `marked` is the number of marked rows. `proposed` is a name for the file, else one is made of `name` and the
        time. `trouble` gives why a path cannot be written, empty where it can.
        """
        super().__init__()
        self._now = context.now()
        self._view_name = name
        self._grid = grid
        self._marked = marked
        self._proposed = proposed or proposed_name(name, self._now)
        self._hint = hint
        self._trouble_with = trouble
        self._shown = shown
        self._every = every
        self._agreed: Path | None = None
        self._path = SafeInput(self._proposed, id="path", compact=True, select_on_focus=False)

    def compose(self) -> ComposeResult:
        """The path above the boxes."""
        ticks = self._ticks()
        with Vertical(classes="dialog"):
            yield Label("Export", classes="title")
            with Horizontal(classes="field"):
                yield Label("to")
                yield self._path
            for tick in ticks:
                with Horizontal(classes="field"):
                    yield Label("")
                    yield tick
            yield Static("", id="wrong", markup=False)
            yield Static(self._hint, classes="hint", markup=False)
            yield Hints("Enter writes", *(("Tab next", "Space ticks") if ticks else ()), "Esc back")

    def on_mount(self) -> None:
        """Select the proposed name: typing replaces it."""
        self._path.selection = Selection(0, len(self._proposed))

    def on_tick_typed(self, message: Tick.Typed) -> None:
        """Put a character that is typed on a box at the end of the path."""
        message.stop()
        self._path.cursor_position = len(self._path.value)
        self.set_focus(self._path)
        self._path.insert_text_at_cursor(message.character)

    def _ticks(self) -> list[Tick]:
        shown = f"only the {len(self._shown)} columns shown, not all {len(self._every)} fields"
        ticks = [Tick(shown, id="shown")] if self._every != self._shown else []
        if self._marked:
            only = Tick(f"only the {plural(self._marked, 'marked row', 'marked rows')}", id="marked")
            only.value = True
            ticks.insert(0, only)
        if self._grid:
            ticks.append(Tick("as a grid, people down and machines across", id="grid"))
        return ticks

    def on_tick_changed(self, message: Tick.Changed) -> None:
        """Propose another name for a grid, unless the user typed a name."""
        message.stop()
        if message.tick.id == "grid":
            path, before = self._path, self._proposed
            self._proposed = proposed_name(self._grid if message.tick.value else self._view_name, self._now)
            if path.value == before:
                path.value = self._proposed

    def _ticked(self, name: str) -> bool:
        return any(tick.value for tick in self.query(f"#{name}").results(Tick))

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """Enter in the path writes."""
        message.stop()
        self.action_write()

    def action_write(self) -> None:
        """Close with the order if the path can be written."""
        try:
            path = typed_path(self._path.value.strip() or self._proposed)
            trouble = self._trouble(path)
        except UsageError as error:
            trouble = str(error)
        if trouble:
            self.query_one("#wrong", Static).update(safe(trouble))
            return
        columns = self._shown if self._ticked("shown") else self._every
        self.leave(ExportOrder(path, columns, path == self._agreed, self._ticked("marked"), self._ticked("grid")))

    def _trouble(self, path: Path) -> str:
        """Why the path cannot be written; empty if it can."""
        if trouble := self._trouble_with(path):
            return trouble
        if self._ticked("grid") and path.suffix.lower() != ".csv":
            return "A grid is written as .csv."
        if path.exists() and path != self._agreed:
            self._agreed = path
            return f"{path.name} exists already. Enter again replaces it."
        return ""
