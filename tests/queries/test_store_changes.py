"""Files that are added, changed, removed, renamed or unreadable; folders with unusual names."""

from __future__ import annotations

import os
import random
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ssmtrail.queries.sources.files.source import FilesSource
from ssmtrail.queries.store.dataset import Dataset
from ssmtrail.queries.times import Window
from ssmtrail.queries.trail import Trail
from tests.queries.test_store_damage import a_trail, everything, fetched, files_read
from tests.records import ask, opened, start, terminate, write_file
from tests.thorough import times

if TYPE_CHECKING:
    from collections.abc import Callable

AT = "2026-11-02T08:00:00Z"
ODD = ("a*b", "a[b", "a?b", "a'b", 'a"b', "a%sb", "a\nb", "a\\b", "a[b\\c*", "key=value", "status=denied", "-x", "~",
       "{a,b}", "ü", "a b", "#?x=1", "s3:", os.fsdecode(b"\xff\xfe"))  # fmt: skip


def fresh(folder: Path, store: Path) -> str:
    """The answers of a store that knows nothing else."""
    with opened(folder, store) as service:
        return everything(service)


def test_answers_follow_the_files(tmp_path: Path) -> None:
    folder = a_trail(tmp_path / "trail")
    one, two, three = (folder / f"2026/11/0{day}" / f"file-{day}.json.gz" for day in (1, 2, 3))
    service = Trail(FilesSource(folder), tmp_path / "store")
    assert files_read(fetched(service)) == 3
    # What happens, and how many files have to be read because of it.
    steps: list[tuple[Callable[[], object], int]] = [
        (lambda: write_file(two, [start("2026-11-02T08:00:00Z", "other-1")]), 1),  # shorter
        (lambda: write_file(one, [start(f"2026-11-01T08:00:0{n}Z", f"more-{n}") for n in range(9)]), 1),  # longer
        (lambda: three.unlink(), 0),
        (lambda: one.rename(one.with_name("renamed.json.gz")), 1),
        (lambda: two.write_bytes(b""), 1),
        (lambda: write_file(folder / "new.json", [start("2026-11-03T08:00:00Z", "new-1")]), 1),
        (lambda: os.utime(folder / "new.json", (1, 1)), 0),  # the same content
        (lambda: None, 0),
    ]
    for number, (change, read) in enumerate(steps):
        change()
        assert files_read(fetched(service)) == read, number
        if number in (1, 4, len(steps) - 1):  # deriving twice is what takes the time
            assert everything(service) == fresh(folder, tmp_path / f"fresh-{number}"), number
    service.close()


def test_a_change_that_no_identity_shows_is_found_by_rereading(tmp_path: Path) -> None:
    folder = tmp_path / "trail"
    one, two = write_file(folder / "one.json", [start(AT, "e1")]), write_file(folder / "two.json", [start(AT, "e2")])
    assert one.stat().st_size == two.stat().st_size
    with Trail(FilesSource(folder), tmp_path / "store") as service:
        assert files_read(fetched(service)) == 2
    write_file(one, [start(AT, "e3")])
    status = one.stat()
    found = (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)
    kept = Dataset.of(tmp_path / "store", FilesSource(folder).identity, "logs")
    kept.renew(kept.segments(), {"one.json": found})  # as if the file system had no better times
    with Trail(FilesSource(folder), tmp_path / "store") as service:
        assert files_read(fetched(service)) == 0
    with Trail(FilesSource(folder, reread=True), tmp_path / "store") as service:
        assert files_read(fetched(service)) == 1
        assert everything(service) == fresh(folder, tmp_path / "fresh")
        assert files_read(fetched(service)) == 0  # once


@pytest.mark.parametrize("seed", range(7, 7 + times(1, 10)))
def test_random_changes_end_like_a_fresh_store(tmp_path: Path, seed: int) -> None:
    chance, folder = random.Random(seed), tmp_path / "trail"
    names = ["a.json", "b.json.gz", "sub/c.json", "2026/11/02/d.json", "odd\\name.json", "é.json", "n\nl.json",
             os.fsdecode(b"\xff.json")]  # fmt: skip
    service = Trail(FilesSource(folder), tmp_path / "store")
    for step in range(times(3, 6)):
        for name in chance.sample(names, 3):
            path = folder / name
            if path.exists() and chance.random() < 0.4:
                path.unlink()
                continue
            at = f"2026-11-0{chance.randrange(1, 5)}T0{chance.randrange(10)}:00:00Z"
            session = f"s-{chance.randrange(6)}"
            write_file(path, [start(at, session), terminate("2026-11-05T00:00:00Z", session)])
        (folder / "keep.json").exists() or write_file(folder / "keep.json", [start("2026-11-01T00:00:00Z", "keep-1")])
        fetched(service)
        assert everything(service) == fresh(folder, tmp_path / f"fresh-{step}"), step
    service.close()


