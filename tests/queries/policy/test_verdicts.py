"""Verdicts of the access policy: each on the smallest trail that shows it."""

from __future__ import annotations

import tempfile
import threading
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ssmtrail.queries.errors import FilterError, UsageError
from ssmtrail.queries.filters import Filter
from ssmtrail.queries.inventory import Inventory, Machine
from ssmtrail.queries.model import Scope
from ssmtrail.queries.policy.reading import MOST_RULES, policy_of
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
from tests.thorough import times

if TYPE_CHECKING:
    from ssmtrail.queries.policy.access import Policy
    from tests.records import Record

NOW = datetime(2026, 11, 30, tzinfo=UTC)
FORWARD = "AWS-StartPortForwardingSessionToRemoteHost"
DATABASE: Record = {"host": ["db.x.rds.amazonaws.com"], "portNumber": ["5432"], "localPortNumber": ["1"]}
INVENTORY = Inventory.of(
    [
        Machine("i-0b0b", "web-1", "prod"),
        Machine("i-0de0", "web-2", "dev"),
        Machine("i-0c0c", "db-1", "prod"),
    ]
)
POLICY = """version = 1
[groups]
dba = ["lee", "idc:90671"]
sre = ["role:SRE*"]
[left]
kim = 2026-11-01
later = 2026-12-01
[[rule]]
id = "break-glass"
who = ["role:BreakGlass"]
where = "*"
alarm = true
[[rule]]
id = "dba-tunnel"
who = ["dba"]
where = "dest:*.rds.amazonaws.com:5432"
how = ["tunnel"]
[[rule]]
id = "prod-sre"
who = ["sre"]
where = "env:prod -name:db-*"
how = ["shell", "command"]
require = ["reason:*INC-*"]
hours = "06-22 Europe/Berlin mon-fri"
[[rule]]
id = "old"
who = ["max*"]
where = "env:dev"
until = 2026-11-19
[[rule]]
id = "dev"
who = ["jane", "old@x.com"]
where = "env:dev"
[[rule]]
id = "vendor"
who = ["vendor"]
where = "env:dev"
trust = "session-name"
[[accept]]
session = "known"
until = 2026-12-31
by = "ciso"
why = "SEC-1"
[[accept]]
session = "known-once"
until = 2026-11-29
by = "ciso"
why = "SEC-2"
"""


def policy(text: str = POLICY) -> Policy:
    return policy_of(text, Path("access.toml"))


def prod(session: str, who: Record, time: str = "12:00:00", **more: Any) -> Record:
    return start(time, session, "i-0b0b", who, **more)


def dev(session: str, who: Record, time: str = "12:00:00", **more: Any) -> Record:
    return start(time, session, "i-0de0", who, **more)


