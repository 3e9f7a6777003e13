"""`ssmtrail query`: one question, its answer on standard output, messages on standard error."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ssmtrail.queries.errors import Cancelled, SourceError, StoreError, UsageError
from ssmtrail.queries.filters import Filter, compile_filter
from ssmtrail.queries.filters.keys import VERDICT_KEYS
from ssmtrail.queries.model import Question, Scope, Sort
from ssmtrail.queries.plurals import count_text
from ssmtrail.queries.relations import FIELDS
from ssmtrail.queries.rows import as_of_question
from ssmtrail.queries.times import Window, stretches_of, utc_text, zone_name
from ssmtrail.tui.cli.agreement import check_agreed, say_left
from ssmtrail.tui.cli.console import ANSWERED, INCOMPLETE, Console, run_with_trail
from ssmtrail.tui.column_names import answer_columns
from ssmtrail.tui.formats import write_rows
from ssmtrail.tui.formats.rows import Rows
from ssmtrail.tui.formats.text import write_grid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import date
    from threading import Event
    from typing import BinaryIO

    from ssmtrail.queries.config import Settings
    from ssmtrail.queries.filters.keys import Filtered
    from ssmtrail.queries.findings.making import Silent
    from ssmtrail.queries.model import Answer, Coverage, QuestionName
    from ssmtrail.queries.trail import Trail
    from ssmtrail.tui.choice import AthenaChoice, S3Choice, SourceChoice
    from ssmtrail.tui.cli.options import Options
    from ssmtrail.tui.formats import Format

_ENDINGS: Final[dict[str, Format]] = {".json": "json", ".jsonl": "jsonl", ".csv": "csv", ".parquet": "parquet"}
#: The tables that a question reads; the other questions read both.
_ENTITIES: Final[dict[QuestionName, tuple[Filtered, ...]]] = {
    "sessions": ("sessions",),
    "calls": ("calls",),
    "as-of": ("sessions",),
    "doors": ("doors",),
    "findings": ("findings",),
}
_BOTH: Final[tuple[Filtered, ...]] = ("sessions", "calls")


def query(options: Options, settings: Settings, choice: SourceChoice) -> int:
    """Answer the question that the options ask; gives the exit status. Raises UsageError, FilterError, TrailError."""
    from ssmtrail.tui.open_trail import open_trail

    if options.question == "records":
        from ssmtrail.tui.cli.records import query_records

        return query_records(options, settings, choice)
    if options.of:
        raise UsageError("--of is for records only.")
    if options.grid and options.columns:
        raise UsageError("--columns and --grid do not go together.")
    output = options.output_file
    order = Order(
        question=_question(options, settings, pays=choice.pays),
        settings=settings,
        format="csv" if options.grid else options.format or _format_of(output),
        grid=options.grid,
        output=output,
        limit=options.limit,
        columns=_columns(options),
        allow_incomplete=options.allow_incomplete,
        quiet=options.quiet,
        priced=choice.priced,
        renew=options.renew,
    )
    if options.follow:
        from ssmtrail.tui.cli.follow import follow

        return follow(options, order, lambda: open_trail(choice, settings))
    return answer_order(order, lambda: open_trail(choice, settings))


def scope_of(options: Options, entities: Sequence[Filtered], *, pays: bool) -> Scope:
    """The scope; its window is 30 days if none is given and reading costs money. Raises UsageError, FilterError."""
    start = options.start or ("30d" if pays and not options.end else None)
    window = Window.parse(start, options.end, datetime.now(UTC))
    scope = Scope(window, Filter(options.where), zone_name(options.tz or "UTC"))
    # Reports a filter key that the question does not have before anything is read.
    for entity in entities:
        compile_filter(scope.filter, entity, scope.zone)
    return scope


def _question(options: Options, settings: Settings, *, pays: bool) -> Question:
    """The question that the options ask. Raises UsageError, FilterError."""
    assert options.question != "records"
    if options.question == "as-of":
        return _as_of(options, settings)
    if options.at:
        raise UsageError("--at is for as-of only.")
    if options.grid:
        _check_grid(options)
    if options.unit and options.question != "usage":
        raise UsageError("--unit is for usage only.")
    scope = scope_of(options, _ENTITIES.get(options.question, _BOTH), pays=pays)
    need_policy(settings, scope.filter)
    sort = _sort(options)
    return Question(options.question, scope, sort, options.measure or "sessions", options.unit or "day")


def need_policy(settings: Settings, asked: Filter) -> None:
    """Raises UsageError for a filter by verdicts where there is no access policy."""
    if settings.policy is None and any(term.key and term.key.name in VERDICT_KEYS for term in asked.terms):
        raise UsageError("policy: and rule: need an access policy: name it with --policy, or in the configuration.")


def _as_of(options: Options, settings: Settings) -> Question:
    if not options.at:
        raise UsageError("as-of needs a moment: --at 2026-11-23T12:04:00Z.")
    if options.unit or options.measure or options.grid:
        raise UsageError("--unit, --measure and --grid are not for as-of.")
    _sort(options)
    return as_of_question(
        options.at, options.where, options.start, options.end, options.tz or "UTC", options.sort, settings.as_of_days,
        settings.possible_hours,
    )  # fmt: skip


def _check_grid(options: Options) -> None:
    if options.question != "pairs":
        raise UsageError("--grid is for pairs only.")
    if (options.format or "csv") != "csv":
        raise UsageError(f"--grid is CSV, not {options.format}.")
    if options.sort or options.limit is not None:
        raise UsageError("--grid has all pairs, the most used first: --sort and --limit do not go with it.")


def _sort(options: Options) -> tuple[Sort, ...]:
    assert options.question != "records"
    _ = answer_columns(options.question, [name.removeprefix("-") for name in options.sort])
    return tuple(Sort(name.removeprefix("-"), name.startswith("-")) for name in options.sort)


def _columns(options: Options) -> tuple[str, ...]:
    """The columns that are asked for, each once. Raises UsageError."""
    assert options.question != "records"
    return answer_columns(options.question, options.columns)


def _format_of(output: Path | None) -> Format:
    """The format that the file name's ending means."""
    return _ENDINGS.get(output.suffix.casefold(), "table") if output else "table"


