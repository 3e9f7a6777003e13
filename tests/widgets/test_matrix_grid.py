from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual import events

from ssmtrail.widgets.matrix import GridRow, Header, MatrixGrid, grid_rows
from ssmtrail.widgets.matrix_cells import MARKS, Extent, LogScale, brief
from ssmtrail.widgets.matrix_layout import ZOOMS, MatrixPainter, lay_out, level_steps
from tests.widgets.matrix_app import MatrixApp, headers

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from textual.pilot import Pilot

    from ssmtrail.widgets.matrix_layout import Zoom


@asynccontextmanager
async def shown(
    rows: int = 2_000, columns: int = 10_000, *, hold: bool = False, size: tuple[int, int] = (100, 23)
) -> AsyncIterator[tuple[MatrixApp, Pilot[None]]]:
    app = MatrixApp(rows, columns, hold=hold)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        while not hold and app.grid.token is None:
            await pilot.pause()
        yield app, pilot


def lines(grid: MatrixGrid) -> list[str]:
    return [grid.render_line(y).text for y in range(grid.size.height)]


def place(app: MatrixApp) -> tuple[int, int]:
    return app.grid.cursor_row, app.grid.cursor_column


class SmallApp(MatrixApp):
    """The matrix of the sketch: three people, three machines in two groups."""

    def __init__(self, ascii_only: bool = False) -> None:
        super().__init__(0, 0, ascii_only=ascii_only)
        people = [Header("j", "jane.doe", 16), Header("m", "max.weber", 58), Header("t", "temp", 1)]
        machines = [
            Header("w", "web-1", 12, "prod"),
            Header("d", "db-1", 41, "prod"),
            Header("a", "app-1", 22, "stage"),
        ]
        self.matrix = people, machines

    def deliver(self) -> None:
        cells = [(0, 0, 12, " "), (0, 2, 4, " "), (1, 1, 41, " "), (1, 2, 17, "t"), (2, 0, 3, "d"), (2, 2, 1, "f")]
        for message in self.wanted:
            message.grid.put_rows(message.token, message.offset, grid_rows(0, 3, cells))
        self.wanted.clear()


class TestLooks:
    async def test_the_sketch(self) -> None:
        async with SmallApp().run_test(size=(60, 12)) as pilot:
            await pilot.pause()
            assert isinstance(pilot.app, SmallApp)
            assert [line.rstrip() for line in lines(pilot.app.grid)[:6]] == [
                "            prod         │stage",
                "            web-1   db-1 │app-1  sum",
                " jane.doe      12      · │    4   16",
                " max.weber      ·     41 │   17⇄  58",
                " temp          ✗3      · │    1+   1",
                " sum           12     41 │   22   75",
            ]

    async def test_the_sketch_in_ascii(self) -> None:
        async with SmallApp(ascii_only=True).run_test(size=(60, 12)) as pilot:
            await pilot.pause()
            assert isinstance(pilot.app, SmallApp)
            shown = lines(pilot.app.grid)
            assert all(line.isascii() for line in shown)
            assert shown[3].rstrip() == " max.weber      .     41 |   17=  58"
            await pilot.press("minus", "minus")
            assert all(line.isascii() for line in lines(pilot.app.grid))

    async def test_the_corner_has_its_text_where_there_is_room(self) -> None:
        def corner(grid: MatrixGrid) -> list[str]:
            return [line.split("  ")[0].strip() for line in lines(grid)[:2]]

        async with shown() as (app, pilot):
            app.grid.corner = "by name"
            assert corner(app.grid) == ["1-7 of 10,000", "by name"]
            await pilot.press("end")
            assert corner(app.grid) == ["9,994-10,000", "of 10,000"]

    async def test_a_tail_stays_where_the_label_is_shortened(self) -> None:
        async with shown(hold=True) as (app, pilot):
            label = "somebody with a long name"
            rows = [Header("r", label, 1, tail=" 1111"), Header("s", label, 1, tail=" 2222", cut="middle")]
            columns = [Header("c", label, 1, tail=" 3333", cut="end"), Header("d", label, 1, tail=" 4444")]
            app.grid.show("x", rows, columns, largest=1)
            app.grid.put_rows("x", 0, grid_rows(0, 2, []))
            await pilot.resize_terminal(60, 12)
            await pilot.pause()
            assert [line[:17].strip() for line in lines(app.grid)[2:4]] == ["somebody… 1111", "somebo…me 2222"]
            await pilot.resize_terminal(170, 12)
            await pilot.pause()
            assert " somebo… 3333  some…me 4444 " in lines(app.grid)[1]

    async def test_narrow_columns_tell_the_name_of_the_one_under_the_cursor(self) -> None:
        async with shown() as (app, pilot):
            await pilot.press("minus", "right", "right")
            assert lines(app.grid)[1].split() == ["of", "10,000", "web-2", "sum"]

    async def test_dense_columns_take_a_cell(self) -> None:
        async with shown() as (app, pilot):
            await pilot.press("minus", "minus")
            assert app.grid.zoom == "dense"
            app.grid.cursor_column = 60
            await pilot.pause()
            assert " web-60 " in lines(app.grid)[1]
            assert "█" in "".join(lines(app.grid)[2:])

    async def test_every_line_has_the_whole_width_in_every_zoom(self) -> None:
        async with shown(size=(80, 24)) as (app, pilot):
            for _ in ZOOMS:
                assert {app.grid.render_line(y).cell_length for y in range(24)} == {79}
                await pilot.press("minus")

    async def test_headers_and_sums_stay(self) -> None:
        async with shown() as (app, pilot):
            await pilot.press("ctrl+end")
            seen = lines(app.grid)
            assert seen[0].startswith(" 9,994-10,000 ")
            assert seen[1].startswith(" of 10,000 ")
            assert seen[1].split()[-2:] == ["web-9999", "sum"]
            assert seen[-2].startswith(" person.-1999 ")
            assert seen[-1].startswith(" sum ")

    async def test_hostile_text_is_shown_safe_and_in_its_width(self) -> None:
        async with shown(hold=True) as (app, pilot):
            hostile = "\x1b[31m[bold]漢字\u202e\u0301"
            app.grid.show("x", [Header("r", hostile, 1)], [Header("c", hostile, 1, hostile)], largest=1)
            app.grid.put_rows("x", 0, grid_rows(0, 1, [(0, 0, 1, " ")]))
            for zoom in ZOOMS:
                app.grid.zoom = zoom
                await pilot.pause()
                assert all(line.isprintable() for line in lines(app.grid))
                assert {app.grid.render_line(y).cell_length for y in range(23)} == {99}

    async def test_one_segment_a_run_of_equal_style(self) -> None:
        app = MatrixApp(3, 8, hold=True)
        async with app.run_test(size=(100, 12)) as pilot:
            await pilot.pause()
            app.grid.put_rows("first", 0, grid_rows(0, 3, [(1, 2, 6_901, " "), (1, 3, 6_901, " ")]))
            # label, empty cells, two shaded ones, a line between groups, empty cells, sum
            assert len(list(app.grid.render_line(3))) <= 7


