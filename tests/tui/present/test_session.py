"""A session as a page, its end in words."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from ssmtrail.queries.model import CallDetail, ChainLink, SessionDetail, Value
from ssmtrail.queries.relations import columns_of
from ssmtrail.tui.frame.evidence_text import beginning, beginning_fact, chain_facts, ending, refused_call
from ssmtrail.tui.frame.lists_text import Record
from ssmtrail.tui.signs import UNICODE
from ssmtrail.tui.text import Clock
from ssmtrail.tui.views.session_text import call_rows, record_caption, session_facts, title
from ssmtrail.tui.views.sessions import panel_facts
from tests.fakes import NOON, a_session

UTC = Clock()


def detail_of(calls: tuple[CallDetail, ...] = (), /, nearby: int = 0, **changes: Value) -> SessionDetail:
    columns, row = columns_of("sessions"), a_session(**changes)
    return SessionDetail(columns, tuple(row.get(name) for name in columns), calls, nearby)


def call_at(seconds: int, name: str = "ResumeSession", outcome: str = "ok") -> CallDetail:
    return CallDetail(f"e{seconds}", NOON + timedelta(seconds=seconds), name, outcome, "jane.doe", "203.0.113.7", "{}")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"end_evidence": "terminated", "ended_at": NOON, "ended_by": "jane.doe", "length_bound": "exact"},
         "23 Nov 2026 12:00:00 UTC, by a TerminateSession call of jane.doe"),
        ({"end_evidence": "terminated", "ended_at": NOON, "ended_by": "max", "length_bound": "most"},
         "at the latest 23 Nov 2026 12:00:00 UTC: a TerminateSession call of max, another person, which also"),
        ({"end_evidence": "reported", "ended_at": NOON}, "as Session Manager reported"),
        ({"end_evidence": "alive-at", "alive_at": NOON}, "not recorded. It was alive at 23 Nov 2026 12:00:00 UTC."),
        ({"end_evidence": "no-shell", "ended_at": NOON}, "asked for its end at 23 Nov 2026 12:00:00 UTC"),
        ({"end_evidence": "no-shell"}, "asked for its end, which was refused"),
        ({"end_evidence": "unknown", "latest_end": NOON, "latest_end_by": "machine-stop"},
         "not recorded. At the latest 23 Nov 2026 12:00:00 UTC: the machine stopped."),
        ({"end_evidence": "terminated", "ended_at": NOON + timedelta(hours=1), "length_bound": "most",
          "latest_end": NOON, "latest_end_by": "transcript"},
         "at the latest 23 Nov 2026 12:00:00 UTC: its transcript was written then; at 23 Nov 2026 13:00:00 UTC came a"),
        ({"end_evidence": "unknown", "outside": "end outside the look-around: 2026-11-29T08:00:00Z"},
         "outside the look-around: 2026-11-29T08:00:00Z."),
        ({"end_evidence": "unknown"}, "not recorded. A session closed by exit or by timeout leaves no call."),
        ({"status": "denied", "error_code": "AccessDenied"}, "it never began: the start was denied, AccessDenied"),
        ({"status": "failed", "started_at": None}, "nothing changed: the resume or the end failed"),
    ],
)  # fmt: skip
def test_every_end_says_how_it_is_known(changes: dict[str, Value], words: str) -> None:
    cell = ending(Record(a_session(**changes)), UTC)
    assert words in (cell if isinstance(cell, str) else cell[0])


def test_what_is_not_known_for_sure_is_amber() -> None:
    assert ending(Record(a_session()), UTC)[1] == "warn"
    assert beginning(Record(a_session(status="orphan", started_at=None)), UTC)[1] == "warn"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"status": "orphan"}, "not in the data; at the latest 23 Nov 2026 12:00:00 UTC"),
        ({"status": "orphan", "outside": "start outside the look-around: 2026-02-20T10:00:00Z"},
         "outside the look-around: 2026-02-20T10:00:00Z; at the latest 23 Nov 2026 12:00:00 UTC"),
    ],
)  # fmt: skip
def test_a_beginning_that_is_not_known_says_why(changes: dict[str, Value], words: str) -> None:
    assert beginning(Record(a_session(started_at=None, **changes)), UTC)[0] == words


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"error_message": "User: x is not authorized to perform: ssm:TerminateSession on"}, "an end of this session"),
        ({"error_message": "not authorized to perform: ssm:ResumeSession"}, "a resume of this session"),
        ({"error_message": "ssm:StartSession", "session_id": None}, "a start"),
        ({"session_id": None}, "a start"),
        ({}, "a resume or an end of this session"),
    ],
)
def test_a_refused_row_says_what_was_asked_for(changes: dict[str, Value], words: str) -> None:
    assert refused_call(Record(a_session(status="denied", started_at=None, **changes))) == words


def test_a_refused_resume_says_when_it_was_asked_for() -> None:
    fact = beginning_fact(Record(a_session(status="denied", started_at=None)), UTC)
    assert fact == ("asked", "23 Nov 2026 12:00:00 UTC, a resume or an end of this session")
    assert beginning_fact(Record(a_session(status="denied")), UTC)[0] == "started"


def link_at(seconds: int, call: str, **more: Any) -> ChainLink:
    return ChainLink("1d954c71-bd51-cb78-8a08-893de27dac34", NOON + timedelta(seconds=seconds), call, **more)


FORGED = (
    link_at(-110, "AssumeRole", caller="mallory", caller_kind="iam-user", role="Deploy", name="jane.doe"),
    link_at(0, "StartSession", caller="jane.doe", caller_kind="role-session", caller_role="Deploy"),
)


class TestChain:
    def test_it_goes_from_the_first_caller_to_the_session(self) -> None:
        assert chain_facts(FORGED, UTC, UNICODE, narrow=True) == [
            ("chain", "mallory (IAM user)"),
            ("", '→ 11:58:10 AssumeRole Deploy as "jane.doe"   1d954c71…ac34'),
            ("", "→ 12:00:00 StartSession   1d954c71…ac34"),
        ]

    def test_where_there_is_room_the_event_ids_are_whole(self) -> None:
        assert str(FORGED[0].event_id) in str(chain_facts(FORGED, UTC, UNICODE, narrow=False)[1])

    def test_a_missing_hop_is_said(self) -> None:
        (_, first), *_ = chain_facts(FORGED[1:], UTC, UNICODE, narrow=True)
        assert first == ('? role Deploy as "jane.doe": the call that issued its key is not in the data', "warn")

    def test_a_link_of_another_day_has_its_day(self) -> None:
        early = link_at(-90_000, "AssumeRole", caller="mallory", caller_kind="iam-user", role="Deploy")
        assert "→ 22 Nov 11:00:00 AssumeRole" in str(chain_facts((early, FORGED[1]), UTC, UNICODE, narrow=True))

    def test_a_caller_whom_aws_named_needs_none(self) -> None:
        own = link_at(0, "StartSession", caller="ana", caller_kind="iam-user")
        assert chain_facts((own,), UTC, UNICODE, narrow=True) == chain_facts((), UTC, UNICODE, narrow=True) == []

    def test_it_is_on_the_page(self) -> None:
        detail = replace(detail_of(person="mallory", claimed_name="jane.doe", claims_other=True), chain=FORGED)
        facts = dict(session_facts(detail, UTC, UNICODE))
        assert facts["chain"] == "mallory (IAM user)"
        assert facts["claimed"] == ("jane.doe ≠ the name of another person", "warn")
        assert facts["known by"] == ("issuer: the caller who asked for the access key", "")


def test_the_page_and_the_panel_say_what_digests_prove() -> None:
    detail = detail_of(integrity="changed")
    said = ("integrity", ("changed: a log file of its records is not what AWS delivered", "bad"))
    assert said in session_facts(detail, UTC, UNICODE)
    assert said in panel_facts("sessions", Record.of(detail.columns, detail.row), UTC, UNICODE)
    assert "integrity" not in dict(session_facts(detail_of(), UTC, UNICODE))


def test_the_page_and_the_panel_say_the_verdict_of_the_access_policy() -> None:
    detail = detail_of(policy="violation", rule="prod-sre", policy_why="hours")
    said = ("policy", ("violation: outside the rule's hours (rule prod-sre)", "bad"))
    assert said in session_facts(detail, UTC, UNICODE)
    assert said in panel_facts("sessions", Record.of(detail.columns, detail.row), UTC, UNICODE)
    assert "policy" not in dict(session_facts(detail_of(), UTC, UNICODE))


def test_conflicts_and_omissions_are_on_the_page() -> None:
    facts = dict(session_facts(detail_of(conflict="person,target", is_omitted=True), UTC, UNICODE))
    assert facts["conflict"] == ("copies of one call name another person and target", "warn")
    assert "left the parameters of the call out" in facts["omitted"][0]


def test_resumes_are_the_good_ones() -> None:
    calls = (call_at(0, "StartSession"), call_at(60), call_at(90, outcome="AccessDenied"), call_at(120))
    facts = dict(session_facts(detail_of(calls), UTC, UNICODE))
    assert facts["resumed"] == "12:01:00  12:02:00"


@pytest.mark.parametrize(
    ("nearby", "words"),
    [
        (1, "1 other session was then possibly open on web-3   (a: as of)"),
        (2, "2 other sessions were then possibly open"),
    ],
)
def test_who_else_was_there(nearby: int, words: str) -> None:
    assert words in str(dict(session_facts(detail_of(nearby=nearby), UTC, UNICODE))["nearby"])


def test_a_person_without_a_name_is_said_to_have_none() -> None:
    facts = dict(session_facts(detail_of(person=None, person_shown="unknown behind Admin"), UTC, UNICODE))
    assert facts["person"] == ("unknown behind Admin: no name is recorded", "warn")


def test_the_title_names_account_and_place() -> None:
    text = title(Record(a_session()), UNICODE, {"111122223333": "main"}).plain
    assert text == "jane.doe → web-3  i-0ab1c2d3e4f5a6b7c   shell · prod · eu-central-1 · 111122223333 (main)"


def test_hostile_texts_reach_no_part_of_the_page() -> None:
    evil = "\x1b]52;c;x\x07"
    names = ("person", "person_shown", "target_name", "source_ip", "user_agent", "reason", "session_id", "role")
    hostile: dict[str, Value] = dict.fromkeys(names, evil)
    detail = detail_of((CallDetail("e\x1b", NOON, "Start\x1b", evil, evil, evil, "{}", note=evil),), 0, **hostile)
    page = [title(Record(dict(zip(detail.columns, detail.row, strict=True))), UNICODE, {}).plain]
    page += [str(fact) for fact in session_facts(detail, UTC, UNICODE)]
    page += [str(fact) for fact in panel_facts("sessions", Record(a_session(**hostile)), UTC, UNICODE)]
    page += [
        text
        for row in call_rows(detail.calls, UTC, UNICODE)
        for cell in row.cells.values()
        for text in (cell if isinstance(cell, tuple) else (cell,))
    ]
    assert all(text.isprintable() for text in page)


def test_a_record_put_together_says_so() -> None:
    call = CallDetail("e", NOON, "StartSession", "ok", None, None, "{}", exact=False)
    assert record_caption(call) == "put together from the table's columns"


def test_the_panel_says_when_it_was_alive_after_its_start() -> None:
    later = dict(panel_facts("sessions", Record(a_session(alive_at=NOON + timedelta(minutes=5))), UTC, UNICODE))
    assert later["alive at"] == "23 Nov 2026 12:05:00 UTC"
    assert "alive at" not in dict(panel_facts("sessions", Record(a_session(alive_at=NOON)), UTC, UNICODE))


def test_the_panel_tells_every_stable_field() -> None:
    names: dict[str, Value] = {"claimed_name": "ops", "source_identity": "o.k", "person_id": "9067", "via": "ecs.aws"}
    told = str(panel_facts("sessions", Record(a_session(event_ids=("one", "two"), **names)), UTC, UNICODE))
    assert all(str(name) in told for name in names.values())
    assert "IAM user" in told
    for column, value in a_session().items():
        if isinstance(value, str) and column not in {"end_evidence", "status", "key", "person_kind"}:
            assert value in told, column
    assert "one" in told
    assert "two" in told
