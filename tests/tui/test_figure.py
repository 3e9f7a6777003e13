"""Every number of a page has exactly as many sessions, calls, machines behind it."""

from __future__ import annotations

from threading import Event
from typing import TYPE_CHECKING, Any

import pytest

from ssmtrail.queries import drills
from ssmtrail.queries.filters import Filter
from ssmtrail.queries.model import Measure, Question, Scope
from ssmtrail.queries.times import Window
from ssmtrail.tui.views.page_parts import Figure
from ssmtrail.tui.views.page_text import OTHERS, REST, WHOLE
from tests.queries.test_numbers_agree import INVENTORY, busy_story, rows_of
from tests.records import opened, write_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ssmtrail.queries.trail import Trail
    from ssmtrail.queries.views import Page
    from ssmtrail.tui.registry import ViewName

NEVER = Event()
ALL = Scope(Window(), Filter())
COLUMNS: tuple[str, ...] = ("sessions", "calls", "denied")


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trail]:
    home = tmp_path_factory.mktemp("figures")
    write_file(home / "trail" / "trail.json", busy_story(5))
    with opened(home / "trail", home / "store", INVENTORY) as made:
        yield made


def rows_behind(service: Trail, scope: Scope, figure: Figure, others: ViewName, measure: Measure) -> int:
    found = figure.behind(scope, others)
    assert found is not None
    name, narrowed, other = found
    answer = service.ask(Question((other or measure) if name == "sessions" else name, narrowed), NEVER)  # type: ignore[arg-type]
    try:
        return answer.totals.rows
    finally:
        answer.close()


def figures_of(page: Page) -> Iterator[tuple[Figure, int]]:
    row: dict[str, Any] = dict(zip(page.columns, page.row, strict=True))
    yield from ((Figure(WHOLE, column), row[column]) for column in COLUMNS)
    for parts in page.parts:
        for part in parts.largest:
            yield from ((Figure(f"{parts.name}:{part.key}", column), getattr(part, column)) for column in COLUMNS)


def test_figures_of_people(service: Trail) -> None:
    for row in rows_of(service, "people", ALL)[:8]:
        who = drills.person_of(row["key"])
        scope = drills.of_person(ALL, who)
        page = service.person(who, scope, NEVER)
        for figure, number in figures_of(page):
            assert rows_behind(service, scope, figure, "instances", "calls") == number, (who, figure)
        # What names no machine has a row of its own among the machines, but is none.
        machines = [row for row in rows_of(service, "instances", scope) if row["target"]]
        assert len(machines) == row["targets"]


def test_figures_of_machines(service: Trail) -> None:
    for row in rows_of(service, "instances", ALL)[:5]:
        target = drills.target_of(row["key"])
        scope = drills.of_machine(ALL, target)
        page = service.instance(target, scope, NEVER)
        for figure, number in figures_of(page):
            assert rows_behind(service, scope, figure, "people", "calls") == number, (target, figure)
        assert rows_behind(service, scope, Figure(OTHERS, "value"), "people", "sessions") == row["people"]


def test_hours_taken_together(service: Trail) -> None:
    counts = service.heat(ALL, NEVER, measure="calls").counts
    for weekday, hour, hours in [(day, hour, hours) for day in range(7) for hours in (2, 6) for hour in (0, 12, 18)]:
        answer = service.ask(Question("calls", drills.of_hour(ALL, weekday, hour, hours)), NEVER)
        assert answer.totals.rows == sum(counts[weekday][hour : hour + hours])
        answer.close()


def test_a_figure_of_the_rest_has_nothing_behind_it() -> None:
    assert Figure(f"{REST}:address", "sessions").behind(ALL, "people") is None
    assert Figure(f"{REST}:address", "value").filter is None


def test_the_filter_of_a_part() -> None:
    assert Figure('address:"203.0.113.7"', "value").filter == ("ip", "203.0.113.7")
    assert Figure("role:null", "value").filter == ("role", None)
    assert Figure(WHOLE, "value").filter is None