class TestMoving:
    @pytest.mark.parametrize(
        ("keys", "cursor"),
        [
            (["down", "j", "k", "right", "l", "h"], (1, 1)),
            (["up"], (-1, 0)),
            (["up", "up", "down"], (0, 0)),
            (["left", "left"], (0, -1)),
            (["G", "end"], (1_999, 9_999)),
            (["G", "end", "g", "home"], (0, 0)),
            (["ctrl+end"], (1_999, 9_999)),
            (["ctrl+end", "ctrl+home"], (0, 0)),
            (["pagedown"], (20, 0)),
            (["pagedown", "pageup"], (0, 0)),
            (["ctrl+d", "ctrl+d", "ctrl+u"], (10, 0)),
            (["left", "up", "pageup"], (0, -1)),
        ],
    )
    async def test_keys_move_the_cursor(self, keys: list[str], cursor: tuple[int, int]) -> None:
        async with shown() as (app, pilot):
            await pilot.press(*keys)
            assert place(app) == cursor

    async def test_a_page_aside_is_what_is_seen(self) -> None:
        async with shown() as (app, pilot):
            before = lines(app.grid)[1].split()[2:-1]
            await pilot.press("ctrl+right")
            after = lines(app.grid)[1].split()[2:-1]
            assert len(before) == app.grid.cursor_column
            assert after[0] == f"web-{len(before)}"
            await pilot.press("ctrl+left", "ctrl+left")
            assert app.grid.cursor_column == 0

    async def test_zooming_and_resizing_keep_the_cursor_in_sight(self) -> None:
        async with shown(size=(120, 40)) as (app, pilot):
            app.grid.cursor_column, app.grid.cursor_row = 5_000, 1_000
            for key in ("minus", "minus", "plus", "plus"):
                await pilot.press(key)
                assert "person.-1000 " in "".join(lines(app.grid))
                assert "web-5000" in lines(app.grid)[1]
            await pilot.resize_terminal(80, 10)
            await pilot.pause()
            assert "person.-1000 " in "".join(lines(app.grid))
            assert "web-5000" in lines(app.grid)[1]

    async def test_the_wheel_scrolls_and_goes_aside_with_shift(self) -> None:
        async with shown() as (app, pilot):
            grid = app.grid
            for shift in (False, True):
                grid.post_message(events.MouseScrollDown(grid, 30, 5, 0, 1, 0, shift=shift, meta=False, ctrl=False))
                await pilot.pause()
            await pilot.wait_for_scheduled_animations()
            assert grid.scroll_offset.y > 0
            assert "web-3 " in lines(grid)[1]
            assert "web-2 " not in lines(grid)[1]
            assert place(app) == (0, 0)


