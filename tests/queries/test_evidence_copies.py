"""One action counts once: copies, contradictions, and what several records of one visit say together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.records import (
    ACCOUNT,
    OTHER_ACCOUNT,
    REGION,
    ask,
    assume_role,
    assumed_role,
    call,
    denied,
    fields,
    iam_user,
    opened,
    resume,
    sso,
    start,
    terminate,
    told,
    told_apart,
    write_file,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.records import Record

KIM = sso("Admin", "kim", key="ASIAKIM")
ADMIN = sso("Admin", "admin", key="ASIAADMIN")
MAX = iam_user("max", key="AKIAMAX")
STRANGER: Record = {"type": "AWSAccount", "principalId": "AIDAX", "accountId": OTHER_ACCOUNT}
RUN = "ecs-execute-command-0abc"
TASK = "ecs:prod_0123abcd"
INSTANCE = f"arn:aws:ec2:{REGION}:{ACCOUNT}:instance/i-0ab1c2d3"


def execute_command(time: str, who: Record = KIM, **more: Any) -> Record:
    """ECS's own call, that opens a session."""
    answer = {"taskArn": f"arn:aws:ecs:{REGION}:{ACCOUNT}:task/prod/0123abcd", "session": {"sessionId": RUN}}
    return call("ExecuteCommand", time, who, eventSource="ecs.amazonaws.com", requestParameters={"cluster": "prod"},
                responseElements=answer, **more)  # fmt: skip


def without_id(record: Record) -> Record:
    """The record without `eventID`."""
    return {key: value for key, value in record.items() if key != "eventID"}


def reasoned(name: str, original: str) -> Record:
    """The same start, with the reason that its first record lacks."""
    better = {"reason": "UPDATED_DATA", "originalEventID": original}
    return start("12:00:00", eventID=name, addendum=better, reason="INC-1")


def reordered(record: Record) -> Record:
    """The same record with its keys in the opposite order, at every depth."""
    return {
        key: reordered(value) if isinstance(value, dict) else value for key, value in reversed(list(record.items()))
    }


TWICE = start("12:00:00", eventID="event-twice")
NAMELESS = without_id(start("12:00:00", None))

