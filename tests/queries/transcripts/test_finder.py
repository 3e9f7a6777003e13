"""Local copies, the states that need no AWS, and the note of every opening."""

from __future__ import annotations

import gzip
import json
import os
import stat
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ssmtrail.queries.errors import SourceError
from ssmtrail.queries.transcripts.finder import Transcripts
from ssmtrail.queries.transcripts.folder import Listing, LocalCopy
from ssmtrail.queries.transcripts.model import SessionFacts
from tests.queries.transcripts.made import SESSION, an_event, streamed

if TYPE_CHECKING:
    from collections.abc import Iterator

STOP = threading.Event()
SHELL = SessionFacts(SESSION, "shell", "started", account="111122223333", region="eu-central-1")


def content(finder: Transcripts, session: SessionFacts = SHELL) -> bytes | None:
    found = finder.look_up(session, None, STOP)
    return b"".join(found.copy.chunks(STOP)) if found.copy else None


@pytest.mark.parametrize("name", [f"{SESSION}.log", f"a/b/{SESSION}.log", f"{SESSION}.txt", f"x/{SESSION}.log.gz"])
def test_a_copy_is_found_by_its_name_at_any_depth(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(b"x\n") if name.endswith(".gz") else b"x\n")
    (tmp_path / f"{SESSION}0.log").write_bytes(b"of another session")
    found = Transcripts(tmp_path).look_up(SHELL, None, STOP)
    assert found.state == "recorded"
    assert found.copy is not None
    assert found.copy.place == str(path)
    assert b"".join(found.copy.chunks(STOP)) == b"x\n"


def test_an_export_of_a_log_stream_and_an_answer_of_the_aws_cli_are_read(tmp_path: Path) -> None:
    parts = tmp_path / "exported" / SESSION
    parts.mkdir(parents=True)
    for number, text in enumerate((b"one\n", b"two\n")):
        (parts / f"00000{number}.gz").write_bytes(gzip.compress(text))
    assert content(Transcripts(tmp_path)) == b"one\ntwo\n"
    message = streamed(an_event(1, "id")).decode().rstrip()
    (tmp_path / f"{SESSION}.json").write_text(json.dumps({"events": [{"timestamp": 1, "message": message}]}, indent=1))
    assert content(Transcripts(tmp_path)) == message.encode() + b"\n"


def test_many_are_found_in_one_walk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    walks: list[Path] = []
    walk = os.walk

    def counted(folder: Path) -> Iterator[tuple[str, list[str], list[str]]]:
        walks.append(folder)
        return walk(folder)

    monkeypatch.setattr("os.walk", counted)
    for name in ("z/jane-1.log", "a/b/jane-2.txt", "a/jane-3/000000.gz", "jane-4.log"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    listing = Listing(tmp_path)
    for name in ("jane-1", "jane-2", "none", "jane-3", "jane-4", "jane-2", "jane-1"):
        alone, found = Listing(tmp_path).find(name, STOP), listing.find(name, STOP)
        assert found == alone
        assert (found is None) == (name == "none")
    found = listing.find("jane-3", STOP)
    assert found is not None
    assert [each.ending for each in found.originals] == ["/000000.gz"]
    assert found.origin == {"kind": "file", "path": "a/jane-3/000000.gz"}
    assert len(walks) == 8


def test_a_name_that_leads_elsewhere_a_link_and_a_pipe_are_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret.log").write_text("secret")
    folder = tmp_path / "d"
    folder.mkdir()
    for hostile in ("../secret", "/etc/passwd", "..", ".", "a\0b", "", "a/b"):
        assert content(Transcripts(folder), SessionFacts(hostile, "shell")) is None
    (folder / f"{SESSION}.log").symlink_to(tmp_path / "secret.log")
    os.mkfifo(folder / f"{SESSION}.txt")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "000000.gz").write_bytes(gzip.compress(b"secret"))
    (folder / SESSION).symlink_to(elsewhere)
    assert content(Transcripts(folder)) is None


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="There is no folder of transcripts"):
        content(Transcripts(tmp_path / "none"))
    (tmp_path / f"{SESSION}.log").write_bytes(gzip.compress(b"x" * 1_000)[:-12])
    with pytest.raises(SourceError, match="cannot be read"):
        content(Transcripts(tmp_path))
    (tmp_path / f"{SESSION}.log").unlink()
    with pytest.raises(SourceError, match="cannot be read"):
        list(LocalCopy((tmp_path / f"{SESSION}.log",), tmp_path).chunks(STOP))


@pytest.mark.parametrize(
    ("session", "state"),
    [
        (SessionFacts(SESSION, "ssh", "started"), "not recordable"),
        (SessionFacts(SESSION, "port-forward", "started"), "not recordable"),
        (SessionFacts(SESSION, "remote-port-forward", "started"), "not recordable"),
        (SessionFacts(None, "shell", "denied"), "not recordable"),
        (SessionFacts(SESSION, "container", "started"), "not recordable"),
        (SessionFacts("ecs-execute-command-0a1b", "container", "started"), "unknown"),
        (SessionFacts(None, "shell", "orphan"), "unknown"),
        (SHELL, "unknown"),
    ],
)
def test_states_without_aws_claim_nothing_that_was_not_asked(session: SessionFacts, state: str) -> None:
    found = Transcripts().look_up(session, None, STOP)
    assert (found.state, found.copy) == (state, None)
    assert found.why.endswith(".")


def test_every_opening_is_noted_for_its_owner_alone(tmp_path: Path) -> None:
    log = tmp_path / "state" / "opened.jsonl"
    finder = Transcripts(log=log, now=lambda: datetime(2026, 11, 30, 12, tzinfo=UTC))
    copy = LocalCopy((Path("/evidence/\x1b[31m.log"),), Path("/evidence"))
    assert finder.note_opening(SHELL, copy, "screen") == finder.note_opening(SHELL, copy, "command") == ""
    first, second = map(json.loads, log.read_text().splitlines())
    assert (first["at"], first["session_id"], first["how"]) == ("2026-11-30T12:00:00Z", SESSION, "screen")
    assert second["place"] == "/evidence/\x1b[31m.log"
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    log.unlink()
    log.mkdir()
    assert "could not be noted" in finder.note_opening(SHELL, copy, "screen")
