from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, ClassVar

import pytest
from textual import events

from ssmtrail.widgets.pages import BLOCK, BLOCKS_KEPT
from ssmtrail.widgets.table import RowsTable, TableRow
from tests.widgets.table_app import COLUMNS, TableApp, made_row

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from textual.app import ComposeResult
    from textual.geometry import Region
    from textual.pilot import Pilot
    from textual.strip import Strip


@asynccontextmanager
async def shown(
    total: int = 1_000_000, *, hold: bool = False, size: tuple[int, int] = (100, 21)
) -> AsyncIterator[tuple[TableApp, Pilot[None]]]:
    app = TableApp(total, hold)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        yield app, pilot


def lines(table: RowsTable) -> list[str]:
    return [table.render_line(y).text for y in range(table.size.height)]


class FramesApp(TableApp):
    """Notes what the table draws, frame by frame, given its rows before it has its size."""

    class Table(RowsTable):
        frames: ClassVar[list[str]] = []

        def render_lines(self, crop: Region) -> list[Strip]:
            drawn = super().render_lines(crop)
            self.frames.append("".join(strip.text for strip in drawn))
            return drawn

    def compose(self) -> ComposeResult:
        self.Table.frames.clear()
        yield self.Table(COLUMNS)

    def on_mount(self) -> None:
        self.table.show("answer", 20)
        self.table.put_rows("answer", 0, [made_row(index) for index in range(20)])


async def test_rows_that_are_there_before_the_size_are_in_the_first_frame() -> None:
    app = FramesApp(20)
    async with app.run_test(size=(100, 21)) as pilot:
        await pilot.pause()
        assert "person.0 " in app.Table.frames[0]
        assert "person.19 " in app.Table.frames[0]


class TestMoving:
    @pytest.mark.parametrize(
        ("keys", "row"),
        [
            (["down", "down", "j", "k"], 2),
            (["up"], 0),
            (["G"], 999_999),
            (["end", "home"], 0),
            (["G", "g", "down"], 1),
            (["pagedown"], 20),
            (["pagedown", "pagedown", "pageup"], 20),
            (["ctrl+d", "ctrl+d", "ctrl+u"], 10),
            (["G", "down", "pagedown"], 999_999),
        ],
    )
    async def test_keys_move_the_row(self, keys: list[str], row: int) -> None:
        async with shown() as (app, pilot):
            await pilot.press(*keys)
            assert app.table.cursor_row == row
            assert app.table.cursor_key == str(row)
            assert f"person.{row} " in "".join(lines(app.table))

    async def test_keys_move_the_column(self) -> None:
        async with shown() as (app, pilot):
            await pilot.press("right", "l", "l", "h", "left", "left", "left", "right")
            column = app.table.column_under_cursor
            assert column is not None
            assert column.key == "length"
            await pilot.press(*["right"] * 20)
            assert app.table.column_under_cursor == app.table.seen_columns[-1]

    async def test_the_cursor_line_stays_on_its_line_of_the_screen_when_paging(self) -> None:
        async with shown() as (app, pilot):
            await pilot.press("down", "down", "pagedown")
            assert app.table.cursor_row - app.table.scroll_offset.y == 2

    async def test_tells_of_each_step_once(self) -> None:
        async with shown() as (app, pilot):
            await pilot.press("down", "right")
            assert app.told == [
                ("highlighted", 0, "0", "started"),
                ("highlighted", 1, "1", "started"),
                ("highlighted", 1, "1", "length"),
            ]

    async def test_enter_opens(self) -> None:
        async with shown() as (app, pilot):
            await pilot.press("down", "enter")
            assert app.told[-1] == ("opened", 1, "1", "started")

    async def test_enter_before_the_row_has_come_opens_it_then(self) -> None:
        async with shown() as (app, pilot):
            app.hold = True
            await pilot.press("G", "enter")
            assert not any("opened" in str(told) for told in app.told)
            await deliver(app, pilot)
            assert app.told[-1] == ("opened", 999_999, "999999", "started")

    async def test_a_step_before_the_row_has_come_opens_nothing(self) -> None:
        async with shown() as (app, pilot):
            app.hold = True
            await pilot.press("G", "enter", "up")
            await deliver(app, pilot)
            assert not any("opened" in str(told) for told in app.told)


async def deliver(app: TableApp, pilot: Pilot[None]) -> None:
    """Give the rows that were held back."""
    app.hold = False
    app.deliver()
    await pilot.pause()


