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
    from queries.filters.keys import Filtered
    from queries.settings import Settings
    from queries.values import Question, QuestionName, Sort
    from tui.choice import LaunchOptions, SourceChoice
    from tui.format_names import Format

_BAD_USAGE: Final = 2
_FAILED: Final = 3
_INTERRUPTED: Final = 130
_ENDINGS: Final[dict[str, Format]] = {".json": "json", ".jsonl": "jsonl", ".csv": "csv", ".parquet": "parquet"}
#: What a question looks at; the others look at both.
_ENTITIES: Final[dict[QuestionName, tuple[Filtered, ...]]] = {"sessions": ("sessions",), "calls": ("calls",)}
_BOTH: Final[tuple[Filtered, ...]] = ("sessions", "calls")


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
    match arguments.command:
        case "query":
            return _query(arguments)
        case "cache":
            from tui.cache import run_cache

            return run_cache(arguments.action, getattr(arguments, "older_than", None), datetime.now(UTC))
        case _:
            return _open(arguments)


def _open(arguments: Namespace) -> int:
    from queries.settings import Settings
    from tui.choice import LaunchOptions, SourceChoice

    if arguments.command is None:
        choice, options = SourceChoice(), LaunchOptions(Settings.load())
    else:
        choice, options = _choice(arguments), _options(arguments)
        if choice.athena is not None:
            from tui.doors import prove

            prove(choice)
    from tui.launch import run as launch

    return launch(choice, options)


def _options(arguments: Namespace) -> LaunchOptions:
    from queries.filters import Filter
    from queries.window import Window
    from tui.choice import LaunchOptions

    bounded = arguments.start or arguments.end
    window = Window.parse(arguments.start, arguments.end, datetime.now(UTC)) if bounded else None
    return LaunchOptions(_settings(arguments), window, Filter(arguments.where))


def _query(arguments: Namespace) -> int:
    from tui.doors import open_door
    from tui.headless import Order, answer_order

    settings = _settings(arguments)
    choice = _choice(arguments)
    output = None if arguments.output is None or str(arguments.output) == "-" else arguments.output
    order = Order(
        question=_question(arguments),
        settings=settings,
        format="csv" if arguments.grid else arguments.format or _format_of(output),
        grid=arguments.grid,
        output=output,
        limit=arguments.limit,
        allow_incomplete=arguments.allow_incomplete,
        quiet=arguments.quiet,
        pays=choice.athena is not None,
        agreed=arguments.yes,
    )
    return answer_order(order, lambda: open_door(choice, settings))


def _question(arguments: Namespace) -> Question:
    from queries.errors import UsageError
    from queries.filters import Filter, compile_filter
    from queries.values import Question, Scope
    from queries.window import Window
    from queries.zones import zone_name

    if arguments.grid:
        _check_grid(arguments)
    if arguments.unit and arguments.question != "usage":
        raise UsageError("--unit is for usage only.")
    start = arguments.start or ("30d" if arguments.athena and not arguments.end else None)
    window = Window.parse(start, arguments.end, datetime.now(UTC))
    scope = Scope(window, Filter(arguments.where), zone_name(arguments.tz or "UTC"))
    # A key that the question does not know is said before anything is read.
    for entity in _ENTITIES.get(arguments.question, _BOTH):
        compile_filter(scope.filter, entity, scope.zone)
    sort = _sort(arguments)
    return Question(arguments.question, scope, sort, arguments.measure or "sessions", arguments.unit or "day")


def _check_grid(arguments: Namespace) -> None:
    from queries.errors import UsageError

    if arguments.question != "pairs":
        raise UsageError("--grid is for pairs only.")
    if (arguments.format or "csv") != "csv":
        raise UsageError(f"--grid is CSV, not {arguments.format}.")
    if arguments.sort or arguments.limit is not None:
        raise UsageError("--grid has all pairs, the most used first: --sort and --limit do not go with it.")


def _sort(arguments: Namespace) -> tuple[Sort, ...]:
    from queries.columns import FIELDS
    from queries.errors import UsageError
    from queries.values import Sort

    fields = FIELDS[arguments.question]
    for name in arguments.sort:
        if name.removeprefix("-") not in fields:
            raise UsageError(
                f"{arguments.question} has no column {name.removeprefix('-')!r}; it has {', '.join(fields)}."
            )
    return tuple(Sort(name.removeprefix("-"), name.startswith("-")) for name in arguments.sort)


def _settings(arguments: Namespace) -> Settings:
    """The configuration, with what the command line says in its place."""
    from queries.settings import Settings
    from queries.zones import zone_name

    settings = Settings.load()
    if arguments.tz:
        settings = replace(settings, zone=zone_name(arguments.tz))
    return replace(settings, inventory=arguments.inventory) if arguments.inventory else settings


def _choice(arguments: Namespace) -> SourceChoice:
    from queries.errors import UsageError
    from tui.athena_options import refuse_athena_options
    from tui.choice import SourceChoice

    folder: Path | None = getattr(arguments, "folder", None) or getattr(arguments, "logs", None)
    demo_end = getattr(arguments, "demo_end", None)
    table: str | None = getattr(arguments, "table", None) or getattr(arguments, "athena", None)
    if table is not None:
        from tui.athena_options import athena_choice

        return SourceChoice("athena", athena=athena_choice(table, arguments))
    refuse_athena_options(arguments)
    if folder is None:
        if arguments.command == "query" and not arguments.demo:
            raise UsageError("Name a source: --logs DIR, --athena DB.TABLE, or --demo.")
        return SourceChoice("demo", None, demo_end)
    if demo_end is not None:
        raise UsageError("--demo-end is for the demo only.")
    return SourceChoice("logs", folder)


def _format_of(output: Path | None) -> Format:
    return _ENDINGS.get(output.suffix.casefold(), "table") if output else "table"


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
