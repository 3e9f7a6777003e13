"""The command line: the one place that picks a source."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NoReturn

from tui.arguments import read_arguments
from tui.leaving import leave_process
from tui.talk import tell_all_troubles

if TYPE_CHECKING:
    from argparse import Namespace
    from pathlib import Path

    from queries.errors import FilterError
    from queries.settings import Settings
    from tui.choice import LaunchOptions, SourceChoice

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
    from queries.errors import FilterError, TrailError, UsageError
    from tui.output import abandon_stdout

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
    from queries.settings import Settings

    match arguments.command:
        case "query":
            return _query(arguments)
        case "cache":
            from tui.cache import run_cache

            return run_cache(arguments.action, getattr(arguments, "older_than", None), datetime.now(UTC))
        case "sql":
            from tui.athena_sql import print_sql

            return print_sql(arguments, _settings(arguments))
        case "verify":
            from tui.athena_verify import verify

            return verify(arguments, _settings(arguments))
        case "athena doctor":
            from tui.athena_doctor import doctor

            return doctor(arguments, Settings.load())
        case "athena ddl":
            from tui.athena_ddl import print_ddl

            return print_ddl(arguments, Settings.load())
        case _:
            return _open(arguments)


def _open(arguments: Namespace) -> int:
    from queries.settings import Settings
    from tui.choice import LaunchOptions, SourceChoice

    if arguments.command is None:
        choice, options = SourceChoice(), LaunchOptions(Settings.load())
    else:
        settings = _settings(arguments)
        choice, options = _choice(arguments, settings), _options(arguments, settings)
        if choice.athena is not None:
            from tui.doors import prove

            prove(choice)
    from tui.launch import run as launch

    return launch(choice, options)


def _options(arguments: Namespace, settings: Settings) -> LaunchOptions:
    from queries.filters import Filter
    from queries.window import Window
    from tui.choice import LaunchOptions

    bounded = arguments.start or arguments.end
    window = Window.parse(arguments.start, arguments.end, datetime.now(UTC)) if bounded else None
    return LaunchOptions(settings, window, Filter(arguments.where))


def _query(arguments: Namespace) -> int:
    from tui.asked import format_of, question_of
    from tui.doors import open_door
    from tui.headless import Order, answer_order

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
    return answer_order(order, lambda: open_door(choice, settings))


def _settings(arguments: Namespace) -> Settings:
    """The configuration, with what the command line says in its place."""
    from queries.settings import Settings
    from queries.zones import zone_name

    settings = Settings.load()
    if arguments.tz:
        settings = replace(settings, zone=zone_name(arguments.tz))
    inventory: Path | None = getattr(arguments, "inventory", None)
    return replace(settings, inventory=inventory) if inventory else settings


def _choice(arguments: Namespace, settings: Settings) -> SourceChoice:
    from queries.errors import UsageError
    from tui.athena_options import athena_choice, refuse_athena_options
    from tui.choice import SourceChoice

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
    from widgets.cell_width import cell_width
    from widgets.safe_text import safe

    before, wrong = text[: error.position], text[error.position : error.position + error.length]
    marks = " " * cell_width(safe(before)) + "^" * max(1, cell_width(safe(wrong)))
    return str(error), f"  {safe(text)}", f"  {marks}"


def _complain(sentence: str, *lines: str) -> None:
    from widgets.safe_text import safe

    print(f"ssmtrail: {safe(sentence)}", *lines, sep="\n", file=sys.stderr)
