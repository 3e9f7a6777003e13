"""The command line: reads the options, runs the command, ends the process with its exit status."""

from __future__ import annotations

import gc
import os
import shlex
import signal
import sys
import threading
import time
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, NoReturn

from ssmtrail.queries.errors import FilterError, TrailError, UsageError
from ssmtrail.queries.plurals import count_text
from ssmtrail.tui.cli.console import (
    BAD_USAGE,
    FAILED,
    INTERRUPTED,
    NO_THREAD,
    discard_stdout,
    is_thread_refusal,
    print_uncaught_errors,
    size_text,
)
from ssmtrail.widgets.text import cell_width, safe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date
    from pathlib import Path

    from ssmtrail.queries.config import Settings
    from ssmtrail.queries.store.folders import CacheEntry
    from ssmtrail.tui.choice import LaunchOptions, SourceChoice
    from ssmtrail.tui.cli.options import Options

#: Seconds that threads get to end by themselves.
_PATIENCE: Final = 0.3


def main() -> NoReturn:
    """Run `ssmtrail` and end the process with its exit status."""
    print_uncaught_errors()
    code = run(sys.argv[1:])
    with suppress(ValueError):  # not in the main thread
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the answer is out; ending takes a third of a second at most
    leave_process(code)


def leave_process(code: int) -> NoReturn:
    """End the process with this exit status, even if threads are still running.

    A thread inside native code does not survive the interpreter's end: the process would abort with a core dump. If
    such a thread is left, the output is flushed and the process ends without the interpreter's shutdown.
    """
    gc.unfreeze()  # the engine's library reports frozen objects as leaks
    if _threads_end():
        sys.exit(code)
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)


def _threads_end() -> bool:
    until = time.monotonic() + _PATIENCE
    others = [thread for thread in threading.enumerate() if thread is not threading.current_thread()]
    for thread in others:
        thread.join(max(0.0, until - time.monotonic()))
    return not any(thread.is_alive() for thread in others)


def run(words: list[str]) -> int:
    """Run `ssmtrail` with these words; the return value is the exit status."""
    from ssmtrail.tui.cli.commands import read_options

    options = read_options(words)
    if isinstance(options, int):
        return options
    try:
        return _run(options)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        discard_stdout()
        return 0
    except FilterError as error:
        _print_error(*(_marked(options.where, error) if options.where else (str(error),)))
        return BAD_USAGE
    except UsageError as error:
        _print_error(str(error))
        return BAD_USAGE
    except TrailError as error:
        _print_error(str(error))
        return FAILED
    except RuntimeError as error:
        if not is_thread_refusal(error):
            raise
        _print_error(NO_THREAD)
        return FAILED


def _run(options: Options) -> int:
    from ssmtrail.queries.config import Settings
    from ssmtrail.tui.choice import LaunchOptions, SourceChoice
    from ssmtrail.tui.cli.sources import source_of

    command = options.command
    if command is None:
        return _open_app(SourceChoice(), LaunchOptions(Settings.load(), fresh=options.fresh))
    if command.startswith("cache "):
        return _cache(command, options.older_than)
    if command.startswith("config "):
        return _config(command)
    if command == "init":
        from ssmtrail.tui.cli.init import init

        return init()
    if command == "doctor":
        from ssmtrail.tui.cli.doctor import doctor

        return doctor(options)
    settings = _settings(options)
    if options.export is not None:
        return _export_demo(options.export, options.demo_end)
    if command in {"demo", "logs", "athena", "history", "s3"}:
        return _open_app(source_of(options, settings), _launch_options(options, settings))
    if command.startswith(("integrity", "evidence")):
        return _proof(command, options, settings)
    run = _COMMANDS.get(command)
    if run is not None:
        return run(options, settings)
    from ssmtrail.tui.cli import athena

    commands = {
        "sql": athena.print_sql, "verify": athena.verify, "athena doctor": athena.doctor,
        "athena ddl": athena.print_ddl, "athena tables": athena.tables,
    }  # fmt: skip
    return commands[command](options, settings)


