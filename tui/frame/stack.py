"""The stack of views: the filter line, the levels that were drilled into, and the pane that is shown."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from time import monotonic
from typing import TYPE_CHECKING, Any, ClassVar, Final, TypeVar, cast

from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.message import Message

from ssmtrail.queries.errors import UsageError
from ssmtrail.tui.frame.copying import copied_words
from ssmtrail.tui.frame.empty_text import Circumstances, Emptiness
from ssmtrail.tui.frame.filter_line import FilterLine
from ssmtrail.tui.frame.note import Note, find_offer
from ssmtrail.tui.frame.related_keys import RelatedKeys
from ssmtrail.tui.frame.text import running, window_text
from ssmtrail.tui.list_view import ListView
from ssmtrail.tui.pages import MachinePage, PersonPage
from ssmtrail.tui.query import Query
from ssmtrail.tui.registry import TITLES, pane_class
from ssmtrail.tui.view_state import ViewState
from ssmtrail.tui.workers import Answers, Debounce, Throttle
from ssmtrail.widgets.text import safe

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from textual import events
    from textual.app import ComposeResult
    from textual.screen import Screen

    from ssmtrail.queries.model import Coverage, Measure, Scope
    from ssmtrail.queries.times import Window
    from ssmtrail.queries.views import PersonId
    from ssmtrail.tui.context import AppContext
    from ssmtrail.tui.frame.chrome import Chrome
    from ssmtrail.tui.frame.filter_line import ValueWanted
    from ssmtrail.tui.frame.note import Offer
    from ssmtrail.tui.frame.pane import Pane
    from ssmtrail.tui.query import Found
    from ssmtrail.tui.text import Clock
    from ssmtrail.tui.view_state import TabView, View
    from ssmtrail.widgets.filter_bar import FilterBar

T = TypeVar("T")
R = TypeVar("R")

#: Seconds that the former view stays on the screen while the answer for the next one has not come.
PATIENCE: Final = 0.2
#: Seconds that keys of a pane wait for its first answer.
KEY_PATIENCE: Final = 2.0
#: Seconds between two questions asked because more files were read.
REASK: Final = 0.5
#: Slots of what is asked while a filter is typed.
_TYPED: Final = ("count", "values")


@dataclass(slots=True)
class Saved:
    """A view as it was left: what its pane needs to show it again."""

    view: View
    found: Found[Any]
    snapshot: int
    content: object


@dataclass(slots=True, eq=False)
class Level:
    """One depth: up to six views of the same state, or one page."""

    view: View
    labels: tuple[str, ...] = ()
    """What was opened, for the path; the first level has none."""
    saved: dict[str, Saved] = field(default_factory=dict)
    """By the view's name."""


@dataclass(slots=True)
class _Shown:
    """What the panes show now."""

    level: Level
    view: View
    pane: Pane[Any, Any]
    found: Found[Any]
    snapshot: int


def _asked(state: ViewState) -> tuple[object, ...]:
    """What a list shows, whatever the time is now."""
    return state.filter, state.measure, state.scope.window.moving or state.scope.window


