"""What the lists that count share: columns of numbers, of times, cells for zeros, denied starts, the unknown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from tui.present.listing import Listed
from tui.present.words import count
from widgets.rows_table import Column
from widgets.safe_text import safe

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from queries.values import Measure
    from tui.present.record import Record
    from tui.present.signs import Signs
    from tui.present.times import Clock
    from widgets.rows_table import Cell

#: `1,000,000` fits.
_COUNT: Final = 9
UNKNOWN_MACHINE: Final = "unknown machine"
UNKNOWN_PERSON: Final = "unknown person"


def count_columns(measure: Measure) -> tuple[Listed, Listed]:
    """Sessions and calls, that by which is measured first; the other one goes first where it is narrow."""
    other: Measure = "calls" if measure == "sessions" else "sessions"
    return (
        Listed(Column(measure, measure.capitalize(), _COUNT, right=True), sort=measure, source=measure),
        Listed(Column(other, other.capitalize(), _COUNT, right=True, priority=2), sort=other, source=other),
    )


def number_column(source: str, label: str, *, width: int = 0, priority: int = 0) -> Listed:
    """A number that is not measured by: machines, people, addresses."""
    return Listed(Column(source, label, width or len(label), right=True, priority=priority), sort=source, source=source)


def denied_column(*, priority: int = 0) -> Listed:
    """Refused starts, with room for the sign."""
    return number_column("denied", "Denied", width=7, priority=priority)


def seen_columns(clock: Clock, *, first_priority: int) -> tuple[Listed, Listed]:
    """Last and first seen."""
    last = Column("last_seen", "Last seen", clock.width)
    first = Column("first_seen", "First seen", clock.width, priority=first_priority)
    return (
        Listed(last, sort="last_seen", source="last_seen"),
        Listed(first, sort="first_seen", source="first_seen"),
    )


def account_column(accounts: Mapping[str, str], *, priority: int) -> Listed:
    """The account, which tells people of the same name apart: where it is narrow its beginning will do."""
    widest = max((len(safe(name)) + 1 for name in accounts.values()), default=0)
    shorten: Literal["end", "middle"] = "end" if accounts else "middle"
    column = Column("account", "Account", 7, flex=2, shorten=shorten, priority=priority, max_width=12 + min(widest, 16))
    return Listed(column, sort="account", source="account", filter="account")


def counts(row: Record, signs: Signs, *numbers: str) -> dict[str, Cell]:
    """Sessions, calls, denied and the other numbers of a row."""
    cells = {name: number_cell(row.number(name)) for name in ("sessions", "calls", *numbers)}
    return cells | {"denied": denied_cell(row.number("denied"), signs)}


def number_cell(number: float | None) -> Cell:
    """A number; nothing to see is muted."""
    return count(int(number)) if number else ("0", "muted")


def denied_cell(number: float | None, signs: Signs) -> Cell:
    """Refused starts, red where there are any."""
    return (f"{signs.bad} {count(int(number))}", "bad") if number else ("0", "muted")


def seen(row: Record, clock: Clock) -> dict[str, Cell]:
    """When it was seen first and last."""
    times = {name: row.time(name) for name in ("first_seen", "last_seen")}
    return {name: clock.row(time) if time else "" for name, time in times.items()}


def account_cell(account: str | None, accounts: Mapping[str, str]) -> Cell:
    """`main 111122223333`."""
    if not account:
        return ""
    name = accounts.get(account)
    return (f"{safe(name)} {safe(account)}" if name else safe(account), "muted")


def machine_cell(row: Record, signs: Signs) -> Cell:
    """The machine's name, else its id; `? unknown machine` for what names none."""
    target = row.text("target")
    if target is None:
        return (f"{signs.unsure} {UNKNOWN_MACHINE}", "warn")
    return safe(row.text("target_name") or target)


def machine_label(row: Record) -> str:
    """The machine in a breadcrumb, safe."""
    return safe(row.text("target_name") or row.text("target") or UNKNOWN_MACHINE)


def person_label(row: Record) -> str:
    """The person in a breadcrumb, safe."""
    return safe(row.text("person_shown") or row.text("person") or UNKNOWN_PERSON)


def person_cell(row: Record) -> Cell:
    """The person; somebody of whom only a role is known in amber."""
    return person_label(row) if row.text("person") else (person_label(row), "warn")


def several(values: Sequence[str]) -> str:
    """Texts from a log, side by side."""
    return ", ".join(safe(value) for value in values)


def seen_facts(row: Record, clock: Clock) -> Sequence[tuple[str, Cell]]:
    """First and last seen, to the second with their day and zone."""
    times = (("first seen", row.time("first_seen")), ("last seen", row.time("last_seen")))
    return [(label, clock.exact(time)) for label, time in times if time]
