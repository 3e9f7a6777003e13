"""Writing an answer to a file: whole or not at all."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ssmtrail.queries.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable
    from threading import Event
    from typing import BinaryIO

    from ssmtrail.queries.model import Answer
    from ssmtrail.queries.views import Matrix
    from ssmtrail.tui.format_names import Format

#: Ending of the name to format.
ENDINGS: Final[dict[str, Format]] = {
    ".csv": "csv",
    ".json": "json",
    ".jsonl": "jsonl",
    ".parquet": "parquet",
    ".txt": "table",
}
#: A table in a file need not fit a screen, cells.
_TABLE_WIDTH: Final = 400


@dataclass(frozen=True, slots=True)
class ExportOrder:
    """What to write where."""

    path: Path
    columns: tuple[str, ...]
    overwrite: bool = False
    """Whether somebody agreed that what is there may be replaced."""
    grid: bool = False
    """Whether a matrix is wanted as a grid, people down and machines across."""


def export(answer: Answer, order: ExportOrder, cancelled: Event) -> int:
    """Write all rows of an answer, readable by the owner alone; gives their number.

    The name's ending says the format. Raises Cancelled, StoreError also where a file may not be replaced.
    """
    from ssmtrail.tui.formats import Rows, write_rows  # not before somebody exports: every import costs the start

    form = ENDINGS[order.path.suffix.lower()]
    _written(order, lambda out: write_rows(form, Rows.of(answer, order.columns, cancelled), out, _TABLE_WIDTH))
    return answer.totals.rows


def export_grid(matrix: Matrix, order: ExportOrder, cancelled: Event) -> int:
    """Write a matrix with people down as CSV, in the same manner; gives the number of people."""
    from ssmtrail.tui.formats import write_grid  # as above

    _written(order, lambda out: write_grid(matrix, out, cancelled))
    return len(matrix.people)


def _written(order: ExportOrder, write: Callable[[BinaryIO], object]) -> None:
    try:
        # mkstemp makes files that only their owner can read.
        handle, name = tempfile.mkstemp(prefix=".ssmtrail-", dir=order.path.parent)
        part = Path(name)
        try:
            with os.fdopen(handle, "wb") as out:
                write(out)
            _publish(part, order)
        finally:
            part.unlink(missing_ok=True)
    except FileExistsError as error:
        raise StoreError(f"{order.path} was not written: a file of this name appeared meanwhile.") from error
    except OSError as error:
        raise StoreError(f"{order.path} was not written: {error.strerror or error}.") from error


def _publish(part: Path, order: ExportOrder) -> None:
    if order.overwrite:
        part.replace(order.path)
    else:
        os.link(part, order.path)  # unlike a rename it never replaces
