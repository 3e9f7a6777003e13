"""The emptiest Textual app that still shows a table: what a start costs before it is ours."""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.widgets import DataTable, Footer, Header


class EmptyApp(App[None]):
    """Header, sixty rows, footer."""

    def compose(self) -> ComposeResult:
        yield Header()
        yield DataTable[str]()
        yield Footer()

    def on_mount(self) -> None:
        table = self.query_one(DataTable)
        table.add_columns("Started", "Length", "Person", "Machine", "Kind")
        table.add_rows([f"23 Nov 12:04:{row:02d}", "?", f"person.{row}", f"web-{row}", "shell"] for row in range(60))


if __name__ == "__main__":
    EmptyApp().run()
