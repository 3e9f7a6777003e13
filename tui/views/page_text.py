"""Texts of the page of a person or a machine: title, figures, hours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textual.content import Content

from ssmtrail.tui.frame.empty_text import Emptiness
from ssmtrail.tui.frame.evidence_text import kind_words
from ssmtrail.tui.frame.lists_text import (
    Record,
    account_cell,
    count_columns,
    counts,
    denied_column,
    failed_column,
    machine_label,
    number_cell,
    person_label,
    seen,
    several,
)
from ssmtrail.tui.text import WEEKDAYS, count, day_text, plural
from ssmtrail.widgets.table import Column, TableRow
from ssmtrail.widgets.table_layout import split_cell
from ssmtrail.widgets.text import safe

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ssmtrail.queries.model import Measure
    from ssmtrail.queries.views import Heat, Page, Part, PartName, Parts
    from ssmtrail.tui.signs import Signs
    from ssmtrail.tui.text import Clock
    from ssmtrail.widgets.table import Cell


def person_title(row: Record, clock: Clock, signs: Signs, accounts: Mapping[str, str], width: int) -> Content:
    """`jane.doe   IAM user · 111122223333 main · Admin   first seen 26 Oct 2026 08:57:53, last ...`."""
    kind = kind_words(row.text("person_kind")) if row.text("person") else ""
    about = [kind, split_cell(account_cell(row.text("account"), accounts))[0], several(row.texts("roles"))]
    style = "bold" if row.text("person") else "bold $text-warning"
    return _title((person_label(row), style), about, row, clock, signs, width)


def machine_title(row: Record, clock: Clock, signs: Signs, accounts: Mapping[str, str], width: int) -> Content:
    """`db-5  i-0ad6a7448b2e3b0a7   prod · ec2 · eu-central-1 · 111122223333 main   first seen ...`."""
    known = row.text("target") is not None
    target = safe(row.text("target") or "") if row.text("target_name") else ""
    about = [target, *(safe(row.text(name) or "") for name in ("environment", "target_kind", "region") if known)]
    if gone := row.time("terminated_at"):
        about.append(f"terminated {day_text(clock.day(gone))}")
    about.append(split_cell(account_cell(row.text("account"), accounts))[0])
    name = machine_label(row) if known else f"{signs.unsure} {machine_label(row)}"
    return _title((name, "bold" if known else "bold $text-warning"), about, row, clock, signs, width)


def _title(name: tuple[str, str], about: list[str], row: Record, clock: Clock, signs: Signs, width: int) -> Content:
    known = f" {signs.dot} ".join(part for part in about if part)
    first = Content.assemble(name, f"   {known}" if known else "")
    seen = Content.styled(_seen(row, clock), "$text-muted")
    fits = first.cell_length + 3 + seen.cell_length <= width
    return Content("   " if fits else "\n").join((first, seen))


def _seen(row: Record, clock: Clock) -> str:
    first, last = row.time("first_seen"), row.time("last_seen")
    if first is None or last is None:
        return ""
    if first == last:
        return f"seen once, {clock.exact(first)}"
    same = clock.suffix(first) == clock.suffix(last)  # the clocks may have been changed between them
    began = clock.exact(first).removesuffix(f" {clock.suffix(first)}") if same else clock.exact(first)
    return f"first seen {began}, last {clock.exact(last)}"


def nothing_left(label: str, window: str, *, narrowed: bool) -> Emptiness:
    """What a page says when its scope has no sessions left; all texts are safe."""
    if narrowed:
        lines = ("Esc takes the last step of the filter back, / changes it.",)
        return Emptiness(f"Nothing of {label} matches the filter in {window}.", lines)
    return Emptiness(f"Nothing of {label} in {window}.", ("w picks another window, Esc goes back.",))


_LABELS: Final[dict[PartName, str]] = {"kind": "kind", "role": "role", "address": "from", "account": "account"}
#: Row keys beside `kind:"shell"`, which is the name of a part and its key.
WHOLE, OTHERS, REST, DOORS = "whole", "others", "rest", "doors"


def figure_columns(clock: Clock, measure: Measure) -> Sequence[Column]:
    """Columns of the figures: what is counted, then the numbers, the measure first."""
    numbers = (*count_columns(measure), denied_column(), failed_column(priority=1))
    return (
        Column("what", "", 8),
        Column("value", "", 14, flex=1, max_width=40),
        *(entry.column for entry in numbers),
        Column("last_seen", "Last seen", clock.width, priority=3),
    )


def figure_rows(page: Page, others: tuple[str, str], clock: Clock, signs: Signs) -> list[TableRow]:
    """Rows of the figures: the total, the other side (its column and name), other doors, then one row a part."""
    row = Record.of(page.columns, page.row)
    number = row.number(others[0])
    return [
        _row(WHOLE, "all", "", row, clock, signs),
        TableRow(OTHERS, {"what": (others[1], "muted"), "value": number_cell(number)}),
        *([TableRow(DOORS, {"what": ("doors", "muted"), "value": _doors(page)})] if page.doors else []),
        *(found for parts in page.parts if _is_listed(parts) for found in _rows(parts, clock, signs)),
    ]


def _doors(page: Page) -> str:
    return ", ".join(f"{count(number)} {door}" for door, number in page.doors)


def _is_listed(parts: Parts) -> bool:
    """Whether parts are listed; a single account is in the title already."""
    return parts.name != "account" or parts.known > 1


def _rows(parts: Parts, clock: Clock, signs: Signs) -> Iterator[TableRow]:
    for number, part in enumerate(parts.largest):
        label = "" if number else _LABELS[parts.name]
        yield _row(f"{parts.name}:{part.key}", label, _value(parts, part, signs), _record(part), clock, signs)
    if rest := parts.known - len(parts.largest):
        yield TableRow(f"{REST}:{parts.name}", {"value": (f"and {count(rest)} more", "muted")})


def _value(parts: Parts, part: Part, signs: Signs) -> Cell:
    unknown = part.key == "null" and parts.name != "role"
    return (f"{signs.unsure} {safe(part.label)}", "warn") if unknown else safe(part.label)


def _record(part: Part) -> Record:
    return Record({name: getattr(part, name) for name in ("sessions", "calls", "denied", "failed", "last_seen")})


def _row(key: str, what: str, value: Cell, row: Record, clock: Clock, signs: Signs) -> TableRow:
    cells = {"what": (what, "muted"), "value": value, **counts(row, signs), **seen(row, clock)}
    return TableRow(key, cells)


_SHADES: Final = "▁▂▃▄▅▆▇█"
_ASCII_SHADES: Final = ".:-=+*%#"


def hours_line(heat: Heat, weekday: int, hour: int, hours: int, signs: Signs) -> Content:
    """`Hours · Tue 14:00 - 15:00: 12 sessions`, of the cell under the cursor."""
    counted = sum(heat.counts[weekday][hour : hour + hours])
    at = f"{WEEKDAYS[weekday]} {clock_hours(hour, hours)}: {plural(counted, heat.measure[:-1])}"
    return Content.assemble(("Hours", "$text-muted"), f" {signs.dot} {at}")


def clock_hours(hour: int, hours: int) -> str:
    """`14:00 - 15:00`."""
    return f"{hour:02}:00 - {(hour + hours) % 24:02}:00"


def day_line(heat: Heat, signs: Signs) -> Content:
    """The hours of the day in one line, all weekdays together: `hours   00 ··▁▃█▅·· 24   most at 14:00: 31, ...`."""
    hours = [sum(day[hour] for day in heat.counts) for hour in range(24)]
    days = [sum(day) for day in heat.counts]
    most, day = max(hours), max(days)
    words = f"most at {hours.index(most):02}:00: {count(most)}, on {WEEKDAYS[days.index(day)]}: {count(day)}"
    shades = (_shades(hours, signs), "$text-accent")
    return Content.assemble(
        ("hours", "$text-muted"), "   00 ", shades, " 24   ", (words if most else "", "$text-muted")
    )


def busiest(heat: Heat) -> tuple[int, int]:
    """Weekday and hour with the most."""
    cells = [(number, -day, -hour) for day, hours in enumerate(heat.counts) for hour, number in enumerate(hours)]
    _, day, hour = max(cells)
    return -day, -hour


def _shades(sums: Sequence[int], signs: Signs) -> str:
    shades, largest = _ASCII_SHADES if signs.ascii_only else _SHADES, max(sums)
    return "".join(shades[(number * len(shades) - 1) // largest] if number else signs.dot for number in sums)
