"""Dividing files into batches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from queries.sources.contract import FileEntry

#: What opening a file costs, in bytes read in the same time.
FILE_COST: Final = 4 << 10
_FIRST: Final = 1 << 20
_LEAST: Final = 2 << 20
_MOST: Final = 16 << 20
_MOST_FILES: Final = 2_000


def weight(entry: FileEntry) -> int:
    """What reading a file costs, in compressed bytes."""
    return entry.size + FILE_COST


def total_weight(entries: Sequence[FileEntry]) -> int:
    """What reading all of them costs."""
    return sum([entry.size for entry in entries]) + FILE_COST * len(entries)


def batches(entries: Sequence[FileEntry], readers: int) -> Iterator[list[FileEntry]]:
    """The files in their order: a small batch first, so that rows come soon; small ones last, to end together."""
    left = total_weight(entries)
    batch: list[FileEntry] = []
    size, most = 0, _FIRST
    for entry in entries:
        batch.append(entry)
        size += weight(entry)
        if size >= most or len(batch) >= _MOST_FILES:
            yield batch
            left -= size
            batch, size = [], 0
            most = min(_MOST, max(_LEAST, left // (2 * readers)))
    if batch:
        yield batch
