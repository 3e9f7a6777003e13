"""Random keys in a real terminal, quicker than the app can answer them: it stays alive and obeys them in order."""

from __future__ import annotations

import re
import string
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Final

import pytest

from tests.pty_app import TooSlowError, running
from tests.thorough import times

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.pty_app import PtyApp

ROOT: Final = Path(__file__).parents[2]
DEMO_END: Final = ("--demo-end", "2026-11-23")
#: Escape as the keyboard protocol spells it that the app asks for; the lone byte could begin something else.
ESCAPE: Final = b"\x1b[27u"
ENTER: Final = b"\r"
CHANGE_VIEW: Final = (*(digit.encode() for digit in "123456"), ESCAPE, ENTER)
ARROWS: Final = tuple(b"\x1b[" + end for end in (b"A", b"B", b"C", b"D", b"H", b"F", b"5~", b"6~"))
PALETTE: Final = b"\x10h" + ESCAPE
#: Everything but the keys that quit or suspend; what the palette offers may quit too, so it is closed again.
ALL_KEYS: Final = (
    *CHANGE_VIEW,
    *(char.encode() for char in string.ascii_letters + string.punctuation if char != "q"),
    *ARROWS,
    *(b"\t", b"\x1b[Z", b" "),
    *(bytes([code]) for code in (1, 2, 4, 5, 6, 11, 12, 14, 18, 20, 21, 23)),  # Ctrl and a letter
    b"\x7f",
    b"\x1b[3~",
    *(f"\x1b[{number}~".encode() for number in (15, 17, 18, 19)),  # F5 to F8
    PALETTE,
)
#: Keys whose result does not depend on how long ago something else happened.
LASTING_KEYS: Final = (*CHANGE_VIEW, *(char.encode() for char in "jklhsdcGgtb[]"), *ARROWS)
SEEDS: Final = times(10, 60)
SECONDS: Final = 4.0
LONGEST_GAPS: Final = (0.15, 0.15, 0.06, 0.15, 0.02)
#: Storms at the same time, so that the keys are quicker than the app.
AT_ONCE: Final = 5
#: Seconds within which what was pressed is obeyed, also on a busy machine.
PATIENCE: Final = 120.0
_SEQUENCES: Final = re.compile(rb"\x1b(?:\[[0-9;?<>=]*[a-zA-Z]|\][^\x07]*\x07)")


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's trail, already read."""
    home = tmp_path_factory.mktemp("demo")
    command = (sys.executable, "-m", "ssmtrail", "query", "sessions", "--demo", *DEMO_END)
    subprocess.run(command, env=_environment(home, home / "cache"), stdout=subprocess.DEVNULL, check=True)
    return home / "cache"


def _environment(home: Path, cache: Path) -> dict[str, str]:
    return {
        "HOME": str(home),
        "PYTHONPATH": str(ROOT),
        "SSMTRAIL_CACHE": str(cache),
        "SSMTRAIL_STATE": str(home / "state"),
        "TZ": "UTC",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


@contextmanager
def opened(home: Path, cache: Path) -> Iterator[PtyApp]:
    """The demo at its first output, in a folder of its own: some keys export files or remember a theme."""
    home.mkdir()
    command = (sys.executable, "-m", "ssmtrail", "demo", *DEMO_END)
    with running(command, 140, 40, _environment(home, cache), str(home)) as app:
        app.wait_for_output(b"\x1b[?1049h", within=PATIENCE)
        yield app


def storm(seed: int, home: Path, cache: Path) -> None:
    """Press random keys for some seconds, then leave; raises AssertionError if the app did not live that long."""
    chance = Random(seed)
    longest = LONGEST_GAPS[seed % len(LONGEST_GAPS)]
    pressed: list[bytes] = []
    with opened(home, cache) as app:
        begun = time.monotonic()
        while (passed := time.monotonic() - begun) < SECONDS:
            pressed.append(chance.choice(CHANGE_VIEW if passed < SECONDS / 4 else ALL_KEYS))
            app.write(pressed[-1])
            app.listen(chance.uniform(0.005, longest))
            assert app.process.poll() is None, f"seed {seed}, keys {pressed}: {_printed_at_the_end(app)}"
        app.write(4 * ESCAPE + b"q")  # the first ones close a completion, an input, dialogs
        try:
            code = app.wait_closed(within=PATIENCE)
        except TooSlowError as error:
            raise AssertionError(f"seed {seed}, keys {pressed}") from error
        assert (code, _printed_at_the_end(app)) == (0, ""), f"seed {seed}, keys {pressed}"


def _printed_at_the_end(app: PtyApp) -> str:
    """What the program wrote to the terminal after it had left the alternate screen."""
    app.listen(0.1)
    _, _, rest = bytes(app.output).rpartition(b"\x1b[?1049l")
    return _SEQUENCES.sub(b"", rest).decode().strip()


@pytest.mark.parametrize("first", range(0, SEEDS, AT_ONCE))
def test_random_keys_never_end_the_app(cache: Path, tmp_path: Path, first: int) -> None:
    with ThreadPoolExecutor(AT_ONCE) as threads:
        storms = [threads.submit(storm, seed, tmp_path / str(seed), cache) for seed in range(first, first + AT_ONCE)]
    for one in storms:
        one.result()


@pytest.mark.parametrize("seed", range(times(0, 30)))
def test_keys_in_one_write_do_what_they_do_one_by_one(cache: Path, tmp_path: Path, seed: int) -> None:
    keys = Random(seed).choices(LASTING_KEYS, k=25)
    with opened(tmp_path / "one write", cache) as app:
        app.write(b"".join(keys))
        at_once = final_screen(app)
    with opened(tmp_path / "one by one", cache) as app:
        for key in keys:
            app.write(key)
            app.listen(0.2)
        assert final_screen(app) == at_once, keys


def final_screen(app: PtyApp) -> list[str]:
    """The screen once the app is idle, without the line that says when the trail was read, and the keys."""
    app.wait_idle(1.0, within=PATIENCE)
    return app.screen[:-2]
