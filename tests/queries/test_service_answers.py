"""Answers in any order, any pages, any window: the same rows, each at its place."""

from __future__ import annotations

import json
import random
import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ssmtrail.queries.errors import StoreError, UsageError
from ssmtrail.queries.filters import Filter
from ssmtrail.queries.inventory import Inventory, Machine
from ssmtrail.queries.model import Question, QuestionName, Row, Scope, Sort
from ssmtrail.queries.relations import columns_of
from ssmtrail.queries.times import Window
from tests.queries.test_windows_and_stores import FIRST, story
from tests.records import ask, opened, write_file
from tests.thorough import times

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ssmtrail.queries.model import Answer
    from ssmtrail.queries.trail import Trail

NAMES: tuple[QuestionName, ...] = ("sessions", "calls", "pairs", "usage")
WINDOWS = (
    Window(),
    Window(FIRST + timedelta(days=5, hours=7), FIRST + timedelta(days=8)),
    Window(FIRST + timedelta(days=9), None),
    Window(FIRST + timedelta(days=60), FIRST + timedelta(days=61)),
)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trail]:
    folder = tmp_path_factory.mktemp("answers")
    records = [record for seed in range(1) for record in story(seed)]
    write_file(folder / "trail" / "a.json", records)
    inventory = Inventory((Machine("i-0ab1c2d3", "web-1", "prod"),))
    with opened(folder / "trail", folder / "store", inventory) as service:
        yield service


def asked(service: Trail, name: QuestionName, window: Window = WINDOWS[0], where: str = "",
          sort: tuple[Sort, ...] = ()) -> Answer:  # fmt: skip
    question = Question(name, Scope(window, Filter.parse(where)), sort=sort)
    return service.ask(question, threading.Event())


@pytest.mark.parametrize("name", NAMES)
def test_a_page_of_any_size_shows_the_same_rows(service: Trail, name: QuestionName) -> None:
    chance = random.Random(name)
    for window in WINDOWS:
        for where, sort in (("", ()), ("person:jane", ()), ("", (Sort(columns_of(name)[1], True),))):
            answer = asked(service, name, window, where, sort)
            whole = answer.page(0, 10**9)
            assert len(whole) == answer.totals.rows
            for size in (times(29, 7), 1000):
                rows: list[Row] = []
                while page := answer.page(len(rows), size):
                    assert len(page) <= size
                    rows.extend(page)
                assert tuple(rows) == whole
            for _ in range(5):
                first, limit = chance.randrange(-3, len(whole) + 3), chance.randrange(20)
                assert answer.page(first, limit) == whole[max(0, first) : max(0, first + limit)]
            last = columns_of(name)[-1:]
            assert answer.page(0, 10**9, last) == tuple(row[-1:] for row in whole)
            answer.close()


@pytest.mark.parametrize("name", ["sessions", "calls", "pairs"])
def test_every_key_knows_its_place(service: Trail, name: QuestionName) -> None:
    for window in WINDOWS:
        for where, sort in (("", ()), ("-person:max", ()), ("", (Sort("person"), Sort("account", True)))):
            answer = asked(service, name, window, where, sort)
            keys = [row[0] for row in answer.page(0, 10**9, ("key",))]
            assert len(set(keys)) == len(keys)
            places = sorted({*range(0, len(keys), times(7, 1)), *range(len(keys))[-1:]})
            assert [answer.position(str(keys[place])) for place in places] == places
            assert answer.position("no such key") is None
            elsewhere = sorted({row["key"] for row in ask(service, name)} - set(keys))
            assert not [key for key in elsewhere[:: times(7, 1)] if answer.position(key) is not None]
            answer.close()


def order(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode()
    return [part.encode() for part in value] if isinstance(value, tuple) else value


@pytest.mark.parametrize("window", WINDOWS[:2], ids=["all", "patched"])
@pytest.mark.parametrize("name", NAMES)
def test_every_column_sorts_totally_with_the_unknown_last(service: Trail, name: QuestionName, window: Window) -> None:
    natural = ask(service, name, window=window)
    for column in columns_of(name)[:: 1 if window == WINDOWS[0] else 5]:
        for descending in (False, True):
            known = [row for row in natural if row[column] is not None]
            known.sort(key=lambda row, column=column: order(row[column]), reverse=descending)  # type: ignore[misc]
            expected = known + [row for row in natural if row[column] is None]
            assert ask(service, name, window=window, sort=(Sort(column, descending),)) == expected, column


def test_totals_are_those_of_the_rows(service: Trail) -> None:
    for name in NAMES:
        for window in WINDOWS:
            for where in ("", "person:jane", "-person:*", "target:?", "nothing-like-this"):
                answer = asked(service, name, window, where)
                rows = [dict(zip(answer.columns, row, strict=True)) for row in answer.page(0, 10**9)]
                totals = answer.totals
                assert totals.rows == len(rows)
                assert totals.rows_unfiltered == len(ask(service, name, window=window)), (name, where)
                if name == "sessions":
                    assert totals.sessions == sum(row["status"] == "started" for row in rows)
                if name in ("pairs", "usage"):
                    assert totals.sessions == sum(cast("int", row["sessions"]) for row in rows)
                if name != "usage":
                    assert totals.people == len({row["person"] for row in rows} - {None})
                    assert totals.machines == len({row["target"] for row in rows} - {None})
                answer.close()


def test_a_closed_answer_says_so(service: Trail) -> None:
    for sort in ((), (Sort("person"),)):
        answer = asked(service, "sessions", sort=sort)
        answer.close()
        answer.close()
        with pytest.raises(StoreError, match="closed"):
            answer.page(0, 1)
        with pytest.raises(StoreError, match="closed"):
            answer.position("x")


def test_what_is_not_there_is_a_sentence(service: Trail) -> None:
    with pytest.raises(UsageError, match="no such column"):
        asked(service, "sessions", sort=(Sort('x" DESC; --'),))
    answer = asked(service, "sessions")
    with pytest.raises(StoreError, match="has no column"):
        answer.page(0, 1, ("nothing",))
    answer.close()
    for find in (service.session, service.call):
        with pytest.raises(UsageError, match="not in the window any more"):
            find("nothing", Scope(Window(), Filter()))


@settings(max_examples=times(5, 100), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(hours=st.tuples(st.integers(-48, 24 * 15), st.integers(1, 200)), where=st.sampled_from(["", "person:jane"]))
def test_order_of_asking_means_nothing(service: Trail, hours: tuple[int, int], where: str) -> None:
    begin = FIRST + timedelta(hours=hours[0])
    window = Window(begin, begin + timedelta(hours=hours[1]))

    def answers() -> str:
        return json.dumps([ask(service, name, where, window) for name in NAMES], default=str)

    before = answers()
    for other in WINDOWS:
        ask(service, "sessions", window=other)
    assert answers() == before
    sessions = ask(service, "sessions", where, window)
    for row in sessions[:3]:
        detail = service.session(row["key"], Scope(window, Filter()))
        assert {name: detail[name] for name in detail.columns} == row
        assert [call.event_id for call in detail.calls if not call.event_id.startswith("no id")] == list(
            row["event_ids"]
        )
