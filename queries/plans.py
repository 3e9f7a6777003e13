"""The values about scans that cost: what a window would need, what ran."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from datetime import date, datetime

Estimate = Literal["free", "listed", "average", "unknown"]
"""How bytes are known: nothing to pay, sizes of the files, the average of days already scanned, not at all."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a fetch would read and cost; what was agreed to is handed to `Door.fetch`."""

    made_at: datetime
    """UTC; copies of days that are younger are as good as those that the plan would fetch."""
    days: tuple[date, ...] = ()
    """Folder days to be fetched, in order; empty where all is kept."""
    kept: int = 0
    """Days of the window that are kept already."""
    again: tuple[date, ...] = ()
    """Those of `days` that are kept, final, and read again on demand."""
    absent: tuple[tuple[date, str], ...] = ()
    """Days that cannot be had, with a clause that says why."""
    queries: int = 0
    bytes: int | None = 0
    """To be scanned; None where nobody knows."""
    price: float | None = 0.0
    """Dollars."""
    how: Estimate = "free"
    limit: int | None = None
    """Bytes after which the workgroup ends a query."""
    ask_first: bool = False
    """Whether the price is above the threshold, or unknown, or in doubt."""
    doubt: str = ""
    """Why more may be scanned than the days ask for, a sentence; empty once it is proved that nothing is."""
    warnings: tuple[str, ...] = ()
    """Sentences about the table."""


@dataclass(frozen=True, slots=True)
class QueryRun:
    """One query that ran, or runs."""

    key: str
    """Names it for `Door.stop_query`."""
    state: Literal["queued", "running", "storing", "done", "failed", "cancelled"]
    first: date
    last: date
    """Included."""
    sql: str
    asked_at: datetime
    """UTC."""
    bytes: int
    """Scanned so far."""
    price: float
    """Dollars, so far."""
    seconds: float
    queued: float
    """Seconds in the queue."""
    id: str = ""
    """The service's name for it."""
    error: str = ""
    """A sentence; may hold hostile text."""
    reused: bool = False
    """Whether an earlier result was given again for nothing."""
    purpose: Literal["days", "check"] = "days"
    """`check` fetches nothing: its answer is compared with the local one."""
