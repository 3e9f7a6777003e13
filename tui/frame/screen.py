"""What every screen over a source can do: follow it, read it again, be left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, TypeVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.screen import Screen

from ssmtrail.tui.frame.framed import FramedScreen
from ssmtrail.tui.frame.provenance import ProvenanceLine
from ssmtrail.tui.frame.tabs import Tabs, view_bindings
from ssmtrail.tui.frame.text import running
from ssmtrail.tui.requests import Cover, Covered
from ssmtrail.tui.workers import QueryWorkers
from ssmtrail.widgets.text import safe

if TYPE_CHECKING:
    from collections.abc import Callable

    from ssmtrail.queries.model import Coverage, Scope
    from ssmtrail.queries.times import Window
    from ssmtrail.tui.context import AppContext
    from ssmtrail.tui.paid_requests import Sql
    from ssmtrail.tui.registry import ViewName


Result = TypeVar("Result")


class TrailScreen(FramedScreen):
    """A screen over a scope that follows the source; subclasses give the view and wire it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *view_bindings(),
        Binding("r", "refresh", "read again", show=False, tooltip="Read what is new in the source", id="trail.refresh"),
        Binding("x", "cancel", "cancel", show=False, tooltip="Stop reading; what arrived stays", id="trail.cancel"),
        Binding(
            "U", "unreadable", "unreadable", show=False, tooltip="Files that could not be read, and why",
            id="trail.unreadable",
        ),
        Binding(
            "Q", "sql", "SQL", show=False, tooltip="This view's question as SQL for Athena's console", id="trail.sql"
        ),
        Binding("8", "queries", "queries", tooltip="The queries that ran, what they cost", id="trail.queries"),
    ]  # fmt: skip

    @dataclass
    class CopyWanted(Message):
        """A text is to go to the clipboard; it is safe."""

        text: str

    @dataclass
    class UnreadableWanted(Message):
        """The files that could not be read are to be listed."""

        coverage: Coverage

    @dataclass
    class QueriesWanted(Message):
        """The queries that ran are to be listed."""

    @dataclass
    class SqlWanted(Message):
        """A question is to be seen as SQL."""

        question: Sql

    @dataclass
    class ReadWanted(Message):
        """The source is to be read for a window."""

        window: Window
        moved: bool = False
        """Whether only the window is another; else somebody asked for what is new."""
        again: str = ""
        """Key of a query whose days are wanted instead."""

    TOLD = (*FramedScreen.TOLD, "snapshot")
    ANSWER_COVERS: ClassVar[bool] = False
    """Whether the answer to what it asks says what is kept of the window, too."""

    def __init__(self, context: AppContext, scope: Scope, crumbs: tuple[str, ...]) -> None:
        super().__init__(context, scope, crumbs)
        self.snapshot = context.progress.snapshot if context.progress else 0

    def begin(self) -> None:
        """Say what is known already."""
        framed = self.context.framed if self.context.framed and self.context.framed[0] == self.scope.window else None
        if framed is not None:
            self.show_frame(framed[1], None)
        self._show_progress()
        if framed is None or not self.ANSWER_COVERS:
            self.context.workers.ask(self, Cover(self.scope.window))
        super().begin()

    def on_bridge_answered(self, message: QueryWorkers.Answered) -> None:
        """Show what is kept of the window."""
        if isinstance(message.result, Covered):
            self.show_frame(message.result, None)

    def on_unmount(self) -> None:
        """Want no more answers."""
        self.context.workers.forget(self)

    def content_changed(self) -> None:
        """What is kept has changed, so that questions are worth asking again."""

    def ask_ahead(self) -> None:
        """Ask for what the screen will show before it is made: both together take no longer than the slower one."""

    def open(self, screen: Screen[Result], then: Callable[[Result | None], None] | None = None) -> None:
        """Push a screen over this one; nothing waits for it, so that keys go on."""
        if self.context.spares is not None:
            screen = self.context.spares.in_place_of(screen)
        if isinstance(screen, TrailScreen):
            screen.ask_ahead()
        _ = self.app.push_screen(screen, then)
        if isinstance(screen, TrailScreen) and screen.is_spare:
            screen.begin()
            self.app.call_later(screen.get_ready)

    def leave(self) -> None:
        """Go back to the screen below."""
        # Not awaited: a screen cannot wait for its own end.
        _ = self.dismiss()

    def on_bridge_progressed(self, message: QueryWorkers.Progressed) -> None:
        """Follow the fetch."""
        message.stop()
        self._show_progress()
        if message.progress.snapshot != self.snapshot or not running(message.progress):
            self.snapshot = message.progress.snapshot
            self.content_changed()

    def catch_up(self) -> None:
        """Follow what was read while the screen was away."""
        progress = self.context.progress
        self._show_progress()
        if progress is not None and progress.snapshot != self.snapshot:
            self.snapshot = progress.snapshot
            self.content_changed()

    def on_bridge_fetch_refused(self, message: QueryWorkers.FetchRefused) -> None:
        """Say why nothing can be read."""
        message.stop()
        self._show_progress()
        self.content_changed()

    def _show_progress(self) -> None:
        line = self.query_one(ProvenanceLine)
        line.progress = self.context.progress
        line.failure = safe(self.context.failure)
        self.refresh_bindings()

    # What every screen can do

    def action_view(self, name: ViewName) -> None:
        """Leave for another view of what lies below."""
        below = self.app.screen_stack[-2]
        self.leave()
        if isinstance(below, TrailScreen):
            below.action_view(name)

    def on_tabs_chosen(self, message: Tabs.Chosen) -> None:
        """See the view whose name was clicked."""
        message.stop()
        if self.check_action("view", (message.name,)):
            self.action_view(message.name)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what makes sense now."""
        if action == "cancel":
            return self.context.workers.fetching
        if action == "refresh":
            return not self.context.workers.fetching
        if action == "queries":
            return self.context.pays
        if action == "unreadable":
            return bool(self.coverage and self.coverage.unreadable)
        return super().check_action(action, parameters)

    def action_refresh(self) -> None:
        """Read what is new."""
        self.context.failure = ""
        self.post_message(self.ReadWanted(self.scope.window))
        self._show_progress()

    def action_cancel(self) -> None:
        """Stop reading."""
        self.context.workers.cancel_fetch()

    def action_queries(self) -> None:
        """List the queries that ran."""
        self.post_message(self.QueriesWanted())

    @property
    def sql_question(self) -> Sql:
        """The console query that belongs to what is seen."""
        from ssmtrail.tui.paid_requests import Sql

        return Sql("calls", self.scope)

    def action_sql(self) -> None:
        """See it as SQL."""
        self.post_message(self.SqlWanted(self.sql_question))

    def action_unreadable(self) -> None:
        """List the files that could not be read."""
        if self.coverage:
            self.post_message(self.UnreadableWanted(self.coverage))
