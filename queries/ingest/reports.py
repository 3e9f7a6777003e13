"""True ends for sources other than event history: what Session Manager reports, asked for now or kept before."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from ssmtrail.queries.engine import LateEngine, interruptible, joining_cursor
from ssmtrail.queries.ingest.publishing import Publishing, Report
from ssmtrail.queries.model import Note
from ssmtrail.queries.sources.history.reported import digest_of, rows_of
from ssmtrail.queries.sql_text import paths_literal
from ssmtrail.queries.store.atomic import scratch_folder

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from duckdb import DuckDBPyConnection

    from ssmtrail.queries.ingest.publishing import Work
    from ssmtrail.queries.model import Progress
    from ssmtrail.queries.sources.history.aws import AwsError
    from ssmtrail.queries.sources.history.reported import KeptReports
    from ssmtrail.queries.sources.history.source import HistorySource
    from ssmtrail.queries.sources.history.walks import Cell
    from ssmtrail.queries.store.dataset import Dataset
    from ssmtrail.queries.store.segments import Segment


@dataclass(slots=True)
class Reports:
    """What Session Manager reported ever, and what is asked for it now."""

    kept: KeptReports
    asked: HistorySource | None = None
    """The accounts that are asked; None asks for nothing."""
    refused: dict[Cell, AwsError] = field(default_factory=dict)
    """Where Session Manager did not say what it knows."""

    def fetch(
        self, read: Callable[[Work], Progress], work: Work, dataset: Dataset, scratch_parent: Path,
        engine: Callable[[], DuckDBPyConnection],
    ) -> Progress:  # fmt: skip
        """Run a fetch whose sessions are joined with the reports; a screen gets the rows before the reports."""
        work = replace(work, join_reports=partial(self.join, dataset, scratch_parent, work.closing))
        if self.asked is None or not work.early:
            self.ask(work.cancelled)
            return read(work)

        unfinished = work.unfinished()
        last = read(unfinished)
        if last.state != "done":
            return last
        self.ask(work.cancelled)
        joining = LateEngine(lambda: joining_cursor(engine()))
        try:
            publishing = Publishing.of(work, joining, dataset, Report(unfinished.report, last))
            snapshot = publishing.now(dataset.segments())
        finally:
            joining.close()
        last = replace(last, snapshot=snapshot or last.snapshot)
        work.report(last)
        return last

    def ask(self, cancelled: threading.Event) -> None:
        """Ask Session Manager in all regions, and keep what it says. Raises StoreError, Cancelled."""
        if (source := self.asked) is not None:
            self.refused = source.everywhere(lambda cells: source.take_reports(cells, cancelled), cancelled)

    def join(
        self, dataset: Dataset, scratch_parent: Path, closing: threading.Event,
        engine: Callable[[], DuckDBPyConnection], segments: Sequence[Segment],
    ) -> None:  # fmt: skip
        """Let sessions be joined with the reports of the accounts, regions and days of these segments.

        A report counts where its session was open on one of the days from the first to the last call. Raises
        Cancelled, StoreError.
        """
        kept = self.kept.cells()
        paths = [segment.path for segment in segments if segment.calls]
        if not (kept and paths) and not dataset.reports:
            return
        data = b""
        with interruptible(engine(), closing), scratch_folder(scratch_parent) as scratch:
            if kept and paths:
                cells, first, last = _places(engine(), paths)
                data = rows_of(cells & kept, self.kept, first, last)
            rows = scratch / "reports.jsonl"
            rows.write_bytes(data)
            dataset.keep_reports(engine(), rows, digest_of(data))

    @property
    def notes(self) -> Iterator[Note]:
        """Why true ends are not known."""
        return unreported(self.refused)


def _places(connection: DuckDBPyConnection, paths: Sequence[Path]) -> tuple[set[Cell], str, str]:
    """The accounts and regions of calls, and the first and last day (ISO) of them."""
    found = connection.execute(
        "SELECT recipientaccountid, awsregion, min(eventtime), max(eventtime)"
        f" FROM read_parquet({paths_literal(paths)}) GROUP BY ALL"
    ).fetchall()
    days = [time[:10] for row in found for time in row[2:] if time]
    return {(row[0], row[1]) for row in found}, min(days, default=""), max(days, default="")


def unreported(refused: Mapping[Cell, AwsError]) -> Iterator[Note]:
    """Why true ends are not known, once for all regions that say the same."""
    return refusals(refused, "the ends that Session Manager knows are not read")


def refusals(refused: Mapping[Cell, AwsError], what: str) -> Iterator[Note]:
    """Where something is not read and why, once for all regions that say the same."""
    places: dict[str, list[str]] = defaultdict(list)
    for cell, error in sorted(refused.items()):
        places[str(error)].append("/".join(cell))
    for why, (first, *others) in places.items():
        more = f" and {len(others)} more" if others else ""
        yield Note(f"{first}{more}", f"{what}: {why}")
