"""`FollowedPane`: a table of a few rows that is asked for again and again while it is shown."""

from __future__ import annotations

from itertools import count as counter
from typing import TYPE_CHECKING, ClassVar, Final, TypeVar

from textual.widgets import Static

from ssmtrail.tui.frame.pane import Pane
from ssmtrail.tui.frame.refresher import Refresher
from ssmtrail.tui.query import Covered, Found, Query
from ssmtrail.tui.view_state import View
from ssmtrail.widgets.table import RowsTable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from threading import Event

    from textual.app import ComposeResult

    from ssmtrail.queries.trail import Trail
    from ssmtrail.tui.context import AppContext
    from ssmtrail.tui.frame.pane import Host
    from ssmtrail.widgets.table import TableRow
    from ssmtrail.widgets.table_layout import Column

_tokens: Final = counter(1)
V = TypeVar("V", bound=View)
T = TypeVar("T")


class FollowedPane(Pane[V, T]):
    """Subclasses say what is asked, how often, and what its rows are; the cursor stays on its row."""

    SCOPED = False
    COLUMNS: ClassVar[Sequence[Column]]

    # What subclasses say

    @property
    def pace(self) -> float:
        """Seconds between two times that it is asked."""
        raise NotImplementedError

    def is_live(self, seen: T | None) -> bool:
        """Whether asking again can show something new."""
        raise NotImplementedError

    def is_failure(self, seen: T) -> bool:
        """Whether it could not be asked: then it is asked later and later."""
        return False

    def ask_trail(self, trail: Trail, cancelled: Event) -> T:
        """What is shown. Blocks, in a worker."""
        raise NotImplementedError

    def summary(self, seen: T) -> str:
        """The line above the table; safe."""
        raise NotImplementedError

    def rows(self, seen: T) -> Sequence[TableRow]:
        """The rows."""
        raise NotImplementedError

    def explain(self) -> None:
        """Write `note`, below the table; called when the answer is new."""
        raise NotImplementedError

    # The pane

    def __init__(self, context: AppContext, host: Host) -> None:
        super().__init__(context, host)
        self.seen: T | None = None
        self.view: V | None = None
        self.heading = Static(id="title", markup=False)
        self.table = RowsTable(self.COLUMNS, ascii_only=context.signs.ascii_only, id="list")
        self.note = Static(id="why", markup=False)
        self._refresher = Refresher(self, self._may_ask, self.follow)

    def compose(self) -> ComposeResult:
        """The summary, the table, the note."""
        yield self.heading
        yield self.table
        yield self.note

    def on_mount(self) -> None:
        """Ask again while it is shown."""
        self._refresher.start(self.pace)

    @property
    def focus_target(self) -> RowsTable:
        """The table."""
        return self.table

    def question_for(self, view: V, *, fresh: bool) -> Query[Found[T]]:
        """What is shown, with the days of the window."""

        def run(trail: Trail, cancelled: Event) -> Found[T]:
            covered = Covered(trail.source_label, trail.coverage(view.state.scope.window))
            return Found(self.ask_trail(trail, cancelled), covered)

        return Query("view", run)

    def show(self, view: V, found: Found[T], *, fresh: bool) -> None:
        """Show an answer; the cursor stays on its row unless `fresh`."""
        self.view = view
        self._show(found.value, None if fresh else self.table.cursor_key)

    def save(self) -> tuple[T | None, str | None]:
        """What was seen, with the cursor."""
        return self.seen, self.table.cursor_key

    def restore(self, view: V, saved: tuple[T, str | None]) -> None:
        """Show what was saved; it is asked again soon."""
        self.view = view
        self._show(*saved)

    def _may_ask(self) -> bool:
        """Where the view is seen and asking can help."""
        return self.display and self.screen.is_current and self.is_live(self.seen)

    def follow(self) -> None:
        """Ask again."""
        if self._may_ask():
            self.host.ask(Query(f"followed {type(self).__name__}", self.ask_trail), self.take, self._refused)

    def take(self, seen: T) -> None:
        """Show a newer answer, if the view is still seen."""
        (self._refresher.failed if self.is_failure(seen) else self._refresher.done)(self.pace)
        if self.display:
            self._show(seen, self.table.cursor_key)

    def _refused(self, sentence: str) -> None:
        self._refresher.failed(self.pace)
        self.host.say(sentence, "$text-error")

    def _show(self, seen: T, key: str | None) -> None:
        self.seen, token = seen, next(_tokens)
        rows = self.rows(seen)
        keys = [row.key for row in rows]
        self.heading.update(self.summary(seen))
        self.table.show(token, len(rows), cursor=keys.index(key) if key in keys else 0, keep_scroll=True)
        self.table.put_rows(token, 0, rows)
        self.explain()

    def on_rows_table_page_wanted(self, message: RowsTable.PageWanted) -> None:
        """Do nothing: the table has all rows."""
        message.stop()
