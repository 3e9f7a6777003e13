"""`ColumnChoices`: the columns that the user chose for lists, and the ones that were widened."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ssmtrail.queries.model import QuestionName


@dataclass(slots=True)
class ColumnChoices:
    """Of each question, in all lists that show it; they last as long as the app runs."""

    names: dict[QuestionName, tuple[str, ...]] = field(default_factory=dict)
    """Columns of the answer, in their order; a question that is not in it has the columns of its list."""
    widths: dict[QuestionName, dict[str, int]] = field(default_factory=dict)
    """Cells of widened columns, by the column's key in the table."""

    def choose(self, question: QuestionName, names: tuple[str, ...]) -> None:
        """Choose columns; none are those of the list."""
        self.widths.pop(question, None)
        if names:
            self.names[question] = names
        else:
            self.names.pop(question, None)

    def of(self, question: QuestionName) -> tuple[str, ...]:
        """The chosen columns; none are those of the list."""
        return self.names.get(question, ())

    def widths_of(self, question: QuestionName) -> dict[str, int]:
        """The widths of a list's widened columns."""
        return dict(self.widths.get(question, {}))
