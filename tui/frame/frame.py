"""The one screen over a source: header, days and tabs, the stack of views, progress, keys."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from inspect import isawaitable
from typing import TYPE_CHECKING, ClassVar, Final

from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message

from ssmtrail.queries.errors import TrailError, UsageError
from ssmtrail.queries.times import Window
from ssmtrail.tui.frame.chrome import Chrome, Tabs, view_bindings
from ssmtrail.tui.frame.command_line import COMMAND_KEYS, CommandLine
from ssmtrail.tui.frame.commands import commands_of
from ssmtrail.tui.frame.following import Following
from ssmtrail.tui.frame.keys import TYPING, KeyLine
from ssmtrail.tui.frame.stack import ViewStack
from ssmtrail.tui.frame.text import error_text, running
from ssmtrail.tui.frame.typed_commands import TypedCommands
from ssmtrail.tui.list_view import ListView
from ssmtrail.tui.pages import NowPage, QueriesPage, SqlPage
from ssmtrail.tui.registry import PANES
from ssmtrail.tui.terminal.screen import TerminalScreen
from ssmtrail.tui.view_state import ViewState
from ssmtrail.tui.workers import Debounce
from ssmtrail.widgets.text import safe

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from textual.app import ComposeResult

    from ssmtrail.tui.context import AppContext
    from ssmtrail.tui.frame.commands import Command
    from ssmtrail.tui.frame.keys import Key
    from ssmtrail.tui.saved_views import SavedView
    from ssmtrail.tui.view_state import View
    from ssmtrail.widgets.day_strip import DayStrip

#: Columns from which there is room for more than the narrow arrangement.
_WIDE: Final = 120
#: Seconds between two looks at whether another day has begun.
_DAYS: Final = 60.0
#: A view that is seen for so long, seconds, is where the next start begins.
KEEP_REST: Final = 0.5
#: Seconds between two panes that are made before they are wanted: 20 ms of work each.
PANE_REST: Final = 0.15


def _stack_bindings() -> list[BindingType]:
    """The keys of the stack of views, for when the strip of days has the focus."""
    bindings = [binding for binding in ViewStack.BINDINGS if isinstance(binding, Binding)]
    return [replace(binding, action=f"on_stack({binding.action!r})") for binding in bindings]


class Frame(TerminalScreen[None]):
    """Keys that work on every view."""

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (_WIDE, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-low"), (44, "-tall")]
    AUTO_FOCUS = ""  # the stack focuses the pane that it shows
    FOCUS_ON_CLICK = False  # a click beside the view leaves the keys where they are

    BINDINGS: ClassVar[list[BindingType]] = [
        *view_bindings(),
        *_stack_bindings(),
        Binding("8", "queries", "queries", tooltip="The queries that ran, what they cost", id="go.queries"),
        Binding(
            "r",
            "refresh",
            "read again",
            show=False,
            tooltip="Read what is new in the source",
            id="take.refresh",
        ),
        Binding(
            "L",
            "follow",
            "follow",
            show=False,
            tooltip="Follow the source: read what is new by itself, or no more",
            id="take.follow",
        ),
        Binding(
            "x",
            "cancel",
            "cancel",
            show=False,
            tooltip="Stop reading; what arrived stays",
            id="take.cancel",
        ),
        Binding(
            "U",
            "unreadable",
            "unreadable",
            show=False,
            tooltip="Files that could not be read or hold no records",
            id="look.unreadable",
        ),
        Binding(
            "W",
            "now",
            "on now",
            show=False,
            tooltip="Who is connected at this minute, asked every 15 s",
            id="go.now",
        ),
        Binding(
            "colon",
            "command",
            "command",
            key_display=":",
            show=False,
            tooltip="Type a command; Tab completes it",
            id="app.command",
        ),
        Binding(
            "ctrl+s",
            "save_view",
            "save view",
            show=False,
            tooltip="Name what is seen, to open it again",
            id="app.save-view",
        ),
        Binding("V", "views", "views", show=False, tooltip="Open a saved view", id="go.views"),
        Binding(
            "Q",
            "sql",
            "SQL",
            show=False,
            tooltip="This view's question as SQL for Athena's console",
            id="take.sql",
        ),
    ]

    def __init__(self, context: AppContext, view: View) -> None:
        super().__init__()
        self.context = context
        self.chrome = Chrome(context, view.state.scope, lambda: self.app.size.width < _WIDE)
        self.key_line = KeyLine()
        self._prepared = False
        self._today = context.now().date()
        self._kept: SavedView | None = None
        self._keep = Debounce(self, KEEP_REST, self.keep_view)
        if context.framed is not None and context.framed[0] == view.state.scope.window:
            self.chrome.show(view.state.scope, context.framed[1], None, "sessions")
        self.stack = ViewStack(context, self.chrome, view)
        self.doer = TypedCommands(self.stack, context, self._choose_theme, self._open_named)
        self.command_line = CommandLine(self.doer, context.commands)
        self.following = Following(self, self.stack, context, lambda: self.is_current, self._show_following)

    def compose(self) -> ComposeResult:
        """The lines around the views."""
        yield self.chrome.header
        with Vertical(id="status"):
            yield self.chrome.status
        yield self.stack
        yield self.command_line
        yield self.chrome.line
        yield self.key_line

    def on_mount(self) -> None:
        """Show what is known, and another day's coverage once it begins."""
        self.chrome.show_progress()
        self.set_interval(_DAYS, self._look_at_the_clock)

    def _look_at_the_clock(self) -> None:
        """Midnight has passed: what was open is over, and a window such as the last 7 days ends today."""
        if (today := self.context.now().date()) != self._today:
            self._today = today
            self._keep_up()
            self.stack.content_changed()

    def on_screen_resume(self) -> None:
        """Take the answers that came before the screen was current."""
        self.stack.collect()

    def on_resize(self) -> None:
        """Share lines out anew."""
        self.chrome.status.fit(narrow=self.chrome.narrow)

    def on_day_strip_day_highlighted(self, message: DayStrip.DayHighlighted) -> None:
        """Describe the day where the strip has no room to."""
        message.stop()
        self.chrome.say_day(message.day)

    def on_tabs_chosen(self, message: Tabs.Chosen) -> None:
        """See the view whose name was clicked."""
        message.stop()
        self.action_view(message.name)

    # Saved views

    @dataclass
    class SavedViewChosen(Message):
        """A saved view of another source is wanted."""

        view: SavedView

    def on_view_stack_settled(self, message: ViewStack.Settled) -> None:
        """Keep what is seen, once it is looked at."""
        message.stop()
        if self.context.views is not None:
            self._keep.trigger()

    def keep_view(self, *, at_once: bool = False) -> None:
        """Remember what is seen for the next start."""
        files, view = self.context.views, self.seen("last")
        if files is None or self.stack.refused or view == self._kept:
            return
        self._kept = view
        if at_once:
            files.leave(view)
        else:  # a home folder on a slow disk is no reason to wait
            _ = self.run_worker(partial(files.leave, view), name="keep", group="keep", thread=True)

    def seen(self, name: str) -> SavedView:
        """What is seen, as a view of this name; of a page within a scope the list that it belongs to."""
        from ssmtrail.tui.saved_views import SavedView

        view = self.stack.kept_view
        scope, measure = view.state.scope, view.state.measure
        columns = self.context.columns.of(view.name) if isinstance(view, ListView) else ()
        return SavedView.of(name, self.context.source, view.pane, scope, measure, view.arrangement(), columns)

    def can_save_view(self) -> bool | None:
        """Where a window is looked at."""
        if self.context.views is None:
            return False
        return True if self.stack.pane.SCOPED else None

    def action_save_view(self) -> None:
        """Name what is seen."""
        from ssmtrail.tui.frame.saved import SaveViewScreen

        assert self.context.views is not None

        def saved(view: SavedView | None) -> None:
            if view is not None:
                self.stack.say(f"saved as {view.name}  (V opens it, also ssmtrail open)")

        self.stack.dialog(SaveViewScreen(self.seen(""), self.context.views, self.context.now), saved)

    def can_views(self) -> bool:
        """Where views are saved."""
        return self.context.views is not None

    def action_views(self) -> None:
        """List the saved views."""
        from ssmtrail.tui.frame.saved import ViewsScreen

        assert self.context.views is not None
        try:
            views = self.context.views.views()
        except UsageError as error:
            self.stack.say(error_text(error), "$text-error")
            return
        self.stack.dialog(ViewsScreen(views, self.context.source, str(self.context.views.path)), self._open_saved)

    def _open_saved(self, saved: SavedView | None) -> None:
        from ssmtrail.tui.frame.saved import opened
        from ssmtrail.tui.source_words import same_source

        if saved is None:
            return
        if not same_source(saved.source, self.context.source):
            self.post_message(self.SavedViewChosen(saved))
            return
        try:
            scope = saved.scope(self.context.now(), self.stack.scope.zone)
            view = opened(saved, ViewState.into(scope, saved.measure), self.context.columns)
            self.stack.open(view, safe(saved.name))
        except UsageError as error:
            self.stack.say(error_text(error), "$text-error")
        else:
            self.stack.read(scope.window, moved=True)

    def _open_named(self, name: str) -> None:
        if self.context.views is None:
            raise UsageError("No views are saved here.")
        self._open_saved(self.context.views.named(name))

    # Commands

    @property
    def commands(self) -> Mapping[str, Command]:
        """What can be done here, by the words for it."""
        return commands_of(self, self.doer)

    def action_command(self) -> None:
        """Type a command."""
        self.type_command("")

    def type_command(self, text: str, error: str = "") -> None:
        """Type a command that begins with this text; `error` is what was wrong with it."""
        commands = self.commands  # before the line has the keys: those of the view count
        self.stack.typed_elsewhere = True
        self.command_line.begin(commands, text, error)

    def _end_command(self) -> None:
        self.stack.typed_elsewhere = False
        self.stack.drop("values")
        self.chrome.say("")
        self.command_line.end()
        self.stack.take_keys()

    async def on_command_line_entered(self, message: CommandLine.Entered) -> None:
        """Do what the command says; where it cannot be done, it stays to be mended."""
        message.stop()
        self._end_command()
        command = message.command
        try:
            done = self.doer.do(command.word, message.words) if message.words or not command.run else command.run()
            if isawaitable(done):
                await done
        except TrailError as error:
            self.type_command(message.text, error_text(error))
        else:
            if self.context.views is not None:
                self._keep.trigger()  # other columns are no other answer

    def on_command_line_left(self, message: CommandLine.Left) -> None:
        """Do nothing."""
        message.stop()
        self._end_command()

    def on_command_line_offered(self, message: CommandLine.Offered) -> None:
        """Say what Tab goes through."""
        message.stop()
        if self.command_line.is_typing:
            self.chrome.say(message.text)

    def on_command_line_wanted(self, message: CommandLine.Wanted) -> None:
        """Look up the values that the last word can have."""
        from ssmtrail.tui.frame.filter_values import values_query  # not needed before a command is typed

        message.stop()
        value, text = message.value, self.command_line.bar.text

        def offer(found: tuple[tuple[str, int], ...]) -> None:
            if self.command_line.is_typing and self.command_line.bar.text == text:
                self.command_line.offer_values(value, found)

        self.stack.ask(values_query(value, self.stack.scope, self.stack.view), offer, lambda _: None)

    def on_descendant_focus(self) -> None:
        """A click beside the command line leaves it; the keys may be in the line again, where it had a mistake."""
        focused = self.focused
        if self.command_line.is_typing and focused is not None and self.command_line not in focused.ancestors:
            self.stack.typed_elsewhere = False
            self.command_line.end()

    def _choose_theme(self, name: str) -> object:
        return self.app.run_action(f"app.choose_theme({name!r})")

    @property
    def typing_keys(self) -> Sequence[Key]:
        """The keys of the last line while a text is typed."""
        if self.command_line.is_typing:
            return COMMAND_KEYS
        return self.stack.pane.typing_keys or TYPING

    def progressed(self) -> None:
        """Show how far a fetch is; ask for the view again when there is more to see."""
        self.chrome.show_progress()
        self.refresh_bindings()
        progress = self.context.progress
        if progress is None or progress.snapshot != self.stack.snapshot or not running(progress):
            self._keep_up()
            self.stack.content_changed()

    def _keep_up(self) -> None:
        """Let a window such as the last 12 hours end now while the source is followed."""
        state, window = self.stack.state, self.stack.scope.window
        if not (self.following.is_on and window.moving and self.stack.pane.SCOPED):
            return
        now = Window.parse(window.moving, None, self.context.now(), self.stack.scope.zone)
        if now != window:
            self.stack.see(state.windowed(now))

    def prepare(self) -> None:
        """Make the panes one after the other, with rests between, so that none has to be made when it is wanted."""
        if self._prepared:
            return
        self._prepared = True
        names = iter(PANES)

        def make_next() -> None:
            name = next(names, None)
            if name is not None and self.is_attached:
                self.stack.prepare(name)
                self.set_timer(PANE_REST, make_next)

        self.set_timer(PANE_REST, make_next)

    # Keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whether an action can be done now, by its `can_` method."""
        if action == "on_stack":
            return self.stack.check_action(str(parameters[0]).partition("(")[0], ())
        can = getattr(self, f"can_{action}", None)
        return True if can is None else can()

    async def action_on_stack(self, action: str) -> None:
        """Do what a key of the stack does."""
        _ = await self.app.run_action(action, self.stack)

    def action_view(self, name: str) -> None:
        """See the same through another view."""
        self.stack.switch(name)

    def can_queries(self) -> bool:
        """Where the source is read by queries."""
        return self.context.has_queries and self.stack.view.pane not in ("queries", "query")

    def action_queries(self) -> None:
        """List the queries that ran."""
        self.stack.open(QueriesPage(self.stack.state), "queries")

    def can_now(self) -> bool:
        """But for the view itself."""
        return self.stack.view.pane != "now"

    def action_now(self) -> None:
        """See who is connected at this minute."""
        self.stack.open(NowPage(self.stack.state), "on now")

    def can_refresh(self) -> bool:
        """While nothing is read."""
        return not self.context.workers.fetching

    def action_refresh(self) -> None:
        """Read what is new."""
        self.context.failure = ""
        self.stack.read(self.stack.scope.window)
        self.chrome.show_progress()

    def can_follow(self) -> bool:
        """Where the source can have more later."""
        return self.context.grows

    def action_follow(self) -> None:
        """Read what is new by itself, or no more."""
        if self.following.is_on:
            self.following.stop()
            self.stack.say("follows no more")
            return
        self.following.start()
        window = self.stack.scope.window
        if window.end is not None and not window.moving and window.end <= self.context.now():
            self.stack.say("follows, but this window is over: nothing new belongs to it  (w)", "$text-warning")

    def on_view_stack_rows_arrived(self, message: ViewStack.RowsArrived) -> None:
        """Say how many rows are new, with the bell where it is wanted."""
        message.stop()
        settings = self.context.settings
        if self.following.arrived(message.rows) and settings is not None and settings.bell:
            self.app.bell()

    def _show_following(self) -> None:
        self.chrome.show_following(self.following.state)

    def can_cancel(self) -> bool:
        """While something is read."""
        return self.context.workers.fetching

    def action_cancel(self) -> None:
        """Stop reading."""
        self.context.workers.cancel_fetch()

    def can_unreadable(self) -> bool:
        """Where a file could not be read, is odd or holds no records."""
        found = self.chrome.coverage
        return found is not None and bool(found.unreadable or found.notes or found.others or found.parts)

    def action_unreadable(self) -> None:
        """List the files that could not be read, are odd or hold no records."""
        from ssmtrail.tui.frame.dialogs import UnreadableScreen

        if self.chrome.coverage is not None:
            self.stack.dialog(UnreadableScreen(self.chrome.coverage, self.context.signs, self.context.now().date()))

    def can_sql(self) -> bool:
        """But for what is SQL already."""
        return self.stack.view.pane not in ("sql", "now", "queries", "query")

    def action_sql(self) -> None:
        """See the view's question as SQL."""
        question = self.stack.pane.sql(self.stack.scope)
        self.stack.open(SqlPage(self.stack.state, question), "SQL")
