"""Writing an answer to a file: all of its rows, page by page."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from queries.errors import Cancelled, StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from threading import Event

    from queries.values import Answer, Row

Format: TypeAlias = Literal["csv", "json", "jsonl", "table"]

#: Ending of the name to format; the first of a format is the one that is proposed.
ENDINGS: Final[dict[str, Format]] = {".csv": "csv", ".json": "json", ".jsonl": "jsonl", ".txt": "table"}
#: Rows that are in memory at a time.
_PAGE: Final = 2_000


@dataclass(frozen=True, slots=True)
class ExportOrder:
    """What to write where."""

    path: Path
    format: Format
    columns: tuple[str, ...]
    zone: str = "UTC"
    overwrite: bool = False


def export(answer: Answer, order: ExportOrder, cancelled: Event) -> int:
    """Write the rows and give their number; a file that is there is replaced only where that was agreed.

    The file appears whole or not at all, readable by its owner alone. Raises StoreError, Cancelled.
    """
    beside = order.path.with_name(f".{order.path.name}.{os.getpid()}.part")
    try:
        with open(
            os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8", newline=""
        ) as out:
            write_rows(order, rows_of(answer, order.columns, cancelled), out)
        _publish(beside, order)
    except OSError as error:
        raise StoreError(f"{order.path} was not written: {error.strerror or error}.") from error
    finally:
        beside.unlink(missing_ok=True)
    return answer.totals.rows


def _publish(beside: Path, order: ExportOrder) -> None:
    if order.overwrite:
        beside.replace(order.path)
    else:
        os.link(beside, order.path)


def rows_of(answer: Answer, columns: tuple[str, ...], cancelled: Event) -> Iterator[Row]:
    """All rows of an answer in its order."""
    offset = 0
    while page := answer.page(offset, _PAGE, columns):
        if cancelled.is_set():
            raise Cancelled
        yield from page
        offset += len(page)