SRE, JANE, LEE = sso("SRE", "ann"), iam_user("jane"), iam_user("Lee")
TYPED = assumed_role("ops", "jane", key="ASIATYPED")
#: By session id: the records, and what comes out of them.
CASES: dict[str, tuple[list[Record], tuple[str | None, str | None, str | None]]] = {
    "dev": ([dev("dev", JANE)], ("allowed", "dev", None)),
    "case": ([dev("case", iam_user("JANE"))], ("allowed", "dev", None)),
    "nobody": ([dev("nobody", iam_user("eve"))], ("violation", None, "no-rule")),
    "elsewhere": ([prod("elsewhere", JANE)], ("violation", None, "no-rule")),
    "sre": ([prod("sre", SRE, reason="INC-7 disk")], ("allowed", "prod-sre", None)),
    "no-reason": ([prod("no-reason", SRE)], ("violation", "prod-sre", "require")),
    # Berlin is one hour ahead of UTC in November: 21:30 UTC is 22:30 there.
    "late": ([prod("late", SRE, "21:30:00", reason="INC-7")], ("violation", "prod-sre", "hours")),
    "early": ([prod("early", SRE, "05:30:00", reason="INC-7")], ("allowed", "prod-sre", None)),
    "sunday": ([prod("sunday", SRE, "2026-11-22T12:00:00Z", reason="INC-7")], ("violation", "prod-sre", "hours")),
    "tunnel": (
        [prod("tunnel", SRE, reason="INC-7", document=FORWARD, parameters=DATABASE)],
        ("violation", "prod-sre", "how"),
    ),
    "database": ([start("12:00:00", "database", "i-0c0c", SRE, reason="INC-7")], ("violation", None, "no-rule")),
    "dba": ([prod("dba", LEE, document=FORWARD, parameters=DATABASE)], ("allowed", "dba-tunnel", None)),
    "dba-shell": ([prod("dba-shell", LEE)], ("violation", None, "no-rule")),
    "glass": ([prod("glass", sso("BreakGlass", "ann"))], ("allowed-reported", "break-glass", None)),
    "expired": ([dev("expired", iam_user("max.weber"))], ("violation", "old", "expired")),
    "not-yet": ([dev("not-yet", iam_user("max.weber"), "2026-11-19T23:59:59Z")], ("allowed", "old", None)),
    "gone": ([dev("gone", iam_user("kim"))], ("violation", None, "left")),
    "going": ([dev("going", iam_user("later"))], ("violation", None, "no-rule")),
    "known": ([prod("known", JANE)], ("accepted", None, "no-rule")),
    "known-once": ([prod("known-once", JANE)], ("violation", None, "no-rule")),
    # What the records do not say is neither allowed nor a violation.
    "typed": ([dev("typed", TYPED)], ("unjudged", None, "person-unconfirmed")),
    "vendor": (
        [dev("vendor", assumed_role("support", "vendor", key="ASIAV"), "2026-10-20T12:00:00Z")],
        ("allowed", "vendor", None),
    ),
    "tool": ([dev("tool", assumed_role("ops", "botocore-session-1"))], ("unjudged", None, "person-unknown")),
    "machine": ([start("12:00:00", "machine", "i-0123", JANE)], ("unjudged", "dev", "environment-unknown")),
    "late-night": ([resume("13:00:00", "late-night", JANE)], ("unjudged", None, "start-unknown")),
    "omitted": (
        [start("12:00:00", "omitted", "i-0de0", JANE) | {"requestParameters": {"omitted": True}}],
        ("unjudged", "dev", "environment-unknown"),
    ),
    # The key was issued to mallory, whatever the session calls itself.
    "forged": (
        [
            assume_role("11:00:00", "jane", "ASIAFORGED", iam_user("mallory", key="AKIAM")),
            dev("forged", assumed_role("ops", "jane", key="ASIAFORGED")),
        ],
        ("violation", None, "no-rule"),
    ),
    "followed": (
        [
            assume_role("11:00:00", "x", "ASIAFOLLOWED", iam_user("jane", key="AKIAJ")),
            dev("followed", assumed_role("ops", "x", key="ASIAFOLLOWED")),
        ],
        ("allowed", "dev", None),
    ),
    "broken": ([start("12:00:00", None, "i-0de0", JANE, errorCode="TargetNotConnected")], (None, None, None)),
}  # fmt: skip


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    home = tmp_path_factory.mktemp("judged")
    write_file(home / "trail" / "a.json", [record for records, _ in CASES.values() for record in records])
    with opened(home / "trail", home / "store", INVENTORY, policy=policy(), now=lambda: NOW) as trail:
        return {row["session_id"] or "broken": row for row in ask(trail, "sessions")}


@pytest.mark.parametrize("name", CASES)
def test_a_verdict(judged: dict[str, dict[str, Any]], name: str) -> None:
    row = judged[name]
    assert (row["policy"], row["rule"], row["policy_why"]) == CASES[name][1]


def test_without_a_policy_there_is_no_verdict(tmp_path: Path) -> None:
    write_file(tmp_path / "trail" / "a.json", [dev("dev", JANE)])
    with opened(tmp_path / "trail", tmp_path / "store") as trail:
        row = ask(trail, "sessions")[0]
        assert (row["policy"], row["rule"], row["policy_why"]) == (None, None, None)
        with pytest.raises(UsageError, match="There is no access policy"):
            trail.check()


def test_a_check_counts_refused_calls_apart_and_names_unused_rules(tmp_path: Path) -> None:
    refused = denied("StartSession", "10:00:00", "arn:aws:ec2:eu-central-1:111122223333:instance/i-0b0b", JANE)
    write_file(tmp_path / "trail" / "a.json", [dev("dev", JANE), dev("other", iam_user("eve")), refused])
    with opened(tmp_path / "trail", tmp_path / "store", INVENTORY, policy=policy()) as trail:
        check = trail.check()
        assert (check.sessions, check.attempts) == ({"allowed": 1, "violation": 1}, {"violation": 1})
        assert check.whys == {"no-rule": 1}
        assert check.unused == ("break-glass", "dba-tunnel", "prod-sre", "old", "vendor")
        assert check.fails(frozenset({"violation"}))
        assert not check.fails(frozenset({"unjudged"}))
        assert trail.check(where="person:jane").fails(frozenset({"attempts"}))
        assert not trail.check(where="person:jane").fails(frozenset({"violation"}))
        # The filter, the list and the drill-down agree with what was counted.
        assert [row.person for row in trail.sessions(where="policy:violation -status:denied")] == ["eve"]
        assert [row.rule for row in trail.sessions(where="rule:dev")] == ["dev"]
        assert [row.person for row in trail.people(where="policy:violation")] == ["eve", "jane"]


