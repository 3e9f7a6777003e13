"""Pairs from texts are those from facts, in the same order."""

from __future__ import annotations

from contextlib import ExitStack
from threading import Event
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssmtrail.queries import index, lists
from ssmtrail.queries.filters import Filter
from ssmtrail.queries.model import Question, Scope, Sort
from ssmtrail.queries.relations import columns_of
from ssmtrail.queries.times import Window
from tests.queries.test_numbers_agree import EXAMPLES, INVENTORY, MEASURES, NEVER, busy_story, scopes
from tests.records import opened, write_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ssmtrail.queries.model import Measure, Totals
    from ssmtrail.queries.trail import Trail

sorts = st.lists(st.builds(Sort, st.sampled_from(columns_of("pairs")), st.booleans()), max_size=2).map(tuple)


class Both(NamedTuple):
    """Services over the same trail."""

    new: Trail
    prepared: Trail


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Both]]:
    with ExitStack() as stack:
        made = []
        for seed in range(2):
            home = tmp_path_factory.mktemp("story")
            write_file(home / "trail" / "trail.json", busy_story(seed))
            both = Both(*(stack.enter_context(opened(home / "trail", home / name, INVENTORY)) for name in ("a", "b")))
            both.prepared.prepare(Event())
            made.append(both)
        yield made


def told(service: Trail, question: Question) -> tuple[Totals, list[tuple[Any, ...]], list[int | None]]:
    """Totals, rows, where rows are found by their keys."""
    answer = service.ask(question, NEVER)
    try:
        rows = answer.page(0, 3) + answer.page(3, answer.totals.rows)
        keys = [str(row[answer.columns.index("key")]) for row in rows]
        return answer.totals, list(rows), [answer.position(key) for key in [*keys[::7], '["nobody",null,null,null]']]
    finally:
        answer.close()


@EXAMPLES
@given(number=st.integers(0, 1), scope=scopes(), measure=st.sampled_from(MEASURES), sort=sorts)
def test_they_are_the_same(
    services: list[Both], number: int, scope: Scope, measure: Measure, sort: tuple[Sort, ...]
) -> None:
    question = Question("pairs", scope, sort, measure)
    new, prepared = services[number]
    assert told(new, question) == told(prepared, question)


def test_no_facts_are_made_for_them(services: list[Both], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(index, "_made")
    totals, rows, _ = told(services[0].new, Question("pairs", Scope(Window(), Filter.parse("person:jane"))))
    assert totals.rows == len(rows) < totals.rows_unfiltered


def test_where_there_are_facts_they_are_made_of_these(services: list[Both], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(lists, "pairs_by_text")
    with pytest.raises(NameError):
        told(services[0].new, Question("pairs", Scope(Window(), Filter())))
    assert told(services[0].prepared, Question("pairs", Scope(Window(), Filter())))[1]
