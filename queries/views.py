"""The values of the views that are no lists: the matrix, the chart of use, the heat map, a machine at a moment."""

from __future__ import annotations

import json
from array import array
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from ssmtrail.queries.times import Window

if TYPE_CHECKING:
    from ssmtrail.queries.model import Measure, Row, Scope, Value
    from ssmtrail.queries.times import Unit

MatrixOrder: TypeAlias = Literal["most", "name", "last"]
Breakdown: TypeAlias = Literal["none", "kind", "person", "personkind", "account", "instance", "call"]
#: Whether a person was on a machine at a moment.
Presence: TypeAlias = Literal["certain", "possible", "no"]
#: What a page breaks its numbers down by.
PartName: TypeAlias = Literal["kind", "role", "address", "account"]

#: Marks of cells, one letter each: denied only (the count is of refusals), tunnels only, first ever in what is kept,
#: against the access policy.
DENIED, TUNNELS, FIRST, AGAINST = "d", "t", "f", "p"


@dataclass(frozen=True, slots=True)
class PersonId:
    """Who: an account, a person and what kind of person; an unknown one by the role, or the service, in their place."""

    account: str | None
    person: str | None
    kind: str = "unknown"
    """`person_kind`."""
    id: str | None = None
    """Of an Identity Center user, where it is recorded: the user is one under all names."""
    behind: str | None = None
    """Only where the person is unknown: the role, of a service the service."""

    @property
    def key(self) -> str:
        """That of the `people` question."""
        return json.dumps(
            [self.account, self.person, self.behind, self.kind, self.id], ensure_ascii=False, separators=(",", ":")
        )


@dataclass(frozen=True, slots=True)
class Person:
    """A row of the matrix: a person and their totals."""

    id: PersonId
    label: str
    """person, or `unknown behind ROLE`."""
    count: int
    """By the measure, over all machines."""
    denied: int
    failed: int
    last_us: int
    """See `last_seen`: making thousands of datetimes that are never shown would take longest."""

    @property
    def last_seen(self) -> datetime:
        """When something was seen of it last."""
        return _EPOCH + timedelta(microseconds=self.last_us)


@dataclass(frozen=True, slots=True)
class Machine:
    """A column of the matrix: a machine and its totals."""

    target: str | None
    """None collects what names no machine."""
    name: str | None
    environment: str | None
    """Machines of one environment stand together, those without one behind the others."""
    count: int
    denied: int
    failed: int
    last_us: int
    """See `last_seen`."""

    @property
    def last_seen(self) -> datetime:
        """When something was seen of it last."""
        return _EPOCH + timedelta(microseconds=self.last_us)


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """The cells of one row that are not empty, by ascending column."""

    columns: array[int]
    counts: array[int]
    """By the measure; where the mark is `DENIED`, refusals, which no total has."""
    marks: str
    """One letter a cell, a blank for none."""


@dataclass(frozen=True, slots=True)
class Matrix:
    """Who touched what how often: people down and machines across, or turned round.

    A cell without a started session (a call, by that measure) is there only where a start was refused.
    """

    scope: Scope
    measure: Measure
    order: MatrixOrder
    turned: bool
    """Machines down, people across."""
    people: tuple[Person, ...]
    machines: tuple[Machine, ...]
    total: int
    denied: int
    failed: int
    largest: int
    """The largest count of a cell that is not of refusals."""
    cells: int
    """How many are not empty."""
    packed: tuple[str, ...] = field(repr=False)
    """A text a row, see `row`."""
    judged: bool = False
    """Whether there is an access policy that cells can be against."""

    def row(self, number: int) -> MatrixRow:
        """The cells of a row: they are unpacked when they are seen, which for all would take seconds."""
        words = array("Q", bytes.fromhex(self.packed[number]))
        if not _BIG_ENDIAN:
            words.byteswap()
        ordered = sorted(words)
        return MatrixRow(
            array("I", ((word >> COLUMN_BIT) & COLUMN_MASK for word in ordered)),
            array("I", (word & COUNT_MASK for word in ordered)),
            "".join(_MARKS[(word >> MARK_BIT) & MARK_MASK] for word in ordered),
        )


#: A cell as 64 bits, written as 16 hexadecimal digits: the engine gives long texts a hundred times as fast as numbers.
#: From the top: a one (so that no digit is lost), 26 bits of column, 3 of mark, 34 of count.
COLUMN_BIT: Final = 37
COLUMN_MASK: Final = (1 << 26) - 1
MARK_BIT: Final = 34
MARK_MASK: Final = (1 << 3) - 1
COUNT_MASK: Final = (1 << 34) - 1
_MARKS: Final = (" ", DENIED, TUNNELS, FIRST, AGAINST)
_EVERYTHING: Final = Window()
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_BIG_ENDIAN: Final = array("H", b"\0\1")[0] == 1


