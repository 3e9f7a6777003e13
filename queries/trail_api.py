"""The only door of the core, as the screens see it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from threading import Event

    from ssmtrail.queries.model import (
        Answer,
        CallDetail,
        ConsoleQueryName,
        ConsoleSql,
        Coverage,
        Measure,
        Plan,
        Progress,
        QueryRun,
        Question,
        Scope,
        SessionDetail,
        Totals,
    )
    from ssmtrail.queries.times import Unit, Window
    from ssmtrail.queries.views import AsOf, Breakdown, CellFacts, Heat, Matrix, MatrixOrder, Page, PersonId, Usage


class TrailApi(Protocol):
    """The core (`ssmtrail.queries.trail.Trail`).

    Every method but `readable` blocks and is called from a worker thread; none touches a terminal.
    """

    @property
    def source_label(self) -> str:
        """A short name of the source for the header: `demo`, `logs /evidence`. May be hostile."""
        ...

    def fetch(self, report: Callable[[Progress], None], cancelled: Event, agreed: Plan | None = None) -> Progress:
        """Read what is new or changed in the source into the store; the last progress is returned.

        Of a source that charges only what was `agreed` to is read, and what is paid for already: without an agreement
        nothing is ever paid.
        Raises SourceError when the source cannot be read at all. What is whole when `cancelled` is set stays.
        """
        ...

    def plan(self, window: Window, cancelled: Event, *, refresh: bool = False, again: int = 0) -> Plan:
        """What a window would read and cost; nothing where reading is free.

        `refresh` reads open days again however young their copy is, `again` so many of the last days although they are
        kept. Raises SourceError, UsageError (a window without a beginning), Cancelled.
        """
        ...

    def plan_again(self, key: str, cancelled: Event) -> Plan:
        """What it would cost to have what a query did not bring, by its key; no days where others brought it since.

        Raises SourceError, UsageError, Cancelled.
        """
        ...

    def console_sql(
        self, name: ConsoleQueryName, scope: Scope, cancelled: Event, *, unit: Unit = "day"
    ) -> ConsoleSql:  # fmt: skip
        """A console query as SQL for Athena's console; it scans nothing, but may read the table's description.

        Terms that need the inventory are left out, with a note. A source that is no table of Athena's gives the SQL
        for the documented one. Raises FilterError for a term that calls cannot
        have, UsageError, SourceError, Cancelled.
        """
        ...

    def queries(self) -> tuple[QueryRun, ...]:
        """Every query that ran or runs at the source, the newest first; also those of earlier runs of the tool."""
        ...

    def stop_query(self, key: str) -> None:
        """Stop a query that this process runs; its days fail, the others go on."""
        ...

    def prepare(self, cancelled: Event) -> None:
        """Get ready for what counts (matrix, usage, people, ...), so that its first answer is as fast as the next.

        Worth calling when nothing else is asked for, after every new generation. Raises Cancelled, StoreError.
        """
        ...

    def coverage(self, window: Window) -> Coverage:
        """What is kept for the window, day by day. An unbounded window means all days that have data."""
        ...

    def ask(self, question: Question, cancelled: Event) -> Answer:
        """Answer from what is kept. Raises Cancelled, UsageError, StoreError."""
        ...

    def session(self, key: str, scope: Scope, at: datetime | None = None) -> SessionDetail:
        """Everything about the session with this row key (column `key`); `at` is where it is looked for first."""
        ...

    def call(self, key: str, scope: Scope) -> CallDetail:
        """One call with its record, by the row key (column `key`) of the `calls` question."""
        ...

    def totals(self, scope: Scope, cancelled: Event, *, measure: Measure = "sessions") -> Totals:
        """The figures over every screen, the same whatever it shows: `rows` are the started sessions of the scope.

        By the other measure `rows` are its calls. `people` and `machines` are those that the lists of people and of
        instances name: whoever started, was refused, or made a call. Costs nothing after another view of the scope.
        Raises Cancelled, StoreError, UsageError for a filter that only sessions, or only calls, can have.
        """
        ...

    def readable(self, scope: Scope) -> Scope:
        """The scope of a drill in words that are pleasant to read: `person:jane` for `person:=jane`.

        Only where both hold the same, because nothing that is kept is spelled alike. The one method that may be called
        from anywhere: it does not block.
        """
        ...

    def matrix(
        self, scope: Scope, cancelled: Event, *, measure: Measure = "sessions", order: MatrixOrder = "most",
        turned: bool = False,
    ) -> Matrix:  # fmt: skip
        """Who touched what how often; `turned` has machines down. Raises Cancelled, UsageError, StoreError."""
        ...

    def cell(self, scope: Scope, who: PersonId, target: str | None, cancelled: Event) -> CellFacts:
        """What one line tells of a cell of the scope's matrix; all zeros where there is none."""
        ...

    def usage(
        self, scope: Scope, cancelled: Event, *, measure: Measure = "sessions", unit: Unit = "day",
        breakdown: Breakdown = "none",
    ) -> Usage:  # fmt: skip
        """How much it is used, in bars. Raises Cancelled, UsageError (too many bars), StoreError."""
        ...

    def heat(self, scope: Scope, cancelled: Event, *, measure: Measure = "sessions") -> Heat:
        """When it is used, and by whom most, on which machines."""
        ...

    def person(self, who: PersonId, scope: Scope, cancelled: Event, *, measure: Measure = "sessions") -> Page:
        """A person's numbers in a scope. Raises UsageError when the scope has nothing of them."""
        ...

    def instance(self, target: str | None, scope: Scope, cancelled: Event, *, measure: Measure = "sessions") -> Page:
        """A machine's numbers in a scope. Raises UsageError when the scope has nothing of it."""
        ...

    def as_of(self, target: str, moment: datetime, scope: Scope, cancelled: Event) -> AsOf:
        """Who was on a machine about a moment (UTC), whatever the filter; joined as the scope's window joins."""
        ...

    def close(self) -> None:
        """Interrupt what runs and free everything."""
        ...
