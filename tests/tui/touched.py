"""A core in memory that counts who touched what from its sessions, so that numbers lead to rows."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Final, get_args

from ssmtrail.queries.filters.keys import KINDS
from ssmtrail.queries.model import Measure
from ssmtrail.queries.views import COLUMN_BIT, MARK_BIT, CellFacts, Machine, Matrix, Person, PersonId
from tests.fakes import NOON, FakeTrail, a_call, a_session
from tests.queries.filters.reference import matches
from tests.tui.organisation import plausible_coverage

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterable, Mapping, Sequence

    from ssmtrail.queries.model import Scope, Value
    from ssmtrail.queries.views import MatrixOrder

    Rows = Sequence[Mapping[str, Value]]
    Pair = tuple[PersonId, str | None]
    Cell = tuple[int, int, str]
    """Counted, refused, mark."""

_TUNNELS: Final = {"port-forward", "remote-port-forward"}


class TouchedDoor(FakeTrail):
    """A `FakeTrail` that counts its sessions and calls."""

    def matrix(
        self, scope: Scope, cancelled: threading.Event, *, measure: Measure = "sessions", order: MatrixOrder = "most",
        turned: bool = False,
    ) -> Matrix:  # fmt: skip
        self.looked_at.append(("matrix", scope, measure, order, turned))
        self._pass(cancelled)
        if self.error is not None:
            raise self.error
        sessions = self._found("sessions", scope)
        starts, counted_rows = _by_pair(sessions), _by_pair(self._found(measure, scope))
        cells: dict[Pair, Cell] = {}
        for pair in {**starts, **counted_rows}:
            rows = counted_rows.get(pair, [])
            refused = len(_refused(starts.get(pair, [])))
            counted = len(rows) if measure == "calls" else len(_started(rows))
            if counted or refused:
                cells[pair] = counted, refused, _mark(counted, rows)
        people = _people(cells, order, sessions)
        machines = _machines(cells, order, sessions)
        return _packed(cells, people, machines, scope, measure, order, turned=turned)

    def cell(self, scope: Scope, who: PersonId, target: str | None, cancelled: threading.Event) -> CellFacts:
        self.looked_at.append(("cell", scope, who, target))
        self._pass(cancelled)
        if self.error is not None:
            raise self.error
        found = (_by_pair(self._found(name, scope)) for name in get_args(Measure))
        rows, calls = (pairs.get((who, target), []) for pairs in found)
        times = [at for row in (*rows, *calls) if isinstance(at := row["at"], datetime)]
        kinds = {str(row["kind"]) for row in _started(rows) or calls}
        return CellFacts(
            len(_started(rows)), len(calls), len(_refused(rows)), 0, min(times, default=None), max(times, default=None),
            tuple(kind for kind in KINDS if kind in kinds), first_ever=any(row.get("first_ever") for row in rows),
        )  # fmt: skip

    def _found(self, name: Measure, scope: Scope) -> Rows:
        return [row for row in self._windowed(name, scope) if matches(scope.filter, row, name, scope.zone)]


def _by_pair(rows: Rows) -> dict[Pair, list[Mapping[str, Value]]]:
    found: dict[Pair, list[Mapping[str, Value]]] = {}
    for row in rows:
        found.setdefault((_who(row), _target(row)), []).append(row)
    return found


def _people(cells: Mapping[Pair, Cell], order: MatrixOrder, sessions: Rows) -> list[Person]:
    found = []
    for who in {who for who, _ in cells}:
        count, refused = _sums(cell for (one, _), cell in cells.items() if one == who)
        label = who.person or f"unknown behind {who.behind}"
        last = _last(row for row in sessions if _who(row) == who)
        found.append(Person(who, label, count, refused, 0, last))
    return sorted(found, key=lambda one: (_order(order, one.count, one.last_us), one.label))


def _machines(cells: Mapping[Pair, Cell], order: MatrixOrder, sessions: Rows) -> list[Machine]:
    found = []
    for target in {target for _, target in cells}:
        count, refused = _sums(cell for (_, one), cell in cells.items() if one == target)
        rows = [row for row in sessions if _target(row) == target]
        name, environment = (_text(rows[0], column) for column in ("target_name", "environment"))
        found.append(Machine(target, name, environment, count, refused, 0, _last(rows)))
    ordered = sorted(found, key=lambda one: (_order(order, one.count, one.last_us), one.name or one.target or "~"))
    return sorted(ordered, key=lambda one: one.environment or "~")


def _packed(
    cells: Mapping[Pair, Cell], people: Sequence[Person],
    machines: Sequence[Machine], scope: Scope, measure: Measure, order: MatrixOrder, *, turned: bool,
) -> Matrix:  # fmt: skip
    packed = ["" for _ in (machines if turned else people)]
    for (who, target), (count, refused, mark) in cells.items():
        row = next(place for place, one in enumerate(people) if one.id == who)
        column = next(place for place, one in enumerate(machines) if one.target == target)
        if turned:
            row, column = column, row
        word = 1 << 63 | column << COLUMN_BIT | " dtfp".index(mark) << MARK_BIT | (count or refused)
        packed[row] += f"{word:016X}"
    total, refused = _sums(cells.values())
    largest = max((count for count, _, _ in cells.values()), default=0)
    return Matrix(
        scope, measure, order, turned, tuple(people), tuple(machines), total, refused, 0, largest, len(cells),
        tuple(packed),
    )  # fmt: skip


def _who(row: Mapping[str, Value]) -> PersonId:
    person = _text(row, "person")
    kind = _text(row, "person_kind") or "unknown"
    return PersonId(_text(row, "account"), person, kind, behind=None if person else _text(row, "role"))


def _target(row: Mapping[str, Value]) -> str | None:
    return _text(row, "target")


def _text(row: Mapping[str, Value], column: str) -> str | None:
    value = row.get(column)
    return None if value is None else str(value)


def _started(rows: Rows) -> Rows:
    return [row for row in rows if row["status"] == "started"]


def _refused(rows: Rows) -> Rows:
    return [row for row in rows if row["status"] in ("denied", "failed")]


def _mark(counted: int, rows: Rows) -> str:
    if not counted:
        return "d"
    if any(row.get("first_ever") for row in rows):
        return "f"
    return "t" if all(row["kind"] in _TUNNELS for row in rows) else " "


def _sums(cells: Iterable[tuple[int, int, str]]) -> tuple[int, int]:
    found = list(cells)
    return sum(count for count, _, _ in found), sum(refused for _, refused, _ in found)


def _last(rows: Iterable[Mapping[str, Value]]) -> int:
    times = [at for row in rows if isinstance(at := row["at"], datetime)]
    return int(max(times, default=NOON).timestamp()) * 1_000_000


def _order(order: MatrixOrder, count: int, last_us: int) -> int:
    return {"most": -count, "name": 0, "last": -last_us}[order]


#: Person, machine, how many sessions, the changes of each.
Touch = tuple[str, str | None, int, dict[str, "Value"]]

MACHINES: Final[dict[str, tuple[str | None, str | None]]] = {
    "i-0web1": ("web-1", "prod"),
    "i-0web2": ("web-2", "prod"),
    "i-0db1": ("db-1", "prod"),
    "i-0app1": ("app-1", "stage"),
    "i-0nameless": (None, None),
}
TOUCHES: Final[tuple[Touch, ...]] = (
    ("jane.doe", "i-0web1", 12, {}),
    ("jane.doe", "i-0web2", 4, {"kind": "ssh"}),
    ("jane.doe", "i-0app1", 1, {}),
    ("max.weber", "i-0db1", 41, {}),
    ("max.weber", "i-0web2", 17, {"kind": "port-forward"}),
    ("temp.contractor", "i-0web1", 3, {"status": "denied", "kind": "unknown"}),
    ("temp.contractor", "i-0app1", 1, {"first_ever": True}),
    ("li.wei", "i-0nameless", 2, {}),
    ("li.wei", None, 1, {}),
    ("", "i-0db1", 5, {}),
    ("jane.doe", "i-0db1", 2, {"status": "denied"}),
    ("jane.doe", "i-0db1", 3, {}),
)


def touched_door(touches: Sequence[Touch] = TOUCHES) -> TouchedDoor:
    """Who touched what, as in the sketch of the matrix; each session is one call, an hour before the one before it."""
    sessions: list[dict[str, Value]] = []
    for person, target, count, changes in touches:
        name, environment = MACHINES.get(target or "", (target, None))
        for _ in range(count):
            number = len(sessions)
            at = NOON - timedelta(hours=number)
            sessions.append(
                a_session(
                    key=f"e{number:03}", event_ids=(f"e{number:03}",), at=at, started_at=at, person=person or None,
                    person_kind="iam-user" if person else "unknown",
                    person_shown=person or "unknown behind Admin", target=target,
                    target_name=name if target else None, environment=environment, **changes,
                )
            )  # fmt: skip
    calls = [_call(session) for session in sessions]
    return TouchedDoor({"sessions": sessions, "calls": calls}, coverage=plausible_coverage(), source_label="demo")


def _call(session: Mapping[str, Value]) -> dict[str, Value]:
    shared = ("key", "at", "person", "person_kind", "person_shown", "target", "target_name", "environment", "kind")
    return a_call(
        **{name: session[name] for name in shared}, event_id=session["key"], event_time=session["at"],
        session_key=session["key"], status="denied" if session["status"] == "denied" else "ok",
    )  # fmt: skip


def crowd(people: int, machines: int, sessions: int) -> TouchedDoor:
    """Sessions of many people on many machines, the first ones most."""
    chance = Random(3)
    environments = ("prod", "prod", "stage", "dev")
    rows: list[dict[str, Value]] = []
    for number in range(sessions):
        who, which = (int(many * chance.random() ** 2) for many in (people, machines))
        at = NOON - timedelta(minutes=20 * number)
        denied = (who * 7 + which) % 23 == 0
        rows.append(
            a_session(
                key=f"e{number:05}", event_ids=(f"e{number:05}",), at=at, started_at=at,
                person=f"{_NAMES[who % len(_NAMES)]}{who // len(_NAMES) or ''}@example.com",
                target=f"i-0{which * 7_919:016x}", target_name=f"{_ROLES[which % 4]}-{which // 4 + 1}",
                environment=environments[which % 4], kind=("shell", "shell", "port-forward")[(who + which) % 3],
                status="denied" if denied else "started", first_ever=(who + 3 * which) % 11 == 0,
            )
        )  # fmt: skip
    return TouchedDoor(
        {"sessions": rows, "calls": [_call(row) for row in rows]}, coverage=plausible_coverage(), source_label="demo"
    )


_NAMES: Final = ("jane.doe", "max.weber", "li.wei", "o.okafor", "sam.lindqvist", "marta.silva", "ivan.horvat", "ci")
_ROLES: Final = ("web", "db", "app", "box")
