"""Values that cross the facade: questions, scopes, answers, scan plans. Frozen and comparable."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Final, Literal, Protocol, TypeAlias, get_args

from ssmtrail.queries.raw_calls import EXTRACTION_SET
from ssmtrail.queries.times import Unit

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime
    from threading import Event

    from ssmtrail.queries.filters import Filter
    from ssmtrail.queries.times import Window

#: A session without a known end is possibly open for so long after its start or its last proof of life.
POSSIBLE_HOURS: Final = 24
#: The starts that the question `as-of` looks at are of so many days before its moment.
AS_OF_DAYS: Final = 7
Measure: TypeAlias = Literal["sessions", "calls"]
#: What rows of the store are, and visits: sessions and the calls of other doors, each visit once.
Entity: TypeAlias = Literal["sessions", "calls", "doors", "visits"]
QuestionName: TypeAlias = Literal[
    "sessions",
    "calls",
    "pairs",
    "usage",
    "people",
    "instances",
    "tunnels",
    "as-of",
    "doors",
    "visits",
    "findings",
]
#: Questions whose rows name records.
Recorded: TypeAlias = Literal["sessions", "calls", "doors", "findings"]
RECORDED: Final[tuple[Recorded, ...]] = get_args(Recorded)
#: One value of an answer. Times are zone-aware UTC datetimes; unknown is None.
Value: TypeAlias = "str | int | float | bool | datetime | tuple[str, ...] | None"
Row: TypeAlias = "tuple[Value, ...]"


@dataclass(frozen=True, slots=True)
class Sort:
    """One sort key of an answer."""

    column: str
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Scope:
    """What a screen looks at: a window and a filter, read in a time zone."""

    window: Window
    filter: Filter
    zone: str = "UTC"
    """IANA name; gives `hour:` and `day:` their meaning, and usage its buckets."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question about a scope; equal questions have equal answers."""

    name: QuestionName
    scope: Scope
    sort: tuple[Sort, ...] = ()
    """Empty means the question's own order; ties are always broken so that the order is total."""
    measure: Measure = "sessions"
    unit: Unit = "day"
    moment: datetime | None = None
    """UTC; of the question `as-of`, which has one."""
    possible_hours: int = POSSIBLE_HOURS
    """Of the question `as-of`."""

    def narrowed(self, filter: Filter) -> Question:  # noqa: A002 - the field's name
        """The same question with another filter."""
        return replace(self, scope=replace(self.scope, filter=filter))


@dataclass(frozen=True, slots=True)
class Totals:
    """What the header says of an answer."""

    rows: int
    """Rows of this answer."""
    rows_unfiltered: int
    """Rows of the same question without its filter."""
    sessions: int
    """Sessions with status `started` among them."""
    people: int
    machines: int


#: Formats whose lines an answer may spell: fields of CSV, an object of JSON.
Spelling: TypeAlias = Literal["csv", "json"]


class Answer(Protocol):
    """An answered question: it knows how many rows it has and gives them in pages.

    Every method may be called from any thread; `Cancelled` is raised when `cancelled` is set meanwhile.
    """

    @property
    def question(self) -> Question:
        """The question that this answers."""
        ...

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns that `page` can give."""
        ...

    @property
    def totals(self) -> Totals:
        """The figures for the header."""
        ...

    def page(self, offset: int, limit: int, columns: Sequence[str] | None = None) -> tuple[Row, ...]:
        """Rows `offset` to `offset + limit` in the question's order; fewer at the end."""
        ...

    def lines(self, offset: int, limit: int, columns: Sequence[str], spelling: Spelling) -> Sequence[str | Row]:
        """The same rows, each as its line of a format, without what ends a line, or as its values.

        Values are for who knows how to write them: the engine spells what needs no care.
        """
        ...

    def position(self, key: str, at: datetime | None = None) -> int | None:
        """The place of the row with this key (column `key`), or None when it is not in the answer.

        Of sessions and calls, `at` (column `at`) is where it is looked for first.
        """
        ...

    def complete(self, cancelled: Event) -> None:
        """Make ready what is still to be made for rows further down; blocks. Raises Cancelled, StoreError."""
        ...

    def close(self) -> None:
        """Free what the answer holds; later calls raise StoreError."""
        ...


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a fetch is; a later one replaces an earlier one."""

    state: Literal["listing", "waiting", "reading", "joining", "done", "cancelled"]
    files_done: int = 0
    files_total: int = 0
    bytes_done: int = 0
    bytes_total: int = 0
    """Bytes as they lie on disk (compressed)."""
    records: int = 0
    """CloudTrail records passed, 0 where they were not counted."""
    calls: int = 0
    """Raw calls found so far."""
    seconds: float = 0.0
    """Since the fetch began."""
    seconds_left: float | None = None
    days_done: int = 0
    days_total: int = 0
    """Of a source that is read by days; `bytes_done` is then what was scanned."""
    price: float = 0.0
    """Dollars so far, where reading costs money."""
    requests: int = 0
    """Sent to a source that limits requests and charges nothing."""
    of: str = "files"
    """What is looked for and read."""
    snapshot: int = 0
    """Grows whenever what is kept has changed, so that questions are worth asking again."""
    parts: tuple[tuple[str, Progress], ...] = ()
    """Of several sources that are read side by side: the label, which may be hostile, and progress of each that is not
    done; counts above are those of all."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file that could not be read, wholly or in part."""

    file: str
    """Path below the folder."""
    why: str
    """A short clause: `truncated gzip`, `not JSON at byte 18`."""
    day: date | None = None
    """UTC folder day, where known."""
    records_kept: int = 0
    """Raw calls that were read in spite of it."""


