"""`ssmtrail athena selftest`: one day of a table from its catalog to the proof, and a report without personal data."""

from __future__ import annotations

import json
import platform
import sys
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ssmtrail.queries.errors import UsageError
from ssmtrail.queries.filters import Filter
from ssmtrail.queries.model import Question, Scope
from ssmtrail.queries.times import Window, midnight
from ssmtrail.tui.cli.agreement import price_text, say_left
from ssmtrail.tui.cli.athena import Verification
from ssmtrail.tui.cli.console import ANSWERED, FAILED, INCOMPLETE, Console, print_checks, run_interruptible
from ssmtrail.tui.cli.options import athena_choice
from ssmtrail.tui.cli.query import opened
from ssmtrail.tui.evidence.facts import version_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from threading import Event

    from ssmtrail.queries.config import Settings
    from ssmtrail.queries.model import Plan
    from ssmtrail.queries.sources.checks import Check
    from ssmtrail.tui.choice import AthenaChoice
    from ssmtrail.tui.cli.options import Options

#: The report, where `--out` names none.
REPORT: Final = Path("ssmtrail-selftest.json")
_PACKAGES: Final = ("ssmtrail", "boto3", "botocore", "pyathena", "duckdb")


def selftest(options: Options, settings: Settings) -> int:
    """Run the test and write its report; gives the exit status. Raises UsageError."""
    day = options.day
    if day is None:
        raise UsageError("Name a closed day with --day 2026-11-20.")
    begin = midnight(day, UTC)
    if begin + timedelta(days=1) > datetime.now(UTC):
        raise UsageError(f"{day} is not over: name a closed day.")
    scope = Scope(Window(begin, begin + timedelta(days=1)), Filter())
    choice, console, out = athena_choice(options, settings), Console(quiet=options.quiet), options.out or REPORT
    # Calls of the day alone, so that as little as possible is scanned.
    alone = replace(settings, look_around_days=0)

    def tested(cancelled: Event) -> int:
        test = _SelfTest(choice, console, cancelled)
        try:
            return test.run(scope, alone)
        finally:
            console.clear()
            with opened(out) as file:
                file.write(json.dumps(test.report, indent=2, ensure_ascii=True).encode() + b"\n")
            console.inform(f"report written to {out}: counts, sizes and states; no names, accounts or buckets")

    return run_interruptible(tested, console)


@dataclass(slots=True)
class _SelfTest:
    """One test; `report` has counts, sizes, states and versions, and no text that AWS or a log wrote."""

    choice: AthenaChoice
    console: Console
    cancelled: Event
    report: dict[str, Any] = field(default_factory=dict)

    def run(self, scope: Scope, settings: Settings) -> int:
        """Doctor, EXPLAIN, the day, the proof; gives the exit status. Raises UsageError, SourceError, Cancelled."""
        from ssmtrail.queries.sources.athena.doctor import checks

        began = time.monotonic()
        self.report |= {
            "versions": {name: version_of(name) for name in _PACKAGES},
            "python": platform.python_version(),
            "platform": sys.platform,
            "checks": [],
            "passed": False,
        }
        choice = self.choice
        found = checks(
            choice.address, dict(choice.partitions), self.cancelled, deletes=choice.delete_results
        )  # fmt: skip
        if print_checks(self._noted(found)):
            return FAILED
        verification = Verification.begun(scope, "day", self.choice, settings, self.console, self.cancelled)
        try:
            self._explain(verification, scope)
            complete = self._read_and_verify(verification, scope)
        finally:
            verification.trail.close()
        self.report |= {"seconds": round(time.monotonic() - began, 1), "passed": complete}
        return ANSWERED if complete else INCOMPLETE

    def _noted(self, found: Iterable[Check]) -> Iterable[Check]:
        for check in found:
            self.report["checks"].append({"name": check.name, "state": check.state})
            yield check

    def _explain(self, verification: Verification, scope: Scope) -> None:
        from ssmtrail.queries.sources.athena.answers import pruning

        assert scope.window.start is not None
        source, table = verification.source, verification.source.catalog(self.cancelled).table
        deletes, day = self.choice.delete_results, scope.window.start.date()
        found = pruning(source.aws, table, day, self.cancelled, deletes=deletes)
        self.report["table"] = {
            "kind": table.kind, "days_in_partitions": table.days is not None, "projected": table.is_projected,
            "other_partitions": len(table.others), "delivery_days": table.is_delivery,
        }  # fmt: skip
        self.report["explain"] = {"columns": len(found.shown), "proved": bool(found.shown) and not found.doubt}

    def _read_and_verify(self, verification: Verification, scope: Scope) -> bool:
        """Read the day, ask for it again, compare with Athena; gives whether all is as it should be."""
        trail, report = verification.trail, self.report
        plan = verification.agree()
        report["plan"] = {
            "days": len(plan.days), "kept": plan.kept, "absent": len(plan.absent), "queries": plan.queries,
            "bytes": plan.bytes, "known": plan.how, "price": plan.price, "doubt": bool(plan.doubt),
        }  # fmt: skip
        self.console.inform(f"reading: {price_text(plan)}")
        rows = verification.differences(plan)
        report["answers"] = {name: self._count(verification, name, scope) for name in ("sessions", "calls", "doors")}
        coverage = trail.coverage(scope.window)
        report["coverage"] = {"states": [day.state for day in coverage.days], "unreadable": len(coverage.unreadable)}
        report["differences"] = len(rows)
        verification.answers.settle()
        report["queries"] = self._queries(verification, plan)
        again = trail.plan(scope.window, self.cancelled)
        report["days_to_pay_again"] = len(again.days)
        say_left(trail, plan, self.console, verification.answers.left)
        for name in ("differences", "days_to_pay_again"):
            if report[name]:
                self.console.warn(f"{name.replace('_', ' ')}: {report[name]:,}, expected 0")
        return not rows and not again.days and all(day.state == "kept" for day in coverage.days)

    def _count(self, verification: Verification, name: Any, scope: Scope) -> int:
        answer = verification.trail.ask(Question(name, scope), self.cancelled)
        try:
            return answer.totals.rows
        finally:
            answer.close()

    def _queries(self, verification: Verification, plan: Plan) -> list[dict[str, Any]]:
        """The queries since the plan, the earliest first."""
        found = [run for run in verification.trail.queries() if run.asked_at >= plan.made_at]
        return [
            {
                "purpose": run.purpose, "state": run.state, "days": (run.last - run.first).days + 1,
                "scanned": run.bytes, "price": None if run.provisioned else run.price, "seconds": run.seconds,
                "queued": run.queued, "reused": run.reused, "sql_bytes": len(run.sql.encode()),
            }
            for run in reversed(found)
        ]  # fmt: skip
