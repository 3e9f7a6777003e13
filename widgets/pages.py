"""A bounded cache of pages of rows, shared by the table and the matrix."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

#: Rows of a block, unless the widget chooses another size.
BLOCK: Final = 32
#: Blocks that are kept; the least recently wanted is dropped first.
BLOCKS_KEPT: Final = 96

Item = TypeVar("Item")


class PageCache(Generic[Item]):
    """The rows of one answer that have arrived, in blocks, and the pages that were asked for."""

    def __init__(self, token: Hashable, total: int, block: int = BLOCK) -> None:
        self.token = token
        """Names the answer."""
        self.total = total
        """Rows of the whole answer."""
        self._block = block
        self._blocks: dict[int, dict[int, Item]] = {}
        """Rows by block and index; the least recently wanted block first."""
        self._asked: set[int] = set()
        self._complete: set[int] = set()
        self._limits: dict[int, int] = {}
        """Limits of the pages that were asked for, by offset."""

    def row(self, index: int) -> Item | None:
        """Return a row, None if it has not arrived."""
        block = self._blocks.get(index // self._block)
        return None if block is None else block.get(index)

    def index_of(self, matches: Callable[[Item], bool]) -> int | None:
        """Return the index of the first row that has arrived and matches."""
        found = (index for block in sorted(self._blocks) for index, row in self._blocks[block].items() if matches(row))
        return next(found, None)

    def covers(self, first: int, last: int) -> bool:
        """Whether all rows from `first` to `last`, both included, have arrived."""
        return all(block in self._complete for block in self._range(first, last))

    def wanted(self, first: int, last: int, ahead: int) -> list[tuple[int, int]]:
        """Return the pages (offset, limit) to ask for now: those with rows from `first` to `last`, which are visible.

        Once these have arrived, the pages `ahead` rows around them: read at the same time they would delay the
        visible ones. A page is asked for once, and again after it was out of reach.
        """
        near = list(self._range(first, last))
        far = [block for block in self._range(first - ahead, last + ahead) if block not in near]
        self._asked.intersection_update(near + far)
        for block in self._complete.intersection(near + far):
            self._touch(block)
        now = far if self._complete.issuperset(near) else near
        pages: list[tuple[int, int]] = []
        for block in now:
            if block in self._complete or block in self._asked:
                continue
            offset = start = block * self._block
            if pages and sum(pages[-1]) == offset:  # neighbours become one page
                offset, _ = pages.pop()
            pages.append((offset, start + self._size(block) - offset))
        self._limits.update(pages)
        self._asked.update(now)
        self._asked -= self._complete
        return pages

    def is_wanted(self, offset: int) -> bool:
        """Whether a part of the page at this offset was asked for, has not arrived, and would still be visible."""
        return not self._asked.isdisjoint(self._range(offset, offset + self._limits.get(offset, 1) - 1))

    def put(self, offset: int, rows: Sequence[Item]) -> None:
        """Keep rows that have arrived; fewer rows than asked for mean that the answer has no more."""
        for index, row in enumerate(rows, offset):
            self._blocks.setdefault(index // self._block, {})[index] = row
        for block in self._range(offset, offset + max(0, len(rows) - 1)):
            if block in self._asked or len(self._blocks.get(block, ())) >= self._size(block):
                self._complete.add(block)
                self._asked.discard(block)
            self._touch(block)
        while len(self._blocks) > BLOCKS_KEPT:
            oldest = next(iter(self._blocks))
            del self._blocks[oldest]
            self._complete.discard(oldest)

    def forget_asked(self) -> None:
        """Forget which pages were asked for, so that missing ones are asked for again."""
        self._asked.clear()

    def _range(self, first: int, last: int) -> range:
        """Blocks that hold these rows, as far as the answer has them."""
        if self.total == 0:
            return range(0)
        return range(max(0, first) // self._block, min(last, self.total - 1) // self._block + 1)

    def _size(self, block: int) -> int:
        return min(self._block, self.total - block * self._block)

    def _touch(self, block: int) -> None:
        """Mark a block as recently wanted."""
        self._blocks[block] = self._blocks.pop(block, {})
