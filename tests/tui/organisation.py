"""A made-up organisation in memory: enough sessions to look at, the same in every run."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import cache
from random import Random
from typing import TYPE_CHECKING, Final

from ssmtrail.queries.model import Coverage, DayCoverage, Progress, Unreadable
from tests.fakes import NOON, FakeTrail, a_call, a_session

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ssmtrail.queries.model import Value

    Rows = tuple[Mapping[str, Value], ...]

_PEOPLE: Final = ("jane.doe", "max.weber", "li.wei", "ci-deploy", "temp.contractor", "o.okafor", "sam.lindqvist")
_MACHINES: Final = (
    ("web-1", "prod"), ("web-2", "prod"), ("web-3", "prod"), ("db-1", "prod"), ("app-2", "stage"), ("box-1", "dev"),
    (None, None),
)  # fmt: skip
_KINDS: Final = ("shell", "shell", "shell", "remote-port-forward", "ssh", "command", "port-forward")
_FOLDER: Final = "AWSLogs/111122223333/CloudTrail/eu-central-1/2026/11/06"
_ADDRESSES: Final = ("203.0.113.7", "198.51.100.23", "192.0.2.44", "10.2.0.8", "2001:db8::17")


@cache
def plausible_rows(count: int) -> tuple[Rows, Rows]:
    """So many sessions over thirty days, newest first, with their calls; shared by all that ask for as many."""
    chance = Random(7)
    sessions, calls = [], []
    at = NOON + timedelta(minutes=4, seconds=11)
    for number in range(count):
        session = _session(chance, number, at)
        sessions.append(session)
        calls += _calls(session)
        at -= timedelta(seconds=chance.randrange(20, 60 * 60))
    calls.sort(key=lambda call: str(call["at"]), reverse=True)
    return tuple(sessions), tuple(calls)


def _session(chance: Random, number: int, at: datetime) -> dict[str, Value]:
    person, kind = chance.choice(_PEOPLE), chance.choice(_KINDS)
    name, environment = chance.choice(_MACHINES)
    target = f"i-0{chance.getrandbits(64):016x}"
    row = a_session(
        key=f"e{number:06}-start", session_id=f"{person}-{chance.getrandbits(68):017x}", person=person,
        person_shown=person, identity_arn=f"arn:aws:sts::111122223333:assumed-role/Admin/{person}", kind=kind,
        target=target, target_name=name, environment=environment, source_ip=chance.choice(_ADDRESSES), at=at,
        started_at=at, event_ids=(f"e{number:06}-start",), first_ever=chance.random() < 0.05, mfa=None,
        destination={"remote-port-forward": "orders.rds.internal:5432", "port-forward": "localhost:8080"}.get(kind),
        document="AWS-StartPortForwardingSessionToRemoteHost" if kind == "remote-port-forward" else None,
        command="tail -f /var/log/messages" if kind == "command" else None,
        reason=chance.choice((None, None, "INC-4711", "CHG-99 nightly restart")),
    )  # fmt: skip
    return row | _end(chance, row, at)


def _end(chance: Random, row: Mapping[str, Value], at: datetime) -> dict[str, Value]:
    seconds, number = chance.randrange(3, 9_000), str(row["key"])
    match chance.randrange(12):
        case 0 | 1 | 2 | 3:
            ended = at + timedelta(seconds=seconds)
            calls = (number, number.replace("start", "end"))
            return {"end_evidence": "terminated", "ended_at": ended, "length_seconds": float(seconds),
                    "length_bound": "exact", "ended_by": row["person"], "event_ids": calls}  # fmt: skip
        case 4 | 5:
            alive = at + timedelta(seconds=seconds)
            calls = (number, number.replace("start", "resume"))
            return {"end_evidence": "alive-at", "alive_at": alive, "length_seconds": float(seconds),
                    "length_bound": "least", "resumes": 1, "event_ids": calls}  # fmt: skip
        case 6:
            return {"end_evidence": "no-shell", "ended_at": at + timedelta(seconds=1), "length_seconds": 1.0}
        case 7:
            return {"status": "denied", "error_code": "AccessDenied", "session_id": None, "target": None,
                    "error_message": "User is not authorized to perform: ssm:StartSession", "target_name": None,
                    "environment": None, "kind": "unknown"}  # fmt: skip
        case 8 if chance.random() < 0.2:
            return {"status": "orphan", "started_at": None, "kind": "unknown", "target": None, "target_name": None}
    return {}


def _calls(session: Mapping[str, Value]) -> list[dict[str, Value]]:
    names = {"start": "StartSession", "resume": "ResumeSession", "end": "TerminateSession"}
    moments = {"start": session["at"], "resume": session.get("alive_at"), "end": session.get("ended_at")}
    events = session["event_ids"]
    assert isinstance(events, tuple)
    shared = ("person", "person_shown", "identity_arn", "target", "target_name", "environment", "session_id", "kind",
              "source_ip", "destination", "reason", "error_code", "error_message")  # fmt: skip
    return [
        a_call(
            **{name: session.get(name) for name in shared}, event_id=event, key=event, session_key=session["key"],
            event_time=moments[(part := event.rpartition("-")[2])], at=moments[part], event_name=names[part],
            status="denied" if session["status"] == "denied" else "ok",
        )
        for event in events
    ]  # fmt: skip


def plausible_coverage() -> Coverage:
    """Thirty days, today open, one with a file that could not be read."""
    first = date(2026, 10, 25)
    days = [DayCoverage(first + timedelta(days=day), "kept", 12, 2_900_000) for day in range(30)]
    days[12] = replace(days[12], unreadable=2)
    days[29] = replace(days[29], state="open")
    broken = (
        Unreadable(f"{_FOLDER}/a_20261106T1205Z_x.json.gz", "truncated gzip"),
        Unreadable(f"{_FOLDER}/b_20261106T1210Z_y.json.gz", "not JSON at byte 18", records_kept=3),
    )  # fmt: skip
    return Coverage(tuple(days), broken, 360, 87_000_000, NOON + timedelta(minutes=6), first, date(2026, 11, 23))


def plausible_door(count: int = 1_284) -> FakeTrail:
    """A door over the organisation."""
    sessions, calls = plausible_rows(count)
    return FakeTrail(
        {"sessions": sessions, "calls": calls},
        coverage=plausible_coverage(),
        source_label="demo",
        progress=[Progress("reading", 120, 400, 34_000_000, 100_000_000, 9_000, 1_204, 8.0, 12.0, 1)],
    )
