"""What a check found is kept: sessions, days and files have its word as long as the files are the same."""

from __future__ import annotations

import gzip
import json
import shutil
import threading
from datetime import UTC, date, datetime, timedelta
from threading import Event
from typing import TYPE_CHECKING

import pytest

from ssmtrail.queries.filters.keys import INTEGRITIES
from ssmtrail.queries.integrity.folder import Folder
from ssmtrail.queries.integrity.keeping import keep_check
from ssmtrail.queries.integrity.keys import read_keys
from ssmtrail.queries.integrity.verify import verified
from ssmtrail.queries.model import Coverage
from ssmtrail.queries.sources.files.source import FilesSource, identity_of, label_of
from ssmtrail.queries.sources.several import SeveralSources
from ssmtrail.queries.store.checked_files import CheckedFiles, read_checked
from ssmtrail.queries.store.dataset import Dataset
from ssmtrail.queries.store.folders import dataset_folder, integrity_file
from ssmtrail.queries.times import Window
from ssmtrail.queries.trail import Trail
from tests.records import Record, ask, opened, resume, start, terminate, write_file
from tests.signed_logs import DAY, SIGNERS, Chain, keys_document, put, write_keys

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

NOON = DAY - timedelta(days=3) + timedelta(hours=12)
DAY_OF_ALL = NOON.date()
KNOWN = datetime(2026, 11, 24, tzinfo=UTC)
#: Each case is an account of its own, so that one folder has all of them.
WHOLE, ONE_BYTE, LAST_CALL, ADDED, SWAPPED_KEY = (f"{number}" * 12 for number in range(1, 6))


def packed(*records: Record) -> bytes:
    return json.dumps({"Records": records}).encode()


def chain_of(root: Path, account: str) -> Chain:
    """A morning of digests; a session is started in one file, resumed in another, and ended in the third."""
    chain = Chain(root, account=account, signer=SIGNERS[account == SWAPPED_KEY])
    of: Record = {"recipientAccountId": account}
    files = {
        9: packed(start("08:30:00", f"jane-{account[0]}", **of)),
        10: packed(resume("09:30:00", f"jane-{account[0]}", **of)),
        11: packed(terminate("10:30:00", f"jane-{account[0]}", **of)),
    }
    for hour in range(8, 15):
        chain.hour(NOON + timedelta(hours=hour - 12, minutes=17), {"x": files[hour]} if hour in files else None)
    return chain


def retyped(root: Path, key: str) -> None:
    """Change one byte of a log file."""
    put(root, key, gzip.compress(gzip.decompress((root / key).read_bytes()).replace(b"203.0.113.7", b"203.0.113.8")))


def check(folder: Path, store: Path, window: Window | None = None) -> None:
    window = window or Window()
    keys = read_keys(folder.parent / "keys.json")
    dataset = Dataset.of(store, identity_of(folder), label_of(folder))
    keep_check(dataset, verified(Folder(folder), lambda _: keys, window, Event(), lambda *_: None), window, KNOWN)


def words(trail: Trail, where: str = "") -> dict[str, str | None]:
    return {row["session_id"]: row["integrity"] for row in ask(trail, "sessions", where)}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Chain]:
    """Five accounts, four of them tampered with, and the keys of the first signer."""
    root = tmp_path_factory.mktemp("kept") / "logs"
    chains = {account: chain_of(root, account) for account in (WHOLE, ONE_BYTE, LAST_CALL, ADDED, SWAPPED_KEY)}
    retyped(root, chains[ONE_BYTE].logs[0])
    retyped(root, chains[LAST_CALL].logs[2])
    chains[ADDED].write_log(
        NOON - timedelta(hours=2, minutes=40), "forged",
        packed(start("09:15:00", "forged", recipientAccountId=ADDED)),
    )  # fmt: skip
    heads = {chain.digests[-1]: chain.signatures[chain.digests[-1]] for chain in chains.values()}
    write_keys(root.parent / "keys.json", keys_document(SIGNERS[0], signatures=heads))
    return chains


