"""`--keep-secrets`: secrets in the records of a folder, only where they are asked for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from ssmtrail.queries.sources.files import source
from ssmtrail.tui.cli.main import run
from tests.records import start, write_file

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def logs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one session, whose token was not hidden, and a key that was issued with its token."""
    monkeypatch.setenv("SSMTRAIL_CACHE", str(tmp_path / "cache"))
    opened = start("2026-11-20T10:00:00Z", "jane-1")
    opened["responseElements"]["tokenValue"] = "the token"
    issued: dict[str, Any] = opened | {
        "eventSource": "sts.amazonaws.com", "eventName": "AssumeRole", "eventID": "e-2",
        "additionalEventData": {"password": "another"},
    }  # fmt: skip
    write_file(tmp_path / "logs" / "a.json", [opened, issued])
    return tmp_path / "logs"


def record(logs: Path, capfd: pytest.CaptureFixture[str], *more: str) -> str:
    assert run(["query", "records", "--of", "sessions", "--logs", str(logs), *more]) == 0
    return capfd.readouterr().out


@pytest.mark.parametrize("inline", [True, False])
def test_they_are_kept_in_a_store_of_their_own(
    logs: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, inline: bool
) -> None:
    if not inline:
        monkeypatch.setattr(source, "INLINE_MOST", 0)  # read in processes
    assert "redacted: 9 characters" in record(logs, capfd)
    exact = json.loads((logs / "a.json").read_text())["Records"][0]
    assert json.loads(record(logs, capfd, "--keep-secrets")) == exact
    assert "redacted: 9 characters" in record(logs, capfd)


def test_a_store_without_them_has_none_anywhere(logs: Path, capfd: pytest.CaptureFixture[str]) -> None:
    record(logs, capfd)
    kept = [path.read_bytes() for path in (logs.parent / "cache").rglob("*") if path.is_file()]
    assert kept
    assert not any(secret in data for data in kept for secret in (b"the token", b"another"))


def test_the_source_says_so(logs: Path, capfd: pytest.CaptureFixture[str]) -> None:
    record(logs, capfd, "--keep-secrets")
    assert run(["cache", "info"]) == 0
    assert f"logs {logs} with secrets" in capfd.readouterr().out


def test_no_pack_is_written_of_them(logs: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    words = ["evidence", "--logs", str(logs), "--from", "2026-11-20", "--to", "2026-11-21", "--out"]
    assert run([*words, str(tmp_path / "pack.zip"), "--keep-secrets"]) == 2
    assert "A pack is handed on, so it never has secrets" in capfd.readouterr().err
    assert not (tmp_path / "pack.zip").exists()


def test_it_means_nothing_for_other_sources(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["query", "sessions", "--demo", "--keep-secrets"]) == 2
    assert "--keep-secrets" in capfd.readouterr().err
