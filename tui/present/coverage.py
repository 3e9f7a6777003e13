"""What is kept of a window, as the strip, the header and the provenance line say it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.present.times import day_name, day_text
from tui.present.words import count, plural, size
from widgets.safe_text import safe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from queries.values import Coverage, DayCoverage
    from tui.present.signs import Signs
    from tui.present.times import Clock
    from widgets.rows_table import Cell

_STATES = {
    "kept": "kept",
    "arriving": "arriving",
    "open": "open, more may come",
    "missing": "no files",
    "failed": "failed",
}


def day_label(day: DayCoverage, signs: Signs) -> str:
    """One day of the strip: `Wed 4 Nov 2026 · kept · 12 files · 3.1 MB`."""
    parts = [day_name(day.day), _state(day)]
    if day.files:
        parts += [plural(day.files, "file"), size(day.bytes)]
    if day.unreadable:
        parts.append(f"{count(day.unreadable)} could not be read")
    return f" {signs.dot} ".join(parts)


def _state(day: DayCoverage) -> str:
    """What is known of a day; the source's own words where it has some."""
    if not day.why or day.state not in ("missing", "failed", "open"):
        return _STATES[day.state]
    return safe(day.why) if day.state == "missing" else f"{day.state}: {safe(day.why)}"


def strip_days(coverage: Coverage, signs: Signs) -> Sequence[tuple[str, str]]:
    """The cells of the strip: label and state."""
    return [(day_label(day, signs), "failed" if day.unreadable else day.state) for day in coverage.days]


def coverage_summary(coverage: Coverage) -> str:
    """Beside the strip: `29 days kept, 1 open`."""
    states = [day.state for day in coverage.days]
    counts = {state: states.count(state) for state in ("kept", "arriving", "open", "missing", "failed")}
    parts = [f"{plural(counts['kept'], 'day')} kept"] if counts["kept"] else []
    parts += [f"{count(counts[state])} {state}" for state in ("arriving", "open", "missing", "failed") if counts[state]]
    return ", ".join(parts)


def unreadable_summary(coverage: Coverage) -> str:
    """`2 files could not be read`; empty when all could."""
    files = len(coverage.unreadable)
    return f"{plural(files, 'file')} could not be read" if files else ""


def provenance(coverage: Coverage | None, clock: Clock, signs: Signs, unit: str = "file") -> str:
    """Where the view comes from: `kept · as of 12:06:40 UTC · 1,204 files, 3.1 GB`; `unit` says what is kept."""
    if coverage is None:
        return ""
    parts = ["kept"]
    if coverage.as_of is not None:
        parts.append(f"as of {clock.time(coverage.as_of)} {clock.suffix(coverage.as_of)}")
    if coverage.files:
        parts.append(f"{plural(coverage.files, unit)}, {size(coverage.bytes)}")
    return f" {signs.dot} ".join(parts)


def all_days(coverage: Coverage | None) -> str:
    """The stretch that an unbounded window turned out to cover: `25 Oct - 23 Nov 2026`."""
    if coverage is None or coverage.first_day is None or coverage.last_day is None:
        return "all data"
    first, last = coverage.first_day, coverage.last_day
    if first == last:
        return day_text(first)
    return f"{day_text(first, year=first.year != last.year)} - {day_text(last)}"


def unreadable_facts(coverage: Coverage, signs: Signs) -> Sequence[tuple[str, Cell]]:
    """Each file with why it could not be read; the reason first, since names are long."""
    facts: list[tuple[str, Cell]] = []
    for entry in coverage.unreadable:
        kept = f", {plural(entry.records_kept, 'call')} read in spite of it" if entry.records_kept else ""
        facts += [(signs.bad, (safe(entry.why) + kept, "warn")), ("", (safe(entry.file), "muted"))]
    return facts
