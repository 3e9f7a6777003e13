"""Drills say `:=` only where something else that is kept is spelled alike."""

from __future__ import annotations

from threading import Event
from typing import TYPE_CHECKING

import pytest

from ssmtrail.queries.drills import of_pair, of_part, of_person
from ssmtrail.queries.filters import Filter
from ssmtrail.queries.index import Spellings
from ssmtrail.queries.inventory import Inventory, Machine
from ssmtrail.queries.model import Scope
from ssmtrail.queries.times import Window
from ssmtrail.queries.views import PersonId
from tests.records import ACCOUNT, iam_user, opened, start, write_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ssmtrail.queries.trail import Trail

ALL = Scope(Window(), Filter())
ADDRESSES = ("10.0.0.1", "2001:db8::1", "2001:DB8:0::1")


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trail]:
    home = tmp_path_factory.mktemp("spelled")
    people, machines = ("jane", "Jane", "max"), ("i-0aaa", "I-0AAA", "i-0bbb", "i-0ccc")
    records = [
        start("12:00:00", f"s-{person}-{machine}-{address}", machine, iam_user(person), sourceIPAddress=address)
        for person in people for machine in machines for address in ADDRESSES
    ]  # fmt: skip
    write_file(home / "trail" / "one.json", records)
    inventory = Inventory((Machine("i-0aaa", "i-0bbb"), Machine("i-0ccc", "i-0ccc")))
    with opened(home / "trail", home / "store", inventory) as service:
        yield service


@pytest.mark.parametrize(
    ("person", "machine", "text"),
    [
        ("max", "i-0ccc", "account:111122223333 personkind:iam-user person:max target:i-0ccc"),
        ("jane", "i-0ccc", "account:111122223333 personkind:iam-user person:=jane target:i-0ccc"),
        ("Jane", "i-0aaa", "account:111122223333 personkind:iam-user person:=Jane target:=i-0aaa"),
        ("max", "I-0AAA", "account:111122223333 personkind:iam-user person:max target:=I-0AAA"),
        ("max", "i-0bbb", "account:111122223333 personkind:iam-user person:max target:=i-0bbb"),
    ],
)
def test_the_words_for_a_pair(service: Trail, person: str, machine: str, text: str) -> None:
    service.prepare(Event())
    assert service.readable(of_pair(ALL, PersonId(ACCOUNT, person, "iam-user"), machine)).filter.text == text


@pytest.mark.parametrize(
    ("address", "text"), zip(ADDRESSES, ("ip:10.0.0.1", "ip:=2001:db8::1", "ip:=2001:DB8:0::1"), strict=True)
)
def test_the_words_for_an_address(service: Trail, address: str, text: str) -> None:
    service.prepare(Event())
    assert service.readable(of_part(ALL, "address", f'"{address}"')).filter.text == text


def test_what_is_not_known_of_stays_exact(service: Trail, tmp_path: Path) -> None:
    service.prepare(Event())
    typed = Scope(Window(), Filter.parse("session:=s-1 reason:=Audit person:=x,=y -person:=max"))
    assert service.readable(typed).filter.text == "session:=s-1 reason:=Audit person:=x,=y -person:max"
    write_file(tmp_path / "trail" / "one.json", [start("12:00:00")])
    with opened(tmp_path / "trail", tmp_path / "store") as fresh:
        assert fresh.readable(typed) == typed


def test_a_drill_names_no_missing_id_where_nobody_has_one() -> None:
    who = PersonId("111122223333", "jane", "identity-center")
    narrowed = of_person(Scope(Window(), Filter()), who)
    assert "personid:?" in narrowed.filter.text
    assert "personid" not in Spellings(frozenset()).readable(narrowed).filter.text
    assert "personid:?" in Spellings(frozenset({("personid", "")})).readable(narrowed).filter.text
