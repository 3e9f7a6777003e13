"""Approvals: what a file may say, how rows are paired, and which sessions they cover."""

from __future__ import annotations

import re
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from ssmtrail.queries.errors import UsageError
from ssmtrail.queries.filters import Filter
from ssmtrail.queries.inventory import Inventory, Machine
from ssmtrail.queries.model import Scope
from ssmtrail.queries.policy.approvals import ALWAYS, read_approvals
from ssmtrail.queries.policy.reading import policy_of
from ssmtrail.queries.times import Window
from tests.records import ask, assumed_role, denied, iam_user, opened, sso, start, write_file

if TYPE_CHECKING:
    from pathlib import Path

    from ssmtrail.queries.policy.approvals import Approval

HEADER = "person,account,role,target,from,to,approver,ticket,reason\n"
GOOD_LINE = '{"person": "jane", "from": "2026-11-20", "approver": "lee"}'
POLICY = """version = 1
[[rule]]
id = "glass"
who = ["role:Glass"]
where = "*"
require = ["approval", "reason:INC-*"]
[[rule]]
id = "prod"
who = ["*"]
where = "*"
require = ["approval"]
"""


def written(tmp_path: Path, text: str, name: str = "approvals.csv") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-20T{text}:00+00:00")


def spans(given: tuple[Approval, ...]) -> list[tuple[int, datetime, datetime]]:
    return [(each.line, each.since, each.until) for each in given]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("who,from,to\n", "approvals.csv:1: there is no column person;"),
        (HEADER + ",,,,2026-11-20,,lee,,\n", "approvals.csv:2: person is missing."),
        (HEADER + "j*,,,,2026-11-20,,lee,,\n", "approvals.csv:2: person is to name one person, without *."),
        (HEADER + "\njane,1234,,,2026-11-20,,lee,,\n", "approvals.csv:3: account is to have 12 digits, not '1234'."),
        (HEADER + "jane,,,,,,lee,,\n", "approvals.csv:2: from is missing, and so is to."),
        (HEADER + "jane,,,,20.11.2026,,lee,,\n", "approvals.csv:2: from is to be a time like"),
        (HEADER + "jane,,,,2026-11-20,2026-11-19,lee,,\n", "approvals.csv:2: to is not after from."),
        (HEADER + "jane,,,,2026-11-20,2026-11-21,,,\n", "approvals.csv:2: approver is missing."),
        (HEADER + 'jane,"x\n', "approvals.csv:2: this is no CSV"),
        ('{"person": "jane",\n', "approvals.csv:1: this is no JSON"),
        (f'{GOOD_LINE}\n{{"person": 7}}', "approvals.csv:2: person is to be a text."),
        (f"{GOOD_LINE}\n[]", "approvals.csv:2: this is no JSON object."),
    ],
)  # fmt: skip
def test_errors_point_at_line_and_field(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UsageError, match=re.escape(said)):
        read_approvals(written(tmp_path, text))


def test_a_revocation_in_a_row_of_its_own_ends_the_grant(tmp_path: Path) -> None:
    rows = (
        "jane,111122223333,Ops,,2026-11-20T09:00:00Z,,lee,SEC-1,",
        "jane,111122223333,Ops,,2026-11-20T09:30:00Z,2026-11-20T12:00:00Z,lee,SEC-2,",
        "JANE,111122223333,,,,2026-11-20T10:00:00Z,,,",  # any role
        "jane,111122223333,Ops,,,2026-11-20T08:00:00Z,,,",  # ends nothing: it is before
        "jane,444455556666,Ops,,2026-11-20T09:00:00Z,,lee,SEC-3,",  # another account: nothing ends it
        "kim,111122223333,Ops,,2026-11-20T09:00:00+01:00,2026-11-20T10:00:00+01:00,Kim,SEC-4,",  # by herself
        "jane,111122223333,Ops,,2026-11-20T11:00:00Z,2026-11-20T11:30:00Z,lee,SEC-5,",
    )
    found = read_approvals(written(tmp_path, HEADER + "\n".join(rows)))
    assert spans(found.given) == [
        (2, at("09:00"), at("10:00")), (3, at("09:30"), at("10:00")), (6, at("09:00"), ALWAYS),
        (8, at("11:00"), at("11:30")),
    ]  # fmt: skip
    assert (found.endless, found.by_themselves, found.ends_of_nothing) == (1, 1, 1)


def test_days_and_json_lines(tmp_path: Path) -> None:
    text = '{"person": "jane", "from": "2026-11-20", "to": "2026-11-20", "approver": "lee", "id": 7, "role": null}\n\n'
    (one,) = read_approvals(written(tmp_path, text, "a.jsonl")).given
    assert (one.since, one.until) == (at("00:00"), datetime(2026, 11, 21, tzinfo=UTC))
    assert one.words == "by lee, 2026-11-20T00:00:00Z to 2026-11-21T00:00:00Z, line 1"