def test_a_call_has_the_verdict_of_its_session(tmp_path: Path) -> None:
    eve, refused = iam_user("eve"), denied("StartSession", "10:00:00", "arn:aws:ssm:eu-central-1::document/x", JANE)
    records = [
        dev("dev", JANE),
        dev("other", eve),
        resume("13:00:00", "other", eve),
        resume("09:00:00", "gone", eve),
        refused,
    ]
    write_file(tmp_path / "trail" / "a.json", records)
    with opened(tmp_path / "trail", tmp_path / "store", INVENTORY, policy=policy()) as trail:
        found = {}
        for where in (
            "policy:violation",
            "policy:allowed",
            "policy:unjudged",
            "rule:dev",
            "-policy:allowed person:eve",
        ):
            found[where] = [(row.event_name, row.session_id) for row in trail.calls(where=where, sort="event_time")]
        with pytest.raises(FilterError, match="policy: is known of sessions"):
            ask(trail, "visits", "policy:violation")
        # Beyond the window the session is not known, and its resume has no verdict.
        late = trail.calls(where="policy:violation", since="2026-11-20T12:30Z", until="2026-11-21")
        assert [row.event_name for row in late] == ["ResumeSession"]
    assert found == {
        "policy:violation": [("StartSession", "other"), ("ResumeSession", "other")],
        "policy:allowed": [("StartSession", "dev")],
        "policy:unjudged": [("ResumeSession", "gone"), ("StartSession", None)],
        "rule:dev": [("StartSession", None), ("StartSession", "dev")],
        "-policy:allowed person:eve": [
            ("ResumeSession", "gone"),
            ("StartSession", "other"),
            ("ResumeSession", "other"),
        ],
    }
    with opened(tmp_path / "trail", tmp_path / "store2", INVENTORY) as trail:  # without a policy there are no verdicts
        assert [list(trail.calls(where=where)) for where in ("policy:violation", "rule:*")] == [[], []]


def test_the_matrix_marks_pairs_with_a_session_against_the_policy(tmp_path: Path) -> None:
    eve, refused = (
        iam_user("eve"),
        denied("StartSession", "10:00:00", "arn:aws:ec2:eu-central-1:1:instance/i-0b0b", JANE),
    )
    records = [
        dev("dev", JANE),
        dev("other", eve),
        dev("more", eve),
        dev("unknown", assumed_role("ops", "old@x.com", key="ASIAO")),
        refused,
    ]
    write_file(tmp_path / "trail" / "a.json", records)
    scope, never = Scope(Window(), Filter()), threading.Event()
    with opened(tmp_path / "trail", tmp_path / "store", INVENTORY, policy=policy()) as trail:
        for asked in (scope, replace(scope, filter=Filter("env:dev"))):
            matrix = trail.matrix(asked, never)
            marks = {person.label: matrix.row(place).marks for place, person in enumerate(matrix.people)}
            assert matrix.judged
            assert {name: mark for name, mark in marks.items() if "p" in mark} == {"eve": "p"}
        assert marks == {"jane": " ", "eve": "p", "old@x.com": " "}
        cells = {person.label: trail.cell(scope, person.id, "i-0de0", never).against for person in matrix.people}
        assert cells == {"jane": 0, "eve": 2, "old@x.com": 0}
    with opened(tmp_path / "trail", tmp_path / "store2", INVENTORY) as trail:
        matrix = trail.matrix(scope, never)
        assert (matrix.judged, "p" in str([matrix.row(place).marks for place in range(len(matrix.people))])) == (
            False,
            False,
        )


def test_an_explanation_has_each_condition_of_each_rule(tmp_path: Path) -> None:
    write_file(tmp_path / "trail" / "a.json", [prod("late", SRE, "21:30:00", reason="INC-7"), dev("typed", TYPED)])
    scope, never = Scope(Window(), Filter()), threading.Event()
    with opened(tmp_path / "trail", tmp_path / "store", INVENTORY, policy=policy()) as trail:
        found = trail.explain("late", scope, never)
        assert found.left is False
        assert {each.rule.id: each.conditions for each in found.rules}["prod-sre"] == {
            "who": True, "where": True, "how": True, "until": True, "hours": False, "require": True
        }  # fmt: skip
        unknown = trail.explain("typed", scope, never)
        assert unknown.left is None
        assert [each.conditions["who"] for each in unknown.rules] == [False, None, False, None, None, False]
        with pytest.raises(UsageError, match="There is no session nothing"):
            trail.explain("nothing", scope, never)


