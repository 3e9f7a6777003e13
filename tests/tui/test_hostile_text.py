"""Hostile text through the whole app: what arrives at a terminal, in a clipboard, in a file."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import duckdb
import pytest

from tests.hostile import ALL, CLICK_ME, HOSTILE, hostile_folder, hostile_inventory, hostile_records
from tests.pty_app import PtyApp, running
from tests.terminal_bytes import copies, faults, text_faults
from widgets.safe_text import safe, safe_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from queries.values import QuestionName

_REPOSITORY: Final = Path(__file__).parent.parent.parent
_MAIN: Final = "import sys; from tui.cli import main; sys.exit(main())"
#: The belt would hide what other places let through; without it each has to do its own part.
_BELTLESS: Final = f"import tui.belt; tui.belt.ControlCharacterBelt.apply = lambda self, segments, _: segments; {_MAIN}"
#: Sessions and refusals of the trail.
_ROWS: Final = 3 * len(ALL)
ESC: Final = b"\x1b"


class Place:
    """A trail of hostile text, somewhere to keep what was read."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = hostile_folder(root)
        self.inventory = hostile_inventory(root / "inventory.json")
        (root / "out").mkdir()
        (root / "config.toml").write_text('[accounts]\n"[bold red]2" = "\\u001b[31m[/x]"\n', encoding="utf-8")
        self.env = {
            "SSMTRAIL_CACHE": str(root / "cache"),
            "SSMTRAIL_STATE": str(root / "state.json"),
            "SSMTRAIL_CONFIG": str(root / "config.toml"),
            "HOME": str(root),
            "TZ": "UTC",
            "PYTHONPATH": str(_REPOSITORY),
        }

    def command(self, code: str = _MAIN) -> tuple[str, ...]:
        return (sys.executable, "-c", code, "logs", str(self.folder), "--inventory", str(self.inventory))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return Place(tmp_path_factory.mktemp("hostile"))


def opened(place: Place, columns: int = 160, rows: int = 45, code: str = _BELTLESS, **env: str) -> Any:
    return running(place.command(code), columns, rows, place.env | env, cwd=str(place.root / "out"))


def look(app: PtyApp, keys: bytes, seen: str | Callable[[str], bool]) -> str:
    """Press keys, wait for what they should bring; the screen."""
    app.write(keys)
    app.wait_for(seen, within=time.perf_counter() - app.started + 10)
    return app.text


def walk(app: PtyApp, key: bytes, times: int) -> None:
    for _ in range(times):
        app.press(key, quiet=0.02)


def click_on(app: PtyApp, word: str) -> int:
    """Click on each place where a word is seen; how many there were."""
    app.settle(0.1)
    places = [(y, match.start()) for y, line in enumerate(app.screen) for match in re.finditer(word, line)]
    for y, x in places:
        at = f"{x + 2};{y + 1}"
        app.write(f"\x1b[<0;{at}M\x1b[<0;{at}m".encode())
    app.settle(0.1)
    return len(places)


def leave(app: PtyApp) -> bytes:
    """Leave the app as a user does; all that it ever wrote, with nothing in it that a terminal should not get."""
    app.write(b"\x1b\x03")
    assert app.wait_closed() == 0
    sent = bytes(app.output)
    assert faults(sent) == []
    return sent


def pasted(text: str) -> bytes:
    """A paste; terminals leave ESC out, with which a text could end it and press keys."""
    return b"\x1b[200~" + text.replace("\x1b", "").encode("utf-8", "replace") + b"\x1b[201~"


def listed(text: str) -> bool:
    return f"20 Nov 10:{len(ALL) - 1:02}:00" in text


class TestScreens:
    """Without the belt."""

    def test_lists_and_panels(self, place: Place) -> None:
        with opened(place) as app:
            app.wait_for(listed, within=20)
            for _ in range(2):  # sessions, then calls
                walk(app, b"\x1b[6~", 3)  # page down
                app.press(b"g")
                app.press(b"d")
                walk(app, b"j", 8)  # over the heaps
                app.press(b"d")
                assert r"\x1b]52;c;" in app.text
                look(app, b"c", "Outcome")
                app.settle(0.1)
            leave(app)

    def test_a_page_with_its_records(self, place: Place) -> None:
        with opened(place) as app:
            app.wait_for(listed, within=20)
            for heap in range(6):
                look(app, b"\r", "record of the call")
                look(app, b"\r\x1b[6~", '"requestParameters"')
                app.press(b"G")
                look(app, ESC, "StartSession")
                look(app, ESC, listed)
                app.press(b"j")
            leave(app)

    def test_a_lone_call(self, place: Place) -> None:
        with opened(place) as app:
            app.wait_for(listed, within=20)
            look(app, b"c", "Outcome")
            app.settle(0.1)
            app.press(b"G")
            look(app, b"\r", "belongs to no session")
            look(app, b"G", "userAgent")
            leave(app)

    def test_the_unreadable_and_the_palette(self, place: Place) -> None:
        with opened(place, code=_MAIN) as app:  # the toolkit's own palette has nothing but the belt
            app.wait_for(listed, within=20)
            assert r"=1\x1b[2J \x1b]52;c;b3duZWQ=\x07" in look(app, b"u", "corrupt gzip")
            look(app, ESC, listed)
            for text in ("action markup", "closing markup", "style markup", "C1"):
                look(app, b"\x10", "Search for commands")
                app.press(pasted(HOSTILE[text]))
                app.press(ESC)
            look(app, b"?", "Leave ssmtrail")
            leave(app)

    def test_ascii_in_sixteen_colours(self, place: Place) -> None:
        with opened(place, 80, 24, TERM="xterm", COLORTERM="", LC_ALL="C", LANG="C") as app:
            app.wait_for("Person", within=60)
            walk(app, b"\x1b[6~", 3)
            app.press(b"gd")
            walk(app, b"j", 8)
            look(app, b"\r", "StartSession")
            walk(app, b"\r\x1b[6~", 2)
            leave(app)


