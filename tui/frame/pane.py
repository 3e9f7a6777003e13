"""Panes: what shows a view, and what a pane may ask of the stack of views that it belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, TypeVar

from textual.containers import Container
from textual.message import Message

from ssmtrail.tui.frame.related import NO_ROWS
from ssmtrail.tui.pages import SqlQuestion
from ssmtrail.tui.text import count
from ssmtrail.tui.view_state import View

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from pathlib import Path
    from threading import Event

    from textual.screen import Screen
    from textual.widget import Widget

    from ssmtrail.queries.model import Coverage, Measure, Scope
    from ssmtrail.queries.times import Window
    from ssmtrail.queries.trail import Trail
    from ssmtrail.queries.views import PersonId
    from ssmtrail.tui.context import AppContext
    from ssmtrail.tui.frame.empty_text import Circumstances, Emptiness
    from ssmtrail.tui.frame.keys import Key
    from ssmtrail.tui.frame.related import Related
    from ssmtrail.tui.query import Found, Query
    from ssmtrail.tui.text import Clock
    from ssmtrail.tui.view_state import ViewState

V = TypeVar("V", bound=View)
T = TypeVar("T")
R = TypeVar("R")


class Host(Protocol):
    """What a pane may ask of the stack of views. All of it returns at once."""

    @property
    def view(self) -> View:
        """The view that is seen, or that is asked for."""
        ...

    @property
    def clock(self) -> Clock:
        """How times are written."""
        ...

    @property
    def coverage(self) -> Coverage | None:
        """Which days of the window were read; None until the first answer."""
        ...

    @property
    def narrow(self) -> bool:
        """Whether the terminal has less than 120 columns."""
        ...

    def look(self, view: View) -> None:
        """Ask anew for the view that is shown, changed: another order, another unit. The cursor follows its row."""
        ...

    def see(self, state: ViewState) -> None:
        """The same view with another scope or measure."""
        ...

    def into(self, scope: Scope, measure: Measure | None = None) -> ViewState:
        """The state to drill into: this scope in readable words, by default in the same measure."""
        ...

    def drill(self, name: str, state: ViewState, *labels: str) -> None:
        """Open a tab's view, such as `sessions`, one level deeper; the labels, which are safe, go into the path."""
        ...

    def open(self, view: View, *labels: str) -> None:
        """Open any view one level deeper."""
        ...

    def open_person(self, who: PersonId, label: str, *, within: Scope | None = None) -> None:
        """Open a person's page, by default within the scope of the view."""
        ...

    def open_machine(
        self, target: str | None, label: str, as_of: datetime | None = None, *, within: Scope | None = None
    ) -> None:
        """Open a machine's page, from `as_of` (UTC) on at that moment; by default within the scope of the view."""
        ...

    def back(self) -> None:
        """One level back."""
        ...

    def can_step(self) -> bool:
        """Whether the page that is seen was opened from a list whose rows have such pages."""
        ...

    def step(self, by: int) -> None:
        """See the page of the row after (1) or before (-1) the one that the page was opened from."""
        ...

    def rename(self, label: str) -> None:
        """Put the page's own name, which is safe, at the end of the path."""
        ...

    def say(self, text: str, style: str = "") -> None:
        """Show a passing message; the text need not be safe."""
        ...

    def copy(self, text: str) -> None:
        """Copy a text, which is safe, and say so."""
        ...

    def say_written(self, what: str, path: Path) -> None:
        """Say that a file was written, and what; a key copies its path."""
        ...

    def dialog(self, screen: Screen[R], then: Callable[[R | None], None] | None = None) -> None:
        """Push a dialog."""
        ...

    def read(self, window: Window, *, moved: bool = False, again: str = "") -> None:
        """Read the source for a window; `again` is the key of a query whose days are wanted instead."""
        ...

    def ask(self, query: Query[T], take: Callable[[T], object], refused: Callable[[str], object] | None = None) -> None:
        """Ask the core something besides the view itself; a refusal is said by default."""
        ...

    def drop(self, slot: str) -> None:
        """Want no answer in a slot."""
        ...

    def add_to_note(self, line: str) -> None:
        """Say a line more, which is safe, of why there are no rows, where there are none."""
        ...


