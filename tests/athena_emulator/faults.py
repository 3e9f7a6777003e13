"""What the emulator is told to do wrong."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from random import Random
from typing import Literal

Kind = Literal["error", "cut", "fail"]


@dataclass(slots=True)
class Fault:
    """Something that goes wrong with one operation, so many times."""

    operation: str
    """`StartQueryExecution`, `GetObject`, ...; `Query` is the execution itself, `Plan` that of `EXPLAIN`; `*` any
    operation."""
    code: str = ""
    """Error code of the answer; empty cuts the connection, in the middle where there is a body."""
    message: str = ""
    times: int = 1
    """-1 is for ever."""
    status: int = 400
    error_type: int = 0
    """Of a query that fails."""
    category: int = 1
    retryable: bool = False
    state: str = "FAILED"
    """Or `CANCELLED`, of a query that fails."""


#: What a bad day brings: throttled, failed inside, cut.
_BAD_DAY = (
    Fault("*", "ThrottlingException", "Rate exceeded"),
    Fault("*", "InternalServerException", "something went wrong", status=500),
    Fault("*"),
)
#: What goes wrong after a request was answered.
_INSIDE = frozenset({"Query", "Plan"})
_FAILED_QUERY = Fault("Query", message="INTERNAL_ERROR", error_type=200, category=1, retryable=True)


@dataclass(slots=True)
class Faults:
    """What is to go wrong, in order, and by chance."""

    told: list[Fault] = field(default_factory=list)
    rate: float = 0.0
    """Share of answers that are throttled, failed or cut, and of queries that fail."""
    chance: Random = field(default_factory=lambda: Random(1))
    happened: Counter[str] = field(default_factory=Counter)
    """By code; `cut` for answers that were, `Query` for queries that failed."""
    queries: dict[int, Fault] = field(default_factory=dict)
    """How queries fail, by their number from 0."""

    def take(self, operation: str) -> Fault | None:
        """The fault for this operation now, counted."""
        for fault in self.told:
            if fault.operation == operation or (fault.operation == "*" and operation not in _INSIDE):
                fault.times -= 1
                if not fault.times:
                    self.told.remove(fault)
                return self._counted(fault)
        if self.rate and operation != "Plan" and self.chance.random() < self.rate:
            return self._counted(_FAILED_QUERY if operation == "Query" else self.chance.choice(_BAD_DAY))
        return None

    def _counted(self, fault: Fault) -> Fault:
        self.happened["Query" if fault.operation == "Query" else fault.code or "cut"] += 1
        return fault
