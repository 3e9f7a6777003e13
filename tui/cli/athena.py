"""The commands `sql`, `verify`, `athena doctor`, `athena ddl` and `athena tables`."""

from __future__ import annotations

import os
import shutil
import sys
import threading
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Final, cast

from ssmtrail.queries.errors import Cancelled, UsageError
from ssmtrail.queries.model import Question
from ssmtrail.queries.plurals import count_text
from ssmtrail.queries.sources.athena.address import GLUE_CATALOG, address_of
from ssmtrail.queries.sources.athena.ddl import create_table
from ssmtrail.tui.cli.agreement import check_agreed, cost_text, say_left
from ssmtrail.tui.cli.console import (
    ANSWERED,
    FAILED,
    INCOMPLETE,
    Console,
    print_checks,
    run_interruptible,
)
from ssmtrail.tui.cli.options import athena_choice
from ssmtrail.tui.cli.query import opened, scope_of, warn_of_gaps
from ssmtrail.tui.formats import write_rows
from ssmtrail.tui.formats.rows import Rows
from ssmtrail.widgets.text import safe_lines

if TYPE_CHECKING:
    from collections.abc import Sequence
    from threading import Event

    from ssmtrail.queries.config import Settings
    from ssmtrail.queries.model import ConsoleQueryName, Plan, Row, Scope
    from ssmtrail.queries.sources.athena.answers import Answers
    from ssmtrail.queries.sources.athena.console_queries import ConsoleQuery
    from ssmtrail.queries.sources.athena.source import AthenaSource
    from ssmtrail.queries.sources.athena.verify import Cost, Difference
    from ssmtrail.queries.sources.budget import Budget
    from ssmtrail.queries.times import Unit
    from ssmtrail.queries.trail import Trail
    from ssmtrail.tui.choice import AthenaChoice
    from ssmtrail.tui.cli.options import Options
    from ssmtrail.tui.formats import Format


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
    query = console_query(
        table,
        cast("ConsoleQueryName", options.question),
        scope,
        unit=options.unit or "day",
        look_around_days=settings.look_around_days,
        trust=settings.trust,
    )
    console = Console(quiet=False)
    for note in dict.fromkeys((*table.warnings, *query.notes)):
        console.warn(note)
    # Escaped for a terminal, exact for a file or the clipboard.
    sys.stdout.write((safe_lines(query.sql) if sys.stdout.isatty() else query.sql).rstrip("\n") + "\n")
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

    found = checks(choice.address, dict(choice.partitions), cancelled, deletes=choice.delete_results)
    return FAILED if print_checks(found) else ANSWERED


# --- tables: what the catalogs have ---

#: What `athena tables` writes, in order; scripts depend on it.
TABLE_FIELDS: Final = ("catalog", "database", "table", "kind", "partitions", "first_day", "last_day", "bytes")


def tables(options: Options, settings: Settings) -> int:
    """Write the tables that look like CloudTrail; gives the exit status, 4 where a catalog could not be listed."""
    console = Console(quiet=options.quiet)
    named = f"{GLUE_CATALOG}.default.cloudtrail"
    address = athena_choice(replace(options, athena=named, catalog=None), settings).address

    def listed(cancelled: Event) -> int:
        from ssmtrail.queries.sources.athena.client import connected
        from ssmtrail.queries.sources.athena.discovery import Discovery

        discovery = Discovery(connected(address), cancelled)
        found: list[Row] = []
        for each in discovery.tables(options.catalog):
            values = (getattr(each, name) for name in TABLE_FIELDS)
            found.append(tuple(str(value) if isinstance(value, date) else value for value in values))
            console.show(f"{discovery.looked:,} tables looked at, {len(found):,} found")
        console.clear()
        for gap in discovery.gaps:
            console.warn(gap)
        console.inform(f"{count_text(len(found), 'table')} of {discovery.looked:,} look like CloudTrail")
        _write(options.format or "table", found, TABLE_FIELDS)
        return INCOMPLETE if discovery.gaps else ANSWERED

    return run_interruptible(listed, console)


# --- verify: an independent check of the local answer, by SQL in Athena ---

#: The compared questions: both are counts, which cover more than a list of calls.
_QUESTIONS: Final[tuple[ConsoleQueryName, ...]] = ("pairs", "usage")
_COLUMNS: Final = ("question", "key", "column", "here", "athena")
_ALL: Final = 1 << 31


def verify(options: Options, settings: Settings) -> int:
    """Compare pairs and usage of a window; gives the exit status. Raises FilterError, UsageError."""
    scope = scope_of(options, ("calls",), pays=True)
    choice = athena_choice(options, settings)
    console = Console(quiet=options.quiet)

    def verified(cancelled: Event) -> int:
        verification = Verification.begun(scope, options.unit or "day", choice, settings, console, cancelled)
        try:
            return verification.run(options.format or "table")
        finally:
            console.clear()
            verification.trail.close()

    return run_interruptible(verified, console)


