"""Days of a table are kept once: subsets by `--partition` share them, and show only what is theirs."""

from __future__ import annotations

import threading
from datetime import date
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from ssmtrail.queries.store.journal import Journal
from ssmtrail.queries.store.kept_days import kept_days
from ssmtrail.queries.store.units import Subset, Unit
from tests.athena_emulator import Emulator
from tests.queries.athena.conftest import NOW, serving
from tests.queries.athena.organisation import ACCOUNTS, REGIONS, fill
from tests.queries.athena.stage import fetched, opened, patched_clock, planned, sessions, states, window

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

DAY = window(date(2026, 11, 12), date(2026, 11, 12))
ONE, OTHER = ({"account": (account,)} for account in ACCOUNTS)


@pytest.fixture
def organisation(monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    """A server with the table of an organisation."""
    yield from serving(monkeypatch, fill)


def read(store: Path, given: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Fetch the day of a subset; returns its sessions."""
    with opened(store, table="audit.org", given=given) as service:
        fetched(service, DAY)
        return sessions(service, DAY)


def named(*accounts: str, regions: tuple[str, ...] = REGIONS) -> list[str]:
    return sorted(f"{account[:4]}-{region[:2]}-12" for account in accounts for region in regions)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (ONE, named(ACCOUNTS[0])),
        ({"account": ACCOUNTS[1:], "region": REGIONS[:1]}, named(ACCOUNTS[1], regions=REGIONS[:1])),
        ({"region": REGIONS[1:]}, named(*ACCOUNTS, regions=REGIONS[1:])),
        ({"Account": (ACCOUNTS[1], ACCOUNTS[0])}, named(*ACCOUNTS)),
    ],
    ids=["an account", "an account's region", "a region", "all accounts"],
)
def test_a_subset_of_a_kept_whole_day_is_never_paid(
    organisation: Emulator, tmp_path: Path, given: Mapping[str, tuple[str, ...]], expected: list[str]
) -> None:
    assert read(tmp_path, {}) == named(*ACCOUNTS)
    paid = organisation.bytes_scanned
    with opened(tmp_path, table="audit.org", given=given) as service:
        plan = planned(service, DAY)
        assert (plan.days, plan.price) == ((), 0.0)
        service.fetch(lambda _: None, threading.Event(), plan)
        assert sessions(service, DAY) == expected
        assert set(states(service, DAY).values()) == {"kept"}
    assert organisation.bytes_scanned == paid
    assert read(tmp_path, {}) == named(*ACCOUNTS)


def test_a_copy_says_what_it_took_and_is_cut_where_rows_have_no_path(organisation: Emulator, tmp_path: Path) -> None:
    for name in ("serde.serialization.lib", "inputformat"):
        del organisation.engine.tables[0].parameters[name]  # type: ignore[attr-defined]
    read(tmp_path, {})
    with opened(tmp_path, table="audit.org") as service:
        (run,) = service.queries()
        kept = kept_days(service._dataset)
    assert {each.copy.queries for each in kept.values()} == {(run.id,)}
    assert sum(each.copy.price or 0 for each in kept.values()) == pytest.approx(run.price)
    assert sum(each.copy.bytes for each in kept.values()) == run.bytes
    assert read(tmp_path, OTHER) == named(ACCOUNTS[1])
    assert len(organisation.queries) == 1
    with opened(tmp_path, table="audit.org", given=OTHER) as service:
        cut = kept_days(service._dataset)[date(2026, 11, 12)].copy
    assert (cut.price, cut.bytes, cut.partition) == (0.0, 0, OTHER)
    assert cut.units == (Unit(date(2026, 11, 12), ACCOUNTS[1]),)
    assert cut.cut_from == (kept[date(2026, 11, 12)].segment.name,)


def test_two_kept_subsets_are_the_whole_of_both(organisation: Emulator, tmp_path: Path) -> None:
    assert read(tmp_path, ONE) == named(ACCOUNTS[0])
    assert read(tmp_path, OTHER) == named(ACCOUNTS[1])
    paid = organisation.bytes_scanned
    assert read(tmp_path, {"account": ACCOUNTS}) == named(*ACCOUNTS)
    assert organisation.bytes_scanned == paid


def test_a_subset_is_not_taken_for_the_whole(organisation: Emulator, tmp_path: Path) -> None:
    read(tmp_path, ONE)
    for given in ({}, OTHER, {"region": REGIONS[:1]}):
        with opened(tmp_path, table="audit.org", given=given) as service:
            assert len(planned(service, DAY).days) == 4
            assert set(states(service, DAY).values()) == {"missing"}
            assert sessions(service, DAY) == []


def test_a_newer_copy_of_the_whole_day_is_taken_over(organisation: Emulator, tmp_path: Path) -> None:
    read(tmp_path, {})
    read(tmp_path, ONE)
    kept = segments(tmp_path)
    read(tmp_path, ONE)
    assert segments(tmp_path) == kept
    later = NOW.replace(hour=13)
    with patched_clock(organisation, later), opened(tmp_path, later, table="audit.org") as service:
        fetched(service, DAY, again=100)
    assert read(tmp_path, ONE) == named(ACCOUNTS[0])
    assert not kept & segments(tmp_path)


def segments(store: Path) -> set[str]:
    """Names of the segments of subsets."""
    return {path.stem for path in store.glob("v2/*/subsets/*/segments/*.json")}


def test_an_unfinished_query_of_a_subset_is_left_to_it(organisation: Emulator, tmp_path: Path) -> None:
    read(tmp_path, ONE)
    (folder,) = tmp_path.glob("v2/*")
    journal = Journal.of(folder, Subset.of(ONE).text)
    (run,) = journal.runs()
    journal.write(replace(run, state="running"))
    for path in tmp_path.glob("v2/*/subsets/*/segments/*"):
        path.unlink()
    for given, found in (({}, []), (OTHER, []), (ONE, named(ACCOUNTS[0]))):
        with opened(tmp_path, table="audit.org", given=given) as service:
            service.fetch(lambda _: None, threading.Event())
            assert sessions(service, DAY) == found
    assert len(organisation.queries) == 1


def test_the_whole_and_a_subset_at_once_pay_once(organisation: Emulator, tmp_path: Path) -> None:
    organisation.delay = 0.3
    with opened(tmp_path, table="audit.org") as whole, opened(tmp_path, table="audit.org", given=ONE) as one:
        agreed = planned(one, DAY)
        begun = threading.Event()
        reading = threading.Thread(
            target=whole.fetch, args=(lambda each: begun.set() if each.bytes_done else None, threading.Event(),
                                      planned(whole, DAY)),
        )  # fmt: skip
        reading.start()
        assert begun.wait(30)
        one.fetch(lambda _: None, threading.Event(), agreed)
        reading.join()
        assert sessions(one, DAY) == named(ACCOUNTS[0])
        assert sessions(whole, DAY) == named(*ACCOUNTS)
    assert len(organisation.queries) == 1
