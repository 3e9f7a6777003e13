"""The headless twin: one question, its answer on standard output, talk on standard error."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from queries.columns import FIELDS
from queries.errors import Cancelled, SourceError, UsageError
from tui.formats import Rows, write_grid, write_rows
from tui.output import opened
from tui.talk import Talk, count_text
from tui.working import ANSWERED, INCOMPLETE, work_off

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from threading import Event

    from queries.plans import Plan
    from queries.settings import Settings
    from queries.values import Answer, Coverage, DayCoverage, Door, Question
    from tui.format_names import Format

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


def answer_order(order: Order, opener: Callable[[], Door]) -> int:
    """Open the core, read what is new, answer; the return value is the exit code."""
    talk = Talk(quiet=order.quiet)
    return work_off(lambda cancelled: _answered(order, opener, talk, cancelled), talk)


def _answered(order: Order, opener: Callable[[], Door], talk: Talk, cancelled: Event) -> int:
    if order.format == "parquet" and order.output is None and sys.stdout.isatty():
        raise UsageError("Parquet is not for a terminal: name a file with --output, or redirect.")
    door = opener()
    try:
        plan = _agreed(order, door, talk, cancelled) if order.pays else None
        if door.fetch(talk.report, cancelled, plan).state == "cancelled":
            raise Cancelled
        talk.clear()
        coverage = door.coverage(order.question.scope.window)
        if coverage.files == 0:
            raise SourceError(f"There are no CloudTrail logs in {door.source_label}.")
        question = order.question
        # Before the answer, which is then made of the same sums.
        matrix = door.matrix(question.scope, cancelled, measure=question.measure) if order.grid else None
        answer = door.ask(question, cancelled)
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
        door.close()


def _agreed(order: Order, door: Door, talk: Talk, cancelled: Event) -> Plan:
    """What is to be paid for. Raises UsageError where that is more than was agreed to."""
    plan = door.plan(order.question.scope.window, cancelled)
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
