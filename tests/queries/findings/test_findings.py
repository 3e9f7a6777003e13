"""Findings as a whole: what they depend on, how they are accepted, and what silent rules say."""

from __future__ import annotations

import tempfile
import threading
from dataclasses import fields
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ssmtrail.queries.config import Settings
from ssmtrail.queries.errors import FilterError, UsageError
from ssmtrail.queries.findings.catalog import RULES
from ssmtrail.queries.policy.reading import policy_of
from ssmtrail.queries.thresholds import RULE_IDS, Thresholds
from ssmtrail.queries.times import Window
from tests.queries.findings.test_rules import CASES, INVENTORY, JANE, at, habit
from tests.records import Record, ask, opened, start, write_file
from tests.thorough import times

NOW = datetime(2026, 11, 30, tzinfo=UTC)
#: Cases that together have people, doors, refusals and history, and are quick.
WORLD = tuple(
    record for rule in ("denied-then-in", "trail", "dup-key", "new-place", "conflict") for record in CASES[rule][0]
)


def findings(records: list[Record], where: str = "", window: Window | None = None, **more: Any) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as home:
        write_file(Path(home) / "trail" / "a.json", records)
        with opened(Path(home) / "trail", Path(home) / "store", INVENTORY, now=lambda: NOW, **more) as trail:
            return ask(trail, "findings", where, window)


@cache
def of_the_world() -> list[dict[str, Any]]:
    return findings(list(WORLD))


def test_the_rules_are_those_that_the_settings_know() -> None:
    assert tuple(rule.id for rule in RULES) == RULE_IDS


def test_the_documentation_has_each_rule_and_each_threshold_with_its_default() -> None:
    text = Path("docs/findings.md").read_text(encoding="utf-8")
    for rule in RULES:
        assert f"| `{rule.id}` | {rule.severity} | " in text
        assert f" | {rule.harmless} |" in text
    for threshold in fields(Thresholds):
        value = getattr(Thresholds(), threshold.name)
        assert f"\n{threshold.name} = {list(value) if isinstance(value, tuple) else value}" in text


