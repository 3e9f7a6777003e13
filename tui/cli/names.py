"""`ssmtrail names`: asks AWS for the names of machines and keeps them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from ssmtrail.queries.config import cache_root
from ssmtrail.queries.opening import history_source
from ssmtrail.queries.plurals import count_text
from ssmtrail.queries.sources.history.names import KeptNames
from ssmtrail.tui.cli.console import Console, run_interruptible
from ssmtrail.tui.cli.ends import warned

if TYPE_CHECKING:
    from threading import Event

    from ssmtrail.queries.sources.history.address import HistoryAddress


def keep_names(address: HistoryAddress, *, quiet: bool) -> int:
    """Ask in all regions, print what is kept of each, and what refused; gives the exit status."""
    console = Console(quiet=quiet)
    return run_interruptible(lambda cancelled: _kept(address, console, cancelled, quiet=quiet), console)


def _kept(address: HistoryAddress, console: Console, cancelled: Event, *, quiet: bool) -> int:
    source, kept = history_source(address, cache_root()), KeptNames(cache_root() / "names")
    cells = source.cells(cancelled)
    refused = {**cells.refused, **source.take_names(kept, cells, cancelled)}
    for cell in () if quiet else cells.cells:
        if machines := kept.of(cell):
            named = sum(any(each.name for each in known) for known in machines.values())
            sys.stdout.write(f"{'/'.join(cell)}: {count_text(len(machines), 'machine')} kept, {named:,} with a name\n")
    return warned(cells, refused, console, "not all is read")
