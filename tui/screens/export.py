"""Asking where to write what is shown."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Input, Label, Static

from ssmtrail.tui.exporting import ENDINGS, ExportOrder
from ssmtrail.tui.frame.tick import Tick
from ssmtrail.tui.screens.dialog import Dialog
from ssmtrail.widgets.filter_bar import SafeInput
from ssmtrail.widgets.text import safe

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from ssmtrail.tui.context import AppContext


class ExportScreen(Dialog[ExportOrder]):
    """A path whose ending says the format."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "app.focus_next", "next field", tooltip="To the next field", id="export.next"),
    ]

    def __init__(
        self, context: AppContext, name: str, shown: tuple[str, ...], every: tuple[str, ...], *, grid: str = ""
    ) -> None:
        """`grid` names what may be written as a grid too, people down and machines across; empty where nothing may."""
        super().__init__()
        self._ending = f"-{context.now():%Y%m%dT%H%M%SZ}.csv"
        self._name = name
        self._grid = grid
        self._proposed = f"ssmtrail-{name}{self._ending}"
        self._shown = shown
        self._every = every
        self._agreed: Path | None = None

    def compose(self) -> ComposeResult:
        """The path over what goes into it."""
        with Vertical(classes="dialog"):
            yield Label("Export", classes="title")
            with Horizontal(classes="field"):
                yield Label("to")
                yield SafeInput(self._proposed, id="path", compact=True, select_on_focus=False)
            yield from self._ticks()
            yield Static("", id="wrong", markup=False)
            yield Static("All rows, in this order. .csv .json .jsonl .parquet .txt", classes="hint", markup=False)
            yield Static("Enter writes   Tab next   Esc back", classes="hint", markup=False)

    def _ticks(self) -> ComposeResult:
        ticks = [Tick("every field, not only the columns shown", id="every")] if self._every != self._shown else []
        if self._grid:
            ticks.append(Tick("as a grid, people down and machines across", id="grid"))
        for tick in ticks:
            with Horizontal(classes="field"):
                yield Label("")
                yield tick

    def on_tick_changed(self, message: Tick.Changed) -> None:
        """A grid has another name, as long as the name is the one proposed."""
        message.stop()
        if message.tick.id == "grid":
            path, before = self.query_one("#path", Input), self._proposed
            self._proposed = f"ssmtrail-{self._grid if message.tick.value else self._name}{self._ending}"
            if path.value == before:
                path.value = self._proposed

    def _ticked(self, name: str) -> bool:
        return any(tick.value for tick in self.query(f"#{name}").results(Tick))

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """Take the path when something can be written there."""
        message.stop()
        path = Path(message.value.strip() or self._proposed).expanduser()
        if trouble := self._trouble(path):
            self.query_one("#wrong", Static).update(safe(trouble))
            return
        columns = self._every if self._ticked("every") else self._shown
        self.leave(ExportOrder(path, columns, path == self._agreed, self._ticked("grid")))

    def _trouble(self, path: Path) -> str:
        if path.suffix.lower() not in ENDINGS:
            return f"The name has to end in {', '.join(ENDINGS)}: the ending says the format."
        if self._ticked("grid") and path.suffix.lower() != ".csv":
            return "A grid is written as .csv."
        if not path.parent.is_dir():
            return f"There is no folder {path.parent}."
        if path.is_dir():
            return f"{path} is a folder."
        if path.exists() and path != self._agreed:
            self._agreed = path
            return f"{path.name} is there already. Enter again replaces it."
        return ""
