"""What holds of every trail: answers depend on its records alone, and claim no more than they prove."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any, Final

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ssmtrail.queries.model import POSSIBLE_HOURS, QuestionName
from ssmtrail.queries.rows import as_of_question
from ssmtrail.queries.sources.files.source import FilesSource
from ssmtrail.queries.trail import Trail
from tests.records import (
    ACCOUNT,
    OTHER_ACCOUNT,
    REGION,
    ask,
    assume_role,
    assumed_role,
    denied,
    iam_user,
    resume,
    sso,
    start,
    terminate,
    write_file,
)
from tests.thorough import times

if TYPE_CHECKING:
    from tests.records import Record

QUESTIONS: Final[tuple[QuestionName, ...]] = ("sessions", "calls", "pairs", "usage", "people", "instances", "tunnels")
COUNTING: Final[tuple[QuestionName, ...]] = ("pairs", "usage", "people", "instances")
#: Evidence, the weakest first.
GRADES: Final = ("none", "session-name", "source-identity", "issuer", "identity")
FIRST: Final = datetime(2026, 11, 1, tzinfo=UTC)
CLI: Final = "aws-cli/2.17.0 md/command#ssm.start-session"
POSSIBLE: Final = timedelta(hours=POSSIBLE_HOURS)

#: So few of each that calls meet: the same session, key, moment.
IDENTITIES: Final[tuple[Record, ...]] = (
    iam_user("jane"),
    iam_user("max", key="AKIAMAX"),
    sso("Admin", "kim"),
    assumed_role("ops", "jane", key="ASIA1"),
    assumed_role("ops", "botocore-session-1", key="ASIA2"),
    assumed_role("ops", "x", key="ASIA3", source_identity="max"),
    {"type": "AWSService", "invokedBy": "ecs.amazonaws.com"},
    {"type": "AWSAccount", "accountId": OTHER_ACCOUNT, "principalId": "AIDAX"},
)
MOMENTS = st.sampled_from([0, 1, 2, 60, 3600, 3601, 7200, 86_400, 86_401, 2 * 86_400]).map(
    lambda seconds: (FIRST + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")
)
SESSIONS = st.sampled_from(["jane-1", "botocore-session-1-2", "kim-3"])


@st.composite
def calls(draw: st.DrawFn) -> Record:
    """One call of the three, or one that issues a key."""
    time, session, who = draw(MOMENTS), draw(SESSIONS), draw(st.sampled_from(IDENTITIES))
    more: Record = {"userAgent": draw(st.sampled_from([CLI, "Boto3/1.35.0"]))}
    match draw(st.sampled_from(["start", "start", "resume", "end", "refused", "failed", "issue", "issue"])):
        case "start":
            return start(time, session, draw(st.sampled_from(["i-0aaaa111", "i-0bbbb222"])), who, **more)
        case "resume":
            return resume(time, session, who, **more)
        case "end":
            return terminate(time, session, who, **more)
        case "refused":
            name = draw(st.sampled_from(["StartSession", "ResumeSession", "TerminateSession"]))
            return denied(name, time, f"arn:aws:ssm:{REGION}:{ACCOUNT}:session/{session}", who, **more)
        case "failed":
            return start(time, None, "i-0aaaa111", who, errorCode="TargetNotConnected")
        case _:
            name, key = draw(st.sampled_from([("jane", "ASIA1"), ("botocore-session-1", "ASIA2"), ("x", "ASIA3")]))
            return assume_role(time, name, key, draw(st.sampled_from(IDENTITIES[:6])))


@st.composite
def worlds(draw: st.DrawFn) -> list[Record]:
    """Calls, some of which have copies: whole, in another account, scrubbed, contradicting."""
    records = draw(st.lists(calls(), min_size=3, max_size=10))
    for record in draw(st.lists(st.sampled_from(records), max_size=4)):
        change = draw(st.sampled_from(["none", "shared", "scrubbed", "person", "outcome", "no id", "another id"]))
        if change == "shared":
            record["sharedEventID"] = f"shared-{record['eventID']}"
            records.append(record | {"recipientAccountId": OTHER_ACCOUNT, "eventID": f"{record['eventID']}-2"})
        elif change == "scrubbed":
            records.append(record | {"requestParameters": None, "responseElements": None})
        elif change == "person":
            records.append(record | {"userIdentity": draw(st.sampled_from(IDENTITIES))})
        elif change == "outcome":
            records.append(record | {"errorCode": "AccessDeniedException"})
        elif change == "no id":
            records.append({key: value for key, value in record.items() if key != "eventID"})
        elif change == "another id":
            records.append(record | {"eventID": f"{record['eventID']}-3"})
        else:
            records.append(record)
    return records


def answers(service: Trail) -> dict[str, list[dict[str, Any]]]:
    return {name: ask(service, name) for name in QUESTIONS}


def differences(some: dict[str, list[dict[str, Any]]], others: dict[str, list[dict[str, Any]]]) -> list[Any]:
    """What differs between answers: question, key or number of rows, and the fields with both values."""
    found: list[Any] = []
    for name, rows in some.items():
        if len(rows) != len(others[name]):
            found.append((name, len(rows), len(others[name])))
        for row, other in zip(rows, others[name], strict=False):
            fields = {field: (value, other[field]) for field, value in row.items() if value != other[field]}
            found += [(name, row.get("key"), fields)] if fields else []
    return found


def graded(sessions: list[dict[str, Any]]) -> dict[str, tuple[int, bool]]:
    """Grade, and whether copies contradict each other, of each start."""
    return {
        row["key"]: (GRADES.index(row["person_evidence"]), row["conflict"] is not None)
        for row in sessions if row["status"] == "started"
    }  # fmt: skip


# A world takes seconds: making a failing one smaller would take minutes.
@settings(
    max_examples=times(3, 200), deadline=None, suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)  # fmt: skip
@given(world=worlds(), data=st.data())
def test_answers_depend_on_the_records_alone(world: list[Record], data: st.DataObject) -> None:
    """In one file read at once, or in any order in several files, some twice, read in two steps: the same answers."""
    cuts = [data.draw(st.sampled_from([0, 1, 2, 3])) for _ in world]
    order = data.draw(st.permutations(range(len(world))))
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        write_file(home / "one" / "a.json", world)
        whole = Trail(FilesSource(home / "one"), home / "store")
        parts = Trail(FilesSource(home / "many"), home / "other-store")
        try:
            whole.fetch(lambda _: None, Event())
            told = answers(whole)
            for step in ((0, 1), (2, 3)):
                for number in step:
                    records = [world[place] for place in order if cuts[place] == number]
                    write_file(home / "many" / f"{9 - number}.json", records)
                    if number == 2:
                        write_file(home / "many" / "again.json", records[::-1])
                parts.fetch(lambda _: None, Event())
                if step == (0, 1):
                    before = graded(ask(parts, "sessions"))
            assert differences(answers(parts), told) == []
        finally:
            parts.close()
            claims_no_more_than_is_proved(whole, told)
            whole.close()
    after = graded(told["sessions"])
    lowered = [
        key for key, (grade, _) in before.items() if key in after and after[key][0] < grade and not after[key][1]
    ]
    assert not lowered, "more records lower a grade only where they contradict each other"


def claims_no_more_than_is_proved(service: Trail, told: dict[str, list[dict[str, Any]]]) -> None:
    """Totals are as many as their rows; who is certainly there is within what is possible of the session."""
    sessions = told["sessions"]
    for status in ("denied", "failed"):
        rows = sum(row["status"] == status for row in sessions)
        assert {name: sum(row[status] for row in told[name]) for name in COUNTING} == dict.fromkeys(COUNTING, rows)
    started = sum(row["status"] == "started" for row in sessions)
    assert {name: sum(row["sessions"] for row in told[name]) for name in COUNTING} == dict.fromkeys(COUNTING, started)
    by_key = {row["key"]: row for row in sessions}
    for row in sessions:
        assert row["ended_at"] is None or row["alive_at"] is None or row["alive_at"] <= row["ended_at"]
    for moment in {row["at"] + timedelta(seconds=beside) for row in sessions for beside in (-1, 1, 3601)}:
        answer = service.ask(as_of_question(moment, "", None, None, "UTC", (), 7), Event())
        try:
            columns = (*answer.columns, "session_key")
            present = [dict(zip(columns, row, strict=True)) for row in answer.page(0, answer.totals.rows, columns)]
        finally:
            answer.close()
        for there in present:
            session = by_key[there["session_key"]]
            first = session["at"] - (POSSIBLE if session["status"] == "orphan" else timedelta())
            last = (session["alive_at"] or session["at"]) + POSSIBLE
            assert first <= moment <= min(session["ended_at"] or last, last), there
            if there["presence"] == "certain":
                assert session["end_evidence"] != "no-shell"
                assert session["at"] <= moment
