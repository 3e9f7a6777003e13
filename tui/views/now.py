"""Who is connected at this minute, asked again while it is shown: the one live view."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count as counter
from typing import TYPE_CHECKING, Final

from textual.widgets import Static

from ssmtrail.queries.errors import Cancelled, TrailError, UsageError
from ssmtrail.tui.frame.lists_text import Record, machine_label, person_cell
from ssmtrail.tui.frame.pane import Pane
from ssmtrail.tui.pages import NowPage, SessionPage
from ssmtrail.tui.query import Covered, Found, Query
from ssmtrail.tui.text import plural
from ssmtrail.tui.views.sessions import kind_cell
from ssmtrail.widgets.table import RowsTable, TableRow
from ssmtrail.widgets.table_layout import Column
from ssmtrail.widgets.text import safe

if TYPE_CHECKING:
    from threading import Event

    from textual.app import ComposeResult

    from ssmtrail.queries.model import Connected, ConnectedSession
    from ssmtrail.queries.trail import Trail
    from ssmtrail.tui.context import AppContext
    from ssmtrail.tui.frame.pane import Host
    from ssmtrail.widgets.table import Cell

#: Seconds between two times that Session Manager is asked while the view is shown.
PACE: Final = 15.0
_COLUMNS: Final = (
    Column("since", "Since", 15),
    Column("person", "Person", 18, flex=2, max_width=40),
    Column("machine", "Machine", 14, flex=2, max_width=40),
    Column("kind", "Kind", 9),
    Column("from", "From", 15, priority=2),
    Column("account", "Account", 12, priority=3),
    Column("region", "Region", 14, priority=3),
    Column("session", "Session", 12, flex=1, priority=4, shorten="middle"),
)
_WARNING: Final = "Connected is the client: it does not prove that the person is there."
_tokens: Final = counter(1)


@dataclass(frozen=True, slots=True)
class Seen:
    """What Session Manager said, or why it could not be asked."""

    connected: Connected | None
    refusal: str = ""
    """A sentence; may be hostile."""
    for_good: bool = False
    """Whether asking again does not help."""


class NowPane(Pane[NowPage, Seen]):
    """The sessions that are connected, the latest begun first; Enter opens one that the records have."""

    SCOPED = False

    def __init__(self, context: AppContext, host: Host) -> None:
        super().__init__(context, host)
        self.seen = Seen(None)
        self._view: NowPage | None = None
        self._title = Static(id="title", markup=False)
        self.table = RowsTable(_COLUMNS, ascii_only=context.signs.ascii_only, id="list")
        self._why = Static(id="why", markup=False)

    def compose(self) -> ComposeResult:
        """How many, who, and what it does not prove."""
        yield self._title
        yield self.table
        yield self._why

    def on_mount(self) -> None:
        """Ask again while the view is shown."""
        self.set_interval(PACE, self.follow)

    @property
    def focus_target(self) -> RowsTable:
        """The table."""
        return self.table

    def question_for(self, view: NowPage, *, fresh: bool) -> Query[Found[Seen]]:
        """Who is connected."""

        def run(trail: Trail, cancelled: Event) -> Found[Seen]:
            covered = Covered(trail.source_label, trail.coverage(view.state.scope.window))
            return Found(_seen(trail, cancelled), covered)

        return Query("view", run)

    def show(self, view: NowPage, found: Found[Seen], *, fresh: bool) -> None:
        """Show who is connected; the cursor stays on its session."""
        self._view = view
        self._show(found.value, None if fresh else self.table.cursor_key)

    def save(self) -> tuple[Seen, str | None]:
        """What was seen, with the cursor."""
        return self.seen, self.table.cursor_key

    def restore(self, view: NowPage, saved: tuple[Seen, str | None]) -> None:
        """Show what was saved; it is asked again soon."""
        self._view = view
        self._show(*saved)

    def follow(self) -> None:
        """Ask again, where the view is seen and asking can help."""
        if self.display and self.screen.is_current and not self.seen.for_good:
            self.host.ask(Query("now", _seen), self._take)

    def _take(self, seen: Seen) -> None:
        if self.display:
            self._show(seen, self.table.cursor_key)

    def _show(self, seen: Seen, key: str | None) -> None:
        self.seen, token = seen, next(_tokens)
        rows = [self._row(each) for each in seen.connected.sessions] if seen.connected else []
        keys = [row.key for row in rows]
        self._title.update(self._summary(seen))
        self.table.show(token, len(rows), cursor=keys.index(key) if key in keys else 0, keep_scroll=True)
        self.table.put_rows(token, 0, rows)
        notes = [f"not asked: {safe(note)}" for note in seen.connected.notes] if seen.connected else []
        self._why.update("\n".join((*((_WARNING,) if rows else ()), *notes)))

    def _summary(self, seen: Seen) -> str:
        if seen.connected is None:
            return safe(seen.refusal)
        found = seen.connected
        return (
            f"{plural(len(found.sessions), 'session')} connected at {self.host.clock.time(found.at)} "
            f"{self.host.clock.suffix(found.at)} in {plural(found.regions, 'region')}; asked every {PACE:.0f} s"
        )

    def _row(self, session: ConnectedSession) -> TableRow:
        clock, signs = self.host.clock, self.context.signs
        record = Record.of(session.columns, session.row) if session.row else None
        owner = session.owner.rpartition(":")[2]
        started = (record and record.time("started_at")) or session.started_at
        cells: dict[str, Cell] = {
            "since": clock.row(started) if started else "",
            "person": person_cell(record) if record else (safe(owner), "muted"),
            "machine": machine_label(record) if record else safe(session.target or ""),
            "kind": kind_cell(record, signs) if record else (safe(session.document), "muted"),
            "from": safe((record and record.text("source_ip")) or ""),
            "account": session.account,
            "region": session.region,
            "session": safe(session.session_id),
        }
        return TableRow(session.session_id, cells)

    def on_rows_table_page_wanted(self, message: RowsTable.PageWanted) -> None:
        """Do nothing: the table has all rows."""
        message.stop()

    def on_rows_table_row_opened(self, message: RowsTable.RowOpened) -> None:
        """Open the session, where the records have it."""
        message.stop()
        sessions = self.seen.connected.sessions if self.seen.connected else ()
        found = next((each for each in sessions if each.session_id == self.table.cursor_key), None)
        if found is None or self._view is None:
            return
        if not found.row:
            self.host.say("CloudTrail's call of this session was not read: Session Manager knows no more than this")
            return
        record = Record.of(found.columns, found.row)
        page = SessionPage(self._view.state, record.text("key") or "", at=record.time("at"))
        self.host.open(page, self.context.signs.more)


def _seen(trail: Trail, cancelled: Event) -> Seen:
    try:
        return Seen(trail.connected(cancelled))
    except Cancelled:
        raise
    except UsageError as error:
        return Seen(None, str(error), for_good=True)
    except TrailError as error:
        return Seen(None, str(error))
