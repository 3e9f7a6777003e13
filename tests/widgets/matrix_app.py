"""A small app around a MatrixGrid, fed from a made-up matrix of any size."""

from __future__ import annotations

import sys

from textual.app import App, ComposeResult

from ssmtrail.widgets.matrix import Header, MatrixGrid, grid_rows

GROUPS = ("prod", "stage", "dev")


def made_cell(row: int, column: int) -> tuple[int, str]:
    """Count and mark of a cell; the most used come first."""
    seed = (row * 7919 + column * 104_729) % 997
    if seed % (2 + (row + column) // 2 % 9) or seed % 3:
        return 0, " "
    mark = {0: "d", 1: "t", 2: "f"}.get(seed % 11, " ")
    return 1 + 600 * (seed % 23) // (2 + row + column), mark


def headers(count: int, name: str, grouped: bool = False) -> list[Header]:
    return [
        Header(f"{name}{i}", f"{name}-{i}", 40_000 // (1 + i), GROUPS[i * 3 // count] if grouped else "")
        for i in range(count)
    ]


class MatrixApp(App[None]):
    """Answers pages at once, or holds them back until `deliver`."""

    CSS = "Screen { background: $surface; }"

    def __init__(
        self, rows: int = 2_000, columns: int = 10_000, *, hold: bool = False, ascii_only: bool = False
    ) -> None:
        super().__init__()
        self.matrix = headers(rows, "person."), headers(columns, "web", grouped=True)
        self.hold = hold
        self.ascii_only = ascii_only
        self.wanted: list[MatrixGrid.PageWanted] = []
        self.told: list[object] = []

    def compose(self) -> ComposeResult:
        yield MatrixGrid(ascii_only=self.ascii_only)

    @property
    def grid(self) -> MatrixGrid:
        return self.query_one(MatrixGrid)

    def on_mount(self) -> None:
        self.grid.show("first", *self.matrix, largest=6_901)
        self.grid.focus()

    def on_matrix_grid_page_wanted(self, message: MatrixGrid.PageWanted) -> None:
        self.wanted.append(message)
        if not self.hold:
            self.deliver()

    def deliver(self) -> None:
        for message in self.wanted:
            cells = (
                (row, column, *made_cell(row, column))
                for row in range(message.offset, message.offset + message.limit)
                for column in range(min(300, len(self.matrix[1])))
            )
            rows = grid_rows(message.offset, message.limit, (cell for cell in cells if cell[2]))
            message.grid.put_rows(message.token, message.offset, rows)
        self.wanted.clear()

    def on_matrix_grid_cell_highlighted(self, message: MatrixGrid.CellHighlighted) -> None:
        self.told.append(("highlighted", message.row_key, message.column_key))

    def on_matrix_grid_cell_opened(self, message: MatrixGrid.CellOpened) -> None:
        self.told.append(("opened", message.row_key, message.column_key))

    def on_matrix_grid_row_opened(self, message: MatrixGrid.RowOpened) -> None:
        self.told.append(("row", message.row_key))

    def on_matrix_grid_column_opened(self, message: MatrixGrid.ColumnOpened) -> None:
        self.told.append(("column", message.column_key))


if __name__ == "__main__":
    MatrixApp(*map(int, sys.argv[1:])).run()
