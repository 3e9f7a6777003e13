"""Asking where to write what is shown."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Input, Label, Static

from tui.exporting import ENDINGS, ExportOrder
from tui.frame.tick import Tick
from tui.screens.dialog import Dialog
from widgets.safe_input import SafeInput
from widgets.safe_text import safe

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from tui.desk import Desk


class ExportScreen(Dialog[ExportOrder]):
    """A path whose ending says the format."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "app.focus_next", "next field", tooltip="To the next field", id="export.next"),
    ]

    def __init__(self, desk: Desk, name: str, shown: tuple[str, ...], every: tuple[str, ...]) -> None:
        super().__init__()
        self._proposed = f"ssmtrail-{name}-{desk.now():%Y%m%dT%H%M%SZ}.csv"
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
            with Horizontal(classes="field"):
                yield Label("")
                yield Tick("every field, not only the columns shown")
            yield Static("", id="wrong", markup=False)
            yield Static("All rows, in this order. .csv .json .jsonl .parquet .txt", classes="hint", markup=False)
            yield Static("Enter writes   Tab next   Esc back", classes="hint", markup=False)

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """Take the path when something can be written there."""
        message.stop()
        path = Path(message.value.strip() or self._proposed).expanduser()
        if trouble := self._trouble(path):
            self.query_one("#wrong", Static).update(safe(trouble))
            return
        columns = self._every if self.query_one(Tick).value else self._shown
        self.leave(ExportOrder(path, columns, path == self._agreed))

    def _trouble(self, path: Path) -> str:
        if path.suffix.lower() not in ENDINGS:
            return f"The name has to end in {', '.join(ENDINGS)}: the ending says the format."
        if not path.parent.is_dir():
            return f"There is no folder {path.parent}."
        if path.is_dir():
            return f"{path} is a folder."
        if path.exists() and path != self._agreed:
            self._agreed = path
            return f"{path.name} is there already. Enter again replaces it."
        return ""
