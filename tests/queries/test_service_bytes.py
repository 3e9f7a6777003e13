"""The same question has the same bytes: with an empty or a full store, in one pane or in two."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest

from ssmtrail.queries.times import Window
from ssmtrail.tui.cli.main import run
from tests.queries.test_windows_and_stores import FIRST, story
from tests.records import write_file
from tests.thorough import times

WINDOW = ("--from", "2026-11-06", "--to", "2026-11-08T07:00:00Z")
QUESTIONS = (("sessions", "json"), ("calls", "jsonl"), ("pairs", "csv"), ("usage", "table"))
MAIN = "import sys; from ssmtrail.tui.cli.main import run; sys.exit(run(sys.argv[1:]))"


@pytest.fixture(params=range(3, 3 + times(1, 6)))
def trail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Path:
    """A fortnight of joins that reach far, a file a day; state and configuration of nobody."""
    for name in ("CONFIG", "STATE"):
        monkeypatch.setenv(f"SSMTRAIL_{name}", str(tmp_path / name.lower()))
    (tmp_path / "config").write_bytes(b"")
    for day in range(1, 15):
        records = [record for record in story(request.param) if record["eventTime"].startswith(f"2026-11-{day:02}")]
        write_file(tmp_path / "trail" / f"2026/11/{day:02}/a.json", records)
    return tmp_path / "trail"


def words(question: str, form: str, folder: Path) -> list[str]:
    return ["query", question, "--logs", str(folder), *WINDOW, "--format", form]


@pytest.mark.parametrize(("question", "form"), QUESTIONS)
def test_an_answer_is_the_same_whatever_is_kept(
    trail: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes],
    question: str, form: str,
) -> None:  # fmt: skip
    def answered(store: str) -> bytes:
        monkeypatch.setenv("SSMTRAIL_CACHE", str(tmp_path / store))
        assert run(words(question, form, trail)) == 0
        return capfdbinary.readouterr()[0]

    def without_outside(answer: bytes) -> bytes:
        """The answer without the field that says what is in the data beyond the look-around."""
        return re.sub(rb'"outside": ("[^"]*"|null)', b'"outside": null', answer)

    full = answered("store")
    assert full.count(b"\n") > 1 or form == "json"
    assert answered("store") == full  # from what is kept
    assert answered("other") == full  # from an empty store
    # What lies beyond the window and its look-around is not even there.
    window = Window.parse(WINDOW[1], WINDOW[3], FIRST).look_around()
    for path in trail.rglob("a.json"):
        day = datetime.fromisoformat("-".join(path.parts[-4:-1]) + "T12:00:00+00:00")
        if not (window.contains(day) or window.contains(day.replace(hour=0))):
            path.unlink()
    assert without_outside(answered("store")) == without_outside(full)
    assert without_outside(answered("third")) == without_outside(full)


def test_two_panes_at_once_say_the_same(trail: Path, tmp_path: Path) -> None:
    def pane(store: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-c", MAIN, *words("sessions", "json", trail)],
            cwd=Path(__file__).parents[2],
            env=os.environ | {"SSMTRAIL_CACHE": str(tmp_path / store)},
            stdout=subprocess.PIPE,
        )

    panes = [pane("store"), pane("store"), pane("alone")]
    said = [each.communicate()[0] for each in panes]
    assert [each.returncode for each in panes] == [0, 0, 0]
    assert said[0] == said[1] == said[2]
    assert len(said[0]) > 1_000
