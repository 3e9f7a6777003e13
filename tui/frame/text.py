"""The words of the frame: source, window, totals, coverage, progress, and why an answer is empty."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from textual.content import Content

from ssmtrail.queries.raw_calls import EXTRACTION_SET
from ssmtrail.tui.text import count, day_name, day_text, dollars, plural, size, ticking
from ssmtrail.widgets.text import cell_width, safe, shorten_middle

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from ssmtrail.queries.errors import TrailError
    from ssmtrail.queries.model import Coverage, DayCoverage, Progress, Scope, Totals
    from ssmtrail.tui.signs import Signs
    from ssmtrail.tui.text import Clock
    from ssmtrail.widgets.table import Cell


def error_text(error: TrailError) -> str:
    """What an error says on a screen, where a window has no names of options; safe."""
    return safe(str(error).replace("--from ", "").replace("--to ", ""))


@dataclass(frozen=True, slots=True)
class Heading:
    """What the header says; all texts are safe."""

    source: str = ""
    window: str = ""
    totals: tuple[str, ...] = ()
    """The most important first; the last ones go first where it is narrow."""
    path: tuple[str, ...] = ()
    """Where the view was opened."""


def totals_texts(totals: Totals | None, measure: str) -> tuple[str, ...]:
    """`1,284 sessions`, `41 identities`, `187 machines`."""
    if totals is None:
        return ()
    first = plural(totals.rows, "call") if measure == "calls" else plural(totals.sessions, "session")
    return (first, plural(totals.people, "identity", "identities"), plural(totals.machines, "machine"))


#: Cells between the parts of the header.
_GAPS: Final = 6
#: Cells to which source and path are shortened before a total goes.
_LEAST_PLACE: Final = 24


def header_line(heading: Heading, width: int, signs: Signs) -> Content:
    """The line in exactly `width` cells: source and path at the left, the window in the middle, totals at the right.

    The name goes first, then the source and the path are shortened, then totals go.
    """
    window = Content(heading.window).cell_length
    places = _places(heading, signs)
    least = min(_LEAST_PLACE, cell_width(places[0]))
    for shown in range(len(heading.totals), -1, -1):
        right = f" {signs.dot} ".join(heading.totals[:shown])
        room = width - window - len(right) - _GAPS
        if room >= least or not shown:
            break
    name = "ssmtrail  " if room >= cell_width(places[0]) + len("ssmtrail  ") else ""
    fitting = [place for place in places if cell_width(place) <= room]
    place = fitting[0] if fitting else shorten_middle(places[-1], max(0, room), signs.ascii_only)
    left = Content.assemble(" ", (name, "bold $accent"), place)
    free = width - left.cell_length - window - len(right) - 1
    before = max(2, free // 2) if right else max(2, free)
    return Content.assemble(left, " " * before, heading.window, " " * max(0, free - before), right, " ")


def _places(heading: Heading, signs: Signs) -> Sequence[str]:
    """Source and path, from whole to short."""
    between = f" {signs.crumb} "
    whole = (heading.source, *heading.path)
    places = [between.join(whole)]
    if len(heading.path) > 1:
        places += [
            between.join((heading.source, signs.more, *heading.path[-2:])),
            between.join((heading.source, signs.more, heading.path[-1])),
        ]
    return places


_STATES = {
    "kept": "read",
    "arriving": "arriving",
    "open": "open, more may come",
    "missing": "no files",
    "failed": "failed",
}


#: What digests prove of a day, after what was read of it.
_PROVED = {
    "proved": "proved whole and unchanged",
    "changed": "log files changed since delivery",
    "missing": "log files are missing",
    "unsigned": "log files in no digest",
    "unproved": "not proved",
}
_ALTERED = frozenset({"changed", "missing", "unsigned"})


def day_label(day: DayCoverage, signs: Signs) -> str:
    """One day of the strip: `Wed 4 Nov 2026 · read · 12 files · 3.1 MB`."""
    parts = [day_name(day.day), _state(day)]
    if day.integrity:
        parts.append(_PROVED[day.integrity])
    if _is_older(day):
        parts.append("no other doors, issued keys or machine names")
    if day.files:
        parts += [plural(day.files, "file"), size(day.bytes)]
    if day.unreadable:
        parts.append(f"{count(day.unreadable)} could not be read")
    return f" {signs.dot} ".join(parts)


def _is_older(day: DayCoverage) -> bool:
    """Whether it was read by a version that looked for fewer records."""
    return day.extraction < EXTRACTION_SET and day.state in ("kept", "open")


def _state(day: DayCoverage) -> str:
    """What is known of a day; the source's own words where it has some."""
    if not day.why or day.state not in ("missing", "failed", "open"):
        return _STATES[day.state]
    return safe(day.why) if day.state == "missing" else f"{day.state}: {safe(day.why)}"


