"""Following a source: when it is looked at, what is read, and what is not paid for."""

from __future__ import annotations

from datetime import timedelta
from threading import Event
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from ssmtrail.queries.errors import Cancelled, SourceError
from ssmtrail.queries.following import BUCKET, FOLDER, HISTORY, MOST, Follower
from ssmtrail.queries.model import Budgets, Plan, Progress, Spendings
from ssmtrail.queries.sources.files.watch import WHOLE, FolderWatch
from tests.fakes import NOON

if TYPE_CHECKING:
    from pathlib import Path

    from ssmtrail.queries.trail import Trail

NEVER = Event()
DAY = NOON.date()


class Clock:
    def __init__(self) -> None:
        self.at = 1_000.0

    def __call__(self) -> float:
        return self.at


def test_a_watch_sees_what_is_new_renamed_removed_and_still_being_written(tmp_path: Path) -> None:
    day = tmp_path / "2026" / "11" / "23"
    day.mkdir(parents=True)
    (day / "a.json").write_text("{")
    clock = Clock()
    watch = FolderWatch(tmp_path, clock=clock)

    def looks(number: int = 1) -> list[bool]:
        return [watch.has_changed(NEVER) for _ in range(number)]

    assert looks(3) == [True, False, False]
    (day / "a.json").write_text("{}")  # in place: no folder's time changes
    assert looks() == [False]
    clock.at += WHOLE
    assert looks(2) == [True, False]
    (day / "b.json").write_text("{")
    assert looks() == [True]
    (day / "b.json").write_text("{}")  # a file that is still written is looked at again
    assert looks(3) == [True, False, False]
    (day.parent / "24").mkdir()
    assert looks(3) == [True, False, False]
    (day.parent / "24" / "c.json").write_text("{}")
    assert looks(3) == [True, False, False]
    (day / "a.json").rename(day.parent / "24" / "a.json")
    assert looks(3) == [True, False, False]
    (day / "b.json").unlink()
    assert looks(3) == [True, False, False]
    watch.forget()
    assert looks(2) == [True, False]
    with pytest.raises(OSError, match="No such file"):
        FolderWatch(tmp_path / "gone").has_changed(NEVER)


def test_while_nothing_happens_a_watch_looks_at_folders_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.json").write_text("{}")
    watch = FolderWatch(tmp_path, clock=Clock())
    assert [watch.has_changed(NEVER) for _ in range(2)] == [True, False]
    monkeypatch.setattr("ssmtrail.queries.sources.files.watch.folders_of", None)  # calling it would raise
    assert not watch.has_changed(NEVER)