@dataclass(frozen=True, slots=True)
class Verification:
    """The local answer of a window beside that of Athena."""

    scope: Scope
    unit: Unit
    choice: AthenaChoice
    console: Console
    cancelled: Event
    source: AthenaSource
    answers: Answers
    budget: Budget
    trail: Trail
    queries: tuple[ConsoleQuery, ...]

    @classmethod
    def begun(
        cls, scope: Scope, unit: Unit, choice: AthenaChoice, settings: Settings, console: Console, cancelled: Event
    ) -> Verification:
        """Describe the table and open its trail; nothing is read yet."""
        from ssmtrail.queries.sources.athena.answers import Answers
        from ssmtrail.queries.sources.athena.console_queries import console_query
        from ssmtrail.tui.open_trail import athena_source, journal_and_budget, trail_over

        source = athena_source(choice)
        table = source.catalog(cancelled).table
        days = settings.look_around_days
        queries = tuple(
            console_query(table, name, scope, unit=unit, look_around_days=days, trust=settings.trust)
            for name in _QUESTIONS
        )
        reserved = bool(source.reservation(cancelled))
        journal, budget = journal_and_budget(source)
        answers = Answers(source.aws, journal, deletes=choice.delete_results, provisioned=reserved)
        return cls(
            scope, unit, choice, console, cancelled, source, answers, budget, trail_over(source, settings), queries,
        )  # fmt: skip

    def run(self, form: Format) -> int:
        """Fetch what the local answer lacks, compare, print the differences; gives the exit status."""
        plan = self.agree()
        rows = self.differences(plan)
        _write(form, rows, _COLUMNS)
        # Not before: what could not be written would have to be paid again.
        self.answers.settle()
        say_left(self.trail, plan, self.console, self.answers.left)
        complete = warn_of_gaps(self.trail.coverage(self.scope.window), self.console)
        return ANSWERED if complete and not rows else INCOMPLETE

    def differences(self, plan: Plan) -> list[Row]:
        """Fetch what the local answer lacks, and compare; `answers` are to be settled once this is written.

        Raises SourceError, Cancelled.
        """
        if self.trail.fetch(self.console.report, self.cancelled, plan, early=False).state == "cancelled":
            raise Cancelled
        last_day = self.queries[0].last_day
        if last_day is None or self.source.closes(last_day) > datetime.now(UTC):
            self.console.warn("The last days of this window are still open: files that arrive meanwhile differ.")
        return [_row(query.name, each) for query in self.queries for each in self._compare(query)]

    def agree(self) -> Plan:
        """The fetch, after the cost of both sides is agreed to. Raises UsageError if an agreement is missing."""
        from ssmtrail.queries.sources.allowance import Allowance
        from ssmtrail.queries.sources.athena.verify import Cost, cost

        plan = self.trail.plan(self.scope.window, self.cancelled, report=self.console.report)
        for note in self.queries[0].notes:
            if note not in plan.warnings:
                self.console.warn(note)
        days = self.trail.coverage(self.scope.window).days
        each = cost(self.source, self.queries[0], {d.day: d.bytes for d in days if d.state == "kept"}, self.cancelled)
        # Queries of a verification that was killed are paid for already.
        new = sum(self.answers.left_behind(query.sql) is None for query in self.queries)
        each = each if new else Cost(0, 0.0)
        total = None if each.dollars is None or plan.price is None else plan.price + new * each.dollars
        most, cap = self.choice.ask_above, self.choice.max_price
        is_over = total is not None and cap is not None and total > cap
        is_free = total == 0 or self.answers.provisioned
        both = replace(
            plan, price=total, ask_first=total is None or total > most or bool(plan.paid_before),
            refusal=plan.refusal or (f"more than --max-price allows, ${cap:,.2f} a run" if is_over else "")
            or ("" if is_free else self.budget.refusal(total or 0.0)),
        )  # fmt: skip
        check_agreed(both, self.choice, self.console, _cost_text(plan, each, new))
        local = plan.most if plan.days else 0
        room = max(0, self.source.bytes_for(most if cap is None else cap) - local)
        self.answers.allowance = Allowance(room if each.bytes is None else new * each.bytes, budget=self.budget)
        return plan

    def _compare(self, query: ConsoleQuery) -> tuple[Difference, ...]:
        from ssmtrail.queries.sources.athena.verify import compared

        there = self.answers.of(query.sql, query.last_day or datetime.now(UTC).date(), self.cancelled)
        question = Question(query.name, self.scope, measure="calls", unit=self.unit)
        answer = self.trail.ask(question, self.cancelled)
        try:
            here = [dict(zip(query.columns, row, strict=True)) for row in answer.page(0, _ALL, query.columns)]
        finally:
            answer.close()
        found, left_out = compared(query, here, there.rows)
        result = count_text(len(found), "difference") if found else "equal"
        before = f", run at {there.asked_at:%Y-%m-%d %H:%M} UTC by a command that was killed" if there.is_found else ""
        price = "reserved capacity" if self.answers.provisioned else f"${self.source.price(there.bytes):,.4f}"
        self.console.inform(
            f"{query.name}: {count_text(len(there.rows), 'row')} at Athena, {result} in {', '.join(query.compared)}"
            f" · query {there.id}, {there.bytes:,} bytes, {price}{before}"
        )
        if left_out:
            self.console.inform(
                f"people of {count_text(left_out, 'machine')} were not compared, only their totals: the full answer"
                " follows people further than one scan can"
            )
        return found


def _cost_text(plan: Plan, each: Cost, queries: int) -> str:
    count = "1 query" if queries == 1 else f"{queries} queries"
    if not queries:
        text = "the queries at Athena are paid for already"
    elif each.bytes is None or each.dollars is None:
        text = f"{count} at Athena, at an unknown price"
    else:
        text = f"{count} at Athena, {each.bytes:,} bytes each, about ${queries * each.dollars:,.2f}"
    if not plan.days:
        return text
    return f"{text}; for the local answer {cost_text(plan)}"


def _row(name: str, difference: Difference) -> Row:
    key = " ".join(f"{column}={'?' if value is None else value}" for column, value in difference.key)
    return name, key, difference.column, difference.here, difference.athena


def _write(form: Format, rows: Sequence[Row], columns: tuple[str, ...]) -> None:
    """Write rows. Without any, JSON, CSV and Parquet are written and a table is not."""
    if not rows and form == "table":
        return
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    with opened(None) as out:
        write_rows(form, Rows(columns, lambda: iter((tuple(rows),))), out, width)