APPROVED = f"""{HEADER}jane,,,i-0b0b,2026-11-20T10:00:00Z,2026-11-20T11:00:00Z,lee,SEC-\x1b1,
eve,444455556666,,,2026-11-20,2026-11-20,lee,SEC-2,
pat,,Admin,web-*,2026-11-20,2026-11-20,lee,SEC-3,
ann,,Glass,,2026-11-20,2026-11-20,lee,SEC-4,
idc:9067,,AWSReservedSSO_Admin_0123456789abcdef,,2026-11-20,2026-11-20,lee,SEC-5,
"""


def someone(name: str, session: str, time: str, target: str = "i-0b0b", **more: Any) -> dict[str, Any]:
    return start(time, session, target, iam_user(name), **more)


def test_which_sessions_an_approval_covers(tmp_path: Path) -> None:
    user = sso("Admin", "mia") | {"onBehalfOf": {"userId": "9067"}}
    records = [
        someone("jane", "before", "09:59:59"),
        someone("jane", "first", "10:00:00"),
        someone("jane", "last", "10:59:59"),
        someone("jane", "after", "11:00:00"),
        someone("jane", "elsewhere", "10:30:00", "i-0c0c"),
        someone("eve", "other-account", "10:00:00"),
        start("10:00:00", "by-name", "i-0b0b", sso("Admin", "pat")),
        start("10:00:00", "other-role", "i-0b0b", sso("Read", "pat")),
        start("10:00:00", "by-id", "i-0b0b", user),
        start("10:00:00", "no-name", "i-0fff", sso("Admin", "pat")),
        start("10:00:00", "typed", "i-0b0b", assumed_role("Ops", "jane", key="ASIATYPED")),
        start("10:00:00", "no-reason", "i-0b0b", sso("Glass", "ann")),
        denied("StartSession", "10:10:00", "arn:aws:ec2:eu-central-1:111122223333:instance/i-0b0b", iam_user("jane")),
    ]
    write_file(tmp_path / "logs" / "a.json", records)
    machines = Inventory.of([Machine("i-0b0b", "web-1", "prod"), Machine("i-0c0c", "db-1", "prod")])
    policy = policy_of(POLICY, tmp_path / "access.toml")
    given = policy.with_approvals(read_approvals(written(tmp_path, APPROVED)))
    assert given.digest != policy.digest
    with opened(tmp_path / "logs", tmp_path / "store", machines, policy=given) as trail:
        rows = ask(trail, "sessions")
        found = {row["session_id"] or row["status"]: (row["policy"], row["policy_why"]) for row in rows}
        assert found == {
            "before": ("violation", "require"), "first": ("allowed", None), "last": ("allowed", None),
            "after": ("violation", "require"), "elsewhere": ("violation", "require"),
            "other-account": ("violation", "require"), "by-name": ("allowed", None),
            "other-role": ("violation", "require"), "by-id": ("allowed", None),
            "no-name": ("unjudged", "target-unknown"), "typed": ("unjudged", "person-unconfirmed"),
                "no-reason": ("violation", "require"),
            "denied": ("allowed", None),
        }  # fmt: skip
        told = {row["session_id"]: row["approval"] for row in rows}
        assert told["first"] == "SEC-\x1b1 by lee, 2026-11-20T10:00:00Z to 2026-11-20T11:00:00Z, line 2"
        assert (told["by-name"] or "").startswith("SEC-3 by lee")
        assert (told["before"], told["no-name"]) == (None, None)
        explained = trail.explain("first", Scope(Window(), Filter()), threading.Event())
        assert explained.session["approval"] == told["first"]
        assert [each.conditions["require"] for each in explained.rules] == [False, True]
    # Without the file it is not known whether there was an approval: never allowed, never a violation.
    with opened(tmp_path / "logs", tmp_path / "store", machines, policy=policy) as trail:
        whys = {(row["policy"], row["policy_why"]) for row in ask(trail, "sessions", "-session:no-reason")}
        assert whys == {("unjudged", "approval-unknown")}
        assert {row["approval"] for row in ask(trail, "sessions")} == {None}


@pytest.mark.parametrize("character", ["\u2028", "\x85"])
def test_only_a_line_feed_ends_a_line_of_json(tmp_path: Path, character: str) -> None:
    line = GOOD_LINE.replace("}", f', "reason": "for{character}INC-1"}}')
    path = written(tmp_path, f"{line}\r\n{line.replace('jane', 'lee')}\n{{", "approvals.jsonl")
    with pytest.raises(UsageError, match=r"approvals\.jsonl:3: this is no JSON"):
        read_approvals(path)
    path.write_text(f"{line}\n", encoding="utf-8")
    (approval,) = read_approvals(path).given
    assert approval.reason == f"for{character}INC-1"
