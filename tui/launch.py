"""Starting the interactive app, leaving it cleanly."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from queries.filters import Filter
from queries.settings import Settings
from queries.values import Scope
from queries.window import Window
from tui.doors import open_door
from tui.opening import Opening

if TYPE_CHECKING:
    import asyncio
    from pathlib import Path

    from tui.app import TrailApp
    from tui.choice import SourceChoice


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says besides the source."""

    window: Window = field(default_factory=Window)
    filter: Filter = field(default_factory=Filter)
    zone: str | None = None
    """IANA name; None takes the settings'."""
    inventory: Path | None = None


def run(choice: SourceChoice, options: Options | None = None, settings: Settings | None = None) -> int:
    """Run the app until somebody leaves it; the value is the exit code.

    The engine is imported in a thread that starts before the toolkit's import does, and the first frame waits for
    neither the engine nor the source.
    """
    if refusal := terminal_refusal():
        print(f"ssmtrail: {refusal}", file=sys.stderr)  # noqa: T201 - there is no screen to say it on
        return 2
    options, settings = options or Options(), settings or Settings.load()
    opener = partial(open_door, settings=settings, inventory=options.inventory)
    opening = Opening(partial(opener, choice)) if choice.kind else None
    from tui.app import TrailApp  # here, so that the opening's thread runs meanwhile
    from tui.manner import Manner

    scope = Scope(options.window, options.filter, options.zone or settings.zone)
    app = TrailApp(opener, opening, choice, Manner.of(scope, settings, os.environ))
    return _run(app, mouse=settings.mouse)


def terminal_refusal() -> str:
    """Why no screen can be shown here, as a sentence; empty where it can."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return "the screens need a terminal; in a pipe use `ssmtrail query`."
    if os.environ.get("TERM", "dumb") == "dumb":
        return "this terminal (TERM=dumb) cannot show screens; use `ssmtrail query`."
    return ""


def _run(app: TrailApp, *, mouse: bool) -> int:
    app.when_running = partial(_obey_signals, app)
    code = app.run(mouse=mouse)
    for error in app.troubles:
        traceback.print_exception(error)
    return code if isinstance(code, int) else (app.return_code or 0)


def _obey_signals(app: TrailApp, loop: asyncio.AbstractEventLoop) -> None:
    """Let SIGTERM and SIGHUP leave the app as `q` does: the terminal is restored, threads end."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        # A shell that ignores SIGHUP for us (nohup) still takes the terminal away, so it is obeyed all the same.
        loop.add_signal_handler(number, partial(app.leave, 128 + number))
