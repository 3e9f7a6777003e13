"""Puts the transcripts of a pack's sessions into it, as the source holds them, with the state of each."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from ssmtrail.queries.errors import SourceError
from ssmtrail.queries.model import Question
from ssmtrail.queries.times import utc_text
from ssmtrail.queries.transcripts.model import Lookup, SessionFacts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from threading import Event

    from ssmtrail.queries.model import Scope
    from ssmtrail.queries.trail import Trail
    from ssmtrail.queries.transcripts.model import Copy

TRANSCRIPTS: Final = "transcripts/index.jsonl"
#: Who wrote a transcript: always the one that is audited.
WRITTEN_BY: Final = "the machine under audit"
_COLUMNS: Final = (
    "session_id", "kind", "status", "document", "account", "region", "target", "started_at", "alive_at", "ended_at",
    "end_evidence",
)  # fmt: skip
#: Statuses of rows that are calls, not sessions.
REFUSED: Final = ("denied", "failed")
_PAGE: Final = 2_000
#: The most bytes of one transcript: more is left out, and said.
_MOST_BYTES: Final = 4 << 30
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9_.+=,@-]")
_HOW: Final = "evidence pack"


@dataclass(slots=True)
class Transcribed:
    """What was put in."""

    manifest: dict[str, Any]
    read: list[dict[str, Any]] = field(default_factory=list)
    """When and from where each file was read: it varies, so it stands beside the pack."""
    not_noted: str = ""
    """Why the opening of one could not be noted; may be hostile."""


class _UnreadableError(Exception):
    """A transcript is recorded and cannot be put in; says why."""


def put_transcripts(
    trail: Trail, scope: Scope, place: Callable[[str], Path], cancelled: Event, report: Callable[[str], object]
) -> Transcribed:
    """Write the members; `place` gives the path of one. Sessions are those of the answer, in its order.

    Raises Cancelled, StoreError, SourceError where a folder or AWS cannot be asked at all, OSError.
    """
    work = _Putting(trail, place, cancelled)
    sessions = list(sessions_of(trail, scope, cancelled))
    with place(TRANSCRIPTS).open("wb") as index:
        for number, session in enumerate(sessions, 1):
            report(f"looking for transcripts: {number:,} of {len(sessions):,}")
            index.write(json.dumps(work.line(number, session)).encode() + b"\n")
    return work.done()


def sessions_of(trail: Trail, scope: Scope, cancelled: Event) -> Iterator[SessionFacts]:
    """The sessions of a scope, each once; refused calls are none. Raises Cancelled, StoreError."""
    seen: set[tuple[str | None, ...]] = set()
    with closing(trail.ask(Question("sessions", scope), cancelled)) as answer:
        for start in range(0, answer.totals.rows, _PAGE):
            for row in answer.page(start, _PAGE, _COLUMNS):
                session = SessionFacts.of(dict(zip(_COLUMNS, row, strict=True)))
                key = (session.account, session.region, session.session_id)
                if session.session_id is None or session.status in REFUSED or key in seen:
                    continue
                seen.add(key)
                yield session


class _Putting:
    """The transcripts of one pack."""

    def __init__(self, trail: Trail, place: Callable[[str], Path], cancelled: Event) -> None:
        self._trail, self._place, self._cancelled = trail, place, cancelled
        self._finder = trail.transcripts.for_many()
        self._states: Counter[str] = Counter()
        self._done = Transcribed({})
        self._bytes = self._files = self._unread = 0

    def line(self, number: int, session: SessionFacts) -> dict[str, Any]:
        """Put in what there is of a session; gives its line of the index."""
        found = self._trail.transcript(session, self._cancelled, self._finder)
        self._states[found.state] += 1
        files: list[dict[str, Any]] = []
        problem = ""
        if found.copy is not None:
            try:
                files = self._put(number, session, found.copy)
            except (_UnreadableError, SourceError) as error:
                problem = str(error)
        if problem or (found.state == "recorded" and found.copy is None):
            self._unread += 1
        return {
            "line": number, "session_id": session.session_id, "account": session.account, "region": session.region,
            "target": session.target, "state": found.state, **self._why(found), "problem": self._pathless(problem),
            "written_by": WRITTEN_BY if found.state == "recorded" else None,
            "origin": dict(found.copy.origin) if found.copy is not None else None, "files": files,
        }  # fmt: skip

    def _why(self, found: Lookup) -> dict[str, Any]:
        return {"why": self._pathless(found.why), "notes": [self._pathless(note) for note in found.notes]}

    def _pathless(self, text: str) -> str:
        """A sentence without the path of the folder of transcripts: a pack has no paths of a machine."""
        folder = self._finder.folder
        return text.replace(str(folder), "the folder of transcripts") if folder is not None else text

    def _put(self, number: int, session: SessionFacts, copy: Copy) -> list[dict[str, Any]]:
        """Write the files of a transcript, all or none. Raises _UnreadableError, SourceError, Cancelled, OSError."""
        name = f"transcripts/{number:05}/{_UNSAFE.sub('_', session.session_id or '')}"
        self._done.not_noted = self._trail.transcripts.note_opening(session, copy, _HOW) or self._done.not_noted
        part = self._place(TRANSCRIPTS).with_name("part")
        kept: list[tuple[str, Path, int, str]] = []
        try:
            for index, original in enumerate(copy.originals):
                path = part.with_name(f"part-{index}")
                kept.append((name + original.ending, path, *_copied(original.chunks(self._cancelled), path)))
        except BaseException:
            for path in part.parent.glob("part-*"):
                path.unlink()
            raise
        for member, path, _, _ in kept:
            path.replace(self._place(member))
        read_at = utc_text(datetime.now(UTC).replace(microsecond=0))
        self._done.read += [
            {"member": member, "session_id": session.session_id, "read_at": read_at, "place": copy.place}
            for member, _, _, _ in kept
        ]
        self._files += len(kept)
        self._bytes += sum(size for _, _, size, _ in kept)
        return [{"member": member, "bytes": size, "sha256": sha256} for member, _, size, sha256 in kept]

    def done(self) -> Transcribed:
        """What was put in."""
        self._done.manifest = {
            "sessions": self._states.total(), "states": dict(sorted(self._states.items())), "files": self._files,
            "bytes": self._bytes, "unread": self._unread, "redacted": False, "written_by": WRITTEN_BY,
        }  # fmt: skip
        return self._done


def _copied(chunks: Iterator[bytes], path: Path) -> tuple[int, str]:
    """Write a file; gives its bytes and SHA-256. Raises _UnreadableError, and what reading and writing raise."""
    size, found = 0, hashlib.sha256()
    with path.open("wb") as out:
        for chunk in chunks:
            size += len(chunk)
            if size > _MOST_BYTES:
                raise _UnreadableError(f"It is larger than {_MOST_BYTES:,} bytes, and was left out.")
            out.write(chunk)
            found.update(chunk)
    return size, found.hexdigest()
