"""What is counted of a made-up organisation: the rows of its people, machines, tunnels, pairs, the page of each."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

from ssmtrail.queries.filters import Filter
from ssmtrail.queries.model import Scope
from ssmtrail.queries.relations import columns_of
from ssmtrail.queries.times import Window
from ssmtrail.queries.views import Heat, Page, Part, Parts
from tests.fakes import FakeTrail
from tests.tui.organisation import plausible_coverage, plausible_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from ssmtrail.queries.model import QuestionName, Value

    Rows = Sequence[Mapping[str, Value]]

ACCOUNT = "111122223333"
_TARGETS = {name: f"i-0{number}a1b2c3d4e5f60{number}7" for number, name in enumerate(
    ("web-1", "web-2", "web-3", "db-1", "app-2", "box-1"), 1
)}  # fmt: skip


def counted_door(count: int = 1_284) -> FakeTrail:
    """A door over the organisation that counts as well; its pages are those of its first person and machine."""
    rows, views = _counted(count)
    trail = FakeTrail(rows, coverage=plausible_coverage(), source_label="demo")
    trail.views = dict(views)
    return trail


@cache
def _counted(count: int) -> tuple[Mapping[QuestionName, Rows], Mapping[str, Page]]:
    sessions, calls = ([_steady(row) for row in rows] for rows in plausible_rows(count))
    rows: dict[QuestionName, Rows] = {"sessions": sessions, "calls": calls}
    rows |= {
        "people": _summed(sessions, calls, _person_key, _person),
        "instances": _summed(sessions, calls, _machine_key, _machine),
        "tunnels": _summed(_forwarding(sessions), _forwarding(calls), _tunnel_key, _tunnel),
        "pairs": _summed(sessions, calls, _pair_key, _pair),
    }  # fmt: skip
    return rows, {
        "person": a_page("people", rows["people"][0], sessions),
        "instance": a_page("instances", rows["instances"][0], sessions),
    }


def a_page(name: QuestionName, row: Mapping[str, Value], sessions: Rows) -> Page:
    """The page of a row of `people` or `instances`; its hours are those of all sessions."""
    counts = [[0] * 24 for _ in range(7)]
    for session in sessions:
        at: Any = session["at"]
        counts[at.weekday()][at.hour] += 1
    heat = Heat(Scope(Window(), Filter()), "sessions", tuple(map(tuple, counts)), (), ())
    last: Any = row["last_seen"]
    parts = (
        Parts("kind", (Part('"shell"', "shell", 90, 120, 0, 0, last), Part("null", "unknown", 0, 7, 7, 0, last)), 2),
        Parts("role", (Part('"Admin"', "Admin", 88, 120, 7, 0, last), Part("null", "no role", 2, 7, 0, 0, last)), 2),
        Parts("address", tuple(
            Part(f'"203.0.113.{n}"', f"203.0.113.{n}", 20 - n, 30 - n, 0, 0, last) for n in range(8)
        ), 12),
        Parts("account", (Part(f'"{ACCOUNT}"', ACCOUNT, 90, 127, 7, 0, last),), 1),
    )  # fmt: skip
    return Page(columns_of(name), tuple(row.get(column) for column in columns_of(name)), heat, parts)


def _steady(row: Mapping[str, Value]) -> dict[str, Value]:
    """A machine has one id; somebody is known by a role alone."""
    name = row.get("target_name")
    changes: dict[str, Value] = {"target": _TARGETS[str(name)]} if name else {"target": None}
    if row["person"] == "temp.contractor":
        changes |= {"person": None, "person_shown": "unknown behind Contractor", "role": "Contractor"}
        changes |= {"person_kind": "unknown", "person_evidence": "none"}
    return dict(row) | changes


def _forwarding(rows: Rows) -> Rows:
    return [row for row in rows if "forward" in str(row["kind"])]


def _summed(
    sessions: Rows,
    calls: Rows,
    key: Callable[[Mapping[str, Value]], list[Value]],
    about: Callable[[Rows], dict[str, Value]],
) -> list[dict[str, Value]]:
    found: dict[str, tuple[list[Mapping[str, Value]], list[Mapping[str, Value]]]] = {}
    for rows, number in ((sessions, 0), (calls, 1)):
        for row in rows:
            found.setdefault(json.dumps(key(row), separators=(",", ":")), ([], []))[number].append(row)
    summed = [
        {"key": name, **about([*ours, *theirs]), **_numbers(ours, theirs), **_seen([*ours, *theirs])}
        for name, (ours, theirs) in found.items()
    ]
    return sorted(summed, key=lambda row: (-int(row["sessions"]), row["key"]))


def _numbers(sessions: Rows, calls: Rows) -> dict[str, Any]:
    started = sum(row["status"] == "started" for row in sessions)
    return {"sessions": started, "calls": len(calls)} | {
        name: sum(row["status"] == name for row in sessions) for name in ("denied", "failed")
    }


def _seen(rows: Rows) -> dict[str, Any]:
    times: Iterable[Any] = [row["at"] for row in rows]
    return {"first_seen": min(times), "last_seen": max(times)}


def _distinct(rows: Rows, column: str) -> int:
    return len({row.get(column) for row in rows} - {None})


def _person_key(row: Mapping[str, Value]) -> list[Value]:
    kind = "iam-user" if row["person"] else "unknown"
    return [ACCOUNT, row["person"], None if row["person"] else row["role"], kind, None]


def _machine_key(row: Mapping[str, Value]) -> list[Value]:
    return [row["target"]]


def _tunnel_key(row: Mapping[str, Value]) -> list[Value]:
    return [row["destination"], row["kind"]]


def _pair_key(row: Mapping[str, Value]) -> list[Value]:
    return [*_person_key(row), row["target"]]


def _person(rows: Rows) -> dict[str, Any]:
    one = rows[0]
    roles = tuple(sorted({str(row["role"]) for row in rows}))
    return {name: one[name] for name in ("person", "person_shown")} | {
        "account": ACCOUNT, "roles": roles, "behind": None if one["person"] else one["role"],
        "person_kind": "iam-user" if one["person"] else "unknown",
        "targets": _distinct(rows, "target"), "source_ips": _distinct(rows, "source_ip"),
    }  # fmt: skip


def _machine(rows: Rows) -> dict[str, Any]:
    one = rows[0]
    known = {"target_kind": "ec2", "account": ACCOUNT, "region": "eu-central-1"} if one["target"] else {}
    names = ("target", "target_name", "environment") if one["target"] else ()
    return {name: one[name] for name in names} | known | {"people": _distinct(rows, "person_shown")}


def _tunnel(rows: Rows) -> dict[str, Any]:
    one = {name: rows[0][name] for name in ("destination", "kind")}
    return one | {"people": _distinct(rows, "person_shown"), "targets": _distinct(rows, "target")}


def _pair(rows: Rows) -> dict[str, Any]:
    machine = {name: rows[0][name] for name in ("target", "target_name", "environment")} if rows[0]["target"] else {}
    return machine | {
        "person": rows[0]["person"], "person_shown": rows[0]["person_shown"], "account": ACCOUNT,
        "behind": None if rows[0]["person"] else rows[0]["role"],
        "person_kind": "iam-user" if rows[0]["person"] else "unknown",
    }  # fmt: skip
