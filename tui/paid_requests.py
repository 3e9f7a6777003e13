"""What a screen can ask of a source whose queries cost money."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from threading import Event

    from queries.plans import Plan, QueryRun
    from queries.values import Door
    from queries.window import Window


@dataclass(frozen=True, slots=True)
class Price:
    """What a window would cost; the result is a Plan."""

    window: Window
    refresh: bool = False
    """Whether open days are read again."""
    moved: bool = False
    """Whether it is asked for only because the window is another."""

    @property
    def slot(self) -> str:
        """One price at a time."""
        return "price"

    def run(self, door: Door, cancelled: Event) -> Plan:
        """Ask; it looks at the table and lists files, so it may take seconds."""
        return door.plan(self.window, cancelled, refresh=self.refresh)


@dataclass(frozen=True, slots=True)
class Runs:
    """The queries that ran or run at the source, after stopping one of them; the result is a tuple of QueryRun."""

    stop: str | None = None
    """Key of the one to be stopped."""

    @property
    def slot(self) -> str:
        """A look at them does not get in the way of stopping one."""
        return "stop" if self.stop else "runs"

    def run(self, door: Door, cancelled: Event) -> tuple[QueryRun, ...]:
        """Stop, look."""
        if self.stop is not None:
            door.stop_query(self.stop)
        return door.queries()
