"""What people did, summed for a review: one value a person, environment and role."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Access:
    """What one person did in one environment of an account in one role. Times are UTC."""

    account: str | None
    person_kind: str
    person_id: str | None
    person: str | None
    environment: str | None
    role: str | None
    via: str | None
    """Of an unknown person the service."""
    why: str | None
    """Why its sessions are not judged, where rows are kept apart by it."""
    evidence: tuple[str, ...]
    """How the person is known, the strongest first."""
    kinds: tuple[str, ...]
    sessions: int
    """Good starts."""
    without_start: int
    """Sessions whose start no call says: orphans, and those that Session Manager alone reports."""
    denied: int
    failed: int
    machines: int
    first_used: datetime | None
    """Of sessions, not of refused calls; so is the last."""
    last_used: datetime | None
    with_reason: int
    verdicts: Mapping[str, int]
    """Sessions by verdict."""
    attempts: Mapping[str, int]
    """Refused calls by verdict."""
    rules: tuple[str, ...]
    whys: tuple[str, ...]
    examples: tuple[str, ...]
    """Ids of at most three sessions: first those that are no plain matter, then the latest."""
    last_session: str | None

    @property
    def who(self) -> tuple[str | None, str, str | None]:
        """Account, kind and id or name of the person."""
        return self.account, self.person_kind, self.person_id or self.person

    @property
    def used(self) -> int:
        """Sessions with and without a start."""
        return self.sessions + self.without_start
