"""The welcome: chooses a source."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Input, Label, OptionList, Static
from textual.widgets.option_list import Option

from ssmtrail.queries.errors import UsageError
from ssmtrail.tui.choice import SourceChoice
from ssmtrail.tui.frame.keys import Key, KeyLine
from ssmtrail.tui.paths import completed
from ssmtrail.tui.terminal.screen import TerminalScreen
from ssmtrail.widgets.filter_bar import SafeInput
from ssmtrail.widgets.text import safe

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from ssmtrail.queries.config import AthenaSettings

_NOTE = (
    "Athena uses AWS's own credentials and asks before a scan costs more than ${dollars:g}; `ssmtrail athena` has "
    "options for profile, workgroup and results. Event history is free; `ssmtrail history` has options for profiles, "
    "regions and organisations."
)


class WelcomeScreen(TerminalScreen[None]):
    """Offers event history, the demo, a folder of log files and a table in Athena."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "tab", "complete", "complete, next", tooltip="Complete the path, or to the next field", id="welcome.tab"
        ),
        Binding("escape", "back", "back", tooltip="Back to what was open", id="welcome.back"),
    ]

    typing_keys = (Key("tab", "complete"), Key("enter", "open"), Key("esc", "back"))
    """Keys that the key line shows while the path is typed."""

    @dataclass
    class Chosen(Message):
        """A source was chosen."""

        choice: SourceChoice

    def __init__(self, last: SourceChoice, athena: AthenaSettings, *, back: bool = False) -> None:
        """`last` fills the fields, `athena` bounds what a table may cost; `back` where a source was open."""
        super().__init__()
        self._last = last
        self._athena = athena
        self._back = back

    def compose(self) -> ComposeResult:
        """What needs no name, then the fields."""
        with Vertical(id="welcome"):
            yield Static("ssmtrail", classes="title", markup=False)
            yield Static("Who got a shell on which machine, when, from where?", classes="subtitle", markup=False)
            yield OptionList(
                Option("Event history: the last 90 days of the AWS account in use, free", "history"),
                Option("The demo: a made-up organisation, thirty days of it", "demo"),
                markup=False, compact=True,
            )  # fmt: skip
            with Horizontal(classes="field"):
                yield Label("A folder of CloudTrail log files")
                yield SafeInput(
                    self._folder, placeholder="/path/to/AWSLogs   Tab completes, Enter opens", id="folder", compact=True
                )
            with Horizontal(classes="field"):
                yield Label("A CloudTrail table in Athena")
                yield SafeInput(self._table, placeholder="DATABASE.TABLE   Enter opens", id="table", compact=True)
            yield Static("", id="wrong", markup=False)
            yield Static(_NOTE.format(dollars=self._athena.ask_above), classes="hint", markup=False)
        yield KeyLine()

    @property
    def _folder(self) -> str:
        return str(self._last.path) if self._last.kind == "logs" and self._last.path else ""

    @property
    def _table(self) -> str:
        return self._last.athena.address.shown_table if self._last.athena else ""

    def on_mount(self) -> None:
        """Focus the field of the last choice."""
        self.query_one("#folder" if self._folder else "#table" if self._table else "OptionList").focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Back only where a source was open."""
        return self._back if action == "back" else super().check_action(action, parameters)

    def on_option_list_option_selected(self, message: OptionList.OptionSelected) -> None:
        """Open event history, or the demo."""
        message.stop()
        if message.option.id == "history":
            from ssmtrail.queries.sources.history.address import HistoryAddress

            self.post_message(self.Chosen(SourceChoice("history", history=HistoryAddress())))
        else:
            self.post_message(self.Chosen(SourceChoice("demo")))

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """Open the folder, if it exists, or the table."""
        message.stop()
        if message.input.id == "table":
            self._open_table(message.value)
            return
        path = Path(message.value.strip()).expanduser()
        if not message.value.strip() or not path.exists():
            self._refuse(f"There is no folder {path}.")
            return
        self.post_message(self.Chosen(SourceChoice("logs", path.absolute())))

    def _open_table(self, name: str) -> None:
        from ssmtrail.tui.choice import athena_named

        try:
            choice = athena_named(name, self._last.athena, self._athena)
        except UsageError as error:
            self._refuse(str(error))
        else:
            self.post_message(self.Chosen(SourceChoice("athena", athena=choice)))

    def _refuse(self, sentence: str) -> None:
        self.query_one("#wrong", Static).update(safe(sentence))

    def action_complete(self) -> None:
        """Complete the path; if it cannot be completed, go to the next field."""
        field = self.query_one("#folder", Input)
        longer = completed(field.value) if field.has_focus else field.value
        if longer == field.value:
            self.focus_next()
        else:
            field.value = longer
            field.cursor_position = len(longer)

    def action_back(self) -> None:
        """Back to what was open."""
        _ = self.dismiss()
