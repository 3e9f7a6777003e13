"""What a session's page is told, counted again row by row."""

from __future__ import annotations

from datetime import timedelta
from threading import Event
from typing import TYPE_CHECKING, Any, cast

import pytest

from ssmtrail.queries.filters import Filter
from ssmtrail.queries.model import Question, QuestionName, Scope, Sort
from ssmtrail.queries.times import Window
from tests.queries.test_numbers_agree import busy_story
from tests.queries.test_windows_and_stores import DAY, FIRST
from tests.records import ask, opened, write_file
from tests.thorough import times

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from ssmtrail.queries.trail import Trail

Rows = list[dict[str, Any]]
POSSIBLE = timedelta(hours=24)
WINDOWS = [Window(FIRST + begin * DAY, FIRST + end * DAY) for begin, end in ((4, 5), (2, 9))]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trail]:
    home = tmp_path_factory.mktemp("details")
    write_file(home / "trail" / "one.json", busy_story(4))
    with opened(home / "trail", home / "store") as made:
        yield made


def nearby(rows: Rows, this: dict[str, Any]) -> int:
    """Other sessions on its machine that were open, certainly or possibly, when it started."""

    def is_open(row: dict[str, Any]) -> bool:
        latest = row["alive_at"] + POSSIBLE
        return bool(row["started_at"] <= this["at"] <= min(row["ended_at"] or latest, latest))

    others = (row for row in rows if row["key"] != this["key"] and row["target"] == this["target"] is not None)
    started = (row for row in others if row["status"] == "started")
    return sum(map(is_open, started))


@pytest.mark.parametrize("window", [Window(), *WINDOWS])
def test_a_session_is_told_with_its_calls_and_who_else_was_there(service: Trail, window: Window) -> None:
    rows, scope = ask(service, "sessions", window=window), Scope(window, Filter())
    # A detail takes 80 ms of CPU; the thorough run looks at every session.
    some = rows[:: times(9, 1)]
    told = [service.session(row["key"], scope, row["at"]) for row in some]
    assert [{name: detail[name] for name in detail.columns} for detail in told] == some
    ids = [[call.event_id for call in detail.calls if not call.event_id.startswith("no id")] for detail in told]
    assert ids == [list(row["event_ids"]) for row in some]
    assert [detail.nearby for detail in told] == [nearby(rows, row) for row in some]
    if not window.start:
        assert any(detail.nearby for detail in told)


def test_where_it_is_looked_for_first_means_nothing(service: Trail) -> None:
    scope = Scope(Window(), Filter())
    for row in ask(service, "sessions")[:: times(27, 9)]:
        found = service.session(row["key"], scope)
        assert found == service.session(row["key"], scope, row["at"])
        assert found == service.session(row["key"], scope, row["at"] + timedelta(days=1))


@pytest.mark.parametrize("sort", [(), (Sort("person_shown"),)])
@pytest.mark.parametrize("name", ["sessions", "calls"])
def test_a_row_is_found_wherever_it_is_looked_for_first(
    service: Trail, name: QuestionName, sort: tuple[Sort, ...]
) -> None:
    for window in (Window(), *WINDOWS):
        answer = service.ask(Question(name, Scope(window, Filter()), sort), Event())
        rows = cast("Sequence[tuple[str, datetime]]", answer.page(0, answer.totals.rows, ("key", "at")))
        places = range(0, len(rows), 7)
        for away in (timedelta(), timedelta(days=2)):
            assert [answer.position(rows[place][0], rows[place][1] + away) for place in places] == list(places)
        assert answer.position("nobody", FIRST) is None
        answer.close()
