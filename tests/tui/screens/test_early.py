"""The first rows are seen before the core is there, from the page that was kept."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING

import pytest
from textual.app import App
from textual.color import Color
from textual.css.stylesheet import Stylesheet

from ssmtrail.queries.errors import Cancelled, StoreError
from ssmtrail.queries.filters import Filter
from ssmtrail.queries.first_page import COLUMNS, FIRST_ROWS, EarlyAnswer, EarlyPage, FirstPage
from ssmtrail.queries.ingest.coverage import Tally
from ssmtrail.queries.model import Scope, Value
from ssmtrail.queries.times import Window
from ssmtrail.tui import launch
from ssmtrail.tui.app import TrailApp
from ssmtrail.tui.choice import LaunchOptions, SourceChoice
from ssmtrail.tui.frame.chrome import HeaderLine
from ssmtrail.tui.frame.list_found import early_found
from ssmtrail.tui.lazy_trail import LazyTrail
from ssmtrail.tui.list_view import ListView
from ssmtrail.tui.preferences import Preferences
from ssmtrail.tui.query import Query
from ssmtrail.tui.themes import DARK, LIGHT
from ssmtrail.tui.view_state import ViewState
from ssmtrail.tui.workers import Answers, QueryWorkers
from tests.fakes import NOON, FakeAnswer, FakeTrail, a_session
from tests.tui.screens.stage import keys_of, listing, press, said, settled, stack, until

if TYPE_CHECKING:
    from collections.abc import Callable

    from ssmtrail.queries.trail import Trail

ALL = Scope(Window(), Filter())
VIEW = ListView.of(ViewState(ALL))
QUESTION = VIEW.question


def sessions(count: int) -> list[dict[str, Value]]:
    return [
        a_session(key=f"e{number:03}", person="jane", person_shown="jane", at=NOON - timedelta(minutes=number))
        for number in range(count)
    ]


def a_page(count: int) -> FirstPage:
    answer = FakeAnswer(QUESTION, tuple(sessions(count)), count)
    return FirstPage(answer.totals, answer.page(0, FIRST_ROWS, COLUMNS), Tally())


def an_answer(trail: Trail, count: int = 100) -> EarlyAnswer:
    return EarlyAnswer(QUESTION, a_page(count), lambda _: trail)


def test_rows_further_down_come_from_the_core() -> None:
    trail = FakeTrail({"sessions": sessions(100)})
    answer = an_answer(trail)
    assert len(answer.page(0, FIRST_ROWS)) == FIRST_ROWS
    assert answer.position("e003") == 3
    assert not trail.asked
    assert [row[COLUMNS.index("key")] for row in answer.page(98, 9)] == ["e098", "e099"]
    assert answer.page(0, 1, ["key"]) == (("e000",),)
    assert answer.position("e070") == 70
    assert len(trail.asked) == 1
    answer.close()
    assert trail.answers[0].closed
    with pytest.raises(StoreError):
        answer.page(0, 1)


def test_rows_of_a_store_that_changed_meanwhile_are_not_mixed() -> None:
    trail = FakeTrail({"sessions": [a_session(key="new", at=NOON + timedelta(hours=1)), *sessions(99)]})
    answer = an_answer(trail)
    with pytest.raises(Cancelled):
        answer.page(64, 64)
    assert trail.answers[0].closed
    assert answer.page(0, 1)[0][COLUMNS.index("key")] == "e000"


def test_closing_lets_go_of_whoever_waits_for_the_core() -> None:
    waiting, ended = Event(), Event()

    def wait(closed: Event) -> Trail:
        waiting.set()
        assert closed.wait(10)
        raise Cancelled

    answer = EarlyAnswer(QUESTION, a_page(100), wait)

    def want() -> None:
        with pytest.raises(Cancelled):
            answer.page(64, 64)
        ended.set()

    Thread(target=want, daemon=True).start()
    assert waiting.wait(10)
    answer.close()
    assert ended.wait(10)


def never(_: Event) -> Trail:
    raise AssertionError("nobody needs the core for that")


class Slow:
    """A core that opens when it is told to."""

    def __init__(self, count: int = 100) -> None:
        self.trail = FakeTrail({"sessions": sessions(count)})
        self.wanted, self.may_open = Event(), Event()
        self.error: StoreError | None = None

    def __call__(self) -> Trail:
        self.wanted.set()
        assert self.may_open.wait(20)
        if self.error is not None:
            raise self.error
        return self.trail


def app_before(opener: Callable[[], Trail], folder: Path, scope: Scope = ALL, count: int = 100) -> TrailApp:
    early = EarlyPage("logs /evidence", folder, a_page(count))
    return TrailApp(lambda _: opener(), LazyTrail(opener, early), SourceChoice("logs", folder), Preferences(scope))


def test_all_rows_that_were_kept_come_at_once() -> None:
    early = EarlyPage("logs", Path(), a_page(100))
    shown = early_found(early, VIEW, None, never)
    assert shown is not None
    found = shown.value
    assert found.first[0] == 0
    assert [row[COLUMNS.index("key")] for row in found.first[1]] == [f"e{number:03}" for number in range(FIRST_ROWS)]
    found.answer.close()
    with pytest.raises(StoreError):
        found.answer.first()  # type: ignore[attr-defined]


async def test_rows_stand_there_before_the_core_does(tmp_path: Path) -> None:
    slow = Slow()
    app = app_before(slow, tmp_path)
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: keys_of(pilot) == ["e000", "e001", "e002"])
        heading = app.screen.query_one(HeaderLine).heading
        assert heading.source == "logs /evidence"
        assert "100" in heading.totals[0]
        assert not slow.trail.asked
        await pilot.press("down", "down")
        slow.may_open.set()
        await settled(pilot)
        assert slow.trail.fetches == 1
        assert slow.trail.asked
        assert listing(pilot).table.cursor_key == "e002"
        assert isinstance(listing(pilot).answer, FakeAnswer)
        await press(pilot, "G")
        assert listing(pilot).table.cursor_key == "e099"


async def test_the_first_frame_needs_nothing_of_the_core(tmp_path: Path) -> None:
    slow = Slow()
    opening = LazyTrail(slow, EarlyPage("logs", tmp_path, a_page(100)))
    async with App[None]().run_test() as pilot:
        answers = Answers(QueryWorkers(pilot.app, opening), pilot.app)
        taken: list[object] = []

        def ask(view: ListView) -> None:
            answers.ask(
                Query("view", lambda trail, _: trail, lambda page, trail: early_found(page, view, None, trail)),
                taken.append,
                taken.append,
            )

        ask(VIEW)
        await pilot.app.workers.wait_for_complete()
        assert len(taken) == 1
        assert not slow.wanted.is_set()
        ask(VIEW.over(VIEW.state.measured()))
        await until_set(slow.wanted)
        slow.may_open.set()


async def until_set(event: Event) -> None:
    assert await asyncio.to_thread(event.wait, 10)


async def test_the_end_of_the_list_waits_for_the_core(tmp_path: Path) -> None:
    slow = Slow()
    app = app_before(slow, tmp_path)
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: keys_of(pilot, 1) == ["e000"])
        await pilot.press("G")
        await until(pilot, slow.wanted.is_set)
        table = listing(pilot).table
        assert (table.cursor_row, table.cursor_key) == (99, None)
        slow.may_open.set()
        await until(pilot, lambda: table.cursor_key == "e099")


async def test_it_can_be_left_before_the_core_is_there(tmp_path: Path) -> None:
    slow = Slow()
    app = app_before(slow, tmp_path)
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: keys_of(pilot, 1) == ["e000"])
        await pilot.press("G", "q")
    assert app.return_code == 0
    slow.may_open.set()
    assert await asyncio.to_thread(closed_at_last, slow.trail)


def closed_at_last(trail: FakeTrail) -> bool:
    pause = Event()
    return any(trail.closed or pause.wait(0.01) for _ in range(1000)) and trail.closed


async def test_a_core_that_cannot_open_says_why(tmp_path: Path) -> None:
    slow = Slow()
    slow.error = StoreError("No space.")
    slow.may_open.set()
    app = app_before(slow, tmp_path)
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: keys_of(pilot, 1) == ["e000"])
        await until(pilot, lambda: "No space" in said(pilot) + stack(pilot).context.failure)
        assert keys_of(pilot, 1) == ["e000"]


@pytest.mark.parametrize("scope", [Scope(Window(NOON), Filter()), Scope(Window(), Filter("person:max"))])
async def test_what_the_page_is_not_of_is_left_to_the_core(tmp_path: Path, scope: Scope) -> None:
    slow = Slow(0)
    app = app_before(slow, tmp_path, scope)
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, slow.wanted.is_set)
        assert keys_of(pilot) == []
        slow.may_open.set()
        await settled(pilot)
        assert slow.trail.asked


async def test_styles_are_read_once_for_the_first_screen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    reparse = Stylesheet.reparse

    def noted(sheet: Stylesheet) -> None:
        read.append(1)
        reparse(sheet)

    monkeypatch.setattr(Stylesheet, "reparse", noted)
    slow = Slow()
    slow.may_open.set()
    app = app_before(slow, tmp_path)
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(pilot)
        assert not read
        assert app.screen.styles.background == Color.parse(DARK.background or "")
        app.theme = LIGHT.name
        await settled(pilot)
        assert read
        assert app.screen.styles.background == Color.parse(LIGHT.background or "")


@pytest.mark.parametrize(
    ("options", "begun"),
    [
        (LaunchOptions(), False),
        (LaunchOptions(filter=Filter("person:max")), True),
        (LaunchOptions(window=Window(NOON)), True),
    ],
)
def test_the_core_is_opened_at_once_where_the_first_frame_needs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: LaunchOptions, begun: bool
) -> None:
    opened: list[int] = []
    monkeypatch.setattr(launch, "early_page", lambda *_: EarlyPage("logs", tmp_path, a_page(9)))
    monkeypatch.setattr(launch, "load_engine", lambda: None)
    monkeypatch.setattr(LazyTrail, "begin", lambda _: opened.append(1))
    launch.opening_of(SourceChoice("logs", tmp_path), options)
    assert bool(opened) == begun