def strip_days(coverage: Coverage, signs: Signs) -> Sequence[tuple[str, str]]:
    """The cells of the strip: label and state."""
    return [(day_label(day, signs), _mark(day)) for day in coverage.days]


def _mark(day: DayCoverage) -> str:
    if day.unreadable:
        return "failed"
    if day.integrity in _ALTERED:
        return "altered"
    if _is_older(day):
        return "older"
    return "proved" if day.integrity == "proved" and day.state in {"kept", "missing"} else day.state


def coverage_summary(coverage: Coverage, today: date) -> str:
    """Beside the strip: `30 days, today still open`; `today` is the UTC day."""
    states = [day.state for day in coverage.days]
    parts = [plural(len(states), "day")] if states else []
    words = [day.integrity for day in coverage.days]
    if "proved" in words:
        parts.append("proved" if words.count("proved") == len(words) else f"{count(words.count('proved'))} proved")
    if altered := sum(word in _ALTERED for word in words):
        parts.append(f"{count(altered)} altered")
    open_days = [day.day for day in coverage.days if day.state == "open"]
    if len(open_days) == 1:
        parts.append(f"{'today' if open_days[0] == today else day_text(open_days[0], year=False)} still open")
    elif open_days:
        parts.append(f"{count(len(open_days))} still open")
    parts += [f"{count(states.count(state))} {state}" for state in ("arriving", "missing", "failed") if state in states]
    return ", ".join(parts)


def unreadable_summary(coverage: Coverage) -> str:
    """`2 files could not be read`; empty when all could."""
    files = len(coverage.unreadable)
    return f"{plural(files, coverage.unit or 'file')} could not be read" if files else ""


def files_summary(coverage: Coverage) -> str:
    """What is to be told of the files before everything else about them; safe."""
    notes = f"{plural(len(coverage.notes), 'odd file')}" if coverage.notes else ""
    sources = plural(len(coverage.parts), "source") if coverage.parts else ""
    return unreadable_summary(coverage) or notes or sources or safe(coverage.others_text)


def provenance(coverage: Coverage | None, clock: Clock, signs: Signs, unit: str = "file") -> str:
    """When the data was read: `read 12:06:40 UTC · 1,204 files, 3.1 GB · 12 files without records`.

    `unit` names what was read. Settings by which answers differ from those of another user are named with a hash.
    """
    if coverage is None:
        return ""
    read = "" if coverage.as_of is None else f"{clock.time(coverage.as_of)} {clock.suffix(coverage.as_of)}"
    parts = [f"read {read}" if read else "nothing read yet"]
    if coverage.files:
        parts.append(f"{plural(coverage.files, coverage.unit or unit)}, {coverage.words or size(coverage.bytes)}")
    if coverage.others:
        parts.append(f"{plural(sum(number for _, number in coverage.others), 'file')} without records")
    return f" {signs.dot} ".join((*parts, *coverage.settings))


def all_days(coverage: Coverage | None) -> str:
    """The days of the events that an unbounded window turned out to have: `25 Oct - 23 Nov 2026`."""
    span = _span(coverage)
    if span is None:
        return "all data"
    first, last = span
    if first == last:
        return day_text(first)
    return f"{day_text(first, year=first.year != last.year)} - {day_text(last)}"


def _span(coverage: Coverage | None) -> tuple[date, date] | None:
    """First and last day of the events; of a source that does not know them, of what was read."""
    if coverage is None or coverage.first_day is None or coverage.last_day is None:
        return None
    return coverage.first_event or coverage.first_day, coverage.last_event or coverage.last_day


def files_facts(coverage: Coverage, signs: Signs, today: date) -> Sequence[tuple[str, Cell]]:
    """Each file with why it could not be read or is odd, the reason first, since names are long; then other kinds.

    Before them what was read of each source, where there are several. `today` is the UTC day.
    """
    facts: list[tuple[str, Cell]] = []
    for label, each in coverage.parts:
        facts += [
            (safe(label), coverage_summary(each, today)),
            ("", (f"{plural(each.files, each.unit or 'file')}", "muted")),
        ]
    for entry in coverage.unreadable:
        kept = f", {plural(entry.records_kept, 'call')} could be read" if entry.records_kept else ""
        facts += [(signs.bad, (safe(entry.why) + kept, "warn")), ("", (safe(entry.file), "muted"))]
    for note in coverage.notes:
        facts += [("odd", (safe(note.text), "warn")), ("", (safe(note.file), "muted"))]
    facts += [(safe(kind), plural(number, "file") + ", no CloudTrail records") for kind, number in coverage.others]
    return facts


