"""The engine that answers a trail's questions, and what is made in it before they are asked."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from ssmtrail.queries.counts import heat_of, matrix_of, usage_of
from ssmtrail.queries.engine import connect, pack
from ssmtrail.queries.filters import Filter
from ssmtrail.queries.first_page import COLUMNS, FIRST_ROWS
from ssmtrail.queries.lists import answer, counted_rows
from ssmtrail.queries.model import Question, Scope
from ssmtrail.queries.naming import make_machines
from ssmtrail.queries.proving import NOT_CHECKED
from ssmtrail.queries.relations import PREPARED
from ssmtrail.queries.sql_text import statement
from ssmtrail.queries.times import Window

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from duckdb import DuckDBPyConnection

    from ssmtrail.queries.inventory import Inventory
    from ssmtrail.queries.model import Measure, Row, Totals
    from ssmtrail.queries.policy.access import Policy
    from ssmtrail.queries.snapshot import Snapshot
    from ssmtrail.queries.store.overlay import OpenedStore
    from ssmtrail.queries.times import Unit
    from ssmtrail.queries.trust import Trust
    from ssmtrail.queries.views import Heat

#: For questions, and for joining while reading; more spills to disk.
_MEMORY: Final = "2GB"


def heat_view(snapshot: Snapshot, cursor: DuckDBPyConnection, scope: Scope, measure: Measure) -> Heat:
    """Usage by weekday and hour; kept with the snapshot."""
    return snapshot.index.view("heat", (scope, measure), lambda: heat_of(snapshot, cursor, scope, measure))


def prepare_views(snapshot: Snapshot, cursor: DuckDBPyConnection) -> None:
    """Make what the first counting views need."""
    whole = Scope(Window(), Filter())
    for name in PREPARED:
        snapshot.index.summed(snapshot, cursor, name, whole)
    counted_rows(snapshot, cursor, Question("pairs", whole))
    matrix_of(snapshot, cursor, whole, "sessions", "most", turned=False)
    heat_view(snapshot, cursor, whole, "sessions")
    units: tuple[Unit, ...] = ("day", "week", "month")
    for unit in units:
        wanted = (whole, "sessions", unit, "kind")
        snapshot.index.view("usage", wanted, partial(usage_of, snapshot, cursor, whole, "sessions", unit, "kind"))
    pack(cursor)


def first_page_of(snapshot: Snapshot, cursor: DuckDBPyConnection) -> tuple[tuple[str, ...], Totals, tuple[Row, ...]]:
    """The segments of a snapshot, and the totals and first rows of all its sessions."""
    found = answer(cursor, snapshot, Question("sessions", Scope(Window(), Filter())), cursor)
    try:
        return snapshot.derived.segments, found.totals, found.page(0, FIRST_ROWS, COLUMNS)
    finally:
        found.close()


def accepted_findings(policy: Policy | None, now: datetime) -> tuple[str, ...]:
    """The ids of findings that a policy accepts at this moment."""
    accepts = policy.accepts if policy else ()
    return tuple(each.finding for each in accepts if each.finding and each.until > now)


def answering_engine(
    scratch: Path, store: OpenedStore, inventory: Inventory | None, trust: Trust, judging: str
) -> DuckDBPyConnection:
    """The engine that answers, with the tables and macros that there are beside what is kept."""
    connection = connect(scratch, store=store.root, kept=store.kept, memory=_MEMORY, trust=trust)
    connection.execute(judging)
    connection.execute(NOT_CHECKED)
    connection.execute(statement("dictionary"))
    make_machines(connection, inventory)
    return connection