class TestTelling:
    async def test_it_tells_of_each_place_once(self) -> None:
        async with shown() as (app, pilot):
            await pilot.press("down", "right", "left", "left", "up", "up")
            assert app.told == [
                ("highlighted", "person.0", "web0"),
                ("highlighted", "person.1", "web0"),
                ("highlighted", "person.1", "web1"),
                ("highlighted", "person.1", "web0"),
                ("highlighted", "person.1", None),
                ("highlighted", "person.0", None),
                ("highlighted", None, None),
            ]

    async def test_enter_opens_cell_row_or_column(self) -> None:
        async with shown() as (app, pilot):
            await pilot.press("enter", "left", "enter", "right", "up", "enter", "left", "enter")
            opened = [told for told in app.told if isinstance(told, tuple) and told[0] != "highlighted"]
            assert opened == [("opened", "person.0", "web0"), ("row", "person.0"), ("column", "web0")]

    async def test_clicks_move_then_open(self) -> None:
        async with shown() as (app, pilot):
            await pilot.click(MatrixGrid, offset=(30, 4))
            assert app.grid.cursor_row == 2
            await pilot.click(MatrixGrid, offset=(30, 4))
            assert str(app.told[-1]) == str(("opened", *app.grid.cursor_keys))
            await pilot.click(MatrixGrid, offset=(2, 5))
            assert place(app)[1] == -1
            await pilot.click(MatrixGrid, offset=(2, 5))
            assert app.told[-1] == ("row", "person.3")
            await pilot.click(MatrixGrid, offset=(30, 1))
            await pilot.click(MatrixGrid, offset=(30, 1))
            assert str(app.told[-1]) == str(("column", app.grid.cursor_keys[1]))

    async def test_clicks_beside_do_nothing(self) -> None:
        async with shown(3, 3) as (app, pilot):
            for offset in ((2, 1), (95, 3), (30, 20), (2, 5)):
                await pilot.click(MatrixGrid, offset=offset)
                assert place(app) == (0, 0)


class TestPages:
    async def test_only_what_is_seen_is_asked_for(self) -> None:
        async with shown(hold=True) as (app, _):
            assert sum(message.limit for message in app.wanted) <= 96
            assert app.grid.is_wanted("first", 0)
            assert not app.grid.is_wanted("first", 1_920)

    async def test_the_matrix_before_stays_until_the_new_one_has_come(self) -> None:
        async with shown() as (app, pilot):
            app.hold = True
            app.grid.show("second", headers(5, "other"), headers(5, "box"), largest=9)
            await pilot.pause()
            assert app.grid.token == "first"
            assert "person.-0" in "".join(lines(app.grid))
            app.deliver()
            await pilot.pause()
            assert "other-0" in "".join(lines(app.grid))

    async def test_a_late_answer_is_dropped(self) -> None:
        async with shown(hold=True) as (app, pilot):
            app.grid.show("second", headers(5, "other"), headers(5, "box"), largest=9)
            app.grid.put_rows("first", 0, grid_rows(0, 16, [(0, 0, 777, " ")]))
            await pilot.pause()
            assert app.grid.token is None

    async def test_the_cursor_stays_with_its_row_and_column(self) -> None:
        async with shown() as (app, pilot):
            app.grid.cursor_row, app.grid.cursor_column = 100, 200
            rows, columns = app.matrix
            app.grid.show("turned", rows[50:], columns[150:], largest=9)
            await pilot.pause()
            assert app.grid.cursor_keys == ("person.100", "web200")
            assert place(app) == (50, 50)
            app.grid.show("back", rows, columns, largest=9, cursor=(3, 4))
            await pilot.pause()
            assert place(app) == (3, 4)

    async def test_keys_before_the_first_rows_move_nothing(self) -> None:
        async with shown(hold=True) as (app, pilot):
            await pilot.press("down", "right", "enter")
            app.deliver()
            await pilot.pause()
            assert place(app) == (0, 0)
            assert app.told == [("highlighted", "person.0", "web0")]

    async def test_no_rows_no_columns(self) -> None:
        async with shown() as (app, pilot):
            app.grid.show("empty", [], [], largest=0)
            await pilot.press("down", "right", "enter", "G", "minus")
            assert app.grid.cursor_keys == (None, None)
            assert "".join(lines(app.grid)).strip() == ""