_ENDINGS = {"done", "cancelled"}


def running(progress: Progress | None) -> bool:
    """Whether a fetch is under way."""
    return progress is not None and progress.state not in _ENDINGS


#: Cells of a source's label beside its progress.
_LABEL: Final = 32
#: Said beside the progress, the shorter one where it is narrow.
HINTS: Final = ("x cancels, what arrived stays", "x cancels")


def progress_line(progress: Progress, signs: Signs, width: int) -> tuple[str, str]:
    """`reading 120 of 400 files · 34.0 MB of 100 MB · 1,204 calls · 00:12 left` with a hint, as much as fits.

    The first part and the time stay; what is between goes, the last first.
    """
    parts, dot = _parts(progress, signs), f" {signs.dot} "
    while True:
        line = dot.join(parts)
        fitting = [hint for hint in HINTS if len(line) + len(dot) + len(hint) <= width]
        if fitting or len(parts) <= 2:
            return line, dot + fitting[0] if fitting else ""
        del parts[-2]


def _parts(progress: Progress, signs: Signs) -> list[str]:
    if progress.parts:
        each = [f"{shorten_middle(safe(label), _LABEL)}: {_briefly(part, signs)}" for label, part in progress.parts]
        return [*each, plural(progress.calls, "call"), ticking(progress.seconds)]
    if progress.state == "listing":
        found = [f"{plural(progress.files_total, 'file')} so far"] if progress.files_total else []
        return [f"looking for {progress.of}{signs.more}", *found, ticking(progress.seconds)]
    if progress.state == "waiting":
        return [f"another ssmtrail is reading this{signs.more}", ticking(progress.seconds)]
    if progress.state == "joining":
        what = f"{plural(progress.calls, 'call')} into sessions" if progress.calls else "sessions"
        return [f"joining {what}{signs.more}", ticking(progress.seconds)]
    if progress.requests:
        return [
            "event history, free",
            f"{plural(progress.requests, 'request')}, {progress.requests / max(progress.seconds, 1):.0f} a second",
            plural(progress.calls, "call"),
            ticking(progress.seconds) if progress.seconds_left is None else f"{ticking(progress.seconds_left)} left",
        ]
    if progress.days_total:
        return [
            "Athena",
            f"day {count(progress.days_done)} of {count(progress.days_total)}",
            size(progress.bytes_done),
            dollars(progress.price),
            ticking(progress.seconds),
        ]
    return [
        f"reading {count(progress.files_done)} of {plural(progress.files_total, progress.of.removesuffix('s'))}",
        f"{size(progress.bytes_done)} of {size(progress.bytes_total)}",
        plural(progress.calls, "call"),
        ticking(progress.seconds) if progress.seconds_left is None else f"{ticking(progress.seconds_left)} left",
    ]


def _briefly(progress: Progress, signs: Signs) -> str:
    """What one of several sources does: `20 of 40 files`."""
    if progress.state == "listing":
        return f"looking for {progress.of}{signs.more}"
    if progress.state in ("waiting", "joining"):
        return f"{progress.state}{signs.more}"
    if progress.requests:
        return plural(progress.requests, "request")
    if progress.days_total:
        price = dollars(progress.price)
        return f"day {count(progress.days_done)} of {count(progress.days_total)}, {price}"
    return f"{count(progress.files_done)} of {plural(progress.files_total, progress.of.removesuffix('s'))}"


def window_text(scope: Scope, coverage: Coverage | None, clock: Clock, now: datetime, dot: str = "·") -> str:
    """`25 Oct - 23 Nov 2026 · 30 d · UTC`; an unbounded window says what it turned out to cover."""
    window, zone = scope.window, clock.name(window_end(scope, now))
    if window.start is not None or window.end is not None:
        return (window.label(scope.zone).removesuffix(scope.zone) + zone).replace(" · ", f" {dot} ")
    span = _span(coverage)
    days = f"{(span[1] - span[0]).days + 1} d {dot} " if span else ""
    return f"{all_days(coverage)} {dot} {days}{zone}"


def window_end(scope: Scope, now: datetime) -> datetime:
    """The moment whose offset is shown beside the zone: the window's end, else now."""
    return scope.window.end or now
