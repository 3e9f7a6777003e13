"""Whose sessions are connected at this minute, as Session Manager lists them."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from ssmtrail.queries.model import Connected, ConnectedSession
from ssmtrail.queries.sources.history.aws import AwsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ssmtrail.queries.sources.history.source import Cells, HistorySource
    from ssmtrail.queries.sources.history.walks import Cell

#: Regions that are asked at once.
_AT_ONCE: Final = 16
_PAGE: Final = 200
_CONNECTED: Final = "Connected"
#: Seconds for which an answer is given again, so that a view that is drawn anew does not ask anew.
_KEPT: Final = 5.0


@dataclass(slots=True)
class LiveSessions:
    """Asks Session Manager in all regions of some accounts."""

    opener: Callable[[], HistorySource]
    """Finds the accounts; called once. Raises SourceError."""
    _source: HistorySource | None = None
    _found: Connected | None = None
    _at: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def ask(self, cancelled: threading.Event) -> Connected:
        """The sessions whose client is connected. Raises SourceError where nothing can be asked, Cancelled."""
        with self._lock:
            if self._found is None or time.monotonic() - self._at > _KEPT:
                if self._source is None:
                    self._source = self.opener()
                self._found = _asked(self._source.cells(cancelled), cancelled)
                self._at = time.monotonic()
            return self._found


def _asked(cells: Cells, cancelled: threading.Event) -> Connected:
    at = datetime.now(UTC).replace(microsecond=0)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        answers = list(pool.map(partial(_of, cells, cancelled), cells.cells))
    found = chain.from_iterable(each for each in answers if not isinstance(each, AwsError))
    pairs = zip(cells.cells, answers, strict=True)
    refused = {**cells.refused, **{cell: each for cell, each in pairs if isinstance(each, AwsError)}}
    if refused and len(refused) == len(cells.cells) + len(cells.refused):
        raise next(iter(refused.values()))
    sessions = sorted(found, key=lambda each: (each.started_at or at, each.session_id), reverse=True)
    notes = tuple(f"{'/'.join(cell)}: {error}" for cell, error in sorted(refused.items()))
    return Connected(at, tuple(sessions), sum(isinstance(each, list) for each in answers), notes)


def _of(cells: Cells, cancelled: threading.Event, cell: Cell) -> list[ConnectedSession] | AwsError:
    wanted = [{"key": "Status", "value": _CONNECTED}]
    try:
        pages = cells.accounts[cell[0]].pages(
            "ssm", cell[1], "describe_sessions", cancelled, State="Active", MaxResults=_PAGE, Filters=wanted
        )
        return [
            _session(cell, each)
            for page in pages
            for each in page.get("Sessions", ())
            if each.get("Status") == _CONNECTED and each.get("SessionId")
        ]
    except AwsError as error:
        return error


def _session(cell: Cell, found: dict[str, Any]) -> ConnectedSession:
    start = found.get("StartDate")
    return ConnectedSession(
        *cell, found["SessionId"], found.get("Target") or None, found.get("Owner") or "",
        found.get("DocumentName") or "", start.astimezone(UTC).replace(microsecond=0) if start else None,
    )  # fmt: skip