def _open_view(options: Options, settings: Settings) -> int:
    from ssmtrail.tui.choice import LaunchOptions
    from ssmtrail.tui.cli.sources import names_source, source_of
    from ssmtrail.tui.cli.views import named_view
    from ssmtrail.tui.source_words import choice_of

    if options.view is None:
        if not names_source(options):
            raise UsageError("Name a view, or sources: --logs DIR, --history, --s3 URL, --athena DB.TABLE.")
        return _open_app(source_of(options, settings), _launch_options(options, settings))
    if options.start or options.end or options.where:
        raise UsageError("A view has its own window and filter: change them in the app.")
    view = named_view(options, settings)
    _ = view.scope(datetime.now(UTC), settings.zone)  # a mistake in it is said before there is a screen
    named = names_source(options)
    choice = source_of(options, settings) if named else choice_of(view.source, settings, view.folder)
    return _open_app(choice, LaunchOptions(settings, view=view, follow=options.follow))


def _ends(options: Options, _: Settings) -> int:
    from ssmtrail.tui.cli.ends import keep_ends
    from ssmtrail.tui.cli.sources import history_address

    return keep_ends(history_address(options), quiet=options.quiet)


def _bounds(options: Options, settings: Settings) -> int:
    from ssmtrail.tui.cli.bounds import keep_bounds
    from ssmtrail.tui.cli.sources import source_of

    return keep_bounds(options, settings, source_of(options, settings))


def _names(options: Options, _: Settings) -> int:
    from ssmtrail.tui.cli.names import keep_names
    from ssmtrail.tui.cli.sources import history_address

    return keep_names(history_address(options), quiet=options.quiet)


def _now(options: Options, settings: Settings) -> int:
    from ssmtrail.tui.choice import SourceChoice
    from ssmtrail.tui.cli.now import print_now
    from ssmtrail.tui.cli.sources import history_address

    choice = SourceChoice("history", history=history_address(options))
    return print_now(choice, settings, options.format or "table", quiet=options.quiet)


def _query(options: Options, settings: Settings) -> int:
    from ssmtrail.tui.cli.query import query
    from ssmtrail.tui.cli.sources import source_of
    from ssmtrail.tui.cli.views import with_view

    if options.view:
        filled, choice = with_view(options, settings)
        return query(filled, settings, choice)
    return query(options, settings, source_of(options, settings))


def _check(options: Options, settings: Settings) -> int:
    from ssmtrail.tui.cli.check import check
    from ssmtrail.tui.cli.sources import source_of

    return check(options, settings, source_of(options, settings))


def _review(options: Options, settings: Settings) -> int:
    from ssmtrail.tui.cli.review import review

    return review(options, settings)


def _plan(options: Options, settings: Settings) -> int:
    from ssmtrail.tui.cli import fetch

    return fetch.plan(options, settings)


def _fetch(options: Options, settings: Settings) -> int:
    from ssmtrail.tui.cli import fetch

    return fetch.fetch(options, settings)


def _transcript(options: Options, settings: Settings) -> int:
    from ssmtrail.tui.cli.transcript import print_transcript

    return print_transcript(options, settings)


def _selftest(options: Options, settings: Settings) -> int:
    from ssmtrail.tui.cli.selftest import selftest

    return selftest(options, settings)


#: What runs a command; each imports what it needs.
_COMMANDS: Final[dict[str, Callable[[Options, Settings], int]]] = {
    "open": _open_view, "ends": _ends, "ends transcripts": _bounds, "names": _names, "now": _now, "query": _query,
    "check": _check, "review": _review, "athena selftest": _selftest, "plan": _plan, "fetch": _fetch,
    "transcript": _transcript,
}  # fmt: skip


def _proof(command: str, options: Options, settings: Settings) -> int:
    """Run one of the commands that prove something."""
    from ssmtrail.tui.cli import evidence, integrity
    from ssmtrail.tui.cli.sources import history_address, source_of

    if command == "integrity":
        return integrity.integrity(options, history_address(options), settings)
    if command == "integrity keys":
        return integrity.keys(options, history_address(options))
    if command == "evidence verify":
        return evidence.verify(options)
    return evidence.evidence(options, settings, source_of(options, settings))


