"""A core that answers from rows in memory, which tests can hold and release."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, cast

from ssmtrail.queries.errors import Cancelled, StoreError, TrailError, UsageError
from ssmtrail.queries.model import (
    CallDetail,
    ConsoleSql,
    Coverage,
    Plan,
    Progress,
    QueryRun,
    Question,
    QuestionName,
    Row,
    SessionDetail,
    Spendings,
    Totals,
    Value,
)
from ssmtrail.queries.relations import columns_of
from ssmtrail.queries.trail import Trail
from ssmtrail.queries.views import COLUMN_BIT, MARK_BIT, Machine, Matrix, Person, PersonId
from tests.queries.filters.reference import matches

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from ssmtrail.queries.model import ConsoleQueryName, Entity, Measure, Scope, Spelling
    from ssmtrail.queries.times import Unit, Window
    from ssmtrail.queries.views import AsOf, Breakdown, CellFacts, Heat, MatrixOrder, Page, Usage

NOON: Final = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)

_SESSION: Final[dict[str, Value]] = {
    "session_id": "jane.doe-0ab1c2d3e4f5a6b7c", "account": "111122223333", "region": "eu-central-1",
    "person": "jane.doe", "identity_arn": "arn:aws:sts::111122223333:assumed-role/Admin/jane.doe",
    "identity_type": "AssumedRole", "role": "Admin", "source_ip": "203.0.113.7", "user_agent": "aws-cli/2.15",
    "target": "i-0ab1c2d3e4f5a6b7c", "target_kind": "ec2", "target_name": "web-3", "kind": "shell",
    "started_at": NOON, "at": NOON, "end_evidence": "unknown", "resumes": 0, "status": "started",
    "event_ids": ("e1",), "key": "e1", "environment": "prod", "person_evidence": "issuer",
    "person_kind": "iam-user", "person_shown": "jane.doe",
}  # fmt: skip
_CALL: Final[dict[str, Value]] = {
    "event_id": "e1", "event_time": NOON, "event_name": "StartSession", "person": "jane.doe",
    "identity_arn": "arn:aws:sts::111122223333:assumed-role/Admin/jane.doe", "target": "i-0ab1c2d3e4f5a6b7c",
    "session_id": "jane.doe-0ab1c2d3e4f5a6b7c", "source_ip": "203.0.113.7", "account": "111122223333",
    "region": "eu-central-1", "user_agent": "aws-cli/2.15", "key": "e1", "at": NOON, "status": "ok",
    "target_kind": "ec2", "target_name": "web-3", "environment": "prod", "kind": "shell", "role": "Admin",
    "identity_type": "AssumedRole", "person_evidence": "issuer", "person_kind": "iam-user", "person_shown": "jane.doe",
    "session_key": "e1",
}  # fmt: skip


def a_session(**changes: Value) -> dict[str, Value]:
    """A row of `sessions`: jane.doe's plain shell on web-3, but for the changes."""
    return _named(_SESSION | changes)


def a_call(**changes: Value) -> dict[str, Value]:
    """A row of `calls`: the start of `a_session`, but for the changes."""
    return _named(_CALL | changes)


def _named(row: dict[str, Value]) -> dict[str, Value]:
    """The row with its machine's name as the only one that the machine ever had, unless it says others."""
    name = row["target_name"]
    return {"target_names": (str(name),) if name is not None else None} | row


def a_matrix(scope: Scope, cells: Mapping[tuple[str | None, str | None], int]) -> Matrix:
    """A matrix of these counts by person and target, in their order of mention; a negative count is of refusals."""
    people = list(dict.fromkeys(person for person, _ in cells))
    targets = list(dict.fromkeys(target for _, target in cells))
    packed = ["" for _ in people]
    for (person, target), number in cells.items():
        mark = 1 if number < 0 else 0
        word = 1 << 63 | targets.index(target) << COLUMN_BIT | mark << MARK_BIT | abs(number)
        packed[people.index(person)] += f"{word:016X}"

    def total(number: int, name: str | None, sign: int = 1) -> int:
        return sum(max(0, sign * count) for names, count in cells.items() if names[number] == name)

    seen = int(NOON.timestamp()) * 1_000_000
    persons = tuple(
        Person(
            PersonId(
                "111122223333", person, "role-session" if person else "unknown", behind=None if person else "Admin",
            ),
            person or "unknown behind Admin",
            total(0, person), total(0, person, -1), 0, seen,
        )
        for person in people
    )  # fmt: skip
    machines = tuple(Machine(target, None, None, total(1, target), total(1, target, -1), 0, seen) for target in targets)
    return Matrix(
        scope, "sessions", "most", False, persons, machines,
        sum(person.count for person in persons), sum(person.denied for person in persons), 0,
        max([0, *cells.values()]), len(cells), tuple(packed),
    )  # fmt: skip


