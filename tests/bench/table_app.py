"""The same rows in a Textual `DataTable`: what each key sends to the terminal there. `CSV`."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

from textual.app import App, ComposeResult
from textual.widgets import DataTable, Footer, Header

#: What our list shows at 200 columns, from the fields of `ssmtrail query sessions`.
COLUMNS = ("started_at", "end_evidence", "person", "target", "kind", "destination", "source_ip", "reason", "role")


class TableApp(App[None]):
    """Header, rows, footer."""

    def compose(self) -> ComposeResult:
        yield Header()
        yield DataTable[str](cursor_type="row")
        yield Footer()

    def on_mount(self) -> None:
        table = self.query_one(DataTable)
        table.add_columns(*COLUMNS)
        with Path(sys.argv[1]).open(encoding="utf-8", newline="") as file:
            table.add_rows([row[name] for name in COLUMNS] for row in csv.DictReader(file))
        table.focus()


if __name__ == "__main__":
    TableApp().run()
