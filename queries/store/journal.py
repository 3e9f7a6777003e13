"""The journal of queries that cost money: written before they start, so that a crash loses none."""

from __future__ import annotations

import re
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Final, Literal

import msgspec

from ssmtrail.queries.store.atomic import make_private_folder, write_private

if TYPE_CHECKING:
    from pathlib import Path

RunState = Literal["asked", "queued", "running", "answered", "done", "failed", "cancelled"]
"""`asked`: written down, perhaps not yet known to the service; `answered`: its result waits to be stored."""

RunPurpose = Literal["days", "check"]
"""`days`: fetches days for the store; `check`: asks a question whose answer is compared with the local one."""

_OVER: Final = frozenset({"done", "failed", "cancelled"})
_TOKEN: Final = re.compile(r"[0-9a-f]{32}")
#: Queries that are over and still told of.
_REMEMBERED: Final = 200


class Run(msgspec.Struct, frozen=True, omit_defaults=True):
    """One query, as far as it is known."""

    token: str
    """32 hex digits; the service takes a query with the same token as the same query."""
    sql: str
    first: date
    last: date
    """Included."""
    asked_at: datetime
    """UTC."""
    state: RunState = "asked"
    id: str = ""
    """The service's name for it; empty before it was told."""
    started_at: datetime | None = None
    """When the service took it (UTC): what was delivered later is not in its answer."""
    bytes: int = 0
    """Scanned so far."""
    seconds: float = 0.0
    """Of running, without the queue."""
    queued: float = 0.0
    """Seconds in the queue."""
    output: str = ""
    """Where the result lies; empty where the service keeps it."""
    error: str = ""
    """A sentence."""
    part: int = 1
    parts: int = 1
    reused: bool = False
    """Whether an earlier result was given again, for nothing."""
    reuse: int = 0
    """Minutes that an earlier result may be old to be given again; 0 for never."""
    purpose: RunPurpose = "days"

    @property
    def is_over(self) -> bool:
        """Whether nothing is to be done for it any more."""
        return self.state in _OVER


@dataclass(frozen=True, slots=True)
class Journal:
    """The runs of one source, a file each."""

    folder: Path
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def of(cls, dataset: Path) -> Journal:
        """The journal of a dataset. Raises StoreError."""
        return cls(make_private_folder(dataset / "queries"))

    def write(self, run: Run) -> Run:
        """Write a run down as it is now; gives it back. Raises StoreError."""
        with self._lock:
            write_private(self.folder / f"{run.token}.json", msgspec.json.encode(run))
        return run

    def run(self, token: str) -> Run | None:
        """One run as it was written down last."""
        try:
            return msgspec.json.decode((self.folder / f"{token}.json").read_bytes(), type=Run)
        except (OSError, msgspec.MsgspecError):
            return None

    def runs(self) -> tuple[Run, ...]:
        """All runs, the newest first; damaged ones are dropped."""
        found = []
        for path in self.folder.glob("*.json"):
            if not _TOKEN.fullmatch(path.stem):
                continue
            if (run := self.run(path.stem)) is not None:
                found.append(run)
        return tuple(sorted(found, key=lambda run: (run.asked_at, run.token), reverse=True))

    def unfinished(self, purpose: RunPurpose = "days") -> tuple[Run, ...]:
        """Those whose results are still to be had, the newest first."""
        return tuple(run for run in self.runs() if not run.is_over and run.purpose == purpose)

    def forget_old(self) -> None:
        """Drop all but the newest of those that are over."""
        over = [run for run in self.runs() if run.is_over]
        for run in over[_REMEMBERED:]:
            with suppress(OSError):  # another process was quicker
                (self.folder / f"{run.token}.json").unlink()


def utc_now() -> datetime:
    """Now, zone-aware."""
    return datetime.now(UTC)
