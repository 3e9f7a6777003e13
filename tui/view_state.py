"""`ViewState`, the scope and measure that are carried from view to view: every step makes a new one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Protocol, Self

from ssmtrail.queries.filters import Filter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ssmtrail.queries.model import Measure, Scope
    from ssmtrail.queries.times import Window

_NOTHING: Final = Filter()


@dataclass(frozen=True, slots=True)
class ViewState:
    """A scope with its measure, the filters that led to it, the one that Escape goes back to at the most."""

    scope: Scope
    measure: Measure = "sessions"
    steps: tuple[Filter, ...] = ()
    """Filters before the present one."""
    floor: Filter = _NOTHING
    """What was drilled into: Escape takes no more of the filter back."""

    @classmethod
    def into(cls, scope: Scope, measure: Measure) -> ViewState:
        """What was drilled into."""
        return cls(scope, measure, floor=scope.filter)

    @property
    def filter(self) -> Filter:
        """The filter of the scope."""
        return self.scope.filter

    @property
    def filtered(self) -> bool:
        """Whether a filter is set."""
        return bool(self.filter.text)

    @property
    def has_steps(self) -> bool:
        """Whether Escape takes something of the filter back."""
        return bool(self.steps) or self.filter != self.floor

    def narrowed(self, filter: Filter) -> ViewState:  # noqa: A002 - the field's name
        """With another filter; the one before is kept for the way back."""
        if filter == self.filter:
            return self
        return replace(self._filtered(filter), steps=(*self.steps, self.filter))

    def undone(self) -> ViewState:
        """With the filter before this one, at the end with what was drilled into."""
        before = self.steps[-1] if self.steps else self.floor
        return replace(self._filtered(before), steps=self.steps[:-1])

    def windowed(self, window: Window) -> ViewState:
        """With another window."""
        return replace(self, scope=replace(self.scope, window=window))

    def zoned(self, zone: str) -> ViewState:
        """With another time zone."""
        return replace(self, scope=replace(self.scope, zone=zone))

    def measured(self) -> ViewState:
        """In the other measure."""
        return replace(self, measure="sessions" if self.measure == "calls" else "calls")

    def _filtered(self, filter: Filter) -> ViewState:  # noqa: A002 - the field's name
        return replace(self, scope=replace(self.scope, filter=filter))


class View(Protocol):
    """What a pane shows: scope and measure, with what one kind of view adds, such as an order or a unit."""

    @property
    def pane(self) -> str:
        """The pane that shows it, see `ssmtrail.tui.registry`."""
        ...

    @property
    def state(self) -> ViewState:
        """What it looks at."""
        ...

    def over(self, state: ViewState) -> Self:
        """The same view with another scope or measure."""
        ...


class TabView(View, Protocol):
    """A view with a number key: what it adds to its state can be saved in words."""

    def arrangement(self) -> Mapping[str, str]:
        """What it adds: its order as `sort`, the `unit` and `parts` of usage."""
        ...

    def arranged(self, words: Mapping[str, str]) -> Self:
        """The same view with what these words say; what they leave out stays. Raises UsageError."""
        ...