class Listing(Protocol):
    """A list, as commands see it. All of it raises TrailError with a sentence for words that mean nothing."""

    @property
    def column_names(self) -> Sequence[str]:
        """The names that columns have: the fields of the question, and the headings of the list."""
        ...

    def choose_columns(self, text: str) -> None:
        """Show the columns that a text names; without names those of the list."""
        ...

    def sort_by(self, text: str) -> None:
        """Sort by the columns that a text names; a minus sorts downwards."""
        ...

    def search(self, text: str) -> None:
        """Go to the next row that says this."""
        ...

    def jump(self, text: str) -> None:
        """Go to a time."""
        ...

    def export_at_once(self, words: Sequence[str]) -> None:
        """Write the rows in a format, or to a path."""
        ...

    def show_again(self) -> None:
        """Show the rows anew."""
        ...


class Pane(Container, Generic[V, T]):
    """Shows views of one kind. It is made once, kept, and given other data.

    Child widgets are made in `__init__` and held as attributes; `compose` only yields them. A pane is visible only
    while it shows an answer. Availability of an action `foo` is a method `can_foo`, which reads plain state only and
    gives True, False (not offered) or None (offered in help, greyed).
    """

    SCOPED: ClassVar[bool] = True
    """Whether filter, window and measure can be changed here."""
    TAB: ClassVar[bool] = False
    """Whether it is one of the views with a number key, which share a level."""
    STEPS: ClassVar[bool] = False
    """Whether `]` and `[` go through the pages of its rows, see `beside`."""

    def __init__(self, context: AppContext, host: Host) -> None:
        super().__init__()
        self.context = context
        self.host = host
        self.display = False

    # What subclasses say

    @classmethod
    def first(cls, state: ViewState) -> Any:
        """The view that a tab begins with."""
        raise NotImplementedError

    def question_for(self, view: V, *, fresh: bool) -> Query[Found[T]]:
        """The question of a view. Unless `fresh` the pane shows an earlier answer to it, whose cursor is followed."""
        raise NotImplementedError

    def show(self, view: V, found: Found[T], *, fresh: bool) -> None:
        """Show an answer; `fresh` begins at the top."""
        raise NotImplementedError

    def save(self) -> object:
        """All that is needed to show the same again later: answer, cursor, scroll."""
        raise NotImplementedError

    def restore(self, view: V, saved: Any) -> None:
        """Show what was saved."""
        raise NotImplementedError

    def release(self, saved: Any) -> None:
        """Free what a saved answer holds."""

    def beside(self, saved: Any, by: int) -> Callable[[Trail, Event], View] | None:
        """Move the cursor of what was saved to the row beside; what is returned asks for that row's page.

        None at the ends. Only where the pane has `STEPS`.
        """
        return None

    @property
    def is_current(self) -> bool:
        """Whether the newest answer is on screen, so that keys can be obeyed; some panes fetch rows after `show`."""
        return True

    @property
    def focus_target(self) -> Widget:
        """The widget that gets the keys when the pane is shown."""
        raise NotImplementedError

    def why_empty(self, view: V, found: Found[T], around: Circumstances) -> Emptiness | None:
        """What is said instead of an answer without rows; None where there is something to show."""
        return None

    def count(self, scope: Scope) -> Callable[[Trail, Event], tuple[int, int]] | None:
        """Counts rows with and without the filter of a scope, while a filter is typed."""
        return None

    def count_text(self, rows: int, unfiltered: int) -> str:
        """The count beside the filter."""
        return f"{count(rows)} of {count(unfiltered)}"

    def sql(self, scope: Scope) -> SqlQuestion:
        """The founding question that belongs to the view."""
        return SqlQuestion("calls", scope)

    @property
    def related(self) -> Related:
        """What the row under the cursor is related to; `NO_ROWS` where the pane never has rows of sessions."""
        return NO_ROWS

    @property
    def listing(self) -> Listing | None:
        """The list that commands act on; None where there is none."""
        return None

    @property
    def typing_keys(self) -> Sequence[Key] | None:
        """Keys of the last line while a text of the pane is typed; None for the usual ones."""
        return None

    def toggled_measure(self, view: V) -> V:
        """The view by the other measure, for `c`."""
        return view.over(view.state.measured())

    def can_go_back(self) -> bool:
        """Whether Escape closes something of the pane itself."""
        return False

    def go_back(self) -> bool:
        """Escape: close something of the pane itself, if there is something to close."""
        return False

    @dataclass
    class Mounted(Message, namespace="pane"):
        """The pane can be shown."""

    def on_mount(self) -> None:
        """Tell the stack."""
        self.post_message(self.Mounted())

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whether an action can be done now, by its `can_` method."""
        can = getattr(self, f"can_{action}", None)
        return True if can is None else can()