class ViewStack(Container):
    """Asks for views and shows them.

    `levels` and `view` change at once; the panes follow when the answer has come, or after `PATIENCE`.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "filter", "filter", key_display="/", tooltip="Type a filter", id="narrow.filter"),
        Binding(
            "c",
            "measure",
            "calls",
            tooltip="Sessions, or the calls that they are made of",
            id="look.measure",
        ),
        Binding("w", "window", "window", tooltip="Pick the window of time", id="narrow.window"),
        Binding(
            "left_square_bracket",
            "shift(-1)",
            "earlier",
            key_display="[",
            show=False,
            tooltip="The window before this one",
            id="narrow.earlier",
        ),
        Binding(
            "right_square_bracket",
            "shift(1)",
            "later",
            key_display="]",
            show=False,
            tooltip="The window after this one",
            id="narrow.later",
        ),
        Binding("backspace", "undo", "undo", show=False, tooltip="Take back the last narrowing", id="narrow.undo"),
        Binding("z", "zone", "zone", show=False, tooltip="Show times in the next zone", id="look.zone"),
        Binding(
            "ctrl+y",
            "copy_path",
            "copy path",
            show=False,
            id="take.copy-path",
            tooltip="Copy the path of the file that was written last",
        ),
        Binding("escape", "back", "back", tooltip="One step of the filter back, then a screen", id="go.back"),
    ]

    @dataclass
    class ReadWanted(Message):
        """The source is to be read for a window."""

        window: Window
        moved: bool = False
        """Whether only the window is another; else the user asked for what is new."""
        again: str = ""
        """Key of a query whose days are wanted instead."""

    def __init__(self, context: AppContext, chrome: Chrome, view: View) -> None:
        super().__init__()
        self.context = context
        self.levels = [Level(view)]
        self._chrome = chrome
        self._answers = Answers(context.workers, self)
        self._panes: dict[str, Pane[Any, Any]] = {}
        self._shown: _Shown | None = None
        self._query: Query[Found[Any]] | None = None
        self._found: Found[Any] | None = None
        self._late = False
        self._is_refused = False
        self._is_changing = False
        self._asked_at = monotonic()
        self._is_outdated = False
        self._written: Path | None = None
        self.typed_elsewhere = False
        """Whether the keys belong to a line outside of the views."""
        self._reask = Throttle(self, REASK, self._ask)
        self._patience = Debounce(self, PATIENCE, self._run_late)
        self.filter_line = FilterLine(view.state.filter.text, context.filters)
        self.note = Note()
        self.note.display = False
        self.body = RelatedKeys(self, lambda: self.pane, self.note)
        self._pane_of(view.pane)
        self._ask()  # an answer that is at hand is then part of the first frame

    def compose(self) -> ComposeResult:
        """The filter line above the panes."""
        yield self.filter_line
        yield self.body

    def on_mount(self) -> None:
        """Show the first view."""
        self._patience.trigger()
        self._present()

    def collect(self) -> None:
        """Take the answers that came before the screen was current."""
        self._answers.collect()

    def close(self) -> None:
        """Want nothing more."""
        self._answers.close()
        self._patience.drop()
        self.filter_line.end()

    # What is seen

    @property
    def filter_bar(self) -> FilterBar:
        """The bar that shows the filter."""
        return self.filter_line.bar

    @property
    def level(self) -> Level:
        """The present level."""
        return self.levels[-1]

    @property
    def view(self) -> View:
        """The view that is seen, or that is asked for."""
        return self.level.view

    @property
    def state(self) -> ViewState:
        """Its scope and measure."""
        return self.view.state

    @property
    def scope(self) -> Scope:
        """Its scope."""
        return self.view.state.scope

    @property
    def kept_view(self) -> TabView:
        """What is kept of the way here: the deepest view with a number key; of a page within a scope its sessions."""
        level = next(each for each in reversed(self.levels) if pane_class(each.view.pane).SCOPED)
        if pane_class(level.view.pane).TAB:
            return cast("TabView", level.view)
        return ListView.of(level.view.state)

    @property
    def pane(self) -> Pane[Any, Any]:
        """The pane of the view."""
        return self._pane_of(self.view.pane)

    @property
    def settled(self) -> bool:
        """Whether the panes show what is wanted."""
        return self._found is None and not self._is_fresh and not self._is_changing and self.pane.is_current

    @property
    def takes_keys(self) -> bool:
        """Whether keys of the pane can be obeyed: not before its answer is shown, unless that takes long."""
        return self.settled or self._is_refused or monotonic() > self._asked_at + KEY_PATIENCE

    @property
    def refused(self) -> bool:
        """Whether the core refused what was asked for last."""
        return self._is_refused

    @property
    def snapshot(self) -> int:
        """The snapshot of the data that is shown."""
        return self._shown.snapshot if self._shown is not None else -1

    @property
    def _is_fresh(self) -> bool:
        """Whether the panes show another view than the one that is wanted."""
        shown = self._shown
        return shown is None or shown.level is not self.level or shown.view.pane != self.view.pane

    @property
    def path(self) -> tuple[str, ...]:
        """The way here, for the breadcrumb: it ends with the view whose tab is lit, or with the page."""
        if len(self.levels) == 1:
            return ()
        first = TITLES.get(self.levels[0].view.pane, "")  # type: ignore[call-overload]
        labels = [label for level in self.levels[1:] for label in level.labels]
        here = TITLES.get(self.view.pane)  # type: ignore[call-overload]
        return (*([first] if first else []), *labels, *([here] if here else []))

    @property
    def clock(self) -> Clock:
        """How times are written."""
        return self._chrome.clock

    @property
    def coverage(self) -> Coverage | None:
        """Which days of the window were read; None until the first answer."""
        return self._chrome.coverage

    @property
    def narrow(self) -> bool:
        """Whether the terminal has less than 120 columns."""
        return self._chrome.narrow

    @property
    def around(self) -> Circumstances:
        """What surrounds an answer without rows."""
        window = window_text(self.scope, self.coverage, self.clock, self.context.now(), self.context.signs.dot)
        progress = self.context.progress
        cancelled = progress is not None and progress.state == "cancelled"
        failure = safe(self.context.failure)
        return Circumstances(self.coverage, window, running(progress), failure, cancelled, self.context.pays)

    # Going on

    def look(self, view: View) -> None:
        """Ask anew for the view that is shown, changed. The cursor follows its row; keys wait for the answer."""
        self.level.view = view
        self._is_changing, self._is_refused = True, False
        self._asked_at = monotonic()
        self._ask()

    def see(self, state: ViewState) -> None:
        """The same view with another scope or measure."""
        self.look(self.view.over(state))

    def into(self, scope: Scope, measure: Measure | None = None) -> ViewState:
        """The state to drill into: this scope in readable words, by default in the same measure."""
        return ViewState.into(self.context.workers.readable(scope), measure or self.state.measure)

    def drill(self, name: str, state: ViewState, *labels: str) -> None:
        """Open a tab's view one level deeper; the labels, which are safe, go into the path."""
        self.open(pane_class(name).first(state), *labels)

    def open(self, view: View, *labels: str) -> None:
        """Open any view one level deeper."""
        self.levels.append(Level(view, labels))
        self._go()

    def open_person(self, who: PersonId, label: str, *, within: Scope | None = None) -> None:
        """Open a person's page, by default within the scope of the view."""
        from ssmtrail.queries.drills import of_person  # with all of the views' values; the first frame needs none

        self.open(PersonPage.of(self.into(of_person(within or self.scope, who)), who), label)

    def open_machine(
        self, target: str | None, label: str, as_of: datetime | None = None, *, within: Scope | None = None
    ) -> None:
        """Open a machine's page, from `as_of` (UTC) on at that moment; by default within the scope of the view."""
        from ssmtrail.queries.drills import of_machine  # as above

        self.open(MachinePage.of(self.into(of_machine(within or self.scope, target)), target, as_of), label)

    def switch(self, name: str, changed: Callable[[ViewState], ViewState] = lambda state: state) -> None:
        """See the same state, or a changed one, through another tab; from a page this is one level deeper."""
        if name == self.view.pane:
            self._see_changed(changed)
            return
        while not self.pane.SCOPED and len(self.levels) > 1:
            self._leave_level()  # a session has no other views: those of the list below are meant
        if name == self.view.pane:
            self._go()
            self._see_changed(changed)
            return
        state = changed(self.state)
        if not self.pane.TAB:
            self.drill(name, state)
            return
        saved = self.level.saved.get(name)
        self.level.view = saved.view.over(state) if saved else pane_class(name).first(state)
        self._go()

    def _see_changed(self, changed: Callable[[ViewState], ViewState]) -> None:
        state = changed(self.state)
        if state != self.state:
            self.see(state)

    @dataclass
    class Left(Message):
        """Escape was pressed on the first view over a source that another source led to."""

    def back(self) -> None:
        """One level back; from the first one to the source that led here, if any."""
        if len(self.levels) > 1:
            self._leave_level()
            self._go()
        elif self.context.has_former:
            self.post_message(self.Left())

    def _leave_level(self) -> None:
        level = self.levels.pop()
        for name, saved in level.saved.items():
            self._pane_of(name).release(saved.content)
        level.saved.clear()

    def _list_below(self) -> Saved | None:
        """The list that the present page was opened from; None where it was opened from no list of such pages."""
        below = self.levels[-2] if len(self.levels) > 1 else None
        if below is None or not pane_class(below.view.pane).STEPS:
            return None
        return below.saved.get(below.view.pane)

    def can_step(self) -> bool:
        """Whether the page that is seen was opened from a list whose rows have such pages."""
        return self._list_below() is not None

    def step(self, by: int) -> None:
        """See the page of the row after (1) or before (-1) the one that the page was opened from."""
        saved, level = self._list_below(), self.level
        if saved is None:
            return
        page = self._pane_of(saved.view.pane).beside(saved.content, by)
        if page is None:
            self.say("the list ends here" if by > 0 else "the list begins here")
            return

        def take(view: View) -> None:
            if self.level is level:
                self.look(view)

        self.ask(Query("beside", page), take)

    def rename(self, label: str) -> None:
        """Put the page's own name, which is safe, at the end of the path."""
        self.level.labels = (*self.level.labels[:-1], label)
        self._chrome.show_path(self.path)

    def say(self, text: str, style: str = "") -> None:
        """Show a passing message."""
        self._chrome.say(text, style)

    def copy(self, text: str) -> None:
        """Copy a text, which is safe, and say so."""
        self.app.copy_to_clipboard(text)
        self.say(copied_words(text, exports="e" in self.screen.active_bindings))

    def say_written(self, what: str, path: Path) -> None:
        """Say that a file was written, and what; `ctrl+y` copies its path."""
        self._written = path.absolute()
        self.say(f"wrote {what} (ctrl+y copies the path) to {path}")
        self.screen.refresh_bindings()

    def dialog(self, screen: Screen[R], then: Callable[[R | None], None] | None = None) -> None:
        """Push a dialog. Keys wait until it is there."""
        _ = self.app.push_screen(screen, then)

    def read(self, window: Window, *, moved: bool = False, again: str = "") -> None:
        """Read the source for a window."""
        self.post_message(self.ReadWanted(window, moved, again))

    def ask(self, query: Query[T], take: Callable[[T], object], refused: Callable[[str], object] | None = None) -> None:
        """Ask the core something besides the view itself."""
        self._answers.ask(query, take, refused or self._say_refusal)

    def add_to_note(self, line: str) -> None:
        """Say a line more, which is safe, of why there are no rows, where there are none."""
        if self.note.display:
            self.note.add(line)

    def drop(self, slot: str) -> None:
        """Want no answer in a slot."""
        self._answers.drop(slot)

    def _say_refusal(self, sentence: str) -> None:
        self.say(sentence, "$text-error")

    # Asking and showing

    def _go(self) -> None:
        """See the view of the present level, as it was left where nothing has changed since."""
        self.filter_line.end()
        for slot in ("view", "wider", *_TYPED):
            self._answers.drop(slot)
        self._drop_found()
        self._late = self._is_refused = self._is_changing = False
        self._asked_at = monotonic()
        shown, view = self._shown, self.view
        if shown is not None and shown.level is self.level and shown.view == view:
            self._patience.drop()
            self._show_chrome(shown)
            self._show_filter(shown)
            self._settle()
            return
        saved = self.level.saved.pop(view.pane, None)
        if saved is not None and saved.view.state == view.state:  # perhaps in an order whose answer was not awaited
            self._show_saved(saved)
            return
        if saved is not None:
            self._pane_of(view.pane).release(saved.content)
        self._patience.trigger()
        self._ask()

    def _ask(self) -> None:
        """Ask for the view."""
        self._drop_found()
        self._query = query = self.pane.question_for(self.view, fresh=self._is_fresh)
        self._answers.ask(query, self._take, self._refused)

    def _drop_found(self) -> None:
        """Free an answer that came but is not shown."""
        if self._found is not None and self._query is not None and self._query.discard is not None:
            self._query.discard(self._found)
        self._found = None

    def _take(self, found: Found[Any]) -> None:
        self._found = found
        self._present()
        if self._is_outdated:
            self._is_outdated = False
            self._reask.trigger()

    def _refused(self, sentence: str) -> None:
        """Say why there is no answer; the view stays as it was."""
        self._is_refused, self._is_changing = True, False
        self._say_refusal(sentence)
        if not self._is_fresh and self._shown is not None:
            self.level.view = self._shown.view
            self._show_filter(self._shown)
        else:
            self._show_note(Emptiness(safe(sentence), ()))
            self._settle()

    def _run_late(self) -> None:
        self._late = True
        self._present()

    def _present(self) -> None:
        """Show what has come; what has not after `PATIENCE` is announced."""
        pane = self.pane
        if not self.is_mounted or not pane.is_mounted:
            return  # `pane_mounted` comes here again
        if self._found is None:
            if self._late and self._is_fresh and not self._is_refused:
                self._show_note(Emptiness(f"reading{self.context.signs.more}", ()))
            return
        found, self._found, fresh = self._found, None, self._is_fresh
        if found.totals is None and self._shown is not None:  # a page has those of the view that it was opened from
            found = replace(found, totals=self._shown.found.totals)
        self._is_changing = False
        self._patience.drop()
        with self.app.batch_update():
            if fresh:
                self._save_shown()
            progress = self.context.progress
            shown = _Shown(self.level, self.view, pane, found, progress.snapshot if progress else 0)
            if not fresh:
                self._count_new(self._shown, shown)
            self._shown = shown
            self._show_chrome(shown)
            pane.show(self.view, found, fresh=fresh)
            self._show_pane(shown)

    def _count_new(self, before: _Shown | None, now: _Shown) -> None:
        """Tell how many rows the list has more than before, where the same is asked."""
        if before is None or before.found.counts is None or now.found.counts is None:
            return
        more = now.found.counts[0] - before.found.counts[0]
        if more > 0 and _asked(before.view.state) == _asked(now.view.state):
            self.post_message(self.RowsArrived(more))

    def _show_saved(self, saved: Saved) -> None:
        pane = self.pane
        self._patience.drop()
        with self.app.batch_update():
            self._save_shown()
            shown = _Shown(self.level, saved.view, pane, saved.found, saved.snapshot)
            self._shown = shown
            self._show_chrome(shown)
            pane.restore(saved.view, saved.content)
            self._show_pane(shown)
        progress = self.context.progress
        if saved.view != self.view or (progress is not None and progress.snapshot != saved.snapshot):
            self._ask()

    def _save_shown(self) -> None:
        shown, self._shown = self._shown, None
        if shown is None:
            return
        content = shown.pane.save()
        if shown.level in self.levels:
            shown.level.saved[shown.view.pane] = Saved(shown.view, shown.found, shown.snapshot, content)
        else:
            shown.pane.release(content)

    def _show_pane(self, shown: _Shown) -> None:
        self._show_filter(shown)
        why = shown.pane.why_empty(shown.view, shown.found, self.around)
        self._answers.drop("wider")
        if why is not None:
            self._note(why)
            if shown.found.counts is not None and shown.found.counts[1]:
                find = find_offer(shown.view.state, shown.pane.count)
                self._answers.ask(Query("wider", find), self._take_offer, lambda _: None)
        else:
            for pane in self._panes.values():
                pane.display = pane is shown.pane
            self.note.display = False
            if not self.filter_line.is_typing and not self.typed_elsewhere:
                self.screen.set_focus(shown.pane.focus_target)
        self.screen.refresh_bindings()
        self._settle()

    def _show_note(self, why: Emptiness) -> None:
        with self.app.batch_update():
            self._save_shown()
            self._show_filter(None)
            self._chrome.show_path(self.path)
            self._chrome.show_tab(self.view.pane if self.pane.TAB else None)
            self._note(why)

    def _note(self, why: Emptiness) -> None:
        self.note.show(why)
        for pane in self._panes.values():
            pane.display = False
        self.note.display = True
        if not self.filter_line.is_typing and not self.typed_elsewhere:
            self.screen.set_focus(self.note)

    def _show_chrome(self, shown: _Shown) -> None:
        found = shown.found
        self._chrome.show_path(self.path)
        self._chrome.show_tab(shown.view.pane if shown.pane.TAB else None)
        self._chrome.show(shown.view.state.scope, found.covered, found.totals, shown.view.state.measure)

    def _settle(self) -> None:
        self.post_message(self.Settled())

    @dataclass
    class Settled(Message):
        """The panes show what was asked for: keys that waited can be obeyed."""

    @dataclass
    class RowsArrived(Message):
        """The list that is seen has so many rows more than before."""

        rows: int

    def _pane_of(self, name: str) -> Pane[Any, Any]:
        pane = self._panes.get(name)
        if pane is None:
            pane = self._panes[name] = pane_class(name)(self.context, self)
            if self.body.is_attached:
                _ = self.body.mount(pane)
            else:
                self.body.compose_add_child(pane)
        return pane

    def prepare(self, name: str) -> None:
        """Make a pane before it is wanted."""
        self._pane_of(name)

    def on_pane_mounted(self, message: Pane.Mounted) -> None:
        """Show what came before the pane was there."""
        message.stop()
        self._present()

    # What was read

    def content_changed(self) -> None:
        """Ask again, not too often: more files were read."""
        if self._answers.waits("view"):
            self._is_outdated = True  # asking anew now would put an answer off again and again
        else:
            self._reask.trigger()

    # The filter line

    def can_filter(self) -> bool:
        """Only where something is filtered."""
        return self.pane.SCOPED

    def action_filter(self) -> None:
        """Edit the filter."""
        self.filter_line.begin()

    def on_filter_line_typed(self, message: FilterLine.Typed) -> None:
        """Count what a filter would show."""
        message.stop()
        self._answers.drop("count")
        pane, view = self.pane, self.view
        count = pane.count(self.state.narrowed(message.filter).scope) if message.filter is not None else None

        def show(rows: tuple[int, int]) -> None:
            if self.view == view:  # not that of a view that was left meanwhile
                self.filter_bar.show_count(pane.count_text(*rows))

        if count is not None and self.filter_line.is_typing:
            self.say(self.filter_line.offered)
            self._answers.ask(Query("count", count), show, self._say_refusal)
        self._complete(message.value)

    def _complete(self, value: ValueWanted | None) -> None:
        """Look up the values that a filter's last word can have."""
        self._answers.drop("values")
        if value is None or not self.filter_line.is_typing:
            return
        from ssmtrail.tui.frame.filter_values import values_query  # not needed before a filter is typed

        def offer(found: tuple[tuple[str, int], ...]) -> None:
            if found and self.filter_line.is_typing:
                self.filter_line.offer(value.completed(found))
                self.say(self.filter_line.offered)

        self._answers.ask(values_query(value, self.scope, self.view), offer, lambda _: None)

    def on_filter_line_refused(self, message: FilterLine.Refused) -> None:
        """Say why a filter cannot be read."""
        message.stop()
        self._say_refusal(message.sentence)

    def on_filter_line_entered(self, message: FilterLine.Entered) -> None:
        """Look through the filter."""
        message.stop()
        self.say("")  # what was wrong with an earlier text
        self._leave_bar()
        self.see(self.state.narrowed(message.filter))
        self._show_filter(None)

    def on_filter_line_left(self, message: FilterLine.Left) -> None:
        """Leave the filter as it was."""
        message.stop()
        self.say("")
        self._leave_bar()
        self._show_filter(self._shown)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """A click beside the filter leaves it as it was."""
        if self.filter_line.is_typing and self.filter_line not in event.widget.ancestors:
            self._drop_typed()
            self.filter_line.end()
            self._show_filter(self._shown)

    def _drop_typed(self) -> None:
        for slot in _TYPED:
            self._answers.drop(slot)

    def _leave_bar(self) -> None:
        self._drop_typed()
        self.take_keys()

    def take_keys(self) -> None:
        """Give the keys to what is shown."""
        shown = self._shown
        self.screen.set_focus(self.note if self.note.display or shown is None else shown.pane.focus_target)

    def _show_filter(self, shown: _Shown | None) -> None:
        """Show the view's filter, unless another one is being typed."""
        counts = shown.pane.count_text(*shown.found.counts) if shown is not None and shown.found.counts else ""
        self.filter_line.show(self.state.filter, counts, display=self.pane.SCOPED and self.state.filtered)

    def _take_offer(self, offer: Offer | None) -> None:
        if offer is not None and self.note.display:
            self.note.show_offer(offer)

    def on_note_taken(self, message: Note.Taken) -> None:
        """Look through the offered filter."""
        message.stop()
        self.see(self.state.narrowed(message.filter))

    # Keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whether an action can be done now, by its `can_` method."""
        can = getattr(self, f"can_{action}", None)
        return True if can is None else can()

    def can_back(self) -> bool:
        """Where there is something to go back from."""
        deep = len(self.levels) > 1 or self.context.has_former
        return self.pane.can_go_back() or self.state.has_steps or deep

    def action_back(self) -> None:
        """Close a part of the pane; else one step of the filter back; without one, one level back."""
        if self.settled and self.pane.go_back():
            return
        if self.pane.SCOPED and self.state.has_steps:
            self.see(self.state.undone())
        else:
            self.back()

    def can_undo(self) -> bool | None:
        """Where the filter has a step to take back."""
        return True if self.pane.SCOPED and self.state.has_steps else None

    def action_undo(self) -> None:
        """The filter before this one; unlike Escape it never leaves the view."""
        self.see(self.state.undone())

    def can_measure(self) -> bool:
        """Where sessions or calls are counted."""
        return self.pane.SCOPED

    def action_measure(self) -> None:
        """The other measure."""
        self.look(self.pane.toggled_measure(self.view))

    def can_window(self) -> bool:
        """Where a window is looked at."""
        return self.pane.SCOPED

    def action_window(self) -> None:
        """Pick a window."""
        from ssmtrail.tui.frame.dialogs import WindowScreen

        def picked(choice: Any) -> None:
            if choice is not None:
                self.see(self.state.windowed(choice.window).zoned(choice.zone))
                self.read(choice.window, moved=True)

        self.dialog(WindowScreen(self.scope, self.context), picked)

    def can_shift(self) -> bool | None:
        """Where the window has both ends."""
        if not self.pane.SCOPED:
            return False
        return True if self.scope.window.start is not None and self.scope.window.end is not None else None

    def action_shift(self, by: int) -> None:
        """The window beside this one."""
        try:
            window = self.scope.window.shifted(1 if by > 0 else -1, self.scope.zone)
            self.see(self.state.windowed(window))
        except UsageError as error:
            self._say_refusal(str(error))
        else:
            self.read(window, moved=True)

    def can_copy_path(self) -> bool | None:
        """Once a file was written."""
        return True if self._written is not None else None

    def action_copy_path(self) -> None:
        """Copy the path of the file that was written last."""
        self.copy(safe(str(self._written)))

    def can_zone(self) -> bool | None:
        """Where there is another zone."""
        return True if len(self.context.zones) > 1 else None

    def action_zone(self) -> None:
        """The next zone."""
        self.see(self.state.zoned(self.context.next_zone(self.scope.zone)))
