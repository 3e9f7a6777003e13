"""Questions without a terminal: data, talk, exit codes."""

import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from ssmtrail.queries.config import Settings
from ssmtrail.queries.errors import SourceError, StoreError, TrailError, UsageError
from ssmtrail.queries.filters import Filter
from ssmtrail.queries.model import Coverage, DayCoverage, Note, Progress, Question, Scope, Sort, Unreadable
from ssmtrail.queries.times import Window
from ssmtrail.tui.cli.query import Order, answer_order
from tests.fakes import NOON, FakeTrail, a_call

ALL = Scope(Window(), Filter())
CALLS = [a_call(key="e1"), a_call(key="e2", event_id="e2", event_name="ResumeSession")]
READ = Coverage(files=3, bytes=100, as_of=NOON, first_day=date(2026, 11, 22), last_day=date(2026, 11, 23))
SUMMARY = "ssmtrail: {} · all data · UTC · joined with calls up to 1 day around it · 3 files\n"
Ask = Callable[..., tuple[int, str, str]]


@pytest.fixture
def ask(capfdbinary: pytest.CaptureFixture[bytes]) -> Ask:
    def asked(trail: FakeTrail, where: str = "", **order: object) -> tuple[int, str, str]:
        question = order.pop("question", Question("calls", Scope(Window(), Filter.parse(where))))
        code = answer_order(Order(question, Settings(), **order), lambda: trail)  # type: ignore[arg-type]
        out, err = capfdbinary.readouterr()
        return code, out.decode(), err.decode()

    return asked


def unreadable(count: int) -> Coverage:
    files = tuple(Unreadable(f"a\x1b[2J/{number}.json.gz", "truncated gzip", None, 2) for number in range(count))
    return Coverage(unreadable=files, files=30)


class TestAnswers:
    def test_data_and_talk_are_apart(self, ask: Ask) -> None:
        code, out, err = ask(FakeTrail({"calls": CALLS}, coverage=READ), format="csv")
        assert code == 0
        assert out.splitlines()[1] == (
            "e1,2026-11-23T12:00:00Z,StartSession,jane.doe,issuer,,,iam-user,,arn:aws:sts::111122223333:assumed-role/Admin/jane.doe,,"
            "i-0ab1c2d3e4f5a6b7c,jane.doe-0ab1c2d3e4f5a6b7c,203.0.113.7,111122223333,eu-central-1,,,aws-cli/2.15,,"
        )
        assert len(out.splitlines()) == 3
        assert err == SUMMARY.format("2 rows")

    def test_visits_through_other_doors_are_counted(self, ask: Ask) -> None:
        trail = FakeTrail({"calls": CALLS}, coverage=READ)
        trail.visits = (("run-command", 9), ("ecs-exec", 5))
        _, _, err = ask(trail, format="csv")
        assert "ssmtrail: other doors: 14 visits (9 run-command, 5 ecs-exec); see query doors\n" in err
        question = Question("doors", Scope(Window(), Filter()))
        trail = FakeTrail({"doors": []}, coverage=READ)
        trail.visits = (("run-command", 1),)
        assert "other doors" not in ask(trail, question=question, format="csv")[2]

    def test_a_filter_shows_of_how_many(self, ask: Ask) -> None:
        code, out, err = ask(FakeTrail({"calls": CALLS}, coverage=READ), "event:Resume*", format="jsonl")
        assert (code, json.loads(out)["event_id"]) == (0, "e2")
        assert err == SUMMARY.format("1 row of 2")

    def test_quiet_says_nothing(self, ask: Ask) -> None:
        assert ask(FakeTrail({"calls": CALLS}, coverage=READ), quiet=True)[2] == ""

    def test_a_limit_says_what_it_cut(self, ask: Ask) -> None:
        code, out, err = ask(FakeTrail({"calls": CALLS}, coverage=READ), limit=1, format="json", quiet=True)
        assert (code, len(json.loads(out))) == (0, 1)
        assert err == "ssmtrail: 1 of 2 rows, as --limit asked.\n"

    def test_all_rows_come_page_by_page(self, ask: Ask) -> None:
        rows = [a_call(key=str(number), event_id=str(number)) for number in range(45_001)]
        trail = FakeTrail({"calls": rows})
        _, out, _ = ask(trail, format="jsonl")
        assert [json.loads(line)["event_id"] for line in out.splitlines()] == [str(number) for number in range(45_001)]
        assert trail.answers[0].pages == [(0, 20_000), (20_000, 20_000), (40_000, 5_001)]
        assert trail.closed

    def test_the_order_is_the_questions(self, ask: Ask) -> None:
        question = Question("calls", ALL, (Sort("event_name"),))
        _, out, _ = ask(FakeTrail({"calls": CALLS}), question=question, format="jsonl")
        assert [json.loads(line)["event_name"] for line in out.splitlines()] == ["ResumeSession", "StartSession"]