@dataclass
class FakeAnswer:
    """An answer whose rows are in memory."""

    question: Question
    rows: tuple[Mapping[str, Value], ...]
    rows_unfiltered: int
    closed: bool = False
    completed: bool = False
    pages: list[tuple[int, int]] = field(default_factory=list)
    """Offset and limit of every page that was asked for."""

    @property
    def columns(self) -> tuple[str, ...]:
        return columns_of(self.question.name)

    @property
    def totals(self) -> Totals:
        started = sum(row.get("status") == "started" for row in self.rows)
        people, machines = (_distinct(self.rows, column) for column in ("person", "target"))
        return Totals(len(self.rows), self.rows_unfiltered, started, people, machines)

    def page(self, offset: int, limit: int, columns: Sequence[str] | None = None) -> tuple[Row, ...]:
        if self.closed:
            raise StoreError("This answer is closed.")
        self.pages.append((offset, limit))
        names = self.columns if columns is None else columns
        return tuple(tuple(row.get(name) for name in names) for row in self.rows[offset : offset + limit])

    def lines(self, offset: int, limit: int, columns: Sequence[str], spelling: Spelling) -> Sequence[str | Row]:
        return self.page(offset, limit, columns)

    def position(self, key: str, at: datetime | None = None) -> int | None:
        return next((number for number, row in enumerate(self.rows) if row.get("key") == key), None)

    def complete(self, cancelled: threading.Event) -> None:
        self.completed = True

    def close(self) -> None:
        self.closed = True