#: Kinds of files without records that are named; the rest is counted.
_KINDS_NAMED: Final = 12


@dataclass(frozen=True, slots=True)
class Note:
    """What is odd about a file that was read whole."""

    file: str
    text: str
    """A clause: `2 gzip members, AWS writes one`; may be hostile."""


@dataclass(frozen=True, slots=True)
class DayCoverage:
    """What is known of one UTC day."""

    day: date
    state: Literal["kept", "arriving", "open", "missing", "failed"]
    files: int = 0
    bytes: int = 0
    unreadable: int = 0
    why: str = ""
    """A clause that says why a day is missing or failed; may be hostile."""
    extraction: int = EXTRACTION_SET
    """The set of records that it was read with, see `ssmtrail.queries.raw_calls`."""
    integrity: str | None = None
    """What digests prove of its log files: `proved changed missing unsigned unproved`; None where they were not
    checked, or have changed since."""

    @property
    def is_gap(self) -> bool:
        """Whether the day is missing from the answer; a folder of files cannot say which days it should have."""
        return not self.unreadable and (self.state == "failed" or (self.state == "missing" and bool(self.why)))


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the store holds for a window, day by day."""

    days: tuple[DayCoverage, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    files: int = 0
    """Files of records, unreadable ones too."""
    bytes: int = 0
    as_of: datetime | None = None
    """When the source was last looked at."""
    first_day: date | None = None
    last_day: date | None = None
    others: tuple[tuple[str, int], ...] = ()
    """Files that hold no records, as kind and number, most first: `(".png", 200)`."""
    notes: tuple[Note, ...] = ()
    """Files that were read whole, and are odd."""
    settings: tuple[str, ...] = ()
    """What beside the records decides the answers and is not the default, such as `trust 3fa2b1c0`."""
    unit: str = ""
    """What `files` and `unreadable` count, where these are no files: `region`, `object`."""
    words: str = ""
    """What reading took, in place of bytes: `51 requests, 1,204 calls, free`."""
    first_event: date | None = None
    """UTC day of the first record of any kind, which may lie before its folder's day. None: unknown."""
    last_event: date | None = None
    parts: tuple[tuple[str, Coverage], ...] = ()
    """Of several sources: the label of each, which may be hostile, and what was read of it, in their order."""

    @property
    def others_text(self) -> str:
        """`212 files are no CloudTrail records: 200 .png, 12 .txt`; empty where there are none. May be hostile."""
        if not self.others:
            return ""
        total = sum(number for _, number in self.others)
        kinds = [f"{number:,} {kind}" for kind, number in self.others[:_KINDS_NAMED]]
        if more := self.others[_KINDS_NAMED:]:
            kinds.append(f"{sum(number for _, number in more):,} of {len(more):,} other kinds")
        are = "file is" if total == 1 else "files are"
        return f"{total:,} {are} no CloudTrail records: {', '.join(kinds)}"


