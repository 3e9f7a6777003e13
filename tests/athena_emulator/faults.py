"""Faults that the emulator injects."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from random import Random
from typing import Literal

Kind = Literal["error", "cut", "fail"]


@dataclass(slots=True)
class Fault:
    """A fault of one operation, a number of times."""

    operation: str
    """`StartQueryExecution`, `GetObject`, ...; `Query` is the execution itself, `Plan` that of `EXPLAIN`; `*` any
    operation."""
    code: str = ""
    """Error code of the answer; empty cuts the connection, in the middle where there is a body."""
    message: str = ""
    times: int = 1
    """-1 for every time."""
    status: int = 400
    error_type: int = 0
    """Of a query that fails."""
    category: int = 1
    retryable: bool = False
    state: str = "FAILED"
    """Or `CANCELLED`, of a query that fails."""
    about: str = ""
    """What a query that fails has in its text."""


#: Random faults: throttled, internal error, connection cut.
_BAD_DAY = (
    Fault("*", "ThrottlingException", "Rate exceeded"),
    Fault("*", "InternalServerException", "something went wrong", status=500),
    Fault("*"),
)
#: Faults of an execution, after the request succeeded.
_INSIDE = frozenset({"Query", "Plan"})
_FAILED_QUERY = Fault("Query", message="INTERNAL_ERROR", error_type=200, category=1, retryable=True)


@dataclass(slots=True)
class Faults:
    """Planned faults in order, and random faults."""

    planned: list[Fault] = field(default_factory=list)
    rate: float = 0.0
    """Share of answers that are throttled, failed or cut, and of queries that fail."""
    chance: Random = field(default_factory=lambda: Random(1))
    happened: Counter[str] = field(default_factory=Counter)
    """By code; `cut` for answers that were, `Query` for queries that failed."""
    queries: dict[int, Fault] = field(default_factory=dict)
    """How queries fail, by their number from 0."""

    def take(self, operation: str, sql: str = "") -> Fault | None:
        """The fault for this request, if any; counted."""
        for fault in self.planned:
            is_meant = fault.operation == operation or (fault.operation == "*" and operation not in _INSIDE)
            if is_meant and fault.about in sql:
                fault.times -= 1
                if not fault.times:
                    self.planned.remove(fault)
                return self._counted(fault)
        if self.rate and operation != "Plan" and self.chance.random() < self.rate:
            return self._counted(_FAILED_QUERY if operation == "Query" else self.chance.choice(_BAD_DAY))
        return None

    def _counted(self, fault: Fault) -> Fault:
        self.happened["Query" if fault.operation == "Query" else fault.code or "cut"] += 1
        return fault
