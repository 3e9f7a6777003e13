"""What a run may be billed for: the agreed bytes, held against what its queries scan."""

from __future__ import annotations

import threading
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager
    from datetime import date

    from ssmtrail.queries.sources.budget import Budget
    from ssmtrail.queries.store.journal import Run

#: Bytes that a query is billed for at least. Source: "Amazon Athena pricing".
LEAST_BYTES: Final = 10_000_000


@dataclass(slots=True)
class _Charge:
    """What one query reserves or has scanned, in bytes."""

    reserved: int
    own: int | None = None
    """Bytes that an earlier process agreed to for it; it then draws on nothing else."""
    is_carried: bool = False
    scanned: int = 0
    is_over: bool = False
    is_free: bool = False
    """Whether it is not billed: it failed, or an earlier result was reused."""

    @property
    def billed(self) -> int:
        """Bytes on the bill so far."""
        return 0 if self.is_free or not self.scanned else max(LEAST_BYTES, self.scanned)

    @property
    def drawn(self) -> int:
        """What it takes from the agreed bytes; the least bytes of a query are not part of them."""
        if self.is_carried or self.is_free:
            return 0
        drawn = max(0, self.scanned - LEAST_BYTES)
        return drawn if self.is_over else max(self.reserved, drawn)

    @property
    def bound(self) -> int:
        """What it takes from the bytes that may be billed at all."""
        return self.billed if self.is_over else max(LEAST_BYTES, self.reserved, self.scanned)


@dataclass(slots=True)
class Allowance:
    """The agreement that a run's queries draw on; any thread may use it.

    The bytes billed beyond the least of each query never pass `agreed` but by what a query scans between two polls: a
    query whose estimate passes what is left does not start, and one that passes it is to be stopped.
    """

    agreed: int | None = None
    """Bytes; None sets no bound, which is for statements that cost nothing."""
    hard: int | None = None
    """Bytes that may be billed at all, the least of each query included; None for no bound."""
    sizes: Mapping[date, int] = field(default_factory=dict)
    """The estimated bytes of days."""
    budget: Budget | None = None
    """What else its caller may spend; None for statements that cost nothing."""
    _charges: dict[str, _Charge] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def estimate(self, first: date, last: date) -> int | None:
        """Bytes of the days from `first` to `last`, both included; None if one of them is unknown."""
        found = [self.sizes.get(first.fromordinal(day)) for day in range(first.toordinal(), last.toordinal() + 1)]
        return None if None in found else sum(size or 0 for size in found)

    def begin(self, token: str, estimate: int | None) -> int | None:
        """Reserve the estimate of a query; returns the bytes that it may scan, or None if it must not start.

        Without an estimate it may scan what is left.
        """
        charge = _Charge(estimate or 0)
        with self._lock:
            left = None if self.agreed is None else self.agreed - self._drawn()
            room = None if self.hard is None else self.hard - self._bound()
            if (left is not None and charge.reserved > left) or (room is not None and charge.bound > room):
                return None
            self._charges[token] = charge
        return estimate if estimate is not None else max(0, left) if left is not None else 0

    def starting(self) -> AbstractContextManager[object]:
        """To be held from the check of a query until it is in the journal, against other processes."""
        return nullcontext() if self.budget is None else self.budget.starting()

    def over_budget(self, estimate: int | None) -> str:
        """Why a budget has no room for a query that scans so many bytes, a clause; empty if it has."""
        return "" if self.budget is None else self.budget.refusal(self.budget.price(estimate or 0))

    def passes_budget(self, run: Run) -> str:
        """Why a running query is to be stopped, a clause: with what it scanned beyond its estimate a budget is passed.

        The estimate itself counts from before its start.
        """
        is_within = run.bytes <= max(LEAST_BYTES, run.reserved)
        return "" if self.budget is None or run.provisioned or is_within else self.budget.refusal(0.0)

    def carry(self, run: Run) -> None:
        """Take over a query that an earlier process began, with the bytes that were agreed to for it."""
        with self._lock:
            self._charges.setdefault(run.token, _Charge(run.most or 0, run.most, is_carried=True))

    def note(self, run: Run) -> None:
        """Note the last state of a query."""
        with self._lock:
            if charge := self._charges.get(run.token):
                charge.scanned, charge.is_over = run.bytes, run.is_over or run.state == "answered"
                charge.is_free = run.is_free

    def holds(self, token: str) -> bool:
        """Whether a running query may go on: it keeps to its own estimate, or others left enough."""
        with self._lock:
            charge = self._charges.get(token)
            if charge is None:
                return True
            if charge.is_carried:
                return charge.own is None or charge.scanned <= charge.own + LEAST_BYTES
            is_within = charge.scanned - LEAST_BYTES <= charge.reserved and charge.reserved > 0
            fits = self.agreed is None or is_within or self._drawn() <= self.agreed
            return fits and (self.hard is None or self._bound() <= self.hard)

    @property
    def left(self) -> int | None:
        """Agreed bytes that no query has drawn; None for no bound."""
        with self._lock:
            return None if self.agreed is None else max(0, self.agreed - self._drawn())

    @property
    def billed(self) -> int:
        """Bytes on the bill so far, the least of each query included."""
        with self._lock:
            return sum(charge.billed for charge in self._charges.values())

    def _drawn(self) -> int:
        return sum(charge.drawn for charge in self._charges.values())

    def _bound(self) -> int:
        return sum(charge.bound for charge in self._charges.values())
