"""A matrix as CSV (RFC 4180): people down, machines across."""

from __future__ import annotations

from typing import TYPE_CHECKING

from queries.errors import Cancelled
from queries.views import DENIED
from tui.formats.csv import field, lines

if TYPE_CHECKING:
    from collections.abc import Iterator
    from threading import Event
    from typing import BinaryIO

    from queries.views import Matrix, MatrixRow

#: Rows in memory at a time.
_PAGE = 200


def write_grid(matrix: Matrix, out: BinaryIO, cancelled: Event) -> None:
    """A header with the machines' ids, a line a person, a line of sums.

    Unknown persons and machines are empty fields; a cell without a row of `pairs` is empty, one of refusals alone is 0.
    Raises Cancelled when `cancelled` is set.
    """
    machines = [field(machine.target) for machine in matrix.machines]
    out.write(lines([["account", "person", "role", *machines, "sum"]]))
    for first in range(0, len(matrix.people), _PAGE):
        if cancelled.is_set():
            raise Cancelled
        out.write(lines(_people(matrix, first, min(first + _PAGE, len(matrix.people)))))
    out.write(lines([["sum", "", "", *(machine.count for machine in matrix.machines), matrix.total]]))


def _people(matrix: Matrix, first: int, last: int) -> Iterator[list[str | int | float]]:
    for number in range(first, last):
        person = matrix.people[number]
        who = [field(text) for text in (person.id.account, person.id.person, person.id.role)]
        yield [*who, *_cells(matrix.row(number), len(matrix.machines)), person.count]


def _cells(row: MatrixRow, columns: int) -> list[str | int | float]:
    cells: list[str | int | float] = [""] * columns
    for column, count, mark in zip(row.columns, row.counts, row.marks, strict=True):
        cells[column] = 0 if mark == DENIED else count
    return cells
