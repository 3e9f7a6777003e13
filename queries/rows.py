"""Typed rows of the questions, and the iterable that reads them page by page."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from threading import Event
from typing import TYPE_CHECKING, Final, Generic, TypeAlias, TypeVar

from ssmtrail.queries.errors import Cancelled, UsageError
from ssmtrail.queries.filters import Filter, compile_filter
from ssmtrail.queries.model import POSSIBLE_HOURS, Question, Scope, Sort
from ssmtrail.queries.relations import FIELDS, columns_of
from ssmtrail.queries.times import Window, read_moment, zone_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ssmtrail.queries.filters.keys import Filtered
    from ssmtrail.queries.model import Answer, ConnectedSession, Measure, QuestionName, Row, Totals, Value
    from ssmtrail.queries.times import Unit

#: A moment as a caller may give it: `30d`, `12h`, an ISO 8601 date or time, a date, a time; None is unbounded.
Moment: TypeAlias = "str | date | datetime | None"
RowT = TypeVar("RowT")
#: Rows fetched at a time: a page of this size holds about 8 MB as Python values.
PAGE_ROWS: Final = 4096


@dataclass(frozen=True, slots=True)
class Session:
    """One session: a shell, a tunnel, a command. Times are UTC; None is unknown."""

    at: datetime
    """The start, an orphan's first call, or the refused call."""
    session_id: str | None
    account: str | None
    region: str | None
    person: str | None
    person_evidence: str
    """How the person is known: `identity issuer source-identity session-name none`."""
    claimed_name: str | None
    """The name that the caller typed, where it is not the person."""
    source_identity: str | None
    person_kind: str
    person_id: str | None
    identity_arn: str | None
    identity_type: str | None
    role: str | None
    source_ip: str | None
    user_agent: str | None
    via: str | None
    """The AWS service that made the call for another caller."""
    target: str | None
    target_kind: str | None
    target_name: str | None
    """The machine's name at the time of the session, as far as it is known."""
    name_source: str
    """How the name is known: `record`, `snapshot`, `later`, `today` (the inventory), `none`."""
    environment: str | None
    kind: str
    document: str | None
    command: str | None
    destination: str | None
    reason: str | None
    started_at: datetime | None
    alive_at: datetime | None
    """The last moment that the records prove."""
    ended_at: datetime | None
    """Not later than this, unless `end_evidence` is `reported`."""
    end_evidence: str
    latest_end: datetime | None
    latest_end_by: str | None
    ended_by: str | None
    resumes: int
    access_type: str | None
    status: str
    error_code: str | None
    event_ids: tuple[str, ...]
    outside: str | None
    """A start or an end beyond the look-around."""
    conflict: str | None
    """What copies of its calls contradict each other in: `person target outcome`, joined by commas."""
    policy: str | None
    """Verdict of the access policy: `allowed allowed-reported accepted violation unjudged`; None without a policy."""
    rule: str | None
    """Id of the rule that decided, or came nearest."""
    policy_why: str | None
    """Why it is a violation, or cannot be judged, in a word."""
    integrity: str | None
    """What digests prove of the log files of its records: `proved changed missing unsigned unproved`; None where they
    were not checked, or have changed since."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a session: its start, a resume, its end."""

    event_id: str
    event_time: datetime
    event_name: str
    person: str | None
    person_evidence: str
    claimed_name: str | None
    source_identity: str | None
    person_kind: str
    person_id: str | None
    identity_arn: str | None
    resource_arn: str | None
    target: str | None
    session_id: str | None
    source_ip: str | None
    account: str | None
    region: str | None
    error_code: str | None
    error_message: str | None
    user_agent: str | None
    via: str | None
    conflict: str | None


@dataclass(frozen=True, slots=True)
class Pair:
    """One person on one machine."""

    person: str | None
    person_kind: str
    person_id: str | None
    target: str | None
    target_name: str | None
    account: str | None
    sessions: int
    calls: int
    denied: int
    failed: int
    first_seen: datetime
    last_seen: datetime


@dataclass(frozen=True, slots=True)
class UsageBucket:
    """One hour, day, week or month; `bucket` is its beginning in the zone that was asked for."""

    bucket: datetime
    sessions: int
    calls: int
    denied: int
    failed: int


