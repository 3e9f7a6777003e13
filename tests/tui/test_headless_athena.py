"""The headless twin over Athena: what it asks first, what it says, what it pays."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest

from ssmtrail.tui.cli.main import run
from tests.athena_emulator import Emulator
from tests.athena_emulator.faults import Fault
from tests.queries.athena.conftest import fill
from tests.records import start

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WEEK = ("--from", "2026-11-12", "--to", "2026-11-19")


@pytest.fixture
def emulator(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Emulator]:
    with Emulator() as emulated:
        for name, value in emulated.environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("SSMTRAIL_CACHE", str(tmp_path / "cache"))
        fill(emulated)
        yield emulated


def test_a_question_is_answered_and_paid_once(emulator: Emulator, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["query", "sessions", "--athena", "audit.trail", *WEEK, "--format", "json"]
    assert run(words) == 0
    first = capsys.readouterr()
    assert len(json.loads(first.out)) == 7
    assert "10 days to be scanned" in first.err
    assert "about $0.00" in first.err
    scanned = emulator.bytes_scanned
    assert run(words) == 0
    second = capsys.readouterr()
    assert second.out == first.out
    assert "to be scanned" not in second.err
    assert emulator.bytes_scanned == scanned > 0


def test_an_unknown_price_is_agreed_to_first(emulator: Emulator, capsys: pytest.CaptureFixture[str]) -> None:
    emulator.faults.planned = [Fault("ListObjectsV2", "AccessDenied", "Access Denied", times=-1, status=403)]
    words = ["query", "calls", "--athena", "audit.trail", *WEEK, "--format", "jsonl"]
    assert run(words) == 2
    assert "agree with --yes and --max-price" in capsys.readouterr().err
    assert run([*words, "--yes"]) == 2  # it agrees to an estimate, and there is none
    assert "Name the most to be paid with --max-price" in capsys.readouterr().err
    assert emulator.queries == []
    assert run([*words, "--yes", "--max-price", "1"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 14


def test_a_price_above_the_bound_is_agreed_to_first(emulator: Emulator, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["query", "calls", "--athena", "audit.trail", *WEEK, "--max-price", "0"]) == 2
    assert "--max-price" in capsys.readouterr().err
    assert emulator.queries == []


@pytest.mark.parametrize("command", [["query", "calls"], ["verify"]])
def test_what_no_plan_proves_is_agreed_to_first(
    emulator: Emulator, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    emulator.engine.plan = ("TableScan[table = awsdatacatalog:audit:trail]",)
    words = [*command, "--athena", "audit.trail", *WEEK]
    assert run([*words, "--yes", "--max-price", "100"]) == 2  # a doubt is a question of its own
    said = capsys.readouterr().err
    assert "EXPLAIN does not show which partitions are read" in said
    assert said.rstrip().endswith("with --accept-unproven.")
    assert emulator.queries == []
    assert run([*words, "--accept-unproven"]) == 0
    assert run(words) == 0  # it scanned what its files had told


def test_a_bad_file_is_named_and_the_other_days_are_answered_twice(
    emulator: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    emulator.bad = {("2026/11/14",): "HIVE_CURSOR_ERROR: not a valid JSON Object at s3://trail-bucket/x/bad.json.gz"}
    for _ in range(2):
        assert run(["query", "sessions", "--athena", "audit.trail", *WEEK, "--format", "json"]) == 4
        told = capsys.readouterr()
        assert len(json.loads(told.out)) == 6
        assert "unreadable: s3://trail-bucket/x/bad.json.gz: " in told.err


def test_results_are_reused_where_that_is_asked_for(
    emulator: Emulator, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    words = ["query", "calls", "--athena", "audit.trail", *WEEK, "--format", "jsonl"]
    assert run(words) == 0
    first, scanned = capsys.readouterr().out, emulator.bytes_scanned
    monkeypatch.setenv("SSMTRAIL_CACHE", str(tmp_path / "other"))
    assert run([*words, "--reuse-minutes", "60"]) == 0
    assert capsys.readouterr().out == first
    assert emulator.bytes_scanned == scanned
    assert run([*words, "--reuse-minutes", "10081"]) == 2
    assert "seven days" in capsys.readouterr().err


def test_days_that_are_not_there_make_an_answer_incomplete(
    emulator: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["query", "calls", "--athena", "audit.trail", "--from", "2026-11-08", "--to", "2026-11-12"]
    assert run(words) == 4
    assert "not read: 2026-11-08: its folder has no files" in capsys.readouterr().err
    assert run([*words, "--allow-incomplete"]) == 0


@pytest.mark.parametrize(
    ("words", "part", "code"),
    [
        (["--athena", "trail"], "DATABASE.TABLE", 2),
        (["--athena", "audit.none", *WEEK], "There is no table audit.none", 3),
        (["--athena", "audit.trail", "--workgroup", "other", *WEEK], "workgroup other does not exist", 3),
        (["--athena", "audit.trail", "--partition", "account=1", *WEEK], "no partition column", 2),
        (["--demo", "--profile", "x"], "--profile is for --athena, --history and --s3 only", 2),
        (["--demo", "--recheck", "3"], "--recheck is for --athena only", 2),
    ],
)
def test_what_is_wrong_is_a_sentence(
    emulator: Emulator, capsys: pytest.CaptureFixture[str], words: list[str], part: str, code: int
) -> None:
    assert run(["query", "sessions", *words]) == code
    assert part in capsys.readouterr().err


def test_a_command_about_one_table_takes_no_second(emulator: Emulator, capsys: pytest.CaptureFixture[str]) -> None:
    del emulator
    assert run(["verify", "--athena", "audit.trail", "--athena", "audit.other", *WEEK]) == 2
    assert "name one table, not 2" in capsys.readouterr().err


def test_expired_credentials_say_what_to_do(emulator: Emulator, capsys: pytest.CaptureFixture[str]) -> None:
    emulator.expired = True
    assert run(["query", "sessions", "--athena", "audit.trail", *WEEK]) == 3
    assert "aws sso login" in capsys.readouterr().err
    assert run(["athena", "audit.trail"]) == 3


def calls_of(capsys: pytest.CaptureFixture[str], *words: str) -> int:
    capsys.readouterr()
    assert run(["query", "calls", "--athena", "audit.trail", *WEEK, "--format", "jsonl", *words]) == 0
    return len(capsys.readouterr().out.splitlines())


def test_late_deliveries_are_found_when_the_last_days_are_checked_again(
    emulator: Emulator, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert calls_of(capsys) == 14
    [table], day = emulator.engine.tables, date(2026, 11, 19)
    # An event of the 15th that an outage kept back until the folder of the 19th was closed.
    emulator.deliver(table, day, [start("2026-11-15T10:00:00Z", "late-1", eventID="late")], "late")
    scanned = emulator.bytes_scanned
    assert calls_of(capsys) == 14
    assert emulator.bytes_scanned == scanned
    days = (datetime.now(UTC).date() - day).days + 1
    assert calls_of(capsys, "--recheck", str(days - 1)) == 14
    assert calls_of(capsys, "--recheck", str(days)) == 15
    (tmp_path / "config.toml").write_text(f"[athena]\nrecheck_days = {days}\n")
    monkeypatch.setenv("SSMTRAIL_CONFIG", str(tmp_path / "config.toml"))
    emulator.deliver(table, day, [start("2026-11-15T11:00:00Z", "late-2", eventID="later")], "later")
    assert calls_of(capsys) == 16
