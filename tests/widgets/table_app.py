"""A small app around a RowsTable, fed from a made-up answer of any size."""

from __future__ import annotations

from textual import events
from textual.app import App, ComposeResult

from ssmtrail.widgets.table import Column, RowsTable, TableRow

COLUMNS = (
    Column("started", "Started", 15),
    Column("length", "Length", 8, right=True),
    Column("person", "Person", 12, flex=2, max_width=30),
    Column("machine", "Machine", 12, flex=2, shorten="middle", max_width=30),
    Column("environment", "Env", 6, priority=3),
    Column("kind", "Kind", 9),
    Column("destination", "Destination", 16, flex=2, priority=2),
    Column("from", "From", 15, priority=1),
)


def made_row(index: int, answer: str = "") -> TableRow:
    denied = index % 7 == 3
    return TableRow(
        f"{answer}{index}",
        {
            "started": f"23 Nov {index // 3600 % 24:02}:{index // 60 % 60:02}:{index % 60:02}",
            "length": ("denied", "bad") if denied else ("≥ 2h14m", "warn") if index % 5 == 1 else "14m03",
            "person": f"{answer}person.{index}",
            "machine": f"web-{index % 9}  i-0{index:016x}",
            "environment": "prod",
            "kind": ("?" if denied else "› shell"),
            "destination": "orders.rds:5432" if index % 4 == 0 else "",
            "from": (f"203.0.113.{index % 250}", "muted"),
        },
        ("✗", "bad") if denied else "",
    )


class TableApp(App[None]):
    """Answers pages at once, or holds them back until `deliver`."""

    CSS = "Screen { background: $surface; }"

    def __init__(self, total: int = 1_000_000, hold: bool = False, ascii_only: bool = False) -> None:
        super().__init__()
        self.total = total
        self.hold = hold
        self.ascii_only = ascii_only
        self.wanted: list[RowsTable.PageWanted] = []
        self.told: list[object] = []

    def compose(self) -> ComposeResult:
        yield RowsTable(COLUMNS, ascii_only=self.ascii_only)

    @property
    def table(self) -> RowsTable:
        return self.query_one(RowsTable)

    def on_mount(self) -> None:
        self.table.show("", self.total)
        self.table.focus()

    def on_key(self, event: events.Key) -> None:
        if event.character in {"X", "Y"}:
            self.table.show(event.character, self.total if event.character == "X" else self.total // 2)

    def on_rows_table_page_wanted(self, message: RowsTable.PageWanted) -> None:
        self.wanted.append(message)
        if not self.hold:
            self.deliver()

    def deliver(self) -> None:
        for message in self.wanted:
            rows = [made_row(i, str(message.token)) for i in range(message.offset, message.offset + message.limit)]
            message.table.put_rows(message.token, message.offset, rows)
        self.wanted.clear()

    def on_rows_table_row_highlighted(self, message: RowsTable.RowHighlighted) -> None:
        self.told.append(("highlighted", message.index, message.key, message.column_key))

    def on_rows_table_row_opened(self, message: RowsTable.RowOpened) -> None:
        self.told.append(("opened", message.index, message.key, message.column_key))

    def on_rows_table_header_pressed(self, message: RowsTable.HeaderPressed) -> None:
        self.told.append(("header", message.column_key))


if __name__ == "__main__":
    TableApp().run()