class TestNothing:
    def test_no_session_is_an_answer(self, ask: Ask) -> None:
        code, out, err = ask(FakeTrail(coverage=READ), question=Question("sessions", ALL), format="json")
        assert (code, out) == (0, "[]\n")
        assert err == SUMMARY.format("0 rows") + (
            "ssmtrail: no sessions in this window; the logs go from 2026-11-22 to 2026-11-23\n"
        )

    def test_nothing_that_matches(self, ask: Ask) -> None:
        code, _, err = ask(FakeTrail({"calls": CALLS}, coverage=READ), "zzz")
        assert code == 0
        assert err.splitlines()[1] == "ssmtrail: nothing matches the filter; without it there are 2 rows"

    def test_no_logs_is_a_failure(self, ask: Ask) -> None:
        code, out, err = ask(FakeTrail(coverage=Coverage(), source_label="logs /a\x1b[2J"))
        assert (code, out, err) == (3, "", "ssmtrail: There are no CloudTrail logs in logs /a\\x1b[2J.\n")


class TestIncomplete:
    def test_files_without_records_are_counted_by_kind(self, ask: Ask) -> None:
        coverage = replace(READ, others=((".png", 200), (".\x1b[2J", 12)))
        code, _, err = ask(FakeTrail(coverage=coverage))
        assert code == 0
        assert "ssmtrail: 212 files are no CloudTrail records: 200 .png, 12 .\\x1b[2J\n" in err

    def test_a_folder_of_other_files_has_no_logs(self, ask: Ask) -> None:
        code, _, err = ask(FakeTrail(coverage=Coverage(others=((".png", 2),)), source_label="logs /a"))
        assert code == 3
        assert err == (
            "ssmtrail: 2 files are no CloudTrail records: 2 .png\nssmtrail: There are no CloudTrail logs in logs /a.\n"
        )

    def test_odd_files_are_named(self, ask: Ask) -> None:
        notes = tuple(Note(f"{number}.json.gz", "2 gzip members, AWS writes one") for number in range(22))
        code, _, err = ask(FakeTrail(coverage=replace(READ, notes=notes)), quiet=True)
        assert code == 0
        assert err.splitlines()[0] == "ssmtrail: 0.json.gz: 2 gzip members, AWS writes one"
        assert err.splitlines()[20:] == ["ssmtrail: and 2 more odd files"]

    def test_unreadable_files_are_named(self, ask: Ask) -> None:
        code, out, err = ask(FakeTrail({"calls": CALLS}, coverage=unreadable(1)), format="jsonl", quiet=True)
        assert (code, len(out.splitlines())) == (4, 2)
        assert err == "ssmtrail: unreadable: a\\x1b[2J/0.json.gz: truncated gzip, 2 calls kept\n"

    def test_what_is_not_named_is_counted(self, ask: Ask) -> None:
        code, _, err = ask(FakeTrail(coverage=unreadable(23)), quiet=True)
        assert code == 4
        assert len(err.splitlines()) == 21
        assert err.splitlines()[-1] == "ssmtrail: unreadable: and 3 more files"

    def test_it_can_be_allowed_but_is_still_said(self, ask: Ask) -> None:
        code, _, err = ask(FakeTrail(coverage=unreadable(1)), quiet=True, allow_incomplete=True)
        assert (code, len(err.splitlines())) == (0, 1)

    def test_failed_days_are_named(self, ask: Ask) -> None:
        days = (DayCoverage(date(2026, 11, 22), "failed"), DayCoverage(date(2026, 11, 23), "kept"))
        code, _, err = ask(FakeTrail(coverage=Coverage(days=days, files=1)), quiet=True)
        assert (code, err) == (4, "ssmtrail: not read: 2026-11-22\n")

    def test_days_without_a_file_are_said(self, ask: Ask) -> None:
        days = tuple(DayCoverage(date(2026, 11, day), "missing") for day in (1, 3, 4, 5))
        code, _, err = ask(FakeTrail({"calls": CALLS}, coverage=Coverage(days=days, files=1)))
        assert code == 0
        assert err.splitlines()[-1] == "ssmtrail: 4 days without a file: 2026-11-01, 2026-11-03 to 2026-11-05"


