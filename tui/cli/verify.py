"""`ssmtrail verify`: an independent check of the local answer, by SQL on Athena."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from ssmtrail.queries.errors import Cancelled, UsageError
from ssmtrail.queries.model import Question
from ssmtrail.tui.cli.console import Talk, count_text
from ssmtrail.tui.cli.options import athena_choice
from ssmtrail.tui.cli.query import advice_on, complain_of_gaps, opened, price_text, scope_of
from ssmtrail.tui.cli.signals import ANSWERED, INCOMPLETE, work_off
from ssmtrail.tui.formats import Rows, write_rows

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence
    from threading import Event

    from ssmtrail.queries.config import Settings
    from ssmtrail.queries.model import ConsoleQueryName, Plan, Row, Scope
    from ssmtrail.queries.sources.athena.answers import Answers
    from ssmtrail.queries.sources.athena.console_queries import ConsoleQuery
    from ssmtrail.queries.sources.athena.source import AthenaSource
    from ssmtrail.queries.sources.athena.verify import Cost, Difference
    from ssmtrail.queries.times import Unit
    from ssmtrail.queries.trail import Trail
    from ssmtrail.tui.cli.options import AthenaChoice
    from ssmtrail.tui.format_names import Format

#: What is compared: both count, so both say more than a list of calls would.
_QUESTIONS: Final[tuple[ConsoleQueryName, ...]] = ("pairs", "usage")
_COLUMNS: Final = ("question", "key", "column", "here", "athena")
_ALL: Final = 1 << 31


@dataclass(frozen=True, slots=True)
class Verification:
    """What is to be verified."""

    scope: Scope
    unit: Unit
    format: Format
    choice: AthenaChoice
    settings: Settings


def verify(arguments: Namespace, settings: Settings) -> int:
    """Compare pairs and usage of a window; gives the exit code. Raises FilterError, UsageError."""
    scope = scope_of(arguments, ("calls",), pays=True)
    order = Verification(scope, arguments.unit, arguments.format, athena_choice(arguments, settings.athena), settings)
    talk = Talk(quiet=arguments.quiet)
    return work_off(lambda cancelled: _verified(order, talk, cancelled), talk)


def _verified(order: Verification, talk: Talk, cancelled: Event) -> int:
    from ssmtrail.queries.sources.athena.answers import Answers
    from ssmtrail.queries.sources.athena.console_queries import console_query
    from ssmtrail.tui.open_trail import athena_source, journal_of, trail_over

    source = athena_source(order.choice)
    answers = Answers(source.aws, journal_of(source))
    table = source.catalog(cancelled).table
    days = order.settings.look_around_days
    asked = [console_query(table, name, order.scope, unit=order.unit, look_around_days=days) for name in _QUESTIONS]
    trail = trail_over(source, order.settings)
    try:
        plan = _agreed(order, source, trail, asked, answers, talk, cancelled)
        if trail.fetch(talk.report, cancelled, plan).state == "cancelled":
            raise Cancelled
        _warn_of_open_days(asked[0], source, talk)
        found = [(each.name, _compared(order, source, trail, each, answers, talk, cancelled)) for each in asked]
        _write(order, [_shown(name, one) for name, differing in found for one in differing])
        answers.settle()
        complete = complain_of_gaps(trail.coverage(order.scope.window), talk)
        return ANSWERED if complete and not any(differing for _, differing in found) else INCOMPLETE
    finally:
        talk.clear()
        trail.close()


def _agreed(
    order: Verification, source: AthenaSource, trail: Trail, asked: Sequence[ConsoleQuery], answers: Answers,
    talk: Talk, cancelled: Event,
) -> Plan:  # fmt: skip
    """What is to be paid for on both sides. Raises UsageError where that is more than was agreed to."""
    from ssmtrail.queries.sources.athena.verify import Cost, cost

    plan = trail.plan(order.scope.window, cancelled)
    for note in (*plan.warnings, *(note for note in asked[0].notes if note not in plan.warnings)):
        talk.complain(note)
    covered = trail.coverage(order.scope.window).days
    each = cost(source, asked[0], {day.day: day.bytes for day in covered if day.state == "kept"}, cancelled)
    # What a verification that was killed has asked is paid for already.
    new = sum(answers.left_behind(each.sql) is None for each in asked)
    each = each if new else Cost(0, 0.0)
    told = _cost_text(plan, each, new)
    total = None if each.dollars is None or plan.price is None else plan.price + new * each.dollars
    if plan.doubt:
        talk.complain(plan.doubt)
    if not order.choice.agreed and (total is None or total > order.choice.most or plan.doubt):
        raise UsageError(f"{told}: {advice_on(plan)}")
    talk.say(told)
    return plan


def _cost_text(plan: Plan, each: Cost, queries: int) -> str:
    asked = "1 query" if queries == 1 else f"{queries} queries"
    if each.bytes is None or each.dollars is None:
        there = f"{asked} at Athena, at a price that nobody knows"
    else:
        there = f"{asked} at Athena, {each.bytes:,} bytes each, about ${queries * each.dollars:,.2f}"
    if not queries:
        there = "the queries at Athena are paid for already"
    if not plan.days:
        return there
    return f"{there}; {count_text(len(plan.days), 'day')} to be scanned for the local answer, {price_text(plan)}"


def _warn_of_open_days(asked: ConsoleQuery, source: AthenaSource, talk: Talk) -> None:
    if asked.last_day is None or source.closes(asked.last_day) > datetime.now(UTC):
        talk.complain("The last days of this window are still open: files that arrive meanwhile make differences.")


def _compared(
    order: Verification, source: AthenaSource, trail: Trail, asked: ConsoleQuery, answers: Answers, talk: Talk,
    cancelled: Event,
) -> tuple[Difference, ...]:  # fmt: skip
    from ssmtrail.queries.sources.athena.verify import differences

    day = asked.last_day or datetime.now(UTC).date()
    there = answers.of(asked.sql, day, cancelled)
    answer = trail.ask(Question(asked.name, order.scope, measure="calls", unit=order.unit), cancelled)
    try:
        page = answer.page(0, _ALL, asked.columns)
    finally:
        answer.close()
    here = [dict(zip(asked.columns, row, strict=True)) for row in page]
    found = tuple(differences(asked, here, there.rows))
    told = count_text(len(found), "difference") if found else "equal"
    before = f", asked {there.asked_at:%Y-%m-%d %H:%M} UTC by a run that ended before" if there.is_found else ""
    talk.say(
        f"{asked.name}: {count_text(len(there.rows), 'row')} at Athena, {told} in {', '.join(asked.compared)}"
        f" · query {there.id}, {there.bytes:,} bytes, ${source.price(there.bytes):,.4f}{before}"
    )
    return found


def _shown(name: str, one: Difference) -> Row:
    key = " ".join(f"{column}={'?' if value is None else value}" for column, value in one.key)
    return name, key, one.column, one.here, one.athena


def _write(order: Verification, rows: Sequence[Row]) -> None:
    """Tables of nothing are not written; data formats are, for whoever reads them."""
    if not rows and order.format == "table":
        return
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    with opened(None) as out:
        write_rows(order.format, Rows(_COLUMNS, lambda: iter((tuple(rows),))), out, width)
