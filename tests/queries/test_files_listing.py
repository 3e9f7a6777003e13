"""The listing of a folder, compared with what is stored."""

from __future__ import annotations

import os
from pathlib import Path
from threading import Event

import pytest

from ssmtrail.queries.errors import Cancelled, SourceError
from ssmtrail.queries.sources.files.source import FilesSource

DAY_1 = "AWSLogs/o-1/111122223333/CloudTrail/eu-central-1/2026/11/22/a.json.gz"
DAY_2 = "AWSLogs/o-1/111122223333/CloudTrail/us-east-1/2026/11/23/b.json.gz"


def make(root: Path, *paths: str, mtime: int = 1_000) -> None:
    for path in paths:
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"{}")
        os.utime(file, (mtime, mtime))


def paths(root: Path, *, follow_links: bool = False) -> list[str]:
    source = FilesSource(root, follow_links=follow_links)
    return [entry.path for entry in source.changes({}, Event()).new]


def test_every_file_is_listed_whatever_its_name_and_place(tmp_path: Path) -> None:
    names = ["a.json", "b.json.gz", "x/y/f.ndjson.gz", "G.JSON.GZ", "json", "notes.txt", "a.json.part", ".hidden.json"]
    names += ["AWSLogs/1/CloudTrail-Digest/eu/d.json.gz", ".git/x.json", "no ending", "a.tar.gz"]
    make(tmp_path, *names)
    changes = FilesSource(tmp_path).changes({}, Event())
    assert sorted(entry.path for entry in changes.new) == sorted(names)
    assert (changes.files, changes.bytes) == (len(names), 2 * len(names))


def test_an_entry_has_what_tells_a_changed_file(tmp_path: Path) -> None:
    make(tmp_path, "a.json")
    status = (tmp_path / "a.json").stat()
    (entry,) = FilesSource(tmp_path).changes({}, Event()).new
    assert entry.identity == (2, 1_000 * 10**9, status.st_ctime_ns, status.st_ino)
    kept = {"a.json": entry.identity}
    assert FilesSource(tmp_path).changes(kept, Event()).new == ()
    for at in range(4):
        other = tuple(value + (index == at) for index, value in enumerate(entry.identity))
        changes = FilesSource(tmp_path).changes({"a.json": other}, Event())  # type: ignore[dict-item]
        assert (changes.new, changes.gone) == ((entry,), frozenset({"a.json"}))


def test_newest_content_first(tmp_path: Path) -> None:
    make(tmp_path, DAY_1, DAY_2)
    make(tmp_path, "1_CloudTrail_eu-central-1_20261124T1205Z_x.json.gz")
    make(tmp_path, "recent.json", mtime=1_795_600_000)  # 25 November 2026
    assert paths(tmp_path) == ["recent.json", "1_CloudTrail_eu-central-1_20261124T1205Z_x.json.gz", DAY_2, DAY_1]


def test_new_changed_gone_and_kept(tmp_path: Path) -> None:
    make(tmp_path, "same.json", "changed.json", "new.json")
    source = FilesSource(tmp_path)
    kept = {e.path: e.identity for e in source.changes({}, Event()).new if e.path != "new.json"}
    os.utime(tmp_path / "changed.json", (5, 5))
    changes = source.changes(kept | {"gone.json": (1, 1, 1, 1)}, Event())
    assert sorted(entry.path for entry in changes.new) == ["changed.json", "new.json"]
    assert changes.gone == {"changed.json", "gone.json"}
    assert (changes.files, changes.bytes) == (3, 6)


def test_links_are_followed_once_and_loops_end(tmp_path: Path) -> None:
    make(tmp_path, "logs/real/a.json", "outside/b.json")
    logs = tmp_path / "logs"
    (logs / "aaa-again").symlink_to(logs / "real")
    (logs / "real" / "up").symlink_to(logs)
    (logs / "other").symlink_to(tmp_path / "outside")
    (logs / "file.json").symlink_to(tmp_path / "outside" / "b.json")
    (logs / "real" / "beside.json").symlink_to(logs / "real" / "a.json")
    inside = ["real/a.json", "real/beside.json"]
    assert sorted(paths(logs, follow_links=True)) == ["file.json", "other/b.json", *inside]
    assert sorted(paths(logs)) == ["file.json//", "other//", *inside]


def test_links_to_a_folder_with_a_name_that_begins_alike_lead_outside(tmp_path: Path) -> None:
    make(tmp_path, "logs/a.json", "logs-2/b.json")
    (tmp_path / "logs" / "link").symlink_to(tmp_path / "logs-2")
    (tmp_path / "logs" / "root").symlink_to("/proc")
    assert sorted(paths(tmp_path / "logs")) == ["a.json", "link//", "root//"]


def test_unusual_entries_are_listed_and_reported_by_reading(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.json")
    (tmp_path / "broken.json").symlink_to(tmp_path / "nowhere")
    (tmp_path / "loop.json").symlink_to(tmp_path / "loop.json")
    make(tmp_path, "folder.json/inner.json")
    assert sorted(paths(tmp_path)) == ["broken.json", "folder.json/inner.json", "loop.json", "pipe.json"]


def test_a_name_that_is_not_utf_8(tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.json")).write_bytes(b"{}")
    assert [os.fsencode(path) for path in paths(tmp_path)] == [b"caf\xe9.json"]


def test_a_single_file_is_a_source(tmp_path: Path) -> None:
    make(tmp_path, "evidence.log")
    assert paths(tmp_path / "evidence.log") == ["evidence.log"]


def test_a_folder_that_cannot_be_listed_is_an_entry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, "a.json", "locked/b.json")
    scandir = os.scandir
    locked = (tmp_path / "locked").stat().st_ino

    def refusing(folder: int | str) -> object:
        if os.fstat(int(folder)).st_ino == locked:
            raise PermissionError(13, "Permission denied")
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", refusing)
    monkeypatch.setattr(os, "supports_fd", os.supports_fd | {refusing})
    assert sorted(paths(tmp_path)) == ["a.json", "locked/"]


@pytest.mark.parametrize("name", ["missing", "a.json/b"])
def test_no_folder_is_an_error_in_words(tmp_path: Path, name: str) -> None:
    make(tmp_path, "a.json")
    with pytest.raises(SourceError, match=r"There is no folder .*\.|cannot be listed"):
        FilesSource(tmp_path / name).changes({}, Event())


def test_a_pipe_is_neither_folder_nor_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(SourceError, match="neither a folder nor a file"):
        FilesSource(tmp_path / "pipe").changes({}, Event())


def test_cancelling(tmp_path: Path) -> None:
    cancelled = Event()
    cancelled.set()
    with pytest.raises(Cancelled):
        FilesSource(tmp_path).changes({}, cancelled)


def test_identity_and_label(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    assert FilesSource(tmp_path / "link").identity == FilesSource(tmp_path).identity
    assert FilesSource(Path(os.fsdecode(b"/caf\xe9"))).identity == "files:/caf%E9"
    assert FilesSource(tmp_path).label == f"logs {tmp_path}"
    assert FilesSource(tmp_path, "demo").label == "demo"
