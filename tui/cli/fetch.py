"""The commands `plan` and `fetch`: what a window of a table costs, and reading it without a question."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ssmtrail.queries.errors import Cancelled, SourceError
from ssmtrail.tui.cli.agreement import check_agreed, say_facts, say_left
from ssmtrail.tui.cli.console import ANSWERED, INCOMPLETE, Console, run_interruptible
from ssmtrail.tui.cli.query import opened, scope_of, warn_of_gaps
from ssmtrail.tui.formats import write_rows
from ssmtrail.tui.formats.rows import Rows

if TYPE_CHECKING:
    from collections.abc import Mapping
    from threading import Event

    from ssmtrail.queries.config import Settings
    from ssmtrail.queries.model import Plan
    from ssmtrail.queries.sources.athena.source import AthenaSource
    from ssmtrail.queries.times import Window
    from ssmtrail.queries.trail import Trail
    from ssmtrail.tui.choice import AthenaChoice
    from ssmtrail.tui.cli.options import Options
    from ssmtrail.tui.formats import Format

#: What `plan` writes, in order; scripts depend on it.
FIELDS: Final = (
    "first_day", "last_day", "days", "kept", "absent", "paid", "accounts", "queries", "bytes", "known", "price",
    "most_bytes", "most_price", "asks", "why",
)  # fmt: skip


@dataclass(slots=True)
class _Command:
    """One table, window and console."""

    choice: AthenaChoice
    source: AthenaSource
    trail: Trail
    window: Window
    renew: bool
    console: Console
    cancelled: Event

    def plan(self) -> Plan:
        """The plan of the window. Raises SourceError, UsageError, Cancelled."""
        return self.trail.plan(self.window, self.cancelled, renew=self.renew)

    def facts(self, plan: Plan) -> dict[str, Any]:
        """The fields of a plan by name."""
        absent = [day for day, _ in plan.absent]
        every = sorted((*plan.days, *absent))
        why = plan.refusal or plan.doubt
        values = (
            str(every[0]) if every else None, str(every[-1]) if every else None, len(plan.days), plan.kept, len(absent),
            len(plan.paid), _accounts(self.source, self.cancelled), plan.queries, plan.bytes, plan.how, plan.price,
            plan.most if plan.days else 0, plan.most_price if plan.days else 0.0, plan.asks or bool(plan.refusal),
            why or None,
        )  # fmt: skip
        return dict(zip(FIELDS, values, strict=True))

    def fetch(self, *, allow_incomplete: bool) -> int:
        """Read the agreed days, write the summary; gives the exit status. Raises UsageError, SourceError, Cancelled."""
        plan = self.plan()
        check_agreed(plan, self.choice, self.console)
        before = {run.key for run in self.trail.queries()}
        error: SourceError | None = None
        try:
            if self.trail.fetch(self.console.report, self.cancelled, plan, early=False).state == "cancelled":
                raise Cancelled
        except SourceError as failure:
            error = failure
        self.console.clear()
        coverage = self.trail.coverage(self.window)
        runs = [run for run in self.trail.queries() if run.key not in before]
        states = [day.state for day in coverage.days]
        summary = self.facts(plan) | {
            "read": sum(day.state in {"kept", "open"} and day.files > 0 for day in coverage.days),
            "failed": states.count("failed"),
            "unreadable": len(coverage.unreadable),
            "queries_run": len(runs),
            "scanned": sum(run.bytes for run in runs),
            "spent": None if any(run.provisioned for run in runs) else sum(run.price for run in runs),
            "error": None if error is None else str(error),
        }
        _print_json(summary)
        if error is not None:
            raise error
        say_left(self.trail, plan, self.console)
        complete = warn_of_gaps(coverage, self.console)
        return ANSWERED if complete or allow_incomplete else INCOMPLETE


def plan(options: Options, settings: Settings) -> int:
    """Write what a window costs; gives the exit status, 0 at any price. Raises UsageError, TrailError."""

    def work(command: _Command) -> int:
        found = command.plan()
        say_facts(found, command.console)
        command.console.clear()
        form: Format = options.format or "table"
        facts = command.facts(found)
        if form == "json":
            _print_json(facts)
            return ANSWERED
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
        with opened(None) as out:
            write_rows(form, Rows(FIELDS, lambda: iter(((tuple(facts.values()),),))), out, width)
        return ANSWERED

    return _run(options, settings, work)


def fetch(options: Options, settings: Settings) -> int:
    """Read a window's days and write a summary as JSON; gives the exit status. Raises UsageError, TrailError."""
    return _run(options, settings, lambda command: command.fetch(allow_incomplete=options.allow_incomplete))


def _run(options: Options, settings: Settings, work: Any) -> int:
    from ssmtrail.tui.cli.options import athena_choice
    from ssmtrail.tui.open_trail import athena_source, trail_over

    choice, console = athena_choice(options, settings), Console(quiet=options.quiet)
    window = scope_of(options, (), pays=True).window

    def run(cancelled: Event) -> int:
        source = athena_source(choice)
        trail = trail_over(source, settings)
        try:
            status: int = work(_Command(choice, source, trail, window, options.renew, console, cancelled))
            return status
        finally:
            console.clear()
            trail.close()

    return run_interruptible(run, console)


def _accounts(source: AthenaSource, cancelled: Event) -> int | None:
    """The accounts that the table's partitions or `--partition` name; None where neither does."""
    table = source.catalog(cancelled).table
    chosen = {column: values for column, values in table.scanned if "account" in column.casefold()}
    listed = {each.column: each.values for each in table.others if "account" in each.column.casefold() and each.values}
    found = next(iter((chosen or listed).values()), None)
    return None if found is None else len(found)


def _print_json(facts: Mapping[str, Any]) -> None:
    sys.stdout.write(f"{json.dumps(facts, indent=2, ensure_ascii=True)}\n")
    sys.stdout.flush()
