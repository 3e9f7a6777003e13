"""What a file is by its content, and what is told of files that hold no records."""

from __future__ import annotations

import bz2
import gzip
import json
import os
import threading
from typing import TYPE_CHECKING, Any, Final

import pytest

from ssmtrail.queries.model import Coverage
from ssmtrail.queries.sources.files.kinds import ending_of
from ssmtrail.queries.sources.files.source import FilesSource
from ssmtrail.queries.times import Window
from ssmtrail.queries.trail import Trail
from tests.queries.test_files_packed import tar_of, zip_of
from tests.records import start

if TYPE_CHECKING:
    from pathlib import Path

    from ssmtrail.queries.store.parcels import FileCover

RECORD: Final = start("2026-03-02T10:00:00Z", "ana-1")
LOG: Final = json.dumps({"Records": [RECORD]}).encode()
DIGEST: Final = b'{"awsAccountId":"111122223333","digestStartTime":"2026-03-02T10:00:00Z","logFiles":[]}'
INSIGHT: Final = json.dumps(
    {"Records": [{"eventVersion": "1.07", "eventType": "AwsCloudTrailInsight", "insightDetails": {}}]}
).encode()


def id_of(value: object) -> str:
    """The id of a parameter: bytes make no readable one."""
    return value if isinstance(value, str) else ""


def covers_of(folder: Path, scratch: Path, files: dict[str, bytes]) -> dict[str, FileCover]:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    source = FilesSource(folder)
    scratch.mkdir(exist_ok=True)
    new = source.changes({}, threading.Event()).new
    parcels = source.read(new, scratch, lambda _: None, threading.Event())
    return {cover.path: cover for parcel in parcels for cover in parcel.files}


def cover_of(folder: Path, name: str, data: bytes) -> FileCover:
    (cover,) = covers_of(folder / "logs", folder / "scratch", {name: data}).values()
    return cover


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a", LOG),
        ("a.log", b"\n\n  " + LOG),
        ("a.json.cloudtrail", LOG),
        ("a.json.1", LOG),
        (".hidden", LOG),
        ("delivery-1-2026-03-02", gzip.compress(LOG)),
        ("a.gz", gzip.compress(LOG)),
        ("a.png", bz2.compress(LOG)),
        ("a.tgz", gzip.compress(tar_of({"x": LOG, "n.txt": b"hi"}))),
        ("CloudTrail-Digest/a.json", LOG),
        ("a.txt", LOG.decode().encode("utf-16-le")),
        ("a.json", b"oh\n" + json.dumps(RECORD).encode() + b"\n"),
    ],
    ids=id_of,
)
def test_a_file_of_records_is_known_by_its_content(tmp_path: Path, name: str, data: bytes) -> None:
    cover = cover_of(tmp_path, name, data)
    assert (cover.calls, cover.kind, str(cover.first_day)) == (1, "", "2026-03-02")


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("a.PNG", b"\x89PNG\r\n\x1a\n", ".png"),
        ("notes", b"hello", "no ending"),
        ("notes.txt", b"", ".txt"),
        (".gitignore", b"*.pyc\n", "no ending"),
        ("package.json", b'{"name": "x", "Records": 1}', ".json"),
        ("broken.json", b'{"name": tru', ".json"),
        ("elb.log.gz", gzip.compress(b"https 2026-03-02T10:00:00Z app/x\n"), ".log.gz"),
        ("pictures.zip", zip_of({"a.png": b"\x89PNG\r\n\x1a\n"}), ".zip"),
        ("empty.zip", zip_of({}), ".zip"),
        ("d.json", DIGEST, "CloudTrail-Digest"),
        ("AWSLogs/1/CloudTrail-Digest/eu/d.json.gz", gzip.compress(DIGEST), "CloudTrail-Digest"),
        ("i.json.gz", gzip.compress(INSIGHT), "CloudTrail-Insight"),
        ("conf.ini", b"[section]\nkey=1\n", ".ini"),
    ],
    ids=id_of,
)
def test_a_file_without_records_has_a_kind(tmp_path: Path, name: str, data: bytes, kind: str) -> None:
    cover = cover_of(tmp_path, name, data)
    assert (cover.kind, cover.unreadable, cover.calls, cover.first_day) == (kind, "", 0, None)


@pytest.mark.parametrize(
    ("name", "data", "why"),
    [
        ("a", LOG[:-20], "not JSON at byte 13"),
        ("a.txt", b'{"Records": [{"a"', "not JSON at byte 13"),
        ("a", gzip.compress(LOG)[:12], "truncated gzip"),
        ("a", b"\x1f\x8b\x08bad", "truncated gzip"),
        ("a.json", b"", "empty file"),
        ("1_CloudTrail_eu_x", b" \n", "empty file"),
        ("a", json.dumps({"logEvents": [{"message": json.dumps(RECORD)}]}).encode(), "1 not CloudTrail record"),
        ("a.zip", zip_of({"x.json": LOG[:-20], "y.json": LOG, "z.json": b""}),
         "x.json: not JSON at byte 13, z.json: empty file"),
        ("a.zip", zip_of({f"{number}.json": LOG[:-20] for number in range(5)}),
         "not JSON at byte 13 (0.json, 1.json, 2.json and 2 more)"),
    ],
    ids=id_of,
)  # fmt: skip
def test_what_looks_like_records_and_cannot_be_read_is_unreadable(
    tmp_path: Path, name: str, data: bytes, why: str
) -> None:
    cover = cover_of(tmp_path, name, data)
    assert (cover.unreadable, cover.kind) == (why, "")


