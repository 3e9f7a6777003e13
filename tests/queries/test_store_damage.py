"""Damage to the store gives no traceback and no wrong answer, and reading repairs it."""

from __future__ import annotations

import json
import os
import shutil
import stat
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from isal import isal_zlib

from ssmtrail.queries.errors import StoreError
from ssmtrail.queries.filters import Filter
from ssmtrail.queries.model import Question, Scope
from ssmtrail.queries.sources.files.source import FilesSource
from ssmtrail.queries.store.dataset import Dataset
from ssmtrail.queries.store.segments import segments_in
from ssmtrail.queries.times import Window
from ssmtrail.queries.trail import Trail
from tests.records import ask, denied, iam_user, opened, resume, start, terminate, write_file

if TYPE_CHECKING:
    from collections.abc import Callable

    from ssmtrail.queries.model import Progress

DAYS = 3


def a_trail(folder: Path) -> Path:
    """Sessions over some days, one file a day; the last ends on the day after its start."""
    for day in range(1, DAYS + 1):
        who = iam_user(f"user-{day % 3}")
        at, name = f"2026-11-0{day}T", f"user-{day % 3}-{day}"
        write_file(
            folder / f"2026/11/0{day}" / f"file-{day}.json.gz",
            [
                start(f"{at}09:00:00Z", name, f"i-0ab{day}", who),
                resume(f"{at}09:30:00Z", name, who),
                terminate(f"2026-11-0{day + 1}T10:00:00Z", name, who),
                denied("StartSession", f"{at}11:00:00Z", "arn:aws:ec2:eu-central-1:111122223333:instance/i-0cd", who),
            ],
        )
    return folder


def everything(service: Trail) -> str:
    """Every answer as text, to be compared byte for byte."""
    return json.dumps([ask(service, name) for name in ("sessions", "calls", "pairs", "usage")], default=str)


