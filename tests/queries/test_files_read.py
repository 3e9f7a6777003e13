"""Reading a folder, inline and in processes, and the reasons for unreadable files."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
from datetime import date
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest

from ssmtrail.queries.errors import StoreError
from ssmtrail.queries.raw_calls import narrow_of
from ssmtrail.queries.sources.files import source
from ssmtrail.queries.sources.files.source import FilesSource

if TYPE_CHECKING:
    from ssmtrail.queries.model import Progress
    from ssmtrail.queries.store.parcels import FileCover

START: dict[str, Any] = {
    "eventTime": "2026-11-23T12:00:00Z",
    "eventSource": "ssm.amazonaws.com",
    "eventName": "StartSession",
    "eventID": "e",
}
FILE = json.dumps({"Records": [START, START | {"eventName": "X", "eventTime": "2026-11-24T00:00:01Z"}]}).encode()
DAY = "AWSLogs/1/CloudTrail/eu-central-1/2026/11/23/1.json.gz"


class Reading:
    """What a reading of a whole folder gave."""

    def __init__(self, folder: Path, scratch: Path, cancelled: Event | None = None) -> None:
        self.source = FilesSource(folder)
        self.progress: list[Progress] = []
        scratch.mkdir(exist_ok=True)
        quiet = cancelled or Event()
        self.changes = self.source.changes({}, Event())
        self.parcels = list(self.source.read(self.changes.new, scratch, self.progress.append, quiet))
        self.covers: dict[str, FileCover] = {cover.path: cover for p in self.parcels for cover in p.files}
        self.rows = [json.loads(line) for p in self.parcels for line in p.rows.read_bytes().splitlines()]

    @property
    def unreadable(self) -> dict[str, str]:
        return {path: cover.unreadable for path, cover in self.covers.items() if cover.unreadable}


@pytest.fixture(params=["inline", "processes"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The ways of reading: all give the same."""
    if request.param == "processes":
        monkeypatch.setattr(source, "INLINE_MOST", 0)
    return str(request.param)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "logs"
    (folder / DAY).parent.mkdir(parents=True)
    (folder / DAY).write_bytes(gzip.compress(FILE))
    return folder


@pytest.mark.usefixtures("way")
def test_a_file_becomes_rows_and_a_cover(folder: Path, tmp_path: Path) -> None:
    reading = Reading(folder, tmp_path / "scratch")
    (parcel,), (row,) = reading.parcels, reading.rows
    assert (row["eventid"], row["file"], row["folder_day"]) == ("e", DAY, "2026-11-23")
    assert json.loads(row["record"]) == START
    assert (parcel.calls, parcel.records) == (1, 2)
    (entry,), (cover,) = reading.changes.new, parcel.files
    assert (cover.size, cover.mtime_ns, cover.ctime_ns, cover.inode) == entry.identity
    assert (cover.path, cover.sha256) == (entry.path, hashlib.sha256((folder / DAY).read_bytes()).hexdigest())
    assert cover.folder_day == cover.first_day == date(2026, 11, 23)
    assert (cover.last_day, cover.calls, cover.unreadable) == (date(2026, 11, 24), 1, "")
    last = reading.progress[-1]
    assert (last.state, last.files_done, last.files_total) == ("reading", 1, 1)
    assert (last.bytes_done, last.bytes_total, last.records, last.calls) == (entry.size, entry.size, 2, 1)


@pytest.mark.usefixtures("way")
def test_unreadable_files_have_a_reason(folder: Path, tmp_path: Path) -> None:
    packed = gzip.compress(FILE)
    texts = {
        "cut.json.gz": packed[:-9],
        "empty.json": b"",
        "empty.json.gz": gzip.compress(b" \n"),
        "no.json": b'{"Records":hello',
        "wide.json": FILE.decode().encode("utf-16"),
        "trail.json.gz": packed + b"x",
        "bytes.json": FILE.replace(b'"e"', b'"\xff"'),
    }
    for name, text in texts.items():
        (folder / name).write_bytes(text)
    os.mkfifo(folder / "pipe.json")
    (folder / "broken.json").symlink_to(folder / "nowhere")
    reading = Reading(folder, tmp_path / "scratch")
    assert reading.unreadable == {
        "cut.json.gz": "truncated gzip",
        "empty.json": "empty file",
        "empty.json.gz": "empty file",
        "no.json": "not JSON at byte 0",
        "trail.json.gz": "garbage after the gzip",
        "bytes.json": "not UTF-8 in 1 call, replaced",
        "broken.json": "vanished",
    }
    assert {path: c.calls for path, c in reading.covers.items() if c.calls} == dict.fromkeys(
        [DAY, "cut.json.gz", "trail.json.gz", "bytes.json", "wide.json"], 1
    )
    assert reading.covers["wide.json"].last_day == date(2026, 11, 24)
    assert len(reading.covers) == len(reading.changes.new)


