"""View 9: sessions and other doors on one time line."""

from __future__ import annotations

import threading
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from ssmtrail.queries.filters import Filter
from ssmtrail.queries.model import Scope
from ssmtrail.queries.times import Window
from ssmtrail.tui.views.doors import DoorsPane
from ssmtrail.tui.views.session import CallPane, SessionPane
from tests.queries.test_doors import connect_desktop, execute, forward, open_tunnel, send_command, send_key
from tests.records import opened, start, write_file
from tests.tui.screens.stage import app_over, keys_of, listing, on_stage, pane, press, stack

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from textual.pilot import Pilot

HOSTILE = "\x1b[31m[bold]red[/bold]\nnext"


@asynccontextmanager
async def over_doors(tmp_path: Path, size: tuple[int, int] = (120, 36)) -> AsyncIterator[Pilot[int]]:
    """The app over a trail with a session and other doors, on view 9."""
    records = [
        start("09:00:00", "jane-1", "i-1"),
        send_key("10:00:00", "i-1"),
        open_tunnel("10:00:03"),
        connect_desktop("11:00:00"),
        forward("11:00:00"),
        send_command("12:00:00", {"instanceIds": ["i-1", "i-2"], "comment": HOSTILE}),
        execute("13:00:00", errorCode="TargetNotConnectedException"),
    ]
    write_file(tmp_path / "trail" / "one.json", records)
    with opened(tmp_path / "trail", tmp_path / "store") as trail:
        async with on_stage(app_over(trail, Scope(Window(), Filter())), size) as pilot:
            await press(pilot, "9")
            yield pilot


def ways(pilot: Pilot[int]) -> list[str]:
    """What the column Way says of the first rows."""
    table = pane(pilot, DoorsPane).table
    rows = [table.row_at(number) for number in range(table.total)]
    return [str(row.cells["way"]).strip() for row in rows if row]


async def test_each_visit_is_one_row_the_newest_first(tmp_path: Path) -> None:
    async with over_doors(tmp_path) as pilot:
        assert ways(pilot) == ["ecs-exec", "run-command", "rdp", "instance-connect", "› shell"]
        row = listing(pilot).table.row_at(1)
        assert row is not None
        assert row.cells["machine"] == "2 machines"
        assert "\x1b" not in str(row.cells["detail"])


async def test_enter_opens_the_session_or_the_record(tmp_path: Path) -> None:
    async with over_doors(tmp_path) as pilot:
        await press(pilot, "down", "enter")
        shown = pane(pilot, CallPane)
        assert shown.call is not None
        assert (shown.call.event_name, shown.call.door) == ("SendCommand", "run-command")
        assert '"SendCommand"' in shown.call.record
        await press(pilot, "escape", "down", "enter")
        assert pane(pilot, SessionPane).display
        await press(pilot, "left_square_bracket")
        assert pane(pilot, CallPane).call == shown.call


async def test_filters_of_doors(tmp_path: Path) -> None:
    async with over_doors(tmp_path) as pilot:
        await press(pilot, "right", "f")
        assert stack(pilot).state.filter.text == "door:ecs-exec"
        assert len(keys_of(pilot)) == 1


def test_a_page_counts_other_doors_apart(tmp_path: Path) -> None:
    write_file(tmp_path / "more" / "one.json", [start("09:00:00", "jane-1", "i-1"), send_key("10:00:00", "i-1"),
                                                send_command("12:00:00", {"instanceIds": ["i-1", "i-2"]}),
                                                send_command("12:00:00", {"instanceIds": ["i-2"]})])  # fmt: skip
    with opened(tmp_path / "more", tmp_path / "more-store") as trail:
        page = trail.instance("i-1", Scope(Window(), Filter()), threading.Event())
        assert page["sessions"] == 1
        assert page.doors == (("instance-connect", 1), ("run-command", 1))


async def test_it_fits_a_narrow_terminal(tmp_path: Path) -> None:
    async with over_doors(tmp_path, (80, 24)) as pilot:
        shown = [column.key for column in listing(pilot).table.shown_columns]
        assert {"at", "way", "status", "person", "machine"} <= set(shown)
