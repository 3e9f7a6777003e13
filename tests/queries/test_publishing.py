"""When stored calls are published during reading: few at once, many after a pause."""

from __future__ import annotations

from pathlib import Path
from threading import Event
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from ssmtrail.queries.ingest import publishing
from ssmtrail.queries.ingest.publishing import Publishing
from ssmtrail.queries.store.dataset import Dataset
from ssmtrail.queries.store.parcels import Covers
from ssmtrail.queries.store.segments import Segment
from tests.queries.test_reading import Clock, Slow, fetched

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(publishing, "time", clock)
    return clock


@pytest.fixture
def made(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Publishing:
    """Publishes anything in a tenth of a second."""

    def derive(_engine: object, _dataset: object, names: Sequence[str], _closing: Event) -> str:
        clock.now += 0.1
        return ", ".join(names)

    monkeypatch.setattr(publishing, "derive", derive)
    monkeypatch.setattr(publishing, "find_derived", lambda *_: None)
    dataset = SimpleNamespace(reports=())
    return Publishing(lambda: None, dataset, lambda _: 1, Event(), lambda: None)  # type: ignore[arg-type, return-value]


def kept(*calls: int) -> list[Segment]:
    return [
        Segment(f"{number}", Path(), Covers.of(()), each, each) for number, each in enumerate(calls)
    ]  # fmt: skip


def test_few_calls_are_published_at_once(made: Publishing, clock: Clock) -> None:
    assert made.is_due(kept(0))
    assert not made.is_due(kept(1_000))
    clock.now += 0.1
    assert made.is_due(kept(1_000))


def test_nothing_is_published_early_for_who_waits_for_the_whole(made: Publishing, clock: Clock) -> None:
    made.early = False
    clock.now += 100
    assert not made.is_due(kept(1_000))


@pytest.mark.parametrize(("calls", "seconds"), [(10_000, 0.8), (50_000, 4.0), (1_000_000, 5.0)])
def test_many_calls_are_published_after_a_pause(made: Publishing, clock: Clock, calls: int, seconds: float) -> None:
    clock.now += seconds - 0.01
    assert not made.is_due(kept(calls))
    clock.now += 0.02
    assert made.is_due(kept(calls))


def test_only_new_calls_lengthen_the_pause(made: Publishing, clock: Clock) -> None:
    made.now(kept(1_000_000))
    clock.now += 0.39
    assert not made.is_due(kept(1_000_000, 1_000))  # publishing is to take a quarter of the time
    clock.now += 0.02
    assert made.is_due(kept(1_000_000, 1_000))
    assert not made.is_due(kept(1_000_000, 50_000))


def test_stored_calls_are_published_before_new_ones_are_written(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []

    def logged(word: str, work: Callable[..., object]) -> Callable[..., object]:
        def call(*given: object) -> object:
            done.append(word)
            return work(*given)

        return call

    monkeypatch.setattr(Dataset, "add", logged("kept", Dataset.add))
    monkeypatch.setattr(Publishing, "now", logged("shown", Publishing.now))
    monkeypatch.setattr("ssmtrail.queries.ingest.files.time", clock)
    fetched(Slow(clock, 0.3, 60.0), tmp_path)
    assert done[:3] == ["kept", "shown", "kept"]
