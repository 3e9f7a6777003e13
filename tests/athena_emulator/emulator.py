"""The emulator's state and controls for tests: tables, faults, executions and counters."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from isal import igzip

from tests.athena_emulator.bucket import Buckets
from tests.athena_emulator.engine import Engine
from tests.athena_emulator.executions import Execution
from tests.athena_emulator.faults import Fault, Faults
from tests.athena_emulator.server import Server

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from pathlib import Path

    from tests.athena_emulator.tables import EmulatedTable

RESULTS = "results-bucket"


@dataclass(slots=True)
class WorkGroup:
    """The workgroup's configuration."""

    name: str = "primary"
    output: str | None = f"s3://{RESULTS}/out/"
    limit: int | None = None
    """Bytes after which a query is ended."""
    managed: bool = False
    """Whether Athena keeps the results itself."""
    enforced: bool = False
    """Whether requests name no output of their own: Athena ignores it."""
    enabled: bool = True
    engine: str = "Athena engine version 3"


@dataclass(slots=True)
class Emulator:
    """A server on 127.0.0.1; use it as a context."""

    buckets: Buckets = field(default_factory=Buckets)
    faults: Faults = field(default_factory=Faults)
    workgroup: WorkGroup = field(default_factory=WorkGroup)
    partitions: dict[str, list[tuple[str, ...]]] = field(default_factory=dict)
    """What Glue's `GetPartitions` lists, by table name."""
    account: str = "111122223333"
    listing_delay: float = 0.0
    """Seconds that a listing takes."""
    queue: float = 0.0
    """Seconds in the queue."""
    delay: float = 0.0
    """Seconds of running."""
    catalogs: dict[str, str] = field(default_factory=dict)
    """Kinds of catalogs beside AwsDataCatalog, by name."""
    reservations: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Workgroups by the name of their capacity reservation."""
    looks: int = 1
    """Times that a client sees a query run before it ends; what it has scanned grows meanwhile."""
    bad: dict[tuple[str, ...], str] = field(default_factory=dict)
    """Partitions that no query can read, with the message of those that try."""
    page_size: int = 1000
    expired: bool = False
    """Whether the credentials have expired."""
    expired_keys: set[str] = field(default_factory=set)
    """Access keys that have expired."""
    assumed: list[dict[str, str]] = field(default_factory=list)
    """Requests to assume a role."""
    external_id: str | None = None
    """What the owner of every role asks for."""
    now: float | None = None
    """The clock that queries are taken at (POSIX); None is the machine's."""
    ready_result: Path | None = None
    """A CSV file that every query returns."""
    executions: dict[str, Execution] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)
    """Requests by operation."""
    stopped: dict[str, float] = field(default_factory=dict)
    """When StopQueryExecution came (monotonic), by id."""
    running: threading.Event = field(default_factory=threading.Event)
    """Set once a client has seen a query run."""
    hold_after: int | None = None
    """Number of queries that end; those after them run until it is None again."""
    held: threading.Event = field(default_factory=threading.Event)
    """Set once a client has seen a query run that is held."""
    lock: threading.RLock = field(default_factory=threading.RLock)
    engine: Engine = field(init=False)
    _tokens: dict[str, tuple[str, str]] = field(default_factory=dict)
    _held: bool = False
    _plans_held: bool = False
    _server: Server = field(init=False)

    def __post_init__(self) -> None:
        self.engine = Engine(self.buckets)
        self._server = Server(self)

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop()
        self.engine.close()

    @property
    def url(self) -> str:
        """The endpoint."""
        return self._server.url

    @property
    def environment(self) -> dict[str, str]:
        """Environment variables that direct AWS's libraries to the emulator only."""
        return {
            "AWS_ENDPOINT_URL": self.url, "AWS_ACCESS_KEY_ID": "AKIDEMULATED", "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_DEFAULT_REGION": "eu-central-1", "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": "/nonexistent", "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
        }  # fmt: skip

    def add_table(self, table: EmulatedTable) -> EmulatedTable:
        """Add a table."""
        self.engine.tables.append(table)
        return table

    def deliver(self, table: EmulatedTable, day: date, records: Sequence[dict[str, Any]], name: str = "a") -> int:
        """Put a file of records into a folder day of a table; gives its size in bytes."""
        data = igzip.compress(json.dumps({"Records": list(records)}).encode(), 1, mtime=0)
        self.buckets.put(table.bucket, f"{table.prefix}{day:%Y/%m/%d}/{name}.json.gz", data)
        return len(data)

    def hold(self, *, plans: bool = False) -> None:
        """Keep queries running until `release`; with `plans`, `EXPLAIN` too."""
        self._held, self._plans_held = True, plans

    def release(self) -> None:
        """Let queries finish."""
        self._held = self._plans_held = False

    def enlarge(self, scale: int) -> None:
        """Tell and bill so many bytes for each byte of the files."""
        self.buckets.scale = scale

    @property
    def billed(self) -> list[int]:
        """The bytes on the bill, for each query that is on it: at least 10 MB; failed queries cost nothing.

        Source: "Amazon Athena pricing".
        """
        found = (each for each in self.queries if each.state != "FAILED" and not each.reused and each.bytes)
        return [max(10_000_000, each.bytes) for each in found]

    @property
    def bytes_scanned(self) -> int:
        """Bytes that all queries scanned."""
        return sum(execution.bytes for execution in self.executions.values())

    @property
    def queries(self) -> list[Execution]:
        """All executions that read something, the oldest first."""
        return [each for each in self.executions.values() if not each.is_plan]

    @property
    def plans(self) -> list[Execution]:
        """All executions of `EXPLAIN`, the oldest first."""
        return [each for each in self.executions.values() if each.is_plan]

    def start(self, request: dict[str, Any], output: str | None) -> Execution:
        """Begin an execution; the same token with the same statement is the same execution.

        Raises ValueError where a token comes again with something else.
        """
        token, text = request.get("ClientRequestToken"), json.dumps(request, sort_keys=True)
        with self.lock:
            if token in self._tokens:
                known, former = self._tokens[token]
                if former != text:
                    raise ValueError("Idempotent parameters do not match")
                return self.executions[known]
            execution = Execution(request, output)
            if self.now is not None:
                execution.submitted = self.now
            if output is not None:
                execution.output = f"{output}{execution.id}.csv"
            self.executions[execution.id] = execution
            if token:
                self._tokens[token] = (execution.id, text)
            return execution

    def step(self, execution: Execution) -> None:
        """Advance an execution to its state at this moment."""
        with self.lock:
            passed = time.monotonic() - execution.began
            if execution.is_over or (passed < self.queue and not execution.is_plan):
                return
            if former := self._former(execution):
                execution.answer, execution.output, execution.reused = former.answer, former.output, True
                execution.end("SUCCEEDED")
                return
            execution.state, execution.looks = "RUNNING", execution.looks + 1
            self._scan(execution)
            is_held = self._plans_held if execution.is_plan else self._held or self._is_late(execution)
            if is_held:
                self.held.set()
            if is_held or not execution.is_plan:
                self.running.set()
            is_due = (
                not is_held
                and execution.looks >= (1 if execution.is_plan else self.looks)
                and (execution.is_plan or passed >= self.queue + self.delay)
            )
            if is_due and not execution.is_over:
                self._finish(execution)

    def _is_late(self, execution: Execution) -> bool:
        return self.hold_after is not None and self._number(execution) >= self.hold_after

    def _number(self, execution: Execution) -> int:
        """Which of the queries it is, from 0; -1 for a plan."""
        return -1 if execution.is_plan else [each.id for each in self.queries].index(execution.id)

    def _scan(self, execution: Execution) -> None:
        if self.ready_result is not None:
            return
        if execution.answer is not None:
            execution.bytes = self._scanned(execution)
            return
        try:
            execution.answer = self.engine.run(execution.sql)
        except ValueError as error:
            execution.error = Fault("Query", message=str(error), category=2, error_type=1100)
            execution.end("FAILED", str(error))
            return
        if message := next((self.bad[each] for each in execution.answer.partitions if each in self.bad), ""):
            execution.error = Fault("Query", message=message, category=2, error_type=1200)
            execution.end("FAILED", message)
            return
        scanned = execution.answer.bytes * self.buckets.scale
        if self.workgroup.limit is not None and scanned > self.workgroup.limit:
            execution.bytes = self.workgroup.limit
            execution.end("CANCELLED", "Bytes scanned limit was exceeded")
            return
        execution.bytes = self._scanned(execution)

    def _scanned(self, execution: Execution) -> int:
        """What a running query has scanned so far."""
        assert execution.answer is not None
        whole = execution.answer.bytes * self.buckets.scale
        return whole * min(execution.looks, self.looks) // self.looks // (2 if self._held else 1)

    def _former(self, execution: Execution) -> Execution | None:
        """An earlier execution whose result this one may have again: same text, database and place, not too old.

        Source: "Reuse query results", Athena User Guide.
        """
        alike = ("QueryString", "QueryExecutionContext", "ResultConfiguration", "WorkGroup")
        found = (
            each for each in reversed(self.executions.values())
            if each.state == "SUCCEEDED" and not each.reused
            and all(each.request.get(name) == execution.request.get(name) for name in alike)
            and execution.submitted - each.submitted <= execution.reuse * 60
        )  # fmt: skip
        return next(found, None) if execution.reuse else None

    def _finish(self, execution: Execution) -> None:
        if fault := self.faults.queries.get(self._number(execution)) or self.faults.take(
            "Plan" if execution.is_plan else "Query", execution.sql
        ):
            execution.error, execution.bytes = fault, 0
            execution.end(fault.state, fault.message)
            return
        if execution.answer is not None:
            execution.bytes = execution.answer.bytes * self.buckets.scale
        self._server.write_result(execution)
        execution.end("SUCCEEDED")

    def stop(self, execution: Execution) -> None:
        """End an execution on request."""
        with self.lock:
            self.stopped.setdefault(execution.id, time.monotonic())
            if not execution.is_over:
                execution.end("CANCELLED", "Query cancelled by user")
