"""Transcripts in evidence packs: the bytes of the source, the state of each session, and no change overlooked."""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
import zipfile
from typing import TYPE_CHECKING, Any, Final

import pytest

from ssmtrail.queries.config import openings_path
from ssmtrail.tui.cli.main import run
from ssmtrail.tui.evidence.verify import faults
from tests.queries.transcripts.made import an_event, streamed
from tests.records import denied, iam_user, start, terminate, write_file
from tests.terminal_bytes import text_faults
from tests.tui.test_evidence import WEB, rewritten

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

JANE: Final = "jane@acme.com-0a1b2c3d4e5f67890"
EVE: Final = "eve-0a1b2c3d4e5f67890"
TUNNEL: Final = "jane-0000000000000000f"
LOST: Final = "jane-00000000000000000"
#: What the person under audit printed.
HOSTILE: Final = b"sh-5.2$ \x1b]0;title\x07\x1b[2J\x9b31m\xff\r\r\npassword = hunter2\n"
WINDOW: Final = ("--from", "2026-11-20", "--to", "2026-11-21")


def written(home: Path, out: Path, *more: str, copies: str = "copies") -> int:
    words = ["evidence", "--logs", str(home / "logs"), *WINDOW, "--out", str(out)]
    return run([*words, "--with-transcripts", "--transcripts", str(home / copies), *more])


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pack of four sessions: one with a file, one with a packed stream, a tunnel, and one without a copy."""
    home = tmp_path_factory.mktemp("evidence-transcripts")
    eve = iam_user("eve")
    records = [
        start("10:00:00", JANE), terminate("11:00:00", JANE), start("13:00:00", EVE, who=eve),
        start("12:00:00", TUNNEL, document="AWS-StartPortForwardingSession"), start("15:00:00", LOST),
        denied("StartSession", "13:10:00", WEB, eve),
    ]  # fmt: skip
    write_file(home / "logs" / "a.json", records)
    (home / "copies" / "2026" / EVE).mkdir(parents=True)
    (home / "copies" / f"{JANE}.log").write_bytes(HOSTILE)
    for number in range(2):
        packed = gzip.compress(streamed(an_event(number, f"line {number}")), mtime=0)
        (home / "copies" / "2026" / EVE / f"{number:06}.gz").write_bytes(packed)
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("SSMTRAIL_CACHE", str(home / "cache"))
        assert written(home, home / "pack.zip") == 4  # of one session the state is unknown
    return home


@pytest.fixture
def pack(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SSMTRAIL_CACHE", str(home / "cache"))
    shutil.copy(home / "pack.zip", tmp_path / "pack.zip")
    return tmp_path / "pack.zip"


def member(pack: Path, name: str) -> bytes:
    with zipfile.ZipFile(pack) as archive:
        return archive.read(name)


def index(pack: Path) -> dict[str, dict[str, Any]]:
    lines = map(json.loads, member(pack, "transcripts/index.jsonl").splitlines())
    return {line["session_id"]: line for line in lines}


def test_it_has_the_bytes_of_the_source_and_the_state_of_each_session(home: Path, pack: Path) -> None:
    found = index(pack)
    assert {name: line["state"] for name, line in found.items()} == {
        JANE: "recorded", EVE: "recorded", TUNNEL: "not recordable", LOST: "unknown",
    }  # fmt: skip
    (file,) = found[JANE]["files"]
    assert file["member"].endswith(f"/{JANE}.log")
    assert member(pack, file["member"]) == HOSTILE
    assert (file["bytes"], file["sha256"]) == (len(HOSTILE), hashlib.sha256(HOSTILE).hexdigest())
    assert found[JANE]["origin"] == {"kind": "file", "path": f"{JANE}.log"}
    assert found[JANE]["written_by"] == "the machine under audit"
    parts = [member(pack, each["member"]) for each in found[EVE]["files"]]
    assert parts == [path.read_bytes() for path in sorted((home / "copies" / "2026" / EVE).iterdir())]
    assert found[EVE]["origin"]["path"] == f"2026/{EVE}"
    assert found[LOST]["why"].startswith("No copy is in the folder of transcripts.")
    assert json.loads(member(pack, "MANIFEST.json"))["transcripts"] == {
        "sessions": 4, "states": {"not recordable": 1, "recorded": 2, "unknown": 1}, "files": 3,
        "bytes": len(HOSTILE) + sum(map(len, parts)), "unread": 0, "redacted": False,
        "written_by": "the machine under audit",
    }  # fmt: skip
    limits = member(pack, "limits.txt").decode()
    assert "secrets in them are not redacted" in limits
    assert "The machine under audit wrote the transcripts" in limits
    assert "tamper-proof" not in limits
    assert b"hunter2" not in member(pack, "report.html")
    assert faults(pack) == []


def test_what_varies_stands_beside_it_and_the_opening_is_noted(home: Path, tmp_path: Path, pack: Path) -> None:
    shutil.copytree(home / "copies", tmp_path / "other" / "moved")
    shutil.copytree(home / "logs", tmp_path / "other" / "logs")
    again = tmp_path / "again.zip"
    assert written(tmp_path / "other", again, "--allow-incomplete", copies="moved") == 0
    assert again.read_bytes() == pack.read_bytes()
    with zipfile.ZipFile(again) as archive:
        assert str(tmp_path).encode() not in b"".join(map(archive.read, archive.namelist()))
    made = json.loads((tmp_path / "again.zip.made.json").read_text())["transcripts"]
    assert made["folder"] == str(tmp_path / "other" / "moved")
    assert {each["session_id"] for each in made["read"]} == {JANE, EVE}
    assert all(each["read_at"].endswith("Z") for each in made["read"])
    opened = [json.loads(line) for line in openings_path().read_text().splitlines()]
    assert {(each["session_id"], each["how"]) for each in opened} == {(JANE, "evidence pack"), (EVE, "evidence pack")}


def test_without_them_it_says_so(home: Path, pack: Path, capfd: pytest.CaptureFixture[str]) -> None:
    out = pack.with_name("without.zip")
    assert run(["evidence", "--logs", str(home / "logs"), *WINDOW, "--out", str(out)]) == 0
    assert "It has no transcripts" in member(out, "limits.txt").decode()
    assert json.loads(member(out, "MANIFEST.json"))["transcripts"] is None
    with zipfile.ZipFile(out) as archive:
        assert not [name for name in archive.namelist() if name.startswith("transcripts")]
    assert faults(out) == []
    copies = ("--transcripts", str(home / "copies"))
    assert run(["evidence", "--logs", str(home / "logs"), *copies, "--out", str(out)]) == 2
    assert written(home, out, "--where", "event:StartSession") == 2
    said = capfd.readouterr().err
    assert "--with-transcripts puts transcripts in" in said
    assert "Transcripts are of sessions" in said


def test_an_unpacked_pack_is_a_folder_of_transcripts(pack: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    with zipfile.ZipFile(pack) as archive:
        archive.extractall(pack.with_name("unpacked"))
    assert run(["transcript", EVE, "--transcripts", str(pack.with_name("unpacked"))]) == 0
    out, _ = capfdbinary.readouterr()
    assert [line.split(b"  ")[1] for line in out.splitlines()] == [b"line 0", b"line 1"]


def test_nothing_hostile_is_said_and_what_is_too_large_is_left_out(
    home: Path, pack: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("ssmtrail.tui.evidence.transcripts._MOST_BYTES", len(HOSTILE) - 1)
    copies = home / "hostile\x1b[31m"
    copies.mkdir()
    for name in (JANE, LOST):
        (copies / f"{name}.log").write_bytes(HOSTILE[: None if name == JANE else 5])
    out = pack.with_name("small.zip")
    assert written(home, out, copies=copies.name) == 4
    err = capfd.readouterr().err
    assert "1 transcript could not be read" in err
    assert [fault for line in err.split("\n") for fault in text_faults(line)] == []
    found = index(out)
    assert (found[JANE]["state"], found[JANE]["files"]) == ("recorded", [])
    assert found[JANE]["problem"].startswith("It is larger than")
    assert len(found[LOST]["files"]) == 1
    assert faults(out) == []


def a_line_gone(found: dict[str, bytes]) -> None:
    lines = found["transcripts/index.jsonl"].splitlines(keepends=True)
    found["transcripts/index.jsonl"] = b"".join(line for line in lines if TUNNEL.encode() not in line)


def another_session(found: dict[str, bytes]) -> None:
    found["transcripts/index.jsonl"] = found["transcripts/index.jsonl"].replace(TUNNEL.encode(), b"mallory-1", 1)


def a_state_changed(found: dict[str, bytes]) -> None:
    found["transcripts/index.jsonl"] = found["transcripts/index.jsonl"].replace(b"not recordable", b"expired", 1)


def another_text(found: dict[str, bytes]) -> None:
    (name,) = (name for name in found if name.endswith(f"{JANE}.log"))
    found[name] = found[name].replace(b"hunter2", b"hunter3")


def one_more(found: dict[str, bytes]) -> None:
    found["transcripts/00009/mallory.log"] = b"forged\n"


def none_said(found: dict[str, bytes]) -> None:
    said = json.loads(found["MANIFEST.json"])
    found["MANIFEST.json"] = json.dumps(said | {"transcripts": None}).encode()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (a_line_gone, "does not have the sessions of the answers"),
        (another_session, "does not have the sessions of the answers"),
        (a_state_changed, "or the states that MANIFEST.json says"),
        (another_text, "transcripts/index.jsonl does not name transcripts/"),
        (one_more, "transcripts/00009/mallory.log (1 in all) are in no line of transcripts/index.jsonl"),
        (none_said, "there are files of transcripts (3), and MANIFEST.json says that there are none"),
    ],
)
def test_no_change_of_one_is_overlooked_although_all_hashes_are_right(
    pack: Path, change: Callable[[dict[str, bytes]], None], sentence: str
) -> None:
    rewritten(pack, change, sums=True)
    assert any(sentence in fault for fault in faults(pack)), faults(pack)
