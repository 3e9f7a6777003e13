"""Starting the interactive app, leaving it cleanly."""

from __future__ import annotations

import gc
import os
import select
import signal
import sys
import warnings
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ssmtrail.queries.config import State, cache_root, state_path
from ssmtrail.queries.errors import SourceError, StoreError, UsageError
from ssmtrail.queries.model import Scope
from ssmtrail.queries.times import Window
from ssmtrail.tui.choice import SourceChoice
from ssmtrail.tui.cli.console import print_traceback
from ssmtrail.tui.lazy_trail import LazyTrail
from ssmtrail.tui.open_trail import early_page, load_engine, open_trail, prove
from ssmtrail.tui.saved_views import ViewFiles
from ssmtrail.tui.source_words import choice_of, same_source, words_of
from ssmtrail.tui.terminal import early
from ssmtrail.tui.terminal.escape_delay import set_escape_delay
from ssmtrail.widgets.text import safe

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Mapping

    from ssmtrail.queries.config import Settings
    from ssmtrail.queries.trail import Trail
    from ssmtrail.tui.app import TrailApp
    from ssmtrail.tui.choice import LaunchOptions
    from ssmtrail.tui.saved_views import SavedView


def run(choice: SourceChoice, options: LaunchOptions) -> int:
    """Run the app until the user leaves; returns the exit code.

    Raises SourceError, before there is a screen, also for a folder that is not there; nothing is remembered then.
    """
    if refusal := terminal_refusal():
        print(f"ssmtrail: {refusal}", file=sys.stderr)  # noqa: T201 - there is no screen to say it on
        return 2
    gc.disable()  # until the first frame: what is made by then stays
    settings = options.settings
    if not choice.kind:
        choice = last_choice(State.load(), settings)
        prove(choice)
    refuse_missing(choice)
    files = ViewFiles(configured=settings.view)
    left = None if options.view else left_view(files, choice, options)
    options = replace(options, view=options.view or left)
    opening = opening_of(choice, options) if choice.kind else None
    set_escape_delay()
    from ssmtrail.tui.app import TrailApp  # not for a refusal: Textual is most of the start
    from ssmtrail.tui.preferences import Preferences

    scope = Scope(options.window or Window(), options.filter, settings.zone)
    opener = partial(_open_and_remember, settings=settings)
    shown = replace(settings, accounts=known_accounts(settings))
    preferences = replace(
        Preferences.of(scope, shown, os.environ, last_theme()),
        remember_theme=remember_theme, begin=options.view, greeting=_AS_LEFT if left else "", views=files,
        choice_of=partial(choice_of_view, settings=settings), follow=options.follow,
    )  # fmt: skip
    return _run(TrailApp(opener, opening, choice, preferences), mouse=settings.mouse)


#: What is said where the view that was left last is taken up.
_AS_LEFT: Final = "as you left it  (--fresh begins with all sessions)"


def left_view(files: ViewFiles, choice: SourceChoice, options: LaunchOptions) -> SavedView | None:
    """The view of this source that was left last; None where the command line says what to begin with."""
    if options.fresh or options.window is not None or options.filter.text or not choice.kind:
        return None
    view, zone = files.left_view(), options.settings.zone
    if view is None or not same_source(view.source, words_of(choice)) or view.is_plain(zone):
        return None
    try:
        _ = view.scope(datetime.now(UTC), zone)
    except UsageError:  # an older or a newer version wrote it
        return None
    return view


def known_accounts(settings: Settings) -> Mapping[str, str]:
    """Names by account id: those of the configuration, then those that an organisation gave."""
    folder = cache_root() / "names"
    if not folder.exists():
        return settings.accounts
    from ssmtrail.queries.sources.history.names import KeptNames

    return {**KeptNames(folder).accounts, **settings.accounts}


def refuse_missing(choice: SourceChoice) -> None:
    """Raise SourceError where a source is a folder that does not exist, or has such a folder among its members."""
    for each in choice.members or (choice,):
        if each.kind == "logs" and each.path is not None:
            try:
                each.path.stat()
            except (FileNotFoundError, NotADirectoryError):
                raise SourceError(f"There is no folder {safe(str(each.path))}.") from None
            except OSError:
                continue  # what cannot be looked at is explained once it is read


def choice_of_view(view: SavedView, settings: Settings) -> SourceChoice:
    """The source of a saved view. Raises UsageError, and SourceError for a folder that does not exist."""
    choice = choice_of(view.source, settings, view.folder)
    refuse_missing(choice)
    return choice


def last_theme() -> str | None:
    """The name of the theme that was chosen last; None where none was."""
    try:
        return _theme_path().read_text("utf-8").strip() or None
    except (OSError, ValueError):
        return None


def remember_theme(name: str) -> None:
    """Keep the name of a theme for the next start, where it can be kept."""
    with suppress(OSError):
        _theme_path().parent.mkdir(parents=True, exist_ok=True)
        _theme_path().write_text(name + "\n", "utf-8")


def _theme_path() -> Path:
    return state_path().with_name("theme")


def opening_of(choice: SourceChoice, options: LaunchOptions) -> LazyTrail:
    """The trail, being opened in a thread unless the first screen can do without it.

    The engine's library is loaded first, in this thread: two threads that import take turns and both lose. Then it
    opens in a thread (`LazyTrail`), most of it outside the interpreter's lock, while Textual is imported here.
    Measured on two busy cores, medians of six: first rows after 0.91 s, with the import left to the thread 1.13 s,
    with all of it left until the first question 1.33 s.
    """
    settings = options.settings
    begins_with_all = options.window is None and not options.filter.text and options.view is None
    early = early_page(choice, settings) if begins_with_all else None
    opening = LazyTrail(partial(_open_and_remember, choice, settings), early)
    if early is None:
        load_engine()
        opening.begin()
    return opening


