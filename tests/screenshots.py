"""Draws `screenshots/*.svg` and `*.png` from the demo data: `python -m tests.screenshots [FOLDER]`.

The real app over the real core; only the demo's last day and the clock are fixed, so that the same code draws the
same pictures.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
import tempfile
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tests.athena_screenshots import athena_shots
from tests.images import pixels, save_png
from tests.tui.screens.stage import on_stage, press, settled, until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from textual.pilot import Pilot

    from ssmtrail.queries.trail import Trail

END = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 16, 40, tzinfo=UTC)
SMALL, WIDE, HUGE = (80, 24), (120, 36), (200, 50)


@dataclass(frozen=True, slots=True)
class Shot:
    """A picture: its name, the keys that lead to it, its size."""

    name: str
    keys: tuple[str, ...] = ()
    size: tuple[int, int] = WIDE


INTRUDER = ("slash", *"day:2026-11-21 hour:02-09", "enter")

#: The views beside the first, by their keys.
VIEWS = (("2", "matrix"), ("3", "usage"), ("4", "people"), ("5", "instances"), ("6", "tunnels"), ("7", "findings"))

SHOTS = (
    Shot("sessions"),
    Shot("sessions-80x24", size=SMALL),
    Shot("sessions-200x50", ("d",), HUGE),
    Shot("filtered", ("slash", *"kind:tunnel env:prod -person:ci-*", "enter", "d")),
    Shot("calls", ("c",)),
    Shot("session", ("slash", *"end:alive-at", "enter", "enter")),
    Shot("session-80x24", ("slash", *"end:alive-at", "enter", "enter"), SMALL),
    *(Shot(name, (key,)) for key, name in VIEWS),
    *(Shot(f"{name}-80x24", (key,), SMALL) for key, name in VIEWS),
    Shot("matrix-200x50", ("2",), HUGE),
    Shot("person", ("4", "enter")),
    Shot("person-80x24", ("4", "enter"), SMALL),
    Shot("instance", ("5", "enter")),
    Shot("instance-80x24", ("5", "enter"), SMALL),
    Shot("as-of", ("5", "enter", "a")),
    Shot("related", ("greater_than_sign",)),
    Shot("window", ("w",)),
    Shot("help", ("question_mark",)),
    Shot("sql", ("slash", *"kind:tunnel", "enter", "2", "Q")),
)


async def main(folder: Path) -> None:
    """Draw every picture into a folder."""
    folder.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as cache:
        for shot in SHOTS:
            async with drawn_app(Path(cache), shot.size) as (pilot, drawn):
                await press(pilot, *shot.keys)
                _write(folder, shot.name, drawn())
        async for name, picture in athena_shots(END, NOW, WIDE):
            _write(folder, name, _stable(picture))
        _write(folder, "welcome", await _welcome())


def _write(folder: Path, name: str, svg: str) -> None:
    (folder / f"{name}.svg").write_text(svg, encoding="utf-8")
    save_png(pixels(svg, 1200), folder / f"{name}.png")
    print(name, file=sys.stderr)


@asynccontextmanager
async def drawn_app(cache: Path, size: tuple[int, int]) -> AsyncIterator[tuple[Pilot[int], Callable[[], str]]]:
    """The app over the demo when all of it is read, and a function that draws its screen as SVG."""
    from ssmtrail.queries.filters import Filter
    from ssmtrail.queries.model import Scope
    from ssmtrail.queries.times import Window
    from ssmtrail.tui.app import TrailApp
    from ssmtrail.tui.choice import SourceChoice
    from ssmtrail.tui.lazy_trail import LazyTrail
    from ssmtrail.tui.preferences import Preferences

    app = TrailApp(
        lambda _: _door(cache),
        LazyTrail(lambda: _door(cache)),
        SourceChoice("demo", None, END),
        Preferences(Scope(Window(), Filter())),
    )
    await asyncio.to_thread(_read_whole, cache)
    async with on_stage(app, size) as pilot:
        await until(pilot, lambda: re.search(r"\bread \d\d:\d\d", _text(app)) is not None)
        await settled(pilot)
        yield pilot, lambda: _stable(app.export_screenshot(title="ssmtrail"))


async def _welcome() -> str:
    from tests.tui.screens.stage import app_over

    app = app_over(None)
    async with on_stage(app, WIDE):
        return _stable(app.export_screenshot(title="ssmtrail"))


def _door(cache: Path) -> Trail:
    from ssmtrail.queries.inventory import Inventory
    from ssmtrail.queries.sources.demo import prepare
    from ssmtrail.queries.sources.files.source import FilesSource
    from ssmtrail.queries.trail import Trail

    trail = prepare(cache / "demo", END, NOW)
    inventory = Inventory.load(trail.inventory)
    return Trail(FilesSource(trail.folder, "demo"), cache, inventory, now=lambda: NOW)


def _read_whole(cache: Path) -> None:
    """Make and read the demo, so that the app needs no time for it."""
    with _door(cache) as trail:
        trail.refresh()


def _text(app: object) -> str:
    from ssmtrail.tui.app import TrailApp
    from ssmtrail.tui.frame.chrome import ProvenanceLine

    assert isinstance(app, TrailApp)
    return str(app.screen.query_one(ProvenanceLine).render())


def _stable(svg: str) -> str:
    """The picture without the numbers that Rich draws by lot, without fonts from elsewhere."""
    return re.sub(r"@font-face \{.*?\}", "", re.sub(r"terminal-\d+", "terminal", svg), flags=re.DOTALL)


def fix_terminal() -> None:
    """Draw as for one terminal, whatever this one is."""
    os.environ.update(TERM="xterm-256color", COLORTERM="truecolor", TZ="UTC", LC_ALL="C.UTF-8")


if __name__ == "__main__":
    fix_terminal()
    asyncio.run(main(Path(sys.argv[1] if len(sys.argv) > 1 else "screenshots")))