def test_the_other_files_of_a_dropped_segment_are_read_again(tmp_path: Path) -> None:
    folder = a_trail(tmp_path / "trail")
    odd = write_file(folder / "odd\\name.json", [start("2026-11-01T08:00:00Z", "odd-1")])
    service = Trail(FilesSource(folder), tmp_path / "store")
    fetched(service)
    odd.unlink()
    assert files_read(fetched(service)) == 3
    assert everything(service) == fresh(folder, tmp_path / "fresh")
    service.close()


def test_an_unreadable_file_is_read_again_only_when_it_changes(tmp_path: Path) -> None:
    folder = a_trail(tmp_path / "trail")
    good = (folder / "2026/11/02/file-2.json.gz").read_bytes()
    bad = folder / "2026/11/02/bad.json.gz"
    bad.write_bytes(good[:-20])
    (folder / "2026/11/02/empty.json").write_bytes(b"")
    (folder / "gone.json").symlink_to(tmp_path / "nowhere")
    service = Trail(FilesSource(folder), tmp_path / "store")
    assert files_read(fetched(service)) == 6
    unreadable = {found.file: found for found in service.coverage(Window()).unreadable}
    assert set(unreadable) == {"2026/11/02/bad.json.gz", "2026/11/02/empty.json", "gone.json"}
    assert unreadable["2026/11/02/bad.json.gz"].day == datetime(2026, 11, 2, tzinfo=UTC).date()
    assert all(found.why for found in unreadable.values())
    told = fetched(service)
    assert files_read(told) == 1  # the one that was not there to be read, whose state is unknown
    before = told[-1].snapshot
    service.close()
    again = Trail(FilesSource(folder), tmp_path / "store")
    assert len(again.coverage(Window()).unreadable) == 3
    bad.write_bytes(good)
    (folder / "gone.json").unlink()
    assert files_read(fetched(again)) == 1
    assert [found.file for found in again.coverage(Window()).unreadable] == ["2026/11/02/empty.json"]
    assert everything(again) == fresh(folder, tmp_path / "fresh")
    assert before >= 1
    again.close()


def test_files_without_calls_make_no_new_snapshot(tmp_path: Path) -> None:
    folder = a_trail(tmp_path / "trail")
    service = Trail(FilesSource(folder), tmp_path / "store")
    first = fetched(service)[-1]
    write_file(folder / "noise.json", [start("2026-11-01T08:00:00Z") | {"eventSource": "athena.amazonaws.com"}])
    last = fetched(service)[-1]
    assert (last.files_total, last.snapshot) == (4, first.snapshot)
    assert service.coverage(Window()).files == 4
    service.close()


@pytest.mark.parametrize(
    # Those that the engine gives a meaning, those that it does not, bytes that are no text.
    "name", ["a*'\"%sb/a\nb/a[b\\c*/status=denied/{ü}?", "~/a'b/a%sb/ü b", ODD[-1]], ids=ascii
)  # fmt: skip
def test_a_store_path_can_have_any_characters(tmp_path: Path, name: str) -> None:
    folder = write_file(tmp_path / "trail" / "a.json", [start("2026-11-01T08:00:00Z", "s-1")]).parent
    with opened(folder, tmp_path / name / "store") as service:
        rows = ask(service, "sessions")
        assert [(row["session_id"], row["status"], row["kind"]) for row in rows] == [("s-1", "started", "shell")]
    assert [path.name for path in (tmp_path / name / "store").iterdir() if path.name.startswith("v")] == ["v2"]
    write_file(folder / "b.json", [start("2026-11-02T08:00:00Z", "s-2")])
    (folder / "a.json").unlink()
    with opened(folder, tmp_path / name / "store") as service:
        assert [row["session_id"] for row in ask(service, "sessions")] == ["s-2"]


def test_folder_and_file_names_can_have_any_characters(tmp_path: Path) -> None:
    folder = tmp_path / "".join(ODD[:4]) / os.fsdecode(b"\xff")
    for number, name in enumerate(ODD):
        write_file(folder / name / f"{name}.json", [start(f"2026-11-01T08:00:{number:02}Z", f"s-{number}")])
    service = Trail(FilesSource(folder), tmp_path / "store")
    assert files_read(fetched(service)) == len(ODD)
    assert files_read(fetched(service)) == 0
    assert len(ask(service, "sessions")) == len(ODD)
    victim = folder / ODD[0] / f"{ODD[0]}.json"
    victim.unlink()
    fetched(service)
    rows = ask(service, "sessions")
    assert sorted(row["session_id"] for row in rows) == sorted(f"s-{n}" for n in range(1, len(ODD)))
    service.close()


def test_a_relative_store_path_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = a_trail(tmp_path / "trail")
    monkeypatch.chdir(tmp_path)
    with opened(folder, Path("~/store")) as service:
        monkeypatch.chdir(folder)
        assert len(ask(service, "sessions")) == 6
    assert (tmp_path / "~" / "store").is_dir()
