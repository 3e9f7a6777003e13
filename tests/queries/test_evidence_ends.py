"""When a session ended, and who was on which machine at a moment: one small trail a rule, with its answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest

from ssmtrail.queries.rows import as_of_question
from ssmtrail.queries.times import Window
from tests.records import (
    ACCOUNT,
    REGION,
    call,
    denied,
    fields,
    iam_user,
    opened,
    resume,
    start,
    terminate,
    told,
    told_apart,
    write_file,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from ssmtrail.queries.trail import Trail
    from tests.records import Record

#: The AWS CLI's own client, versions 2 and 1, and others that are not.
CLI = "aws-cli/2.17.0 md/awscrt#0.20.11 md/command#ssm.start-session"
CLI_1 = "aws-cli/1.33.0 botocore/1.34.0 command/ssm.start-session"
SDK = "Boto3/1.35.0 md/Botocore#1.35.0"
CLI_TERMINATE = "aws-cli/2.17.0 md/awscrt#0.20.11 md/command#ssm.terminate-session"
#: A tool that only calls itself after the command.
TOOL = "our-tool/1.0 command/ssm.start-session"

BOSS = iam_user("boss", key="AKIABOSS")
MAX = iam_user("max", key="AKIAMAX")
SESSION = f"arn:aws:ssm:{REGION}:{ACCOUNT}:session/jane-0abc"


def at(clock: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-20T{clock}+00:00").astimezone(UTC)


def end(evidence: str, ended: str | None = None, alive: str | None = "12:00:00", **more: Any) -> dict[str, Any]:
    """The fields that say when a session ended."""
    return {
        "end_evidence": evidence, "ended_at": at(ended) if ended else None, "alive_at": at(alive) if alive else None
    } | more  # fmt: skip


def no_shell(first: str, second: Record) -> list[Record]:
    """A session by this client, and what asked for its end."""
    return [start("12:00:00", userAgent=first), second]


#: The last row of each answer is the session; before it are refused calls, newer.
ENDS: dict[str, tuple[Sequence[Record], dict[str, Any]]] = {
    "a start alone": ([start("12:00:00")], end("unknown", length_bound=None, length_seconds=None, ended_by=None)),
    "ended by its starter within the hour: exact": (
        [start("12:00:00"), terminate("13:00:00")],
        end("terminated", "13:00:00", length_bound="exact", length_seconds=3600, ended_by="jane"),
    ),
    "ended by its starter with another key: exact": (
        [start("12:00:00"), terminate("12:30:00", who=iam_user(key="AKIAOTHER"))],
        end("terminated", "12:30:00", length_bound="exact"),
    ),
    "ended by its starter later: no later than": (
        [start("12:00:00"), terminate("13:00:01")], end("terminated", "13:00:01", length_bound="most")
    ),
    "ended within the hour after a resume: exact": (
        [start("12:00:00"), resume("13:30:00"), terminate("14:30:00")],
        end("terminated", "14:30:00", "13:30:00", length_bound="exact", length_seconds=9000),
    ),
    "ended by another: no later than": (
        [start("12:00:00"), terminate("12:30:00", who=BOSS)],
        end("terminated", "12:30:00", length_bound="most", length_seconds=1800, ended_by="boss"),
    ),
    "the first end after the start counts": (
        [terminate("12:40:00"), terminate("12:30:00"), start("12:00:00"), terminate("11:00:00")],
        end("terminated", "12:30:00"),
    ),
    "a good resume is the last word": (
        [start("12:00:00"), resume("12:31:40"), resume("12:31:44"), resume("14:18:22")],
        end("alive-at", None, "14:18:22", resumes=3, length_bound="least", length_seconds=8302),
    ),
    "a resume without a token is no sign of life": (
        [start("12:00:00"), resume("13:00:00"), resume("15:00:00", token=False)],
        end("alive-at", None, "13:00:00", resumes=2),
    ),
    "a refused resume is no sign of life": (
        [start("12:00:00"), denied("ResumeSession", "13:00:00", SESSION, MAX)], end("unknown", resumes=0)
    ),
    "a resume after the end is no sign of life": (
        [start("12:00:00"), terminate("12:30:00"), resume("12:40:00")],
        end("terminated", "12:30:00", resumes=1, length_bound="exact"),
    ),
    "a refused terminate ends nothing": (
        [start("12:00:00"), denied("TerminateSession", "12:30:00", SESSION, MAX)], end("unknown", ended_by=None)
    ),
    "within a second: start, resume, end": (
        [terminate("12:00:00"), resume("12:00:00"), start("12:00:00")],
        end("terminated", "12:00:00", length_seconds=0, resumes=1),
    ),
    # Without its plugin the AWS CLI cannot go on, and asks for the end at once.
    "no shell: ended after two seconds": (
        no_shell(CLI, terminate("12:00:02", userAgent=CLI)), end("no-shell", "12:00:02", length_bound="most")
    ),
    "no shell: in the same second": (no_shell(CLI, terminate("12:00:00", userAgent=CLI)), end("no-shell", "12:00:00")),
    "no shell: version 1": (no_shell(CLI_1, terminate("12:00:01", userAgent=CLI_1)), end("no-shell", "12:00:01")),
    "no shell: the end was refused": (
        no_shell(CLI, denied("TerminateSession", "12:00:01", SESSION, userAgent=CLI)), end("no-shell", None)
    ),
    "no shell: refused, its request names the session": (
        no_shell(CLI, denied("TerminateSession", "12:00:01", "*", userAgent=CLI)
                 | {"requestParameters": {"sessionId": "jane-0abc"}}),
        end("no-shell", None),
    ),
    "no shell: refused, and ended by another later": (
        [*no_shell(CLI, denied("TerminateSession", "12:00:01", SESSION, userAgent=CLI)),
         terminate("15:00:00", who=BOSS)],
        end("no-shell", "15:00:00", ended_by="boss"),
    ),
    "three seconds are no proof": (no_shell(CLI, terminate("12:00:03", userAgent=CLI)), end("terminated", "12:00:03")),
    "another person's end is no proof": (
        no_shell(CLI, terminate("12:00:01", who=BOSS, userAgent=CLI)), end("terminated", "12:00:01")
    ),
    "an end by another key is no proof": (
        no_shell(CLI, terminate("12:00:01", who=iam_user(key="AKIAOTHER"), userAgent=CLI)),
        end("terminated", "12:00:01"),
    ),
    "an end by another client is no proof": (
        no_shell(CLI, terminate("12:00:01", userAgent=CLI_1)), end("terminated", "12:00:01")
    ),
    "an SDK that ends its own session ran a command": (
        no_shell(SDK, terminate("12:00:01", userAgent=SDK)), end("terminated", "12:00:01", length_bound="exact")
    ),
    "another command of the AWS CLI is no proof": (
        no_shell(CLI_TERMINATE, terminate("12:00:01", userAgent=CLI_TERMINATE)), end("terminated", "12:00:01")
    ),
    "another tool's command is no proof": (
        no_shell(TOOL, terminate("12:00:01", userAgent=TOOL)), end("terminated", "12:00:01")
    ),
    "a resume in between proves a shell": (
        [start("12:00:00", userAgent=CLI), resume("12:00:01", userAgent=CLI), terminate("12:00:02", userAgent=CLI)],
        end("terminated", "12:00:02", "12:00:01"),
    ),
    # Orphans: their start is not in the data.
    "an orphan that was ended": (
        [terminate("12:00:00", who=BOSS)],
        end("terminated", "12:00:00", None, status="orphan", started_at=None, resumes=0, ended_by="boss",
            kind="unknown", length_bound=None, target=None),
    ),
    "an orphan that was ended twice": (
        [terminate("12:10:00", who=MAX), terminate("12:00:00", who=BOSS)],
        end("terminated", "12:00:00", None, status="orphan", ended_by="boss"),
    ),
    "an orphan that two people resumed": (
        [resume("12:00:00", who=MAX), resume("12:10:00", who=BOSS)],
        end("alive-at", None, "12:10:00", status="orphan", person="jane", resumes=2, at=at("12:00:00")),
    ),
    "an orphan that was resumed without a token": (
        [resume("12:00:00", token=False)], end("unknown", None, None, status="orphan", resumes=1)
    ),
    "an orphan that was resumed and ended": (
        [resume("11:00:00", who=MAX), terminate("12:00:00", who=BOSS)],
        end("terminated", "12:00:00", "11:00:00", status="orphan", person="jane", at=at("11:00:00"), ended_by="boss"),
    ),
}  # fmt: skip


@pytest.fixture(scope="module", params=[False, True], ids=["as written", "backwards"])
def sessions(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, list[dict[str, Any]]]:
    """The sessions of each case."""
    records = {name: records for name, (records, _) in ENDS.items()}
    return told_apart(tmp_path_factory.mktemp("ends"), "sessions", records, backwards=request.param)


@pytest.mark.parametrize("case", ENDS)
def test_when_it_ended(sessions: dict[str, list[dict[str, Any]]], case: str) -> None:
    records, wanted = ENDS[case]
    *refused, session = sessions[case]
    assert fields(session, wanted) == wanted
    assert [row["status"] for row in refused] == ["denied"] * sum("errorCode" in record for record in records)
    assert len(session["event_ids"]) == len(records), "every call about a session is one of its events"


def test_within_a_second_the_order_is_start_resume_end(tmp_path: Path) -> None:
    last, again, first = terminate("12:00:00"), resume("12:00:00"), start("12:00:00")
    (row,) = told(tmp_path, "sessions", last, again, first)
    assert row["event_ids"] == (first["eventID"], again["eventID"], last["eventID"])


#: Calls of one session, and the window that holds but one of them.
OUTSIDE: tuple[tuple[Sequence[Record], str, str, str | None], ...] = (
    ([start("2026-02-20T10:00:00Z", "ana-1"), terminate("2026-03-02T10:00:00Z", "ana-1")], "2026-03-02", "orphan",
     "start outside the look-around: 2026-02-20T10:00:00Z"),
    ([start("2026-02-20T10:00:00Z", "ana-1"), terminate("2026-03-02T10:00:00Z", "ana-1")], "2026-02-20", "started",
     "end outside the look-around: 2026-03-02T10:00:00Z"),
    ([start("2026-03-01T10:00:00Z", "ana-1"), terminate("2026-03-02T10:00:00Z", "ana-1")], "2026-03-01", "started",
     None),
    ([terminate("2026-03-02T10:00:00Z", "ana-1")], "2026-03-02", "orphan", None),
)  # fmt: skip


@pytest.mark.parametrize(
    ("records", "day", "status", "outside"), OUTSIDE, ids=["start", "end", "inside the look-around", "not in the data"]
)
def test_what_lies_outside_the_look_around_is_called_so(
    tmp_path: Path, records: Sequence[Record], day: str, status: str, outside: str | None
) -> None:
    first = datetime.fromisoformat(day).replace(tzinfo=UTC)
    (row,) = told(tmp_path, "sessions", *records, window=Window(first, first + timedelta(days=1)))
    assert (row["status"], row["outside"]) == (status, outside)
    if status == "orphan":
        assert (row["person"], row["person_evidence"]) == ("ana", "session-name")


def on(machine: str, *records: Record) -> list[Record]:
    """Calls of one session of its own, on one machine."""
    text = f"jane-{machine}"
    for record in records:
        for part in ("requestParameters", "responseElements"):
            if record[part] and "sessionId" in record[part]:
                record[part] = record[part] | {"sessionId": text}
        if record["eventName"] == "StartSession":
            record["requestParameters"]["target"] = machine
    return list(records)


#: Machine, calls of its one session, moments with who was there: certain or possible; a moment with nobody has none.
PRESENT: dict[str, tuple[list[Record], dict[str, dict[str, str]]]] = {
    "i-00000001 ended by its starter": (
        on("i-00000001", start("10:00:00"), terminate("10:30:00")),
        {"09:59:59": {}, "10:00:00": {"jane": "certain"}, "10:29:59": {"jane": "certain"}, "10:30:01": {}},
    ),
    "i-00000002 ended by another, hours later": (
        on("i-00000002", start("10:00:00"), terminate("18:00:00", who=BOSS)),
        {"10:00:00": {"jane": "certain"}, "10:00:01": {"jane": "possible"}, "17:59:59": {"jane": "possible"},
         "18:00:01": {}},
    ),
    "i-00000003 without a known end": (
        on("i-00000003", start("10:00:00")),
        {"10:00:00": {"jane": "certain"}, "10:00:01": {"jane": "possible"}, "+ 09:59:59": {"jane": "possible"},
         "+ 10:00:01": {}},
    ),
    "i-00000004 resumed": (
        on("i-00000004", start("10:00:00"), resume("12:00:00")),
        {"11:00:00": {"jane": "certain"}, "12:00:00": {"jane": "certain"}, "12:00:01": {"jane": "possible"},
         "+ 11:59:59": {"jane": "possible"}, "+ 12:00:01": {}},
    ),
    "i-00000005 no shell": (
        on("i-00000005", start("10:00:00", userAgent=CLI), terminate("10:00:02", userAgent=CLI)),
        {"10:00:00": {"jane": "possible"}, "10:00:01": {"jane": "possible"}, "10:00:03": {}},
    ),
    "i-00000006 no shell, the end refused": (
        on("i-00000006", start("10:00:00", userAgent=CLI),
           denied("TerminateSession", "10:00:01", "*", userAgent=CLI)
           | {"requestParameters": {"sessionId": "x"}}),
        {"10:00:00": {"jane": "possible"}, "+ 09:59:59": {"jane": "possible"}, "+ 10:00:01": {}},
    ),
    "i-00000007 resumed by another": (
        on("i-00000007", start("10:00:00"), resume("12:00:00", who=BOSS), terminate("12:30:00")),
        {"11:59:59": {"jane": "certain"}, "12:00:00": {"jane": "certain", "boss": "certain"},
         "12:00:01": {"jane": "certain"}, "12:30:01": {}},
    ),
    "i-00000009 resumed by others before the start and after the end": (
        on("i-00000009", resume("09:59:58", who=MAX), start("10:00:00"), terminate("10:30:00"),
           resume("10:40:00", who=BOSS)),
        {"09:59:58": {}, "10:00:00": {"jane": "certain", "max": "possible"},
         "10:30:00": {"jane": "certain", "boss": "possible"}, "10:40:00": {}},
    ),
    "i-00000008 refused": (
        on("i-00000008", call("StartSession", "10:00:00", errorCode="AccessDenied", requestParameters={})),
        {"10:00:00": {}},
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trail]:
    """A trail with all these sessions."""
    home = tmp_path_factory.mktemp("present")
    records = [record for calls, _ in PRESENT.values() for record in calls]
    resumes = [resume("10:00:00", "ana-0001", MAX), resume("14:00:00", "ana-0001", BOSS)]
    for record in resumes:
        record["resources"] = [{"ARN": f"arn:aws:ec2:{REGION}:{ACCOUNT}:instance/i-0000000f"}]
    covering = [start("2026-11-18T00:00:00Z", "x-1", "i-0"), start("2026-11-23T00:00:00Z", "x-2", "i-0")]
    write_file(home / "trail" / "one.json", [*records, *resumes, *covering])
    with opened(home / "trail", home / "store") as service:
        yield service


def present(service: Trail, machine: str, clock: str) -> dict[str, str]:
    """Who was on a machine: `certain` or `possible`, by person."""
    moment = at(clock.removeprefix("+ ")) + timedelta(days=clock.startswith("+"))
    question = as_of_question(moment, f"target:{machine}", None, None, "UTC", (), 7)
    answer = service.ask(question, Event())
    try:
        rows = [dict(zip(answer.columns, row, strict=True)) for row in answer.page(0, answer.totals.rows)]
    finally:
        answer.close()
    return {str(row["person"]): str(row["presence"]) for row in rows}


@pytest.mark.parametrize("case", PRESENT)
def test_who_was_there(service: Trail, case: str) -> None:
    machine = case.split(" ")[0]
    moments = PRESENT[case][1]
    assert {clock: present(service, machine, clock) for clock in moments} == moments


def test_an_orphan_is_certain_between_its_resumes_and_possible_around_them(service: Trail) -> None:
    clocks = ("09:59:59", "10:00:00", "12:00:00", "14:00:00", "14:00:01", "+ 13:59:59", "+ 14:00:01")
    assert [present(service, "i-0000000f", clock) for clock in clocks] == [
        {"ana": "possible"}, {"ana": "certain", "max": "certain"}, {"ana": "certain"},
        {"ana": "certain", "boss": "certain"}, {"ana": "possible"}, {"ana": "possible"}, {},
    ]  # fmt: skip
    day_before = at("10:00:00") - timedelta(days=1)
    for moment, there in ((day_before - timedelta(seconds=1), 0), (day_before + timedelta(seconds=1), 1)):
        question = as_of_question(moment, "target:i-0000000f", None, None, "UTC", (), 7)
        answer = service.ask(question, Event())
        assert answer.totals.rows == there
        answer.close()