@dataclass(frozen=True, slots=True)
class CellFacts:
    """The numbers of one cell of the matrix."""

    sessions: int
    calls: int
    denied: int
    failed: int
    first_seen: datetime | None
    last_seen: datetime | None
    kinds: tuple[str, ...]
    """Kinds of the sessions that started, of the calls where none did."""
    first_ever: bool
    """Whether the first session of this person on this machine in what is kept is among them."""
    against: int = 0
    """Sessions that the access policy does not allow."""


@dataclass(frozen=True, slots=True)
class Series:
    """One part of every bar."""

    key: str | None
    """JSON: of a kind, kind of person, account or event name; the `key` of `people` or `instances`.

    None is all the others together.
    """
    label: str
    counts: tuple[int, ...]
    """A count a bucket."""

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.counts)


@dataclass(frozen=True, slots=True)
class Usage:
    """How much it is used: a bar a bucket, in parts."""

    scope: Scope
    measure: Measure
    unit: Unit
    breakdown: Breakdown
    buckets: tuple[datetime, ...]
    """Where each begins, in the scope's zone."""
    series: tuple[Series, ...]
    """The largest first, the others together last; one alone where nothing is broken down."""
    totals: tuple[int, ...]
    denied: tuple[int, ...]
    """Refused calls, which no total has."""
    before: tuple[int | None, ...]
    """Totals of the period before, bucket by bucket; None where nothing is kept so early, empty without a period."""
    failed: tuple[int, ...] = ()
    """Calls that failed for another reason than permission, which no total has either."""


@dataclass(frozen=True, slots=True)
class Heat:
    """When it is used: weekdays by hours of the day, in the scope's zone."""

    scope: Scope
    measure: Measure
    counts: tuple[tuple[int, ...], ...]
    """Seven rows from Monday, of 24 hours."""
    people: tuple[tuple[str, str, int], ...]
    """Key, label, count of those with most."""
    machines: tuple[tuple[str, str, int], ...]
    """Key, label, count of those with most."""


@dataclass(frozen=True, slots=True)
class Part:
    """One kind, role, source address or account of a person or machine; `drills.of_part` gives what it counts."""

    key: str
    """JSON of the value; `null` is unknown."""
    label: str
    sessions: int
    calls: int
    denied: int
    failed: int
    last_seen: datetime


@dataclass(frozen=True, slots=True)
class Parts:
    """All that a person or machine comes in, by one name."""

    name: PartName
    largest: tuple[Part, ...]
    """Those with most by the page's measure, at most `ssmtrail.queries.counts.MOST_PAGE_PARTS`."""
    known: int
    """How many there are in all, an unknown one among them."""


@dataclass(frozen=True, slots=True)
class Page:
    """A person or a machine: the numbers behind its lists."""

    columns: tuple[str, ...]
    row: Row
    """The row of `people` or `instances`, by `columns`."""
    heat: Heat
    """Of this person or machine alone."""
    parts: tuple[Parts, ...] = ()
    """Kinds, roles, source addresses, accounts, in this order."""
    doors: tuple[tuple[str, int], ...] = ()
    """Other doors than Session Manager with the visits through each, the most first; in none of the other numbers."""

    def __getitem__(self, column: str) -> Value:
        return self.row[self.columns.index(column)]


@dataclass(frozen=True, slots=True)
class Stay:
    """A session on a machine, as far as is known when it began and ended."""

    key: str
    """Unique: the row key of its session, or of the call that resumed another's."""
    person: PersonId
    label: str
    kind: str
    began: datetime
    """Its start; of an orphan its first call; when another person resumed the session."""
    certain_from: datetime | None
    """From here to `certain_until` the records prove it; None where they never do."""
    certain_until: datetime | None
    """An exact end, or the last sign of life."""
    possible_from: datetime
    """Its start; of an orphan so many hours before its first call."""
    possible_until: datetime
    """The earliest bound of its end, at most so many hours after its last sign of life."""
    end_evidence: str
    orphan: bool = False
    session_key: str = ""
    """Row key of its session, which another person may have started."""
    outside: str | None = None
    """A start or an end beyond the look-around, in words."""


@dataclass(frozen=True, slots=True)
class AsOf:
    """Who was on a machine about a moment."""

    target: str
    moment: datetime
    first: datetime
    last: datetime
    """`stays` are all that touch this stretch, so that a cursor can move in it without asking again."""
    possible: timedelta
    """How long after its last proof of life a session without a known end is possible."""
    stays: tuple[Stay, ...]
    """By their beginning."""
    covered: bool = True
    """Whether there are records of the moment's day; without them nothing is known of it."""
    read: Window = _EVERYTHING
    """The scope's window with its look-around: calls outside it are not looked at."""
