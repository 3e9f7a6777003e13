"""One file that was joined from many: `cat *.gz > all.gz`; and cancelling in the middle of a file."""

from __future__ import annotations

import gzip
import json
import lzma
from itertools import pairwise
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from isal import isal_zlib

from ssmtrail.queries.sources.files import inflate
from ssmtrail.queries.sources.files.records import Extracted, extract
from ssmtrail.queries.sources.files.source import FilesSource

if TYPE_CHECKING:
    from pathlib import Path


def record(number: int, name: str = "StartSession") -> dict[str, Any]:
    return {
        "eventVersion": "1.09",
        "eventTime": "2026-03-02T10:00:00Z",
        "eventSource": "ssm.amazonaws.com",
        "eventName": name,
        "eventID": f"e{number}",
    }


def log(*numbers: int) -> bytes:
    """A file of CloudTrail: without a line end, with a call of no interest in front."""
    return json.dumps({"Records": [record(0, "X"), *map(record, numbers)]}).encode()


class Given:
    """Counts the bytes that the decompressor is given and gives back."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.bytes = 0
        make = isal_zlib.decompressobj

        def counted(**options: Any) -> Any:
            return Counting(make(**options), self)

        monkeypatch.setattr(isal_zlib, "decompressobj", counted)


class Counting:
    def __init__(self, member: Any, found: Given) -> None:
        self._member, self._found = member, found

    def __getattr__(self, name: str) -> Any:
        return getattr(self._member, name)

    def decompress(self, data: bytes, most: int) -> bytes:
        self._found.bytes += len(data)
        text: bytes = self._member.decompress(data, most)
        self._found.bytes += len(self._member.unused_data)
        return text


def test_the_time_for_many_members_grows_by_their_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inflate, "_SMALL", 0)
    packed = b"".join(gzip.compress(log(number)) for number in range(500))
    given = Given(monkeypatch)
    content = inflate.inflate(packed)
    assert (content.members, len(content.ends), content.why) == (500, 500, "")
    assert given.bytes < 4 * len(packed)


@given(
    st.lists(st.binary(max_size=90), min_size=1, max_size=6), st.integers(18, 400), st.integers(1, 64),
    st.sampled_from([0, 1 << 16]),
)  # fmt: skip
def test_members_are_joined_whatever_the_decompressor_is_given(
    texts: list[bytes], cut: int, given_at_once: int, small: int
) -> None:
    packed = b"".join(map(gzip.compress, texts))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(inflate, "_GIVEN", given_at_once)
        patched.setattr(inflate, "_SMALL", small)
        whole = inflate.inflate(packed)
        assert (whole.data, whole.why, whole.members) == (b"".join(texts), "", len(texts))
        if len(texts) > 1:
            assert [whole.data[start:end] for start, end in pairwise((0, *whole.ends))] == texts
        part = inflate.inflate(packed[:cut])
        assert whole.data.startswith(part.data)


def found(data: bytes, *ends: int) -> tuple[list[tuple[str, int]], int, str]:
    """The calls with their positions, the number of records, and what is wrong."""
    got: Extracted = extract(data, ends)
    return [(json.loads(exact)["eventID"], at) for _, exact, at in got.wanted], got.records, got.why()


def test_each_member_is_a_text_of_its_own() -> None:
    parts = [log(1), b"", log(2, 3), json.dumps(record(4)).encode() + b"\n", json.dumps([record(5)]).encode()]
    ends = [sum(map(len, parts[: at + 1])) for at in range(len(parts))]
    calls = [("e1", 1), ("e2", 3), ("e3", 4), ("e4", 5), ("e5", 6)]
    assert found(b"".join(parts), *ends) == (calls, 7, "")


@pytest.mark.parametrize("cut", range(1, len(log(1, 2)), 23))
def test_a_text_may_be_cut_into_members_anywhere(cut: int) -> None:
    whole = log(1, 2)
    assert found(whole, cut, len(whole)) == ([("e1", 1), ("e2", 2)], 3, "")
    both = log(7) + whole
    assert found(both, len(log(7)), len(log(7)) + cut, len(both)) == ([("e7", 1), ("e1", 3), ("e2", 4)], 5, "")


def test_damage_is_named_with_its_place_in_the_whole() -> None:
    first, cut = log(1), log(2, 3)[:-9]
    calls, records, why = found(first + cut, len(first), len(first + cut))
    assert (calls, records) == ([("e1", 1), ("e2", 3)], 4)
    assert why == found(first + cut)[2]


_PASSED = "not UTF-8 in the name of 1 record, passed over"


@pytest.mark.parametrize(
    ("now", "then", "why"),
    [
        (b'"eventName"', b'"event\xffName"', _PASSED),
        (b"StartSession", b"Start\xffSession", _PASSED),
        (b"StartSession", b"Start\xed\xa0\x80Session", _PASSED),
        (b"ssm.amazonaws.com", b"ssm.\xffamazonaws.com", _PASSED),
        (b"1.09", b"1.0\xff", ""),  # a call that is kept; its row says so
        (b"StartSession", b"Describe\xc3\xa9", ""),
    ],
)
@pytest.mark.parametrize("form", ["file", "lines", "members"])
def test_a_record_that_bad_bytes_hide_is_named(form: str, now: bytes, then: bytes, why: str) -> None:
    sound, spoilt = json.dumps(record(1)).encode(), json.dumps(record(2)).encode().replace(now, then)
    ends: tuple[int, ...] = ()
    if form == "file":
        data = b'{"Records":[' + sound + b"," + spoilt + b"]}"
    elif form == "lines":
        data = sound + b"\n" + spoilt + b"\n"
    else:
        data, ends = sound + spoilt, (len(sound), len(sound + spoilt))
    assert extract(data, ends).why() == why


class Counted(Event):
    """Set from the given look on."""

    def __init__(self, after: int) -> None:
        super().__init__()
        self.left = after

    def is_set(self) -> bool:
        self.left -= 1
        return self.left < 0


_MANY = json.dumps({"Records": [record(number) for number in range(300)]}).encode()
_WRAPPED = b"\n".join(json.dumps({"detail": record(number)}).encode() for number in range(300))


@pytest.mark.parametrize(
    ("data", "least"),
    [
        pytest.param(_MANY, 300, id="plain"),
        pytest.param(_MANY[:-2], 300, id="damaged"),
        pytest.param(_WRAPPED, 300, id="wrapped"),
        pytest.param(b"".join(gzip.compress(log(0)) for _ in range(300)), 900, id="many members"),
        pytest.param(b"".join(lzma.compress(log(0)) for _ in range(100)), 200, id="many streams"),
    ],
)
def test_a_reading_can_be_cancelled_in_the_middle_of_a_file(tmp_path: Path, data: bytes, least: int) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "a").write_bytes(data)
    source = FilesSource(tmp_path / "logs")
    new = source.changes({}, Event()).new
    looks = Counted(1 << 30)
    (parcel,) = source.read(new, tmp_path, lambda _: None, looks)
    assert (1 << 30) - looks.left > least, "one look for each record or member"
    assert parcel.calls
    assert not list(source.read(new, tmp_path, lambda _: None, Counted(least // 2)))
