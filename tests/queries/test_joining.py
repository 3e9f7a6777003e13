"""Calls become sessions, by the rules of the field."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from ssmtrail.queries.times import Window
from tests.records import (
    ask,
    assumed_role,
    call,
    denied,
    iam_user,
    opened,
    resume,
    start,
    terminate,
    told,
    write_file,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tests.records import Record


def at(clock: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-20T{clock}+00:00").astimezone(UTC)


def one(tmp_path: Path, *records: Record) -> dict[str, Any]:
    rows = told(tmp_path, "sessions", *records)
    assert len(rows) == 1, rows
    return rows[0]


def test_a_start_alone_has_no_known_end(tmp_path: Path) -> None:
    row = one(tmp_path, start("12:00:00"))
    assert (row["started_at"], row["ended_at"], row["end_evidence"]) == (at("12:00:00"), None, "unknown")
    assert (row["status"], row["kind"], row["target"], row["target_kind"]) == ("started", "shell", "i-0ab1c2d3", "ec2")
    assert (row["person"], row["account"], row["region"]) == ("jane", "111122223333", "eu-central-1")
    assert row["length_seconds"] is None


def test_a_terminate_by_another_ends_it_and_is_named(tmp_path: Path) -> None:
    row = one(tmp_path, start("12:00:00"), terminate("12:30:00", who=iam_user("boss", key="AKIABOSS")))
    assert (row["ended_at"], row["end_evidence"], row["ended_by"]) == (at("12:30:00"), "terminated", "boss")
    assert row["length_seconds"] == 1800


def test_the_first_end_after_the_start_counts(tmp_path: Path) -> None:
    row = one(tmp_path, terminate("12:40:00"), terminate("12:30:00"), start("12:00:00"), terminate("11:00:00"))
    assert row["ended_at"] == at("12:30:00")
    assert len(row["event_ids"]) == 4


def test_within_a_second_the_order_is_start_resume_terminate(tmp_path: Path) -> None:
    end, again, begin = terminate("12:00:00"), resume("12:00:00"), start("12:00:00")
    row = one(tmp_path, end, again, begin)
    assert row["event_ids"] == (begin["eventID"], again["eventID"], end["eventID"])
    assert (row["ended_at"], row["length_seconds"]) == (at("12:00:00"), 0)


@pytest.mark.parametrize(
    ("end", "evidence"),
    [
        (terminate("12:00:02"), "no-shell"),
        (terminate("12:00:00"), "no-shell"),
        (terminate("12:00:03"), "terminated"),
        (terminate("12:00:01", who=iam_user("boss")), "terminated"),
        (terminate("12:00:01", who=iam_user(key="AKIAOTHER")), "terminated"),
        (terminate("12:00:01", userAgent="console"), "terminated"),
        (denied("TerminateSession", "12:00:01", "arn:aws:ssm:eu-central-1:111122223333:session/jane-0abc"), "unknown"),
    ],
    ids=["two seconds", "same second", "three seconds", "another person", "another key", "another agent", "refused"],
)
def test_nobody_got_a_shell_when_the_same_client_ends_it_at_once(tmp_path: Path, end: Record, evidence: str) -> None:
    assert one(tmp_path, start("12:00:00"), end)["end_evidence"] == evidence


def test_a_resume_in_between_proves_a_shell(tmp_path: Path) -> None:
    assert one(tmp_path, start("12:00:00"), resume("12:00:01"), terminate("12:00:02"))["end_evidence"] == "terminated"


def test_the_last_good_resume_is_the_last_proof_of_life(tmp_path: Path) -> None:
    row = one(tmp_path, start("12:00:00"), resume("12:31:40"), resume("12:31:44"), resume("14:18:22"))
    assert (row["end_evidence"], row["ended_at"], row["resumes"]) == ("alive-at", None, 3)
    assert (row["alive_at"], row["length_seconds"]) == (at("14:18:22"), 8302)


def test_a_resume_without_a_token_proves_nothing(tmp_path: Path) -> None:
    row = one(tmp_path, start("12:00:00"), resume("13:00:00"), resume("15:00:00", token=False))
    assert (row["alive_at"], row["resumes"]) == (at("13:00:00"), 2)


def test_a_refused_resume_is_a_call_and_no_proof(tmp_path: Path) -> None:
    session = "arn:aws:ssm:eu-central-1:111122223333:session/jane-0abc"
    refused = denied("ResumeSession", "13:00:00", session, iam_user("eve"))
    row = one(tmp_path, start("12:00:00"), refused)
    assert (row["end_evidence"], row["resumes"], len(row["event_ids"])) == ("unknown", 0, 2)


def test_a_refused_terminate_of_nothing_is_no_orphan(tmp_path: Path) -> None:
    session = "arn:aws:ssm:eu-central-1:111122223333:session/jane-0abc"
    assert told(tmp_path, "sessions", denied("TerminateSession", "13:00:00", session)) == []


@pytest.mark.parametrize(
    ("resource", "target", "document", "kind"),
    [
        ("arn:aws:ec2:eu-central-1:111122223333:instance/i-0ab1c2d3", "i-0ab1c2d3", None, "unknown"),
        ("arn:aws-cn:ssm:cn-north-1:111122223333:managed-instance/mi-0123", "mi-0123", None, "unknown"),
        ("arn:aws:ssm:eu-central-1::document/AWS-StartSSHSession", None, "AWS-StartSSHSession", "ssh"),
        ("arn:aws:ecs:eu-central-1:111122223333:task/a_b/0123", "ecs:a_b_0123", None, "unknown"),
        ("*", None, None, "unknown"),
    ],
)
def test_a_refusal_names_an_instance_or_a_document(
    tmp_path: Path, resource: str, target: str | None, document: str | None, kind: str
) -> None:
    row = one(tmp_path, denied("StartSession", "12:00:00", resource))
    assert (row["status"], row["session_id"], row["error_code"]) == ("denied", None, "AccessDeniedException")
    assert (row["target"], row["document"], row["kind"]) == (target, document, kind)


def test_any_other_error_is_a_failed_start(tmp_path: Path) -> None:
    failed = start("12:00:00", None, errorCode="TargetNotConnected", errorMessage="i-0ab1c2d3 is not connected")
    row = one(tmp_path, failed)
    assert (row["status"], row["error_code"], row["target"]) == ("failed", "TargetNotConnected", "i-0ab1c2d3")
    assert row["kind"] == "shell"


def test_a_start_without_an_answer_cannot_be_linked(tmp_path: Path) -> None:
    rows = told(tmp_path, "sessions", start("12:00:00", None), start("12:00:00", None))
    assert [(row["status"], row["session_id"], row["end_evidence"]) for row in rows] == [
        ("started", None, "unknown")
    ] * 2


def test_the_session_id_also_stands_in_the_stream_url(tmp_path: Path) -> None:
    begin = start("12:00:00", "jane.doe-0abc")
    del begin["responseElements"]["sessionId"]
    row = one(tmp_path, begin, terminate("12:30:00", "jane.doe-0abc"))
    assert (row["session_id"], row["ended_at"]) == ("jane.doe-0abc", at("12:30:00"))


def test_an_end_whose_start_is_not_there_is_an_orphan_of_its_caller(tmp_path: Path) -> None:
    row = one(tmp_path, resume("11:00:00", "max-1", iam_user("max")), terminate("12:00:00", "max-1", iam_user("boss")))
    assert (row["status"], row["person"], row["started_at"], row["at"]) == ("orphan", "max", None, at("11:00:00"))
    assert (row["ended_at"], row["end_evidence"], row["ended_by"]) == (at("12:00:00"), "terminated", "boss")
    assert (row["kind"], row["target"], row["length_seconds"]) == ("unknown", None, None)


@pytest.mark.parametrize("times", [("12:00:00",), ("12:00:00", "12:10:00")], ids=["alone", "with another"])
@pytest.mark.parametrize("token", [True, False], ids=["token", "no token"])
def test_a_resume_whose_start_is_not_there_proves_life(tmp_path: Path, times: tuple[str, ...], token: bool) -> None:
    row = one(tmp_path, *[resume(time, token=token) for time in times])
    assert (row["status"], row["resumes"], len(row["event_ids"])) == ("orphan", len(times), len(times))
    assert (row["ended_at"], row["end_evidence"]) == (None, "alive-at" if token else "unknown")
    assert row["alive_at"] == (at(times[-1]) if token else None)


@pytest.mark.parametrize("times", [("12:00:00",), ("12:00:00", "12:10:00")], ids=["alone", "with another"])
def test_the_first_end_whose_start_is_not_there_ends_it(tmp_path: Path, times: tuple[str, ...]) -> None:
    row = one(tmp_path, *[terminate(time, who=iam_user(f"max-{time}")) for time in times])
    assert (row["status"], row["person"], row["resumes"]) == ("orphan", "max-12:00:00", 0)
    assert (row["ended_at"], row["end_evidence"], row["ended_by"]) == (at("12:00:00"), "terminated", "max-12:00:00")
    assert (row["alive_at"], row["length_seconds"], len(row["event_ids"])) == (None, None, len(times))


def test_resources_name_the_target_where_parameters_do_not(tmp_path: Path) -> None:
    begin = start("12:00:00")
    begin["requestParameters"] = {}
    begin["resources"] = [{"ARN": "arn:aws:ssm:eu-central-1:1:document/x"},
                          {"ARN": "arn:aws:ec2:eu-central-1:111122223333:instance/i-0999"}]  # fmt: skip
    assert one(tmp_path, begin)["target"] == "i-0999"


def test_calls_that_name_only_a_session_get_its_target(tmp_path: Path) -> None:
    begin = start("12:00:00", document="AWS-StartSSHSession", reason="INC-4711")
    rows = told(tmp_path, "calls", begin, terminate("12:30:00", who=iam_user("boss")))
    assert [(row["event_name"], row["person"]) for row in rows] == [
        ("TerminateSession", "boss"),
        ("StartSession", "jane"),
    ]
    assert {(row["target"], row["kind"], row["destination"], row["reason"]) for row in rows} == {
        ("i-0ab1c2d3", "ssh", "localhost:22", "INC-4711")
    }


def test_accounts_and_regions_keep_equal_ids_apart(tmp_path: Path) -> None:
    elsewhere = terminate("12:30:00", awsRegion="us-east-1")
    rows = told(tmp_path, "sessions", start("12:00:00"), elsewhere, terminate("12:40:00", recipientAccountId="999"))
    assert [(row["status"], row["ended_at"]) for row in rows] == [
        ("orphan", at("12:40:00")), ("orphan", at("12:30:00")), ("started", None)
    ]  # fmt: skip


def test_repeats_count_once_across_files_and_days(tmp_path: Path) -> None:
    begin, end = start("23:59:58"), terminate("2026-11-21T00:10:00Z")
    days = tmp_path / "trail" / "AWSLogs" / "111122223333" / "CloudTrail" / "eu-central-1" / "2026" / "11"
    write_file(days / "20" / "a.json.gz", [begin, begin])
    write_file(days / "21" / "b.json.gz", [end, begin])
    write_file(days / "22" / "c.json", [end])
    with opened(tmp_path / "trail", tmp_path / "store") as service:
        (row,) = ask(service, "sessions")
        assert row["event_ids"] == (begin["eventID"], end["eventID"])
        assert len(ask(service, "calls")) == 2


def test_of_repeats_that_differ_the_fullest_counts(tmp_path: Path) -> None:
    whole = start("12:00:00")
    scrubbed = whole | {"responseElements": None}
    assert one(tmp_path, scrubbed, whole)["session_id"] == "jane-0abc"


def test_better_data_take_the_place_of_their_original(tmp_path: Path) -> None:
    original = start("12:00:00", target="i-0wrong")
    better = start("12:00:00") | {"addendum": {"reason": "UPDATED_DATA", "originalEventID": original["eventID"]}}
    row = one(tmp_path, original, better)
    assert (row["target"], row["event_ids"]) == ("i-0ab1c2d3", (better["eventID"],))
    late = start("13:00:00", "x-1") | {"addendum": {"reason": "DELIVERY_DELAY", "originalEventID": "elsewhere"}}
    alone = start("14:00:00", "x-2") | {"addendum": {"reason": "UPDATED_DATA", "originalEventID": "elsewhere"}}
    assert len(told(tmp_path, "sessions", late, alone)) == 2


def test_an_id_that_opens_twice_gives_two_sessions(tmp_path: Path) -> None:
    rows = told(
        tmp_path, "sessions", start("12:00:00"), terminate("12:10:00"), start("13:00:00"), terminate("13:20:00")
    )
    assert [(row["started_at"], row["ended_at"]) for row in rows] == [
        (at("13:00:00"), at("13:20:00")), (at("12:00:00"), at("12:10:00"))
    ]  # fmt: skip


def test_foreign_start_sessions_are_none_of_ours(tmp_path: Path) -> None:
    foreign = [start("12:00:00") | {"eventSource": f"{name}.amazonaws.com"} for name in ("athena", "sagemaker")]
    other_door = call("SendCommand", "12:00:00", requestParameters={"instanceIds": ["i-0ab1c2d3"]})
    assert told(tmp_path, "calls", *foreign, other_door) == []


DOCUMENTS: tuple[tuple[str | None, str, Record | None, str, str | None], ...] = (
    (None, "i-0ab", None, "shell", None),
    ("SSM-SessionManagerRunShell", "i-0ab", None, "shell", None),
    ("SSM-SessionManagerRunShell", "ecs:my_cluster_0123_456", None, "container", None),
    (None, "ecs:my_cluster_0123_456", None, "container", None),
    ("AWS-StartInteractiveCommand", "i-0ab", {"command": ["top"]}, "command", None),
    ("AWS-StartNonInteractiveCommand", "i-0ab", {"command": ["ls"]}, "command", None),
    ("AWS-StartPortForwardingSession", "i-0ab", {"portNumber": ["8080"]}, "port-forward", "localhost:8080"),
    ("AWS-StartPortForwardingSessionToRemoteHost", "i-0ab", {"host": ["db.example"], "portNumber": ["5432"]},
     "remote-port-forward", "db.example:5432"),
    ("AWS-StartSSHSession", "i-0ab", None, "ssh", "localhost:22"),
    ("AWS-StartSSHSession", "i-0ab", {"portNumber": ["2222"]}, "ssh", "localhost:2222"),
    ("arn:aws:ssm:eu-central-1:111122223333:document/AWS-StartSSHSession", "i-0ab", None, "ssh", "localhost:22"),
    ("My-Document", "i-0ab", {"host": ["h"], "portNumber": ["1"]}, "other", "h:1"),
    ("My-Document", "i-0ab", None, "other", None),
)  # fmt: skip


@pytest.fixture(scope="module")
def documented(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """A session with each document, all of one trail."""
    starts = [
        start(f"12:00:{number:02}", f"s-{number:02}", target, document=document, parameters=parameters)
        for number, (document, target, parameters, _, _) in enumerate(DOCUMENTS)
    ]
    found = told(tmp_path_factory.mktemp("documented"), "sessions", *starts)
    assert len(found) == len(DOCUMENTS)
    return sorted(found, key=lambda row: row["session_id"])


@pytest.mark.parametrize("number", range(len(DOCUMENTS)), ids=lambda number: str(DOCUMENTS[number][0]))
def test_the_document_decides_the_kind(documented: list[dict[str, Any]], number: int) -> None:
    row, (document, _, _, kind, destination) = documented[number], DOCUMENTS[number]
    assert (row["kind"], row["destination"], row["document"]) == (kind, destination, document)


@pytest.mark.parametrize(
    ("target", "kind"),
    [("i-eA1d1296c1dE3Aa1f", "ec2"), ("i-0ab1c2d3", "ec2"), ("mi-0123456789abcdef0", "managed"),
     ("ecs:c_t_r", "ecs"), ("db-1", "unknown")],
)  # fmt: skip
def test_targets_are_told_by_their_form(tmp_path: Path, target: str, kind: str) -> None:
    assert one(tmp_path, start("12:00:00", target=target))["target_kind"] == kind


def test_an_instance_that_starts_a_session_is_unknown_behind_its_role(tmp_path: Path) -> None:
    row = one(tmp_path, start("12:00:00", who=assumed_role("web-server", "i-0123456789abcdef0")))
    assert (row["person"], row["role"], row["person_shown"]) == (None, "web-server", "unknown behind web-server")


@pytest.mark.parametrize(
    "time", ["294000-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59Z", "soon", None]
)
def test_a_call_without_a_time_that_can_be_is_named(tmp_path: Path, time: str | None) -> None:
    write_file(tmp_path / "trail" / "one.json", [start("12:00:00") | {"eventTime": time}, start("13:00:00", "b-1")])
    with opened(tmp_path / "trail", tmp_path / "store") as service:
        assert [row["session_id"] for row in ask(service, "sessions")] == ["b-1"]
        assert [file.why for file in service.coverage(Window()).unreadable] == ["no time in 1 call, left out"]
        assert sum(row["sessions"] for row in ask(service, "usage", unit="month")) == 1


def test_calls_without_an_id_are_told_apart_by_all_that_they_say(tmp_path: Path) -> None:
    nameless = {key: value for key, value in start("12:00:00").items() if key != "eventID"}
    other = {**nameless, "requestID": "another"}
    rows = told(tmp_path, "calls", nameless, nameless, other, {**other, "eventID": ""})
    assert len(rows) == 3