def test_rules_that_agree_need_not_know_who_it_was(tmp_path: Path) -> None:
    rules = """version = 1
[[rule]]
id = "named"
who = ["jane"]
where = "*"
[[rule]]
id = "role"
who = ["role:ops"]
where = "*"
"""
    strict = rules.replace('where = "*"', 'where = "*"\nrequire = ["reason:INC*"]', 1)
    write_file(tmp_path / "trail" / "a.json", [dev("typed", TYPED)])
    for text, wanted in ((rules, ("allowed", "role")), (strict, ("unjudged", "named"))):
        with opened(tmp_path / "trail", tmp_path / "store", INVENTORY, policy=policy(text)) as trail:
            row = ask(trail, "sessions")[0]
            assert (row["policy"], row["rule"]) == wanted


def test_the_default_may_be_to_allow(tmp_path: Path) -> None:
    write_file(tmp_path / "trail" / "a.json", [dev("dev", JANE), dev("gone", iam_user("kim"))])
    text = 'version = 1\ndefault = "allow"\n[left]\nkim = 2026-11-01\n'
    with opened(tmp_path / "trail", tmp_path / "store", policy=policy(text)) as trail:
        rows = {row["session_id"]: row["policy"] for row in ask(trail, "sessions")}
    assert rows == {"dev": "allowed", "gone": "violation"}


def test_as_many_rules_as_there_may_be_are_judged(tmp_path: Path) -> None:
    rule = '[[rule]]\nid = "r{0}"\nwho = ["p{0}"]\nwhere = "name:m{0}*"\nhours = "06-22"\nrequire = ["reason:{0}*"]\n'
    text = "version = 1\n" + "".join(rule.format(number) for number in range(MOST_RULES - 1))
    text += '[[rule]]\nid = "last"\nwho = ["jane"]\nwhere = "env:dev"\n'
    write_file(tmp_path / "trail" / "a.json", [dev("dev", JANE)])
    with opened(tmp_path / "trail", tmp_path / "store", INVENTORY, policy=policy(text)) as trail:
        assert [row["rule"] for row in ask(trail, "sessions", "policy:allowed")] == ["last"]


PEOPLE = (
    iam_user("jane"), iam_user("eve"), sso("SRE", "ann"), assumed_role("ops", "jane", key="ASIAFORGED"),
    assumed_role("ops", "vendor", key="ASIAV"), assumed_role("SRE2", "jane", key="ASIAFORGED"),
)  # fmt: skip
ISSUED = assume_role("00:30:00", "jane", "ASIAFORGED", iam_user("mallory", key="AKIAM"))


@st.composite
def worlds(draw: st.DrawFn) -> list[Record]:
    records: list[Record] = [ISSUED]
    for number in range(draw(st.integers(1, 5))):
        who, target = draw(st.sampled_from(PEOPLE)), draw(st.sampled_from(("i-0b0b", "i-0de0", "i-0fff")))
        reason = draw(st.sampled_from((None, "INC-1")))
        hour = draw(st.integers(1, 21))
        records.append(start(f"{hour:02}:00:00", f"s{number}", target, who, reason=reason))
        if draw(st.booleans()):
            records.append(terminate(f"{hour:02}:40:00", f"s{number}", who))
    return records


def verdicts(records: list[Record]) -> dict[str, tuple[str | None, str | None]]:
    with tempfile.TemporaryDirectory() as home:
        write_file(Path(home) / "trail" / "a.json", records)
        with opened(Path(home) / "trail", Path(home) / "store", INVENTORY, policy=policy(), now=lambda: NOW) as trail:
            return {row["session_id"]: (row["policy"], row["policy_why"]) for row in ask(trail, "sessions")}


@settings(max_examples=times(5, 50), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(world=worlds(), data=st.data())
def test_verdicts_depend_on_the_records_alone_and_never_get_better_without_one(
    world: list[Record], data: st.DataObject
) -> None:
    whole = verdicts(world)
    again = data.draw(st.permutations([*world, *world[:2]]))
    assert verdicts(again) == whole
    if len(world) > 1:
        cut = data.draw(st.integers(0, len(world) - 1))
        fewer = verdicts(world[:cut] + world[cut + 1 :])
        for session, (verdict, _) in fewer.items():
            if whole[session][0] == "violation":
                assert verdict in {"violation", "unjudged"}
