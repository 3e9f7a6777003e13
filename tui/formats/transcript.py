"""A transcript in a file: as text, or as a recording that `asciinema play` shows at the pace of the session."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING, Final

from ssmtrail.queries.times import utc_text
from ssmtrail.widgets.text import safe

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from ssmtrail.queries.transcripts.text import Line

#: Columns and lines of a recording: the size of the session's terminal is not recorded.
_SIZE: Final = (120, 30)
#: Seconds to which players shorten a pause, unless they are told otherwise; the times in the file stay as they are.
_LONGEST_PAUSE: Final = 3.0
#: Lines among which the first time is looked for.
_HEAD: Final = 100


@dataclass(slots=True)
class Recorded:
    """What was learnt while a recording was made."""

    untimed: int = 0
    """Lines without a time, or with an earlier one than a line before: they are shown together with that line."""


def text_line(line: Line) -> bytes:
    """A line of a text file, safe, with its time (UTC, seconds) where that is known."""
    at = f"{utc_text(line.at.replace(microsecond=0))}  " if line.at else ""
    return f"{at}{safe(line.text)}\n".encode()


def recording(lines: Iterable[Line], title: str, recorded: Recorded) -> Iterator[bytes] | None:
    """The lines of a recording, asciicast version 2, from the first time on in whole seconds; None without times.

    Each line of the transcript is printed whole, made safe, and followed by a line's end: a player's terminal gets
    nothing else, whatever the transcript holds. Source: docs.asciinema.org, "asciicast v2".
    """
    rest = iter(lines)
    head = list(islice(rest, _HEAD))
    begun = next((line.at for line in head if line.at is not None), None)
    return None if begun is None else _recording(chain(head, rest), title, begun, recorded)


def _recording(lines: Iterable[Line], title: str, begun: datetime, recorded: Recorded) -> Iterator[bytes]:
    width, height = _SIZE
    header = {
        "version": 2, "width": width, "height": height, "timestamp": int(begun.timestamp()),
        "idle_time_limit": _LONGEST_PAUSE, "title": safe(title),
    }  # fmt: skip
    yield f"{json.dumps(header)}\n".encode()
    now = 0.0
    for line in lines:
        at = -1.0 if line.at is None else float((line.at - begun).total_seconds() // 1)
        recorded.untimed += at < now
        now = max(now, at)
        event = json.dumps((now, "o", f"{safe(line.text)}\r\n"))
        yield f"{event}\n".encode()
