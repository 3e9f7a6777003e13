"""Picking the window of time, with its zone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from textual.containers import Horizontal, Vertical
from textual.widgets import Input, Label, OptionList, Static
from textual.widgets.option_list import Option

from ssmtrail.queries.errors import UsageError
from ssmtrail.queries.times import Window, zone_name
from ssmtrail.tui.screens.dialog import Dialog
from ssmtrail.widgets.filter_bar import SafeInput
from ssmtrail.widgets.text import safe

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from ssmtrail.queries.model import Scope
    from ssmtrail.tui.context import AppContext

#: What is said, what stands for it as a start.
PRESETS: Final = (
    ("the last 24 hours", "24h"),
    ("the last 7 days", "7d"),
    ("the last 30 days", "30d"),
    ("the last 90 days", "90d"),
    ("all that is kept", ""),
)


@dataclass(frozen=True, slots=True)
class Choice:
    """What was picked."""

    window: Window
    zone: str


class WindowScreen(Dialog[Choice]):
    """Presets, or two moments that are typed."""

    def __init__(self, scope: Scope, context: AppContext) -> None:
        super().__init__()
        self._scope = scope
        self._now = context.now

    def compose(self) -> ComposeResult:
        """The presets over the two moments."""
        with Vertical(classes="dialog"):
            yield Label("Window", classes="title")
            yield OptionList(
                *(Option(text, markup_free) for text, markup_free in _options()), markup=False, compact=True
            )
            for name, hint in (("from", "2026-11-23, 2026-11-23T12:04, 30d, 12h"), ("to", "the same; not part of it")):
                with Horizontal(classes="field"):
                    yield Label(name)
                    yield SafeInput(placeholder=hint, id=name, compact=True, select_on_focus=False)
            with Horizontal(classes="field"):
                yield Label("zone")
                yield SafeInput(self._scope.zone, placeholder="UTC, local, Europe/Berlin", id="zone", compact=True)
            yield Static("", id="wrong", markup=False)
            yield Static("Enter takes it   Tab next   Esc back", classes="hint", markup=False)

    def on_option_list_option_selected(self, message: OptionList.OptionSelected) -> None:
        """Take a preset."""
        message.stop()
        self._take(PRESETS[message.option_index][1], "")

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """Take what is typed."""
        message.stop()
        self._take(self._typed("from"), self._typed("to"))

    def _typed(self, name: str) -> str:
        return self.query_one(f"#{name}", Input).value.strip()

    def _take(self, start: str, end: str) -> None:
        try:
            zone = zone_name(self._typed("zone") or "UTC")
            self.leave(Choice(Window.parse(start or None, end or None, self._now(), zone), zone))
        except UsageError as error:
            self.query_one("#wrong", Static).update(safe(str(error).replace("--from ", "").replace("--to ", "")))


def _options() -> list[tuple[str, str]]:
    return [(text, f"preset-{index}") for index, (text, _) in enumerate(PRESETS)]
