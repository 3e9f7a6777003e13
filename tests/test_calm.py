"""Waiting has an end of its own, which says what was waited for."""

from __future__ import annotations

import asyncio

import pytest
from textual.app import App

from tests.calm import settled


async def test_a_worker_that_never_ends_is_named_and_left_alone() -> None:
    app: App[None] = App()
    async with app.run_test():
        held = asyncio.Event()
        worker = app.run_worker(held.wait(), name="fetch")
        with pytest.raises(AssertionError, match=r"not settled within 0\.05 s: these workers still run: fetch"):
            await settled(app, 0.05)
        assert not worker.is_finished
        held.set()
        await settled(app)
        assert worker.is_finished


async def test_messages_without_end_are_a_failure() -> None:
    app: App[None] = App()
    async with app.run_test():
        is_over = False

        def again() -> None:
            if not is_over:
                app.set_timer(0.01, again)

        again()
        with pytest.raises(AssertionError, match="messages or timers follow each other"):
            await settled(app, 0.2)
        is_over = True
