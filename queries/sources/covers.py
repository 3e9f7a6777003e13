"""What was read of many files, column by column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, overload

from queries.sources.contract import FileCover

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


@dataclass(frozen=True, slots=True, eq=False)
class Covers(Sequence[FileCover]):
    """Covers that are made only when one is looked at: there are folders of a hundred thousand files."""

    paths: Sequence[str]
    sizes: Sequence[int]
    mtimes: Sequence[int]
    """In nanoseconds."""
    folder_days: Sequence[str]
    """ISO dates, as the next two; empty where unknown."""
    first_days: Sequence[str]
    last_days: Sequence[str]
    calls: Sequence[int]
    unreadable: Mapping[int, str] = field(default_factory=dict)
    """By place, of those that could not be read, wholly or in part."""

    @classmethod
    def of(cls, covers: Iterable[FileCover]) -> Covers:
        """The columns of some covers."""
        if isinstance(covers, Covers):
            return covers
        found = tuple(covers)
        return cls(
            [cover.path for cover in found],
            [cover.size for cover in found],
            [cover.mtime_ns for cover in found],
            [day_text(cover.folder_day) for cover in found],
            [day_text(cover.first_day) for cover in found],
            [day_text(cover.last_day) for cover in found],
            [cover.calls for cover in found],
            {place: cover.unreadable for place, cover in enumerate(found) if cover.unreadable},
        )

    @classmethod
    def joined(cls, parts: Iterable[Sequence[FileCover]]) -> Covers:
        """One behind the other."""
        every = [cls.of(part) for part in parts]
        if len(every) == 1:
            return every[0]
        starts = [0]
        for part in every:
            starts.append(starts[-1] + len(part))
        return cls(
            [path for part in every for path in part.paths],
            [size for part in every for size in part.sizes],
            [mtime for part in every for mtime in part.mtimes],
            [day for part in every for day in part.folder_days],
            [day for part in every for day in part.first_days],
            [day for part in every for day in part.last_days],
            [calls for part in every for calls in part.calls],
            {
                start + place: why
                for start, part in zip(starts, every, strict=False)
                for place, why in part.unreadable.items()
            },
        )

    def __len__(self) -> int:
        return len(self.paths)

    @overload
    def __getitem__(self, place: int) -> FileCover: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[FileCover]: ...
    def __getitem__(self, place: int | slice) -> FileCover | Sequence[FileCover]:
        if isinstance(place, slice):
            return tuple(self._cover(each) for each in range(*place.indices(len(self))))
        return self._cover(range(len(self))[place])

    def __iter__(self) -> Iterator[FileCover]:
        return map(self._cover, range(len(self)))

    def _cover(self, place: int) -> FileCover:
        return FileCover(
            self.paths[place],
            self.sizes[place],
            self.mtimes[place],
            day_of(self.folder_days[place]),
            day_of(self.first_days[place]),
            day_of(self.last_days[place]),
            self.calls[place],
            self.unreadable.get(place, ""),
        )


@lru_cache(maxsize=4096)
def day_text(day: date | None) -> str:
    """A day as a column holds it."""
    return day.isoformat() if day else ""


@lru_cache(maxsize=4096)
def day_of(text: str) -> date | None:
    """The day that a column holds. Raises ValueError."""
    return date.fromisoformat(text) if text else None
