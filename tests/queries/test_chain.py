"""The chain of evidence of a session, from the first caller to its own call."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ssmtrail.queries.filters import Filter
from ssmtrail.queries.model import Scope
from ssmtrail.queries.times import Window
from tests.records import (
    ask,
    assume_role,
    assumed_role,
    denied,
    iam_user,
    opened,
    resume,
    sso,
    start,
    terminate,
    write_file,
)

if TYPE_CHECKING:
    from pathlib import Path

    from ssmtrail.queries.model import SessionDetail
    from tests.records import Record

MALLORY = iam_user("mallory", key="AKIAMALLORY")


def details(folder: Path, *records: Record, window: Window | None = None) -> dict[str, SessionDetail]:
    """The details of every session, by its key."""
    write_file(folder / "trail" / "one.json", records)
    scope = Scope(window or Window(), Filter())
    with opened(folder / "trail", folder / "store") as trail:
        rows = ask(trail, "sessions", window=scope.window)
        return {row["key"]: trail.session(row["key"], scope, row["at"]) for row in rows}


def words(detail: SessionDetail) -> list[tuple[str | None, str, str | None, str | None]]:
    """Who called what, for which role under which name."""
    return [(link.caller, link.call, link.role, link.name) for link in detail.chain]


def test_a_forged_name_is_followed_to_who_typed_it(tmp_path: Path) -> None:
    issuing = assume_role("09:58:12", "jane", "ASIAONE", MALLORY)
    used = start("10:00:00", who=assumed_role("ops", "jane", key="ASIAONE"))
    (detail,) = details(tmp_path, issuing, used).values()
    assert words(detail) == [("mallory", "AssumeRole", "ops", "jane"), ("jane", "StartSession", None, None)]
    assert [link.event_id for link in detail.chain] == [issuing["eventID"], used["eventID"]]
    assert (detail.chain[0].caller_kind, detail.chain[1].caller_role) == ("iam-user", "ops")


def test_every_hop_is_a_link(tmp_path: Path) -> None:
    (detail,) = details(
        tmp_path,
        assume_role("08:00:00", "one", "ASIAONE", sso("Admin", "kim")),
        assume_role("08:10:00", "two", "ASIATWO", assumed_role("ops", "one", key="ASIAONE")),
        start("09:00:00", who=assumed_role("ops", "two", key="ASIATWO")),
    ).values()
    assert [link.caller for link in detail.chain] == ["kim", "one", "two"]
    assert [link.caller_kind for link in detail.chain] == ["identity-center", "role-session", "role-session"]


def test_a_hop_that_is_missing_begins_the_chain_with_a_typed_name(tmp_path: Path) -> None:
    (detail,) = details(
        tmp_path,
        assume_role("08:10:00", "two", "ASIATWO", assumed_role("ops", "one", key="ASIAGONE")),
        start("09:00:00", who=assumed_role("ops", "two", key="ASIATWO")),
    ).values()
    assert [(link.caller, link.caller_kind) for link in detail.chain] == [
        ("one", "role-session"),
        ("two", "role-session"),
    ]


def test_the_copy_in_the_callers_account_names_the_caller(tmp_path: Path) -> None:
    theirs = {"type": "AWSAccount", "principalId": "AIDAEXAMPLE", "accountId": "444455556666"}
    copy = assume_role("08:00:00", "jane", "ASIAONE", theirs, sharedEventID="one")
    own = assume_role("08:00:00", "jane", "ASIAONE", MALLORY, sharedEventID="one") | {"responseElements": None}
    (detail,) = details(tmp_path, copy, own, start("09:00:00", who=assumed_role("ops", "jane", key="ASIAONE"))).values()
    assert words(detail)[0] == ("mallory", "AssumeRole", "ops", "jane")


def test_a_caller_whom_aws_named_has_no_chain_but_the_call(tmp_path: Path) -> None:
    (detail,) = details(tmp_path, start("09:00:00", who=iam_user("ana"))).values()
    assert words(detail) == [("ana", "StartSession", None, None)]


def test_a_call_beyond_the_look_around_is_no_link(tmp_path: Path) -> None:
    issuing = assume_role("2026-11-17T09:00:00Z", "jane", "ASIAONE", MALLORY)
    used = start("10:00:00", who=assumed_role("ops", "jane", key="ASIAONE"))
    day = Window(datetime(2026, 11, 20, tzinfo=UTC), datetime(2026, 11, 21, tzinfo=UTC))
    (detail,) = details(tmp_path, issuing, used, window=day).values()
    assert [link.call for link in detail.chain] == ["StartSession"]


def test_an_orphan_has_no_chain(tmp_path: Path) -> None:
    (detail,) = details(tmp_path, resume("10:00:00", who=assumed_role("ops", "jane", key="ASIAONE"))).values()
    assert detail.chain == ()


def test_the_row_of_a_refused_end_shows_this_call(tmp_path: Path) -> None:
    session = "arn:aws:ssm:eu-central-1:111122223333:session/jane-0abc"
    refused = denied("TerminateSession", "10:05:00", session, MALLORY)
    found = details(tmp_path, start("10:00:00"), refused, terminate("10:10:00"))
    detail = found[refused["eventID"]]
    assert [(call.event_name, call.outcome) for call in detail.calls] == [
        ("TerminateSession", "AccessDeniedException"),
    ]
    assert words(detail) == [("mallory", "TerminateSession", None, None)]


def test_copies_that_contradict_each_other_are_shown_and_say_so(tmp_path: Path) -> None:
    one = start("10:00:00", target="i-0aaaaaaaa", eventID="same")
    other = start("10:00:00", target="i-0bbbbbbbb", eventID="same")
    (detail,) = details(tmp_path, one, other).values()
    assert [call.note for call in detail.calls] == [
        "",
        "another copy of one call, with another target: it does not count",
    ]
