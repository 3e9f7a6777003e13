"""Answers as text for people: tables, CSV (RFC 4180), and the matrix as a CSV grid."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from ssmtrail.queries.errors import Cancelled
from ssmtrail.queries.times import utc_text
from ssmtrail.queries.views import DENIED
from ssmtrail.tui.formats.rows import texts_of
from ssmtrail.widgets.text import cell_width, defuse_cell, safe, shorten_end, shorten_middle

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from threading import Event
    from typing import BinaryIO

    from ssmtrail.queries.model import Row, Value
    from ssmtrail.queries.views import Matrix, MatrixRow
    from ssmtrail.tui.formats.rows import Rows


def time_text(moment: datetime) -> str:
    """ISO 8601, with `Z` in UTC and with the offset in another zone."""
    if moment.tzinfo is None or moment.tzinfo is UTC or str(moment.tzinfo) == "UTC":
        return utc_text(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    return moment.isoformat()


def plain_text(value: Value) -> str:
    """A value as the text of a cell: unknown is empty, several texts are joined by blanks. Not escaped yet."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case datetime():
            return time_text(value)
        case tuple():
            return " ".join(value)
        case _:
            return str(value)


_NUMBERS: Final = frozenset(
    (
        *("resumes", "sessions", "calls", "denied", "failed", "length_seconds", "people", "targets", "source_ips"),
        *("hours", "files", "proved", "changed", "missing", "unsigned", "unproved", "digests"),
    )
)
#: The order in which columns get room in a terminal.
_FIRST: Final = (
    *(
        "day",
        "integrity",
        "file",
        "bucket",
        "event_time",
        "started_at",
        "event_name",
        "door",
        "person",
        "target",
        "target_name",
    ),
    *("people", "targets", "sessions", "calls", "denied", "failed", "kind", "status", "person_evidence"),
    *("error_code", "destination", "source_ip"),
    *("detail", "ended_at", "reason", "role", "first_seen", "last_seen", "account", "region"),
    *("why", "uncovered", "hours"),
)
#: No column is wider than this in a terminal.
_WIDEST: Final = 30
#: Nor is one padded to more than this in a file: one long value would make every other row as long.
_WIDEST_PADDED: Final = 200
#: Cells that a column of texts has at least where later rows may be wider.
_LEAST_GROWING: Final = 12
_GAP: Final = "  "


def write_table(rows: Rows, out: BinaryIO, width: int | None = None) -> tuple[str, ...]:
    """Write a line of names, then a line a row, columns aligned; gives the columns that `width` cells leave out.

    Without a width nothing is cut; a value of more than 200 cells shifts what follows it.
    The rows are read twice, so that they need not be in memory.
    """
    widths = [len(name) for name in rows.columns]
    for row in rows:
        for number, text in enumerate(_texts(row)):
            widths[number] = max(widths[number], min(cell_width(text), _WIDEST_PADDED))
    shown = list(range(len(rows.columns))) if width is None else _fitting(rows.columns, widths, width)
    chosen = [(rows.columns[number], number, widths[number]) for number in shown]
    cut = width is not None
    out.write(_line(chosen, rows.columns, cut=cut))
    for row in rows:
        out.write(_line(chosen, list(_texts(row)), cut=cut))
    return tuple(name for number, name in enumerate(rows.columns) if number not in shown)


@dataclass(slots=True)
class GrowingTable:
    """The same for rows that come one after the other: the first ones say how wide the columns are."""

    columns: tuple[str, ...]
    width: int | None
    """Cells of the terminal; None for a file, where nothing is cut."""
    _chosen: list[tuple[str, int, int]] = field(default_factory=list)

    @property
    def shown(self) -> tuple[str, ...]:
        """The columns that have room; none before the first rows."""
        return tuple(name for name, _, _ in self._chosen)

    def write(self, rows: Sequence[Row], out: BinaryIO) -> None:
        """Write a line a row, before the first ones a line of names."""
        texts = [_texts(row) for row in rows]
        if not self._chosen:
            self._choose(texts)
            out.write(_line(self._chosen, self.columns, cut=self.width is not None))
        out.writelines(_line(self._chosen, line, cut=self.width is not None) for line in texts)

    def _choose(self, texts: Sequence[Sequence[str]]) -> None:
        widths = [max(len(name), 0 if name in _NUMBERS else _LEAST_GROWING) for name in self.columns]
        for line in texts:
            for number, text in enumerate(line):
                widths[number] = max(widths[number], min(cell_width(text), _WIDEST_PADDED))
        shown = range(len(widths)) if self.width is None else sorted(_fitting(self.columns, widths, self.width))
        self._chosen = [(self.columns[number], number, widths[number]) for number in shown]


