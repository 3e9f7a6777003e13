"""Fuzzed records and files: nothing raises, sound records are all found, what is lost is named."""

from __future__ import annotations

import bz2
import gzip
import json
from random import Random
from threading import Event
from typing import TYPE_CHECKING, Any, Final

from ssmtrail.queries.sources.files.records import extract
from ssmtrail.queries.sources.files.rows import Place, members, row_of
from ssmtrail.queries.sources.files.source import FilesSource

if TYPE_CHECKING:
    from pathlib import Path

_ODD: Final[tuple[Any, ...]] = (
    None, True, 0, -1, 1e300, "", " ", "\0", "\x1b[31m", "\u202e", "\ud800", "=1+1", "x" * 5_000, [], {}, [[[[]]]],
    {"a": {"": 1}},
    "i-0aaaaaaaaaaaaaaaa", "9999-99-99T99:99:99Z", "arn:aws:sts::1:assumed-role/a/b", '{"sessionToken":"s"}',
)  # fmt: skip
_PACK: Final = (bytes, gzip.compress, bz2.compress, lambda data: gzip.compress(data[: len(data) // 2]) * 2)


def sound(number: int) -> dict[str, Any]:
    """A start that has to be found whatever lies around it."""
    return {
        "eventVersion": "1.09", "eventTime": "2026-03-02T10:00:00Z", "eventSource": "ssm.amazonaws.com",
        "eventName": "StartSession", "eventID": f"e{number}", "awsRegion": "eu-central-1", "recipientAccountId": "1111",
        "userIdentity": {"type": "IAMUser", "userName": "jane", "accountId": "1111"},
        "requestParameters": {"target": "i-0aaaaaaaaaaaaaaaa"}, "responseElements": {"sessionId": f"jane-{number}"},
    }  # fmt: skip


def fuzz_records(count: int, seed: int) -> str:
    """Records with odd values anywhere become rows, or are passed over; none raises. Returns what was seen."""
    chance, rows = Random(seed), 0
    for number in range(count):
        record = _spoilt(sound(number), chance)
        data = json.dumps(record).encode()
        last = json.dumps(sound(number)).encode()
        found = extract(data + b"\n" + last)
        assert any(exact == last for _, exact, _ in found.wanted), data
        for _, exact, position in found.wanted:
            row_of(members(exact), exact, Place("a.json", None, position))
            rows += 1
    return f"{rows:,} rows made"


def _spoilt(record: dict[str, Any], chance: Random) -> dict[str, Any]:
    for _ in range(chance.randint(1, 4)):
        place: Any = record
        while isinstance(place, dict) and place:
            key = chance.choice(list(place))
            if not isinstance(place[key], dict) or chance.random() < 0.5:
                if chance.random() < 0.2:
                    del place[key]
                else:
                    place[key] = chance.choice(_ODD)
                break
            place = place[key]
    return record


def fuzz_files(count: int, seed: int, folder: Path) -> str:
    """Damaged files beside a sound one: the sound one is read whole; what is lost in the others is named."""
    chance = Random(seed)
    logs, scratch = folder / "logs", folder / "scratch"
    logs.mkdir()
    scratch.mkdir()
    text = json.dumps({"Records": [sound(number) for number in range(20)]}).encode()
    named = whole = lost = 0
    (logs / "sound.json").write_bytes(text)
    for number in range(count):
        data = bytearray(chance.choice(_PACK)(text))
        for _ in range(chance.randint(0, 3)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        cut = chance.choice((len(data), len(data), chance.randrange(len(data))))
        (logs / f"{number}.json.gz").write_bytes(data[:cut])
    source = FilesSource(logs)
    for parcel in source.read(source.changes({}, Event()).new, scratch, lambda _: None, Event()):
        for cover in parcel.files:
            if cover.path == "sound.json":
                assert (cover.calls, cover.unreadable) == (20, "")
            elif cover.unreadable or cover.kind or cover.note:
                named += 1
            elif cover.calls < 20:
                lost += 1
            else:
                whole += 1
    # A changed letter in a plain file can spell another valid name or key, which no reader can see.
    assert lost <= count // 4, f"{lost} files lost records unnamed"
    return f"{whole:,} read whole, {named:,} named, {lost:,} in which changed letters spell other names"
