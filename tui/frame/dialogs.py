"""Dialogs without a feature of their own: help, the window of time, the list of unreadable files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final, TypeVar

from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Label, OptionList, Static
from textual.widgets.option_list import Option

from ssmtrail.queries.errors import UsageError
from ssmtrail.queries.times import Window, zone_name
from ssmtrail.tui.frame.help_text import help_rows, matching
from ssmtrail.tui.frame.hints import Hints
from ssmtrail.tui.frame.text import error_text, files_facts, files_summary
from ssmtrail.widgets.details import Details
from ssmtrail.widgets.filter_bar import SafeInput

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from textual.app import ComposeResult

    from ssmtrail.queries.model import Coverage, Scope
    from ssmtrail.tui.context import AppContext
    from ssmtrail.tui.frame.help_text import Key
    from ssmtrail.tui.signs import Signs

Result = TypeVar("Result")

#: Presets of the window: label, start as `--from` takes it.
PRESETS: Final = (
    ("the last 24 hours", "24h"),
    ("the last 7 days", "7d"),
    ("the last 30 days", "30d"),
    ("the last 90 days", "90d"),
    ("today", "today"),
    ("yesterday", "yesterday"),
    ("this week", "this-week"),
    ("last month", "last-month"),
    ("everything that was read", ""),
)


class Dialog(ModalScreen[Result]):
    """A screen over another one; Escape closes it without a result."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "back", tooltip="Close without doing anything", id="go.leave"),
    ]

    def action_leave(self) -> None:
        """Close without a result."""
        self.leave(None)

    def leave(self, result: Result | None) -> None:
        """Close with a result."""
        _ = self.dismiss(result)  # not awaited: a screen cannot wait for its own end


class HelpScreen(Dialog[None]):
    """The active key bindings by group, the signs, the filter language; `/` searches them."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark,q", "leave", "back", show=False, tooltip="Close help", id="go.help-leave"),
        Binding("slash", "search", "search", key_display="/", tooltip="Search help", id="go.help-search"),
    ]

    def __init__(self, keys: Sequence[Key], signs: Signs) -> None:
        super().__init__()
        self._rows = help_rows(keys, signs)
        self._details = Details(ascii_only=signs.ascii_only)
        self._search = SafeInput(placeholder="search help", id="help-search", compact=True)

    def compose(self) -> ComposeResult:
        """The search field (hidden until `/`) above the rows."""
        with Vertical(classes="dialog -tall"):
            yield Label("Help", classes="title")
            yield self._search
            yield self._details
            yield Hints("/ searches", "arrows, PageUp, PageDown scroll", "Esc back")

    def on_mount(self) -> None:
        """Show all rows."""
        self._search.display = False
        self._details.show("", self._rows)
        self.set_focus(self._details)

    def action_search(self) -> None:
        """Type into the search field."""
        self._search.display = True
        self.set_focus(self._search)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Show only the rows that contain the text."""
        event.stop()
        self._details.show("", matching(self._rows, event.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Give the keys back to the rows."""
        event.stop()
        self.set_focus(self._details)

    def action_leave(self) -> None:
        """Clear the search, or close."""
        if not self._search.display:
            self.leave(None)
            return
        self._search.value = ""
        self._search.display = False
        self.set_focus(self._details)


class UnreadableScreen(Dialog[None]):
    """Files that could not be read, with the reasons; odd files, and the kinds of those without records."""

    def __init__(self, coverage: Coverage, signs: Signs, today: date) -> None:
        """`today` is the UTC day."""
        super().__init__()
        self._coverage = coverage
        self._signs = signs
        self._today = today
        self._details = Details(ascii_only=signs.ascii_only)

    def compose(self) -> ComposeResult:
        """The list under its summary."""
        with Vertical(classes="dialog -tall"):
            yield Label(files_summary(self._coverage), classes="title", markup=False)
            yield self._details
            yield Hints("The answers contain what could be read of them.", "Esc back")

    def on_mount(self) -> None:
        """Fill the list."""
        self._details.show("", files_facts(self._coverage, self._signs, self._today))
        self.set_focus(self._details)


@dataclass(frozen=True, slots=True)
class Choice:
    """The result of the window dialog."""

    window: Window
    zone: str
    """IANA name."""


class WindowScreen(Dialog[Choice]):
    """Picks the window of time: a preset, or a typed start and end; and the time zone.

    It begins at the window that is seen, which stays where no other one is given.
    """

    def __init__(self, scope: Scope, context: AppContext) -> None:
        super().__init__()
        self._scope = scope
        self._now = context.now
        start, end = scope.window.texts(scope.zone)
        starts = [preset for _, preset in PRESETS]
        self._seen = starts.index(start) if start in starts and not end else 0
        self._offers: list[tuple[str, str | None]] = [*PRESETS]
        if starts[self._seen] != start or end:
            self._offers.insert(0, (scope.window.label(scope.zone).replace("·", context.signs.dot), None))

    def compose(self) -> ComposeResult:
        """The presets above the fields."""
        with Vertical(classes="dialog"):
            yield Label("Window", classes="title")
            offers = OptionList(*(Option(text) for text, _ in self._offers), markup=False, compact=True)
            offers.highlighted = self._seen
            yield offers
            for name, hint in (
                ("from", "2026-11-23, 2026-11-23T12:04, 30d, 12h, tuesday-14:00"),
                ("to", "the same; exclusive"),
            ):
                with Horizontal(classes="field"):
                    yield Label(name)
                    yield SafeInput(placeholder=hint, id=name, compact=True, select_on_focus=False)
            with Horizontal(classes="field"):
                yield Label("zone")
                yield SafeInput(self._scope.zone, placeholder="UTC, local, Europe/Berlin", id="zone", compact=True)
            yield Static("", id="wrong", markup=False)
            yield Hints("Enter takes it", "Tab next", "Esc back")

    def on_option_list_option_selected(self, message: OptionList.OptionSelected) -> None:
        """Return a preset, or the window that is seen."""
        message.stop()
        self._take(self._offers[message.option_index][1], "")

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """Return the typed window; where none was typed, the one that is seen."""
        message.stop()
        start, end = self._typed("from"), self._typed("to")
        self._take(start if start or end else None, end)

    def _typed(self, name: str) -> str:
        return self.query_one(f"#{name}", Input).value.strip()

    def _take(self, start: str | None, end: str) -> None:
        """Close with a window; without a start, which may be empty, with the one that is seen."""
        try:
            zone = zone_name(self._typed("zone") or "UTC")
            seen = self._scope.window
            self.leave(Choice(seen if start is None else Window.parse(start, end, self._now(), zone), zone))
        except UsageError as error:
            self.query_one("#wrong", Static).update(error_text(error))
