"""The forms in which transcripts are kept, taken apart into the lines of the session.

Sources: amazon-ssm-agent 3.3, `agent/session/shell` and `agentlogstocloudwatch`; files made by util-linux 2.38.
"""

from __future__ import annotations

import json
import re
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

Form = Literal["script", "script of an old agent", "PowerShell", "streamed", "plain"]

#: Bytes of a line; a longer one is cut into several.
_LONGEST_LINE: Final = 1_000_000
_HEAD: Final = 32
_TAIL: Final = 12
_MOST_STARTERS: Final = 5
#: Characters of what a header or an event names; a whole line would freeze a screen that wraps it.
_LONGEST_NAME: Final = 512
_SCRIPT_STARTED: Final = re.compile(rb"Script started on ([^\[]+?)(?: \[(.*)\])?$")
_SCRIPT_DONE: Final = re.compile(rb"Script done")
#: The second line that macOS's `script` writes.
_SCRIPT_COMMAND: Final = re.compile(rb"Command: .*ipcTempFile")
#: What a shell of an old agent, not the user, was asked to do, behind that shell's prompt. It takes time by the square
#: of a line's length, so longer lines than these bytes are not matched.
_LONGEST_REPLAY: Final = 4_096
_REPLAY: Final = re.compile(rb"(\S.*[#$] )\S*ssm-session-logger \S*ipcTempFile\S* \w+$")
_SEELOG: Final = re.compile(rb"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[\d.,]* [A-Z]+ |.*[Ss]eelog [Ll]ogger")
_STARS: Final = re.compile(rb"\*{10,}$")
_POWERSHELL_TIME: Final = re.compile(rb"Start time: (\d{14})")
#: What an export of CloudWatch Logs puts before an event.
_EXPORT_TIME: Final = re.compile(rb"\d{4}-\d\d-\d\dT[\d:.]+Z ")
_BOMS: Final = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


class RawLine(NamedTuple):
    """One line as it was printed, without its end."""

    data: bytes
    at: datetime | None = None
    """When it was sent (UTC), within about a second of being printed; known in streamed transcripts alone."""


@dataclass(slots=True)
class Reading:
    """What is learnt of a transcript while its lines are read."""

    form: Form = "plain"
    written_at: str = ""
    """When the machine wrote it down by its own clock, after the session; as written there, may be hostile."""
    starters: list[str] = field(default_factory=list)
    """ARNs that streamed events name as who started the session: a second witness."""
    run_as: str = ""
    """The user of the machine, as streamed events name it."""
    last_at: datetime | None = None
    """When the last streamed event was sent (UTC): the session was alive then."""
    cut: int = 0
    """Lines of the agent, not of the session, that are left out."""
    split: int = 0
    """Lines that were too long and are shown as several."""
    unread: int = 0
    """Streamed events that could not be read; they are shown as they are."""


def lines_of(chunks: Iterable[bytes], reading: Reading) -> Iterator[RawLine]:
    """The lines of the session, without what the agent wrote around them; `reading` is filled in meanwhile."""
    lines = _split(_in_utf8(chunks), reading)
    head = list(islice(lines, _HEAD))
    first = next((line for line in head if line.strip()), b"")
    if _event_text(first):
        reading.form = "streamed"
        return _streamed(chain(head, lines), reading)
    if found := _SCRIPT_STARTED.match(first):
        return map(RawLine, _of_script(head, lines, found, reading))
    if _STARS.match(first) and b"Start time:" in b"\n".join(head):
        return map(RawLine, _of_powershell(head, lines, reading))
    return map(RawLine, chain(head, lines))