#: Records; the sessions with these fields, newest first; how many calls they are.
CASES: dict[str, tuple[Sequence[Record], list[dict[str, Any]], int]] = {
    "one id": ([TWICE, TWICE], [{"event_ids": ("event-twice",), "conflict": None}], 1),
    "one id, one copy scrubbed: the whole one counts": (
        [TWICE | {"responseElements": None}, TWICE, TWICE | {"requestParameters": None, "responseElements": None}],
        [{"session_id": "jane-0abc", "target": "i-0ab1c2d3", "conflict": None}], 1,
    ),
    "no id, other order of keys: one call": ([NAMELESS, reordered(NAMELESS)], [{"conflict": None}], 1),
    "no id, or an empty one, and other content: two calls": (
        [NAMELESS, NAMELESS | {"requestID": "another", "eventID": ""}], [{}, {}], 2,
    ),
    "a session's id opens once in a second, under whatever event id": (
        [start("12:00:00", eventID="event-1"), start("12:00:00", eventID="event-2")],
        [{"session_id": "jane-0abc", "conflict": None}], 1,
    ),
    "one of them twice, once scrubbed: still one": (
        [start("12:00:00", eventID="event-1"), start("12:00:00", eventID="event-2"),
         start("12:00:00", eventID="event-1") | {"responseElements": None}],
        [{"session_id": "jane-0abc", "conflict": None}], 1,
    ),
    "and twice in two seconds: two sessions": (
        [start("12:00:00"), start("12:00:01"), terminate("12:10:00")], [{"end_evidence": "terminated"}, {}], 3,
    ),
    "a session's id twice, hours apart: two sessions with an end each": (
        [start("12:00:00"), terminate("12:10:00"), start("13:00:00"), terminate("13:20:00")],
        [{"length_seconds": 1200}, {"length_seconds": 600}], 4,
    ),
    "shared by two accounts: the session's account is the one that its resources name": (
        [start("12:00:00", who=STRANGER, sharedEventID="event-shared", resources=[{"ARN": INSTANCE}]),
         start("12:00:00", who=MAX | {"accountId": OTHER_ACCOUNT}, sharedEventID="event-shared",
               resources=[{"ARN": INSTANCE}], recipientAccountId=OTHER_ACCOUNT)],
        [{"account": ACCOUNT, "person": "max", "person_evidence": "identity", "person_kind": "iam-user",
          "conflict": None}], 1,
    ),
    "shared by two accounts: without resources it is the caller's": (
        [start("12:00:00", who=MAX, sharedEventID="event-shared"),
         start("12:00:00", who=MAX, sharedEventID="event-shared", recipientAccountId=OTHER_ACCOUNT)],
        [{"account": ACCOUNT, "person": "max"}], 1,
    ),
    "ended by nobody known, in another region or account: other sessions": (
        [start("12:00:00"), terminate("12:30:00", awsRegion="us-east-1"),
         terminate("12:40:00", recipientAccountId=OTHER_ACCOUNT, userIdentity=MAX)],
        [{"status": "orphan"}, {"status": "orphan", "region": "us-east-1"}, {"status": "started", "ended_at": None}], 3,
    ),
    "better data take the place of their original": (
        [start("12:00:00", target="i-0bad", eventID="event-old"),
         start("12:00:00", eventID="event-new", addendum={"reason": "UPDATED_DATA", "originalEventID": "event-old"})],
        [{"target": "i-0ab1c2d3", "event_ids": ("event-new",)}], 1,
    ),
    "better data that contradict their original in nothing": (
        [start("12:00:00", eventID="event-old"), reasoned("event-new", "event-old")],
        [{"reason": "INC-1", "event_ids": ("event-new",), "conflict": None}], 1,
    ),
    "better data whose id comes before that of their original": (
        [start("12:00:00", eventID="event-old"), reasoned("event-new", "event-old"), reasoned("event-a", "event-new")],
        [{"reason": "INC-1", "event_ids": ("event-a",), "conflict": None}], 1,
    ),
    "better data twice, and their original twice": (
        [start("12:00:00", eventID="event-old"), reasoned("event-new", "event-old")] * 2,
        [{"reason": "INC-1", "event_ids": ("event-new",), "conflict": None}], 1,
    ),
    "late data replace nothing, better data of nothing stand alone": (
        [start("13:00:00", "x-1", addendum={"reason": "DELIVERY_DELAY", "originalEventID": "event-x"}),
         start("12:00:00", "x-2", addendum={"reason": "UPDATED_DATA", "originalEventID": "event-y"})],
        [{"session_id": "x-1"}, {"session_id": "x-2"}], 2,
    ),
    # Copies that contradict each other: that whose sorted JSON comes first counts.
    "another target": (
        [TWICE, start("12:00:00", target="i-0ffff", eventID="event-twice")],
        [{"target": "i-0ab1c2d3", "conflict": "target", "event_ids": ("event-twice",)}], 2,
    ),
    "another person": (
        [start("12:00:00", who=MAX, eventID="event-twice"),
         start("12:00:00", who=iam_user("ana"), eventID="event-twice")],
        [{"person": "ana", "conflict": "person", "event_ids": ("event-twice",)}], 2,
    ),
    "another outcome": (
        [TWICE, TWICE | {"errorCode": "AccessDenied"}], [{"conflict": "outcome", "status": "denied"}], 2,
    ),
    "another person, target and outcome": (
        [TWICE, start("12:00:00", target="i-0ffff", who=MAX, eventID="event-twice", errorCode="Throttled")],
        [{"conflict": "person,target,outcome"}], 2,
    ),
    "a copy of each is not one more contradiction": (
        [TWICE, start("12:00:00", target="i-0ffff", eventID="event-twice")] * 2, [{"conflict": "target"}], 2,
    ),
    "two issuers of one key": (
        [assume_role("11:50:00", "x", "ASIAX", iam_user("max", key="AKIAMAX")),
         assume_role("11:51:00", "x", "ASIAX", iam_user("ana", key="AKIAANA")),
         start("12:00:00", who=assumed_role("ops", "x", key="ASIAX"))],
        [{"person": "max", "person_evidence": "issuer", "conflict": "person"}], 1,
    ),
    # ECS Exec: its own call names the person, and is none of the three calls that are counted.
    "a command of ECS alone is no session": ([execute_command("12:00:00")], [], 0),
    "a command of ECS and its end: one visit, of who asked for the command": (
        [execute_command("12:00:00"), terminate("12:10:00", RUN, ADMIN)],
        [{"status": "orphan", "person": "kim", "person_evidence": "identity", "kind": "container", "target": TASK,
          "ended_by": "admin", "started_at": None}], 1,
    ),
    "a command of ECS, resumed": (
        [execute_command("12:00:00"), resume("12:05:00", RUN, KIM)],
        [{"status": "orphan", "person": "kim", "kind": "container", "end_evidence": "alive-at"}], 1,
    ),
    "a command of ECS, and the start that ECS made for it": (
        [execute_command("12:00:00"),
         start("12:00:00", RUN, TASK, {"type": "AWSService", "invokedBy": "ecs.amazonaws.com"},
               document="AmazonECS-ExecuteInteractiveCommand")],
        [{"status": "started", "person": "kim", "person_kind": "identity-center", "kind": "container",
          "via": "ecs.amazonaws.com", "target": TASK}], 1,
    ),
    "a refused command of ECS says nothing of a session": (
        [execute_command("12:00:00", errorCode="AccessDenied"), terminate("12:10:00", RUN, ADMIN)],
        [{"status": "orphan", "person": None, "kind": "unknown"}], 1,
    ),
    "calls of that name from other services are none of ours": (
        [start("12:00:00") | {"eventSource": f"{name}.amazonaws.com"} for name in ("athena", "sagemaker")], [], 0,
    ),
    "the account of a record without a recipient is its caller's": (
        [start("12:00:00", recipientAccountId=None)], [{"account": ACCOUNT}], 1,
    ),
}  # fmt: skip


