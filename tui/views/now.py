"""Who is connected at this minute, asked again while it is shown: the one live view."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ssmtrail.queries.errors import Cancelled, TrailError, UsageError
from ssmtrail.tui.frame.followed import FollowedPane
from ssmtrail.tui.frame.lists_text import Record, machine_label, person_cell
from ssmtrail.tui.pages import NowPage, SessionPage
from ssmtrail.tui.text import plural
from ssmtrail.tui.views.sessions import kind_cell
from ssmtrail.widgets.table import TableRow
from ssmtrail.widgets.table_layout import Column
from ssmtrail.widgets.text import safe

if TYPE_CHECKING:
    from collections.abc import Sequence
    from threading import Event

    from ssmtrail.queries.model import Connected, ConnectedSession
    from ssmtrail.queries.trail import Trail
    from ssmtrail.widgets.table import Cell, RowsTable

#: Seconds between two times that Session Manager is asked while the view is shown.
PACE: Final = 15.0
_COLUMNS: Final = (
    Column("since", "Since", 15),
    Column("person", "Person", 18, flex=2, max_width=40),
    Column("machine", "Machine", 14, flex=2, max_width=40),
    Column("kind", "Kind", 11),
    Column("from", "From", 15, priority=2),
    Column("account", "Account", 12, priority=3),
    Column("region", "Region", 14, priority=3),
    Column("session", "Session", 12, flex=1, priority=4, shorten="middle"),
)
_WARNING: Final = "Connected is the client: it does not prove that the person is there."


@dataclass(frozen=True, slots=True)
class Seen:
    """What Session Manager said, or why it could not be asked."""

    connected: Connected | None
    refusal: str = ""
    """A sentence; may be hostile."""
    for_good: bool = False
    """Whether asking again does not help."""


class NowPane(FollowedPane[NowPage, Seen]):
    """The sessions that are connected, the latest begun first; Enter opens one that the records have."""

    COLUMNS = _COLUMNS

    @property
    def pace(self) -> float:
        """Session Manager allows few requests."""
        return PACE

    def is_live(self, seen: Seen | None) -> bool:
        """Unless asking cannot help."""
        return seen is None or not seen.for_good

    def is_failure(self, seen: Seen) -> bool:
        """Where AWS refused."""
        return seen.connected is None

    def ask_trail(self, trail: Trail, cancelled: Event) -> Seen:
        """Who is connected."""
        try:
            return Seen(trail.connected(cancelled))
        except Cancelled:
            raise
        except UsageError as error:
            return Seen(None, str(error), for_good=True)
        except TrailError as error:
            return Seen(None, str(error))

    def rows(self, seen: Seen) -> Sequence[TableRow]:
        """One row a session."""
        return [self._row(each) for each in seen.connected.sessions] if seen.connected else []

    def explain(self) -> None:
        """What being connected does not prove, and who was not asked."""
        connected = self.seen.connected if self.seen else None
        notes = [f"not asked: {safe(note)}" for note in connected.notes] if connected else []
        self.note.update("\n".join((*((_WARNING,) if connected and connected.sessions else ()), *notes)))

    def summary(self, seen: Seen) -> str:
        """How many there are, and when that was; or why it is not known."""
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

    def on_rows_table_row_opened(self, message: RowsTable.RowOpened) -> None:
        """Open the session, where the records have it."""
        message.stop()
        connected = self.seen.connected if self.seen else None
        sessions = connected.sessions if connected else ()
        found = next((each for each in sessions if each.session_id == self.table.cursor_key), None)
        if found is None or self.view is None:
            return
        if not found.row:
            self.host.say("CloudTrail's call of this session was not read: Session Manager knows no more than this")
            return
        record = Record.of(found.columns, found.row)
        page = SessionPage(self.view.state, record.text("key") or "", at=record.time("at"))
        self.host.open(page, self.context.signs.more)
