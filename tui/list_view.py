"""What a list looks at, as a value: every step makes a new one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from queries.values import Question, Sort

if TYPE_CHECKING:
    from queries.filters import Filter
    from queries.values import QuestionName, Scope
    from queries.window import Window

#: Newest first, for both lists.
BY_TIME: Final = (Sort("at", descending=True),)
#: What is more telling from its large end.
_LARGE_FIRST: Final = frozenset({"at", "length_seconds"})


@dataclass(frozen=True, slots=True)
class ListView:
    """A question with the filters that led to it, so that Escape can take one step back."""

    question: Question
    steps: tuple[Filter, ...] = ()

    @classmethod
    def of(cls, scope: Scope, name: QuestionName = "sessions") -> ListView:
        """The list of a scope, newest first."""
        return cls(Question(name, scope, sort=BY_TIME, measure="calls" if name == "calls" else "sessions"))

    @property
    def scope(self) -> Scope:
        """Its scope."""
        return self.question.scope

    @property
    def filtered(self) -> bool:
        """Whether a filter is set."""
        return bool(self.scope.filter.text)

    def narrowed(self, filter: Filter) -> ListView:  # noqa: A002 - the field's name
        """With another filter; the one before is kept for the way back."""
        if filter == self.scope.filter:
            return self
        return ListView(self.question.narrowed(filter), (*self.steps, self.scope.filter))

    def undone(self) -> ListView:
        """With the filter before this one, at the end with none."""
        if self.steps:
            return ListView(self.question.narrowed(self.steps[-1]), self.steps[:-1])
        return ListView(self.question.narrowed(type(self.scope.filter)()))

    def windowed(self, window: Window) -> ListView:
        """With another window."""
        return self._scoped(replace(self.scope, window=window))

    def zoned(self, zone: str) -> ListView:
        """With another time zone."""
        return self._scoped(replace(self.scope, zone=zone))

    def _scoped(self, scope: Scope) -> ListView:
        return replace(self, question=replace(self.question, scope=scope))

    def sorted(self, column: str) -> ListView:
        """Sorted by this column of the answer, from its more telling end; again turns it round."""
        if self.question.sort and self.question.sort[0].column == column:
            return self.reversed()
        return replace(self, question=replace(self.question, sort=(Sort(column, column in _LARGE_FIRST),)))

    def reversed(self) -> ListView:
        """In the opposite order."""
        sort = tuple(replace(key, descending=not key.descending) for key in self.question.sort)
        return replace(self, question=replace(self.question, sort=sort))

    def measured(self) -> ListView:
        """The same scope in the other measure, newest first."""
        return replace(self, question=ListView.of(self.scope, self._other).question)

    @property
    def _other(self) -> QuestionName:
        return "sessions" if self.question.name == "calls" else "calls"
