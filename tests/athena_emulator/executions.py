"""Query executions of the emulator: from the queue to the result."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from tests.athena_emulator.engine import Answer
    from tests.athena_emulator.faults import Fault


@dataclass(slots=True)
class Execution:
    """One query."""

    request: dict[str, Any]
    output: str | None
    """`s3://BUCKET/PREFIX/ID.csv`; None with managed results."""
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    state: str = "QUEUED"
    reason: str = ""
    error: Fault | None = None
    bytes: int = 0
    submitted: float = field(default_factory=time.time)
    began: float = field(default_factory=time.monotonic)
    completed: float | None = None
    answer: Answer | None = None
    rows_file: Path | None = None
    """A ready result, in place of an answer."""
    reused: bool = False
    looks: int = 0
    """Times that a client has seen it run."""

    @property
    def sql(self) -> str:
        """The statement."""
        return str(self.request["QueryString"])

    @property
    def is_plan(self) -> bool:
        """Whether it is an EXPLAIN, which reads nothing and takes no time."""
        return self.sql.lstrip().upper().startswith("EXPLAIN")

    @property
    def reuse(self) -> int:
        """Maximum age in minutes of an earlier result to reuse, 0 for none."""
        wish = self.request.get("ResultReuseConfiguration", {}).get("ResultReuseByAgeConfiguration", {})
        return int(wish.get("MaxAgeInMinutes", 60)) if wish.get("Enabled") else 0

    @property
    def is_over(self) -> bool:
        """Whether it has ended."""
        return self.state in {"SUCCEEDED", "FAILED", "CANCELLED"}

    def end(self, state: str, reason: str = "") -> None:
        """End the execution."""
        self.state, self.reason, self.completed = state, reason, time.time()

    def shown(self) -> dict[str, Any]:
        """The answer of `GetQueryExecution`."""
        status: dict[str, Any] = {"State": self.state, "SubmissionDateTime": self.submitted}
        if self.reason:
            status["StateChangeReason"] = self.reason
        if self.completed is not None:
            status["CompletionDateTime"] = self.completed
        if self.error is not None:
            status["AthenaError"] = {
                "ErrorCategory": self.error.category, "ErrorType": self.error.error_type,
                "Retryable": self.error.retryable, "ErrorMessage": self.error.message,
            }  # fmt: skip
        took = int((time.monotonic() - self.began) * 1000)
        found: dict[str, Any] = {
            "QueryExecutionId": self.id,
            "Query": self.sql,
            "StatementType": "DML",
            "Status": status,
            "Statistics": {
                "DataScannedInBytes": self.bytes, "EngineExecutionTimeInMillis": took,
                "TotalExecutionTimeInMillis": took, "QueryQueueTimeInMillis": 0,
                "ResultReuseInformation": {"ReusedPreviousResult": self.reused},
            },
            "WorkGroup": self.request.get("WorkGroup", "primary"),
            "QueryExecutionContext": self.request.get("QueryExecutionContext", {}),
            "EngineVersion": {"SelectedEngineVersion": "AUTO", "EffectiveEngineVersion": "Athena engine version 3"},
        }  # fmt: skip
        if self.output is None:
            found["ManagedQueryResultsConfiguration"] = {"Enabled": True}
        else:
            found["ResultConfiguration"] = {"OutputLocation": self.output}
        return found
