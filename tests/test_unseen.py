"""What is not shown is rendered all the same: a widget that cannot be rendered fails its test."""

from __future__ import annotations

import pytest
from textual.app import App, ComposeResult
from textual.strip import Strip
from textual.widget import Widget


class Late(Widget):
    """Fails where it is rendered a second time."""

    broken = False

    def render_line(self, y: int) -> Strip:
        if self.broken:
            raise ZeroDivisionError
        return Strip.blank(self.size.width)


class Shown(App[None]):
    def compose(self) -> ComposeResult:
        yield Late()


async def changed_to_broken() -> None:
    app = Shown()
    async with app.run_test() as pilot:
        late = app.query_one(Late)
        late.broken = True
        late.refresh()
        await pilot.pause()


async def test_a_widget_that_fails_when_it_changes_fails_the_test() -> None:
    with pytest.raises(ZeroDivisionError):
        await changed_to_broken()