@settings(max_examples=times(3, 30), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_order_and_duplicates_change_nothing(data: st.DataObject) -> None:
    again = data.draw(st.permutations([*WORLD, *WORLD[:5], *WORLD[-5:]]))
    whole = of_the_world()
    assert {row["rule"] for row in whole} >= {"denied-then-in", "trail", "dup-key", "new-place", "conflict"}
    assert findings(again) == whole


def test_one_finding_a_person_thing_and_day_and_its_id_stays(tmp_path: Path) -> None:
    machine = CASES["machine"][0][0]["userIdentity"]
    records = [start(at(0, f"1{hour}:00:00"), f"m{hour}", "i-0b0b", machine) for hour in range(3)]
    write_file(tmp_path / "trail" / "a.json", records)
    with opened(tmp_path / "trail", tmp_path / "store", INVENTORY) as trail:
        (row,) = trail.findings("finding:machine")
        assert (row.sessions, row.calls, len(row.event_ids), row.status) == (3, 3, 3, "open")
        assert row.summary == "the credentials of i-0abc1234: a session on web-1 (and 2 more that day)"
        assert (row.at, row.target, row.severity) == (datetime(2026, 11, 20, 10, tzinfo=UTC), "i-0b0b", "high")
        same = trail.findings("finding:machine", "2026-11-20", "2026-11-21")
        assert [each.finding_id for each in same] == [row.finding_id]
    accept = f'[[accept]]\nfinding = "{row.finding_id}"\nby = "ciso"\nwhy = "x"\nuntil = 2026-12-31'
    text = f'version = 1\ndefault = "allow"\n{accept}'
    for now, status in ((datetime(2026, 12, 1, tzinfo=UTC), "accepted"), (datetime(2027, 1, 1, tzinfo=UTC), "open")):
        policy = policy_of(text, tmp_path / "access.toml")
        with opened(tmp_path / "trail", tmp_path / "store", INVENTORY, policy=policy, now=lambda now=now: now) as trail:
            assert [each.status for each in trail.findings("finding:machine")] == [status]
            assert [each.rule for each in trail.findings("status:accepted")] == ["machine"] * (status == "accepted")


def test_a_finding_names_all_calls_that_it_rests_on() -> None:
    for rule, calls, sessions, target in (
        ("denied-then-in", 4, 1, "i-0b0b"), ("denied-spread", 5, 0, None), ("dup-key", 2, 0, None),
    ):  # fmt: skip
        (row,) = findings(CASES[rule][0], f"finding:{rule}")
        assert (len(row["event_ids"]), row["calls"], row["sessions"], row["target"]) == (calls, calls, sessions, target)
        assert "more" not in row["summary"] or rule != "denied-then-in"


def test_days_before_the_window_are_compared_with_and_named(tmp_path: Path) -> None:
    write_file(tmp_path / "trail" / "a.json", CASES["new-place"][0])
    never = threading.Event()
    with opened(tmp_path / "trail", tmp_path / "store", INVENTORY) as trail:
        (row,) = trail.findings("finding:new-place", "2026-11-20", "2026-11-21")
        baseline = (row.baseline_from, row.baseline_to)
        assert baseline == (datetime(2026, 10, 6, tzinfo=UTC), datetime(2026, 11, 20, tzinfo=UTC))
        assert list(trail.findings("finding:new-place", "2026-10-06", "2026-11-20")) == []
        late = trail.silent_rules(Window(datetime(2026, 11, 20, tzinfo=UTC), datetime(2026, 11, 21, tzinfo=UTC)), never)
        assert {each.rule: each.why for each in late} == {
            "left": "there is no access policy", "policy": "there is no access policy",
            "break-glass": "there is no access policy", "third-party": "[accounts] names no account",
        }  # fmt: skip
        early = {each.rule: each.why for each in trail.silent_rules(Window(), never)}
        assert early["hours"] == "fewer than 30 days of records before 2026-11-05"
        assert early["orphan"] == "fewer than 7 days of records before 2026-10-13"


def test_thresholds_and_rules_that_are_off(tmp_path: Path) -> None:
    records = CASES["denied-then-in"][0]
    for thresholds, rules in (
        (Thresholds(), {"denied-then-in"}),
        (Thresholds(denied_starts=4), set()),
        (Thresholds(off=("denied-then-in",)), set()),
    ):
        assert {row["rule"] for row in findings(records, findings=thresholds)} == rules
    new_place = CASES["new-place"][0]
    assert (
        findings(new_place, "finding:new-place", findings=Thresholds(networks=("198.51.100.0/24", "2001:db8::/32")))
        == []
    )


def test_a_habit_of_many_networks_is_no_new_place() -> None:
    moving = [start(at(day), f"h{day}", "i-0de0", JANE, sourceIPAddress=f"203.0.{day}.7") for day in range(1, 46)]
    assert findings([*moving, *CASES["new-place"][0][-1:]], "finding:new-place") == []


def test_a_filter_narrows_what_is_listed_but_not_what_is_compared() -> None:
    records = [*habit(JANE), *CASES["new-pair"][0]]
    assert {row["rule"] for row in findings(records, "env:prod severity:medium person:jane")} == {"new-pair"}
    with pytest.raises(FilterError, match="not of findings"):
        findings(records, "kind:shell")


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ('off = ["rot"]', "there is no rule 'rot'"),
        ('networks = ["office"]', "'office' is no address and no CIDR block"),
        ("hours_share = 2", "hours_share in [findings] is to be a share between 0 and 1"),
        ("hour_share = 0.1", "unknown setting 'hour_share' in [findings]; did you mean hours_share?"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, line: str, fault: str) -> None:
    (tmp_path / "config.toml").write_text(f"[findings]\n{line}\n")
    with pytest.raises(UsageError) as error:
        Settings.load(tmp_path / "config.toml")
    assert fault in str(error.value)


def test_settings_are_read(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('[findings]\noff = ["hours"]\nnetworks = ["10.0.0.0/8"]\nlong_hours = 6\n')
    found = Settings.load(tmp_path / "config.toml").findings
    assert (found.off, found.networks, found.long_hours, found.denied_starts) == (("hours",), ("10.0.0.0/8",), 6, 3)
