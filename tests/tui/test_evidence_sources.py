"""Evidence packs and records of sources that are no folder: a table gives columns, the others give records."""

from __future__ import annotations

import json
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from ssmtrail.queries import opening
from ssmtrail.queries.sources.history import rate
from ssmtrail.tui.cli.main import run
from ssmtrail.tui.evidence.verify import faults
from tests.athena_emulator import Emulator
from tests.aws_server import AwsServer
from tests.queries.athena.conftest import fill
from tests.queries.history.conftest import ago
from tests.records import start, terminate

if TYPE_CHECKING:
    from pathlib import Path

    Said = pytest.CaptureFixture[str]


def packed(pack: Path, *words: str) -> tuple[Any, list[Any]]:
    """Make a pack; gives its manifest and records."""
    assert run(["evidence", *words, "--out", str(pack)]) == 0
    assert faults(pack) == []
    with zipfile.ZipFile(pack) as archive:
        said = json.loads(archive.read("MANIFEST.json"))
        assert ("question.sql" in archive.namelist()) == said["source"].startswith("athena:")
        return said, [json.loads(line) for line in archive.read("records/records.jsonl").splitlines()]


@pytest.fixture(autouse=True)
def _store(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SSMTRAIL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(rate, "INTERVAL", 0.0)
    monkeypatch.setattr(opening, "_ACCOUNTS", {})


def test_a_table_gives_columns_and_its_sql(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: Said) -> None:
    words = ("--athena", "audit.trail", "--from", "2026-11-12", "--to", "2026-11-14")
    with Emulator() as emulated:
        for name, value in emulated.environment.items():
            monkeypatch.setenv(name, value)
        fill(emulated)
        said, (record, *others) = packed(tmp_path / "pack.zip", *words, "--yes")
        assert run(["query", "records", *words, "--of", "calls", "--limit", "1"]) == 0
    assert said["records"]["record_source"] == {"columns": 4}
    assert record["eventname"] == "StartSession"
    assert None not in record.values()
    assert len(others) == 3
    assert json.loads((tmp_path / "pack.zip.made.json").read_text())["queries"]
    out, err = capfd.readouterr()
    assert json.loads(out) == record
    assert "of 1 record only the columns of a table are known" in err


def test_a_bucket_gives_records(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    given = [start("2026-11-20T10:00:00Z"), terminate("2026-11-20T11:00:00Z")]
    with AwsServer() as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        server.s3.objects["trail"] = {}
        server.s3.put_records("trail", given)
        words = ("--s3", "s3://trail", "--from", "2026-11-20", "--to", "2026-11-21", "--yes")
        said, records = packed(tmp_path / "pack.zip", *words)
    assert records == given
    assert said["records"]["record_source"] == {"s3": 2}
    assert said["source"].startswith("s3:")


def test_event_history_gives_records(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    given = [start(ago(hours=3)), terminate(ago(hours=2))]
    with AwsServer() as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        server.record(given)
        said, records = packed(tmp_path / "pack.zip", "--history", "--from", "2d")
    assert records == given
    assert said["records"]["record_source"] == {"history": 2}
    assert said["source"].startswith("history:111122223333")
