"""Writing what is shown to a file, as requests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ssmtrail.tui.views.export import ExportOrder, export

if TYPE_CHECKING:
    from threading import Event

    from ssmtrail.queries.model import Answer, Question
    from ssmtrail.queries.trail import Trail


@dataclass(frozen=True, slots=True)
class Export:
    """All rows of an answer, to a file."""

    answer: Answer
    order: ExportOrder
    slot: str = "export"

    def run(self, trail: Trail, cancelled: Event) -> int:
        """Write them."""
        return export(self.answer, self.order, cancelled)


@dataclass(frozen=True, slots=True)
class ExportOf:
    """All rows of a question that no screen holds the answer of, to a file."""

    question: Question
    order: ExportOrder
    slot: str = "export"

    def run(self, trail: Trail, cancelled: Event) -> int:
        """Ask, then write."""
        answer = trail.ask(self.question, cancelled)
        try:
            return export(answer, self.order, cancelled)
        finally:
            answer.close()
