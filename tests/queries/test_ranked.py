"""Lists that are put in order by numbers are in the order of their texts."""

from __future__ import annotations

from threading import Event
from typing import TYPE_CHECKING, Any

import pytest

from ssmtrail.queries.model import QuestionName, Sort
from ssmtrail.queries.ranks import ranked
from ssmtrail.queries.relations import columns_of
from ssmtrail.queries.times import Window
from tests.queries.test_numbers_agree import INVENTORY, busy_story
from tests.queries.test_windows_and_stores import DAY, FIRST
from tests.records import ask, opened, write_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ssmtrail.queries.trail import Trail

LISTS: tuple[QuestionName, ...] = ("sessions", "calls")
Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trail]:
    home = tmp_path_factory.mktemp("ranked")
    write_file(home / "trail" / "trail.json", busy_story(0))
    with opened(home / "trail", home / "store", INVENTORY) as made:
        made.prepare(Event())
        yield made


def in_order(rows: Rows, sort: Sort) -> Rows:
    """Rows in their natural order, sorted by a column."""
    known = [row for row in rows if row[sort.column] is not None]
    # What is equal stays as it is, also where it is turned round.
    known.sort(key=lambda row: row[sort.column], reverse=sort.descending)
    return known + [row for row in rows if row[sort.column] is None]


def told_by_facts(name: QuestionName) -> list[str]:
    return [column for column in columns_of(name) if ranked((Sort(column),), "facts")]


@pytest.mark.parametrize(("where", "directions"), [("", (False, True)), ("-person:jane", (True,))])
@pytest.mark.parametrize("name", LISTS)
def test_by_every_column(service: Trail, name: QuestionName, where: str, directions: tuple[bool, ...]) -> None:
    rows = ask(service, name, where)
    assert len(told_by_facts(name)) > 12
    for sort in (Sort(column, descending) for column in told_by_facts(name) for descending in directions):
        if not (name == "sessions" and sort.column == "event_name"):
            assert ask(service, name, where, sort=(sort,)) == in_order(rows, sort)


@pytest.mark.parametrize("where", ["", "reason:? kind:shell"])
def test_in_a_window_whose_joins_reach_over_its_ends(service: Trail, where: str) -> None:
    window = Window(FIRST + 2 * DAY, FIRST + 9 * DAY)
    rows, sort = ask(service, "sessions", where, window), Sort("person_shown", descending=True)
    assert ask(service, "sessions", where, window, (sort,)) == in_order(rows, sort)


def test_by_several_columns_the_first_first(service: Trail) -> None:
    sorts = (Sort("kind", descending=True), Sort("person_shown"), Sort("target_name", descending=True), Sort("at"))
    rows = ask(service, "sessions")
    for sort in reversed(sorts):
        rows = in_order(rows, sort)
    assert ask(service, "sessions", sort=sorts) == rows


def test_what_the_facts_do_not_tell_is_left_to_texts() -> None:
    assert ranked((Sort("kind"), Sort("role")), "facts")
    assert ranked((Sort("kind"), Sort("reason")), "facts") is None
