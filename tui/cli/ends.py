"""`ssmtrail ends`: asks Session Manager for the true ends of sessions and keeps them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from ssmtrail.queries.config import cache_root
from ssmtrail.queries.opening import history_source
from ssmtrail.queries.plurals import count_text
from ssmtrail.tui.cli.console import ANSWERED, FAILED, INCOMPLETE, Console, run_interruptible

if TYPE_CHECKING:
    from collections.abc import Mapping
    from threading import Event

    from ssmtrail.queries.sources.history.address import HistoryAddress
    from ssmtrail.queries.sources.history.aws import AwsError
    from ssmtrail.queries.sources.history.source import Cells
    from ssmtrail.queries.sources.history.walks import Cell


def keep_ends(address: HistoryAddress, *, quiet: bool) -> int:
    """Ask in all regions, print what is kept of each, and what refused; gives the exit status."""
    console = Console(quiet=quiet)
    return run_interruptible(lambda cancelled: _kept(address, console, cancelled, quiet=quiet), console)


def _kept(address: HistoryAddress, console: Console, cancelled: Event, *, quiet: bool) -> int:
    source = history_source(address, cache_root())
    cells = source.cells(cancelled)
    refused = {**cells.refused, **source.take_reports(cells, cancelled)}
    for cell in () if quiet else cells.cells:
        reports = source.reports.of(cell).values()
        if reports:
            ended = sum("EndDate" in report for report in reports)
            sys.stdout.write(f"{'/'.join(cell)}: {count_text(len(reports), 'session')} kept, {ended:,} with an end\n")
    return warned(cells, refused, console)


def warned(cells: Cells, refused: Mapping[Cell, AwsError], console: Console, what: str = "not read") -> int:
    """Say of which accounts and regions `what` is true, and why; gives the exit status."""
    sys.stdout.flush()
    for note in cells.notes:
        console.warn(note)
    for cell, error in sorted(refused.items()):
        console.warn(f"{what}: {'/'.join(cell)}: {error}")
    if not refused:
        return ANSWERED
    return INCOMPLETE if len(refused) < len(cells.cells) + len(cells.refused) else FAILED
