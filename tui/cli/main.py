"""The command line: picks a source, runs the command, ends with its exit status."""

from __future__ import annotations

import gc
import os
import sys
import threading
import time
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NoReturn

from ssmtrail.tui.cli.console import tell_all_troubles
from ssmtrail.tui.cli.options import read_arguments

if TYPE_CHECKING:
    from argparse import Namespace
    from pathlib import Path

    from ssmtrail.queries.config import Settings
    from ssmtrail.queries.errors import FilterError
    from ssmtrail.tui.choice import LaunchOptions, SourceChoice

#: Seconds that threads get to end by themselves.
_PATIENCE: Final = 0.3


def leave_process(code: int) -> NoReturn:
    """End with this exit code, whatever other threads do.

    A thread inside native code does not survive the interpreter's end: the process would abort with a core dump
    instead of its exit code. Where one is left, everything is written out and the interpreter's end is left out.
    """
    gc.unfreeze()  # else the engine's library finds what was frozen at the end, and says that it leaks
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


_BAD_USAGE: Final = 2
_FAILED: Final = 3
_INTERRUPTED: Final = 130


def main() -> NoReturn:
    """Run `ssmtrail` and end the process with its exit code."""
    tell_all_troubles()
    leave_process(run(sys.argv[1:]))


def run(words: list[str]) -> int:
    """Run `ssmtrail` with these words; the return value is the exit code."""
    arguments = read_arguments(words)
    # Not before: --help and --version need none of it.
    from ssmtrail.queries.errors import FilterError, TrailError, UsageError
    from ssmtrail.tui.cli.console import abandon_stdout

    try:
        return _run(arguments)
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:
        abandon_stdout()
        return 0
    except FilterError as error:
        _complain(*_marked(arguments.where, error))
        return _BAD_USAGE
    except UsageError as error:
        _complain(str(error))
        return _BAD_USAGE
    except TrailError as error:
        _complain(str(error))
        return _FAILED


def _run(arguments: Namespace) -> int:
    from ssmtrail.queries.config import Settings

    match arguments.command:
        case "query":
            return _query(arguments)
        case "cache":
            from ssmtrail.tui.cli.cache import run_cache

            return run_cache(arguments.action, getattr(arguments, "older_than", None), datetime.now(UTC))
        case "sql":
            from ssmtrail.tui.cli.athena import print_sql

            return print_sql(arguments, _settings(arguments))
        case "verify":
            from ssmtrail.tui.cli.verify import verify

            return verify(arguments, _settings(arguments))
        case "athena doctor":
            from ssmtrail.tui.cli.athena import doctor

            return doctor(arguments, Settings.load())
        case "athena ddl":
            from ssmtrail.tui.cli.athena import print_ddl

            return print_ddl(arguments, Settings.load())
        case _:
            return _open(arguments)


def _open(arguments: Namespace) -> int:
    from ssmtrail.queries.config import Settings
    from ssmtrail.tui.choice import LaunchOptions, SourceChoice

    if arguments.command is None:
        choice, options = SourceChoice(), LaunchOptions(Settings.load())
    else:
        settings = _settings(arguments)
        choice, options = _choice(arguments, settings), _options(arguments, settings)
        if choice.athena is not None:
            from ssmtrail.tui.open_trail import prove

            prove(choice)
    from ssmtrail.tui.launch import run as launch

    return launch(choice, options)


def _options(arguments: Namespace, settings: Settings) -> LaunchOptions:
    from ssmtrail.queries.filters import Filter
    from ssmtrail.queries.times import Window
    from ssmtrail.tui.choice import LaunchOptions

    bounded = arguments.start or arguments.end
    window = Window.parse(arguments.start, arguments.end, datetime.now(UTC)) if bounded else None
    return LaunchOptions(settings, window, Filter(arguments.where))


def _query(arguments: Namespace) -> int:
    from ssmtrail.tui.cli.query import Order, answer_order, format_of, question_of
    from ssmtrail.tui.open_trail import open_trail

    settings = _settings(arguments)
    choice = _choice(arguments, settings)
    output = None if arguments.output is None or str(arguments.output) == "-" else arguments.output
    order = Order(
        question=question_of(arguments, pays=choice.athena is not None),
        settings=settings,
        format="csv" if arguments.grid else arguments.format or format_of(output),
        grid=arguments.grid,
        output=output,
        limit=arguments.limit,
        allow_incomplete=arguments.allow_incomplete,
        quiet=arguments.quiet,
        pays=choice.athena is not None,
        agreed=arguments.yes,
    )
    return answer_order(order, lambda: open_trail(choice, settings))


def _settings(arguments: Namespace) -> Settings:
    """The configuration, with what the command line says in its place."""
    from ssmtrail.queries.config import Settings
    from ssmtrail.queries.times import zone_name

    settings = Settings.load()
    if arguments.tz:
        settings = replace(settings, zone=zone_name(arguments.tz))
    inventory: Path | None = getattr(arguments, "inventory", None)
    return replace(settings, inventory=inventory) if inventory else settings


def _choice(arguments: Namespace, settings: Settings) -> SourceChoice:
    from ssmtrail.queries.errors import UsageError
    from ssmtrail.tui.choice import SourceChoice
    from ssmtrail.tui.cli.options import athena_choice, refuse_athena_options

    folder: Path | None = getattr(arguments, "folder", None) or getattr(arguments, "logs", None)
    demo_end = getattr(arguments, "demo_end", None)
    if _is_athena(arguments, settings):
        if demo_end is not None:
            raise UsageError("--demo-end is for the demo only.")
        return SourceChoice("athena", athena=athena_choice(arguments, settings.athena))
    refuse_athena_options(arguments)
    if folder is None:
        if arguments.command == "query" and not arguments.demo:
            raise UsageError("Name a source: --logs DIR, --athena DB.TABLE, or --demo.")
        return SourceChoice("demo", None, demo_end)
    if demo_end is not None:
        raise UsageError("--demo-end is for the demo only.")
    return SourceChoice("logs", folder)


def _is_athena(arguments: Namespace, settings: Settings) -> bool:
    if arguments.command != "query":
        return bool(arguments.command == "athena")
    named = arguments.logs is not None or arguments.demo
    return arguments.athena is not None or (settings.athena.table is not None and not named)


def _marked(text: str, error: FilterError) -> tuple[str, ...]:
    """The sentence, the filter, and marks under what is wrong in it."""
    from ssmtrail.widgets.text import cell_width, safe

    before, wrong = text[: error.position], text[error.position : error.position + error.length]
    marks = " " * cell_width(safe(before)) + "^" * max(1, cell_width(safe(wrong)))
    return str(error), f"  {safe(text)}", f"  {marks}"


def _complain(sentence: str, *lines: str) -> None:
    from ssmtrail.widgets.text import safe

    print(f"ssmtrail: {safe(sentence)}", *lines, sep="\n", file=sys.stderr)