class FakeTrail(Trail):
    """A trail over rows given as dictionaries by question; columns that are left out are unknown.

    Filters and windows apply to `sessions` and `calls`; other questions are answered as given, so are the views. After
    `hold` every fetch and every question waits for `release` or for its `cancelled`.
    """

    source_label = ""

    def __init__(
        self,
        rows: Mapping[QuestionName, Iterable[Mapping[str, Value]]] | None = None,
        *,
        coverage: Coverage | None = None,
        source_label: str = "fake",
        progress: Iterable[Progress] = (),
        fetch_error: TrailError | None = None,
    ) -> None:
        self.rows: dict[QuestionName, tuple[Mapping[str, Value], ...]] = {
            name: tuple(found) for name, found in (rows or {}).items()
        }
        self.covered = coverage if coverage is not None else Coverage(files=1, bytes=1_000, as_of=NOON)
        self.source_label = source_label
        self.progress = tuple(progress)
        self.fetch_error = fetch_error
        self.asked: list[Question] = []
        """Every question, in the order in which they came."""
        self.answers: list[FakeAnswer] = []
        self.views: dict[str, Any] = {}
        """What `matrix`, `cell`, `usage`, ... give, by the name of the method."""
        self.looked_at: list[tuple[object, ...]] = []
        """Every call of these: the name, then what was asked."""
        self.visits: tuple[tuple[str, int], ...] = ()
        """Other doors with their visits."""
        self.prepared = 0
        self.fetches = 0
        self.agreed: Plan | None = None
        """What the last fetch was given."""
        self.planned = Plan(NOON)
        self.ran: tuple[QueryRun, ...] = ()
        self.spent = Spendings(NOON.date())
        self.planned_again: list[str] = []
        """Keys of the queries whose days were planned again."""
        self.console = ConsoleSql('SELECT 1\nFROM "audit"."trail"', '"audit"."trail"')
        self.stopped: list[str] = []
        self.closed = False
        self.error: TrailError | None = None
        """Raised by the next questions instead of an answer."""
        self.waiting = threading.Event()
        """Set while something waits to be released."""
        self._free = threading.Event()
        self._free.set()

    def hold(self) -> None:
        """Let everything that is asked from now on wait."""
        self._free.clear()

    def release(self) -> None:
        """Let everything go on."""
        self.waiting.clear()
        self._free.set()

    def fetch(
        self, report: Callable[[Progress], None], cancelled: threading.Event, agreed: Plan | None = None, *,
        early: bool = True, only: frozenset[int] | None = None,
    ) -> Progress:  # fmt: skip
        self.fetches += 1
        self.agreed = agreed
        for progress in self.progress:
            report(progress)
        try:
            self._pass(cancelled)
        except Cancelled:
            return Progress("cancelled")
        if self.fetch_error is not None:
            raise self.fetch_error
        return replace(self.progress[-1], state="done") if self.progress else Progress("done", snapshot=1)

    def plan(
        self, window: Window, cancelled: threading.Event, *, refresh: bool = False, again: int = 0, renew: bool = False,
        report: Callable[[Progress], None] = lambda _: None, only: frozenset[int] | None = None,
    ) -> Plan:  # fmt: skip
        self._pass(cancelled)
        return self.planned

    def plan_again(self, key: str, cancelled: threading.Event) -> Plan:
        self.planned_again.append(key)
        self._pass(cancelled)
        return self.planned

    def console_sql(
        self, name: ConsoleQueryName, scope: Scope, cancelled: threading.Event, *, unit: Unit = "day"
    ) -> ConsoleSql:
        self.looked_at.append(("console_sql", name, scope, unit))
        self._pass(cancelled)
        if self.error is not None:
            raise self.error
        return self.console

    def values(
        self, scope: Scope, key: str, start: str, cancelled: threading.Event, *, entity: Entity = "sessions",
        most: int = 8,
    ) -> tuple[tuple[str, int], ...]:  # fmt: skip
        self.looked_at.append(("values", scope, key, start, entity))
        self._pass(cancelled)
        found = self.views.get("values", {}).get(key, {})
        return tuple((value, number) for value, number in found.items() if value.startswith(start))[:most]

    def queries(self) -> tuple[QueryRun, ...]:
        return self.ran

    def spendings(self) -> Spendings:
        return self.spent

    def stop_query(self, key: str) -> None:
        self.stopped.append(key)

    def coverage(self, window: Window) -> Coverage:
        return self.covered

    def ask(self, question: Question, cancelled: threading.Event) -> FakeAnswer:
        self.asked.append(question)
        self._pass(cancelled)
        if self.error is not None:
            raise self.error
        unfiltered = [row for row in self.rows.get(question.name, ()) if _in_window(row, question)]
        found = [row for row in unfiltered if _in_filter(row, question)]
        for sort in reversed(question.sort):
            if sort.column not in columns_of(question.name):
                raise UsageError(f"There is no column {sort.column!r}.")
            found.sort(key=lambda row, sort=sort: _sort_key(row.get(sort.column)), reverse=sort.descending)  # type: ignore[misc]
        answer = FakeAnswer(question, tuple(found), len(unfiltered))
        self.answers.append(answer)
        return answer

    def session(self, key: str, scope: Scope, at: datetime | None = None) -> SessionDetail:
        columns = columns_of("sessions")
        row = next((row for row in self.rows.get("sessions", ()) if row.get("key") == key), None)
        if row is None:
            raise UsageError(f"There is no session {key!r}.")
        calls = tuple(_detail(call) for call in self.rows.get("calls", ()) if call.get("session_key") == key)
        return SessionDetail(columns, tuple(row.get(name) for name in columns), calls)

    def call(self, key: str, scope: Scope) -> CallDetail:
        for row in self.rows.get("calls", ()):
            if row.get("key") == key:
                return _detail(row)
        raise UsageError(f"There is no call {key!r}.")

    def prepare(self, cancelled: threading.Event) -> None:
        self.prepared += 1

    def totals(self, scope: Scope, cancelled: threading.Event, *, measure: Measure = "sessions") -> Totals:
        self._pass(cancelled)
        if self.error is not None:
            raise self.error
        # An orphan counts by its calls alone.
        sessions = [row for row in self._windowed("sessions", scope) if row.get("status") != "orphan"]
        started = [row for row in sessions if row.get("status") == "started"]
        calls = self._windowed("calls", scope)
        all_rows = started if measure == "sessions" else calls
        rows = [row for row in all_rows if _in_filter(row, Question(measure, scope))]
        shown = [row for row in sessions if _in_filter(row, Question("sessions", scope))]
        callers = [row for row in calls if _in_filter(row, Question("calls", scope))]
        people, machines = (_distinct([*shown, *callers], column) for column in ("person", "target"))
        sessions_shown = sum(row.get("status") == "started" for row in shown)
        return Totals(len(rows), len(all_rows), sessions_shown, people, machines)

    def readable(self, scope: Scope) -> Scope:
        """Nothing is spelled alike here."""
        return replace(scope, filter=scope.filter.relaxed(lambda _key, _value: True))

    def _windowed(self, name: QuestionName, scope: Scope) -> list[Mapping[str, Value]]:
        return [row for row in self.rows.get(name, ()) if _in_window(row, Question(name, scope))]

    def other_doors(self, scope: Scope, cancelled: threading.Event) -> tuple[tuple[str, int], ...]:
        """Visits by door; the scope is not looked at."""
        self._pass(cancelled)
        return self.visits

    def matrix(
        self, scope: Scope, cancelled: threading.Event, *, measure: Measure = "sessions", order: MatrixOrder = "most",
        turned: bool = False,
    ) -> Matrix:  # fmt: skip
        found: Matrix = self._view("matrix", cancelled, scope, measure, order, turned)
        return replace(found, scope=scope, measure=measure, order=order)

    def cell(self, scope: Scope, who: PersonId, target: str | None, cancelled: threading.Event) -> CellFacts:
        found: CellFacts = self._view("cell", cancelled, scope, who, target)
        return found

    def chart(
        self, scope: Scope, cancelled: threading.Event, *, measure: Measure = "sessions", unit: Unit = "day",
        breakdown: Breakdown = "none",
    ) -> Usage:  # fmt: skip
        found: Usage = self._view("usage", cancelled, scope, measure, unit, breakdown)
        return replace(found, scope=scope, measure=measure, unit=unit, breakdown=breakdown)

    def heat(self, scope: Scope, cancelled: threading.Event, *, measure: Measure = "sessions") -> Heat:
        found: Heat = self._view("heat", cancelled, scope, measure)
        return replace(found, scope=scope, measure=measure)

    def person(self, who: PersonId, scope: Scope, cancelled: threading.Event, *, measure: Measure = "sessions") -> Page:
        found: Page = self._view("person", cancelled, who, scope, measure)
        return found

    def instance(
        self, target: str | None, scope: Scope, cancelled: threading.Event, *, measure: Measure = "sessions"
    ) -> Page:
        found: Page = self._view("instance", cancelled, target, scope, measure)
        return found

    def machine_as_of(self, target: str, moment: datetime, scope: Scope, cancelled: threading.Event) -> AsOf:
        found: AsOf = self._view("as_of", cancelled, target, moment, scope)
        return replace(found, target=target, moment=moment)

    def close(self) -> None:
        self.closed = True
        self._free.set()

    def _view(self, name: str, cancelled: threading.Event, *asked: object) -> Any:
        self.looked_at.append((name, *asked))
        self._pass(cancelled)
        if self.error is not None:
            raise self.error
        if name not in self.views:
            raise UsageError(f"There is no {name} here.")
        return self.views[name]

    def _pass(self, cancelled: threading.Event) -> None:
        while not self._free.wait(0.01):
            self.waiting.set()
            if cancelled.is_set():
                raise Cancelled
        if cancelled.is_set():
            raise Cancelled


def _distinct(rows: Iterable[Mapping[str, Value]], column: str) -> int:
    return len({row.get(column) for row in rows} - {None})


def _in_window(row: Mapping[str, Value], question: Question) -> bool:
    moment = row.get("at")
    return not isinstance(moment, datetime) or question.scope.window.contains(moment)


def _in_filter(row: Mapping[str, Value], question: Question) -> bool:
    if not question.scope.filter.terms or (question.name != "sessions" and question.name != "calls"):
        return True
    return matches(question.scope.filter, row, question.name, question.scope.zone)


def _sort_key(value: Value) -> tuple[bool, Any]:
    return (value is None, value)


def _detail(row: Mapping[str, Value]) -> CallDetail:
    event_id, moment, person, ip = (row.get(name) for name in ("event_id", "event_time", "person", "source_ip"))
    assert isinstance(moment, datetime)
    outcome = str(row.get("error_code") or "ok")
    return CallDetail(
        str(event_id), moment, str(row.get("event_name")), outcome, cast("str | None", person), cast("str | None", ip),
        f'{{"eventID": "{event_id}"}}',
    )  # fmt: skip
