"""Lists in another order than the files': the first rows at once, the others when they are wanted."""

from __future__ import annotations

from threading import Event
from typing import TYPE_CHECKING, Final

import pytest

from ssmtrail.queries import lists
from ssmtrail.queries.errors import StoreError
from ssmtrail.queries.filters import Filter
from ssmtrail.queries.model import Question, Scope, Sort
from ssmtrail.queries.times import Window
from tests.records import iam_user, opened, start, write_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ssmtrail.queries.model import Answer
    from ssmtrail.queries.trail import Trail

PEOPLE: Final = ("max", "ana", "zoe", "bob", "ana", "max", "eve")


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Trail]:
    monkeypatch.setattr(lists, "HEAD", 3)
    calls = [
        start(f"2026-11-0{day + 1}T08:00:00Z", f"{name}-{day}", who=iam_user(name)) for day, name in enumerate(PEOPLE)
    ]
    write_file(tmp_path / "logs/a.json", calls[:4])
    write_file(tmp_path / "logs/b.json", calls[4:])
    with opened(tmp_path / "logs", tmp_path / "store") as service:
        yield service


def asked(service: Trail, where: str = "", *, descending: bool = False) -> Answer:
    scope = Scope(Window(), Filter.parse(where))
    return service.ask(Question("sessions", scope, sort=(Sort("person", descending=descending),)), Event())


def people(answer: Answer, offset: int = 0, limit: int = 99) -> list[object]:
    return [row[0] for row in answer.page(offset, limit, ("person",))]


@pytest.mark.parametrize("where", ["", "person:*", "-person:nobody ip:*"])
def test_all_rows_are_in_order_however_they_are_asked_for(service: Trail, where: str) -> None:
    answer = asked(service, where)
    expected = sorted(PEOPLE)
    assert people(answer, 0, 3) == expected[:3]
    assert people(answer, 2, 3) == expected[2:5]
    assert people(answer) == expected
    assert people(asked(service, where, descending=True)) == expected[::-1]


def test_of_equals_the_newest_comes_first(service: Trail) -> None:
    rows = asked(service).page(0, 2, ("person", "session_id"))
    assert rows == (("ana", "ana-4"), ("ana", "ana-1"))


def test_the_first_rows_are_there_before_the_others_are_ordered(
    service: Trail, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = asked(service)

    def refuse(*_: object) -> str:
        raise AssertionError("nobody needs all of them yet")

    monkeypatch.setattr(lists.Ordered, "complete", refuse)
    assert people(answer, 0, 3) == ["ana", "ana", "bob"]
    with pytest.raises(AssertionError, match="nobody needs"):
        answer.page(0, 4)


def test_a_row_further_down_is_found(service: Trail) -> None:
    answer = asked(service)
    key = answer.page(5, 1, ("key",))[0][0]
    assert isinstance(key, str)
    assert asked(service).position(key) == 5


def test_what_is_made_ready_stays_and_goes_with_the_answer(service: Trail) -> None:
    answer = asked(service)
    answer.complete(Event())
    answer.complete(Event())
    assert people(answer, 3, 4) == ["eve", "max", "max", "zoe"]
    answer.close()
    answer.complete(Event())
    with pytest.raises(StoreError):
        answer.page(0, 1)
    tables = service._connection.execute("SELECT count(*) FROM duckdb_tables() WHERE table_name LIKE 'order_%'")
    assert tables.fetchall() == [(0,)]


def test_one_that_is_closed_while_it_is_ordered_leaves_nothing(service: Trail) -> None:
    answer = asked(service)
    answer._ordered.drop()  # type: ignore[attr-defined]
    answer._ordered.complete()  # type: ignore[attr-defined]
    tables = service._connection.execute("SELECT count(*) FROM duckdb_tables() WHERE table_name LIKE 'order_%'")
    assert tables.fetchall() == [(0,)]
