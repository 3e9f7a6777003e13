"""The journal of paid queries, written before each starts, so that a crash loses none."""

from __future__ import annotations

import re
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Final, Literal

import msgspec
from msgspec.structs import replace

from ssmtrail.queries.store.atomic import make_private_folder, write_private

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

RunState = Literal["asked", "queued", "running", "answered", "done", "failed", "cancelled"]
"""`asked`: in the journal, perhaps not yet at the service; `answered`: its result is ready to be stored."""

RunPurpose = Literal["days", "check"]
"""`days`: fetches days for the store; `check`: its answer is compared with the local one."""

OVER: Final = frozenset({"done", "failed", "cancelled"})
"""The states in which a query has finished."""
_TOKEN: Final = re.compile(r"[0-9a-f]{32}")
#: Finished queries that are kept.
_REMEMBERED: Final = 200


class Run(msgspec.Struct, frozen=True, omit_defaults=True):
    """One query, in its last known state."""

    token: str
    """32 hex digits; to the service, requests with the same token are the same query."""
    sql: str
    first: date
    last: date
    """Included."""
    asked_at: datetime
    """UTC."""
    state: RunState = "asked"
    id: str = ""
    """The service's id of it; empty before the service returned one."""
    started_at: datetime | None = None
    """When the service accepted it (UTC): files delivered later are not in its result."""
    bytes: int = 0
    """Scanned so far."""
    seconds: float = 0.0
    """Seconds of running, without the queue."""
    queued: float = 0.0
    """Seconds in the queue."""
    output: str = ""
    """Location of the result; empty where the service manages it."""
    error: str = ""
    """A sentence."""
    part: int = 1
    parts: int = 1
    reused: bool = False
    """Whether the service returned an earlier result, without cost."""
    reuse: int = 0
    """Maximum age in minutes of an earlier result that may be returned; 0 for never."""
    purpose: RunPurpose = "days"
    scope: str = ""
    """The subset of the table that it asks, see `Subset.text`; empty for the whole table."""
    former: bool = False
    """Whether ssmtrail 0.1.0 sent it."""
    most: int | None = None
    """Bytes that were agreed to for it; None where that was not written."""
    reserved: int = 0
    """Bytes that it may scan by the estimate, which count in a budget until it ends; 0 where that is unknown."""
    caller: str = ""
    """ARN of the identity that started it; empty where that was not written."""
    provisioned: bool = False
    """Whether it runs on reserved capacity, which is paid by the hour: its scan has no price."""
    unbilled: bool = False
    """Whether the service ended it without billing it."""
    lost: bool = False
    """Whether it was paid for and its result is gone."""
    left: str = ""
    """Why the files of its result could not be deleted, a sentence; may be hostile."""
    file: str = ""
    """The file that it could not read, where the service named one; may be hostile."""
    unreadable: bool = False
    """Whether a file of its days could not be read."""

    @property
    def is_free(self) -> bool:
        """Whether its scan costs nothing: it failed, an earlier result was returned, or its capacity is reserved."""
        return self.unbilled or self.reused or self.provisioned

    @property
    def is_over(self) -> bool:
        """Whether it has finished, in any way."""
        return self.state in OVER


_RUN: Final = msgspec.json.Decoder(Run)


@dataclass(frozen=True, slots=True)
class Journal:
    """The queries of one source, a file each."""

    folder: Path
    scope: str = ""
    """The subset of the table whose queries this process sends."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def of(cls, dataset: Path, scope: str = "") -> Journal:
        """The journal of a dataset. Raises StoreError."""
        return cls(make_private_folder(dataset / "queries"), scope)

    def write(self, run: Run) -> Run:
        """Write the state of a query of this scope; returns it. Raises StoreError."""
        run = replace(run, scope=self.scope)
        with self._lock:
            write_private(self.folder / f"{run.token}.json", msgspec.json.encode(run))
        return run

    def run(self, token: str) -> Run | None:
        """The last written state of a query; None where there is none or it is damaged."""
        try:
            return _RUN.decode((self.folder / f"{token}.json").read_bytes())
        except (OSError, msgspec.MsgspecError):
            return None

    def runs(self) -> tuple[Run, ...]:
        """The queries of all scopes, the newest first; damaged files are ignored."""
        tokens = (path.stem for path in self.folder.glob("*.json") if _TOKEN.fullmatch(path.stem))
        found = [run for token in tokens if (run := self.run(token)) is not None]
        return tuple(sorted(found, key=lambda run: (run.asked_at, run.token), reverse=True))

    def unfinished(self, purpose: RunPurpose = "days") -> tuple[Run, ...]:
        """The queries of this scope that have not finished, the newest first."""
        found = (run for run in self.runs() if not run.is_over and run.scope == self.scope)
        return tuple(run for run in found if run.purpose == purpose)

    def forget_old(self, keep: Callable[[Run], None]) -> None:
        """Remove finished queries except the newest, each after `keep` was called with it. Raises StoreError."""
        over = [run for run in self.runs() if run.is_over]
        for run in over[_REMEMBERED:]:
            keep(run)
            with suppress(OSError):  # another process was quicker
                (self.folder / f"{run.token}.json").unlink()
