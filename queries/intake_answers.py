"""What a query service tells of its source itself: what is kept of it, what it costs, what ran at it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from queries.engine import EitherEvent

if TYPE_CHECKING:
    from threading import Event

    from queries.console import ConsoleSql, FoundingName
    from queries.intake import Intake
    from queries.plans import Plan, QueryRun
    from queries.values import Coverage, Scope, Unit
    from queries.window import Window


class IntakeAnswers:
    """Passes questions on to the way in."""

    _intake: Intake
    _closing: Event

    def coverage(self, window: Window) -> Coverage:
        """What is kept for the window, day by day."""
        return self._intake.coverage(window)

    def plan(self, window: Window, cancelled: Event, *, refresh: bool = False, again: int = 0) -> Plan:
        """What a window would cost. Raises SourceError, UsageError, Cancelled."""
        return self._intake.plan(window, EitherEvent(cancelled, self._closing), refresh=refresh, again=again)

    def plan_again(self, key: str, cancelled: Event) -> Plan:
        """What it would cost to have what a query did not bring. Raises SourceError, UsageError, Cancelled."""
        return self._intake.plan_again(key, EitherEvent(cancelled, self._closing))

    def queries(self) -> tuple[QueryRun, ...]:
        """What ran at the source, the newest first."""
        return self._intake.queries()

    def stop_query(self, key: str) -> None:
        """Stop one query that runs."""
        self._intake.stop(key)

    def console_sql(self, name: FoundingName, scope: Scope, cancelled: Event, *, unit: Unit = "day") -> ConsoleSql:
        """A founding question as SQL for Athena's console. Raises FilterError, UsageError, SourceError, Cancelled."""
        return self._intake.console_sql(name, scope, unit, EitherEvent(cancelled, self._closing))