def last_choice(state: State, settings: Settings) -> SourceChoice:
    """The source that was opened last; none where nothing is remembered."""
    if state.source_kind == "demo":
        return SourceChoice("demo")
    if state.source_kind == "athena":
        from ssmtrail.tui.choice import recalled

        table = recalled(state, settings.athena)
        return SourceChoice("athena", athena=table) if table else SourceChoice()
    if state.source_kind == "history":
        from ssmtrail.tui.choice import recalled_history

        with suppress(UsageError):  # an older version wrote something else
            return SourceChoice("history", history=recalled_history(state))
        return SourceChoice()
    if state.source_kind == "s3":
        from ssmtrail.tui.choice import recalled_s3

        with suppress(UsageError):
            return SourceChoice("s3", s3=recalled_s3(state, settings.athena))
        return SourceChoice()
    if state.source_kind == "together":
        view = ViewFiles().left_view()
        with suppress(UsageError):  # an older version wrote something else
            return choice_of(view.source, settings, view.folder) if view else SourceChoice()
        return SourceChoice()
    return SourceChoice("logs", Path(state.source_path)) if state.source_path else SourceChoice()


def _open_and_remember(choice: SourceChoice, settings: Settings) -> Trail:
    trail = open_trail(choice, settings, may_ask=False)
    with suppress(StoreError):  # nothing that is remembered is needed
        _state_of(choice).save()
    return trail


def _state_of(choice: SourceChoice) -> State:
    if choice.athena is not None:
        from ssmtrail.tui.choice import remembered

        return remembered(choice.athena)
    if choice.history is not None:
        from ssmtrail.tui.choice import remembered_history

        return remembered_history(choice.history)
    if choice.s3 is not None:
        from ssmtrail.tui.choice import remembered_s3

        return remembered_s3(choice.s3)
    return State(choice.kind, str(choice.path) if choice.path else None)


#: For so long a thread may keep the interpreter from the one that answers keys, seconds; 0.005 if left alone. LazyTrail
#: a person's page beside the core's two threads took a third less (medians of 8, a million sessions, two busy cores).
_TURN: Final = 0.0005
#: Between two looks at whether the terminal is still there, seconds.
_WATCH: Final = 2.0


#: Signals that leave the app.
_ENDING: Final = tuple(getattr(signal, name) for name in early.ENDING)
#: Ends what Textual's driver begins: mouse reports, bracketed paste, focus reports, keys, alternate screen, no cursor.
_RESTORE: Final = b"\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[?2004l\x1b[?1004l\x1b[<u\x1b[?1049l\x1b[?25h"


def terminal_refusal() -> str:
    """Why no screen can be shown here, as a sentence; empty where it can."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return "the screens need a terminal; in a pipe use `ssmtrail query`."
    if os.environ.get("TERM", "dumb") == "dumb":
        return "this terminal (TERM=dumb) cannot show screens; use `ssmtrail query`."
    return ""


def _run(app: TrailApp, *, mouse: bool) -> int:
    app.when_running = partial(_begun, app)
    sys.setswitchinterval(_TURN)
    # On leaving, Textual may hold a suggestion that it has not begun to compute, and Python warns of it.
    warnings.filterwarnings("ignore", message=".*was never awaited", category=RuntimeWarning)
    _restore_when_signalled()
    code = app.run(mouse=mouse)
    for error in app.errors:
        print_traceback(error)
    return code if isinstance(code, int) else (app.return_code or 0)


def _restore_when_signalled() -> None:
    """Let signals end the process with the terminal restored, until the running app obeys them by itself."""
    import termios

    terminal = sys.stdin.fileno()
    former = early.attributes() or termios.tcgetattr(terminal)

    def end(number: int, _: object) -> None:
        with suppress(OSError, termios.error):  # the terminal may be gone
            os.write(2, _RESTORE)
            termios.tcsetattr(terminal, termios.TCSANOW, former)
        os._exit(128 + number)

    for number in _ENDING:
        signal.signal(number, end)


def spare_what_stays() -> None:
    """Let the collector look for garbage among new objects only, and less often; see `IdleCollector`.

    Objects made by now, most of them Textual's, live until the process ends. A full pass over them delayed a key by up
    to 0.17 s (measured with a million sessions).
    """
    gc.freeze()
    gc.set_threshold(50_000, 10, 20)
    gc.enable()


def _obey_signals(app: TrailApp, loop: asyncio.AbstractEventLoop) -> None:
    """Let signals leave the app as `q` does: the terminal is restored, threads end.

    SIGHUP also where a parent ignores it for us (nohup): the terminal is gone all the same, and reading from one that
    is gone takes a whole core.
    """
    for number in _ENDING:
        loop.add_signal_handler(number, partial(app.leave, 128 + number))
    app.set_interval(_WATCH, partial(_leave_without_terminal, app))


def _begun(app: TrailApp, loop: asyncio.AbstractEventLoop) -> None:
    _obey_signals(app, loop)
    _ = app.call_after_refresh(spare_what_stays)


def _leave_without_terminal(app: TrailApp) -> None:
    terminal = select.poll()
    terminal.register(sys.__stdin__.fileno() if sys.__stdin__ else 0, 0)  # hang-ups are always reported
    if any(event & (select.POLLHUP | select.POLLERR | select.POLLNVAL) for _, event in terminal.poll(0)):
        app.leave(128 + signal.SIGHUP)
