"""`TypedCommands`: does what commands with words say, and knows what the words can be."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from ssmtrail.queries.errors import TrailError, UsageError
from ssmtrail.queries.filters import Filter
from ssmtrail.queries.times import Window, zone_name
from ssmtrail.tui.frame.commands import Typed
from ssmtrail.tui.frame.filter_line import suggestion
from ssmtrail.tui.frame.lists_text import Record, machine_label, person_label
from ssmtrail.tui.list_view import ListView
from ssmtrail.tui.query import Query
from ssmtrail.tui.registry import TITLES
from ssmtrail.tui.themes import THEMES
from ssmtrail.widgets.text import safe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from threading import Event
    from typing import Literal

    from ssmtrail.queries.model import Scope
    from ssmtrail.queries.trail import Trail
    from ssmtrail.tui.context import AppContext
    from ssmtrail.tui.frame.pane import Listing
    from ssmtrail.tui.frame.stack import ViewStack
    from ssmtrail.tui.view_state import ViewState

#: The views by the words for them.
_VIEWS: Final = {title.casefold(): name for name, title in TITLES.items()}
_THEMES: Final = {theme.name.removeprefix("ssmtrail-"): theme.name for theme in THEMES}
#: Names that are listed where none is the one that was typed.
_NEAR: Final = 3
#: How lists show times.
_TIMES: Final = ("ago", "clock")
#: A window without bounds.
_ALL: Final = "all"


@dataclass(frozen=True, slots=True)
class _Found:
    """What is called so, and what only contains the name."""

    rows: int
    first: Record | None
    near: tuple[str, ...] = ()
    nearly: int = 0


class TypedCommands:
    """Acts on the stack of views; `choose_theme` and `open_view` are given a name."""

    def __init__(
        self, stack: ViewStack, context: AppContext, choose_theme: Callable[[str], object],
        open_view: Callable[[str], object],
    ) -> None:  # fmt: skip
        self._stack = stack
        self._context = context
        self._choose_theme = choose_theme
        self._open_view = open_view

    @property
    def views(self) -> Iterable[Typed]:
        """A command for each view: a filter, and a window at its end."""
        example, what = "person:jane* last-month", "The view, with this filter and window"
        return [Typed(word, example, what, completes="") for word in _VIEWS]

    def do(self, word: str, words: str) -> object:
        """Do what a command says. Raises TrailError."""
        if word in _VIEWS:
            self._see(_VIEWS[word], words)
            return None
        return getattr(self, f"do_{word.replace('-', '_')}")(words)

    def can(self, word: str) -> bool:
        """Whether a command can do anything on this view: some need a list, or a view of a window."""
        pane = self._stack.pane
        if word in ("columns", "search", "jump", "export"):
            return pane.listing is not None
        if word == "sort":
            return pane.listing is not None or hasattr(self._stack.view, "arranged")
        return pane.SCOPED or word not in ("filter", "window")

    def offers(self, word: str, words: str) -> Sequence[str]:
        """What the last one of the words can become."""
        if word in _VIEWS:
            return self.offer_filter(words)
        offer = getattr(self, f"offer_{word.replace('-', '_')}", None)
        return offer(words) if offer is not None else ()

    # Views

    def do_view(self, words: str) -> None:
        """See the same through another view."""
        name, _, rest = words.partition(" ")
        if name.casefold() not in _VIEWS:
            raise UsageError(f"There is no view {name}; there are {', '.join(_VIEWS)}.")
        self._see(_VIEWS[name.casefold()], rest)

    def offer_view(self, _: str) -> Sequence[str]:
        """The views."""
        return tuple(_VIEWS)

    def _see(self, name: str, words: str) -> None:
        """See a view; words are a filter in place of the one before, and a window at their end."""
        before, _, last = words.strip().rpartition(" ")
        window = self._window_of(last) if last else None
        text = before if window is not None else words
        narrowed = Filter.parse(text.strip()) if text.strip() else None

        def changed(state: ViewState) -> ViewState:
            state = state.narrowed(narrowed) if narrowed is not None else state
            return state.windowed(window) if window is not None else state

        self._stack.switch(name, changed)
        if window is not None:
            self._stack.read(window, moved=True)

    def _window_of(self, word: str) -> Window | None:
        """The window that a word means; None where it is a word of a filter."""
        try:
            return Window.parse(word, None, self._context.now(), self._stack.scope.zone)
        except UsageError:
            return None

    # Filter and window

    def do_filter(self, words: str) -> None:
        """Look through a filter."""
        self._need_scope("filtered")
        self._stack.see(self._stack.state.narrowed(Filter.parse(words)))

    def offer_filter(self, words: str) -> Sequence[str]:
        """The key or the value at the end."""
        text = suggestion(words)
        return (text.rpartition(" ")[2],) if text is not None else ()

    def do_window(self, words: str) -> None:
        """Look at a window."""
        self._need_scope("looked at by a window")
        start, _, end = words.partition(" ")
        if words == _ALL:
            start = ""
        window = Window.parse(start or None, end.strip() or None, self._context.now(), self._stack.scope.zone)
        self._stack.see(self._stack.state.windowed(window))
        self._stack.read(window, moved=True)

    def offer_window(self, _: str) -> Sequence[str]:
        """Words for windows."""
        from ssmtrail.tui.frame.dialogs import PRESETS  # imported late: imports cost start-up time

        return (*(start for _, start in PRESETS if start), "last-week", "this-month", "this-quarter", _ALL)

    def do_zone(self, words: str) -> None:
        """Show times in a zone."""
        self._stack.see(self._stack.state.zoned(zone_name(words)))

    def offer_zone(self, _: str) -> Sequence[str]:
        """The zones that `z` goes round."""
        return self._context.zones

    def do_times(self, words: str) -> None:
        """Say how long ago, or by the clock."""
        if words and words not in _TIMES:
            raise UsageError(f"Times are shown in these ways: {', '.join(_TIMES)}.")
        self._context.ago = words == "ago" if words else not self._context.ago
        if self._stack.pane.listing is not None:
            self._listing.show_again()

    def offer_times(self, _: str) -> Sequence[str]:
        """The ways."""
        return _TIMES

    def _need_scope(self, what: str) -> None:
        if not self._stack.pane.SCOPED:
            raise UsageError(f"This page is not {what}; Esc goes back to the list.")

    # Lists

    @property
    def _listing(self) -> Listing:
        listing = self._stack.pane.listing
        if listing is None:
            raise UsageError("There is no list here, or not yet.")
        return listing

    def do_columns(self, words: str) -> None:
        """Choose columns."""
        self._listing.choose_columns(words)

    def offer_columns(self, words: str) -> Sequence[str]:
        """Names of columns, but for those that are there already."""
        sign = words.rpartition(" ")[2][:1].strip("".join(set(words) - set("+-")))
        named = set(words.replace(",", " ").split()[:-1] if not words.endswith(" ") else words.split())
        return [f"{sign}{name}" for name in self._listing.column_names if name not in named]

    def do_sort(self, words: str) -> None:
        """Sort a list by columns, the matrix by an order."""
        if self._stack.pane.listing is not None:
            self._listing.sort_by(words)
        elif hasattr(self._stack.view, "arranged"):
            self._stack.look(self._stack.view.arranged({"sort": words}))
        else:
            raise UsageError("This view is no list.")

    def offer_sort(self, words: str) -> Sequence[str]:
        """Names of columns."""
        return self.offer_columns(words)

    def do_search(self, words: str) -> None:
        """Go to the next row with a text."""
        self._listing.search(words)

    def do_jump(self, words: str) -> None:
        """Jump to a time."""
        self._listing.jump(words)

    def do_export(self, words: str) -> None:
        """Write the rows of a list at once."""
        pane = self._stack.pane
        if pane.listing is None and pane.check_action("export", ()) and hasattr(pane, "action_export"):
            raise UsageError("export takes no words here: alone it asks for the file.")
        self._listing.export_at_once(words.split())

    def offer_export(self, _: str) -> Sequence[str]:
        """Formats, of a list."""
        from ssmtrail.tui.frame.export import ENDINGS  # as above

        if self._stack.pane.listing is None:
            return ()
        return [*(ending.removeprefix(".") for ending in ENDINGS), "shown"]

    # One machine, one person

    def do_machine(self, words: str) -> None:
        """The page of a machine."""
        stack, scope = self._stack, replace(self._stack.scope, filter=Filter())

        def opened(row: Record) -> None:
            stack.open_machine(row.text("target"), machine_label(row), within=scope)

        self._find("instances", "target", words, "machine", opened)

    def do_person(self, words: str) -> None:
        """The page of a person."""
        from ssmtrail.queries.drills import person_of

        stack, scope = self._stack, replace(self._stack.scope, filter=Filter())

        def opened(row: Record) -> None:
            stack.open_person(person_of(row.text("key") or ""), person_label(row), within=scope)

        self._find("people", "person", words, "person", opened)

    def _find(
        self, view: Literal["instances", "people"], key: str, name: str, what: str, opened: Callable[[Record], object]
    ) -> None:
        """Open the one row that is called so; several as a list; without any say which names contain it."""
        state = self._stack.state
        named = replace(state.scope, filter=_named(key, name))
        around = replace(state.scope, filter=_named(key, f"*{name.strip('*')}*"))
        label = machine_label if view == "instances" else person_label

        def rows(trail: Trail, cancelled: Event, scope: Scope) -> tuple[int, list[Record]]:
            asked = ListView.counting(replace(state, scope=scope), view).question
            answer = trail.ask(asked, cancelled)
            try:
                columns = answer.columns
                return answer.totals.rows, [Record.of(columns, row) for row in answer.page(0, _NEAR)]
            finally:
                answer.close()

        def run(trail: Trail, cancelled: Event) -> _Found:
            number, found = rows(trail, cancelled, named)
            if number:
                return _Found(number, found[0])
            nearly, found = rows(trail, cancelled, around)
            return _Found(0, None, tuple(dict.fromkeys(map(label, found))), nearly)

        def take(found: _Found) -> None:
            if found.rows == 1 and found.first is not None:
                opened(found.first)
            elif found.rows:
                self._stack.drill(view, self._stack.into(named), safe(name))
            else:
                near = f"; {found.nearly} contain it: {', '.join(found.near)}" if found.near else ""
                self._stack.say(f"no {what} is {name} in this window{near}", "$text-warning")

        self._stack.ask(Query("command", run), take)

    # The app

    def do_open_view(self, words: str) -> None:
        """Open a saved view."""
        self._open_view(words)

    def offer_open_view(self, _: str) -> Sequence[str]:
        """Names of saved views."""
        files = self._context.views
        try:
            return [view.name for view in files.views()] if files is not None else ()
        except TrailError:
            return ()

    def do_theme(self, words: str) -> object:
        """Use a theme."""
        if words.casefold() not in _THEMES:
            raise UsageError(f"There is no theme {words}; there are {', '.join(_THEMES)}.")
        return self._choose_theme(_THEMES[words.casefold()])

    def offer_theme(self, _: str) -> Sequence[str]:
        """The themes."""
        return tuple(_THEMES)


def _named(key: str, name: str) -> Filter:
    """The filter for a name, in which `*` matches any text. Raises FilterError."""
    quoted = f'"{name}"' if " " in name else name
    return Filter.parse(f"{key}:{quoted}")