@pytest.mark.usefixtures("way")
def test_a_name_that_is_not_utf_8_is_shown_readably(tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    Path(os.fsdecode(os.fsencode(folder) + b"/caf\xe9.json")).write_bytes(FILE)
    reading = Reading(folder, tmp_path / "scratch")
    assert reading.rows[0]["file"] == "caf\\xe9.json"
    assert list(reading.covers) == [entry.path for entry in reading.changes.new]


def test_a_single_file(folder: Path, tmp_path: Path) -> None:
    reading = Reading(folder / DAY, tmp_path / "scratch")
    assert (len(reading.rows), list(reading.covers)) == (1, ["1.json.gz"])


def test_a_file_that_vanished_or_changed_is_read_again(folder: Path, tmp_path: Path) -> None:
    source = FilesSource(folder)
    (entry,) = source.changes({}, Event()).new
    (folder / DAY).unlink()
    (parcel,) = source.read([entry], tmp_path, lambda _: None, Event())
    (cover,) = parcel.files
    assert cover.unreadable == "vanished"
    (folder / DAY).write_bytes(FILE)
    again = source.changes({cover.path: (cover.size, cover.mtime_ns, cover.ctime_ns, cover.inode)}, Event())
    assert ([e.path for e in again.new], again.gone) == ([DAY], frozenset({DAY}))


def test_a_file_that_inflates_to_much_is_read_by_a_process(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "_INLINE_BYTES", 100)
    assert len(Reading(folder, tmp_path / "scratch").rows) == 1


def test_many_batches_come_back_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "INLINE_MOST", 0)
    monkeypatch.setattr("ssmtrail.queries.sources.files.source._FIRST", 1)
    monkeypatch.setattr("ssmtrail.queries.sources.files.source._MOST", 1)
    folder = tmp_path / "logs"
    folder.mkdir()
    for number in range(25):
        (folder / f"{number}.json").write_bytes(FILE)
    reading = Reading(folder, tmp_path / "scratch")
    assert (len(reading.parcels), len(reading.rows), len(reading.covers)) == (25, 25, 25)


@pytest.mark.usefixtures("way")
def test_rows_that_cannot_be_written_are_an_error_in_words(folder: Path, tmp_path: Path) -> None:
    source = FilesSource(folder)
    new = source.changes({}, Event()).new
    scratch = tmp_path / "store" / "scratch" / "missing"
    with pytest.raises(StoreError, match=rf"cannot be written to the store {tmp_path / 'store'}: .*SSMTRAIL_CACHE"):
        list(source.read(new, scratch, lambda _: None, Event()))


# -- real records ---------------------------------------------------------------------------------------------------

_ROOT = Path(__file__).parents[2]
REAL = Path(os.environ.get("SSMTRAIL_REAL_TRAILS", _ROOT.parent / "shared" / "data" / "cloudtrail"))
real = pytest.mark.skipif(not REAL.is_dir(), reason=f"no real trails: {REAL} is absent (SSMTRAIL_REAL_TRAILS)")


@real
@pytest.mark.usefixtures("way")
@pytest.mark.parametrize(
    ("name", "records", "sessions", "commands"), [("stratus-red-team", 310, 6, 2), ("invictus-aws-dataset", 2900, 0, 2)]
)
def test_real_trails(tmp_path: Path, name: str, records: int, sessions: int, commands: int) -> None:
    reading = Reading(REAL / name, tmp_path / "scratch")
    names = [row["eventname"] for row in reading.rows]
    assert sum(parcel.records for parcel in reading.parcels) == records
    assert sum(each.endswith("Session") for each in names) == sessions
    assert names.count("SendCommand") == commands
    assert reading.unreadable == {}
    full = [row for row in reading.rows if narrow_of(row["eventsource"], row["eventname"]) is None]
    assert all(json.loads(row["record"])["eventID"] == row["eventid"] for row in full)
    assert not any("record" in row for row in reading.rows if row not in full)
