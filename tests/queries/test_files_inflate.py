"""Decompression of whole, damaged, concatenated and hostile gzip files."""

from __future__ import annotations

import gzip
import os
import random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssmtrail.queries.sources.files.contents import LogFile
from ssmtrail.queries.sources.files.inflate import Content, TooMuch, inflate
from ssmtrail.queries.sources.files.kinds import SPECIAL_FILE

if TYPE_CHECKING:
    from pathlib import Path

DICE = random.Random(4)
TEXT = b"".join(b'{"n":%d}\n' % DICE.randrange(1 << 40) for _ in range(2_000))
PACKED = gzip.compress(TEXT, mtime=0)


def test_data_that_is_not_gzip_is_returned_unchanged() -> None:
    assert inflate(b"{}") == Content(b"{}")


@pytest.mark.parametrize(
    ("data", "text", "why"),
    [
        pytest.param(PACKED, TEXT, "", id="whole"),
        pytest.param(PACKED + PACKED, TEXT + TEXT, "", id="two members"),
        pytest.param(PACKED + gzip.compress(TEXT[:99]) + PACKED, TEXT + TEXT[:99] + TEXT, "", id="three members"),
        pytest.param(PACKED + b"\0" * 512, TEXT, "", id="padded with zeros"),
        pytest.param(PACKED + b"xyz", TEXT, "garbage after the gzip", id="garbage behind"),
        pytest.param(PACKED + PACKED[:9], TEXT, "truncated gzip", id="second member cut"),
        pytest.param(PACKED[:-4], TEXT, "truncated gzip", id="length missing"),
        pytest.param(PACKED[:-6] + b"\0" + PACKED[-5:], TEXT, "gzip checksum is wrong", id="wrong checksum"),
        pytest.param(PACKED[:-4] + b"\xff\xff\xff\x7f", TEXT, "gzip checksum is wrong", id="wrong length"),
        pytest.param(b"\x1f\x8b", b"", "truncated gzip", id="magic only"),
        pytest.param(gzip.compress(b""), b"", "", id="empty"),
    ],
)
@pytest.mark.parametrize("small", [0, 1 << 20], ids=["as a large file", "as a small one"])
def test_gzip(data: bytes, text: bytes, why: str, small: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ssmtrail.queries.sources.files.inflate._SMALL", small)
    content = inflate(data)
    assert (content.data, content.why) == (text, why)


def test_data_before_a_corrupt_byte_are_kept() -> None:
    middle = len(PACKED) // 2
    content = inflate(PACKED + PACKED[:middle] + b"\xff" * 64 + PACKED[middle + 64 :])
    assert content.why.startswith(("corrupt gzip at byte", "gzip checksum"))
    assert content.data.startswith(TEXT + TEXT[: len(TEXT) // 3])


def test_a_corrupt_gzip_with_a_wrong_length_is_not_read_twice() -> None:
    middle = len(PACKED) // 2
    content = inflate(PACKED[:middle] + b"\xff" * 64 + PACKED[middle + 64 : -4] + bytes(4))
    assert content.data.count(TEXT[:100]) == 1


@given(st.integers(0, len(PACKED) - 1))
def test_a_truncated_gzip_gives_a_true_beginning(cut: int) -> None:
    content = inflate(PACKED[:cut])
    assert TEXT.startswith(content.data) or cut < 2
    assert content.why == ("truncated gzip" if cut >= 2 else "")


@given(st.binary(min_size=1, max_size=400), st.integers(1, 200))
def test_the_limit_is_exact(text: bytes, most: int) -> None:
    packed = gzip.compress(text)
    if len(text) <= most:
        assert inflate(packed, most) == Content(text)
    else:
        with pytest.raises(TooMuch):
            inflate(packed, most)


def test_a_bomb_is_refused_within_bounds() -> None:
    with pytest.raises(TooMuch):
        inflate(gzip.compress(bytes(64 << 20)) * 5)


def test_a_pipe_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.json")
    assert LogFile.open(str(tmp_path / "x.json")).why == SPECIAL_FILE
