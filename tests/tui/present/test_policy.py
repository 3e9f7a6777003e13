"""What a verdict is called on screens."""

from __future__ import annotations

import pytest

from ssmtrail.queries.relations import columns_of
from ssmtrail.tui.frame.lists_text import Record
from ssmtrail.tui.frame.policy_text import policy_facts


@pytest.mark.parametrize(
    ("policy", "rule", "why", "said"),
    [
        (None, None, None, []),
        ("allowed", "dev", None, [("policy", "allowed (rule dev)")]),
        ("allowed-reported", "glass", None, [("policy", ("allowed, always reported (rule glass)", "warn"))]),
        ("violation", None, "no-rule", [("policy", ("violation: no rule allows it", "bad"))]),
        ("violation", "a\x1bb", "hours", [("policy", ("violation: outside the rule's hours (rule a\\x1bb)", "bad"))]),
        ("unjudged", None, "person-unknown", [("policy", ("unjudged: the person is unknown", "warn"))]),
        ("accepted", None, "left", [("policy", "accepted: the person had left")]),
    ],
)
def test_a_verdict_in_words(policy: str | None, rule: str | None, why: str | None, said: list[object]) -> None:
    columns = columns_of("sessions")
    values = {"policy": policy, "rule": rule, "policy_why": why}
    assert policy_facts(Record.of(columns, tuple(values.get(name) for name in columns))) == said
