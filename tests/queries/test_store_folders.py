"""Stores that others could write into, and stores that cannot be written to."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

import ssmtrail
from ssmtrail.queries.store import overlay

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

IS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0


def log(number: int) -> bytes:
    record = {
        "eventVersion": "1.09", "eventTime": "2026-03-02T10:00:00Z", "eventSource": "ssm.amazonaws.com",
        "eventName": "StartSession", "eventID": f"e{number}", "awsRegion": "eu-central-1",
        "userIdentity": {"type": "IAMUser", "userName": f"jane-{number}", "accountId": "1111"},
        "requestParameters": {"target": "i-0aaaaaaaaaaaaaaaa"}, "responseElements": {"sessionId": f"jane-{number}-0a"},
    }  # fmt: skip
    return gzip.compress(json.dumps({"Records": [record]}).encode())


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("logs")
    (folder / "1.json.gz").write_bytes(log(1))
    return folder


@pytest.fixture(scope="module")
def made(logs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of these logs."""
    store = tmp_path_factory.mktemp("made") / "store"
    people(logs, store)
    (store / "scratch").rmdir()
    return store


@pytest.fixture
def store(made: Path, tmp_path: Path) -> Path:
    """A copy of it, to be spoiled."""
    return shutil.copytree(made, tmp_path / "my store")


def people(logs: Path, store: Path) -> tuple[list[str | None], str]:
    """Who is in the answer, and what is said beside it."""
    with ssmtrail.open_logs(logs, cache=store) as trail:
        trail.refresh()
        found = sorted(str(session.person) for session in trail.sessions())
        return list(found), " ".join(trail.coverage(ssmtrail.Window()).settings)


@pytest.mark.parametrize(
    ("below", "mode", "says"),
    [
        ("", 0o777, "can be written to by every user"),
        ("", 0o770, "can be written to by its group"),
        ("v2", 0o702, "can be written to by every user"),
        ("v2/*/segments", 0o720, "can be written to by its group"),
        ("v2/*", 0o1777, "can be written to by every user"),
    ],
)
def test_a_store_that_others_may_write_into_is_refused(
    logs: Path, store: Path, below: str, mode: int, says: str
) -> None:
    (folder,) = store.glob(below) if below else (store,)
    folder.chmod(mode)
    with pytest.raises(ssmtrail.StoreError, match=says) as refused:
        people(logs, store)
    assert f"chmod -R go-w '{folder}'" in str(refused.value)
    assert folder.stat().st_mode & 0o7777 == mode, "nothing is mended in silence"


def test_a_store_that_others_may_read_is_closed(logs: Path, store: Path) -> None:
    store.chmod(0o755)
    (segments,) = store.glob("v2/*/segments")
    segments.chmod(0o755)
    people(logs, store)
    assert segments.stat().st_mode & 0o777 == 0o700


@pytest.mark.skipif(not IS_ROOT, reason="only root can give a folder to another user")
def test_a_store_of_another_user_is_refused(logs: Path, store: Path) -> None:
    os.chown(store, 12345, 12345)
    with pytest.raises(ssmtrail.StoreError, match=f"sudo chown -R {os.geteuid()} '{store}'"):
        people(logs, store)


@pytest.fixture
def closed(store: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A store of these logs that cannot be written to."""
    folders = [path for path in (store, *store.rglob("*")) if path.is_dir()]
    for folder in folders:
        folder.chmod(0o500)
    if IS_ROOT:  # whom no mode stops
        monkeypatch.setattr(overlay, "_is_read_only", lambda *folders: store in folders)
    yield store
    for folder in folders:
        folder.chmod(0o700)


def contents(store: Path) -> dict[str, tuple[int, int]]:
    return {str(path): (path.stat().st_mtime_ns, path.stat().st_mode) for path in (store, *store.rglob("*"))}


def test_a_store_that_cannot_be_written_to_answers(logs: Path, closed: Path) -> None:
    before = contents(closed)
    said = f"the store {next(closed.glob('v2/*'))} cannot be written to: nothing new is kept"
    assert people(logs, closed) == (["jane-1"], said)
    (logs / "2.json.gz").write_bytes(log(2))
    try:
        assert people(logs, closed) == (["jane-1", "jane-2"], said)
    finally:
        (logs / "2.json.gz").unlink()
    assert contents(closed) == before


def test_damage_in_it_and_what_it_has_not_is_read(logs: Path, closed: Path, tmp_path: Path) -> None:
    (segment,) = closed.glob("v2/*/segments/*.parquet")
    segment.write_bytes(b"PAR1" + segment.read_bytes()[4:-4].swapcase() + b"PAR1")
    assert people(logs, closed)[0] == ["jane-1"]
    assert people(shutil.copytree(logs, tmp_path / "other"), closed)[0] == ["jane-1"]


def test_what_a_killed_process_left_is_removed_at_the_next_start(logs: Path, store: Path) -> None:
    (segments,), (derived,) = store.glob("v2/*/segments"), store.glob("v2/*/derived")
    ended = subprocess.Popen(("true",))
    ended.wait()
    left = [
        segments / f".{'a' * 16}.parquet", segments / f"{'b' * 16}.parquet", segments / f".{'c' * 16}.json.0123abcd",
        derived / f".{'d' * 16}-{ended.pid}-0123abcd" / "sessions.parquet",
        store / "scratch" / f"{ended.pid}-0123abcd" / "inline-0.jsonl",
    ]  # fmt: skip
    mine = derived / f".{'d' * 16}-{os.getpid()}-0123abcd" / "sessions.parquet"
    for path in (*left, mine):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"left")
    assert people(logs, store)[0] == ["jane-1"]
    assert [path for path in (*left, mine) if path.exists()] == [mine]
