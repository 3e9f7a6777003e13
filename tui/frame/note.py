"""`Note`: what is shown instead of rows, with a filter that would find some."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Static

from ssmtrail.tui.text import count

if TYPE_CHECKING:
    from collections.abc import Callable
    from threading import Event

    from ssmtrail.queries.filters import Filter, Wider
    from ssmtrail.queries.model import Scope
    from ssmtrail.queries.trail import Trail
    from ssmtrail.tui.frame.empty_text import Emptiness
    from ssmtrail.tui.view_state import ViewState

    Counter = Callable[[Trail, Event], tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Offer:
    """A filter in place of one that finds nothing."""

    wider: Wider
    rows: int


def find_offer(state: ViewState, counter: Callable[[Scope], Counter | None]) -> Callable[[Trail, Event], Offer | None]:
    """Asks for the nearest filter that finds something, among values with wildcards; blocks, in a worker."""
    from ssmtrail.queries.filters import wider  # not needed before a filter finds nothing

    # What was drilled into stays as it is.
    nearest = [each for each in wider(state.filter) if each.term not in state.floor.terms]
    counters = [(each, counter(state.narrowed(each.filter).scope)) for each in nearest]

    def find(trail: Trail, cancelled: Event) -> Offer | None:
        for each, counted in counters:
            if counted is not None and (rows := counted(trail, cancelled)[0]):
                return Offer(each, rows)
        return None

    return find


class Note(Static, can_focus=True):
    """The text shown instead of a pane that has no rows."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "take", "look for these", tooltip="Use the filter that is offered", id="narrow.take"),
    ]

    @dataclass
    class Taken(Message):
        """The offered filter is wanted."""

        filter: Filter

    def __init__(self) -> None:
        super().__init__(id="empty", markup=False)
        self.offer: Offer | None = None
        self._lines: tuple[str, ...] = ()

    def show(self, why: Emptiness) -> None:
        """Show why there is nothing, with no offer."""
        self.offer = None
        self._lines = (why.headline, "", *why.lines)
        self.update("\n".join(self._lines))

    def add(self, line: str) -> None:
        """Add a line, which is safe, to why there is nothing."""
        self._lines = (*self._lines, line)
        if self.offer is not None:
            self.show_offer(self.offer)
        else:
            self.update("\n".join(self._lines))

    def show_offer(self, offer: Offer) -> None:
        """Add a filter that finds something."""
        self.offer = offer
        wider, verb = offer.wider, "matches" if offer.rows == 1 else "match"
        words = f"0 are exactly {wider.exactly}; {count(offer.rows)} {verb} {wider.loosely}   Enter looks for these."
        self.update("\n".join((self._lines[0], "", words, *self._lines[2:])))
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Enter does nothing without an offer."""
        return self.offer is not None if action == "take" else True

    def action_take(self) -> None:
        """Post the offered filter."""
        if self.offer is not None:
            self.post_message(self.Taken(self.offer.wider.filter))
