"""Names of machines as AWS gives them: asked for now, or kept before."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ssmtrail.queries.ingest.reports import refusals
from ssmtrail.queries.sources.history.aws import AwsError
from ssmtrail.queries.sources.history.source import EVERY_REGION

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator

    from ssmtrail.queries.model import Note
    from ssmtrail.queries.sources.history.names import KeptNames
    from ssmtrail.queries.sources.history.source import HistorySource
    from ssmtrail.queries.sources.history.walks import Cell


@dataclass(slots=True)
class MachineNames:
    """The names that were seen ever, and who is asked for those of now."""

    kept: KeptNames
    asked: HistorySource | None = None
    """The accounts that are asked; None asks for nothing."""
    refused: dict[Cell, AwsError] = field(default_factory=dict)
    """Where AWS did not say which machines there are."""

    def ask(self, cancelled: threading.Event) -> None:
        """Ask in all regions, and keep what AWS says. Raises StoreError, Cancelled."""
        if self.asked is None:
            return
        try:
            cells = self.asked.cells(cancelled)
            self.refused = {**cells.refused, **self.asked.take_names(self.kept, cells, cancelled)}
        except AwsError as error:
            self.refused = {(account.id, EVERY_REGION): error for account in self.asked.accounts}

    @property
    def notes(self) -> Iterator[Note]:
        """Why names of now are not known."""
        return refusals(self.refused, "the names of machines are not read")
