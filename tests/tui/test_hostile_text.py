"""Hostile text through the whole app: what arrives at a terminal, in a clipboard, in a file."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

import duckdb
import pytest

from ssmtrail.tui.cli.main import run
from ssmtrail.widgets.text import safe
from tests.hostile import ALL, CLICK_ME, HEAPS, HOSTILE, hostile_folder, hostile_inventory, hostile_records
from tests.pty_app import PtyApp, running
from tests.terminal_bytes import copies, faults, text_faults

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_REPOSITORY: Final = Path(__file__).parent.parent.parent
_MAIN: Final = "import sys; from ssmtrail.tui.cli.main import main; sys.exit(main())"
#: The belt would hide what other places let through; without it each has to do its own part.
_BELTLESS: Final = (
    "from ssmtrail.tui.terminal.control_characters import ControlCharacterFilter as Belt; "
    f"Belt.apply = lambda self, segments, _: segments; {_MAIN}"
)
#: Sessions and refusals of the trail, and the refused end in `raw.json`.
_ROWS: Final = 3 * len(ALL) + 1
#: Where a link is written out, or would be.
_LINKS: Final = f"{CLICK_ME}|@click=|link=http"
#: Escape as the keyboard protocol spells it that the app asks for: the lone byte could begin something else.
ESC: Final = b"\x1b[27u"


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
        return (sys.executable, "-c", code, "logs", str(self.folder), "--inventory", str(self.inventory), "--fresh")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return Place(tmp_path_factory.mktemp("hostile"))


@contextmanager
def opened(place: Place, columns: int = 140, rows: int = 36, code: str = _BELTLESS, **env: str) -> Iterator[PtyApp]:
    """The app over the trail; what breaks a test because a terminal obeyed it is told before the rest."""
    with running(place.command(code), columns, rows, place.env | env, cwd=str(place.root / "out")) as app:
        try:
            yield app
        except Exception as error:
            sent = bytes(app.output)
            found = faults(sent[: sent.rfind(b"\x1b")])
            if found:
                raise AssertionError(f"the terminal got {found[:5]}") from error
            raise


def look(app: PtyApp, keys: bytes, seen: str | Callable[[str], bool]) -> str:
    """Press keys, wait for what they should bring; the screen."""
    app.write(keys)
    app.wait_for(seen, within=10)
    return app.text


def press_until(app: PtyApp, key: bytes, seen: Callable[[str], bool]) -> None:
    """Press a key until it is heard: a page that is just being drawn may have nothing yet to do with it."""
    for _ in range(20):
        press(app, key)
        if seen(app.text):
            return
    raise AssertionError(app.text)


def walk(app: PtyApp, key: bytes, times: int) -> None:
    for _ in range(times):
        press(app, key)


def click_on_links(app: PtyApp, lines: slice, least: int = 1) -> None:
    """Wait until at least so many links are written out in these lines, or would be, and click on each."""

    def places() -> list[tuple[int, int]]:
        numbers = range(len(app.screen))[lines]
        return [(y, match.start()) for y in numbers for match in re.finditer(_LINKS, app.screen[y])]

    app.wait_for(lambda _: len(places()) >= least, within=10)
    for y, x in places():
        at = f"{x + 2};{y + 1}"
        app.write(f"\x1b[<0;{at}M\x1b[<0;{at}m".encode())
    app.settle(0.1)


def press(app: PtyApp, keys: bytes) -> None:
    """Press keys, and wait until the app sleeps again; some have nothing to do where they are pressed."""
    app.write(keys)
    app.wait_idle(0.06)


def without(seen: str) -> Callable[[str], bool]:
    return lambda text: seen not in text


def leave(app: PtyApp) -> bytes:
    """Leave the app as a user does; all that it ever wrote, with nothing in it that a terminal should not get."""
    app.write(b"\x03")
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
                press(app, b"g")
                press(app, b"d")
                walk(app, b"j", 5)  # over the heaps
                press(app, b"d")
                assert r"\x1b" in app.text
                look(app, b"c", "Outcome")
                app.settle(0.1)
            leave(app)

    def test_a_page_with_its_records(self, place: Place) -> None:
        with opened(place) as app:
            app.wait_for(listed, within=20)
            for _ in HEAPS:
                assert r"in \x1b]0;owned" in look(app, b"\r", "record of the call")
                press_until(app, b"\r", without("enter open"))
                press(app, b"\x1b[6~")
                press_until(app, b"G", lambda text: "recipientAccountId" in text)
                press_until(app, ESC, listed)
                press(app, b"j")
            leave(app)

    def test_a_lone_call(self, place: Place) -> None:
        with opened(place) as app:
            app.wait_for(listed, within=20)
            look(app, b"c", "Outcome")
            app.settle(0.1)
            look(app, b"G", "20 Nov 07:00:00")
            look(app, b"\r", "belongs to no session")
            look(app, b"G", "userAgent")
            leave(app)

    def test_the_unreadable_and_the_palette(self, place: Place) -> None:
        with opened(place, code=_MAIN) as app:  # the toolkit's own palette has nothing but the belt
            app.wait_for(listed, within=20)
            assert r"=1\x1b[2J \x1b]52;c;b3duZWQ=\x07" in look(app, b"U", "corrupt gzip")
            look(app, ESC, without("corrupt gzip"))
            for text in ("action markup", "closing markup", "C1"):
                look(app, b"\x10", "Search for commands")
                look(app, pasted(HOSTILE[text]), "No matches")
                look(app, ESC, without("No matches"))
            look(app, b"?", "Type a filter")
            leave(app)

    def test_ascii_in_sixteen_colours(self, place: Place) -> None:
        with opened(place, 80, 24, TERM="xterm", COLORTERM="", LC_ALL="C", LANG="C") as app:
            app.wait_for("Person", within=60)
            walk(app, b"\x1b[6~", 3)
            press(app, b"gd")
            walk(app, b"j", 5)
            look(app, b"\r", "StartSession")
            walk(app, b"\r\x1b[6~", 2)
            leave(app)


class TestTyped:
    """What is typed, pasted, narrowed to."""

    def test_a_filter_that_is_pasted(self, place: Place) -> None:
        with opened(place) as app:
            app.wait_for(listed, within=20)
            for name in ("C1", "lines", "bidi", "closing markup", "piled marks"):
                press(app, b"/")
                press(app, pasted(HOSTILE[name]))
                press(app, b"\x7f\x7f")
                press(app, b"\x15")
                press(app, pasted(f"key:{HOSTILE[name]} (]0;x\x07"))
                press(app, b"\r")
                press(app, ESC)
                press(app, ESC)
            leave(app)

    def test_a_hostile_value_is_kept_and_excluded(self, place: Place) -> None:
        with opened(place) as app:
            app.wait_for(listed, within=20)
            press(app, b"lll")
            for _ in range(3):
                look(app, b"f", "1 of ")
                look(app, ESC, listed)
                press(app, b"j")
            look(app, b"F", f"of {_ROWS}")
            leave(app)

    def test_a_window_that_is_none(self, place: Place) -> None:
        with opened(place) as app:
            app.wait_for(listed, within=20)
            look(app, b"w", "the last 24 hours")
            app.press(b"\t")
            press_until(app, pasted("\x9b31m\u202e\x1b]0;x\x07[/x]"), lambda text: "?31m?" in text)
            assert r"\u202e" in look(app, b"\r", "is no time")
            leave(app)


class TestClicks:
    """Text of a log is never a link."""

    def test_no_click_leaves(self, place: Place) -> None:
        with opened(place) as app:
            app.wait_for(listed, within=20)
            look(app, b"/", "Up earlier filters")
            look(app, b"clickme", f"of {_ROWS}")
            look(app, b"\r", without("10:43:00"))
            click_on_links(app, slice(3, None), 4)
            if "record of the call" not in app.text:  # a click on the cell under the cursor opens its row
                look(app, b"\r", "record of the call")
            click_on_links(app, slice(3, None), 4)
            look(app, b"U", "corrupt gzip")
            click_on_links(app, slice(3, None))
            click_on_links(app, slice(1))
            leave(app)


class TestCopies:
    """One sequence a copy, with what is expected in it."""

    def test_copies_are_harmless(self, place: Place) -> None:
        with opened(place) as app:
            app.wait_for(listed, within=20)
            press(app, b"ll")  # the person
            walk(app, b"y", 1)
            for _ in range(9):
                press(app, b"j")
                look(app, b"y", "copied")
            press(app, b"Y")
            look(app, b"\r", "record of the call")
            press(app, b"Y")
            *people, row, record = copies(leave(app))
        names = [text.replace("/", "|") + f"{number:02}" for number, text in reversed(list(enumerate(ALL)))]
        assert people == [safe(mended(name) or "") for name in names[:10]]
        assert [fault for part in row.split("\t") for fault in text_faults(part)] == []
        assert [fault for line in record.split("\n") for fault in text_faults(line)] == []
        assert json.loads(record)["eventName"] == "StartSession"


class TestExports:
    """The file's name is the user's own, its content is not."""

    def test_files_of_a_hostile_name(self, place: Place) -> None:
        words = f"wrote {_ROWS} rows (ctrl+y copies the path) to "
        names = [f"\u202eout [@click=app.quit]x[ \x9b31m.{ending}" for ending in ("csv", "jsonl", "parquet", "txt")]
        for name in names:  # of a try before this one: the app asks before it replaces a file
            (place.root / "out" / name).unlink(missing_ok=True)
        with opened(place) as app:
            app.wait_for(listed, within=20)
            for name in names:
                look(app, b"e", "columns shown")
                look(app, b"\x15", without("ssmtrail-sessions"))
                look(app, pasted(name), name.replace("\u202e", "?").replace("\x9b", "?"))
                look(app, b"\r", lambda text, name=name: f"{words}{safe(name)}" in text)  # type: ignore[misc]
            leave(app)
        assert sorted(path.name for path in (place.root / "out").iterdir()) == sorted(names)
        written = (place.root / "out" / names[0]).read_text(encoding="utf-8")
        assert cell_faults(written) == []


#: What somebody has broken: a worker dies when a session is opened, the app when its panel is shown.
_BREAKING: Final = """
import tests.hostile, ssmtrail.queries.trail, ssmtrail.tui.views.sessions
def die(*_):
    secret = tests.hostile.HEAPS
    raise RuntimeError(*tests.hostile.HOSTILE.values())
