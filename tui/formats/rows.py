"""Rows: the pages of an answer as a writer reads them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar, cast

from ssmtrail.queries.errors import Cancelled
from ssmtrail.queries.relations import COUNTED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from threading import Event

    from ssmtrail.queries.model import Answer, Row, Spelling

_Page = TypeVar("_Page", bound="Sequence[str | Row]")
#: Rows in memory at a time: large enough that finding a page costs little beside reading it.
_PAGE: Final = 20_000
#: Lines in memory at a time; more of them take less time, but hold much more.
_LINES: Final = 20_000
#: The same for counts, which are in memory anyway; the engine makes their lines in parallel.
_COUNTED_LINES: Final = 250_000
#: Lines that are written at once, so that a closed pipe is noticed soon.
_WRITTEN: Final = 1_000


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of an answer; a writer may read them several times."""

    columns: tuple[str, ...]
    pages: Callable[[], Iterator[tuple[Row, ...]]]
    spelled: Callable[[Spelling], Iterator[Sequence[str | Row]]] | None = None
    """Pages of formatted lines, see `Answer.lines`; None if there are only values."""

    @classmethod
    def of(cls, answer: Answer, columns: tuple[str, ...], cancelled: Event, limit: int | None = None) -> Rows:
        """The rows of an answer, page by page; reading them raises Cancelled when `cancelled` is set."""
        last = answer.totals.rows if limit is None else limit
        size = _COUNTED_LINES if answer.question.name in COUNTED else _LINES

        def pages() -> Iterator[tuple[Row, ...]]:
            return _read(partial(answer.page, columns=columns), _PAGE, last, cancelled)

        def spelled(spelling: Spelling) -> Iterator[Sequence[str | Row]]:
            read = partial(answer.lines, columns=columns, spelling=spelling)
            for page in _read(read, size, last, cancelled):
                for first in range(0, len(page), _WRITTEN):
                    if cancelled.is_set():
                        raise Cancelled
                    yield page[first : first + _WRITTEN]

        return cls(columns, pages, spelled)

    def __iter__(self) -> Iterator[Row]:
        for page in self.pages():
            yield from page

    def lines(self, spelling: Spelling) -> Iterator[Sequence[str | Row]]:
        """Pages of formatted lines; a line that the engine cannot format is a row of values."""
        yield from filter(None, self.spelled(spelling) if self.spelled else self.pages())


def texts_of(lines: Sequence[str | Row], write: Callable[[Row], str]) -> Iterable[str]:
    """Lines as texts; `write` formats those that are rows of values."""
    if tuple not in set(map(type, lines)):  # nearly always; a step of Python for each line takes longer than the engine
        return cast("Sequence[str]", lines)
    return (line if isinstance(line, str) else write(line) for line in lines)


def _read(read: Callable[[int, int], _Page], size: int, last: int, cancelled: Event) -> Iterator[_Page]:
    offset = 0
    while offset < last and (page := read(offset, min(size, last - offset))):
        if cancelled.is_set():
            raise Cancelled
        yield page
        offset += len(page)
