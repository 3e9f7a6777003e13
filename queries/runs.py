"""Where the rows of an answer lie side by side in the files, so that no list of them is needed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Stretch:
    """Runs of row ids, in order."""

    runs: tuple[tuple[int, int], ...]
    """First row id and number of rows of each; none is empty."""

    def between(self, first: int, last: int) -> tuple[tuple[int, int], ...]:
        """The runs of the rows `first` to `last`, which is not among them."""
        found = []
        passed = 0
        for row_id, rows in self.runs:
            start, end = max(first - passed, 0), min(last - passed, rows)
            if start < end:
                found.append((row_id + start, end - start))
            passed += rows
        return tuple(found)

    def position(self, wanted: int) -> int | None:
        """Which row of all has this id; None where it is not among them."""
        passed = 0
        for row_id, rows in self.runs:
            if row_id <= wanted < row_id + rows:
                return passed + wanted - row_id
            passed += rows
        return None
