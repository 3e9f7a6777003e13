"""Garbage is looked for when keys rest, never while they come."""

from __future__ import annotations

import asyncio
import gc

import pytest

from ssmtrail.tui.terminal import idle_gc
from ssmtrail.tui.terminal.idle_gc import Sweeping


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    seen: list[int] = []
    monkeypatch.setattr(idle_gc, "_REST", 0.01)
    monkeypatch.setattr(idle_gc, "_LONG_REST", 0.01)
    monkeypatch.setattr(gc, "get_count", lambda: (idle_gc._WORTH, 0, 0))
    monkeypatch.setattr(gc, "collect", lambda snapshot=2: seen.append(snapshot))
    return seen


async def at_rest(seen: list[int], looks: int) -> None:
    for _ in range(500):
        if len(seen) >= looks:
            return
        await asyncio.sleep(0.01)
    raise AssertionError(seen)


async def test_it_looks_once_when_keys_rest(looks: list[int]) -> None:
    sweep = Sweeping()
    for _ in range(20):
        sweep.key_pressed()
    assert looks == []
    await at_rest(looks, 1)
    assert looks == [0]


async def test_every_few_looks_one_goes_further_back(looks: list[int]) -> None:
    sweep = Sweeping()
    for number in range(1, idle_gc._OLDER + 1):
        sweep.key_pressed()
        await at_rest(looks, number)
    assert looks == [0] * (idle_gc._OLDER - 1) + [1]


async def test_a_long_rest_after_many_looks_is_for_everything(
    looks: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idle_gc, "_ALL", 2)
    sweep = Sweeping()
    for number in (1, 2):
        sweep.key_pressed()
        await at_rest(looks, number)
    await at_rest(looks, 3)
    assert looks == [0, 0, 2]


async def test_few_new_objects_are_not_worth_a_look(looks: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gc, "get_count", lambda: (idle_gc._WORTH - 1, 0, 0))
    sweep = Sweeping()
    sweep.key_pressed()
    while sweep._waiting is not None:
        await asyncio.sleep(0.01)
    assert looks == []