@contextmanager
def opened(path: Path | None) -> Iterator[BinaryIO]:
    """Standard output, or a file that only its owner can read and that replaces `path` when it is complete.

    Raises StoreError for a full disk or a folder that cannot be written; BrokenPipeError passes.
    """
    where = "standard output" if path is None else str(path)
    try:
        if path is None:
            yield sys.stdout.buffer
            sys.stdout.buffer.flush()
        else:
            with _beside(path) as out:
                yield out
    except BrokenPipeError:
        raise
    except OSError as error:
        raise StoreError(f"{where} cannot be written: {error.strerror or error}.") from error


@contextmanager
def _beside(path: Path) -> Iterator[BinaryIO]:
    """A file in the same folder, hence on the same disk; mkstemp makes files that only their owner can read."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name[:100]}.", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


#: Unreadable files and missing days that are listed; the rest is counted.
_NAMED: Final = 20


@dataclass(frozen=True, slots=True)
class Order:
    """A question, and where and how its answer is written."""

    question: Question
    settings: Settings
    format: Format = "table"
    output: Path | None = None
    """None is standard output."""
    limit: int | None = None
    columns: tuple[str, ...] = ()
    """In their order; none for all."""
    allow_incomplete: bool = False
    quiet: bool = False
    priced: AthenaChoice | S3Choice | None = None
    """The table or the bucket, where reading costs money."""
    renew: bool = False
    """Whether days that an older version kept are fetched again."""
    grid: bool = False
    """Pairs as a grid in CSV."""


def answer_order(order: Order, opener: Callable[[], Trail]) -> int:
    """Open the source, read new files, write the answer; gives the exit status."""
    console = Console(quiet=order.quiet)

    def open_checked() -> Trail:
        if order.format == "parquet" and order.output is None and sys.stdout.isatty():
            raise UsageError("Parquet is not for a terminal: name a file with --output, or redirect.")
        return opener()

    return run_with_trail(open_checked, lambda trail, cancelled: _answered(order, trail, console, cancelled), console)


def _answered(order: Order, trail: Trail, console: Console, cancelled: Event) -> int:
    coverage = read_source(order, trail, console, cancelled)
    question = order.question
    # Before the answer, which then uses the same sums.
    matrix = trail.matrix(question.scope, cancelled, measure=question.measure) if order.grid else None
    answer = trail.ask(question, cancelled)
    if matrix:
        with opened(order.output) as out:
            write_grid(matrix, out, cancelled)
    else:
        _write(order, answer, console, cancelled)
    covered = question.moment is None or trail.covers(question.moment)
    _summarise(order, answer, coverage, console, covered=covered)
    if question.name == "findings":
        mention_silent(trail.silent_rules(question.scope.window, cancelled), console)
    elif question.name != "doors":
        _mention_doors(trail.other_doors(question.scope, cancelled), console)
    complete = warn_of_gaps(coverage, console) and covered
    return ANSWERED if complete or order.allow_incomplete else INCOMPLETE


def read_new(order: Order, trail: Trail, console: Console, cancelled: Event) -> Coverage:
    """Read what is new, after agreeing to its cost; gives the coverage.

    Raises SourceError where the source cannot be read, UsageError if the cost needs an agreement that is missing.
    """
    window = order.question.scope.window
    plan = trail.plan(window, cancelled, renew=order.renew, report=console.report)
    if order.priced:
        check_agreed(plan, order.priced, console)
    if trail.fetch(console.report, cancelled, plan, early=False).state == "cancelled":
        raise Cancelled
    console.clear()
    say_left(trail, plan, console)
    return trail.coverage(window)


def read_source(order: Order, trail: Trail, console: Console, cancelled: Event) -> Coverage:
    """The same, but raises SourceError where there are no logs too."""
    coverage = read_new(order, trail, console, cancelled)
    if coverage.files == 0:
        warn_of_gaps(coverage, console)
        raise SourceError(f"There are no CloudTrail logs in {trail.source_label}.")
    return coverage


def _write(order: Order, answer: Answer, console: Console, cancelled: Event) -> None:
    columns = order.columns or FIELDS[order.question.name]
    rows = Rows.of(answer, columns, cancelled, order.limit)
    to_terminal = order.output is None and sys.stdout.isatty()
    with opened(order.output) as out:
        left = write_rows(order.format, rows, out, shutil.get_terminal_size().columns if to_terminal else None)
    if left:
        console.inform(columns_left(len(columns), len(left)))
    if order.limit is not None and order.limit < answer.totals.rows:
        console.warn(f"{order.limit:,} of {answer.totals.rows:,} rows, as --limit asked.")


def columns_left(columns: int, left: int) -> str:
    """Says how many columns of a table had no room."""
    return f"{columns - left} of {columns} columns fit; --format csv or a pipe has all of them"


def _summarise(order: Order, answer: Answer, coverage: Coverage, console: Console, *, covered: bool) -> None:
    """Print the size of the answer, its scope, and what was read for it."""
    scope = order.question.scope
    days = order.settings.look_around_days
    of_what = scope.window.label(scope.zone)
    if order.question.moment is not None:
        of_what = f"as of {utc_text(order.question.moment)} · of starts in {of_what}"
    console.inform(
        f"{count_text(answer.totals.rows, 'row')}{_of_all(answer)} · {of_what} · joined with "
        f"calls up to {count_text(days, 'day')} around it · {count_text(coverage.files, coverage.unit or 'file')}"
        + "".join(f" · {words}" for words in (coverage.words, *coverage.settings) if words)
    )
    for label, each in coverage.parts:
        reach = f" · {each.first_day} to {each.last_day}" if each.first_day else ""
        console.inform(f"{label}: {count_text(each.files, each.unit or 'file')}{reach}")
    if order.question.moment is not None and not covered:
        console.warn(f"no records of this time: {utc_text(order.question.moment)}.")
    elif answer.totals.rows == 0:
        console.inform(_why_empty(order.question.name, answer, coverage))
    gaps = [day.day for day in coverage.days if day.state == "missing" and not day.why]
    if gaps:
        # In a folder, a day without calls looks like a day that was not delivered: the answer may be complete.
        console.inform(f"{count_text(len(gaps), 'day')} without a file: {_days_text(gaps)}")


def _days_text(days: Sequence[date]) -> str:
    """`2026-11-01, 2026-11-03 to 2026-11-09`; days in order."""
    stretches = list(stretches_of(days))
    shown = [f"{first} to {last}" if last > first else f"{first}" for first, last in stretches[:_NAMED]]
    left = sum((last - first).days + 1 for first, last in stretches[_NAMED:])
    return ", ".join(shown) + (f" and {left:,} more" if left else "")


def mention_silent(rules: Sequence[Silent], console: Console) -> None:
    """Say which rules could not look, those with one reason together."""
    for why in dict.fromkeys(each.why for each in rules):
        console.inform(f"silent: {', '.join(each.rule for each in rules if each.why == why)}: {why}")


def _mention_doors(doors: Sequence[tuple[str, int]], console: Console) -> None:
    """Say how many visits through other doors an answer about sessions does not have."""
    if doors:
        visits = count_text(sum(number for _, number in doors), "visit")
        parts = ", ".join(f"{number:,} {door}" for door, number in doors)
        console.inform(f"other doors: {visits} ({parts}); see query doors")


def _why_empty(name: str, answer: Answer, coverage: Coverage) -> str:
    if answer.totals.rows_unfiltered:
        return f"nothing matches the filter; without it there are {count_text(answer.totals.rows_unfiltered, 'row')}"
    if name == "as-of":
        return "no session that was started, resumed or ended in these records can have been open at that time"
    reach = f"; the logs go from {coverage.first_day} to {coverage.last_day}" if coverage.first_day else ""
    return f"no {name} in this window{reach}"


def _of_all(answer: Answer) -> str:
    totals = answer.totals
    return f" of {totals.rows_unfiltered:,}" if totals.rows != totals.rows_unfiltered else ""


def warn_of_gaps(coverage: Coverage, console: Console) -> bool:
    """List unreadable and odd files, and days that were not read; gives whether the answer is complete."""
    if coverage.others:
        console.inform(coverage.others_text)
    for note in coverage.notes[:_NAMED]:
        console.warn(f"{note.file}: {note.text}")
    if len(coverage.notes) > _NAMED:
        console.warn(f"and {count_text(len(coverage.notes) - _NAMED, 'more odd file')}")
    bad = "not read" if coverage.unit == "region" else "unreadable"
    for each in coverage.unreadable[:_NAMED]:
        kept = f", {count_text(each.records_kept, 'call')} kept" if each.records_kept else ""
        console.warn(f"{bad}: {each.file}: {each.why}{kept}")
    more = len(coverage.unreadable) - _NAMED
    if more > 0:
        console.warn(f"{bad}: and {more:,} more {coverage.unit or 'file'}s")
    failed = [day for day in coverage.days if day.is_gap]
    for day in failed[:_NAMED]:
        console.warn(f"not read: {day.day}" + (f": {day.why}" if day.why else ""))
    if len(failed) > _NAMED:
        console.warn(f"not read: and {len(failed) - _NAMED:,} more days")
    return not coverage.unreadable and not failed