@dataclass(frozen=True, slots=True)
class CallDetail:
    """One call of a session, with the record that proves it."""

    event_id: str
    event_time: datetime
    event_name: str
    outcome: str
    """`ok`, or the error code."""
    person: str | None
    source_ip: str | None
    record: str
    """The record as JSON text; exact where `exact`."""
    exact: bool = True
    file: str | None = None
    door: str | None = None
    """The other door than Session Manager that it was made at; `note` is then what it says."""
    note: str = ""
    """What this call means for the session: `second end, ignored`; empty for the plain ones."""


@dataclass(frozen=True, slots=True)
class ChainLink:
    """One call of the chain by which a caller came to the credentials of a session."""

    event_id: str | None
    at: datetime
    """UTC."""
    call: str
    """`AssumeRole`, ...; of the last link the session's own call."""
    caller: str | None
    """The name that AWS set; else the session name under which the caller acted."""
    caller_kind: str
    """`person_kind` of the caller."""
    caller_role: str | None = None
    """The role in which the caller acted, where AWS set no name."""
    role: str | None = None
    """The role whose credentials the call gave."""
    name: str | None = None
    """The session name that the caller typed for them."""


@dataclass(frozen=True, slots=True)
class SessionDetail:
    """Everything known of one session."""

    columns: tuple[str, ...]
    row: Row
    """The session's row of the `sessions` question, by `columns`."""
    calls: tuple[CallDetail, ...] = ()
    nearby: int = 0
    """Other sessions possibly open on the same machine when this one started."""
    chain: tuple[ChainLink, ...] = ()
    """From the first known caller to the session's own call; empty where its start is not in the data."""

    def __getitem__(self, column: str) -> Value:
        return self.row[self.columns.index(column)]


@dataclass(frozen=True, slots=True)
class ConnectedSession:
    """A session whose client is connected: Session Manager says so. It does not prove that the person is there."""

    account: str
    region: str
    session_id: str
    target: str | None
    owner: str
    """ARN of the caller."""
    document: str
    started_at: datetime | None
    """UTC."""
    columns: tuple[str, ...] = ()
    row: Row = ()
    """The session in the records, by `columns` of the `sessions` question; empty where it is not in them."""


@dataclass(frozen=True, slots=True)
class Connected:
    """Who is connected at a moment, the latest begun first."""

    at: datetime
    """UTC."""
    sessions: tuple[ConnectedSession, ...] = ()
    regions: int = 0
    """That answered."""
    notes: tuple[str, ...] = ()
    """Regions that refused, with the reason; may be hostile."""


Estimate = Literal["free", "listed", "sampled", "guessed", "unknown"]
"""How bytes are known: nothing to pay, sizes of all files, sizes of some, days already scanned, not at all."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a fetch would read and cost; what was agreed to is handed to `Trail.fetch`."""

    made_at: datetime
    """UTC; copies of days that are younger are as good as those that the plan would fetch."""
    days: tuple[date, ...] = ()
    """Folder days to be fetched, in order; empty where all is kept."""
    kept: int = 0
    """Days of the window that are kept already."""
    again: tuple[date, ...] = ()
    """Those of `days` that are kept, final, and read again on demand."""
    absent: tuple[tuple[date, str], ...] = ()
    """Days that cannot be had, with a clause that says why."""
    queries: int = 0
    bytes: int | None = 0
    """To be scanned; None where that is unknown."""
    price: float | None = 0.0
    """Dollars."""
    how: Estimate = "free"
    limit: int | None = None
    """Bytes after which the workgroup ends a query."""
    ask_first: bool = False
    """Whether the price needs a yes: it is above what is spent without asking, unknown, or was paid before."""
    doubt: str = ""
    """Why more may be scanned than the days ask for, a sentence; empty once it is proved that nothing is. It is a
    question of its own at any price."""
    warnings: tuple[str, ...] = ()
    """Sentences about the table."""
    older: tuple[date, ...] = ()
    """Days of the window that were kept with an older extraction set and are not among `days`."""
    older_price: float | None = None
    """Dollars for fetching `older` again; None where unknown."""
    paid_before: tuple[date, ...] = ()
    """Those of `days` that were paid for before: an older version kept less of them, or their result is gone. Such a
    plan always asks first."""
    paid: tuple[date, ...] = ()
    """Those of `days` whose queries run or ran already: their results are taken at no further price."""
    sizes: tuple[tuple[date, int], ...] = ()
    """Bytes of each of `days` that is to be paid for; empty where they are unknown."""
    most: int = 0
    """Bytes that are agreed to with the plan: queries are stopped that pass them, see `Allowance`."""
    most_price: float | None = 0.0
    """Dollars for `most`; None where scans have no price."""
    reservation: str = ""
    """The reserved capacity that its queries run on: `price` is None then; may be hostile."""
    refusal: str = ""
    """Why it cannot be agreed to at all, a clause: a cap or a budget."""
    objects: int = 0
    """Of a bucket: to be read."""
    requests: int = 0
    """Of a bucket: those that listing took, and one an object."""
    seconds: float | None = None
    """Of a bucket: for reading, at the rate that was measured last."""
    parts: tuple[tuple[str, Plan], ...] = ()
    """Of several sources: the label of each, which may be hostile, and its plan, in their order."""

    @property
    def asks(self) -> bool:
        """Whether something has to be agreed to first: the price, or a doubt."""
        return self.ask_first or bool(self.doubt)