def test_a_single_file_is_watched(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_text("{}")
    clock = Clock()
    watch = FolderWatch(file, clock=clock)
    assert [watch.has_changed(NEVER) for _ in range(2)] == [True, False]
    file.write_text("{}\n")
    assert watch.has_changed(NEVER)


def folder(*changes: bool | OSError) -> Any:
    """A folder whose looks find these one after the other, then nothing."""
    found = list(changes)
    forgotten: list[int] = []

    def has_changed(_: Event) -> bool:
        change = found.pop(0) if found else False
        if isinstance(change, OSError):
            raise change
        return change

    watch = SimpleNamespace(has_changed=has_changed, forget=lambda: forgotten.append(1))
    return SimpleNamespace(kind="files", label="logs /evidence", watch=lambda: watch, forgotten=forgotten)


def bucket(*, max_price: float | None = None) -> Any:
    terms = SimpleNamespace(max_price=max_price, ask_above=1.0, list=0.001)
    return SimpleNamespace(kind="bucket", label="s3", terms=terms)


def table(*, day: float | None = None, max_price: float | None = None) -> Any:
    return SimpleNamespace(
        kind="table", label="athena", open_age=timedelta(minutes=15), budgets=Budgets(day), max_price=max_price,
        ask_above=1.0,
    )  # fmt: skip


HISTORY_SOURCE: Any = SimpleNamespace(kind="history", label="history")


def follower(
    *sources: Any, plan: Plan | SourceError | None = None, asks_aws: bool = False
) -> tuple[Follower, Clock, Any]:
    """A follower of sources that are answered together, of one alone; the trail notes what is planned."""
    asked: list[frozenset[int]] = []

    def planned(window: Any, _: Event, *, only: frozenset[int], refresh: bool) -> Plan:
        assert refresh == (not any(sources[number].kind == "table" for number in only))
        assert (window.start, window.end) == (NOON.replace(hour=0), None)
        asked.append(only)
        trail.unplanned_sources = {
            number: str(plan) for number in only if isinstance(plan, SourceError) and sources[number].kind != "files"
        }
        if isinstance(plan, SourceError):
            raise plan
        return plan or Plan(NOON, (DAY,))

    source = sources[0] if len(sources) == 1 else SimpleNamespace(kind="several", members=sources)
    trail = SimpleNamespace(
        source=source, plan=planned, asks_aws=asks_aws, costs_money=True, asked=asked,
        unplanned_sources={}, failed_sources={},
        spendings=lambda: Spendings(DAY, own_day=0.5, budgets=Budgets(2.0)),
    )  # fmt: skip
    clock = Clock()
    return Follower(cast("Trail", trail), lambda: NOON, clock), clock, trail


def test_a_folder_is_read_when_it_has_changed() -> None:
    found, clock, trail = follower(folder(True, False, True))
    assert found.look(NEVER).only == {0}
    found.done(Progress("done"))
    assert found.wait == FOLDER
    clock.at += FOLDER
    assert found.look(NEVER).only == frozenset()
    assert found.wait == FOLDER
    clock.at += FOLDER
    assert found.look(NEVER).only == {0}
    clock.at += 3.0  # reading took so long: it may take a quarter of the time
    found.done(Progress("done"))
    assert found.wait == 9.0
    assert trail.asked == []
    assert follower(folder(), asks_aws=True)[0].paces == (HISTORY,)


def test_after_failures_it_looks_later_and_finds_the_change_again() -> None:
    evidence = folder(True, PermissionError(13, "Permission denied"), True)
    found, clock, _ = follower(evidence)
    assert found.look(NEVER).only
    found.failed()
    assert (found.wait, len(evidence.forgotten)) == (2 * FOLDER, 1)
    clock.at += found.wait
    with pytest.raises(SourceError, match="cannot be looked at: permission denied"):
        found.look(NEVER)
    found.failed()
    assert found.wait == 4 * FOLDER
    for _ in range(40):
        found.failed()
    assert found.wait == MOST
    clock.at += MOST
    assert found.look(NEVER).only
    found.postponed()
    assert (found.wait, len(evidence.forgotten)) == (0, 43)
    found.done()
    assert found.wait == FOLDER
    stop = Event()
    stop.set()
    with pytest.raises(Cancelled):
        found.until_due(stop)


def test_each_of_several_sources_has_its_own_pace() -> None:
    parts = (("a", Plan(NOON)), ("b", Plan(NOON, (DAY,))), ("c", Plan(NOON, (DAY,), price=0.1)))
    found, clock, trail = follower(folder(True, True), HISTORY_SOURCE, bucket(), plan=Plan(NOON, (DAY,), parts=parts))
    assert found.paces == (FOLDER, HISTORY, BUCKET)
    assert found.look(NEVER).only == {0, 1, 2}
    found.done()
    clock.at += FOLDER
    look = found.look(NEVER)
    assert (look.only, look.plan) == (frozenset({0}), None)  # no other was even planned
    found.done()
    clock.at += HISTORY - FOLDER
    assert found.look(NEVER).only == {1}
    assert trail.asked == [{0, 1, 2}, {1}]


def test_a_table_is_followed_within_a_budget_alone_and_never_past_a_question() -> None:
    assert "only within a budget" in follower(table())[0].look(NEVER).held[0]
    cheap = Plan(NOON, (DAY,), price=0.2)
    for source in (table(day=2.0), table(max_price=3.0)):
        look = follower(source, plan=cheap)[0].look(NEVER)
        assert (look.only, look.plan, look.held) == (frozenset({0}), cheap, ())
    for plan, said in (
        (Plan(NOON, (DAY,), price=1.5, ask_first=True), "the open days cost $1.50, which needs a yes"),
        (Plan(NOON, (DAY,), price=None, ask_first=True), "cost an unknown price"),
        (Plan(NOON, (DAY,), price=0.1, doubt="It may scan more."), "needs a yes"),
        (Plan(NOON, (DAY,), price=0.1, refusal="more than day_budget leaves"), "more than day_budget leaves"),
    ):
        found, *_ = follower(table(day=2.0), plan=plan)
        look = found.look(NEVER)
        assert look.only == frozenset()
        assert said in look.held[0]
        assert found.wait == 900.0
    # The copy of the open day is young enough.
    assert follower(table(day=2.0), plan=Plan(NOON))[0].look(NEVER).only == frozenset()


def test_a_bucket_is_followed_until_it_has_cost_what_is_paid_without_a_question() -> None:
    found, clock, _ = follower(bucket(), plan=Plan(NOON, (DAY,), price=0.4))
    for _ in range(2):
        assert found.look(NEVER).only == {0}
        found.done(Progress("done", price=0.4))
        clock.at += BUCKET
    look = found.look(NEVER)
    assert look.only == frozenset()
    assert look.held == ("following has cost $0.80, the next reading passes $1.00",)
    cost = found.cost
    assert cost is not None
    assert (cost.spent, cost.left) == (0.8, 1.5)
    capped, *_ = follower(bucket(max_price=5.0), plan=Plan(NOON, (DAY,), price=0.9))
    capped.done(Progress("done", price=0.9))
    assert capped.look(NEVER).only == {0}


def test_of_several_what_is_not_agreed_to_is_left_out() -> None:
    parts = (("a", Plan(NOON)), ("b", Plan(NOON, (DAY,), price=9.0, ask_first=True, refusal="too much")))
    found, *_ = follower(folder(True), table(), plan=Plan(NOON, (DAY,), parts=parts, ask_first=True, refusal="b: no"))
    look = found.look(NEVER)
    assert look.only == {0}
    assert look.plan is not None
    assert [part.days for _, part in look.plan.parts] == [(), ()]
    assert not look.plan.refusal
    assert look.held[0].startswith("athena: ")


def test_listing_a_bucket_costs_and_ends_where_it_would_pass_what_is_paid_without_a_question() -> None:
    # 400 requests to list, nothing to read.
    found, clock, trail = follower(bucket(), plan=Plan(NOON, (DAY,), price=0.4, requests=400))
    for spent in (0.4, 0.8):
        assert found.look(NEVER).only == {0}
        found.done(Progress("done"))
        assert found.cost is not None
        assert found.cost.spent == spent
        clock.at += BUCKET
    look = found.look(NEVER)
    assert look.held == ("following has cost $0.80, the next reading passes $1.00",)
    assert len(trail.asked) == 2, "it was not listed again"
    capped, clock, trail = follower(bucket(max_price=0.5), plan=Plan(NOON, (DAY,), price=0.4, requests=400))
    assert capped.look(NEVER).only == {0}
    capped.done(Progress("done"))
    clock.at += BUCKET
    assert "passes $0.50" in capped.look(NEVER).held[0]
    assert len(trail.asked) == 1


def test_what_several_sources_cost_together_is_asked_for_together() -> None:
    parts = (("a", Plan(NOON)), ("b", Plan(NOON, (DAY,), price=0.7)), ("c", Plan(NOON, (DAY,), price=0.6)))
    plan = Plan(NOON, (DAY,), parts=parts, ask_first=True)
    found, *_ = follower(folder(True), table(day=5.0), bucket(), plan=plan)
    look = found.look(NEVER)
    assert look.only == {0}
    assert look.plan is not None
    assert [part.days for _, part in look.plan.parts] == [(), (), ()]
    said = "not read: the open days of all sources cost $1.30, which needs a yes"
    assert look.held == (f"athena: {said}", f"s3: {said}")
    cheap = (parts[0], parts[1], ("c", Plan(NOON, (DAY,), price=0.2)))
    found, *_ = follower(folder(True), table(day=5.0), bucket(), plan=Plan(NOON, (DAY,), parts=cheap))
    assert found.look(NEVER).only == {0, 1, 2}


def test_a_source_that_fails_stops_no_other_and_waits_alone() -> None:
    gone = folder(PermissionError(13, "Permission denied"), OSError(), True)
    found, clock, _ = follower(folder(True, True, True, True), gone)
    look = found.look(NEVER)
    assert look.only == {0}
    assert look.held == ("logs /evidence cannot be looked at: permission denied",)
    found.done(Progress("done"))
    assert found.wait == FOLDER
    clock.at += FOLDER
    look = found.look(NEVER)
    assert look.only == {0}
    assert look.held == (), "the other is not tried again so soon"
    found.done(Progress("done"))
    clock.at += FOLDER
    assert found.look(NEVER).held == ("logs /evidence cannot be looked at: unknown",)
    found.done(Progress("done"))
    clock.at += 4 * FOLDER
    assert found.look(NEVER).only == {0, 1}


def test_a_plan_that_cannot_be_made_stops_no_folder() -> None:
    found, clock, _ = follower(folder(True), bucket(), plan=SourceError("The bucket cannot be listed."))
    look = found.look(NEVER)
    assert (look.only, look.plan) == (frozenset({0}), None)
    assert look.held == ("The bucket cannot be listed",)
    found.done(Progress("done"))
    clock.at += FOLDER
    assert found.look(NEVER).held == ()
    with pytest.raises(SourceError, match="cannot be listed"):
        follower(bucket(), plan=SourceError("The bucket cannot be listed."))[0].look(NEVER)


def test_a_member_that_fails_by_itself_is_looked_at_later(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = (("a", Plan(NOON)), ("b", Plan(NOON)), ("c", Plan(NOON, (DAY,))))
    found, clock, trail = follower(folder(True, True), HISTORY_SOURCE, bucket(), plan=Plan(NOON, (DAY,), parts=parts))
    plain = trail.plan

    def without_history(*words: Any, **more: Any) -> Plan:
        plan: Plan = plain(*words, **more)
        trail.unplanned_sources = {1: "The account is refused."}
        return plan

    monkeypatch.setattr(trail, "plan", without_history)
    look = found.look(NEVER)
    assert look.only == {0, 2}
    assert look.held == ("The account is refused",)
    trail.failed_sources = {0: "The folder cannot be read."}
    found.done(Progress("done"))
    dues = [member.due - clock() for member in found._members]
    assert dues == [2 * FOLDER, 2 * HISTORY, BUCKET]
    assert trail.source.members[0].forgotten, "the change is found again"


def test_a_cap_holds_for_all_sources_and_readings_together() -> None:
    parts = (("a", Plan(NOON, (DAY,), price=0.3)), ("b", Plan(NOON, (DAY,), price=0.3)))
    found, clock, _ = follower(table(max_price=1.0), bucket(max_price=1.0), plan=Plan(NOON, (DAY,), parts=parts))
    assert found.look(NEVER).only == {0, 1}
    found.done(Progress("done", price=0.6))
    clock.at += 900.0
    look = found.look(NEVER)
    assert look.only == frozenset()
    why = "following has cost $0.60, the next reading passes $1.00"
    assert look.held == (f"athena: {why}", f"s3: {why}")
    alone, clock, _ = follower(table(max_price=1.0), plan=Plan(NOON, (DAY,), price=0.6))
    assert alone.look(NEVER).only == {0}
    alone.done(Progress("done", price=0.6))
    clock.at += 900.0
    assert alone.look(NEVER).held == (why,)
