"""Saving what is seen under a name, and choosing one of the saved views."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from textual.containers import Horizontal, Vertical
from textual.widgets import Input, Label, OptionList, Static
from textual.widgets.option_list import Option

from ssmtrail.queries.errors import TrailError, UsageError
from ssmtrail.tui.frame.dialogs import Dialog
from ssmtrail.tui.frame.hints import Hints
from ssmtrail.tui.frame.text import error_text
from ssmtrail.tui.list_view import ListView
from ssmtrail.tui.registry import pane_class
from ssmtrail.tui.saved_views import SavedView
from ssmtrail.tui.source_words import same_source, source_text
from ssmtrail.widgets.filter_bar import SafeInput
from ssmtrail.widgets.text import cell_width, safe, shorten_middle

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from textual.app import ComposeResult

    from ssmtrail.queries.model import QuestionName
    from ssmtrail.tui.column_choices import ColumnChoices
    from ssmtrail.tui.saved_views import ViewFiles
    from ssmtrail.tui.source_words import Words
    from ssmtrail.tui.view_state import TabView, ViewState

#: Cells of a name in the list.
_NAME: Final = 24


def opened(saved: SavedView, state: ViewState, columns: ColumnChoices | None = None) -> TabView:
    """The view with this state; its columns are chosen in `columns`, if that is given. Raises UsageError."""
    view: TabView = pane_class(saved.pane).first(state)
    view = view.arranged(saved.arrangement)
    if isinstance(view, ListView):
        names = _checked(view.name, saved.columns)
        if columns is not None:
            columns.choose(view.name, names)
    return view


def _checked(question: QuestionName, names: tuple[str, ...]) -> tuple[str, ...]:
    """The columns of a view, which a person may have written; those that only screens have too. Raises UsageError."""
    if not names:
        return ()
    from ssmtrail.queries.relations import columns_of  # imported late: imports cost start-up time
    from ssmtrail.tui.column_names import answer_columns

    return answer_columns(question, names, {name: name for name in columns_of(question)})


def what_is_seen(view: SavedView) -> str:
    """`sessions, kind:tunnel, 30d`: what of the source a view shows."""
    window = f"{view.start or 'the beginning'} to {view.end}" if view.end else view.start or "all times"
    screen = view.screen
    if view.measure == "calls":
        screen = "calls" if screen == "sessions" else f"{screen} by calls"
    return ", ".join(safe(part) for part in (screen, view.where, window) if part)


def line_text(view: SavedView, here: Words) -> str:
    """A line of the list: name, what is seen, and the source where it is another one."""
    name = shorten_middle(safe(view.name), _NAME)
    other = "" if same_source(view.source, here) else f"   ({source_text(view.source)})"
    return f"{name}{' ' * (_NAME - cell_width(name))}  {what_is_seen(view)}{other}"


class SaveViewScreen(Dialog[SavedView]):
    """Names the view that is seen; the window can be made to move with the day."""

    def __init__(self, view: SavedView, files: ViewFiles, now: Callable[[], datetime]) -> None:
        super().__init__()
        self._view = view
        self._files = files
        self._now = now
        self._agreed = ""

    def compose(self) -> ComposeResult:
        """What is seen, then the fields."""
        with Vertical(classes="dialog"):
            yield Label("Save this view", classes="title")
            yield Static(
                f"{what_is_seen(self._view)}, of {source_text(self._view.source)}", classes="seen", markup=False
            )
            fields = (
                ("name", "", "such as prod tunnels"),
                ("from", self._view.start, "the beginning; 30d or last-month moves with the day"),
                ("to", self._view.end, "as from says; exclusive"),
            )
            for name, value, hint in fields:
                with Horizontal(classes="field"):
                    yield Label(name)
                    yield SafeInput(value, placeholder=hint, id=f"view-{name}", compact=True, select_on_focus=False)
            yield Static("", id="wrong", markup=False)
            yield Hints("Enter saves", "Tab next", "Esc back")

    def on_mount(self) -> None:
        """Type the name first."""
        self.query_one("#view-name", Input).focus()

    def _typed(self, name: str) -> str:
        return self.query_one(f"#view-{name}", Input).value.strip()

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """Save the view, unless something is wrong with it."""
        message.stop()
        name = self._typed("name")
        view = replace(self._view, name=name, start=self._typed("from"), end=self._typed("to"))
        try:
            if not name:
                raise UsageError("A view needs a name.")
            _ = view.scope(self._now())
            if name != self._agreed and any(each.name == name for each in self._files.views()):
                self._agreed = name
                raise UsageError("There is a view of this name. Enter again: the new one then counts.")
            self._files.append(view)
        except TrailError as error:
            self.query_one("#wrong", Static).update(error_text(error))
        else:
            self.leave(view)


class ViewsScreen(Dialog[SavedView]):
    """Lists the saved views."""

    def __init__(self, views: Sequence[SavedView], here: Words, path: str) -> None:
        super().__init__()
        self._views = views
        self._here = here
        self._path = path

    def compose(self) -> ComposeResult:
        """The views under a title."""
        with Vertical(classes="dialog -views"):
            yield Label("Saved views", classes="title")
            if self._views:
                options = [Option(line_text(view, self._here), f"view-{n}") for n, view in enumerate(self._views)]
                yield OptionList(*options, markup=False, compact=True)
            else:
                yield Static("None yet: ctrl+s saves what is seen.", markup=False)
            yield Static(f"in {safe(self._path)}", classes="hint", markup=False)
            yield Hints(*(("Enter opens",) if self._views else ()), "Esc back")

    def on_option_list_option_selected(self, message: OptionList.OptionSelected) -> None:
        """Return the view."""
        message.stop()
        self.leave(self._views[message.option_index])
