"""Made-up transcripts of the demo's sessions: the same text for the same session, and every state."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Final

from ssmtrail.queries.sources.history.bounds import Bounds
from ssmtrail.queries.transcripts.model import Lookup, Original
from ssmtrail.queries.transcripts.plain import Dropped, plain_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from threading import Event

    from ssmtrail.queries.transcripts.model import SessionFacts

_BEGUN: Final = datetime(2026, 1, 1, tzinfo=UTC)
#: What is typed, and what a machine prints; `\b` and escapes as a shell sends them.
_STEPS: Final = (
    ("uptime", " 10:12:41 up 41 days,  3:02,  1 user,  load average: 0.31, 0.44, 0.40"),
    ("whoami", "ssm-user"),
    ("sudo systemctl status app", "app.service - shop\r\n   Active: \x1b[0;1;32mactive (running)\x1b[0m"),
    ("tail -n 2 /var/log/app.log", "INFO  request served in 12 ms\r\nWARN  pool exhausted, waiting"),
    ("dff\b\x1b[K -h /", "Filesystem      Size  Used Avail Use% Mounted on\r\n/dev/nvme0n1p1   40G   31G    9G  78% /"),
    ("sudo journalctl -u app --since '10 min ago' | grep -c ERROR", "17"),
    ("cat /etc/app/database.conf", "host = orders.internal\r\nuser = app\r\npassword = not-a-real-one"),
    ("sudo vi /etc/app/app.conf",
     "\x1b[?1049h\x1b[2J\x1b[1;1Hworkers = 8\x1b[2;1Htimeout = 30\x1b[3;1H~\x1b[24;1H:wq\x1b[?1049l"),
    ("sudo systemctl restart app", ""),
    ("curl -s localhost:8080/health", '{"status":"ok"}'),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class MadeCopy:
    """A text in memory."""

    place: str
    data: bytes

    @property
    def origin(self) -> Mapping[str, str | int | None]:
        """That it is made up."""
        return {"kind": "made up", "place": self.place}

    @property
    def originals(self) -> Sequence[Original]:
        """The text."""
        return [Original(".jsonl" if self.data.startswith(b"{") else ".log", self.chunks)]

    def bounds(self, cancelled: Event) -> Bounds:
        """Nothing: a made-up text proves nothing."""
        del cancelled
        return Bounds()

    def close(self) -> None:
        """Nothing is open."""

    @property
    def size(self) -> int:
        """Its bytes."""
        return len(self.data)

    def chunks(self, cancelled: Event) -> Iterator[bytes]:
        """The text."""
        del cancelled
        yield self.data


class DemoTranscripts:
    """Answers as AWS would of the demo's sessions: most are recorded."""

    def for_many(self) -> DemoTranscripts:
        """The same: nothing is asked."""
        return self

    def look_up(self, session: SessionFacts, changed_at: datetime | None, cancelled: Event) -> Lookup:
        """The state, which the session's id decides."""
        del changed_at, cancelled
        name = session.session_id or ""
        rng = Random(f"transcript {name}")
        chance = rng.random()
        if chance < 0.08:
            why = f"There is no object s3://demo-transcripts/{name}.log."
            return Lookup("expected but not found", f"{why} The machine could not write it, or it was deleted.")
        if chance < 0.14:
            return Lookup("expired", f"No stream {name} is in the log group demo, which deletes after 14 days.")
        if chance < 0.2:
            return Lookup("not configured", "The preferences of now name neither a bucket nor a log group.")
        is_streamed = chance > 0.65
        data = _streamed(session, rng) if is_streamed else _by_script(session, rng)
        place = f"log group demo, stream {name}" if is_streamed else f"s3://demo-transcripts/{name}.log"
        return Lookup("recorded", f"{place}, made up like everything in the demo.", MadeCopy(place, data))


def _printed(rng: Random) -> list[str]:
    steps = [_STEPS[number] for number in sorted(rng.sample(range(len(_STEPS)), rng.randint(3, len(_STEPS))))]
    lines = [line for typed, shown in steps for line in (f"sh-5.2$ {typed}", *([shown] if shown else []))]
    return [*lines, "sh-5.2$ exit"]


def _by_script(session: SessionFacts, rng: Random) -> bytes:
    """As `script` writes it after the end."""
    over = session.ended_at or session.alive_at or session.started_at or _BEGUN
    text = "".join(f"{line}\r\n" for line in _printed(rng)).replace("\r\n", "\r\r\n")
    head = (
        f'Script started on {over:%Y-%m-%d %H:%M:%S}+00:00 [COMMAND="cat ipcTempFile.log" <not executed on terminal>]'
    )
    return f'{head}\n{text}\nScript done on {over:%Y-%m-%d %H:%M:%S}+00:00 [COMMAND_EXIT_CODE="0"]\n'.encode()


def _streamed(session: SessionFacts, rng: Random) -> bytes:
    """As the agent streams it: lines with their times, without escapes."""
    at = session.started_at or _BEGUN
    events = []
    for line in _printed(rng):
        at += timedelta(seconds=rng.randint(2, 40))
        events.append({
            "eventVersion": "1.0", "eventTime": f"{at:%Y-%m-%dT%H:%M:%SZ}", "awsRegion": session.region,
            "target": {"id": session.target}, "runAsUser": "ssm-user", "sessionId": session.session_id,
            "sessionData": [plain_line(part, Dropped()) for part in line.split("\r\n")],
        })  # fmt: skip
    return "".join(json.dumps(each) + "\n" for each in events).encode()
