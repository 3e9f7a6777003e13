"""What the user decided about money, and about how fresh what is kept has to be."""

from __future__ import annotations

from dataclasses import dataclass

from queries.sources.athena import plan


@dataclass(frozen=True, slots=True)
class AthenaTerms:
    """The terms on which a table is read."""

    price: float = plan.PRICE
    """Dollars a terabyte."""
    threshold: float = 1.0
    """Dollars above which to ask first."""
    reuse_minutes: int = 0
    """How old results may be that the workgroup gives again."""
    open_minutes: int = 15
    """How old the copy of an open day may be."""
    recheck_days: int = 0
    """So many of the last days are read again, once a run, although they are kept."""
