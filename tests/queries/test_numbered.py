"""Filters that the index answers find the rows that the same filters find in the texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from unittest import mock

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ssmtrail.queries.engine import cursor_of
from ssmtrail.queries.errors import FilterError
from ssmtrail.queries.filters import KEYS, Filter, Key, foreign_terms
from ssmtrail.queries.filters.keys import KINDS
from ssmtrail.queries.index import Index, split
from ssmtrail.queries.model import Question, Scope, Sort, Totals
from ssmtrail.queries.relations import PREPARED, scoped
from ssmtrail.queries.times import Window
from tests.queries.test_numbers_agree import INVENTORY, NEVER, ZONES, busy_story, windows
from tests.records import opened, write_file
from tests.thorough import times

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from duckdb import DuckDBPyConnection

    from ssmtrail.queries.model import Entity, Row
    from ssmtrail.queries.snapshot import Snapshot
    from ssmtrail.queries.trail import Trail
    from ssmtrail.queries.window_sql import Select

NUMBERED = (
    "person", "target", "name", "env", "targetkind", "kind", "dest", "ip", "role", "account", "region", "status",
    "hour", "day",
)  # fmt: skip
ASKED = [key for key in KEYS if key.name in NUMBERED]
#: Keys that tell a row of sums from others.
SUMMED = [key for key in KEYS if key.name in {"person", "target", "name", "env", "account", "kind", "dest"}]
VALUES = {
    "text": (
        "?",
        "?",
        "*",
        "jane",
        "=Jane",
        "i-0*",
        "=I-0AAA1111",
        "*o*",
        "1111*",
        "dev",
        "prod",
        "db:*",
        "us-*",
        "i-0bbb2222",
    ),
    "address": ("?", "10.0.0.0/8", "10.0.0.1", "2001:db8::1", "=2001:0DB8::1", "ssm*", "::/0"),
    "hours": ("22-06", "9", "0-12"),
    "days": ("sat,sun", "mon-wed"),
    "number": ("0", ">0"),
    "duration": (">1h", "?"),
}


#: What has an index; calls of other doors are looked for in their texts.
INDEXED: Final[tuple[Entity, ...]] = ("sessions", "calls")


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trail]:
    home = tmp_path_factory.mktemp("numbered")
    write_file(home / "trail" / "trail.json", busy_story(5))
    with opened(home / "trail", home / "store", INVENTORY) as service:
        yield service


@st.composite
def filters(draw: st.DrawFn, among: Sequence[Key] = KEYS) -> Filter:
    terms = []
    for _ in range(draw(st.integers(1, 4))):
        key = draw(st.sampled_from(among))
        values = draw(st.lists(st.sampled_from(VALUES.get(key.reading, (*key.choices, "?"))), min_size=1, max_size=2))
        terms.append(f"{draw(st.sampled_from(['', '', '-']))}{key.name}:{','.join(values)}")
    words = "" if among is not KEYS else draw(st.sampled_from(["", "", "jane", '-"1"']))
    return Filter.parse(f"{' '.join(terms)} {words}")


@settings(max_examples=times(20, 400), deadline=None, suppress_health_check=list(HealthCheck))
@given(
    asked=filters() | filters(ASKED),
    window=windows(),
    zone=st.sampled_from(ZONES),
    entity=st.sampled_from(INDEXED),
)
def test_both_ways_find_the_same_rows(service: Trail, asked: Filter, window: Window, zone: str, entity: Entity) -> None:
    scope = Scope(window, asked, zone)
    if foreign_terms(asked, entity):
        with pytest.raises(FilterError):
            split(scope, entity)
    else:
        finds_the_same(service, entity, scope)


@pytest.mark.parametrize("name", NUMBERED)
def test_each_key_finds_the_same_rows(service: Trail, name: str) -> None:
    key = next(key for key in KEYS if key.name == name)
    for value in dict.fromkeys(VALUES.get(key.reading, (*key.choices, "?"))):
        for entity in INDEXED:
            finds_the_same(service, entity, Scope(Window(), Filter.parse(f"{name}:{value}")))


def finds_the_same(service: Trail, entity: Entity, scope: Scope) -> None:
    snapshot = service._published._current(NEVER)
    cursor = cursor_of(service._connection)
    try:
        texts = scoped(snapshot, cursor, entity, scope)
        numbers = snapshot.index.rows(snapshot, cursor, entity, scope)
        counted = " WHERE status <> 'orphan'" if entity == "sessions" else ""
        assert ids(cursor, numbers) == ids(cursor, texts, counted)
    finally:
        snapshot.release(service._connection)


def ids(cursor: DuckDBPyConnection, rows: Select, condition: str = "") -> list[int]:
    found = cursor.execute(f"SELECT row_id FROM {rows.sql}{condition}", list(rows.parameters)).fetchall()
    return sorted(row_id for (row_id,) in found)


def test_kinds_have_the_bits_of_their_places(service: Trail) -> None:
    found = service._connection.execute("SELECT kind_bit_of(kind) FROM (SELECT unnest(?) AS kind)", [list(KINDS)])
    assert [bit for (bit,) in found.fetchall()] == [1 << place for place in range(len(KINDS))]


@pytest.mark.parametrize("name", NUMBERED)
def test_texts_are_left_alone(name: str) -> None:
    key = next(key for key in KEYS if key.name == name)
    asked = key.example if key.reading in {"hours", "days"} else f"{key.example} -{name}:?"
    assert not split(Scope(Window(), Filter.parse(asked)), "sessions").texts
    both = split(Scope(Window(), Filter.parse(f"{asked} jane reason:x")), "calls")
    assert both.numbers
    assert [texts.parameters[-1] for texts in both.texts] == ["%jane%", "x"]


@settings(max_examples=times(12, 400), deadline=None, suppress_health_check=list(HealthCheck))
@given(asked=filters() | filters(SUMMED), window=windows(), name=st.sampled_from(PREPARED))
def test_sums_of_a_part_are_a_part_of_the_sums(service: Trail, asked: Filter, window: Window, name: str) -> None:
    scope = Scope(window, asked)
    if foreign_terms(asked, "sessions") or foreign_terms(asked, "calls"):
        return
    snapshot = service._published._current(NEVER)
    cursor = cursor_of(service._connection)
    try:
        direct = sums(snapshot, cursor, name, scope)
        snapshot.index.free(cursor)
        sums(snapshot, cursor, name, Scope(window, Filter()))
        assert sums(snapshot, cursor, name, scope) == direct
    finally:
        snapshot.index.free(cursor)
        snapshot.release(service._connection)


def sums(snapshot: Snapshot, cursor: DuckDBPyConnection, name: str, scope: Scope) -> list[tuple[Any, ...]]:
    return sorted(cursor.execute(f"FROM {snapshot.index.summed(snapshot, cursor, name, scope)}").fetchall(), key=str)


SORTS: tuple[tuple[Sort, ...], ...] = ((), (Sort("at"),), (Sort("person", descending=True), Sort("environment")))


@settings(max_examples=times(12, 400), deadline=None, suppress_health_check=list(HealthCheck))
@given(asked=filters(ASKED), window=windows(), entity=st.sampled_from(INDEXED), sort=st.sampled_from(SORTS))
def test_a_list_is_the_same_from_index_as_from_texts(
    service: Trail, asked: Filter, window: Window, entity: Entity, sort: tuple[Sort, ...]
) -> None:
    question = Question(entity, Scope(window, asked), sort)
    with mock.patch.object(Index, "listed", autospec=True, side_effect=Index.listed) as asking:
        from_index = listed(service, question)
    assert asking.call_count >= 1
    with mock.patch.object(Index, "listed", return_value=None):
        assert from_index == listed(service, question)


def listed(service: Trail, question: Question) -> tuple[Totals, tuple[Row, ...]]:
    answer = service.ask(question, NEVER)
    try:
        return answer.totals, answer.page(0, answer.totals.rows)
    finally:
        answer.close()