@pytest.fixture(scope="module")
def folder(made: Mapping[str, Chain]) -> Path:
    return made[WHOLE].root


@pytest.fixture(scope="module")
def store(folder: Path) -> Path:
    """A store in which the folder was checked."""
    check(folder, folder.parent / "store")
    return folder.parent / "store"


def test_each_session_has_the_word_of_the_files_that_it_came_from(folder: Path, store: Path) -> None:
    with opened(folder, store) as trail:
        found = words(trail)
        assert found == {
            "jane-1": "proved", "jane-2": "changed", "jane-3": "changed", "jane-4": "proved", "forged": "unsigned",
            "jane-5": "unproved",
        }  # fmt: skip
        assert set(words(trail, "integrity:proved")) == {"jane-1", "jane-4"}
        assert set(words(trail, "-integrity:proved,unproved")) == {"jane-2", "jane-3", "forged"}
        # Every call of a session has the word of the session, also one from a file that is proved.
        calls = ask(trail, "calls", "integrity:changed")
        assert [row["event_name"] for row in calls].count("TerminateSession") == 2
        assert len(calls) == 6
        assert {row["sessions"] for row in ask(trail, "people", "integrity:unsigned")} == {1}
        coverage = trail.coverage(Window())
        assert [word for word in coverage.settings if word.startswith("integrity ")]
        # The forged file, the two that were changed: a day is as bad as its worst account.
        assert {day.day: day.integrity for day in coverage.days} == {DAY_OF_ALL: "changed"}


def test_without_a_check_nothing_is_claimed(folder: Path, tmp_path: Path) -> None:
    with opened(folder, tmp_path) as trail:
        assert set(words(trail).values()) == {None}
        assert words(trail, "integrity:?") == words(trail)
        assert {day.integrity for day in trail.coverage(Window()).days} == {None}
        assert trail.coverage(Window()).settings == ()


def test_an_open_trail_sees_a_check_that_is_made_or_removed(folder: Path, tmp_path: Path) -> None:
    with opened(folder, tmp_path) as trail:
        assert set(words(trail).values()) == {None}
        check(folder, tmp_path)
        assert words(trail)["jane-2"] == "changed"
        assert trail.coverage(Window()).settings
        integrity_file(dataset_folder(tmp_path, identity_of(folder))).unlink()
        assert set(words(trail).values()) == {None}
        assert trail.coverage(Window()).settings == ()