@pytest.fixture(scope="module", params=[False, True], ids=["as written", "backwards"])
def answers(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> list[dict[str, list[dict[str, Any]]]]:
    """Sessions and calls of each case."""
    records = {name: records for name, (records, _, _) in CASES.items()}
    home = tmp_path_factory.mktemp("copies")
    return [told_apart(home, name, records, backwards=request.param) for name in ("sessions", "calls")]


@pytest.mark.parametrize("case", CASES)
def test_one_action_counts_once(answers: list[dict[str, list[dict[str, Any]]]], case: str) -> None:
    sessions, calls = (answer[case] for answer in answers)
    _, wanted, count = CASES[case]
    assert [fields(row, one) for row, one in zip(sessions, wanted, strict=True)] == wanted
    assert len(calls) == count


def test_copies_that_contradict_are_all_listed_and_count_once(tmp_path: Path) -> None:
    write_file(tmp_path / "trail" / "one.json", [TWICE, start("12:00:00", target="i-0ffff", eventID="event-twice")])
    with opened(tmp_path / "trail", tmp_path / "store") as service:
        calls = ask(service, "calls")
        assert {(row["event_id"], row["target"], row["conflict"]) for row in calls} == {
            ("event-twice", "i-0ab1c2d3", "target"), ("event-twice", "i-0ffff", "target")
        }  # fmt: skip
        for name in ("pairs", "usage", "people", "instances"):
            rows = ask(service, name)
            assert (sum(row["sessions"] for row in rows), sum(row["calls"] for row in rows)) == (1, 1), name


def test_repeats_count_once_across_files_and_days(tmp_path: Path) -> None:
    begin, end = start("23:59:58"), terminate("2026-11-21T00:10:00Z")
    days = tmp_path / "trail" / "AWSLogs" / ACCOUNT / "CloudTrail" / REGION / "2026" / "11"
    write_file(days / "20" / "a.json.gz", [begin, begin])
    write_file(days / "21" / "b.json.gz", [end, begin])
    write_file(days / "22" / "c.json", [end])
    with opened(tmp_path / "trail", tmp_path / "store") as service:
        (row,) = ask(service, "sessions")
        assert row["event_ids"] == (begin["eventID"], end["eventID"])
        assert len(ask(service, "calls")) == 2


def test_the_session_id_is_also_in_the_stream_url(tmp_path: Path) -> None:
    begin = start("12:00:00", "jane.doe-0abc")
    del begin["responseElements"]["sessionId"]
    (row,) = told(tmp_path, "sessions", begin, terminate("12:30:00", "jane.doe-0abc"))
    assert (row["session_id"], row["end_evidence"]) == ("jane.doe-0abc", "terminated")


SESSION = f"arn:aws:ssm:{REGION}:{ACCOUNT}:session/jane-0abc"
#: Of everything that is counted a few, on one machine and on none.
MEASURED: list[Record] = [
    start("12:00:00"),
    denied("ResumeSession", "12:10:00", SESSION, MAX),
    denied("TerminateSession", "12:20:00", SESSION, MAX),
    terminate("12:30:00"),
    resume("12:05:00") | {"errorCode": "ThrottlingException", "responseElements": None},
    denied("StartSession", "13:00:00", INSTANCE, MAX),
    start("13:10:00", None, errorCode="TargetNotConnected"),
    start("13:20:00", None, who=MAX, errorCode="ThrottlingException"),
    denied("TerminateSession", "14:00:00", SESSION.replace("jane-0abc", "gone-0def"), MAX),
    denied("TerminateSession", "14:10:00", "*", MAX),
    terminate("15:00:00", "lost-0123", MAX),
    *(denied("StartSession", f"16:00:0{number}", INSTANCE, MAX) | {"errorCode": code}
      for number, code in enumerate(("UnauthorizedOperation", "Client.UnauthorizedAccess", "AccessDenied", "Forbidden"))
      ),
]  # fmt: skip


def test_denied_are_refusals_failed_all_other_errors_and_each_is_a_row(tmp_path: Path) -> None:
    """One session; nine refusals; three failures; an orphan, which is no session."""
    write_file(tmp_path / "trail" / "one.json", MEASURED)
    with opened(tmp_path / "trail", tmp_path / "store") as service:
        for name in ("pairs", "usage", "people", "instances"):
            rows = ask(service, name)
            names = [each for each in rows[0] if each in {"sessions", "calls", "denied", "failed"}]
            assert names == ["sessions", "calls", "denied", "failed"]
            assert [sum(row[each] for row in rows) for each in names] == [1, len(MEASURED), 9, 3], name
        assert len(ask(service, "sessions", where="status:denied")) == 9
        assert len(ask(service, "sessions", where="status:failed")) == 3
        assert len(ask(service, "sessions", where="status:started")) == 1
        assert len(ask(service, "sessions", where="status:orphan")) == 1


def test_a_refused_resume_or_end_is_a_row_with_the_session_it_aimed_at(tmp_path: Path) -> None:
    write_file(tmp_path / "trail" / "one.json", MEASURED)
    with opened(tmp_path / "trail", tmp_path / "store") as service:
        rows = {row["at"].strftime("%H:%M"): row for row in ask(service, "sessions", where="status:denied person:max")}
    aimed = {"session_id": "jane-0abc", "target": "i-0ab1c2d3", "kind": "shell", "started_at": None, "person": "max"}
    assert fields(rows["12:10"], aimed) == aimed
    assert fields(rows["12:20"], aimed) == aimed
    assert rows["12:10"]["event_ids"] == (MEASURED[1]["eventID"],)
    gone = {"session_id": "gone-0def", "target": None, "kind": "unknown", "started_at": None}
    assert fields(rows["14:00"], gone) == gone
    assert fields(rows["14:10"], gone) == gone | {"session_id": None}


def test_an_identity_center_user_of_two_accounts_is_one_person_of_a_tunnel(tmp_path: Path) -> None:
    document, parameters = "AWS-StartPortForwardingSessionToRemoteHost", {"host": ["db"], "portNumber": ["5432"]}
    behalf = {"onBehalfOf": {"userId": "id-1", "identityStoreArn": "arn:aws:identitystore::1:identitystore/d-1"}}
    records = [
        start(f"12:00:0{number}", f"{name}-{number}", who=who, document=document, parameters=parameters,
              recipientAccountId=account)
        for number, (name, who, account) in enumerate(
            [("kim", KIM | behalf, ACCOUNT), ("kim", KIM | behalf, OTHER_ACCOUNT),
             ("max", MAX, ACCOUNT), ("max", MAX, OTHER_ACCOUNT)]
        )
    ]  # fmt: skip
    (row,) = told(tmp_path, "tunnels", *records)
    assert (row["destination"], row["sessions"], row["people"]) == ("db:5432", 4, 3)
