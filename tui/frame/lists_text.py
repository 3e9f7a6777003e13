"""What lists share: columns tied to data, rows by column name, cells for numbers, zeros and unknown values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final, Literal

from ssmtrail.queries.times import utc_text
from ssmtrail.tui.text import count, day_text, noun
from ssmtrail.widgets.table import Column
from ssmtrail.widgets.text import safe

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ssmtrail.queries.model import Measure, QuestionName, Row, Value
    from ssmtrail.tui.signs import Signs
    from ssmtrail.tui.text import Clock
    from ssmtrail.widgets.table import Cell


@dataclass(frozen=True, slots=True)
class Display:
    """How the values of a list are written."""

    clock: Clock
    signs: Signs
    accounts: Mapping[str, str]
    """Names by account id."""
    measure: Measure
    has_policy: bool = False
    """Whether sessions have verdicts of an access policy."""


@dataclass(frozen=True, slots=True)
class ColumnSpec:
    """A column of a list: how it looks, what it sorts by, which value it shows."""

    column: Column
    sort: str
    """Column of the answer to sort by."""
    source: str
    """Column of the answer that is copied, exported and filtered for."""
    filter: str = ""
    """Key of the filter language; empty where there is none."""
    fallback: str = ""
    """Column to use where the source is unknown: a machine without a name is known by its id."""

    @property
    def key(self) -> str:
        """The column's key in the table."""
        return self.column.key

    @property
    def exports(self) -> tuple[str, ...]:
        """Columns of the answer that an export of this column holds."""
        return (self.source, self.fallback) if self.fallback else (self.source,)

    def value(self, row: Record) -> Value:
        """The exact value that the cell shows."""
        found = row.raw(self.source)
        return row.raw(self.fallback) if found is None and self.fallback else found


def person_column(*, width: int = 20) -> ColumnSpec:
    """Who, with the room that a mail address needs, or as much of it as is left."""
    column = Column("person", "Person", width, flex=3, max_width=32)
    return ColumnSpec(column, sort="person_shown", source="person", filter="person")


def machine_columns(*, id_priority: int) -> tuple[ColumnSpec, ColumnSpec]:
    """The machine's name, or its id where it has none; beside a name its id, where there is room."""
    name = Column("machine", "Machine", 12, flex=2, shorten="middle", max_width=24)
    target = Column("target", "", 9, flex=1, shorten="middle", priority=id_priority, max_width=19)
    return (
        ColumnSpec(name, sort="target_name", source="target_name", filter="target", fallback="target"),
        ColumnSpec(target, sort="target", source="target", filter="target"),
    )


def safe_or(text: str | None, unknown: str) -> Cell:
    """A text from a log, or the sign of the unknown in amber."""
    return safe(text) if text else (unknown, "warn")


def quiet(text: str | None, style: str = "muted") -> Cell:
    """A text from a log where its absence is plain, so that it stays blank."""
    if not text:
        return ""
    return (safe(text), style) if style else safe(text)


def machine_cells(row: Record, signs: Signs) -> tuple[Cell, Cell]:
    """The machine's name beside its id; a machine without a name is known by its id alone."""
    name, target = row.text("target_name"), row.text("target")
    if target is None:
        return (signs.unsure, "warn"), ""
    return (safe(name), (safe(target), "muted")) if name else (safe(target), "")


