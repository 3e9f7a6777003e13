"""Why an answer is empty, with what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tui.present.coverage import unreadable_summary
from tui.present.words import count, plural

if TYPE_CHECKING:
    from queries.values import Coverage, Question, Totals


@dataclass(frozen=True, slots=True)
class Emptiness:
    """What stands where the rows would be."""

    headline: str
    lines: tuple[str, ...]


def why_empty(
    question: Question, totals: Totals, coverage: Coverage | None, window: str, *, reading: bool
) -> Emptiness:
    """Say which emptiness it is: still reading, filtered away, no data kept, or truly none."""
    what = "sessions" if question.name == "sessions" else "calls"
    if totals.rows_unfiltered:
        there = plural(totals.rows_unfiltered, what[:-1])
        match = "matches" if totals.rows_unfiltered == 1 else "match"
        return Emptiness(
            f"No {what[:-1]} {match if match == 'matches' else 'matches'} the filter.",
            (f"{there} in this window without it.", "Esc takes the last step of the filter back, / changes it."),
        )
    if reading:
        return Emptiness(f"No {what} yet.", ("Files are still being read; what is found appears here.",))
    return _unfiltered(what, coverage, window)


def _unfiltered(what: str, coverage: Coverage | None, window: str) -> Emptiness:
    kept = [day for day in coverage.days if day.state in ("kept", "open")] if coverage else []
    lines = []
    if coverage and coverage.unreadable:
        lines.append(f"{unreadable_summary(coverage)}, so this may not be all: u shows them.")
    absent = len(coverage.days) - len(kept) if coverage else 0
    if not kept:
        headline = f"Nothing is kept for {window}."
        lines += ["No log file has records of these days.", "w picks another window, r looks again."]
        return Emptiness(headline, tuple(lines))
    if absent:
        lines.append(f"{count(absent)} of {plural(len(coverage.days) if coverage else 0, 'day')} have no files.")
    else:
        lines.append(f"All {plural(len(kept), 'day')} were read.")
    lines.append("w picks another window, [ and ] move it.")
    return Emptiness(f"No {what} in {window}.", tuple(lines))