def _in_utf8(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same text in UTF-8 without a byte order mark."""
    from codecs import getincrementaldecoder

    rest = iter(chunks)
    first = next(rest, b"")
    encoding = next((name for mark, name in _BOMS.items() if first.startswith(mark)), "")
    if encoding in ("", "utf-8-sig"):
        yield first[3:] if encoding else first
        yield from rest
        return
    decoder = getincrementaldecoder(encoding)("replace")
    for chunk in chain([first], rest):
        yield decoder.decode(chunk).encode("utf-8", "replace")


def _split(chunks: Iterable[bytes], reading: Reading) -> Iterator[bytes]:
    """Lines without their ends; the agent doubles carriage returns."""
    pending = b""
    for chunk in chunks:
        *whole, pending = (pending + chunk).split(b"\n")
        for line in whole:
            yield from _parts(line.rstrip(b"\r"), reading)
        *parts, pending = _parts(pending, reading)
        yield from parts
    if pending:
        yield pending.rstrip(b"\r")


def _parts(line: bytes, reading: Reading) -> list[bytes]:
    """The line, in pieces where it is too long."""
    if len(line) <= _LONGEST_LINE:
        return [line]
    parts = [line[start : start + _LONGEST_LINE] for start in range(0, len(line), _LONGEST_LINE)]
    reading.split += len(parts) - 1
    return parts


def _of_script(
    head: Sequence[bytes], lines: Iterator[bytes], found: re.Match[bytes], reading: Reading
) -> Iterator[bytes]:
    """Without the lines of `script`, and of an old agent without the root shell that it replayed the session in."""
    reading.form = "script"
    reading.written_at = _shortened(found[1].decode("utf-8", "backslashreplace"))
    body = [*head]
    while body and not body[0].strip():
        del body[0]
    cut, prompt = 1, b""
    if len(body) > 1 and _SCRIPT_COMMAND.match(body[1]):
        cut = 2
    elif found[2] is None or b"COMMAND=" not in found[2]:
        short = ((number, line) for number, line in enumerate(body[1:4], 1) if len(line) < _LONGEST_REPLAY)
        replays = ((number, replay[1]) for number, line in short if (replay := _REPLAY.match(line)))
        number, prompt = next(replays, (0, b""))
        if prompt:
            reading.form = "script of an old agent"
            cut = number + 1
            while cut < len(body) and (_SEELOG.match(body[cut]) or not body[cut].strip()):
                cut += 1
    reading.cut += cut
    end_of = partial(_end_of_script, leaving=prompt + b"exit" if prompt else b"")
    yield from _without_end(chain(body[cut:], lines), end_of, reading)


def _without_end(
    lines: Iterable[bytes], end_of: Callable[[Sequence[bytes]], int], reading: Reading
) -> Iterator[bytes]:  # fmt: skip
    """The lines without what the agent wrote after them; `end_of` counts the session's among the last ones."""
    held: deque[bytes] = deque()
    for line in lines:
        held.append(line)
        if len(held) > _TAIL:
            yield held.popleft()
    end = end_of(tuple(held))
    reading.cut += len(held) - end
    yield from islice(held, end)


def _end_of_script(tail: Sequence[bytes], leaving: bytes) -> int:
    """Where `script` says that it is done, or the agent's own `exit` before that; `leaving` is that with its prompt."""
    ends = [number for number, line in enumerate(tail) if _SCRIPT_DONE.match(line)]
    if not ends or any(line.strip() for line in tail[ends[-1] + 1 :]):
        return len(tail)
    end = ends[-1]
    while end and not tail[end - 1].strip():
        end -= 1
    if leaving and end and tail[end - 1].strip() in (b"exit", leaving):
        end -= 1 + (end > 1 and tail[end - 1].strip() == b"exit" and tail[end - 2].strip() == leaving)
    return end


def _of_powershell(head: Sequence[bytes], lines: Iterator[bytes], reading: Reading) -> Iterator[bytes]:
    """Without the header and the end, which are framed by stars."""
    reading.form = "PowerShell"
    body = list(head)
    stars = [number for number, line in enumerate(body) if _STARS.match(line)][:2]
    if found := _POWERSHELL_TIME.search(b"\n".join(body)):
        moment = found[1].decode()
        reading.written_at = f"{moment[:4]}-{moment[4:6]}-{moment[6:8]} {moment[8:10]}:{moment[10:12]}:{moment[12:]}"
    cut = stars[1] + 1 if len(stars) > 1 else 0
    reading.cut += cut
    yield from _without_end(chain(body[cut:], lines), _end_of_powershell, reading)


def _end_of_powershell(tail: Sequence[bytes]) -> int:
    """Where the last frame of stars begins that has the time of the end."""
    stars = [number for number, line in enumerate(tail) if _STARS.match(line)]
    is_framed = len(stars) >= 2 and any(line.startswith(b"End time:") for line in tail[stars[-2] : stars[-1]])
    return stars[-2] if is_framed else len(tail)


def _streamed(lines: Iterable[bytes], reading: Reading) -> Iterator[RawLine]:
    """The lines of each event with its time. An event that cannot be read is shown as it is."""
    for line in lines:
        if not line.strip():
            continue
        event = _event(line)
        if event is None:
            reading.unread += 1
            yield RawLine(line)
            continue
        at = _moment(event.get("eventTime"))
        reading.last_at = max(filter(None, (reading.last_at, at)), default=None)
        identity = event.get("userIdentity")
        starter = identity.get("arn") if isinstance(identity, dict) else None
        if isinstance(starter, str) and len(reading.starters) < _MOST_STARTERS:
            reading.starters += {_shortened(starter)}.difference(reading.starters)
        if isinstance(event.get("runAsUser"), str):
            reading.run_as = _shortened(event["runAsUser"])
        for text in event["sessionData"]:
            data = str(text).encode("utf-8", "surrogatepass")
            for part in data.split(b"\n"):
                yield RawLine(part.rstrip(b"\r"), at)


def sent_at(message: str, session_id: str) -> datetime | None:
    """When a streamed event of a session was sent, by the machine's clock (UTC); None where it is none of these."""
    event = _event(message.encode("utf-8", "surrogatepass"))
    return _moment(event.get("eventTime")) if event is not None and event.get("sessionId") == session_id else None


def _event_text(line: bytes) -> bytes:
    """The JSON of a streamed event, without the time of an export; empty where the line is none.

    It looks at each byte a fixed number of times: a pattern would hold the interpreter for minutes on a hostile line.
    """
    time = _EXPORT_TIME.match(line)
    text = line[time.end() if time else 0 :].rstrip()
    return text if text.startswith(b"{") and text.endswith(b"}") and b'"sessionData"' in text else b""


def _event(line: bytes) -> dict[str, Any] | None:
    text = _event_text(line)
    try:
        event = json.loads(text) if text else None
    except (ValueError, RecursionError):
        return None
    return event if isinstance(event, dict) and isinstance(event.get("sessionData"), list) else None


def _moment(text: object) -> datetime | None:
    """The time of an event (UTC); None at the edges of the calendar too, which no other zone can write."""
    try:
        moment = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    is_known = moment is not None and moment.tzinfo is not None and 1 < moment.year < 9_999
    return moment.astimezone(UTC) if moment is not None and is_known else None


def _shortened(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]} ..."
