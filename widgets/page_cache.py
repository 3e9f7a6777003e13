"""The rows of one answer, as far as they have arrived."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

#: Rows asked for at a time, where nothing else is said.
BLOCK: Final = 32
#: Blocks that are kept; the least recently wanted goes first.
BLOCKS_KEPT: Final = 96

Item = TypeVar("Item")


class PageCache(Generic[Item]):
    """A bounded cache of blocks of rows, which also knows what it has asked for."""

    def __init__(self, token: Hashable, total: int, block: int = BLOCK) -> None:
        self.token = token
        self.total = total
        self._block = block
        self._blocks: dict[int, dict[int, Item]] = {}
        self._asked: set[int] = set()
        self._here: set[int] = set()
        self._limits: dict[int, int] = {}
        """Of pages that were asked for, by their offsets."""

    def row(self, index: int) -> Item | None:
        """The row, or None while it is not here."""
        block = self._blocks.get(index // self._block)
        return None if block is None else block.get(index)

    def index_of(self, matches: Callable[[Item], bool]) -> int | None:
        """Index of the first row that is here for which something holds; None where there is none."""
        found = (index for block in sorted(self._blocks) for index, row in self._blocks[block].items() if matches(row))
        return next(found, None)

    def covers(self, first: int, last: int) -> bool:
        """Whether all pages with rows from `first` to `last`, both included, have arrived."""
        return all(block in self._here for block in self._range(first, last))

    def wanted(self, first: int, last: int, ahead: int) -> list[tuple[int, int]]:
        """Pages (offset, limit) to ask for now: those with rows from `first` to `last`, which are seen.

        Once these are here, what is `ahead` rows around them: read beside them it would slow them down. A page that
        was asked for is not asked for again, unless it has been out of reach meanwhile.
        """
        near = list(self._range(first, last))
        far = [block for block in self._range(first - ahead, last + ahead) if block not in near]
        self._asked.intersection_update(near + far)
        for block in self._here.intersection(near + far):
            self._touch(block)
        now = far if self._here.issuperset(near) else near
        pages = self._pages(now)
        self._limits.update(pages)
        self._asked.update(now)
        self._asked -= self._here
        return pages

    def _pages(self, blocks: Sequence[int]) -> list[tuple[int, int]]:
        """Those of these blocks that are missing; what lies side by side is one page."""
        pages: list[tuple[int, int]] = []
        for block in blocks:
            if block in self._here or block in self._asked:
                continue
            offset = block * self._block
            if pages and sum(pages[-1]) == offset:
                offset, _ = pages.pop()
            pages.append((offset, block * self._block + self._size(block) - offset))
        return pages

    def is_wanted(self, offset: int) -> bool:
        """Whether something of the page at this offset was asked for, has not arrived, and would still be seen."""
        return not self._asked.isdisjoint(self._range(offset, offset + self._limits.get(offset, 1) - 1))

    def put(self, offset: int, rows: Sequence[Item]) -> None:
        """Keep rows that have arrived; fewer than asked for means that there are no more of them."""
        for index, row in enumerate(rows, offset):
            self._blocks.setdefault(index // self._block, {})[index] = row
        for block in self._range(offset, offset + max(0, len(rows) - 1)):
            if block in self._asked or len(self._blocks.get(block, ())) >= self._size(block):
                self._here.add(block)
                self._asked.discard(block)
            self._touch(block)
        while len(self._blocks) > BLOCKS_KEPT:
            oldest = next(iter(self._blocks))
            del self._blocks[oldest]
            self._here.discard(oldest)

    def _range(self, first: int, last: int) -> range:
        """Blocks that hold the rows, as far as there are such rows."""
        if self.total == 0:
            return range(0)
        return range(max(0, first) // self._block, min(last, self.total - 1) // self._block + 1)

    def _size(self, block: int) -> int:
        return min(self._block, self.total - block * self._block)

    def _touch(self, block: int) -> None:
        """Mark a block as lately wanted."""
        self._blocks[block] = self._blocks.pop(block, {})