def _open_app(choice: SourceChoice, options: LaunchOptions) -> int:
    if choice.asks_aws:
        from ssmtrail.tui.open_trail import prove

        prove(choice)
    from ssmtrail.tui.launch import run as launch

    return launch(choice, options)


def _launch_options(options: Options, settings: Settings) -> LaunchOptions:
    from ssmtrail.queries.filters import Filter
    from ssmtrail.queries.times import Window
    from ssmtrail.tui.choice import LaunchOptions

    bounded = options.start or options.end
    window = Window.parse(options.start, options.end, datetime.now(UTC)) if bounded else None
    return LaunchOptions(
        settings, window, Filter(options.where), fresh=options.fresh or bool(options.tz), follow=options.follow
    )


def _settings(options: Options) -> Settings:
    """The configuration, with the options that replace values of it. Raises UsageError."""
    from ssmtrail.queries.config import Settings
    from ssmtrail.queries.times import zone_name

    settings = Settings.load()
    for notice in settings.notices:
        _print_error(notice)
    if options.tz:
        settings = replace(settings, zone=zone_name(options.tz))
    if options.policy:
        settings = replace(settings, policy=options.policy)
    if options.approvals:
        if settings.policy is None:
            raise UsageError("--approvals needs an access policy: name it with --policy, or in the configuration.")
        settings = replace(settings, approvals=options.approvals)
    if options.transcripts:
        settings = replace(settings, transcripts=replace(settings.transcripts, folder=options.transcripts))
    return replace(settings, inventory=options.inventory) if options.inventory else settings


def _cache(command: str, older_than: int | None) -> int:
    """Run `cache path`, `cache info` or `cache purge`; `older_than` is in days."""
    from ssmtrail.queries.config import cache_root

    root = cache_root()
    if command == "cache path":
        _print_line(str(root))
        return 0
    from ssmtrail.queries.store.folders import cache_entries, purge_cache
    from ssmtrail.queries.times import utc_text
    from ssmtrail.tui.terminal import early

    if command == "cache info":
        entries = cache_entries(root)
        _print_line(f"{root}: {_sum_text(entries)}")
        for entry in entries:
            used = utc_text(entry.used_at.replace(microsecond=0))
            _print_line(f"  {size_text(entry.bytes):>9}  used {used}  {entry.source}")
    else:
        age = None if older_than is None else timedelta(older_than)
        early.place().unlink(missing_ok=True)
        purged = purge_cache(root, datetime.now(UTC), age)
        _print_line(f"removed {_sum_text(purged.removed)}")
        for entry in purged.left:
            _print_error(f"left {entry.source}: another process is reading it; purge again when that has ended")
        return 4 if purged.left else 0
    return 0


def _config(command: str) -> int:
    from ssmtrail.tui.cli.config import config_lines

    for line in config_lines(command):
        _print_line(line)
    return 0


def _export_demo(folder: Path, end: date | None) -> int:
    from ssmtrail.queries.opening import export_demo

    demo = export_demo(folder, end)
    _print_line(f"wrote the demo of {demo.first_day} to {demo.last_day} to {folder}")
    _print_line(f"  ssmtrail logs {shlex.quote(str(demo.folder))} --inventory {shlex.quote(str(demo.inventory))}")
    return 0


def _sum_text(entries: Iterable[CacheEntry]) -> str:
    found = tuple(entries)
    return f"{count_text(len(found), 'source')}, {size_text(sum(entry.bytes for entry in found))}"


def _print_line(text: str) -> None:
    # UTF-8 in every locale, as all data.
    sys.stdout.buffer.write(f"{safe(text)}\n".encode())
    sys.stdout.buffer.flush()


def _marked(text: str, error: FilterError) -> tuple[str, ...]:
    """The sentence, the filter, and marks under the wrong part."""
    before, wrong = text[: error.position], text[error.position : error.position + error.length]
    marks = " " * cell_width(safe(before)) + "^" * max(1, cell_width(safe(wrong)))
    return str(error), f"  {safe(text)}", f"  {marks}"


def _print_error(sentence: str, *lines: str) -> None:
    print(f"ssmtrail: {safe(sentence)}", *lines, sep="\n", file=sys.stderr)
