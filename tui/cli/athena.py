"""The commands `sql`, `verify`, `athena doctor` and `athena ddl`."""

from __future__ import annotations

import os
import shutil
import sys
import threading
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Final, cast

from ssmtrail.queries.errors import Cancelled, UsageError
from ssmtrail.queries.model import Question
from ssmtrail.queries.sources.athena.address import address_of
from ssmtrail.queries.sources.athena.ddl import create_table
from ssmtrail.tui.cli.console import ANSWERED, FAILED, INCOMPLETE, Console, count_text, run_interruptible
from ssmtrail.tui.cli.options import athena_choice
from ssmtrail.tui.cli.query import advice_on, opened, price_text, scope_of, warn_of_gaps
from ssmtrail.tui.formats import Rows, write_rows
from ssmtrail.widgets.text import safe, safe_lines

if TYPE_CHECKING:
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
    from ssmtrail.tui.choice import AthenaChoice
    from ssmtrail.tui.cli.options import Options
    from ssmtrail.tui.format_names import Format


def print_sql(options: Options, settings: Settings) -> int:
    """Print the question as SQL, and notes on standard error; gives the exit status.

    It reads only the table's description. Raises FilterError, UsageError, SourceError.
    """
    if options.unit and options.question != "usage":
        raise UsageError("--unit is for usage only.")
    scope = scope_of(options, ("calls",), pays=True)
    choice = athena_choice(options, settings)
    from ssmtrail.queries.sources.athena.catalog import read_catalog
    from ssmtrail.queries.sources.athena.client import connected
    from ssmtrail.queries.sources.athena.console_queries import console_query

    table = read_catalog(connected(choice.address), dict(choice.partitions), threading.Event()).table
    asked = console_query(
        table,
        cast("ConsoleQueryName", options.question),
        scope,
        unit=options.unit or "day",
        look_around_days=settings.look_around_days,
    )
    console = Console(quiet=False)
    for note in (*table.warnings, *(note for note in asked.notes if note not in table.warnings)):
        console.warn(note)
    # Escaped for a terminal, exact for a file or the clipboard.
    sys.stdout.write((safe_lines(asked.sql) if sys.stdout.isatty() else asked.sql).rstrip("\n") + "\n")
    sys.stdout.flush()
    return 0


#: Session Manager exists since that day. Source: AWS News Blog, 11 September 2018.
_FIRST: Final = date(2018, 9, 11)


def print_ddl(options: Options, settings: Settings) -> int:
    """Print the CREATE TABLE; gives the exit status. It connects to nothing. Raises UsageError."""
    address = address_of(options.athena or "default.cloudtrail", environment=settings.athena.beneath(os.environ))
    bucket, _, prefix = options.bucket.removeprefix("s3://").partition("/")
    accounts = _several(options.account)
    if not accounts and not options.organisation:
        raise UsageError("Whose trail is it? Give --account ID, or --organisation o-ID.")
    sql = create_table(
        address.database, address.table, bucket, accounts, _several(options.region or address.region or ""),
        options.first_day or _FIRST, organisation=options.organisation,
        prefix=prefix.strip("/").removesuffix("AWSLogs").strip("/"),
    )  # fmt: skip
    sys.stdout.write(f"{sql};\n")
    sys.stdout.flush()
    console = Console(quiet=False)
    if not accounts:
        console.warn(
            "Every query of this table has to name accounts (--partition account=ID,ID): none are listed here."
        )
    console.warn("Days before the first, regions or accounts that are not listed give no rows and no error.")
    return 0


def _several(text: str) -> list[str]:
    return [each.strip() for each in text.split(",") if each.strip()]


def doctor(options: Options, settings: Settings) -> int:
    """Print one line a check as soon as its result is known; gives the exit status. Raises UsageError."""
    choice = athena_choice(options, settings)
    return run_interruptible(lambda cancelled: _checked(choice, cancelled), Console(quiet=False))


def _checked(choice: AthenaChoice, cancelled: Event) -> int:
    from ssmtrail.queries.sources.athena.doctor import checks

    failed = 0
    for check in checks(choice.address, dict(choice.partitions), cancelled):
        failed += check.state == "failed"
        sys.stdout.write(f"{check.state:<7} {check.name:<11} {safe(check.text)}\n")
        sys.stdout.flush()
    return FAILED if failed else ANSWERED


# --- verify: an independent check of the local answer, by SQL in Athena ---

#: The compared questions: both are counts, which cover more than a list of calls.
_QUESTIONS: Final[tuple[ConsoleQueryName, ...]] = ("pairs", "usage")
_COLUMNS: Final = ("question", "key", "column", "here", "athena")
_ALL: Final = 1 << 31