def _texts(row: Row) -> Sequence[str]:
    return [safe(plain_text(value)) for value in row]


def _fitting(columns: tuple[str, ...], widths: list[int], width: int) -> list[int]:
    """The columns that fit, the most important first; `widths` is narrowed to the widths that they get."""
    room = width + len(_GAP)
    found: list[int] = []
    for number in sorted(range(len(columns)), key=lambda number: _rank(columns[number])):
        widths[number] = min(widths[number], max(_WIDEST, len(columns[number])), width)
        if widths[number] + len(_GAP) > room:
            break
        room -= widths[number] + len(_GAP)
        found.append(number)
    return found


def _rank(name: str) -> int:
    return _FIRST.index(name) if name in _FIRST else len(_FIRST)


def _line(chosen: list[tuple[str, int, int]], texts: Sequence[str], *, cut: bool) -> bytes:
    cells = [_cell(texts[number], width, right=name in _NUMBERS, cut=cut) for name, number, width in chosen]
    return (_GAP.join(cells).rstrip() + "\n").encode()


def _cell(text: str, width: int, *, right: bool, cut: bool) -> str:
    if cut and cell_width(text) > width:
        # Of several words the first ones matter most; identifiers differ at both ends.
        text = shorten_end(text, width) if " " in text else shorten_middle(text, width)
    padding = " " * (width - cell_width(text))
    return padding + text if right else text + padding


def write_csv(rows: Rows, out: BinaryIO) -> None:
    """Write a header, then a line a row; unknown is an empty field, several texts are joined by blanks."""
    out.write(csv_lines([rows.columns]))
    write_csv_rows(rows, out)


def write_csv_rows(rows: Rows, out: BinaryIO) -> None:
    """Write a line a row."""
    out.writelines("\r\n".join(texts_of(piece, _csv_line)).encode() + b"\r\n" for piece in rows.lines("csv"))


def csv_lines(rows: Iterable[Iterable[str | int | float]]) -> bytes:
    """Lines of fields that are escaped already."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def _csv_line(row: Row) -> str:
    return csv_lines([[csv_field(value) for value in row]]).decode().removesuffix("\r\n")


def csv_field(value: Value) -> str | int | float:
    """A value as an escaped field."""
    # Numbers stay numbers: -1 is no formula.
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value
    return plain_text(value) if isinstance(value, datetime) else defuse_cell(plain_text(value))


#: Rows in memory at a time.
_PAGE = 200


def write_grid(matrix: Matrix, out: BinaryIO, cancelled: Event) -> None:
    """Write a header with the machines' ids, a line a person, and a line of sums.

    Unknown persons and machines are empty fields; a pair without calls is empty, a pair with only denied calls is 0.
    Raises Cancelled when `cancelled` is set.
    """
    machines = [csv_field(machine.target) for machine in matrix.machines]
    out.write(csv_lines([["account", "person", "person_kind", "person_id", "role", *machines, "sum"]]))
    for first in range(0, len(matrix.people), _PAGE):
        if cancelled.is_set():
            raise Cancelled
        out.write(csv_lines(_people(matrix, first, min(first + _PAGE, len(matrix.people)))))
    out.write(csv_lines([["sum", "", "", "", "", *(machine.count for machine in matrix.machines), matrix.total]]))


def _people(matrix: Matrix, first: int, last: int) -> Iterator[list[str | int | float]]:
    for number in range(first, last):
        person = matrix.people[number]
        one = person.id
        who = [csv_field(text) for text in (one.account, one.person, one.kind, one.id, one.behind)]
        yield [*who, *_cells(matrix.row(number), len(matrix.machines)), person.count]


def _cells(row: MatrixRow, columns: int) -> list[str | int | float]:
    cells: list[str | int | float] = [""] * columns
    for column, count, mark in zip(row.columns, row.counts, row.marks, strict=True):
        cells[column] = 0 if mark == DENIED else count
    return cells
