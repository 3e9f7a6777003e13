"""Textual alone: a `DataTable` of 1,000 rows; `p` pushes a screen with nothing but an empty one, escape pops it."""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.screen import Screen
from textual.widgets import DataTable, Footer, Header

_COLUMNS = ("Started", "Length", "Person", "Machine", "Kind", "Destination", "From", "Reason")


class PushedScreen(Screen[None]):
    """An empty table."""

    BINDINGS = [("escape", "app.pop_screen", "Back")]

    def compose(self) -> ComposeResult:
        yield DataTable[str]()


class TextualApp(App[None]):
    """Header, rows, footer."""

    BINDINGS = [("p", "push", "Push")]

    def compose(self) -> ComposeResult:
        yield Header()
        yield DataTable[str](cursor_type="row")
        yield Footer()

    def on_mount(self) -> None:
        table = self.query_one(DataTable)
        table.add_columns(*_COLUMNS)
        table.add_rows(
            (f"23 Nov 12:{row // 60 % 60:02}:{row % 60:02}", "12m", f"person.{row}@example.com", f"web-{row}", "tunnel",
             f"db-{row}.example.internal:5432", f"203.0.113.{row % 256}", f"INC-{row}")
            for row in range(1000)
        )  # fmt: skip
        table.focus()

    async def action_push(self) -> None:
        await self.push_screen(PushedScreen())


if __name__ == "__main__":
    TextualApp().run()