def test_rows_of_an_archive_name_the_member_and_its_day(tmp_path: Path) -> None:
    folder, scratch = tmp_path / "logs", tmp_path / "scratch"
    member = "AWSLogs/1/CloudTrail/eu-central-1/2026/03/02/x.json"
    packed = tar_of({member: LOG, "y.json": json.dumps({"Records": [RECORD, RECORD]}).encode()})
    (cover,) = covers_of(folder, scratch, {"2026/03/05/a.tar": packed}).values()
    rows = [json.loads(line) for file in scratch.iterdir() for line in file.read_bytes().splitlines()]
    assert [(row["file"], row["folder_day"], row["position"]) for row in rows] == [
        (f"2026/03/05/a.tar!{member}", "2026-03-02", "0"),
        ("2026/03/05/a.tar!y.json", "2026-03-05", "0"),
        ("2026/03/05/a.tar!y.json", "2026-03-05", "1"),
    ]
    assert (cover.calls, str(cover.folder_day)) == (3, "2026-03-05")


def test_further_gzip_members_are_read_and_noted(tmp_path: Path) -> None:
    cover = cover_of(tmp_path, "a.json.gz", gzip.compress(LOG) + gzip.compress(LOG))
    assert (cover.calls, cover.unreadable, cover.note) == (2, "", "2 gzip members, AWS writes one")
    cover = cover_of(tmp_path, "a.json.gz", gzip.compress(LOG))
    assert (cover.calls, cover.note) == (1, "")


def test_special_files_have_a_kind_and_are_not_waited_for(tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    (folder / "x.json.gz").mkdir(parents=True)
    os.mkfifo(folder / "pipe.json")
    found = covers_of(folder, tmp_path / "scratch", {"x.json.gz/a.json": LOG})
    assert {path: (cover.kind, cover.calls) for path, cover in found.items()} == {
        "pipe.json": ("special file", 0),
        "x.json.gz/a.json": ("", 1),
    }


@pytest.mark.parametrize(
    ("name", "ending"),
    [
        ("x/a.png", ".png"),
        ("a.TAR.GZ", ".tar.gz"),
        ("app.log.1", ".log.1"),
        ("a.2026.gz", ".gz"),
        ("x.y/a", "no ending"),
        (".bashrc", "no ending"),
        ("a.b c \x1b[31m", "other ending"),
        ("a." + "x" * 40, "other ending"),
        ("a.фото", ".фото"),
    ],
)
def test_endings(name: str, ending: str) -> None:
    assert ending_of(name) == ending


def test_the_words_for_files_without_records() -> None:
    assert Coverage().others_text == ""
    assert Coverage(others=((".txt", 1),)).others_text == "1 file is no CloudTrail records: 1 .txt"
    others = ((".png", 200), (".txt", 12))
    assert Coverage(others=others).others_text == "212 files are no CloudTrail records: 200 .png, 12 .txt"
    many = tuple((f".{number:02}", 2) for number in range(14))
    assert Coverage(others=many).others_text.endswith("2 .10, 2 .11, 4 of 2 other kinds")


class Reading:
    """A trail whose files are counted each time that they are read."""

    def __init__(self, folder: Path, store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.read: list[str] = []
        really = FilesSource.read

        def read(source: FilesSource, new: Any, *others: Any) -> Any:
            self.read += [entry.path for entry in new]
            return really(source, new, *others)

        monkeypatch.setattr(FilesSource, "read", read)
        self.service = Trail(FilesSource(folder), store)

    def again(self) -> list[str]:
        self.read.clear()
        self.service.fetch(lambda _: None, threading.Event())
        return sorted(self.read)


def test_files_without_records_are_counted_apart_and_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "logs"
    (folder / "2026/03/04").mkdir(parents=True)
    for name, data in {"a": LOG, "2026/03/04/b.png": b"x", "c.png": b"x", "n.txt": b"x"}.items():
        (folder / name).write_bytes(data)
    reading = Reading(folder, tmp_path / "store", monkeypatch)
    assert len(reading.again()) == 4
    found = reading.service.coverage(Window())
    assert (found.files, found.bytes, found.others) == (1, len(LOG), ((".png", 2), (".txt", 1)))
    assert [str(day.day) for day in found.days] == ["2026-03-02"]  # a picture proves no day
    assert reading.again() == []
    (folder / "n.txt").write_bytes(LOG)
    assert reading.again() == ["n.txt"]
    assert reading.service.coverage(Window()).files == 2
    reading.service.close()


def test_a_touched_file_is_settled_by_its_hash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    (folder / "a").write_bytes(LOG)
    (folder / "b").write_bytes(LOG)
    reading = Reading(folder, tmp_path / "store", monkeypatch)
    assert reading.again() == ["a", "b"]
    os.utime(folder / "a", (1, 1))
    (folder / "c").write_bytes(LOG)
    (folder / "c").replace(folder / "b")  # another inode
    assert reading.again() == []
    hashed = []
    monkeypatch.setattr(FilesSource, "sha256", lambda _, entry, __: hashed.append(entry))
    assert (reading.again(), hashed) == ([], [])  # the new identities were kept
    reading.service.close()


def test_a_changed_file_of_the_same_size_and_mtime_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    (folder / "a").write_bytes(LOG)
    os.utime(folder / "a", (1, 1))
    reading = Reading(folder, tmp_path / "store", monkeypatch)
    reading.again()
    (folder / "a").write_bytes(LOG.replace(b"ana-1", b"bob-2"))
    os.utime(folder / "a", (1, 1))  # the ctime cannot be set back
    assert reading.again() == ["a"]
    reading.service.close()
