"""Texts of usage: title, axis, the description of a bar and of an hour, people and machines with most."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Literal

from textual.content import Content

from ssmtrail.queries.drills import of_denied, of_failed
from ssmtrail.queries.times import MONTHS, day_text, local, offset_text
from ssmtrail.queries.views import Series as Part
from ssmtrail.tui.text import WEEKDAYS, count, plural
from ssmtrail.widgets.histogram import Histogram, Series
from ssmtrail.widgets.text import cell_width, safe, shorten_end

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from ssmtrail.queries.model import Scope
    from ssmtrail.queries.times import Unit, Window
    from ssmtrail.queries.views import Breakdown, Heat, Usage
    from ssmtrail.tui.signs import Signs

_EACH: Final[dict[Unit, str]] = {"hour": "an hour", "day": "a day", "week": "a week", "month": "a month"}
_BY: Final[dict[Breakdown, str]] = {
    "none": "", "kind": " by kind", "person": " by person", "account": " by account", "instance": " by machine",
    "call": " by call", "personkind": " by kind of person",
}  # fmt: skip
#: Up to this many days each day is named on the axis; up to the next number each Monday; then each month.
_FEW_DAYS: Final = 10
_MANY_DAYS: Final = 92
#: Width from which people and machines are side by side, cells.
_SIDE_BY_SIDE: Final = 56


#: Keys of the parts that no total has: refused calls, by why.
REFUSED: Final[dict[str | None, Literal["denied", "failed"]]] = {"!denied": "denied", "!failed": "failed"}


def with_refused(usage: Usage) -> Usage:
    """The bars with their denied and failed calls as parts; empty parts give way to them."""
    refused = [
        Part(key, word, numbers)
        for (key, word), numbers in zip(REFUSED.items(), (usage.denied, usage.failed), strict=True)
        if any(numbers)
    ]
    if not refused:
        return usage
    return replace(usage, series=(*(part for part in usage.series if part.total), *refused))


def refused(scope: Scope, key: str) -> Scope:
    """What a part of refused calls counts."""
    return (of_denied if REFUSED[key] == "denied" else of_failed)(scope)


def title(usage: Usage) -> str:
    """`Sessions a day by kind`."""
    return f"{usage.measure.capitalize()} {_EACH[usage.unit]}{_BY[usage.breakdown]}"


def title_line(usage: Usage, width: int, signs: Signs) -> Content:
    """The title; at the right the period before, and the denied and failed calls, which no total contains."""
    left = Content.assemble(" ", (title(usage), "bold"))
    parts: list[Content] = []
    refused = ((usage.failed, "failed"), (usage.denied, "denied"))
    parts += [Content.styled(f"{signs.bad} {count(sum(n))} {word}", "$text-error") for n, word in refused if any(n)]
    if known := [size for size in usage.before if size is not None]:
        unsure = f"{signs.at_least} " if len(known) < len(usage.before) else ""
        ghost = "-" if signs.ascii_only else "┄"
        text = f"{ghost} {before_label(usage.scope.window, usage.scope.zone)} {unsure}{count(sum(known))}"
        parts.insert(0, Content.styled(text, "$text-muted"))
    while parts:
        right = Content("   ").join(parts)
        room = width - left.cell_length - right.cell_length - 1
        if room > 1:
            return Content.assemble(left, " " * room, right, " ")
        parts.pop(0)
    return left


def before_label(window: Window, zone: str) -> str:
    """The period before in words: `the 30 days before`."""
    if window.start is None or window.end is None:
        return "the period before"
    start, end = local(window.start, zone), local(window.end, zone)
    if (start.hour, start.minute, start.second, end.hour, end.minute, end.second) != (0,) * 6:
        return "the period before"
    months = (end.year - start.year) * 12 + end.month - start.month
    if start.day == end.day == 1 and months > 0:
        return "the month before" if months == 1 else f"the {months} months before"
    days = (end.date() - start.date()).days
    return "the day before" if days == 1 else f"the {days} days before"


def histogram(usage: Usage, accounts: Mapping[str, str]) -> Histogram:
    """The bars with the names of their axis, parts with their totals, the period before as a ghost."""
    ghost = tuple(size or 0 for size in usage.before) if any(usage.before) else ()
    return Histogram(
        _axis(usage),
        [_drawn(usage, label, part) for label, part in zip(part_labels(usage, accounts), usage.series, strict=True)],
        ghost,
    )  # fmt: skip


def _drawn(usage: Usage, label: str, part: Part) -> Series:
    """A part of the bars with its total; the totals of refused calls are in the title."""
    if part.key in REFUSED:
        return Series(label, part.counts, part=REFUSED[part.key])
    return Series(f"{label or usage.measure} {count(part.total)}", part.counts)


def part_labels(usage: Usage, accounts: Mapping[str, str]) -> Sequence[str]:
    """Names of the parts, safe; accounts by their names in the settings, people without the one domain of all."""
    named = accounts if usage.breakdown == "account" else {}
    labels = [safe(named.get(part.label, part.label)) for part in usage.series]
    domains = {label.partition("@")[2] for label in labels} - {""}
    if usage.breakdown != "person" or len(domains) != 1:
        return labels
    return [label.removesuffix(f"@{domain}") or label for domain in domains for label in labels]


def _axis(usage: Usage) -> list[str]:
    buckets = usage.buckets
    match usage.unit:
        case "hour":
            every = 6 if len(buckets) <= 24 * 4 else 24
            return [_hour_label(begin) if begin.hour % every == 0 else "" for begin in buckets]
        case "day" if len(buckets) <= _FEW_DAYS:
            return [day_text(begin) for begin in buckets]
        case "day" if len(buckets) <= _MANY_DAYS:
            return [day_text(begin) if begin.weekday() == 0 else "" for begin in buckets]
        case "month":
            return [_month_label(begin) for begin in buckets]
        case _:
            months = [(begin.year, begin.month) for begin in buckets]
            return [
                "" if place and month == months[place - 1] else _month_label(begin)
                for place, (begin, month) in enumerate(zip(buckets, months, strict=True))
            ]


def _hour_label(begin: datetime) -> str:
    return f"{begin:%H}:00" if begin.hour else day_text(begin)


def _month_label(begin: datetime) -> str:
    return str(begin.year) if begin.month == 1 else MONTHS[begin.month - 1]


def bar_name(usage: Usage, bar: int) -> str:
    """The time of a bar: `Wed 4 Nov`, `Wed 4 Nov 09:00`, `2 - 8 Nov`, `Nov 2026`."""
    begin = usage.buckets[bar]
    day = f"{WEEKDAYS[begin.weekday()]} {day_text(begin)}"
    match usage.unit:
        case "hour":
            # The second of the two equal hours when clocks go back.
            again = f" {offset_text(begin, usage.scope.zone)}" if begin.fold else ""
            return f"{day} {begin:%H:%M}{again}"
        case "day":
            return day
        case "week":
            last = begin + timedelta(days=6)
            first = f"{begin.day}" if begin.month == last.month else day_text(begin)
            return f"{first} - {day_text(last)}"
        case _:
            return f"{MONTHS[begin.month - 1]} {begin.year}"


def bar_line(
    usage: Usage, bar: int, picked: int | None, labels: Sequence[str], width: int, signs: Signs
) -> str:  # fmt: skip
    """Description of a bar, or of its picked part, in `width` cells; the names of parts are cut first."""
    one = usage.measure[:-1]
    total = plural(usage.totals[bar], one)
    head = f"{bar_name(usage, bar)}: {total}"
    if picked is not None:
        part, label = usage.series[picked], labels[picked] or "all"
        of = "" if part.key in REFUSED else f" of {total}"
        head = f"{bar_name(usage, bar)}, {label}: {count(part.counts[bar])}{of}"
    tail = _tail(usage, bar)
    parts = [] if picked is not None or usage.breakdown == "none" else _parts_texts(usage, bar, labels)
    room = width - cell_width(head) - cell_width(tail)
    return head + _fitting(parts, room, signs) + tail


def _tail(usage: Usage, bar: int) -> str:
    refused = ((usage.denied, "denied"), (usage.failed, "failed"))
    tail = "".join(f"; {count(n[bar])} {word}" for n, word in refused if n and n[bar])
    before = usage.before[bar] if usage.before else None
    return tail + (f"; {count(before)} the period before" if before is not None else "")


def _parts_texts(usage: Usage, bar: int, labels: Sequence[str]) -> list[str]:
    """The parts that are not empty, largest first, `other` last."""
    sizes = [
        (part.key is None, -part.counts[bar], label)
        for part, label in zip(usage.series, labels, strict=True)
        if part.key not in REFUSED
    ]
    return [f"{count(-size)} {label}" for _, size, label in sorted(sizes) if size]


def _fitting(parts: Sequence[str], room: int, signs: Signs) -> str:
    text = ""
    for place, part in enumerate(parts):
        longer = text + (", " if place else " = ") + part
        if cell_width(longer) + (3 if place < len(parts) - 1 else 0) > room:
            return f"{text}, {signs.more}" if text else ""
        text = longer
    return text


def hour_line(heat: Heat, weekday: int, hour: int, hours: int) -> str:
    """Description of a cell of the heat map: `Tue 09-10: 58 sessions`."""
    size = sum(heat.counts[weekday][hour : hour + hours])
    return f"{hour_name(weekday, hour, hours)}: {plural(size, heat.measure[:-1])}"


def hour_name(weekday: int, hour: int, hours: int) -> str:
    """`Tue 09-10`."""
    return f"{WEEKDAYS[weekday]} {hour:02}-{hour + hours:02}"


def most(heat: Heat, width: int, signs: Signs, legend: str = "") -> Content:
    """People and machines with most in the whole window, in seven lines; the last one is the legend of the hours.

    Side by side if that fits, else people first.
    """
    words = f"whole window: most {heat.measure}" if width >= _SIDE_BY_SIDE else "whole window: most"
    head, foot = Content.styled(words, "$text-muted"), [Content.styled(legend, "$text-muted")] if legend else []
    sides = [_side("by", heat.people), _side("on", heat.machines)]
    if width < _SIDE_BY_SIDE:
        lines = [
            _entry(*entry, width, signs) for side, many in zip(sides, (3, 2), strict=True) for entry in side[:many]
        ]
        return Content("\n").join([head, *lines, *foot])
    half = (width - 3) // 2
    empty = ("", "", "")
    rows = [[side[row] if row < len(side) else empty for side in sides] for row in range(max(map(len, sides)))]
    lines = [Content("   ").join(_entry(*entry, half, signs) for entry in row) for row in rows]
    return Content("\n").join([head, *lines, *foot])


def _side(word: str, found: Sequence[tuple[str, str, int]]) -> list[tuple[str, str, str]]:
    return [("" if place else word, safe(label), count(size)) for place, (_, label, size) in enumerate(found)]


def _entry(word: str, label: str, size: str, width: int, signs: Signs) -> Content:
    text = shorten_end(label, width - 4 - len(size), signs.ascii_only)
    gap = width - 3 - cell_width(text) - len(size)
    return Content.assemble((f"{word:<3}", "$text-muted"), text, " " * gap, size)
