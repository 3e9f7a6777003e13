"""View 7: findings, why each matters, and the sessions behind one."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from ssmtrail.queries.filters import Filter
from ssmtrail.queries.findings.making import Silent
from ssmtrail.queries.model import Scope
from ssmtrail.queries.times import Window
from ssmtrail.tui.frame.lists_text import Record
from ssmtrail.tui.signs import UNICODE
from ssmtrail.tui.text import Clock
from ssmtrail.tui.views.doors import DoorsPane
from ssmtrail.tui.views.findings import FindingsPane, finding_facts, finding_row, silent_text
from ssmtrail.tui.views.sessions import SessionsPane
from tests.queries.findings.test_rules import CASES
from tests.records import assumed_role, opened, start, write_file
from tests.tui.screens.stage import app_over, keys_of, on_stage, pane, press, settled, stack

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from textual.pilot import Pilot

    from ssmtrail.queries.model import Value

HOSTILE = "\x1b[31m[bold]i-0abc1234"


@asynccontextmanager
async def over_findings(tmp_path: Path, size: tuple[int, int] = (120, 36)) -> AsyncIterator[Pilot[int]]:
    """The app on view 7 over four findings: high, high by a door, medium, and one of a hostile name."""
    records = [record for rule in ("denied-then-in", "trail", "dup-key") for record in CASES[rule][0]]
    records.append(start("09:00:00", "h", "i-[b]", assumed_role("web", "i-0abc1234", key="ASIAH")))
    write_file(tmp_path / "trail" / "one.json", records)
    with opened(tmp_path / "trail", tmp_path / "store") as trail:
        async with on_stage(app_over(trail, Scope(Window(), Filter())), size) as pilot:
            await press(pilot, "7")
            await settled(pilot)
            yield pilot


def rules(pilot: Pilot[int]) -> list[str]:
    """The rules of the rows."""
    table = pane(pilot, FindingsPane).table
    rows = [table.row_at(number) for number in range(table.total)]
    return [str(row.cells["rule"]) for row in rows if row]


async def test_the_most_severe_first_and_what_is_silent_above(tmp_path: Path) -> None:
    async with over_findings(tmp_path) as pilot:
        assert set(rules(pilot)[:3]) == {"machine", "trail", "denied-then-in"}
        assert rules(pilot)[3:] == ["dup-key"]
        heading = str(pane(pilot, FindingsPane).heading.render())
        assert "rules silent, most: fewer than 30 days of records before each day" in heading


async def test_where_nothing_is_found_it_is_said_that_rules_are_silent(tmp_path: Path) -> None:
    write_file(
        tmp_path / "trail" / "one.json", [start("09:00:00", "s", "i-1", assumed_role("web", "jane@example.com"))]
    )
    with opened(tmp_path / "trail", tmp_path / "store") as trail:
        async with on_stage(app_over(trail, Scope(Window(), Filter()))) as pilot:
            await press(pilot, "7")
            await settled(pilot)
            note = str(stack(pilot).note.content)
            assert note.startswith("No finding in")
            assert "rules silent" in note.splitlines()[-1]
            await press(pilot, "1")
            assert not stack(pilot).note.display


async def test_enter_opens_the_calls_behind_a_finding(tmp_path: Path) -> None:
    async with over_findings(tmp_path) as pilot:
        for rule, kind, rows in (("denied-then-in", SessionsPane, 4), ("dup-key", DoorsPane, 2)):
            await press(pilot, *["up"] * 4, *["down"] * rules(pilot).index(rule), "enter")
            await settled(pilot)
            assert pane(pilot, kind).display
            assert len(keys_of(pilot, 9)) == rows
            await press(pilot, "escape")


async def test_f_keeps_a_rule(tmp_path: Path) -> None:
    async with over_findings(tmp_path) as pilot:
        await press(pilot, "right", *["down"] * rules(pilot).index("trail"), "f")
        await settled(pilot)
        assert stack(pilot).state.filter.text == "finding:trail"
        assert rules(pilot) == ["trail"]


def test_a_finding_in_words_and_an_accepted_one_is_muted() -> None:
    values: dict[str, Value] = {
        "key": "a1", "finding_id": "a1", "rule": "machine", "severity": "high", "status": "open", "summary": HOSTILE,
        "why": "w", "harmless": "h", "event_ids": ("e1", "e2"), "person_shown": "jane", "calls": 2, "sessions": 1,
    }  # fmt: skip
    row = finding_row(Record(values), Clock(), UNICODE)
    assert (row.mark, row.cells["severity"]) == (("!", "bad"), ("high", "bad"))
    assert "\x1b" not in str(row.cells["what"])
    accepted = finding_row(Record(values | {"status": "accepted"}), Clock(), UNICODE)
    assert (accepted.mark, accepted.cells["rule"]) == ("", ("machine", "muted"))
    facts = finding_facts(Record(values), Clock(), UNICODE)
    assert ("harmless", "h") in facts
    assert [fact for fact in facts if fact[0] == "calls"] == [("calls", ("e1", "muted"))]


def test_silent_rules_in_a_line() -> None:
    assert silent_text([Silent("a", "x")]) == "1 rule silent: x"
    assert silent_text([Silent("a", "y"), Silent("b", "x"), Silent("c", "x")]) == "3 rules silent, most: x"
