"""Names of machines from AWS: asked for during a fetch, or kept before."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ssmtrail.queries.ingest.reports import refusals

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator

    from ssmtrail.queries.ingest.publishing import Work
    from ssmtrail.queries.model import Note, Progress
    from ssmtrail.queries.sources.history.aws import AwsError
    from ssmtrail.queries.sources.history.names import KeptNames
    from ssmtrail.queries.sources.history.source import HistorySource
    from ssmtrail.queries.sources.history.walks import Cell


@dataclass(slots=True)
class MachineNames:
    """The names that are kept, and the accounts that are asked for new ones."""

    kept: KeptNames
    asked: HistorySource | None = None
    """The accounts that are asked; None asks for nothing."""
    refused: dict[Cell, AwsError] = field(default_factory=dict)
    """Where AWS did not list all machines."""

    def fetch(self, read: Callable[[Work], Progress], work: Work, renew: Callable[[], int | None]) -> Progress:
        """Run a fetch and ask for names before it, for a screen after it; `renew` publishes them as a snapshot."""
        if self.asked is None:
            return read(work)
        if not work.early:
            self.ask(work.cancelled)
            renew()
            return read(work)
        last = read(work.unfinished())
        if last.state != "done":
            return last
        self.ask(work.cancelled)
        last = replace(last, snapshot=renew() or last.snapshot)
        work.report(last)
        return last

    def ask(self, cancelled: threading.Event) -> None:
        """Ask in all regions, and keep what AWS says. Raises StoreError, Cancelled."""
        if (source := self.asked) is not None:
            self.refused = source.everywhere(lambda cells: source.take_names(self.kept, cells, cancelled), cancelled)

    @property
    def notes(self) -> Iterator[Note]:
        """Where AWS did not give names, and why."""
        return refusals(self.refused, "not all names of machines are read")
