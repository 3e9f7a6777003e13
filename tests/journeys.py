"""Eight questions of an auditor, each answered by keys from the list of sessions; played in a real terminal."""

from __future__ import annotations

import base64
import csv
import json
import re
import zipfile
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tests.bench.apps import SSMTRAIL, env
from tests.pty_app import running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.pty_app import PtyApp

#: Sizes of the terminal: columns, lines.
SIZES: Final = ((80, 24), (120, 36))
_WINDOW: Final = ("2026-10-25", "2026-11-24")
_DEMO: Final = ("demo", "--demo-end", "2026-11-23", "--from", _WINDOW[0], "--to", _WINDOW[1], "--fresh")
#: The window as the header has it.
_HEADER: Final = "25 Oct - 23 Nov 2026"
#: What a terminal sends for the keys that are no letters.
_BYTES: Final = {"Enter": b"\r", "Tab": b"\t", "ctrl+y": b"\x19", "Esc": b"\x1b[27u"}
#: Seconds that an answer may take on a busy machine.
_PATIENCE: Final = 60.0
_EVERYTHING_READ: Final = re.compile(r"read \d\d:\d\d:\d\d UTC")


@dataclass(frozen=True, slots=True)
class Typed:
    """A text that is typed into a field; it counts as no key."""

    text: str


@dataclass(frozen=True, slots=True)
class Journey:
    """A question, the presses that answer it, and what proves the answer."""

    number: int
    question: str
    limit: int
    """Keys that it should need at most."""
    presses: tuple[str | Typed, ...]
    """Names of keys, and typed texts."""
    shows: tuple[str, ...]
    """Texts on the screen at the end, at every size."""
    proves: Callable[[PtyApp, Path], None] | None = None
    """Looks at what was written into the folder, or copied."""

    @property
    def keys(self) -> int:
        """How many keys it needs."""
        return sum(isinstance(press, str) for press in self.presses)

    @property
    def written(self) -> str:
        """The presses as the documentation has them."""
        return " ".join(press.text if isinstance(press, Typed) else f"`{press}`" for press in self.presses)


def _exported_and_copied(app: PtyApp, folder: Path) -> None:
    (path,) = folder.glob("ssmtrail-sessions-*.csv")
    with path.open(encoding="utf-8") as file:
        statuses = [row["status"] for row in csv.DictReader(file)]
    assert statuses == ["denied"] * 32
    app.wait_for_output(b"\x1b]52;c;" + base64.b64encode(str(path).encode()), _PATIENCE)  # the clipboard
    path.unlink()


def _packed(_: PtyApp, folder: Path) -> None:
    (path,) = folder.glob("ssmtrail-evidence-*.zip")
    with zipfile.ZipFile(path) as pack:
        (name,) = (each for each in pack.namelist() if each.endswith("records.jsonl"))
        records = [json.loads(line) for line in pack.read(name).splitlines()]
    assert all("karin.holm" in json.dumps(record) for record in records)
    assert len(records) > 19, "19 sessions, with their resumes and ends"
    path.unlink()


JOURNEYS: Final = (
    Journey(
        1, "Who was on a machine last Tuesday at 14:00?", 4,
        ("/", Typed("stage-db-4"), "Enter", "t", Typed("17 Nov 14:00"), "Enter"),
        ("stage-db-4", "17 Nov 2026 14:00:00", "max.weber@example.com", "certain"),
    ),
    Journey(
        2, "Which machines did Jane touch in these 30 days, and is any of them prod?", 2,
        (":", Typed("machines person:jane*"), "Enter"), ("58 of 201 machines", "api-16", "prod", "stage"),
    ),
    Journey(
        3, "Who reached the production database?", 2, ("6", "Enter"),
        ("orders.cluster-x.eu-central-1.rds.amazonaws.com:5432", "32 pairs", "max.weber@", "ines.moreau@"),
    ),
    Journey(
        4, "What was denied, as a file whose path is on the clipboard?", 5,
        ("/", Typed("status:denied"), "Enter", "e", "Enter", "ctrl+y"), ("32 of 1,464",),
        _exported_and_copied,
    ),
    Journey(5, "What happened on the busiest day?", 3, ("3", "M", "Enter"), (" 6 Nov 2026 ", "76 sessions")),
    Journey(
        6, "Everything of one person, with the raw records, in a file", 5,
        ("/", Typed("person:karin.holm"), "Enter", "E", "Enter"), ("19 rows of sessions", "sha256 "), _packed,
    ),
    Journey(
        7, "Karin left on 16 November: every session of hers since", 5,
        ("/", Typed("person:karin.holm"), "Enter", "w", "Tab", Typed("2026-11-16"), "Enter"),
        ("since 16 Nov 2026", "4 sessions", "19 Nov 12:17:43", "16 Nov 09:57:58"),
    ),
    Journey(
        8, "What was typed in a session?", 3,
        ("/", Typed("person:oskar* kind:shell"), "Enter", "T"), ("oskar.lind@", "transcript: recorded", "sh-5.2$"),
    ),
)  # fmt: skip


@contextmanager
def opened(home: Path) -> Iterator[PtyApp]:
    """The demo at its list of sessions, with all files read; what it writes goes to `home`."""
    with running((*SSMTRAIL, *_DEMO), *SIZES[0], env(home), str(home)) as app:
        app.wait_for(lambda text: _EVERYTHING_READ.search(text) is not None)
        app.wait_idle()
        yield app


def play_all(app: PtyApp, size: tuple[int, int], folder: Path) -> dict[int, int]:
    """Play every journey in a terminal of that size; the number of keys of each, by its own number."""
    app.resize(*size)
    app.wait_idle()
    return {journey.number: play(app, journey, folder) for journey in JOURNEYS}


def play(app: PtyApp, journey: Journey, folder: Path) -> int:
    """Answer the question from the list of sessions, and go back there; the number of keys that it took."""
    keys = _press(app, *journey.presses)
    for part in journey.shows:
        app.wait_for(part, _PATIENCE)
    assert [part for part in journey.shows if part not in app.text] == []
    if journey.proves is not None:
        journey.proves(app, folder)
    _go_back(app)
    return keys


def _go_back(app: PtyApp) -> None:
    """To the list of all sessions of the window."""
    for _ in range(9):
        if "esc back" in app.screen[-1]:
            _press(app, "Esc")
    _press(app, "1")
    if _HEADER not in app.screen[0]:
        _press(app, "w", "Tab", Typed(_WINDOW[0]), "Tab", Typed(_WINDOW[1]), "Enter")


def _press(app: PtyApp, *presses: str | Typed) -> int:
    """Press and type, each once the app has answered the one before; the number of keys."""
    keys = 0
    for press in presses:
        keys += isinstance(press, str)
        app.write(press.text.encode() if isinstance(press, Typed) else _BYTES.get(press, press.encode()))
        app.wait_idle(0.05)
    return keys