class TestFailures:
    @pytest.mark.parametrize(
        ("error", "code"),
        [(UsageError("No such column."), 2), (StoreError("The disk is full."), 3), (SourceError("No \x1b."), 3)],
    )
    def test_errors_are_sentences(self, ask: Ask, error: TrailError, code: int) -> None:
        trail = FakeTrail(coverage=READ)
        trail.error = error
        assert ask(trail) == (code, "", f"ssmtrail: {error}\n".replace("\x1b", "\\x1b"))
        assert trail.closed

    def test_a_source_that_fails(self, ask: Ask) -> None:
        trail = FakeTrail(fetch_error=SourceError("There is no folder /x."))
        assert ask(trail) == (3, "", "ssmtrail: There is no folder /x.\n")

    def test_progress_is_for_terminals(self, ask: Ask) -> None:
        assert "reading" not in ask(FakeTrail(coverage=READ, progress=[Progress("reading", 1, 2)]))[2]

    def test_parquet_is_not_for_a_terminal(self, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
        code, out, err = ask(FakeTrail(coverage=READ), format="parquet")
        assert (code, out) == (2, "")
        assert err == "ssmtrail: Parquet is not for a terminal: name a file with --output, or redirect.\n"

    def test_a_table_fits_the_terminal(self, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
        monkeypatch.setenv("COLUMNS", "60")
        code, out, err = ask(FakeTrail({"calls": CALLS}, coverage=READ))
        assert code == 0
        assert out == (
            "event_time            event_name     person\n"
            "2026-11-23T12:00:00Z  StartSession   jane.doe\n"
            "2026-11-23T12:00:00Z  ResumeSession  jane.doe\n"
        )
        assert err.splitlines()[0] == "ssmtrail: 3 of 21 columns fit; --format csv or a pipe has all of them"


class TestFiles:
    def test_a_file_is_whole_and_private(self, ask: Ask, tmp_path: Path) -> None:
        path = tmp_path / "answer.jsonl"
        path.write_text("old")
        code, out, _ = ask(FakeTrail({"calls": CALLS}, coverage=READ), format="jsonl", output=path)
        assert (code, out, len(path.read_text().splitlines())) == (0, "", 2)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert list(tmp_path.iterdir()) == [path]

    def test_a_failure_leaves_the_old_file(self, ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        path = tmp_path / "answer.jsonl"
        path.write_text("old")

        def full(_handle: int) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "fsync", full)
        code, _, err = ask(FakeTrail({"calls": CALLS}, coverage=READ), format="jsonl", output=path)
        assert (code, err) == (3, f"ssmtrail: {path} cannot be written: No space left on device.\n")
        assert path.read_text() == "old"
        assert list(tmp_path.iterdir()) == [path]

    def test_a_folder_that_is_not_there(self, ask: Ask, tmp_path: Path) -> None:
        code, _, err = ask(FakeTrail(coverage=READ), output=tmp_path / "none" / "a.csv")
        assert (code, err) == (
            3,
            f"ssmtrail: {tmp_path / 'none' / 'a.csv'} cannot be written: No such file or directory.\n",
        )


PROGRAM = """
import os, signal, sys, threading
from ssmtrail.queries.filters import Filter
from ssmtrail.queries.config import Settings
from ssmtrail.queries.model import Question, Scope
from ssmtrail.queries.times import Window
from tests.fakes import FakeTrail, a_call
from ssmtrail.tui.cli.query import Order, answer_order
# A shell that starts this in the background has it ignore interrupts.
signal.signal(signal.SIGINT, signal.default_int_handler)
door = FakeTrail({"calls": [a_call()] * int(sys.argv[2])})
if sys.argv[1] == "held":
    door.hold()
    def interrupt():
        door.waiting.wait()
        os.kill(os.getpid(), signal.SIGINT)
    threading.Thread(target=interrupt).start()
sys.exit(answer_order(Order(Question("calls", Scope(Window(), Filter())), Settings(), "jsonl"), lambda: door))
"""


def program(*words: str, stdout: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", PROGRAM, *words], stdout=stdout, stderr=subprocess.PIPE)


class TestProcess:
    def test_interrupted(self) -> None:
        with program("held", "1", stdout=subprocess.PIPE) as process:
            try:
                out, err = process.communicate(timeout=20)
            finally:
                process.kill()
        assert (process.returncode, out, err) == (130, b"", b"ssmtrail: interrupted\n")
        assert process.returncode != signal.SIGINT

    def test_a_reader_that_leaves_is_no_failure(self) -> None:
        with program("free", "20000", stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            assert process.stdout.readline().startswith(b'{"event_id"')
            process.stdout.close()
            assert process.stderr.read() == b""
        assert process.returncode == 0

    @pytest.mark.parametrize("rows", ["1", "20000"])
    def test_a_full_disk_is_a_sentence(self, rows: str) -> None:
        with open("/dev/full", "wb") as full, program("free", rows, stdout=full.fileno()) as process:  # noqa: PTH123
            _, err = process.communicate(timeout=20)
        assert err == b"ssmtrail: standard output cannot be written: No space left on device.\n"
        assert process.returncode == 3
