"""What a list shows, as a value: every step makes a new one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Self

from ssmtrail.queries.model import Question, Sort

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ssmtrail.queries.model import QuestionName, Scope
    from ssmtrail.tui.view_state import ViewState

#: Newest first, for sessions and calls.
BY_TIME: Final = (Sort("at", descending=True),)
#: What is more telling from its large end.
_LARGE_FIRST: Final = frozenset(
    {"at", "length_seconds", "sessions", "calls", "denied", "people", "targets", "source_ips", "last_seen"}
)
#: Lists that are the two measures of one screen.
_BY_MEASURE: Final = frozenset({"sessions", "calls"})


@dataclass(frozen=True, slots=True)
class ListView:
    """The rows of a question, in an order."""

    state: ViewState
    name: QuestionName
    sort: tuple[Sort, ...]

    @classmethod
    def of(cls, state: ViewState) -> ListView:
        """Sessions, or calls, newest first."""
        return cls(state, state.measure, BY_TIME)

    @classmethod
    def counting(cls, state: ViewState, name: QuestionName) -> ListView:
        """A list of what is counted, the most first."""
        return cls(state, name, _most(state))

    @property
    def pane(self) -> str:
        """The pane that shows it."""
        return "sessions" if self.name in _BY_MEASURE else self.name

    @property
    def question(self) -> Question:
        """What is asked."""
        return Question(self.name, self.scope, self.sort, self.state.measure)

    @property
    def scope(self) -> Scope:
        """Its scope."""
        return self.state.scope

    def over(self, state: ViewState) -> Self:
        """The same list with another scope or measure: sessions become calls, and counts are ordered by the measure."""
        if self.name in _BY_MEASURE and state.measure != self.name:
            return replace(self, state=state, name=state.measure, sort=BY_TIME)
        sort = _most(state) if self.sort == _most(self.state) else self.sort
        return replace(self, state=state, sort=sort)

    def sorted(self, column: str) -> Self:
        """Sorted by this column of the answer, from its more telling end; again turns it round."""
        if self.sort and self.sort[0].column == column:
            return self.reversed()
        return replace(self, sort=(Sort(column, column in _LARGE_FIRST),))

    def reversed(self) -> Self:
        """In the opposite order."""
        return replace(self, sort=tuple(replace(key, descending=not key.descending) for key in self.sort))

    def arrangement(self) -> Mapping[str, str]:
        """Its order, as `--sort` takes it."""
        return {"sort": ",".join(f"{'-' * key.descending}{key.column}" for key in self.sort)}

    def arranged(self, words: Mapping[str, str]) -> Self:
        """In the order that the words name."""
        columns = [column.strip() for column in words.get("sort", "").split(",") if column.strip(" -")]
        sort = tuple(Sort(column.removeprefix("-"), column.startswith("-")) for column in columns)
        return replace(self, sort=sort) if sort else self


def _most(state: ViewState) -> tuple[Sort, ...]:
    return (Sort(state.measure, descending=True),)
