"""Filters that the dictionary answers find the rows that the same filters find in the texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from queries.engine import cursor_of
from queries.errors import FilterError
from queries.filters import KEYS, Filter, foreign_terms
from queries.filters.keys import Filtered
from queries.numbered import split
from queries.questions import scoped
from queries.values import Scope
from queries.window import Window
from tests.queries.test_numbers_agree import INVENTORY, NEVER, ZONES, busy_story, windows
from tests.records import opened, write_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from duckdb import DuckDBPyConnection

    from queries.questions import Select
    from queries.service import QueryService

NUMBERED = (
    "person", "target", "name", "env", "targetkind", "kind", "dest", "ip", "role", "account", "region", "status",
    "hour", "day",
)  # fmt: skip
VALUES = {
    "text": ("?", "*", "jane", "=Jane", "i-0*", "=I-0AAA1111", "*o*", "1111*", "prod", "db:*", "us-*", "i-0bbb2222"),
    "address": ("?", "10.0.0.0/8", "10.0.0.1", "2001:db8::1", "=2001:0DB8::1", "ssm*", "::/0"),
    "hours": ("22-06", "9", "0-12"),
    "days": ("sat,sun", "mon-wed"),
    "number": ("0", ">0"),
    "duration": (">1h", "?"),
}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[QueryService]:
    home = tmp_path_factory.mktemp("numbered")
    write_file(home / "trail" / "trail.json", busy_story(5))
    with opened(home / "trail", home / "store", INVENTORY) as service:
        yield service


@st.composite
def filters(draw: st.DrawFn) -> Filter:
    terms = []
    for _ in range(draw(st.integers(1, 4))):
        key = draw(st.sampled_from(KEYS))
        values = draw(st.lists(st.sampled_from(VALUES.get(key.reading, (*key.choices, "?"))), min_size=1, max_size=2))
        terms.append(f"{draw(st.sampled_from(['', '', '-']))}{key.name}:{','.join(values)}")
    return Filter.parse(" ".join([*terms, *draw(st.sampled_from([(), ("jane",), ('-"1"',)]))]))


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(asked=filters(), window=windows(), zone=st.sampled_from(ZONES), entity=st.sampled_from(get_args(Filtered)))
def test_both_ways_find_the_same_rows(
    service: QueryService, asked: Filter, window: Window, zone: str, entity: Filtered
) -> None:
    scope = Scope(window, asked, zone)
    if foreign_terms(asked, entity):
        with pytest.raises(FilterError):
            split(scope, entity)
        return
    generation = service._current(NEVER)
    cursor = cursor_of(service._connection)
    try:
        texts = scoped(generation, cursor, entity, scope)
        numbers = generation.facts.rows(generation, cursor, entity, scope)
        counted = " WHERE status <> 'orphan'" if entity == "sessions" else ""
        assert ids(cursor, numbers) == ids(cursor, texts, counted)
    finally:
        generation.release(service._connection)


def ids(cursor: DuckDBPyConnection, rows: Select, condition: str = "") -> list[int]:
    found = cursor.execute(f"SELECT row_id FROM {rows.sql}{condition}", list(rows.parameters)).fetchall()
    return sorted(row_id for (row_id,) in found)


@pytest.mark.parametrize("name", NUMBERED)
def test_texts_are_left_alone(name: str) -> None:
    key = next(key for key in KEYS if key.name == name)
    asked = Filter.parse(f"{key.example} -{name}:? " if key.reading not in {"hours", "days"} else key.example)
    assert split(Scope(Window(), asked), "sessions").texts is None
    both = split(Scope(Window(), Filter.parse(f"{asked.text} jane reason:x")), "calls")
    assert both.numbers is not None
    assert both.texts is not None
    assert both.texts.parameters[-1] == "x"