@dataclass(frozen=True, slots=True)
class PersonSummary:
    """One person of one kind in one account."""

    person: str | None
    person_kind: str
    person_id: str | None
    account: str | None
    roles: tuple[str, ...]
    targets: int
    sessions: int
    calls: int
    denied: int
    failed: int
    source_ips: int
    first_seen: datetime
    last_seen: datetime


@dataclass(frozen=True, slots=True)
class MachineSummary:
    """One machine; the row without a target collects calls that name none."""

    target: str | None
    target_name: str | None
    environment: str | None
    target_kind: str | None
    account: str | None
    region: str | None
    people: int
    sessions: int
    calls: int
    denied: int
    failed: int
    first_seen: datetime
    last_seen: datetime


@dataclass(frozen=True, slots=True)
class Tunnel:
    """One destination of port forwarding."""

    destination: str | None
    kind: str
    people: int
    targets: int
    sessions: int
    first_seen: datetime
    last_seen: datetime


@dataclass(frozen=True, slots=True)
class Present:
    """One person who was, or may have been, on a machine at a moment."""

    person: str | None
    person_evidence: str
    person_kind: str
    target: str | None
    target_name: str | None
    account: str | None
    region: str | None
    session_id: str | None
    kind: str
    started_at: datetime | None
    alive_at: datetime | None
    ended_at: datetime | None
    latest_end: datetime | None
    end_evidence: str
    presence: str
    """`certain` or `possible`."""


@dataclass(frozen=True, slots=True)
class DoorCall:
    """One call at another door than Session Manager: it opened it, knocked, or changed how it behaves."""

    at: datetime
    door: str
    person: str | None
    person_evidence: str
    person_kind: str
    target: str | None
    """None where the call names several machines, or none; `detail` says what it names."""
    target_name: str | None
    account: str | None
    region: str | None
    session_id: str | None
    detail: str | None
    status: str
    """`granted denied failed`."""
    event_id: str | None


@dataclass(frozen=True, slots=True)
class Visit:
    """A session, or a call of another door: each visit once."""

    at: datetime
    door: str | None
    """None of a session that no other door opened."""
    kind: str | None
    """Of sessions."""
    person: str | None
    person_evidence: str
    person_kind: str
    target: str | None
    target_name: str | None
    account: str | None
    region: str | None
    session_id: str | None
    detail: str | None
    status: str
    event_id: str | None


@dataclass(frozen=True, slots=True)
class Finding:
    """What deserves a look: one row a rule, person, thing and UTC day."""

    finding_id: str
    """The same in every run over the same records; `[[accept]]` of the access policy names it."""
    rule: str
    severity: str
    """`high medium low info`."""
    person: str | None
    person_kind: str
    target: str | None
    """None where there are several."""
    account: str | None
    region: str | None
    at: datetime
    """Of the first call."""
    sessions: int
    calls: int
    summary: str
    why: str
    """Why it matters."""
    harmless: str
    """What would make it harmless."""
    event_ids: tuple[str, ...]
    baseline_from: datetime | None
    """The days that it was compared with, where it was."""
    baseline_to: datetime | None
    status: str
    """`open accepted`."""


#: The row type of each question; its fields are `FIELDS` of the question.
ROW_TYPES: Final[dict[QuestionName, type]] = {
    "sessions": Session,
    "calls": Call,
    "pairs": Pair,
    "usage": UsageBucket,
    "people": PersonSummary,
    "instances": MachineSummary,
    "tunnels": Tunnel,
    "as-of": Present,
    "doors": DoorCall,
    "visits": Visit,
    "findings": Finding,
}
#: Which rows a filter narrows; the other questions count both.
_FILTERED: Final[dict[QuestionName, tuple[Filtered, ...]]] = {
    "sessions": ("sessions",),
    "calls": ("calls",),
    "as-of": ("sessions",),
    "doors": ("doors",),
    "visits": ("visits",),
    "findings": ("findings",),
}


