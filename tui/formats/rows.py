"""The rows that a writer gets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from queries.errors import Cancelled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from threading import Event

    from queries.values import Answer, Row


#: Rows in memory at a time: large enough that finding a page costs little beside reading it.
_PAGE: Final = 20_000


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows to be written, read as often as a writer wants them."""

    columns: tuple[str, ...]
    pages: Callable[[], Iterator[tuple[Row, ...]]]

    @classmethod
    def of(cls, answer: Answer, columns: tuple[str, ...], cancelled: Event, limit: int | None = None) -> Rows:
        """The rows of an answer, page by page; reading them raises Cancelled when `cancelled` is set."""

        def pages() -> Iterator[tuple[Row, ...]]:
            offset, last = 0, answer.totals.rows if limit is None else limit
            while offset < last and (page := answer.page(offset, min(_PAGE, last - offset), columns)):
                if cancelled.is_set():
                    raise Cancelled
                yield page
                offset += len(page)

        return cls(columns, pages)

    def __iter__(self) -> Iterator[Row]:
        for page in self.pages():
            yield from page
