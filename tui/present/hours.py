"""The hours of a page: what is said of them beside the map, or in its place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textual.content import Content

from tui.present.times import WEEKDAYS
from tui.present.words import count, plural

if TYPE_CHECKING:
    from collections.abc import Sequence

    from queries.views import Heat
    from tui.present.signs import Signs

_SHADES: Final = "▁▂▃▄▅▆▇█"
_ASCII_SHADES: Final = ".:-=+*%#"


def told(heat: Heat, weekday: int, hour: int, hours: int, signs: Signs) -> Content:
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
