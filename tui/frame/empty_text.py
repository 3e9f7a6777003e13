"""Why an answer is empty, with what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ssmtrail.tui.frame.text import unreadable_summary
from ssmtrail.tui.text import count, noun, plural
from ssmtrail.widgets.text import safe

if TYPE_CHECKING:
    from ssmtrail.queries.model import Coverage, Question, Totals

_NONE: Final = "No file here holds CloudTrail records; every file was looked at, at any depth."


@dataclass(frozen=True, slots=True)
class Emptiness:
    """What is shown in place of rows."""

    headline: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What surrounds an answer, all texts safe."""

    coverage: Coverage | None
    window: str
    """The window in words."""
    reading: bool = False
    """Whether files are still being read."""
    failure: str = ""
    """Why the source could not be read."""
    cancelled: bool = False
    """Whether the user stopped the reading."""
    pays: bool = False
    """Whether reading costs money, so that days may wait to be agreed to."""


def why_empty(question: Question, totals: Totals, around: Circumstances) -> Emptiness:
    """Why there are no rows: filtered away, still reading, a failed source, days not read, or truly none."""
    what = noun(question.name)
    if totals.rows_unfiltered:
        return Emptiness(
            f"No {what} matches the filter.",
            (
                f"{plural(totals.rows_unfiltered, what, noun(question.name, 2))} in this window without it.",
                "Esc takes the last step of the filter back, / changes it.",
            ),
        )
    if around.reading:
        things = "Days are still being fetched" if around.pays else "The rest is still being read"
        return Emptiness(f"No {what} yet.", (f"{things}; what is found appears here.",))
    if around.failure:
        return Emptiness(around.failure, ("r tries again, o opens another source.",))
    return _unfiltered(what, around)


def _unfiltered(what: str, around: Circumstances) -> Emptiness:
    days = around.coverage.days if around.coverage else ()
    read = sum(day.state in ("kept", "open") for day in days)
    if around.pays and not (read and around.coverage and around.coverage.files):
        lines = ["r says what they would cost, w picks another window."]
        return Emptiness(f"No day of {around.window} was read.", tuple(lines))
    if around.cancelled and not read:
        return Emptiness("Cancelled before anything was read.", ("r reads, o opens another source.",))
    if around.coverage is not None and not around.coverage.files:
        return Emptiness(
            "There are no CloudTrail logs here.",
            (_NONE, *_others(around.coverage), "o opens another source, r looks again."),
        )
    if not read:
        lines = ["No log file here has records of these days.", "w picks another window, r looks again."]
        return Emptiness(f"No day of {around.window} was read.", (*_doubts(around), *lines))
    absent = len(days) - read
    gone = "were not read" if around.pays else "have no files"
    lines = [f"{count(absent)} of {plural(len(days), 'day')} {gone}." if absent else _all_read(read)]
    lines.append("w picks another window, [ and ] move it.")
    return Emptiness(f"No {what} in {around.window}.", (*_doubts(around), *lines))


def _all_read(days: int) -> str:
    return "Its one day was read." if days == 1 else f"All {count(days)} days were read."


def _others(coverage: Coverage) -> tuple[str, ...]:
    return (f"{safe(coverage.others_text)}.",) if coverage.others else ()


def _doubts(around: Circumstances) -> tuple[str, ...]:
    summary = unreadable_summary(around.coverage) if around.coverage else ""
    return (f"{summary}, so this may not be all: U shows them.",) if summary else ()
