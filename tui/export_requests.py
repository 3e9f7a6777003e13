"""Writing what is shown to a file, as requests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tui.exporting import ExportOrder, export

if TYPE_CHECKING:
    from threading import Event

    from queries.values import Answer, Door, Question


@dataclass(frozen=True, slots=True)
class Export:
    """All rows of an answer, to a file."""

    answer: Answer
    order: ExportOrder
    slot: str = "export"

    def run(self, door: Door, cancelled: Event) -> int:
        """Write them."""
        return export(self.answer, self.order, cancelled)


@dataclass(frozen=True, slots=True)
class ExportOf:
    """All rows of a question that no screen holds the answer of, to a file."""

    question: Question
    order: ExportOrder
    slot: str = "export"

    def run(self, door: Door, cancelled: Event) -> int:
        """Ask, then write."""
        answer = door.ask(self.question, cancelled)
        try:
            return export(answer, self.order, cancelled)
        finally:
            answer.close()
