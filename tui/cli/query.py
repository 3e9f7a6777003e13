"""The headless twin: one question, its answer on standard output, messages on standard error."""

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
from ssmtrail.queries.model import Question, Scope, Sort
from ssmtrail.queries.relations import FIELDS
from ssmtrail.queries.times import Window, zone_name
from ssmtrail.tui.cli.console import Talk, count_text
from ssmtrail.tui.cli.signals import ANSWERED, INCOMPLETE, work_off
from ssmtrail.tui.formats import Rows, write_grid, write_rows

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Iterator, Sequence
    from threading import Event
    from typing import BinaryIO

    from ssmtrail.queries.config import Settings
    from ssmtrail.queries.filters.keys import Filtered
    from ssmtrail.queries.model import Answer, Coverage, DayCoverage, Plan, Question, QuestionName
    from ssmtrail.queries.trail import Trail
    from ssmtrail.tui.format_names import Format

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


@contextmanager
def opened(path: Path | None) -> Iterator[BinaryIO]:
    """Standard output, or a new file for its owner alone that takes the place of `path` at the end.

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
    """A file in the same folder, hence on the same disk; mkstemp makes it for its owner alone."""
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


#: Unreadable files that are named; the rest is counted.
_NAMED: Final = 20


@dataclass(frozen=True, slots=True)
class Order:
    """A question, and what is to become of its answer."""

    question: Question
    settings: Settings
    format: Format = "table"
    output: Path | None = None
    """None is standard output."""
    limit: int | None = None
    allow_incomplete: bool = False
    quiet: bool = False
    pays: bool = False
    """Whether reading the source costs money."""
    agreed: bool = False
    """Whether any price is agreed to."""
    grid: bool = False
    """Pairs as a grid in CSV."""


def answer_order(order: Order, opener: Callable[[], Trail]) -> int:
    """Open the core, read what is new, answer; the return value is the exit code."""
    talk = Talk(quiet=order.quiet)
    return work_off(lambda cancelled: _answered(order, opener, talk, cancelled), talk)


def _answered(order: Order, opener: Callable[[], Trail], talk: Talk, cancelled: Event) -> int:
    if order.format == "parquet" and order.output is None and sys.stdout.isatty():
        raise UsageError("Parquet is not for a terminal: name a file with --output, or redirect.")
    trail = opener()
    try:
        plan = _agreed(order, trail, talk, cancelled) if order.pays else None
        if trail.fetch(talk.report, cancelled, plan).state == "cancelled":
            raise Cancelled
        talk.clear()
        coverage = trail.coverage(order.question.scope.window)
        if coverage.files == 0:
            raise SourceError(f"There are no CloudTrail logs in {trail.source_label}.")
        question = order.question
        # Before the answer, which is then made of the same sums.
        matrix = trail.matrix(question.scope, cancelled, measure=question.measure) if order.grid else None
        answer = trail.ask(question, cancelled)
        if matrix:
            with opened(order.output) as out:
                write_grid(matrix, out, cancelled)
        else:
            _write(order, answer, talk, cancelled)
        _summarise(order, answer, coverage, talk)
        complete = complain_of_gaps(coverage, talk)
        return ANSWERED if complete or order.allow_incomplete else INCOMPLETE
    finally:
        talk.clear()
        trail.close()


def _agreed(order: Order, trail: Trail, talk: Talk, cancelled: Event) -> Plan:
    """What is to be paid for. Raises UsageError where that is more than was agreed to."""
    plan = trail.plan(order.question.scope.window, cancelled)
    for warning in plan.warnings:
        talk.complain(warning)
    if not plan.days:
        return plan
    if plan.doubt:
        talk.complain(plan.doubt)
    cost = f"{count_text(len(plan.days), 'day')} to be scanned, {price_text(plan)}"
    if plan.ask_first and not order.agreed:
        raise UsageError(f"{cost}: {advice_on(plan)}")
    talk.say(cost)
    return plan


def advice_on(plan: Plan) -> str:
    """How to agree to a plan: no bound on the price helps where the price itself is in doubt."""
    if plan.doubt:
        return "agree with --yes."
    return "agree with --yes, or with a higher --max-price, or ask for fewer days."


def price_text(plan: Plan) -> str:
    """`1,234,567 bytes, about $0.01`."""
    if plan.bytes is None or plan.price is None:
        return "at a price that nobody knows, as the files cannot be listed and none was scanned yet"
    return f"{plan.bytes:,} bytes, about ${plan.price:,.2f}" + (" by the average" if plan.how == "average" else "")


def _write(order: Order, answer: Answer, talk: Talk, cancelled: Event) -> None:
    columns = FIELDS[order.question.name]
    rows = Rows.of(answer, columns, cancelled, order.limit)
    to_terminal = order.output is None and sys.stdout.isatty()
    with opened(order.output) as out:
        left = write_rows(order.format, rows, out, shutil.get_terminal_size().columns if to_terminal else None)
    if left:
        talk.say(f"{len(columns) - len(left)} of {len(columns)} columns fit; --format csv or a pipe has all of them")
    if order.limit is not None and order.limit < answer.totals.rows:
        talk.complain(f"{order.limit:,} of {answer.totals.rows:,} rows, as --limit asked.")


def _summarise(order: Order, answer: Answer, coverage: Coverage, talk: Talk) -> None:
    """What was asked and what the answer rests on."""
    scope = order.question.scope
    days = order.settings.look_around_days
    talk.say(
        f"{count_text(answer.totals.rows, 'row')}{_of_all(answer)} · {scope.window.label(scope.zone)} · joined with "
        f"calls up to {count_text(days, 'day')} around it · {count_text(coverage.files, 'file')}"
    )
    if answer.totals.rows == 0:
        talk.say(_why_empty(order.question.name, answer, coverage))
    gaps = [str(day.day) for day in coverage.days if day.state == "missing" and not day.why]
    if gaps:
        # A folder cannot tell a day without calls from a day that was not delivered, so this is no fault of the answer.
        shown = ", ".join(gaps[:_NAMED]) + (f" and {len(gaps) - _NAMED:,} more" if len(gaps) > _NAMED else "")
        talk.say(f"{count_text(len(gaps), 'day')} without a file: {shown}")


def _why_empty(name: str, answer: Answer, coverage: Coverage) -> str:
    if answer.totals.rows_unfiltered:
        return f"nothing matches the filter; without it there are {count_text(answer.totals.rows_unfiltered, 'row')}"
    reach = f"; the logs go from {coverage.first_day} to {coverage.last_day}" if coverage.first_day else ""
    return f"no {name} in this window{reach}"


def _of_all(answer: Answer) -> str:
    totals = answer.totals
    return f" of {totals.rows_unfiltered:,}" if totals.rows != totals.rows_unfiltered else ""


def _is_gap(day: DayCoverage) -> bool:
    """Whether a day is not in the answer, and should be; a folder of files does not know what it misses."""
    return not day.unreadable and (day.state == "failed" or (day.state == "missing" and bool(day.why)))


def complain_of_gaps(coverage: Coverage, talk: Talk) -> bool:
    """Name what could not be read; whether the answer is complete."""
    for each in coverage.unreadable[:_NAMED]:
        kept = f", {count_text(each.records_kept, 'call')} kept" if each.records_kept else ""
        talk.complain(f"unreadable: {each.file}: {each.why}{kept}")
    more = len(coverage.unreadable) - _NAMED
    if more > 0:
        talk.complain(f"unreadable: and {more:,} more files")
    failed = [day for day in coverage.days if _is_gap(day)]
    for day in failed[:_NAMED]:
        talk.complain(f"not read: {day.day}" + (f": {day.why}" if day.why else ""))
    if len(failed) > _NAMED:
        talk.complain(f"not read: and {len(failed) - _NAMED:,} more days")
    return not coverage.unreadable and not failed
