"""Each rule of findings on the smallest trail that shows it, beside an innocent one that looks alike."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ssmtrail.queries.inventory import Inventory, Machine
from ssmtrail.queries.policy.reading import policy_of
from ssmtrail.queries.thresholds import RULE_IDS
from tests.records import (
    ACCOUNT,
    OTHER_ACCOUNT,
    assume_role,
    assumed_role,
    call,
    denied,
    iam_user,
    resume,
    sso,
    start,
    terminate,
    told_apart,
)

if TYPE_CHECKING:
    from tests.records import Record

#: The day on which every true case ends: 30 days and more after the first.
DAY = datetime(2026, 11, 20, tzinfo=UTC)
INVENTORY = Inventory.of(
    [Machine("i-0b0b", "web-1", "prod"), Machine("i-0b0c", "web-2", "prod"), Machine("i-0de0", "box-1", "dev")]
)
POLICY = policy_of(
    """version = 1
default = "allow"
[left]
kim = 2026-11-10
[[rule]]
id = "glass"
who = ["role:BreakGlass"]
where = "*"
alarm = true
[[rule]]
id = "mallory"
who = ["mallory"]
where = "env:dev"
require = ["reason:INC*"]
""",
    Path("access.toml"),
)
ROOT: Record = {
    "type": "Root", "principalId": ACCOUNT, "arn": f"arn:aws:iam::{ACCOUNT}:root", "accountId": ACCOUNT,
    "accessKeyId": "ASIAROOT", "sessionContext": {"attributes": {"mfaAuthenticated": "true"}},
}  # fmt: skip
FORWARD = "AWS-StartPortForwardingSessionToRemoteHost"
JANE = sso("Dev", "jane")


def at(days: float, time: str = "10:00:00") -> str:
    """So many days before the day, at a clock time (UTC)."""
    return f"{DAY - timedelta(days=days):%Y-%m-%d}T{time}Z"


def mfa(who: Record) -> Record:
    return who | {"sessionContext": {"attributes": {"mfaAuthenticated": "true"}}}


def habit(
    who: Record, target: str = "i-0de0", *, days: range = range(1, 46), time: str = "10:00:00", **more: Any
) -> list[Record]:
    """A session a day."""
    return [start(at(day, time), f"h{day}-{target}-{time}", target, who, **more) for day in days]


def tunnel(time: str, session: str, host: str, port: str, who: Record = JANE) -> Record:
    asked = {"host": [host], "portNumber": [port], "localPortNumber": ["1"]}
    return start(time, session, "i-0de0", who, document=FORWARD, parameters=asked)


def refused(time: str, target: str, who: Record = JANE) -> Record:
    return denied("StartSession", time, f"arn:aws:ec2:eu-central-1:{ACCOUNT}:instance/{target}", who)


def door(name: str, time: str, asked: Record, who: Record = JANE, source: str = "cloudtrail.amazonaws.com") -> Record:
    return call(name, time, who, eventSource=source, requestParameters=asked, responseElements={"success": True})


def key_sent(time: str, target: str, key: str) -> Record:
    asked = {"instanceId": target, "instanceOSUser": "ec2-user", "sSHPublicKey": f"ssh-ed25519 {key} x"}
    return door("SendSSHPublicKey", time, asked, source="ec2-instance-connect.amazonaws.com")


ED1, ED2 = "AAAAC3NzaC1lZDI1NTE5AAAAIE1x", "AAAAC3NzaC1lZDI1NTE5AAAAIE2x"
TWO = [*habit(JANE), *habit(sso("Dev", "max"), time="11:00:00")]
#: By rule: what is a finding, and what looks alike and is none.
CASES: dict[str, tuple[list[Record], list[Record]]] = {
    "root": ([start(at(0), "r", "i-0b0b", ROOT)], [start(at(0), "r", "i-0b0b", mfa(iam_user("root")))]),
    "machine": (
        [start(at(0), "m", "i-0b0b", assumed_role("web", "i-0abc1234"))],
        [start(at(0), "m", "i-0b0b", assumed_role("web", "i-team"))],
    ),
    "left": ([start(at(0), "k", "i-0b0b", mfa(iam_user("kim")))], [start(at(11), "k", "i-0b0b", mfa(iam_user("kim")))]),
    "policy": (
        [start(at(0), "v", "i-0de0", sso("Dev", "mallory"))],
        [start(at(0), "v", "i-0de0", sso("Dev", "mallory"), reason="INC-1")],
    ),
    "break-glass": (
        [start(at(0), "b", "i-0b0b", sso("BreakGlass", "jane"))],
        [start(at(0), "b", "i-0b0b", sso("BreakGlassAudit", "jane"))],
    ),
    "no-mfa": (
        [start(at(40), "n", "i-0b0b", iam_user()), start(at(0), "n2", "i-0b0b", iam_user())],
        [start(at(0), "n", "i-0b0b", mfa(iam_user()))],
    ),
    "forged-name": (
        [
            assume_role(at(0, "09:00:00"), "jane", "ASIAF", mfa(iam_user("mallory", key="AKIAM"))),
            start(at(0), "f", "i-0b0b", assumed_role("ops", "jane", key="ASIAF")),
            start(at(1), "j", "i-0b0b", JANE),
        ],
        [
            assume_role(at(0, "09:00:00"), "deploy", "ASIAF", mfa(iam_user("mallory", key="AKIAM"))),
            start(at(0), "f", "i-0b0b", assumed_role("ops", "deploy", key="ASIAF")),
            start(at(1), "j", "i-0b0b", JANE),
        ],
    ),
    "unknown-person": (
        [
            start(at(1), "a", "i-0b0b", assumed_role("ops", "jane")),
            start(at(1), "b", "i-0b0b", assumed_role("ops", "max")),
            start(at(0), "u", "i-0b0b", assumed_role("ops", "botocore-session-1")),
        ],
        [
            start(at(1), "a", "i-0b0b", assumed_role("ops", "jane")),
            start(at(0), "u", "i-0b0b", assumed_role("ops", "botocore-session-1")),
        ],
    ),
    "third-party": (
        [start(at(0), "t", "i-0b0b", JANE | {"arn": JANE["arn"].replace(ACCOUNT, "999988887777")})],
        [start(at(0), "t", "i-0b0b", JANE | {"arn": JANE["arn"].replace(ACCOUNT, OTHER_ACCOUNT)})],
    ),
    "denied-then-in": (
        [
            *(refused(at(0, f"10:0{minute}:00"), "i-0b0b") for minute in range(3)),
            start(at(0, "10:40:00"), "in", "i-0b0b", JANE),
        ],
        [
            *(refused(at(0, f"1{hour}:00:00"), "i-0b0b") for hour in range(3)),
            start(at(0, "12:40:00"), "in", "i-0b0b", JANE),
        ],
    ),
    "denied-spread": (
        [refused(at(0, f"10:0{place}:00"), f"i-00{place}") for place in range(5)],
        [refused(at(0, f"10:0{place}:00"), f"i-00{place % 4}") for place in range(8)],
    ),
    "spread": (
        [*habit(JANE), *(start(at(0, f"10:{place:02}:00"), f"s{place}", f"i-0a{place}", JANE) for place in range(7))],
        [
            *(record for place in range(7) for record in habit(JANE, f"i-0a{place}", time=f"10:{place:02}:00")),
            *(start(at(0, f"10:{place:02}:00"), f"s{place}", f"i-0a{place}", JANE) for place in range(8)),
        ],
    ),
    "new-pair": (
        [*habit(JANE), *habit(sso("Dev", "max"), "i-0b0b"), start(at(0), "p", "i-0b0b", JANE)],
        [*habit(JANE), start(at(0), "p", "i-0b0b", JANE)],  # the machine is new to everybody
    ),
    "new-place": (
        [*habit(JANE), start(at(0), "p", "i-0de0", JANE, sourceIPAddress="198.51.100.9")],
        [*habit(JANE), start(at(0), "p", "i-0de0", JANE, sourceIPAddress="203.0.113.200")],
    ),
    "two-places": (
        [
            start(at(0), "p", "i-0de0", JANE),
            start(at(0, "10:05:00"), "q", "i-0de0", JANE, sourceIPAddress="198.51.100.9"),
        ],
        [
            start(at(0), "p", "i-0de0", JANE),
            start(at(0, "10:05:00"), "q", "i-0de0", JANE, sourceIPAddress="2001:db8::1"),
        ],
    ),
    "hours": (
        [*habit(JANE), *habit(JANE, time="11:00:00"), start(at(0, "02:00:00"), "p", "i-0de0", JANE)],
        [*habit(JANE), *habit(JANE, time="11:00:00"), start(at(0, "12:30:00"), "p", "i-0de0", JANE)],
    ),
    "db-tunnel": (
        [*habit(JANE), tunnel(at(0), "d", "db.x.eu-central-1.rds.amazonaws.com", "5432")],
        [
            *habit(JANE),
            tunnel(at(20), "d0", "10.0.0.1", "5432"),
            tunnel(at(0), "d", "10.0.0.2", "3306"),
            tunnel(at(0), "w", "10.0.0.2", "8080"),
        ],
    ),
    "meta-tunnel": ([tunnel(at(0), "d", "169.254.169.254", "80")], [tunnel(at(0), "d", "172.31.4.4", "80")]),
    "long": (
        [
            start(at(0, "02:00:00"), "l", "i-0de0", JANE),
            resume(at(0, "15:30:00"), "l", JANE),
            terminate(at(0, "15:59:00"), "l", JANE),
        ],
        [start(at(0, "02:00:00"), "l", "i-0de0", JANE), terminate(at(0, "15:59:00"), "l", JANE)],  # at most so long
    ),
    "quiet-doc": (
        [*habit(JANE), start(at(0), "q", "i-0de0", JANE, document="Quiet")],
        [
            *habit(JANE),
            *habit(JANE, document="Known", time="12:00:00"),
            start(at(0), "q", "i-0de0", JANE, document="Known"),
        ],
    ),
    "jit-bypass": (
        [
            *habit(assumed_role("SSM-JustInTimeAccessTokenRole", "max"), "i-0b0b", days=range(1, 4)),
            start(at(0), "b", "i-0b0b", JANE),
        ],
        [
            *habit(assumed_role("SSM-JustInTimeAccessTokenRole", "max"), "i-0b0b", days=range(1, 4)),
            start(at(0), "b", "i-0b0c", JANE),
        ],
    ),
    "no-reason": (
        [*habit(JANE, reason="INC-1"), start(at(0), "n", "i-0de0", JANE)],
        [
            *habit(JANE, reason="INC-1", days=range(1, 46, 2)),
            *habit(JANE, days=range(2, 46, 2)),
            start(at(0), "n", "i-0de0", JANE),
        ],
    ),
    "killed": (
        [start(at(0), "k", "i-0de0", JANE), terminate(at(0, "10:30:00"), "k", sso("Dev", "max"))],
        [start(at(0), "k", "i-0de0", JANE), terminate(at(0, "10:30:00"), "k", JANE)],
    ),
    "orphan": (
        [*habit(JANE), resume(at(0), "gone-0abc", JANE)],
        [*habit(JANE), resume(at(44, "11:00:00"), "gone-0abc", JANE)],
    ),
    "conflict": (
        [start(at(0), "c", "i-0de0", JANE, eventID="event-c"), start(at(0), "c", "i-0b0b", JANE, eventID="event-c")],
        [start(at(0), "c", "i-0de0", JANE, eventID="event-c")] * 2,
    ),
    "trail": (
        [start(at(0), "c", "i-0de0", JANE), door("StopLogging", at(0, "12:00:00"), {"name": "main"})],
        [
            start(at(0), "c", "i-0de0", JANE),
            door("StopLogging", at(0, "12:00:00"), {"name": "main"}, sso("Dev", "max")),
            door("UpdateDocument", at(0, "12:00:00"), {"name": "Other"}, source="ssm.amazonaws.com"),
        ],
    ),
    "dup-key": (
        [key_sent(at(0), "i-0de0", ED1), key_sent(at(0, "10:30:00"), "i-0b0b", ED1)],
        [
            key_sent(at(0), "i-0de0", ED1),
            key_sent(at(0, "10:30:00"), "i-0b0b", ED2),
            key_sent(at(0, "12:30:00"), "i-0b0b", ED1),
        ],
    ),
}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, Any]]]:
    """The findings of every case, each in accounts of its own."""
    cases = {
        f"{rule} {kind}": records
        for rule, both in CASES.items()
        for kind, records in zip(("true", "alike"), both, strict=True)
    }
    own = tuple(f"{account[:9]}{number:03}" for number in range(len(cases)) for account in (ACCOUNT, OTHER_ACCOUNT))
    return told_apart(
        tmp_path_factory.mktemp("findings"), "findings", cases, inventory=INVENTORY, policy=POLICY, accounts=own
    )


def test_every_rule_has_a_case() -> None:
    assert tuple(CASES) == RULE_IDS


@pytest.mark.parametrize("rule", RULE_IDS)
def test_a_rule_finds_the_true_one_and_not_what_looks_alike(found: dict[str, list[dict[str, Any]]], rule: str) -> None:
    assert rule in {row["rule"] for row in found[f"{rule} true"]}
    assert rule not in {row["rule"] for row in found[f"{rule} alike"]}


def test_the_call_just_before_is_the_one_that_two_places_compares_with_among_many_of_the_key(
    tmp_path: Path,
) -> None:
    office, train = "203.0.113.7", "198.51.100.9"
    moves = [
        ("08:00:00", office), ("09:00:00", train),  # an hour apart
        ("10:00:00", train), ("10:06:00", train), ("10:12:00", office),  # six minutes apart
        ("10:40:00", office), ("11:30:00", train), ("11:30:00", office),  # at once
        ("12:30:00", train),
    ]  # fmt: skip
    records = [
        start(at(0, time), f"s{number}", "i-0de0", JANE, sourceIPAddress=address)
        for number, (time, address) in enumerate(moves)
    ]
    rows = told_apart(tmp_path, "findings", {"moves": records}, inventory=INVENTORY)["moves"]
    (finding,) = (row for row in rows if row["rule"] == "two-places")
    assert finding["summary"].startswith(f"one access key from {train} and from {office} within 10 minutes")
    assert finding["sessions"] == 2


def test_a_newcomer_without_a_reason_is_compared_with_the_sessions_in_the_environment(tmp_path: Path) -> None:
    kim, lee, max_ = (sso("Dev", person) for person in ("kim", "lee", "max"))
    usual = [*habit(kim, "i-0b0b", reason="INC-1"), *habit(lee, "i-0b0c", time="11:00:00", reason="INC-2")]
    usual += [*habit(kim, "i-0de0", time="12:00:00", reason="INC-3"), *habit(lee, "i-0de0", time="13:00:00")]
    cases = {
        "prod": [*usual, start(at(0), "new", "i-0b0b", max_)],
        "dev": [*usual, start(at(0), "new", "i-0de0", max_)],
        "no environment": [*usual, start(at(0), "new", "i-0f0f", max_)],
    }
    found = told_apart(tmp_path, "findings", cases, inventory=INVENTORY)
    said = {case: {row["summary"] for row in rows if row["rule"] == "no-reason"} for case, rows in found.items()}
    assert said == {
        "prod": {"no reason on web-1; 100 % of the sessions in prod have one"}, "dev": set(), "no environment": set(),
    }  # fmt: skip
