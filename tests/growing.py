"""A folder in memory that grows."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, ClassVar

from ssmtrail.queries.model import Progress
from tests.fakes import NOON, FakeTrail, a_session

if TYPE_CHECKING:
    from threading import Event

    from ssmtrail.queries.model import Plan


class Growing(FakeTrail):
    """A folder that `grow` gives more sessions, each a second after the one before; a fetch finds them."""

    asks_aws = costs_money = False
    unplanned_sources: ClassVar[dict[int, str]] = {}
    failed_sources: ClassVar[dict[int, str]] = {}

    def __init__(self, sessions: int) -> None:
        super().__init__({"sessions": []}, source_label="logs /evidence")
        self.has_news = True
        self.looks = 0
        self.source: Any = SimpleNamespace(kind="files", label=self.source_label, watch=lambda: self)
        self.fetched: list[frozenset[int] | None] = []
        """Which sources each fetch read."""
        self._waiting: list[dict[str, Any]] = []
        self.grow(sessions)

    def grow(self, sessions: int) -> None:
        """Get so many more."""
        first = len(self.rows["sessions"]) + len(self._waiting)
        for number in range(first, first + sessions):
            at = NOON + timedelta(seconds=number)
            self._waiting.append(a_session(key=f"e{number}", session_id=f"s{number}", at=at, started_at=at))
        self.has_news = True

    def has_changed(self, _: Event) -> bool:
        """As a `FolderWatch`."""
        self.looks += 1
        found, self.has_news = self.has_news, False
        return found

    def forget(self) -> None:
        """As a `FolderWatch`."""
        self.has_news = True

    def fetch(self, report: Any, cancelled: Event, agreed: Plan | None = None, **how: Any) -> Progress:
        """Find what waits."""
        self.fetched.append(how.get("only"))
        last = super().fetch(report, cancelled, agreed)
        if last.state == "done":
            self.rows["sessions"] += tuple(self._waiting)
            self._waiting = []
            self.progress = (Progress("reading", snapshot=len(self.fetched)),)
        return replace(last, snapshot=len(self.fetched))
