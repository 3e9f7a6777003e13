"""Pages that are opened from a row or a key: which person, machine, session, call or query each one shows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Self, TypeVar

from ssmtrail.tui.list_view import ListView

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from ssmtrail.queries.model import ConsoleQueryName, QueryRun, Scope, Value
    from ssmtrail.queries.times import Unit
    from ssmtrail.queries.transcripts.model import SessionFacts
    from ssmtrail.queries.views import PersonId
    from ssmtrail.tui.view_state import ViewState


@dataclass(frozen=True, slots=True)
class PersonPage:
    """One person, with the machines that the person touched."""

    pane: ClassVar[str] = "person"
    list: ListView
    who: PersonId

    @classmethod
    def of(cls, state: ViewState, who: PersonId) -> Self:
        """The page of a person; `state` is narrowed to that person."""
        return cls(ListView.counting(state, "pairs"), who)

    @property
    def state(self) -> ViewState:
        """Scope and measure."""
        return self.list.state

    def over(self, state: ViewState) -> Self:
        """The same page with another scope or measure."""
        return replace(self, list=self.list.over(state))


@dataclass(frozen=True, slots=True)
class MachinePage:
    """One machine, with the people who touched it."""

    pane: ClassVar[str] = "machine"
    list: ListView
    target: str | None
    """Its id; None for sessions whose machine is unknown."""
    as_of: datetime | None = None
    """The moment (UTC) whose timeline the page begins with; None begins with the page."""

    @classmethod
    def of(cls, state: ViewState, target: str | None, as_of: datetime | None = None) -> Self:
        """The page of a machine; `state` is narrowed to that machine."""
        return cls(ListView.counting(state, "pairs"), target, as_of)

    @property
    def state(self) -> ViewState:
        """Scope and measure."""
        return self.list.state

    def over(self, state: ViewState) -> Self:
        """The same page with another scope or measure."""
        return replace(self, list=self.list.over(state))


_Page = TypeVar("_Page", "SessionPage", "TranscriptPage", "CallPage", "NowPage", "QueriesPage", "QueryPage", "SqlPage")


def _with_state(page: _Page, state: ViewState) -> _Page:
    """The same page with another scope or measure."""
    return replace(page, state=state)


@dataclass(frozen=True, slots=True)
class SessionPage:
    """One session with its calls."""

    pane: ClassVar[str] = "session"
    state: ViewState
    key: str
    event_id: str | None = None
    """The call that the cursor begins on; None is the first."""
    at: datetime | None = None
    """When the session was active (UTC), a hint where to look first."""

    over = _with_state


@dataclass(frozen=True, slots=True)
class TranscriptPage:
    """What was typed and shown in one session."""

    pane: ClassVar[str] = "transcript"
    state: ViewState
    session: SessionFacts
    label: str
    """Who and where; safe."""
    row: Mapping[str, Value]
    """The row that it was opened from."""

    over = _with_state


@dataclass(frozen=True, slots=True)
class CallPage:
    """One call that belongs to no session."""

    pane: ClassVar[str] = "call"
    state: ViewState
    key: str

    over = _with_state


@dataclass(frozen=True, slots=True)
class NowPage:
    """The sessions that are connected at this minute."""

    pane: ClassVar[str] = "now"
    state: ViewState

    over = _with_state


@dataclass(frozen=True, slots=True)
class QueriesPage:
    """The queries that ran at the source."""

    pane: ClassVar[str] = "queries"
    state: ViewState

    over = _with_state


@dataclass(frozen=True, slots=True)
class QueryPage:
    """One query that ran at the source."""

    pane: ClassVar[str] = "query"
    state: ViewState
    run: QueryRun

    over = _with_state


@dataclass(frozen=True, slots=True)
class SqlQuestion:
    """The founding question that a view shows, for Athena's console."""

    name: ConsoleQueryName
    scope: Scope
    unit: Unit = "day"
    """Of `usage`."""


@dataclass(frozen=True, slots=True)
class SqlPage:
    """A view's question as SQL."""

    pane: ClassVar[str] = "sql"
    state: ViewState
    question: SqlQuestion

    over = _with_state
