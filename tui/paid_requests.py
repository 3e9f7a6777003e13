"""What a screen can ask about queries that cost money: their price, what ran, the SQL to ask it elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from threading import Event

    from ssmtrail.queries.model import ConsoleQueryName, ConsoleSql, Plan, QueryRun, Scope
    from ssmtrail.queries.times import Unit, Window
    from ssmtrail.queries.trail import Trail


@dataclass(frozen=True, slots=True)
class Price:
    """What a window would cost; the result is a Plan."""

    window: Window
    refresh: bool = False
    """Whether open days are read again."""
    moved: bool = False
    """Whether it is asked for only because the window is another."""
    again: str = ""
    """Key of a query: the price is that of the days that it did not bring, whatever the window."""

    @property
    def slot(self) -> str:
        """One price at a time."""
        return "price"

    def run(self, trail: Trail, cancelled: Event) -> Plan:
        """Ask; it looks at the table and lists files, so it may take seconds."""
        if self.again:
            return trail.plan_again(self.again, cancelled)
        return trail.plan(self.window, cancelled, refresh=self.refresh)


@dataclass(frozen=True, slots=True)
class Runs:
    """The queries that ran or run at the source, after stopping one of them; the result is a tuple of QueryRun."""

    stop: str | None = None
    """Key of the one to be stopped."""

    @property
    def slot(self) -> str:
        """A look at them does not get in the way of stopping one."""
        return "stop" if self.stop else "runs"

    def run(self, trail: Trail, cancelled: Event) -> tuple[QueryRun, ...]:
        """Stop, look."""
        if self.stop is not None:
            trail.stop_query(self.stop)
        return trail.queries()


@dataclass(frozen=True, slots=True)
class Sql:
    """The console query that belongs to a view, as SQL for Athena's console; the result is a ConsoleSql."""

    name: ConsoleQueryName
    scope: Scope
    unit: Unit = "day"
    """Of `usage`."""

    @property
    def slot(self) -> str:
        """One at a time."""
        return "sql"

    def run(self, trail: Trail, cancelled: Event) -> ConsoleSql:
        """Ask; it may look at the table."""
        return trail.console_sql(self.name, self.scope, cancelled, unit=self.unit)