def test_what_is_kept_is_hashed_once(folder: Path, store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hashed = list[CheckedFiles]()
    plain = vars(CheckedFiles)["digest"].fget

    def digest(kept: CheckedFiles) -> str:
        hashed.append(kept)
        return str(plain(kept))

    monkeypatch.setattr(CheckedFiles, "digest", property(digest))
    with opened(folder, store) as trail:
        found = {trail.coverage(Window()).settings for _ in range(5)}
        words(trail)
    assert len(found) == len(hashed) == 1


def whole_day(root: Path) -> Chain:
    """A day whose digests cover it, with three files."""
    chain = Chain(root)
    for hour in range(26):
        files = {"x": packed(start(f"{hour - 1:02}:30:00", f"jane-{hour}"))} if 9 <= hour <= 11 else None
        chain.hour(NOON + timedelta(hours=hour - 12, minutes=17), files)
    head = chain.digests[-1]
    write_keys(root.parent / "keys.json", keys_document(chain.signer, signatures={head: chain.signatures[head]}))
    return chain


def test_no_word_outlives_the_file_that_was_checked(tmp_path: Path) -> None:
    chain = whole_day(tmp_path / "logs")
    check(chain.root, tmp_path / "store")
    with opened(chain.root, tmp_path / "store") as trail:
        assert set(words(trail).values()) == {"proved"}
        assert word_of(trail.coverage(Window())) == "proved"
    retyped(chain.root, chain.logs[1])
    with opened(chain.root, tmp_path / "store") as trail:
        assert words(trail) == {"jane-9": "proved", "jane-10": None, "jane-11": "proved"}
        assert word_of(trail.coverage(Window())) is None
    # One that is added takes the word of the day with it, not those of other files.
    (chain.root / chain.logs[1]).unlink()
    check(chain.root, tmp_path / "store")
    later = chain.write_log(NOON, "late", packed(start("11:50:00", "late")))
    with opened(chain.root, tmp_path / "store") as trail:
        assert words(trail) == {"jane-9": "proved", "jane-11": "proved", "late": None}
        assert word_of(trail.coverage(Window())) is None
        (chain.root / later).unlink()
        trail.fetch(lambda _: None, threading.Event(), early=False)
        assert word_of(trail.coverage(Window())) == "missing"


def word_of(coverage: Coverage) -> str | None:
    (word,) = [day.integrity for day in coverage.days if day.day == DAY_OF_ALL]
    return word


def test_a_check_of_a_part_of_a_day_says_nothing_of_the_day(tmp_path: Path) -> None:
    chain = whole_day(tmp_path / "logs")
    ten = NOON - timedelta(hours=2)
    check(chain.root, tmp_path, Window(ten, ten + timedelta(hours=1)))
    kept = read_checked(dataset_folder(tmp_path, identity_of(chain.root)))
    assert kept is not None
    assert (len(kept.files), dict(kept.days)) == (1, {})
    check(chain.root, tmp_path, Window(ten.replace(hour=0), ten.replace(hour=0) + timedelta(days=1)))
    kept = read_checked(dataset_folder(tmp_path, identity_of(chain.root)))
    assert kept is not None
    assert (len(kept.files), set(kept.days)) == (3, {DAY_OF_ALL.isoformat()})
    # Another look at a part of it with other keys takes the day's word away: it may rest on the wrong key.
    write_keys(tmp_path / "keys.json", keys_document(SIGNERS[1]))
    check(chain.root, tmp_path, Window(ten, ten + timedelta(hours=1)))
    kept = read_checked(dataset_folder(tmp_path, identity_of(chain.root)))
    assert kept is not None
    assert sorted(INTEGRITIES[file.word] for file in kept.files.values()) == ["proved", "proved", "unproved"]
    assert not kept.days


def test_a_damaged_or_newer_file_is_none(folder: Path, store: Path, tmp_path: Path) -> None:
    kept = integrity_file(dataset_folder(store, identity_of(folder)))
    assert read_checked(kept.parent) is not None
    data = kept.read_bytes()
    integrity_file(tmp_path).write_bytes(data.replace(b'"format":1', b'"format":2'))
    assert read_checked(tmp_path) is None
    integrity_file(tmp_path).write_bytes(data[: len(data) // 2])
    assert read_checked(tmp_path) is None


def test_folders_that_are_answered_together_keep_their_words(folder: Path, store: Path, tmp_path: Path) -> None:
    """The same path in both folders, and only one of them was checked."""
    shutil.copytree(folder / "AWSLogs" / WHOLE, tmp_path / "b" / "AWSLogs" / WHOLE)
    other = next(iter((tmp_path / "b").rglob("*_20261120T0847Z_x.json.gz")))
    write_file(other, [start("08:31:00", "other", recipientAccountId=WHOLE)])
    with Trail(SeveralSources((FilesSource(folder), FilesSource(tmp_path / "b"))), store) as trail:
        trail.fetch(lambda _: None, threading.Event(), early=False)
        found = words(trail)
        assert (found["jane-2"], found["forged"], found["other"]) == ("changed", "unsigned", None)
        assert trail.coverage(Window(NOON, NOON + timedelta(hours=1))).days[0].day == date(2026, 11, 20)