@dataclass(frozen=True, slots=True, eq=False)
class Rows(Generic[RowT]):
    """The rows of a question. Iterating asks it anew and reads pages of `PAGE_ROWS`, so memory stays small.

    Iterating raises StoreError, UsageError, and Cancelled when `cancelled` is set meanwhile.
    """

    question: Question
    _row: type[RowT]
    _ask: Callable[[Question, Event], Answer] = field(repr=False)
    _cancelled: Event = field(repr=False)

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of a row's fields, in order."""
        return FIELDS[self.question.name]

    def totals(self) -> Totals:
        """How many rows, sessions, people and machines there are."""
        answer = self._ask(self.question, self._cancelled)
        try:
            return answer.totals
        finally:
            answer.close()

    def __iter__(self) -> Iterator[RowT]:
        answer = self._ask(self.question, self._cancelled)
        try:
            for offset in range(0, answer.totals.rows, PAGE_ROWS):
                if self._cancelled.is_set():
                    raise Cancelled
                for row in answer.page(offset, PAGE_ROWS, self.columns):
                    yield self._row(*row)
        finally:
            answer.close()


def question_of(
    name: QuestionName, where: str, since: Moment, until: Moment, zone: str, sort: str | Sequence[str],
    measure: Measure = "sessions", unit: Unit = "day",
) -> Question:  # fmt: skip
    """A question from plain values; a column after `-` is sorted downwards. Raises UsageError, FilterError."""
    scope = Scope(window_of(since, until, zone), Filter.parse(where), zone_name(zone))
    for entity in _FILTERED.get(name, ("sessions", "calls")):
        compile_filter(scope.filter, entity, scope.zone)
    names = (sort,) if isinstance(sort, str) else tuple(sort)
    for column in names:
        if column.removeprefix("-") not in FIELDS[name]:
            known = ", ".join(FIELDS[name])
            raise UsageError(f"{name} has no column {column.removeprefix('-')!r}; it has {known}.")
    sorts = tuple(Sort(column.removeprefix("-"), column.startswith("-")) for column in names)
    return Question(name, scope, sorts, measure, unit)


def as_of_question(
    at: str | datetime, where: str, since: Moment, until: Moment, zone: str, sort: str | Sequence[str], days: int,
    possible_hours: int = POSSIBLE_HOURS,
) -> Question:  # fmt: skip
    """The question `as-of` from plain values; see `Trail.as_of`. Raises UsageError, FilterError."""
    moment = moment_of(at, zone)
    plain = question_of("as-of", where, None, None, zone, sort)
    window = window_of(
        moment - timedelta(days=days) if since is None else since,
        moment + timedelta(hours=possible_hours, seconds=1) if until is None else until,
        zone,
    )
    return replace(plain, scope=replace(plain.scope, window=window), moment=moment, possible_hours=possible_hours)


def moment_of(at: str | datetime, zone: str = "UTC") -> datetime:
    """A moment in UTC; text without an offset is read in the zone. Raises UsageError."""
    return read_moment(at if isinstance(at, str) else at.isoformat(), "--at", datetime.now(UTC), zone)


def window_of(since: Moment, until: Moment, zone: str = "UTC") -> Window:
    """The window between two moments; naive ones are read in the zone. Raises UsageError."""
    return Window.parse(_text(since), _text(until), datetime.now(UTC), zone)


def _text(moment: Moment) -> str | None:
    return moment.isoformat() if isinstance(moment, date) else moment


#: Sessions that are looked up at once.
_AT_ONCE: Final = 50


def with_records(
    sessions: Sequence[ConnectedSession], ask: Callable[[Question, Event], Answer], cancelled: Event
) -> tuple[ConnectedSession, ...]:
    """The sessions with what the records say of them."""
    from ssmtrail.queries.filters.terms import written

    columns = columns_of("sessions")
    known: dict[tuple[Value, ...], Row] = {}
    for first in range(0, len(sessions), _AT_ONCE):
        some = {each.session_id for each in sessions[first : first + _AT_ONCE]}
        terms = (written("session", each, negated=False, exact=True).text for each in sorted(some))
        answer = ask(Question("sessions", Scope(Window(), Filter(" ".join(terms)))), cancelled)
        try:
            for row in answer.page(0, answer.totals.rows, columns):
                found = dict(zip(columns, row, strict=True))
                known[found["account"], found["region"], found["session_id"]] = row
        finally:
            answer.close()
    return tuple(
        replace(each, columns=columns, row=known.get((each.account, each.region, each.session_id), ()))
        for each in sessions
    )