ssmtrail.queries.trail.Trail.session = die
ssmtrail.tui.views.sessions.SessionsPane.action_panel = die
"""


class TestDefects:
    """What nobody expects is told without doing what a log says."""

    @pytest.mark.parametrize(("key", "code"), [(b"\r", 0), (b"d", 1)], ids=["of a worker", "of the app"])
    def test_a_traceback_is_harmless(self, place: Place, key: bytes, code: int) -> None:
        with opened(place, code=_BREAKING + _MAIN) as app:
            app.wait_for(listed, within=20)
            if not code:
                look(app, key, "This should not happen")
            app.write(b"\x03" if not code else key)
            assert app.wait_closed() == code
            sent = bytes(app.output)
        screens, _, afterwards = sent.rpartition(b"\x1b[?1049l")
        assert faults(screens) == []
        assert b"RuntimeError: " in afterwards  # once, or again where the page asked again
        assert afterwards.count(b"Traceback") == afterwards.count(b"RuntimeError: ")
        assert [fault for line in afterwards.split(b"\r\n") for fault in faults(line)] == []

    def test_a_traceback_of_a_query_is_harmless(self, place: Place) -> None:
        broken = (
            "import tests.hostile, ssmtrail.tui.cli.query\n"
            "def die(*_): raise RuntimeError(*tests.hostile.HOSTILE.values())\n"
        )
        code = broken + "ssmtrail.tui.cli.query._answered = die\n" + _MAIN
        words = ("query", "calls", "--logs", str(place.folder))
        done = subprocess.run((sys.executable, "-c", code, *words), env=os.environ | place.env, capture_output=True,
                              check=False)  # fmt: skip
        assert done.returncode == 3
        assert b"RuntimeError: " in done.stderr
        assert line_faults(done.stderr.decode()) == []


def line_faults(text: str) -> list[str]:
    return [fault for line in text.split("\n") for fault in text_faults(line)]


def cell_faults(text: str) -> list[str]:
    """What in a CSV is not for people, or would be run by a spreadsheet."""
    csv.field_size_limit(1 << 24)
    cells = [cell for row in csv.reader(io.StringIO(text, newline="")) for cell in row]
    assert len(cells) > _ROWS
    formulas = [cell for cell in cells if cell.lstrip().startswith(tuple("=+-@\uff1d\uff0b\uff0d\uff20"))]
    return formulas + [fault for cell in cells for fault in text_faults(cell)]


Asked: TypeAlias = "Callable[..., tuple[int, bytes, str]]"


@pytest.fixture
def asked(place: Place, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Asked:
    """A question without a screen."""
    for name, value in place.env.items():
        monkeypatch.setenv(name, value)

    def ask(*words: str) -> tuple[int, bytes, str]:
        try:
            code = run(list(words))
        except SystemExit as exit_:
            code = int(str(exit_.code))
        out, err = capfdbinary.readouterr()
        assert line_faults(err.decode()) == []
        return code, out, err.decode()

    return ask


class TestQueries:
    """Without a screen: made safe for people, exact for programs."""

    def words(self, place: Place, question: str, form: str) -> Sequence[str]:
        return ("query", question, "--logs", str(place.folder), "--inventory", str(place.inventory), "--format", form)

    @pytest.mark.parametrize("question", ["sessions", "calls", "pairs"])
    def test_a_table_is_safe(self, place: Place, asked: Asked, question: str) -> None:
        code, out, err = asked(*self.words(place, question, "table"))
        assert code == 4
        assert r"unreadable: =1\x1b[2J" in err
        assert line_faults(out.decode()) == []
        assert len(out) < 10_000_000

    @pytest.mark.parametrize("question", ["sessions", "calls", "pairs"])
    def test_a_csv_is_safe(self, place: Place, asked: Asked, question: str) -> None:
        _, out, _ = asked(*self.words(place, question, "csv"))
        assert cell_faults(out.decode()) == []

    @pytest.mark.parametrize("form", ["json", "jsonl", "parquet"])
    def test_data_is_exact(self, place: Place, asked: Asked, tmp_path: Path, form: str) -> None:
        path = tmp_path / f"calls.{form}"
        asked(*self.words(place, "calls", form), "--output", str(path))
        if form != "parquet":
            text = path.read_text(encoding="utf-8")
            assert all(line.isprintable() for line in text.split("\n"))
            rows = json.loads(text) if form == "json" else [json.loads(line) for line in text.splitlines()]
        else:
            with duckdb.connect() as connection:
                found = connection.execute("SELECT * EXCLUDE event_time FROM read_parquet(?)", [str(path)])
                names = [column[0] for column in found.description or ()]
                rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
        told = {row["event_id"]: row for row in rows}
        sessions = [record for record in hostile_records() if record["eventName"].endswith("Session")]
        assert len(sessions) == 5 * len(ALL)  # the others are visits, which another question has
        for record in sessions:
            row = told[mended(record["eventID"])]
            assert [row[column] for column in _TOLD] == [mended(record[name]) for name in _TOLD.values()]
            assert row["error_message"] == mended(record.get("errorMessage"))

    @pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
    def test_mistakes_are_told_harmlessly(self, asked: Asked, text: str) -> None:
        # A process gets its words as bytes without NUL.
        word = os.fsdecode(text.replace("\0", "").encode("utf-8", "replace"))
        for words in (
            ("query", "calls", "--logs", f"/nowhere/{word}"),
            ("query", "calls", "--demo", "--where", f"key:{word} ("),
            ("query", "calls", "--demo", "--from", f"x{word}"),
            ("query", "calls", "--demo", "--tz", f"x{word}"),
            ("query", f"x{word}"),
            (f"x{word}",),
            ("query", "calls", "--demo", f"x{word}"),
            ("query", "calls", "--demo", f"--sort=x{word}"),
        ):
            code, out, err = asked(*words)
            assert (code in (2, 3), out) == (True, b""), err


#: Column to the record's name for it.
_TOLD: Final = {
    "event_id": "eventID",
    "event_name": "eventName",
    "user_agent": "userAgent",
    "source_ip": "sourceIPAddress",
    "region": "awsRegion",
    "account": "recipientAccountId",
}


def mended(text: str | None) -> str | None:
    """As the reader keeps it: no UTF-8 can carry a lone surrogate."""
    return text and text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
