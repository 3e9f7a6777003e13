"""Bounds of sessions' ends that transcripts give, kept without anything of their text.

A session was alive when its last line was streamed, and over before the machine wrote its file to S3. Each becomes a
row beside what Session Manager reports of sessions, which is no call and makes no session (see `reported.py`).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from ssmtrail.queries.store.atomic import changing, write_private

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ssmtrail.queries.sources.history.walks import Cell

NAME: Final = "TranscriptBounds"


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a transcript proves of the end of its session (UTC); None where it proves nothing."""

    alive_at: datetime | None = None
    """When the last line was sent that was streamed: by the machine's clock, no later than AWS took it in."""
    ended_before: datetime | None = None
    """When S3 took in the file that the machine writes after the end."""

    def __bool__(self) -> bool:
        return bool(self.alive_at or self.ended_before)


Kept = dict[str, str]
"""One session: `SessionId`, `StartedAt`, and `AliveAt`, `EndedBefore` where known (ISO 8601, UTC)."""


@dataclass(frozen=True, slots=True)
class KeptBounds:
    """The bounds that were found ever, a file for each account and region."""

    folder: Path

    def cells(self) -> set[Cell]:
        """The accounts and regions of which something is kept."""
        names = (path.stem.partition("-") for path in self.folder.glob("*.json"))
        return {(account, region) for account, _, region in names}

    def of(self, cell: Cell) -> dict[tuple[str, str], Kept]:
        """By session id and start; none where nothing is kept, or the file is damaged."""
        try:
            found = json.loads(self._path(cell).read_bytes())
            return {(each["SessionId"], each["StartedAt"]): each for each in found}
        except (OSError, ValueError, KeyError, TypeError):
            return {}

    def add(self, cell: Cell, session_id: str, started_at: datetime, bounds: Bounds) -> None:
        """Keep these too: the latest sign of life counts, and the earliest bound of the end. Raises StoreError."""
        started = _text(started_at)
        with changing(self.folder):
            kept = self.of(cell)
            former = kept.get((session_id, started))
            one = dict(former or {"SessionId": session_id, "StartedAt": started})
            if bounds.alive_at:
                one["AliveAt"] = max(one.get("AliveAt", ""), _text(bounds.alive_at))
            if bounds.ended_before:
                one["EndedBefore"] = min(one.get("EndedBefore", "9999"), _text(bounds.ended_before))
            if one == former:
                return
            kept[session_id, started] = one
            write_private(self._path(cell), json.dumps(list(kept.values()), separators=(",", ":")).encode())

    def rows(self, cell: Cell, source: str, first: str, last: str) -> Iterator[dict[str, str]]:
        """Rows with the columns of a raw call, of sessions that began on a day from the first to the last (ISO)."""
        account, region = cell
        for (session_id, started), each in sorted(self.of(cell).items()):
            if not first <= started[:10] <= last:
                continue
            found = {
                name: each[key] for name, key in (("aliveAt", "AliveAt"), ("endedBefore", "EndedBefore")) if key in each
            }
            yield {
                "eventid": f"bounds {account} {region} {session_id} {started}", "eventtime": started,
                "eventsource": source, "eventname": NAME, "awsregion": region, "recipientaccountid": account,
                "requestparameters": json.dumps({"sessionId": session_id}), "responseelements": json.dumps(found),
                "file": f"transcripts/{account}/{region}", "position": "0",
            }  # fmt: skip

    def _path(self, cell: Cell) -> Path:
        return self.folder / f"{cell[0]}-{cell[1]}.json"


def _text(moment: datetime) -> str:
    """Whole seconds, as CloudTrail has them."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
