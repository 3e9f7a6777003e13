"""The garbage collector runs when the keyboard is idle, never while keys come."""

from __future__ import annotations

import asyncio
import gc

import pytest

from ssmtrail.tui.terminal import idle_gc
from ssmtrail.tui.terminal.idle_gc import IdleCollector


@pytest.fixture
def collections(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    seen: list[int] = []
    monkeypatch.setattr(idle_gc, "_IDLE", 0.01)
    monkeypatch.setattr(idle_gc, "_LONG_IDLE", 0.01)
    monkeypatch.setattr(gc, "get_count", lambda: (idle_gc._ENOUGH_OBJECTS, 0, 0))
    monkeypatch.setattr(gc, "collect", lambda generation=2: seen.append(generation))
    return seen


async def until_collected(seen: list[int], count: int) -> None:
    for _ in range(500):
        if len(seen) >= count:
            return
        await asyncio.sleep(0.01)
    raise AssertionError(seen)


async def test_it_collects_once_when_the_keyboard_is_idle(collections: list[int]) -> None:
    collector = IdleCollector()
    for _ in range(20):
        collector.key_pressed()
    assert collections == []
    await until_collected(collections, 1)
    assert collections == [0]


async def test_every_fourth_collection_takes_an_older_generation(collections: list[int]) -> None:
    collector = IdleCollector()
    for number in range(1, idle_gc._OLDER_EVERY + 1):
        collector.key_pressed()
        await until_collected(collections, number)
    assert collections == [0] * (idle_gc._OLDER_EVERY - 1) + [1]


async def test_after_many_collections_a_long_idle_time_collects_all(
    collections: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idle_gc, "_FULL_AFTER", 2)
    collector = IdleCollector()
    for number in (1, 2):
        collector.key_pressed()
        await until_collected(collections, number)
    await until_collected(collections, 3)
    assert collections == [0, 0, 2]


async def test_few_new_objects_are_not_collected(collections: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gc, "get_count", lambda: (idle_gc._ENOUGH_OBJECTS - 1, 0, 0))
    collector = IdleCollector()
    collector.key_pressed()
    while collector._timer is not None:
        await asyncio.sleep(0.01)
    assert collections == []