class TestParts:
    @given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 50), st.integers(1, 9), st.sampled_from(" dtfp"))))
    def test_rows_hold_what_they_were_given(self, cells: list[tuple[int, int, int, str]]) -> None:
        unique = sorted({cell[:2]: cell for cell in cells}.values())
        rows = grid_rows(0, 10, unique)
        assert [(r, *cell) for r, row in enumerate(rows) for cell in row.between(0, 51)] == unique
        assert [(r, *c) for r, row in enumerate(rows) for c in row.between(10, 20)] == [
            cell for cell in unique if 10 <= cell[1] < 20
        ]

    @given(st.integers(1, 10**9), st.integers(1, 10**9), st.integers(2, 9))
    def test_shades_rise_with_the_count(self, a: int, b: int, steps: int) -> None:
        low, high = sorted((a, b))
        scale = LogScale(high, steps)
        assert 1 <= scale.step(low) <= scale.step(high) <= steps
        assert scale.step(0) == 0
        assert high == 1 or scale.step(high) == steps

    @given(st.integers(0, 10**13), st.integers(1, 12))
    def test_brief_numbers_fit(self, count: int, width: int) -> None:
        assert len(brief(count, width)) <= width

    def test_brief(self) -> None:
        assert [brief(n, 3) for n in (999, 1_000, 45_678, 456_789, 1_000_000)] == ["999", "1k", "45k", "+", "1M"]

    @given(
        st.builds(
            Extent,
            st.integers(0, 3_000),
            st.integers(1, 20_000),
            st.integers(0, 90),
            st.integers(0, 90),
            st.integers(1, 9),
            st.integers(1, 12),
        ),
        st.sampled_from(ZOOMS),
        st.integers(40, 250),
        st.integers(8, 80),
    )
    def test_the_parts_fit_the_screen(self, extent: Extent, zoom: Zoom, width: int, height: int) -> None:
        layout = lay_out(extent, zoom, width, height)
        assert layout.seen <= extent.columns
        assert layout.stub + layout.body + layout.sums <= width
        assert 2 + layout.lines + layout.foot <= height

    @given(
        st.dictionaries(st.integers(0, 29), st.tuples(st.integers(1, 99_999), st.sampled_from([" ", *MARKS]))),
        st.sampled_from(ZOOMS),
        st.integers(0, 20),
        st.none() | st.integers(-1, 29),
        st.booleans(),
    )
    def test_every_row_takes_the_same_width(
        self, cells: dict[int, tuple[int, str]], zoom: Zoom, left: int, cursor: int | None, ascii_only: bool
    ) -> None:
        columns = [Header(str(i), f"machine {i}", 7, "ab"[i // 15]) for i in range(30)]
        layout = lay_out(Extent(1, 30, 9, 9, 3, 5), zoom, 80, 24)
        scale = LogScale(99_999, level_steps(ascii_only))
        painter = MatrixPainter(
            columns, layout, min(left, 30 - layout.seen), LogScale(99_999), scale, scale, "a corner", ascii_only
        )
        rows = grid_rows(0, 1, [(0, column, *cell) for column, cell in sorted(cells.items())])
        texts = [
            "".join(text for text, _, _ in runs)
            for runs in (
                painter.row(Header("r", "somebody", 99), rows[0], cursor),
                painter.row(Header("r", "somebody", 99), None, cursor),
                painter.sums("sum", 12_345),
                painter.names(5, cursor is None, "sum"),
            )
        ]
        assert {len(text) for text in texts} == {layout.stub + layout.body + layout.sums}
        if zoom != "dense":
            shown = [cells[column][0] for column in painter.seen if column in cells]
            digits = [brief(count, layout.cell - 2) for count in shown]
            assert all(text in texts[0] for text in digits)

    def test_rows_are_small(self) -> None:
        """A row of 150 cells takes about 9 bytes a cell, not the hundreds of a tuple each."""
        row: GridRow = grid_rows(0, 1, [(0, i, 1, " ") for i in range(150)])[0]
        size = row.columns.itemsize + row.counts.itemsize
        assert size == 8
        assert row.marks.isascii()


def test_bindings_have_ids_and_tooltips() -> None:
    assert all(getattr(binding, "id", "") and getattr(binding, "tooltip", "") for binding in MatrixGrid.BINDINGS)


async def test_a_matrix_that_is_shorter_than_where_the_cursor_stands_is_shown() -> None:
    async with shown(200, 40) as (app, pilot):
        await pilot.press("G", "end")
        rows, columns = headers(200, "person."), headers(40, "web", grouped=True)
        app.matrix = rows[7:8], columns[:3]
        app.grid.show("shorter", *app.matrix, largest=9)
        await pilot.pause()
        assert app.grid.token == "shorter"
        assert place(app) == (0, 2)
