"""What is known of a session's transcript: its state, why, and the copy that can be read."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Final, Literal, Protocol, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from threading import Event

    from ssmtrail.queries.model import Value
    from ssmtrail.queries.sources.history.bounds import Bounds

State = Literal["recorded", "not recordable", "not configured", "expected but not found", "expired", "unknown"]
"""`unknown` says that nothing was proved: what would tell was not asked, or refused."""

#: What a session id consists of; everything else could lead out of a folder.
_ID: Final = re.compile(r"[\w+=,.@-]{1,256}")
#: What ECS calls the sessions of its own command.
ECS_PREFIX: Final = "ecs-execute-command-"


@dataclass(frozen=True, slots=True)
class SessionFacts:
    """What the records say of a session, as far as its transcript depends on it."""

    session_id: str | None
    kind: str | None = None
    status: str | None = None
    document: str | None = None
    account: str | None = None
    region: str | None = None
    target: str | None = None
    started_at: datetime | None = None
    alive_at: datetime | None = None
    ended_at: datetime | None = None
    end_evidence: str | None = None

    @classmethod
    def of(cls, row: Mapping[str, Value]) -> Self:
        """The facts of a row of `sessions` or `calls`; what it lacks is unknown."""

        def text(name: str) -> str | None:
            value = row.get(name)
            return value if isinstance(value, str) and value else None

        def moment(name: str) -> datetime | None:
            value = row.get(name)
            return value if isinstance(value, datetime) else None

        return cls(
            text("session_id"), text("kind"), text("status"), text("document"), text("account"), text("region"),
            text("target"), moment("started_at"), moment("alive_at"), moment("ended_at"),
            text("end_evidence"),
        )  # fmt: skip

    @property
    def is_named(self) -> bool:
        """Whether the session has an id that can name a file."""
        return self.session_id is not None and bool(_ID.fullmatch(self.session_id)) and set(self.session_id) != {"."}


@dataclass(frozen=True, slots=True)
class Original:
    """One file of a transcript, byte for byte as the source holds it."""

    ending: str
    """What its name has behind the session's id: `.log`, `.json`, `/000000.gz`."""
    chunks: Callable[[Event], Iterator[bytes]]
    """Its bytes. Raises SourceError, Cancelled."""


class Copy(Protocol):
    """One copy of a transcript."""

    @property
    def origin(self) -> Mapping[str, str | int | None]:
        """Where it is, and as which version, for evidence; without paths of this machine; may be hostile."""
        ...

    @property
    def originals(self) -> Sequence[Original]:
        """Its files as the source holds them: packed if they are. They are read once, or `chunks` is."""
        ...

    @property
    def place(self) -> str:
        """Where it is: a path, `s3://BUCKET/KEY`, `log group NAME, stream NAME`; may be hostile."""
        ...

    @property
    def size(self) -> int | None:
        """Its bytes, where they are known before it is read."""
        ...

    def bounds(self, cancelled: Event) -> Bounds:
        """What AWS's times of it say of the session's end; nothing of a local copy. Raises SourceError, Cancelled."""
        ...

    def chunks(self, cancelled: Event) -> Iterator[bytes]:
        """Its bytes as they are kept; of log events, one message a line. Raises SourceError, Cancelled."""
        ...

    def close(self) -> None:
        """Free what was opened to read it, where it is not read."""
        ...


@dataclass(frozen=True, slots=True)
class Lookup:
    """The state of a session's transcript."""

    state: State
    why: str
    """A sentence; may be hostile."""
    copy: Copy | None = None
    """What can be read, where it is `recorded`."""
    notes: tuple[str, ...] = field(default=())
    """What else was learnt on the way, as sentences; may be hostile."""


#: Why sessions of a kind leave no transcript. Source: "Logging session activity", AWS Systems Manager User Guide.
_NEVER: Final = {
    "ssh": "Session Manager passes SSH and SCP through encrypted: it has nothing to record.",
    "port-forward": "Session Manager records no port forwarding.",
    "remote-port-forward": "Session Manager records no port forwarding.",
}


def never_recorded(session: SessionFacts) -> str:
    """Why this session can have no transcript, as a sentence; empty where it can."""
    if session.status in ("denied", "failed"):
        return f"The call was refused or failed (status {session.status}): there was no session."
    if session.kind == "container" and session.session_id and not session.session_id.startswith(ECS_PREFIX):
        return "A session on a task that was not started by ECS Exec leaves no transcript."
    return _NEVER.get(session.kind or "", "")
