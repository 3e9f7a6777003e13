"""`Transcripts`: finds the transcript of a session, says why there is none, and notes that one was opened."""

from __future__ import annotations

import getpass
import json
import os
import threading
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ssmtrail.queries.errors import SourceError, StoreError
from ssmtrail.queries.times import utc_text
from ssmtrail.queries.transcripts.folder import Listing
from ssmtrail.queries.transcripts.model import Copy, Lookup, SessionFacts, never_recorded

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    from ssmtrail.queries.sources.history.bounds import KeptBounds

    Changed = Callable[[SessionFacts, threading.Event], datetime | None]

    class Remote(Protocol):
        """Where AWS keeps transcripts."""

        def look_up(self, session: SessionFacts, changed_at: datetime | None, cancelled: threading.Event) -> Lookup:
            """The state by what AWS says. Raises SourceError, Cancelled."""
            ...

        def for_many(self) -> Remote:
            """The same for many sessions in a row: settings are asked for once."""
            ...


NO_ID: Final = "The records have no session id by which a transcript could be found."
NOT_ASKED: Final = (
    "Session Manager's preferences were not asked: this source has no AWS credentials. Open event history, a bucket or "
    "a table, or a folder with --ends."
)


@dataclass(slots=True)
class Transcripts:
    """Local copies first, then AWS. Any thread may use it."""

    folder: Path | None = None
    """Local copies."""
    remote: Callable[[], Remote] | None = None
    """Made when it is first needed; None without AWS credentials. Raises SourceError."""
    log: Path | None = None
    """Where every opening is noted."""
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))
    bounds: KeptBounds | None = None
    """Where the bounds of ends are kept that transcripts give."""
    listing: Listing | None = None
    """The folder, where it is looked through for many sessions."""
    _remote: Remote | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def for_many(self) -> Transcripts:
        """The same for many sessions in a row: the folder is listed once, and settings of AWS are asked for once."""
        made, folder = self.remote, self.folder
        remote = None if made is None else lambda: made().for_many()
        listing = None if folder is None else Listing(folder)
        return Transcripts(folder, remote, self.log, self.now, self.bounds, listing)

    def look_up(self, session: SessionFacts, changed: Changed | None, cancelled: threading.Event) -> Lookup:
        """The state of a session's transcript; `changed` gives when the preferences were changed after its start.

        It is called only where AWS is asked, and None where no records say so. Raises SourceError where a folder or AWS
        cannot be asked at all, Cancelled, and what `changed` raises.
        """
        if not session.is_named or session.session_id is None:
            why = never_recorded(session)
            return Lookup("not recordable" if why else "unknown", why or NO_ID)
        if self.folder is not None:
            local = (self.listing or Listing(self.folder)).find(session.session_id, cancelled)
            if local is not None:
                return Lookup("recorded", f"A copy is at {local.place}.", local)
        if why := never_recorded(session):
            return Lookup("not recordable", why)
        here = f"No copy is in {self.folder}." if self.folder is not None else ""
        if self.remote is None:
            return Lookup("unknown", f"{here} {NOT_ASKED}".strip())
        with self._lock:
            if self._remote is None:
                self._remote = self.remote()
        changed_at = changed(session, cancelled) if changed is not None else None
        found = self._remote.look_up(session, changed_at, cancelled)
        return replace(found, notes=(*found.notes, here)) if here and found.state != "recorded" else found

    def keep_bounds(self, session: SessionFacts, copy: Copy, cancelled: threading.Event) -> str:
        """Keep what AWS's times of a transcript say of the session's end; gives it as a sentence, empty for nothing.

        Only of a session whose start is known. Raises Cancelled.
        """
        if self.bounds is None or session.session_id is None or session.started_at is None:
            return ""
        try:
            found = copy.bounds(cancelled)
            if not found:
                return ""
            cell = session.account or "", session.region or ""
            self.bounds.add(cell, session.session_id, session.started_at, found)
        except (SourceError, StoreError) as error:
            return f"What it says of the session's end is not known: {error}"
        alive = f"it was alive at {utc_text(found.alive_at.replace(microsecond=0))}" if found.alive_at else ""
        ended = f"it was over by {utc_text(found.ended_before.replace(microsecond=0))}" if found.ended_before else ""
        return f"By AWS's time of the transcript {alive or ended}; this bounds its end from the next reading on."

    def note_opening(self, session: SessionFacts, copy: Copy, how: str) -> str:
        """Note that a transcript is opened, and how; gives why it could not be noted, empty where it was."""
        if self.log is None:
            return ""
        entry = {
            "at": utc_text(self.now().replace(microsecond=0)), "by": _user(), "how": how,
            "session_id": session.session_id, "account": session.account, "region": session.region,
            "place": copy.place,
        }  # fmt: skip
        line = (json.dumps(entry) + "\n").encode()
        try:
            self.log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
            try:
                os.write(handle, line)
            finally:
                os.close(handle)
        except OSError as error:
            return f"The opening could not be noted in {self.log}: {error.strerror or error}."
        return ""


def _user() -> str:
    with suppress(OSError, KeyError):
        return getpass.getuser()
    return str(os.getuid())


def required_copy(found: Lookup) -> Copy:
    """The copy of a recorded transcript. Raises SourceError where it cannot be read now."""
    if found.copy is None:
        raise SourceError(found.why)
    return found.copy