@dataclass(frozen=True, slots=True)
class Verification:
    """A window to verify, and how."""

    scope: Scope
    unit: Unit
    format: Format
    choice: AthenaChoice
    settings: Settings


def verify(options: Options, settings: Settings) -> int:
    """Compare pairs and usage of a window; gives the exit status. Raises FilterError, UsageError."""
    scope = scope_of(options, ("calls",), pays=True)
    order = Verification(
        scope, options.unit or "day", options.format or "table", athena_choice(options, settings), settings
    )
    console = Console(quiet=options.quiet)
    return run_interruptible(lambda cancelled: _verified(order, console, cancelled), console)


def _verified(order: Verification, console: Console, cancelled: Event) -> int:
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
        plan = _agreed(order, source, trail, asked, answers, console, cancelled)
        if trail.fetch(console.report, cancelled, plan).state == "cancelled":
            raise Cancelled
        _warn_of_open_days(asked[0], source, console)
        found = [(each.name, _compared(order, source, trail, each, answers, console, cancelled)) for each in asked]
        _write(order, [_shown(name, one) for name, differing in found for one in differing])
        answers.settle()
        complete = warn_of_gaps(trail.coverage(order.scope.window), console)
        return ANSWERED if complete and not any(differing for _, differing in found) else INCOMPLETE
    finally:
        console.clear()
        trail.close()


def _agreed(
    order: Verification, source: AthenaSource, trail: Trail, asked: Sequence[ConsoleQuery], answers: Answers,
    console: Console, cancelled: Event,
) -> Plan:  # fmt: skip
    """The fetch, after the cost of both sides is agreed to. Raises UsageError if an agreement is missing."""
    from ssmtrail.queries.sources.athena.verify import Cost, cost

    plan = trail.plan(order.scope.window, cancelled)
    for note in (*plan.warnings, *(note for note in asked[0].notes if note not in plan.warnings)):
        console.warn(note)
    covered = trail.coverage(order.scope.window).days
    each = cost(source, asked[0], {day.day: day.bytes for day in covered if day.state == "kept"}, cancelled)
    # Queries of a verification that was killed are paid for already.
    new = sum(answers.left_behind(each.sql) is None for each in asked)
    each = each if new else Cost(0, 0.0)
    told = _cost_text(plan, each, new)
    total = None if each.dollars is None or plan.price is None else plan.price + new * each.dollars
    if plan.doubt:
        console.warn(plan.doubt)
    if not order.choice.agreed and (total is None or total > order.choice.most or plan.doubt):
        raise UsageError(f"{told}: {advice_on(plan)}")
    console.inform(told)
    return plan


def _cost_text(plan: Plan, each: Cost, queries: int) -> str:
    asked = "1 query" if queries == 1 else f"{queries} queries"
    if each.bytes is None or each.dollars is None:
        there = f"{asked} at Athena, at an unknown price"
    else:
        there = f"{asked} at Athena, {each.bytes:,} bytes each, about ${queries * each.dollars:,.2f}"
    if not queries:
        there = "the queries at Athena are paid for already"
    if not plan.days:
        return there
    return f"{there}; {count_text(len(plan.days), 'day')} to be scanned for the local answer, {price_text(plan)}"


def _warn_of_open_days(asked: ConsoleQuery, source: AthenaSource, console: Console) -> None:
    if asked.last_day is None or source.closes(asked.last_day) > datetime.now(UTC):
        console.warn("The last days of this window are still open: files that arrive meanwhile make differences.")


def _compared(
    order: Verification, source: AthenaSource, trail: Trail, asked: ConsoleQuery, answers: Answers, console: Console,
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
    console.inform(
        f"{asked.name}: {count_text(len(there.rows), 'row')} at Athena, {told} in {', '.join(asked.compared)}"
        f" · query {there.id}, {there.bytes:,} bytes, ${source.price(there.bytes):,.4f}{before}"
    )
    return found


def _shown(name: str, one: Difference) -> Row:
    key = " ".join(f"{column}={'?' if value is None else value}" for column, value in one.key)
    return name, key, one.column, one.here, one.athena


def _write(order: Verification, rows: Sequence[Row]) -> None:
    """An empty table is not written; empty JSON, CSV and Parquet are, for the program that reads them."""
    if not rows and order.format == "table":
        return
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    with opened(None) as out:
        write_rows(order.format, Rows(_COLUMNS, lambda: iter((tuple(rows),))), out, width)