class TestTyped:
    """What is typed, pasted, narrowed to."""

    def test_a_filter_that_is_pasted(self, place: Place) -> None:
        with opened(place) as app:
            app.wait_for(listed, within=20)
            for name in ("title", "C1", "lines", "bidi", "tags", "action markup", "closing markup", "piled marks"):
                app.press(b"/")
                app.press(pasted(HOSTILE[name]))
                app.press(b"\x7f\x7f")
                app.press(b"\x15" + pasted(f"key:{HOSTILE[name]} (\x1b]0;x\x07") + b"\r")
                app.press(ESC)
                app.press(ESC)
            leave(app)

    def test_a_hostile_value_is_kept_and_excluded(self, place: Place) -> None:
        with opened(place) as app:
            app.wait_for(listed, within=20)
            app.press(b"lll")
            for _ in range(3):
                look(app, b"f", "1 of ")
                look(app, ESC, listed)
                app.press(b"j")
            look(app, b"F", f"of {_ROWS}")
            leave(app)

    def test_a_window_that_is_none(self, place: Place) -> None:
        with opened(place) as app:
            app.wait_for(listed, within=20)
            look(app, b"w", "the last 24 hours")
            app.press(b"\t" + pasted("\x9b31m\u202e\x1b]0;x\x07[/x]"))
            assert r"\u202e" in look(app, b"\r", "is no time")
            leave(app)


class TestClicks:
    """Text of a log is never a link."""

    def test_no_click_leaves(self, place: Place) -> None:
        with opened(place) as app:
            app.wait_for(listed, within=20)
            assert click_on(app, CLICK_ME)  # the header
            look(app, b"d", "started ")
            app.press(b"/" + pasted("clickme") + b"\r")
            app.press(b"G")
            assert click_on(app, CLICK_ME) > 3
            app.press(b"d")
            look(app, b"\r", "record of the call")
            assert click_on(app, CLICK_ME) > 3
            look(app, b"u", "corrupt gzip")
            assert click_on(app, CLICK_ME)
            leave(app)


class TestCopies:
    """One sequence a copy, with what is expected in it."""

    def test_copies_are_harmless(self, place: Place) -> None:
        with opened(place) as app:
            app.wait_for(listed, within=20)
            app.press(b"ll")  # the person
            walk(app, b"y", 1)
            for _ in range(9):
                app.press(b"j", quiet=0.02)
                look(app, b"y", "copied")
            assert app.press(b"Y").data
            look(app, b"\r", "record of the call")
            app.press(b"Y")
            *people, row, record = copies(leave(app))
        names = [text.replace("/", "|") + f"{number:02}" for number, text in reversed(list(enumerate(ALL)))]
        assert people == [
            safe(name.encode("utf-16", "surrogatepass").decode("utf-16", "replace")) for name in names[:10]
        ]
        assert [fault for part in row.split("\t") for fault in text_faults(part)] == []
        assert [fault for line in record.split("\n") for fault in text_faults(line)] == []
        assert json.loads(record)["eventName"] == "StartSession"


class TestExports:
    """The file's name is the user's own, its content is not."""

    @pytest.mark.parametrize("ending", ["csv", "json", "jsonl", "parquet", "txt"])
    def test_a_file_of_a_hostile_name(self, place: Place, ending: str) -> None:
        name = f"\u202eout [@click=app.quit]x[ \x9b31m.{ending}"
        with opened(place) as app:
            app.wait_for(listed, within=20)
            look(app, b"e", "Export")
            app.press(b"\x15" + pasted(name))
            look(app, b"\r", f"wrote {_ROWS} rows")
            leave(app)
        assert [path.name for path in (place.root / "out").iterdir()] == [name]
        (place.root / "out" / name).unlink()
