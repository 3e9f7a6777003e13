"""What the words of a question mean; imported only when there is one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from queries.columns import FIELDS
from queries.errors import UsageError
from queries.filters import Filter, compile_filter
from queries.values import Question, Scope, Sort
from queries.window import Window
from queries.zones import zone_name

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence
    from pathlib import Path

    from queries.filters.keys import Filtered
    from queries.values import QuestionName
    from tui.format_names import Format

_ENDINGS: Final[dict[str, Format]] = {".json": "json", ".jsonl": "jsonl", ".csv": "csv", ".parquet": "parquet"}
#: What a question looks at; the others look at both.
_ENTITIES: Final[dict[QuestionName, tuple[Filtered, ...]]] = {"sessions": ("sessions",), "calls": ("calls",)}
_BOTH: Final[tuple[Filtered, ...]] = ("sessions", "calls")


def scope_of(arguments: Namespace, entities: Sequence[Filtered], *, pays: bool) -> Scope:
    """The scope, thirty days where all data would cost money. Raises UsageError, FilterError."""
    start = arguments.start or ("30d" if pays and not arguments.end else None)
    window = Window.parse(start, arguments.end, datetime.now(UTC))
    scope = Scope(window, Filter(arguments.where), zone_name(arguments.tz or "UTC"))
    # A key that the question does not know is said before anything is read.
    for entity in entities:
        compile_filter(scope.filter, entity, scope.zone)
    return scope


def question_of(arguments: Namespace, *, pays: bool) -> Question:
    """The question, with the source of `arguments` still to be read. Raises UsageError, FilterError."""
    if arguments.grid:
        _check_grid(arguments)
    if arguments.unit and arguments.question != "usage":
        raise UsageError("--unit is for usage only.")
    scope = scope_of(arguments, _ENTITIES.get(arguments.question, _BOTH), pays=pays)
    sort = _sort(arguments)
    return Question(arguments.question, scope, sort, arguments.measure or "sessions", arguments.unit or "day")


def _check_grid(arguments: Namespace) -> None:
    if arguments.question != "pairs":
        raise UsageError("--grid is for pairs only.")
    if (arguments.format or "csv") != "csv":
        raise UsageError(f"--grid is CSV, not {arguments.format}.")
    if arguments.sort or arguments.limit is not None:
        raise UsageError("--grid has all pairs, the most used first: --sort and --limit do not go with it.")


def _sort(arguments: Namespace) -> tuple[Sort, ...]:
    fields = FIELDS[arguments.question]
    for name in arguments.sort:
        if name.removeprefix("-") not in fields:
            raise UsageError(
                f"{arguments.question} has no column {name.removeprefix('-')!r}; it has {', '.join(fields)}."
            )
    return tuple(Sort(name.removeprefix("-"), name.startswith("-")) for name in arguments.sort)


def format_of(output: Path | None) -> Format:
    """The format that a file's name tells."""
    return _ENDINGS.get(output.suffix.casefold(), "table") if output else "table"
