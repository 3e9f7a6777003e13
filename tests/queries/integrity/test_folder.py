"""What is read of a folder's files: all of each, whatever the size that the system says."""

from __future__ import annotations

import os
import sys
from hashlib import sha256
from pathlib import Path
from threading import Event

import pytest

from ssmtrail.queries.integrity.folder import hashes


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has files without a size")
def test_a_file_that_holds_more_than_its_size_says_is_hashed_to_its_end() -> None:
    content = Path("/proc/filesystems").read_bytes()
    (found,) = hashes(Path("/proc"), ["filesystems"], Event())
    assert Path("/proc/filesystems").stat().st_size == 0
    assert len(content) > 1
    assert (found.hash, found.on_disk) == (sha256(content).hexdigest(),) * 2


def test_each_file_that_cannot_be_read_says_why_and_those_beside_it_are_hashed(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    (tmp_path / "here").write_bytes(b"x" * 100_000)
    os.mkfifo(tmp_path / "pipe")
    found = {each.path: each for each in hashes(tmp_path, ["empty", "gone", "here", "pipe"], Event())}
    assert {path: each.unread for path, each in found.items()} == {
        "empty": "", "gone": "no such file or directory", "here": "", "pipe": "no regular file",
    }  # fmt: skip
    assert found["empty"].hash == sha256(b"").hexdigest()
    assert found["here"].hash == sha256(b"x" * 100_000).hexdigest()