def exact(value: Value) -> str:
    """A value for a copy: whole, times in ISO 8601 UTC; not yet made safe."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return utc_text(value)
    if isinstance(value, tuple):
        return " ".join(value)
    return str(value)


#: `1,000,000` fits.
_COUNT: Final = 9
UNKNOWN_MACHINE: Final = "unknown machine"
UNKNOWN_PERSON: Final = "unknown person"


def count_columns(measure: Measure) -> tuple[ColumnSpec, ColumnSpec]:
    """Sessions and calls, that by which is measured first; the other one goes first where it is narrow."""
    other: Measure = "calls" if measure == "sessions" else "sessions"
    return (
        ColumnSpec(Column(measure, measure.capitalize(), _COUNT, right=True), sort=measure, source=measure),
        ColumnSpec(Column(other, other.capitalize(), _COUNT, right=True, priority=2), sort=other, source=other),
    )


def number_column(source: str, label: str, *, width: int = 0, priority: int = 0) -> ColumnSpec:
    """A number that is not measured by: machines, people, addresses."""
    return ColumnSpec(
        Column(source, label, width or len(label), right=True, priority=priority), sort=source, source=source
    )


def denied_column(*, priority: int = 0) -> ColumnSpec:
    """Calls that AWS refused for lack of permission, with room for the sign."""
    return number_column("denied", "Denied", width=7, priority=priority)


def failed_column(*, priority: int) -> ColumnSpec:
    """Calls that failed for another reason; never part of the denied ones."""
    return number_column("failed", "Failed", width=7, priority=priority)


def kind_column(*, priority: int) -> ColumnSpec:
    """The kind of person, which tells people of the same name apart."""
    column = Column("who", "Kind", 7, priority=priority)
    return ColumnSpec(column, sort="person_kind", source="person_kind", filter="personkind")


def seen_columns(clock: Clock, *, first_priority: int) -> tuple[ColumnSpec, ColumnSpec]:
    """Last and first seen."""
    last = Column("last_seen", "Last seen", clock.width)
    first = Column("first_seen", "First seen", clock.width, priority=first_priority)
    return (
        ColumnSpec(last, sort="last_seen", source="last_seen"),
        ColumnSpec(first, sort="first_seen", source="first_seen"),
    )


def account_column(accounts: Mapping[str, str], *, priority: int) -> ColumnSpec:
    """The account, which distinguishes people of the same name; where it is narrow its beginning is enough."""
    widest = max((len(safe(name)) + 1 for name in accounts.values()), default=0)
    shorten: Literal["end", "middle"] = "end" if accounts else "middle"
    column = Column("account", "Account", 7, flex=2, shorten=shorten, priority=priority, max_width=12 + min(widest, 16))
    return ColumnSpec(column, sort="account", source="account", filter="account")


def counts(row: Record, signs: Signs, *numbers: str) -> dict[str, Cell]:
    """Sessions, calls, denied, failed and the other numbers of a row."""
    cells = {name: number_cell(row.number(name)) for name in ("sessions", "calls", *numbers)}
    return cells | {name: refused_cell(row.number(name), signs) for name in ("denied", "failed")}


def count_words(name: QuestionName, rows: int, unfiltered: int) -> str:
    """`16 of 101`, of what is neither sessions nor calls `16 of 101 identities`."""
    text = f"{count(rows)} of {count(unfiltered)}"
    if name in ("sessions", "calls"):
        return text
    # A row of people is a person in one account.
    people = "identity" if unfiltered == 1 else "identities"
    return f"{text} {people if name == 'people' else noun(name, unfiltered)}"


def number_cell(number: float | None) -> Cell:
    """A number; nothing to see is muted."""
    return count(int(number)) if number else ("0", "muted")


def refused_cell(number: float | None, signs: Signs) -> Cell:
    """Denied or failed calls, red where there are any."""
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


def machine_cell(row: Record, signs: Signs, clock: Clock) -> Cell:
    """The machine's name, else its id: `web-1 (terminated 2 May)`; `? unknown machine` for what names none."""
    target = row.text("target")
    if target is None:
        return (f"{signs.unsure} {UNKNOWN_MACHINE}", "warn")
    gone = row.time("terminated_at")
    ended = f" (terminated {day_text(clock.day(gone), year=clock.with_year)})" if gone else ""
    return f"{safe(row.text('target_name') or target)}{ended}"


def machine_label(row: Record) -> str:
    """The machine in a breadcrumb, safe."""
    return safe(row.text("target_name") or row.text("target") or UNKNOWN_MACHINE)


def person_label(row: Record) -> str:
    """The person in a breadcrumb, safe."""
    return safe(row.text("person_shown") or row.text("person") or UNKNOWN_PERSON)


def person_cell(row: Record) -> Cell:
    """The person; in amber where only a role is known."""
    return person_label(row) if row.text("person") else (person_label(row), "warn")


def several(values: Sequence[str]) -> str:
    """Texts from a log, side by side."""
    return ", ".join(safe(value) for value in values)


def seen_facts(row: Record, clock: Clock) -> Sequence[tuple[str, Cell]]:
    """First and last seen, to the second with their day and zone."""
    times = (("first seen", row.time("first_seen")), ("last seen", row.time("last_seen")))
    return [(label, clock.exact(time)) for label, time in times if time]


@dataclass(frozen=True, slots=True)
class Record:
    """A row that gives None for what is unknown, absent or of another type."""

    values: Mapping[str, Value]

    @classmethod
    def of(cls, columns: Iterable[str], row: Row) -> Record:
        """The record of a row, given its columns."""
        return cls(dict(zip(columns, row, strict=True)))

    def raw(self, column: str) -> Value:
        """The value as it came."""
        return self.values.get(column)

    def text(self, column: str) -> str | None:
        """A text; the empty one counts as unknown."""
        value = self.values.get(column)
        return value if isinstance(value, str) and value else None

    def texts(self, column: str) -> tuple[str, ...]:
        """Several texts; none where the value is anything else."""
        value = self.values.get(column)
        return value if isinstance(value, tuple) else ()

    def time(self, column: str) -> datetime | None:
        """A zone-aware UTC time."""
        value = self.values.get(column)
        return value if isinstance(value, datetime) else None

    def number(self, column: str) -> float | None:
        """A number; booleans are none."""
        value = self.values.get(column)
        return value if isinstance(value, int | float) and not isinstance(value, bool) else None

    def yes(self, column: str) -> bool:
        """Whether the value is true."""
        return self.values.get(column) is True