def one_by_one(folder: Path, store: Path) -> None:
    """Read the files of a folder in several runs, so that there are several segments."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    away = folder.with_name("away")
    for path in files:
        (away / path.parent.relative_to(folder)).mkdir(parents=True, exist_ok=True)
        path.rename(away / path.relative_to(folder))
    for path in files:
        (away / path.relative_to(folder)).rename(path)
        with opened(folder, store):
            pass


def fetched(service: Trail, *, early: bool = True) -> list[Progress]:
    """Read what is new; not `early`: sessions are derived once, at the end."""
    told: list[Progress] = []
    service.fetch(told.append, threading.Event(), early=early)
    return told


def files_read(told: list[Progress]) -> int:
    """How many files a fetch read."""
    return max((progress.files_total for progress in told if progress.state == "reading"), default=0)


def segments(store: Path, suffix: str = "*") -> list[Path]:
    return sorted(store.glob(f"v*/*/segments/{'[0-9a-f]' * 16}.{suffix}"))


@dataclass(frozen=True)
class Kept:
    """A trail that no test changes, what a clean run answers, and a store of several segments to copy."""

    trail: Path
    expected: str
    store: Path

    def copied(self, store: Path, *, derived: bool) -> Path:
        left_out = None if derived else lambda folder, names: names if Path(folder).name == "derived" else ()
        return Path(shutil.copytree(self.store, store, ignore=left_out))


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    folder = tmp_path_factory.mktemp("kept")
    trail = a_trail(folder / "trail")
    with opened(trail, folder / "clean") as service:
        expected = everything(service)
    one_by_one(trail, folder / "store")
    return Kept(trail, expected, folder / "store")


def test_only_the_owner_can_read_the_store(tmp_path: Path, kept: Kept) -> None:
    store = tmp_path / "a" / "b" / "store"
    previous = os.umask(0)
    try:
        with opened(kept.trail, store):
            found = {path: path.stat().st_mode for path in (*store.parents[:2], store, *store.rglob("*"))}
    finally:
        os.umask(previous)
    assert len(segments(store)) == 2
    allowed = {True: 0o700, False: 0o600}
    wrong = {str(path): oct(mode) for path, mode in found.items() if stat.S_IMODE(mode) != allowed[stat.S_ISDIR(mode)]}
    assert not wrong


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def garbage(path: Path) -> None:
    path.write_bytes(b"PAR1" + os.urandom(path.stat().st_size - 8) + b"PAR1")


def one_byte(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 3] ^= 0x10
    path.write_bytes(bytes(data))


def to_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def other_version(path: Path) -> None:
    body = path.read_bytes().rpartition(b"\n")[0]
    kept = msgspec.json.decode(body, type=dict[str, Any]) | {"schema": 1}
    body = msgspec.json.encode(kept)
    path.write_bytes(body + b"\n%08x" % isal_zlib.crc32(body))


DAMAGE = (
    ("json", truncate), ("json", empty), ("json", garbage), ("json", one_byte), ("json", other_version),
    ("json", os.unlink), ("json", to_folder),
    ("parquet", truncate), ("parquet", empty), ("parquet", garbage), ("parquet", one_byte), ("parquet", os.unlink),
)  # fmt: skip


@pytest.mark.parametrize(("suffix", "damage"), DAMAGE, ids=[f"{what.__name__}-{suffix}" for suffix, what in DAMAGE])
def test_a_damaged_segment_is_dropped_and_no_other(
    tmp_path: Path, kept: Kept, suffix: str, damage: Callable[[Path], None]
) -> None:
    store = kept.copied(tmp_path / "store", derived=False)
    whole = {path.stem for path in segments(store, "json")}
    victim = segments(store, suffix)[1]
    damage(victim)
    (folder,) = store.glob("v*/*")
    for _ in range(2):
        assert {segment.name for segment in Dataset(folder).sound_segments()} == whole - {victim.stem}
    # A folder in place of a manifest is none of ours; it counts for nothing.
    assert {path.stem for path in segments(store, "json") if path.is_file()} == whole - {victim.stem}


@pytest.mark.parametrize(
    ("suffix", "damage", "derived"),
    [("json", one_byte, True), ("json", os.unlink, False), ("parquet", one_byte, True), ("parquet", os.unlink, False)],
)
def test_damaged_segments_are_read_again(
    tmp_path: Path, kept: Kept, suffix: str, damage: Callable[[Path], None], derived: bool
) -> None:
    store = kept.copied(tmp_path / "store", derived=derived)
    damage(segments(store, suffix)[1])
    service = Trail(FilesSource(kept.trail), store)
    try:
        told = fetched(service)
        assert everything(service) == kept.expected
        assert files_read(told) == 1
        assert files_read(fetched(service)) == 0
    finally:
        service.close()


@pytest.mark.parametrize(
    ("name", "damage", "when"),
    [
        ("sessions", truncate, "before"), ("calls", empty, "while"), ("sessions", garbage, "while"),
        ("calls", os.unlink, "before"),
    ],
)  # fmt: skip
def test_damaged_derived_files_are_made_again(
    tmp_path: Path, kept: Kept, name: str, damage: Callable[[Path], None], when: str
) -> None:
    store = tmp_path / "store"
    with opened(kept.trail, store) as service:
        (path,) = store.glob(f"v*/*/derived/*/{name}-*.parquet")
        if when == "while":
            damage(path)
            assert everything(service) == kept.expected
            return
    damage(path)
    with opened(kept.trail, store) as service:
        assert everything(service) == kept.expected


def test_foreign_files_are_left_alone(tmp_path: Path, kept: Kept) -> None:
    store = tmp_path / "store"
    with opened(kept.trail, store):
        pass
    (folder,) = store.glob("v*/*/segments")
    foreign = [
        folder / "notes.json", folder / "notes.parquet", folder / ".hidden.json", folder / "[a].json",
        folder.parent / "derived" / "notes", folder.parent / "x.parquet", store / "notes", store / "scratch" / "y",
    ]  # fmt: skip
    for path in foreign:
        path.write_bytes(b"mine")
    (folder / "a folder.json").mkdir()
    for _ in range(2):
        with opened(kept.trail, store) as service:
            assert everything(service) == kept.expected
    assert all(path.read_bytes() == b"mine" for path in foreign if path.parent.name != "derived")


def test_files_of_a_killed_process_are_removed(tmp_path: Path, kept: Kept) -> None:
    store = tmp_path / "store"
    with opened(kept.trail, store):
        pass
    (folder,) = store.glob("v*/*/segments")
    left = [folder / f"{'0' * 16}.parquet", folder / f".{'1' * 16}.parquet", folder / f".{'2' * 16}.json.0a1b2c3d"]
    making = folder.parent / "derived" / ".0123456789abcdef-01234567"
    making.mkdir()
    for path in left:
        path.write_bytes(b"half")
    with opened(kept.trail, store) as service:
        assert [path for path in (*left, making) if path.exists()] == [making]  # it does not say whose it is
        assert everything(service) == kept.expected
    os.utime(making, (1e9, 1e9))
    with opened(kept.trail, store) as service:
        assert not making.exists()
        assert everything(service) == kept.expected


def test_a_manifest_is_checked_when_it_is_read(tmp_path: Path, kept: Kept) -> None:
    with opened(kept.trail, tmp_path / "store"):
        pass
    (folder,) = (tmp_path / "store").glob("v*/*/segments")
    (segment,) = segments_in(folder)
    assert segment.is_sound
    assert [file.path for file in segment.files] == [f"2026/11/0{n}/file-{n}.json.gz" for n in range(DAYS, 0, -1)]
    assert segment.calls == 4 * DAYS


@pytest.mark.parametrize("below", ["", "store", "store/v2"])
def test_a_store_path_that_is_a_file_gives_a_clear_error(tmp_path: Path, kept: Kept, below: str) -> None:
    path = tmp_path / "place" / below
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"")
    with pytest.raises(StoreError, match=r"cannot be made: (not a directory|file exists)"):
        Trail(FilesSource(kept.trail), tmp_path / "place" / "store")
    assert path.read_bytes() == b""


def test_a_store_that_cannot_be_written_gives_a_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store, trail = tmp_path / "store", a_trail(tmp_path / "trail")
    with opened(trail, store) as service:
        before = everything(service)
    write_file(trail / "new.json", [start("2026-11-05T09:00:00Z", "new-1")])

    def refuse(*_: object, **__: object) -> int:
        raise OSError(28, "No space left on device")

    service = Trail(FilesSource(trail), store)
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", refuse)
        with pytest.raises(StoreError, match=r"cannot be written: no space left on device$"):
            fetched(service)
    assert everything(service) == before
    assert files_read(fetched(service)) == 1
    assert len(ask(service, "sessions")) == 2 * DAYS + 1
    service.close()


def test_a_question_to_a_damaged_store_gives_an_answer_or_a_clear_error(tmp_path: Path, kept: Kept) -> None:
    store = tmp_path / "store"
    with opened(kept.trail, store) as service:
        garbage(segments(store, "parquet")[0])
        for path in store.glob("v*/*/derived/*/*.parquet"):
            truncate(path)
        with pytest.raises(StoreError, match="damaged"):
            service.ask(Question("sessions", Scope(Window(), Filter())), threading.Event())
        assert files_read(fetched(service)) == DAYS
        assert everything(service) == kept.expected