class TestMouse:
    async def test_a_click_moves_and_a_second_one_on_the_cell_opens(self) -> None:
        async with shown() as (app, pilot):
            await pilot.click(RowsTable, offset=(4, 5))
            assert app.told[-1] == ("highlighted", 4, "4", "started")
            app.table.on_click(_click(app.table, 4, 5))
            await pilot.pause()
            assert app.told[-1] == ("opened", 4, "4", "started")

    async def test_a_click_on_another_cell_of_the_row_opens_nothing(self) -> None:
        async with shown() as (app, pilot):
            await pilot.click(RowsTable, offset=(22, 1))
            assert app.told[-1] == ("highlighted", 0, "0", "length")

    async def test_a_double_click_opens(self) -> None:
        async with shown() as (app, pilot):
            await pilot.double_click(RowsTable, offset=(22, 7))
            assert app.told[-2:] == [("highlighted", 6, "6", "length"), ("opened", 6, "6", "length")]

    async def test_a_click_on_the_header_says_which(self) -> None:
        async with shown() as (app, pilot):
            await pilot.click(RowsTable, offset=(22, 0))
            assert app.told[-1] == ("header", "length")
            assert app.table.cursor_column == 0

    async def test_a_click_below_the_last_row_does_nothing(self) -> None:
        async with shown(3) as (app, pilot):
            told = list(app.told)
            await pilot.click(RowsTable, offset=(22, 12))
            assert app.told == told

    async def test_the_wheel_scrolls_and_leaves_the_cursor(self) -> None:
        async with shown() as (app, pilot):
            app.table._on_mouse_scroll_down(_wheel(app.table))
            await pilot.pause()
            assert app.table.scroll_offset.y > 0
            assert app.table.cursor_row == 0


def _click(table: RowsTable, x: int, y: int) -> events.Click:
    """A click long after the one before."""
    return events.Click(table, x, y, 0, 0, 1, False, False, False, chain=1)


def _wheel(table: RowsTable) -> events.MouseScrollDown:
    return events.MouseScrollDown(table, 5, 5, 0, 1, 0, False, False, False)


