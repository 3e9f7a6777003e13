"""Budgets: dollars a UTC day and a month that the queries of one caller may cost, over all tables of a store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ssmtrail.queries.model import Spendings
from ssmtrail.queries.store.spending import spent

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from datetime import datetime

    from ssmtrail.queries.model import Budgets
    from ssmtrail.queries.store.spending import Spending

#: The code of an error that says that a budget has no room for a query.
OVER_BUDGET: Final = "budget"
#: Dollars by which sums may be wrong, as they are sums of floats.
_ROUNDING: Final = 1e-9


def payer(caller: str) -> str:
    """Whose budget a caller draws on: an ARN without the session name, which the caller may choose.

    `arn:aws:sts::111122223333:assumed-role/Audit/jane` is `arn:aws:sts::111122223333:assumed-role/Audit`.
    """
    return caller.rpartition("/")[0] if ":assumed-role/" in caller or ":federated-user/" in caller else caller


@dataclass(frozen=True, slots=True)
class Budget:
    """The budgets of one caller, held against what the queries of the store cost; any thread may use it."""

    spending: Spending
    budgets: Budgets
    caller: str
    """ARN; empty where it is unknown: then the queries of all callers count."""
    price: Callable[[int], float]
    """Dollars for a query that scans so many bytes."""
    now: Callable[[], datetime]
    """The clock, zone-aware UTC."""

    def starting(self) -> AbstractContextManager[None]:
        """To be held from the check of a query until it is in the journal."""
        return self.spending.starting()

    def spendings(self) -> Spendings:
        """What was spent today and this month, by all callers and by this one."""
        today = self.now().date()
        rows = spent(self.spending.charges(today), self.price, today)
        own = [row for row in rows if not self.caller or payer(row.caller) in {"", payer(self.caller)}]
        day, month = sum(row.day for row in own), sum(row.month for row in own)
        return Spendings(today, rows, day, month, self.budgets)

    def room(self) -> float | None:
        """Dollars that may still be spent; None for no budget."""
        return self.spendings().room if self.budgets else None

    def refusal(self, dollars: float) -> str:
        """Why so many dollars more may not be spent, a clause; empty if they may."""
        if not self.budgets:
            return ""
        found = self.spendings()
        limits = (
            ("day_budget", self.budgets.day, found.own_day, f"today, {found.today} UTC"),
            ("month_budget", self.budgets.month, found.own_month, f"this month, {found.today:%Y-%m} UTC"),
        )
        for name, limit, so_far, when in limits:
            if limit is not None and so_far + dollars > limit + _ROUNDING:
                return f"more than {name} leaves: {_dollars(so_far)} of {_dollars(limit)} is spent {when}"
        return ""


def _dollars(amount: float) -> str:
    return f"${amount:,.4f}" if 0 < amount < 0.1 else f"${amount:,.2f}"
