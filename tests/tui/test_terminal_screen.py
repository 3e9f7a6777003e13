"""What a terminal shows after many partial updates is what Textual would paint whole."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, ClassVar, Final

import pyte
import pytest
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.drivers.headless_driver import HeadlessDriver
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from ssmtrail.tui.terminal.app import TerminalApp
from ssmtrail.widgets.details import Details
from ssmtrail.widgets.table import RowsTable
from tests import calm
from tests.widgets.table_app import COLUMNS, made_row

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.driver import Driver
    from textual.pilot import Pilot

_KEYS: Final = (
    "down",
    "up",
    "pagedown",
    "pageup",
    "G",
    "g",
    "right",
    "d",
    "p",
    "escape",
    "n",
    "i",
    "x",
    "tab",
    "t",
    "s",
)


class TerminalDriver(HeadlessDriver):
    """A driver whose terminal is a `pyte` screen."""

    written: ClassVar[list[str]] = []

    @property
    def is_headless(self) -> bool:
        return False

    def write(self, data: str) -> None:
        self.written.append(data)


class Dialog(ModalScreen[None]):
    CSS = "Dialog { align: center middle; } Dialog Static { width: 30; height: 6; border: round $primary; }"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss")]

    def compose(self) -> ComposeResult:
        yield Static("漢字 and the rest of a dialog, é and more")


class StoryApp(TerminalApp):
    """A table beside details that can be hidden, a text field, dialogs, notifications, themes."""

    CSS = "Details { width: 40; } Details.hidden { display: none; } Input { height: 3; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("d", "details"), Binding("p", "dialog"), Binding("n", "say"), Binding("i", "type"),
        Binding("t", "turn"), Binding("s", "rows"), Binding("escape", "leave"),
    ]  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self.table = RowsTable(COLUMNS)
        self.details = Details()
        self.input = Input()

    def compose(self) -> ComposeResult:
        yield Horizontal(self.table, self.details)
        yield self.input

    def get_driver_class(self) -> type[Driver]:
        return TerminalDriver

    def on_mount(self) -> None:
        self.table.show("first", 300)
        self.table.focus()

    def on_rows_table_page_wanted(self, message: RowsTable.PageWanted) -> None:
        rows = [made_row(index) for index in range(message.offset, message.offset + message.limit)]
        self.table.put_rows(message.token, message.offset, rows)

    def on_rows_table_row_highlighted(self, message: RowsTable.RowHighlighted) -> None:
        self.details.show(message.key, [(f"label {n}", f"漢 value {n} " * (message.index % 7)) for n in range(20)])

    def action_details(self) -> None:
        self.details.toggle_class("hidden")

    def action_dialog(self) -> None:
        _ = self.push_screen(Dialog())

    def action_say(self) -> None:
        self.notify("something was done", timeout=60)

    def action_type(self) -> None:
        self.input.focus()

    def action_leave(self) -> None:
        self.table.focus()

    def action_turn(self) -> None:
        self.theme = "textual-light" if self.theme == "textual-dark" else "textual-dark"

    def action_rows(self) -> None:
        self.table.show(str(self.table.total), 700 - self.table.total)


class Terminal:
    """The terminal of the running app."""

    def __init__(self, app: StoryApp, width: int, height: int) -> None:
        self.app = app
        self.screen = pyte.Screen(width, height)
        self.stream = pyte.Stream(self.screen)

    def shown(self) -> list[str]:
        for data in TerminalDriver.written:
            self.stream.feed(data)
        TerminalDriver.written.clear()
        return list(self.screen.display)

    def painted_whole(self) -> list[str]:
        """What Textual would paint now, whole, on an empty terminal."""
        screen = pyte.Screen(self.screen.columns, self.screen.lines)
        update = self.app.screen._compositor.render_full_update()
        pyte.Stream(screen).feed(update.render_segments(self.app.console))
        return list(screen.display)


async def settled(pilot: Pilot[int]) -> None:
    await calm.settled(pilot.app)
    await pilot.pause()


@pytest.mark.parametrize("seed", range(3))
async def test_the_terminal_shows_what_textual_would_paint_whole(seed: int) -> None:
    TerminalDriver.written.clear()
    choose = random.Random(seed)
    app = StoryApp()
    async with app.run_test(headless=False, size=(100, 24)) as pilot:
        terminal = Terminal(app, 100, 24)
        await settled(pilot)
        for number in range(40):
            key = choose.choice(_KEYS)
            await pilot.press(key)
            await settled(pilot)
            assert terminal.shown() == terminal.painted_whole(), (number, key)