class TestAnswers:
    async def test_rows_that_are_not_here_are_a_calm_dot(self) -> None:
        async with shown() as (app, pilot):
            app.hold = True
            await pilot.press("G")
            assert set("".join(lines(app.table)[1:])) == {" ", "·"}
            assert app.table.cursor_key is None
            app.deliver()
            await pilot.pause()
            assert "person.999999" in lines(app.table)[-1]
            assert app.told[-1] == ("highlighted", 999_999, "999999", "started")

    async def test_old_rows_stay_until_the_new_ones_are_here(self) -> None:
        async with shown() as (app, pilot):
            app.hold = True
            await pilot.press("down", "down")
            before = lines(app.table)
            app.table.show("new ", 500)
            await pilot.pause()
            assert lines(app.table) == before
            assert app.table.cursor_key == "2"
            app.deliver()
            await pilot.pause()
            assert "new person.0" in lines(app.table)[1]
            assert (app.table.cursor_row, app.table.total) == (0, 500)

    async def test_a_late_page_of_an_old_answer_is_dropped(self) -> None:
        async with shown(hold=True) as (app, pilot):
            app.table.show("new ", 500)
            app.table.put_rows("", 0, [made_row(i) for i in range(BLOCK)])
            await pilot.pause()
            assert "".join(lines(app.table)[1:]).strip() == ""
            app.deliver()
            assert "new person.0" in lines(app.table)[1]

    async def test_an_empty_answer_is_shown_at_once(self) -> None:
        async with shown() as (app, pilot):
            await pilot.press("down")
            app.table.show("none", 0)
            assert "".join(lines(app.table)[1:]).strip() == ""
            assert (app.table.cursor_row, app.table.cursor_key) == (0, None)
            await pilot.press("down", "G", "enter", "pagedown", "left")
            assert app.table.cursor_row == 0

    async def test_growing_keeps_the_line_and_the_steps_taken_meanwhile(self) -> None:
        async with shown(1000) as (app, pilot):
            await pilot.press("pagedown", "pagedown", "down")
            line = app.table.cursor_row - app.table.scroll_offset.y
            app.hold = True
            app.table.show("more ", 2000, cursor=241, keep_scroll=True)
            await pilot.press("up")
            app.deliver()
            await pilot.pause()
            assert app.table.cursor_row == 240
            assert app.table.cursor_row - app.table.scroll_offset.y == line - 1

    async def test_shows_the_cursor_wherever_it_is_put(self) -> None:
        async with shown() as (app, pilot):
            app.table.show("new ", 1000, cursor=700)
            await pilot.pause()
            assert app.table.cursor_key == "new 700"
            assert "new person.700 " in "".join(lines(app.table))

    async def test_clear_shows_nothing(self) -> None:
        async with shown() as (app, pilot):
            app.table.clear()
            await pilot.pause()
            assert (app.table.total, app.table.cursor_key) == (0, None)

    async def test_holds_few_rows_however_far_it_goes(self) -> None:
        async with shown() as (app, pilot):
            for row in range(0, 1_000_000, 20_000):
                app.table.cursor_row = row
                await pilot.pause()
            rows = sum(app.table.row_at(index) is not None for index in range(0, 1_000_000, BLOCK))
            assert rows <= BLOCKS_KEPT

    async def test_a_reader_can_ask_whether_a_page_is_still_wanted(self) -> None:
        async with shown(hold=True) as (app, pilot):
            assert app.table.is_wanted("", 0)
            app.deliver()
            assert not app.table.is_wanted("", 0)
            await pilot.press("G")
            assert app.table.is_wanted("", 999_999 // BLOCK * BLOCK)
            await pilot.press("g")
            assert not app.table.is_wanted("", 999_999 // BLOCK * BLOCK)
            app.table.show("new ", 10)
            assert not app.table.is_wanted("", 0)
            assert app.table.is_wanted("new ", 0)


class TestLooks:
    async def test_signs_of_order_change_no_width(self) -> None:
        async with shown() as (app, pilot):
            before = lines(app.table)
            app.table.sorted_by = (("started", True), ("length", False))
            await pilot.pause()
            after = lines(app.table)
            assert after[0].replace("▼", " ").replace("▲", " ") == before[0]
            assert after[1:] == before[1:]
            assert "Started▼" in after[0]
            assert "Length▲" in after[0]

    async def test_columns_fit_and_the_cursor_stays_with_its_column(self) -> None:
        async with shown(size=(140, 20)) as (app, pilot):
            assert app.table.shown_columns == COLUMNS
            await pilot.press("right", "right", "right", "right", "right")
            assert app.table.column_under_cursor is COLUMNS[5]
            await pilot.resize_terminal(80, 20)
            await pilot.pause()
            assert len(app.table.shown_columns) < len(COLUMNS)
            assert app.table.column_under_cursor is COLUMNS[5]
            assert all(len(line) == 79 for line in lines(app.table))

    async def test_resizing_keeps_the_cursor_in_sight(self) -> None:
        async with shown(size=(80, 40)) as (app, pilot):
            await pilot.press("pagedown", "up", "up", "G", "up")
            await pilot.resize_terminal(80, 10)
            await pilot.pause()
            assert "person.999998" in "".join(lines(app.table))

    async def test_hostile_text_is_shown_safe_and_in_its_width(self) -> None:
        async with shown(1, hold=True) as (app, _):
            hostile = "\x1b[31m[bold]漢字\u202e\u0301"
            app.table.put_rows("", 0, [TableRow("k", {c.key: hostile for c in COLUMNS}, mark=("\x07", "bad"))])
            strip = app.table.render_line(1)
            assert strip.cell_length == 99
            assert strip.text.isprintable()
            assert r"\x1b[31m[bold]漢" in strip.text

    async def test_one_segment_a_run_of_equal_style(self) -> None:
        async with shown(size=(140, 20)) as (app, _):
            assert len(list(app.table.render_line(3))) == 2  # the row, then the muted address

    async def test_ascii_signs(self) -> None:
        app = TableApp(5, ascii_only=True)
        async with app.run_test(size=(100, 21)) as pilot:
            app.table.sorted_by = (("started", True),)
            await pilot.pause()
            assert "Startedv" in lines(app.table)[0]

    async def test_bindings_have_ids_and_tooltips(self) -> None:
        bindings = RowsTable.BINDINGS
        assert all(getattr(binding, "id", "") and getattr(binding, "tooltip", "") for binding in bindings)


async def test_a_saved_table_is_shown_again_as_it_was() -> None:
    async with shown(1_000) as (app, pilot):
        await pilot.press("G", "up", "up", "l")
        await pilot.pause()
        before, saved = lines(app.table), app.table.save()
        app.table.show("Y", 3)
        await pilot.pause()
        assert app.table.total == 3
        app.told.clear()
        app.table.restore(saved)
        await pilot.pause()
        assert lines(app.table) == before
        assert app.told == [("highlighted", 997, app.table.cursor_key, app.table.shown_columns[1].key)]


async def test_restoring_asks_again_for_rows_that_had_not_arrived() -> None:
    async with shown(1_000, hold=True) as (app, pilot):
        saved = app.table.save()
        app.table.show("Y", 0)
        app.wanted.clear()
        app.table.restore(saved)
        await pilot.pause()
        assert [(message.token, message.offset) for message in app.wanted] == [("", 0)]
