"""`ssmtrail check`: what it lists, in which form, and how it ends."""

from __future__ import annotations

import csv
import json
import tomllib
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from ssmtrail.tui.cli.check import CHECK_FIELDS
from ssmtrail.tui.cli.main import run
from tests.records import denied, iam_user, start, write_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., tuple[int, str, str]]

POLICY = """version = 1
[[rule]]
id = "jane-dev"
who = ["jane"]
where = "env:dev"
how = ["shell"]
[[rule]]
id = "unused"
who = ["nobody"]
where = "*"
"""
WEB = "arn:aws:ec2:eu-central-1:111122223333:instance/i-0b0b"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("check")
    records = [
        start("10:00:00", "good", "i-0de0"),
        start("11:00:00", "bad", "i-0b0b", reason="=cmd()|\x1b[2J"),
        start("12:00:00", "unknown-place", "i-0fff"),
        denied("StartSession", "13:00:00", WEB, iam_user("eve")),
    ]
    write_file(home / "logs" / "a.json", records)
    write_file(home / "good" / "a.json", records[:1])
    write_file(home / "torn" / "a.json", records[:2])
    (home / "torn" / "b.json").write_text('{"Records":[{"eventVersion":"1.08"')
    (home / "machines.csv").write_text("instance_id,name,environment\ni-0de0,w1,dev\ni-0b0b,w2,prod\n")
    (home / "access.toml").write_text(POLICY)
    return home


@pytest.fixture
def check(home: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Run:
    monkeypatch.setenv("SSMTRAIL_CACHE", str(home / "cache"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "config"))

    def called(*words: str, logs: str = "logs", policy: str = "access.toml") -> tuple[int, str, str]:
        given = ["--logs", str(home / logs), "--inventory", str(home / "machines.csv")]
        code = run(["check", *given, *(["--policy", str(home / policy)] if policy else []), *words])
        out, err = capfdbinary.readouterr()
        return code, out.decode(), err.decode()

    return called


def test_what_is_not_allowed_is_listed_and_fails(check: Run) -> None:
    code, out, err = check("--format", "csv")
    rows = list(csv.DictReader(out.splitlines()))
    assert (code, tuple(rows[0])) == (5, CHECK_FIELDS)
    assert [(row["policy"], row["rule"], row["policy_why"], row["status"]) for row in rows] == [
        ("violation", "", "no-rule", "started"),
        ("unjudged", "jane-dev", "environment-unknown", "started"),
        ("violation", "", "no-rule", "denied"),
    ]
    assert "3 sessions: 1 violation, 1 unjudged, 1 allowed" in err
    assert "1 refused call, 1 of them outside the policy" in err
    assert "rules that allowed nothing: unused" in err


def test_the_check_fails_by_what_it_is_told_to(check: Run) -> None:
    assert check("--where", "target:i-0fff")[0] == 0
    assert check("--where", "target:i-0fff", "--fail-on", "violation,unjudged")[0] == 5
    assert check("--where", "person:eve")[0] == 0
    assert check("--where", "person:eve", "--fail-on", "attempts")[0] == 5
    assert check("--fail-on", "violatoin")[0] == 2
    code, out, _ = check(logs="good")
    assert (code, out) == (0, "")


def test_an_incomplete_answer_never_passes(check: Run) -> None:
    assert check(logs="torn")[0] == 4
    assert check("--allow-incomplete", logs="torn")[0] == 5


def test_junit_counts_failures_and_what_is_not_judged(check: Run) -> None:
    code, out, _ = check("--format", "junit", "-q")
    suite = ET.fromstring(out)
    assert code == 5
    assert {name: suite.get(name) for name in ("tests", "failures", "skipped")} == {
        "tests": "4", "failures": "1", "skipped": "1"
    }  # fmt: skip
    failure = suite.find(".//failure")
    assert failure is not None
    assert (failure.get("type"), failure.get("message")) == ("no-rule", "no rule allows it")
    assert "\x1b" not in out


def test_sarif_has_a_result_for_each_row(check: Run) -> None:
    _, out, _ = check("--format", "sarif", "-q")
    found = json.loads(out)["runs"][0]
    assert [(each["ruleId"], each["level"]) for each in found["results"]] == [
        ("no-rule", "error"), ("environment-unknown", "warning"), ("no-rule", "note"),
    ]  # fmt: skip
    place = found["results"][1]["locations"][0]["physicalLocation"]
    assert place == {"artifactLocation": {"uri": "access.toml"}, "region": {"startLine": 2}}
    assert {each["id"] for each in found["tool"]["driver"]["rules"]} == {"no-rule", "environment-unknown"}


def test_one_session_is_explained(check: Run) -> None:
    code, out, _ = check("--explain", "bad", "-q")
    assert code == 0
    assert "verdict violation, rule none: no rule allows it" in out
    assert "jane-dev  who yes · where no (env:dev) · how yes" in out
    assert check("--explain", "none")[0] == 2


def test_a_draft_allows_what_happened(check: Run, home: Path) -> None:
    code, out, _ = check("--draft", "-q", policy="")
    assert code == 0
    assert [rule["where"] for rule in tomllib.loads(out)["rule"]] == [
        "env:? account:111122223333", "env:dev", "env:prod"
    ]  # fmt: skip
    (home / "draft.toml").write_text(out)
    code, listed, err = check("--fail-on", "violation,unjudged", "--format", "csv", policy="draft.toml")
    assert (code, listed.count("\n")) == (0, 2)  # the refused call alone
    assert "3 sessions: 3 allowed" in err


def test_a_mistake_in_the_policy_and_a_missing_one(check: Run, home: Path) -> None:
    (home / "bad.toml").write_text('version = 1\n[[rule]]\nid = "a"\nwho = "jane"\nwhere = "*"\n')
    code, _, err = check(policy="bad.toml")
    assert (code, "bad.toml:4: who in rule" in err) == (2, True)
    code, _, err = check(policy="")
    assert (code, "Name the access policy" in err) == (2, True)


def test_an_approval_is_told_with_its_ticket(check: Run, home: Path) -> None:
    (home / "approved.toml").write_text(POLICY.replace('how = ["shell"]', 'require = ["approval"]'))
    given = home / "approvals.csv"
    given.write_text(
        "person,account,role,target,from,to,approver,ticket,reason\n"
        "jane,,,,2026-11-20T10:00:00Z,,lee,SEC-\x1b7,\n"
        "jane,,,,,2026-11-20T10:30:00Z,,,\n"
    )
    words = ("--approvals", str(given))
    code, out, _ = check("--explain", "good", *words, policy="approved.toml")
    assert (code, "\x1b" in out) == (0, False)
    assert "\napproval SEC-\\x1b7 by lee, 2026-11-20T10:00:00Z to 2026-11-20T10:30:00Z, line 2\n" in out
    assert "require yes" in out
    code, _, err = check(*words, policy="approved.toml")
    assert code == 5  # the session on the machine that no rule allows
    assert "1 approval\n" in err
    assert check(*words, policy="")[0] == 2
    given.write_text("person,from,to\njane,soon,\n")
    code, _, err = check(*words, policy="approved.toml")
    assert (code, "approvals.csv:2: from is to be a time like" in err) == (2, True)
