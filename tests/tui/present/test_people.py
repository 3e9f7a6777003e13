"""People as rows of the list, and their panel."""

from __future__ import annotations

import pytest

from ssmtrail.tui.frame.evidence_text import kind_words, short_kind
from ssmtrail.tui.frame.lists_text import Record
from ssmtrail.tui.signs import UNICODE
from ssmtrail.tui.text import Clock
from ssmtrail.tui.views.people import people_facts, people_row
from tests.fakes import NOON

ROW = Record({
    "person": "jane", "person_kind": "identity-center", "person_id": "9067-1", "account": "111122223333", "key": "k",
    "sessions": 3, "calls": 5, "denied": 1, "failed": 2, "first_seen": NOON, "last_seen": NOON,
})  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "words", "short"),
    [
        ("iam-user", "IAM user", "IAM"),
        ("identity-center", "Identity Center user", "SSO"),
        ("root", "root user", "root"),
        ("role-session", "role session", "role"),
        ("service", "AWS service", "service"),
        ("unknown", "unknown", ""),
        (None, "unknown", ""),
        ("new\x1b", r"new\x1b", r"new\x1b"),
    ],
)
def test_kinds_of_people_have_words(kind: str | None, words: str, short: str) -> None:
    assert (kind_words(kind), short_kind(kind)) == (words, short)


def test_denied_and_failed_stand_side_by_side() -> None:
    cells = people_row(ROW, Clock(), UNICODE, {}).cells
    assert (cells["who"], cells["denied"], cells["failed"]) == (("SSO", "muted"), ("✗ 1", "bad"), ("✗ 2", "bad"))


def test_the_panel_says_which_user_it_is() -> None:
    facts = dict(people_facts(ROW, Clock(), UNICODE, {}))
    assert (facts["who is"], facts["user id"]) == ("Identity Center user", ("9067-1", "muted"))
    assert (facts["denied"], facts["failed"]) == (("✗ 1", "bad"), ("✗ 2", "bad"))
