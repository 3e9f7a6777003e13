"""Reading `access.toml`: what it means, and where each mistake in it is."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from ssmtrail.queries.errors import UsageError
from ssmtrail.queries.policy.places import line_of
from ssmtrail.queries.policy.reading import MOST_RULES, policy_of, read_policy

if TYPE_CHECKING:
    from pathlib import Path

RULE = '[[rule]]\nid = "a"\nwho = ["jane"]\nwhere = "*"\n'


def test_the_policy_of_the_documentation(tmp_path: Path) -> None:
    (tmp_path / "sre.txt").write_text("# on call\nkim@x.com\n\nlee@x.com  # lead\n")
    (tmp_path / "access.toml").write_text(
        """version = 1
default = "allow"
[groups]
sre = ["@file:sre.txt", "role:SRE-*"]
[left]
"kim@x.com" = 2026-09-30
"old@x.com" = 2026-09-30T12:00:00+02:00
[[rule]]
id = "prod-sre"
who = ["sre", "max"]
where = "env:prod"
how = ["shell", "tunnel"]
require = ["reason:*INC-*"]
hours = "06-22 europe/berlin mon-fri"
until = 2027-03-31
alarm = true
trust = "session-name"
[[accept]]
session = "jane-1"
until = 2026-12-31
by = "ciso@x.com"
why = "SEC-140"
"""
    )
    policy = read_policy(tmp_path / "access.toml")
    rule = policy.rules[0]
    assert rule.who == ("kim@x.com", "lee@x.com", "role:SRE-*", "max")
    assert rule.written_who == ("sre", "max")
    assert rule.how == ("shell", "port-forward", "remote-port-forward")
    assert rule.hours is not None
    assert (rule.hours.filter, rule.hours.zone) == ("hour:06-22 day:mon-fri", "Europe/Berlin")
    assert (rule.alarm, rule.trust, policy.default, policy.trust) == (True, "session-name", "allow", "source-identity")
    # A day is its end for what holds until then, and its beginning for people who left then.
    assert rule.until == datetime(2027, 4, 1, tzinfo=UTC)
    assert dict(policy.left) == {
        "kim@x.com": datetime(2026, 9, 30, tzinfo=UTC),
        "old@x.com": datetime(2026, 9, 30, 10, tzinfo=UTC),
    }
    assert policy.accepts[0].until == datetime(2027, 1, 1, tzinfo=UTC)
    digest = policy.digest
    (tmp_path / "sre.txt").write_text("kim@x.com\n")
    assert read_policy(tmp_path / "access.toml").digest != digest


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", ": version is to be 1."),
        ("version = 2", ":1: version is to be 1."),
        ("version = 1\nversoin = 1", ":2: versoin is unknown; did you mean version?"),
        ('version = 1\ndefault = "deny"', ":2: default is to be one of violation, allow."),
        ('version = 1\ntrust = "none"', ":2: trust is to be one of identity, issuer, source-identity, session-name."),
        ("version = 1\nx = [", "is no TOML: "),
        ("version = 1\n[groups]\na = 1", ":3: a in [groups] is to be a list of texts"),
        ('version = 1\n[groups]\na = ["@file:none.txt"]', ":3: a in [groups]: "),
        ('version = 1\n[groups]\na = ["@file:~no-one/a"]', ":3: a in [groups]: There is no home of a user no-one."),
        ('version = 1\n[left]\nkim = "2026-09-30"', ":3: kim in [left] is to be a date without quotes"),
        ('version = 1\n[rule]\nid = "a"', ":2: rule is to be written [[rule]]"),
        (f"version = 1\n{RULE}{RULE}", ":7: id in rule \"a\": 'a' is the id of an earlier rule."),
        ('version = 1\n[[rule]]\nwho = ["a"]\nwhere = "*"', ":2: id in rule 1 is missing."),
        (f"version = 1\n{RULE}hwo = 1", ':6: hwo in rule "a" is unknown; did you mean who?'),
        ('version = 1\n[[rule]]\nid = "a"\nwhere = "*"', ':2: who in rule "a" is required: name a person'),
        (f'version = 1\n{RULE}how = ["shel"]', ":6: how in rule \"a\": there is no kind 'shel'; did you mean shell?"),
        (f'version = 1\n{RULE}hours = "22"', ':6: hours in rule "a"'),
        (f'version = 1\n{RULE}hours = "06-22 Mars"', ':6: hours in rule "a": '),
        (f'version = 1\n{RULE}hours = "06-26"', ':6: hours in rule "a": '),
        (f'version = 1\n{RULE}until = "soon"', ':6: until in rule "a" is to be a date'),
        (f"version = 1\n{RULE}alarm = 1", ':6: alarm in rule "a" is to be true or false.'),
        (f'version = 1\n{RULE}require = ["env:prod"]', ':6: require in rule "a": env: cannot be used here'),
        (f"version = 1\n{RULE.replace('*', 'person:jane')}", ':5: where in rule "a": person: cannot be used here'),
        (f"version = 1\n{RULE.replace('*', 'prod')}", ":5: where in rule \"a\": 'prod' has no key"),
        (f"version = 1\n{RULE.replace('*', ' ')}", ':5: where in rule "a" is to be a text.'),
        ("version = 1\n[[accept]]\nuntil = 2026-12-31", ":2: accept 1 needs either a session or a finding."),
        ('version = 1\n[[accept]]\nsession = "a"\nuntil = 2026-12-31', ":2: by in accept 1 is missing."),
    ],
)
def test_a_mistake_is_named_with_its_line_and_key(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UsageError) as error:
        policy_of(text, tmp_path / "access.toml")
    assert str(error.value).startswith(str(tmp_path / "access.toml"))
    assert said in str(error.value)


def test_there_may_not_be_more_rules_than_an_answer_can_carry(tmp_path: Path) -> None:
    rules = "".join(RULE.replace('"a"', f'"a{number}"') for number in range(MOST_RULES + 1))
    with pytest.raises(UsageError, match="one too many"):
        policy_of(f"version = 1\n{rules}", tmp_path / "access.toml")


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"none\.toml cannot be read"):
        read_policy(tmp_path / "none.toml")
    (tmp_path / "bad.toml").write_bytes(b"\xff")
    with pytest.raises(UsageError, match="is not UTF-8"):
        read_policy(tmp_path / "bad.toml")


def test_lines_are_counted_in_their_own_table() -> None:
    text = 'a = 1\n[left]\na = 2\n[[rule]]\nb = 3\n[[rule]]\n"a" = 4\n'
    assert [line_of(text, "", 0, "a"), line_of(text, "left", 0, "a"), line_of(text, "rule", 1, "a")] == [1, 3, 7]
    assert (line_of(text, "rule", 0, "a"), line_of(text, "none", 0, "a")) == (4, 0)
    assert line_of('why = "one\u2028two\x85three"\r\na = 1\r\n', "", 0, "a") == 2  # as TOML and editors count


def test_a_name_in_an_included_file_may_have_other_separators(tmp_path: Path) -> None:
    (tmp_path / "names.txt").write_text("jane\u2028doe\r\nlee # since May\n\n", encoding="utf-8")
    text = 'version = 1\n[groups]\nadmins = ["@file:names.txt"]\n[[rule]]\nid = "a"\nwho = ["admins"]\nwhere = "*"\n'
    (tmp_path / "access.toml").write_text(text, encoding="utf-8")
    (rule,) = read_policy(tmp_path / "access.toml").rules
    assert rule.who == ("jane\u2028doe", "lee")