@dataclass(frozen=True, slots=True)
class QueryRun:
    """One query that ran, or runs."""

    key: str
    """Names it for `Trail.stop_query`."""
    state: Literal["queued", "running", "storing", "done", "failed", "cancelled"]
    first: date
    last: date
    """Included."""
    sql: str
    asked_at: datetime
    """UTC."""
    bytes: int
    """Scanned so far."""
    price: float
    """Dollars, so far."""
    seconds: float
    queued: float
    """Seconds in the queue."""
    id: str = ""
    """The service's name for it."""
    error: str = ""
    """A sentence; may hold hostile text."""
    reused: bool = False
    """Whether an earlier result was given again for nothing."""
    purpose: Literal["days", "check"] = "days"
    """`check` fetches nothing: its answer is compared with the local one."""
    former: bool = False
    """Whether ssmtrail 0.1.0 sent it."""
    caller: str = ""
    """ARN of who started it; empty where that was not written. May be hostile."""
    provisioned: bool = False
    """Whether it ran on reserved capacity: `price` says nothing then."""
    left: str = ""
    """Why the files of its result were not deleted, a sentence; may be hostile."""


@dataclass(frozen=True, slots=True)
class Spent:
    """Dollars that one caller's queries of one table cost."""

    caller: str
    """ARN; empty where it was not written. May be hostile, as is the table."""
    table: str
    """Label of the source, such as `athena audit.cloudtrail`."""
    purpose: Literal["days", "check"]
    day: float
    """Of this UTC day."""
    month: float
    """Of this UTC month."""


@dataclass(frozen=True, slots=True)
class Budgets:
    """Dollars that one caller may spend; None for no budget."""

    day: float | None = None
    month: float | None = None

    def __bool__(self) -> bool:
        return self.day is not None or self.month is not None


NO_BUDGETS: Final = Budgets()


@dataclass(frozen=True, slots=True)
class Spendings:
    """What the queries of a store cost, a query that runs with what it may cost."""

    today: date
    """UTC."""
    rows: tuple[Spent, ...] = ()
    own_day: float = 0.0
    """Dollars of this caller, which its budgets are for."""
    own_month: float = 0.0
    budgets: Budgets = NO_BUDGETS

    @property
    def room(self) -> float | None:
        """Dollars that this caller may still spend; None for no budget."""
        left = ((self.budgets.day, self.own_day), (self.budgets.month, self.own_month))
        return min((max(0.0, limit - spent) for limit, spent in left if limit is not None), default=None)


#: The start of a plan's warning that is about the kind of table, so that it is the same every day.
NOT_IN_TABLE: Final = "Not in this table"
#: The questions that can be asked of a CloudTrail table itself.
ConsoleQueryName: TypeAlias = Literal["calls", "pairs", "usage"]


@dataclass(frozen=True, slots=True)
class ConsoleSql:
    """The SQL, and what has to be known of it."""

    sql: str
    """As it is sent; exact, so that it may hold hostile text in its literals."""
    table: str
    """The table that it asks, as SQL names it."""
    notes: tuple[str, ...] = ()
    """What it cannot say, in sentences; may be hostile."""
    is_placeholder: bool = False
    """Whether no such table is known: the source is none of Athena's."""
