"""The command line: what its words mean, what it says about mistakes."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from importlib.metadata import version
from pathlib import Path
from threading import Event

import pytest

from ssmtrail.queries.config import Settings, State
from ssmtrail.queries.filters import KEYS, Filter
from ssmtrail.queries.sources.history.address import HistoryAddress
from ssmtrail.queries.store.dataset import Dataset
from ssmtrail.queries.times import Window
from ssmtrail.tui.choice import LaunchOptions, SourceChoice, remembered_history
from ssmtrail.tui.cli.main import run
from ssmtrail.tui.cli.options import ASKED
from ssmtrail.tui.launch import last_choice

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(autouse=True)
def places(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Nothing of the machine's own is read or written."""
    for name in ("CONFIG", "CACHE", "STATE"):
        monkeypatch.delenv(f"SSMTRAIL_{name}", raising=False)
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name))
    monkeypatch.setenv("COLUMNS", "100")
    return tmp_path


@pytest.fixture
def cli(capfdbinary: pytest.CaptureFixture[bytes]) -> Run:
    def called(*words: str) -> tuple[int, str, str]:
        code = run(list(words))
        out, err = capfdbinary.readouterr()
        return code, out.decode(), err.decode()

    return called


def program(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


def test_version_is_the_distributions() -> None:
    code = "import sys; sys.argv = ['ssmtrail', '--version']; from ssmtrail.tui.cli.main import main; main()"
    assert program(code) == f"ssmtrail {version('ssmtrail')}\n"


@pytest.mark.parametrize("words", [["--help"], ["query", "--help"], ["cache", "path"]])
def test_what_needs_no_engine_imports_none(words: list[str]) -> None:
    code = f"""
import sys
from ssmtrail.tui.cli.main import run
try:
    run({words!r})
except SystemExit:
    pass
heavy = {{"duckdb", "textual", "rich", "msgspec", "boto3", "asyncio"}} & set(sys.modules)
print("HEAVY", sorted(heavy))
"""
    assert program(code).splitlines()[-1] == "HEAVY []"


class TestHelp:
    def test_every_command_is_named(self, cli: Run) -> None:
        code, out, _ = cli("--help")
        assert code == 0
        for name in ("demo", "logs", "query", "cache", "Examples:"):
            assert name in out

    def test_every_question_and_key_is_explained(self, cli: Run) -> None:
        code, out, _ = cli("query", "--help")
        assert code == 0
        for name in (*ASKED, *(key.example for key in KEYS)):
            assert f"\n  {name} " in out


class TestCompletion:
    @pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
    def test_the_script_is_printed(self, cli: Run, shell: str) -> None:
        code, out, err = cli("--completion", shell)
        assert (code, err) == (0, "")
        assert f"_SSMTRAIL_COMPLETE={shell}_complete" in out
        assert "_ssmtrail_completion" in out

    @pytest.mark.parametrize(
        ("line", "offered"),
        [
            ("ssmtrail qu", {"query"}),
            ("ssmtrail query pe", {"people"}),
            ("ssmtrail query pairs --demo-", {"--demo-end"}),
            ("ssmtrail query pairs --format js", {"json", "jsonl"}),
            ("ssmtrail athena d", {"doctor", "ddl"}),
            ("ssmtrail athena ddl --buck", {"--bucket"}),
            ("ssmtrail cache pu", {"purge"}),
        ],
    )
    def test_words_are_completed(self, line: str, offered: set[str]) -> None:
        words = {"_SSMTRAIL_COMPLETE": "bash_complete", "COMP_WORDS": line, "COMP_CWORD": str(line.count(" "))}
        code = "from ssmtrail.tui.cli.main import main; main()"
        done = subprocess.run(
            [sys.executable, "-c", code], env=os.environ | words, capture_output=True, text=True, check=True
        )
        assert {answer.partition(",")[2] for answer in done.stdout.splitlines()} == offered


class TestApp:
    def test_without_words_the_app_decides(self, cli: Run, launched: list[object]) -> None:
        assert cli() == (7, "", "")
        assert launched == [(SourceChoice(), LaunchOptions())]

    def test_a_demo(self, cli: Run, launched: list[object]) -> None:
        assert cli("demo", "--demo-end", "2026-11-23", "--where", "-person:ci-*")[0] == 7
        choice = SourceChoice("demo", None, date(2026, 11, 23))
        assert launched == [(choice, LaunchOptions(Settings(), None, Filter("-person:ci-*")))]

    @pytest.mark.parametrize(
        ("words", "address"),
        [
            ("", HistoryAddress()),
            ("--region all", HistoryAddress()),
            (
                "--profile a,b --region eu-central-1,eu-west-1",
                HistoryAddress(("a", "b"), ("eu-central-1", "eu-west-1")),
            ),
            ("--organisation-role Audit --run-command", HistoryAddress(organisation_role="Audit", run_command=True)),
        ],
    )
    def test_event_history_is_opened_and_remembered(
        self, cli: Run, launched: list[object], monkeypatch: pytest.MonkeyPatch, words: str, address: HistoryAddress
    ) -> None:
        monkeypatch.setattr("ssmtrail.tui.open_trail.prove", lambda _: None)
        assert cli("history", *words.split())[0] == 7
        choice = SourceChoice("history", history=address)
        assert launched == [(choice, LaunchOptions())]
        remembered_history(address).save()
        assert last_choice(State.load(), Settings()) == choice

    def test_a_folder(self, cli: Run, launched: list[object]) -> None:
        words = ("--from", "2026-11-01", "--tz", "europe/berlin", "--inventory", "m.csv")
        assert cli("logs", "/evidence", *words)[0] == 7
        settings = Settings(zone="Europe/Berlin", inventory=Path("m.csv"))
        window = Window(datetime(2026, 11, 1, tzinfo=UTC))
        assert launched == [(SourceChoice("logs", Path("/evidence")), LaunchOptions(settings, window, fresh=True))]


class TestMistakes:
    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (
                "query sesions --demo",
                "There is no question 'sesions'; did you mean sessions? See ssmtrail query --help.",
            ),
            (
                "query usage --demo --grid",
                "--grid is for pairs only.",
            ),
            (
                "query pairs --demo --grid --format json",
                "--grid is CSV, not json.",
            ),
            (
                "query zzz --demo",
                f"There is no question 'zzz'; there are {', '.join(ASKED)}. See ssmtrail query --help.",
            ),
            ("query sessions", "Name a source: --logs DIR, --history, --s3 URL, --athena DB.TABLE, or --demo."),
            ("query sessions --demo --logs x", "--logs: not allowed with argument --demo. See ssmtrail query --help."),
            ("query sessions --logs x --demo-end 2026-11-23", "--demo-end is for the demo only."),
            (
                "query sessions --demo --demo-end soon",
                "--demo-end: 'soon' is no date; write it like 2026-11-23. See ssmtrail query --help.",
            ),
            ("query sessions --demo --unit day", "--unit is for usage only."),
            (
                "query usage --demo --sort -x",
                "usage has no column 'x'; it has bucket, sessions, calls, denied, failed.",
            ),
            (
                "query usage --demo --sort ,",
                "--sort: ',' names no columns; write them like person,-started_at. See ssmtrail query --help.",
            ),
            ("query usage --demo --limit -1", "--limit: '-1' is no number of rows. See ssmtrail query --help."),
            ("query usage --demo --tz Mars/X", None),
            ("query usage --demo --from soon", None),
            (
                "query usage --demo --where kind:shel",
                "There is no kind 'shel'; did you mean shell?\n  kind:shel\n       ^^^^",
            ),
            (
                "cache purge --older-than 90",
                "--older-than: '90' is no number of days; write it like 90d. See ssmtrail cache purge --help.",
            ),
            ("histroy", None),
            ("history --region Frankfurt", "'Frankfurt' is no region: write it like eu-central-1, or all."),
            ("history --role-arn admin", None),
            ("query sessions --demo --role-arn x", "--role-arn is for --athena, --history and --s3 only."),
            ("query sessions --history --workgroup x", "--workgroup is for --athena only."),
            ("query sessions --history --demo", None),
        ],
    )
    def test_each_is_a_sentence(self, cli: Run, words: str, said: str | None) -> None:
        code, out, err = cli(*words.split())
        assert (code, out) == (2, "")
        assert err.startswith("ssmtrail: ")
        assert said is None or err == f"ssmtrail: {said}\n"

    def test_the_mark_is_under_the_fault_and_harmless(self, cli: Run) -> None:
        code, _, err = cli("query", "calls", "--demo", "--where", "日\x1b kind:shel")
        assert code == 2
        assert err.splitlines()[1:] == ["  日\\x1b kind:shel", "              ^^^^"]

    def test_a_key_of_another_question_is_said_before_anything_is_read(self, cli: Run) -> None:
        code, _, err = cli("query", "pairs", "--logs", "/none", "--where", "  resumes:>0")
        assert (code, err.splitlines()) == (
            2,
            ["ssmtrail: resumes: is known of sessions only, not of calls.", "    resumes:>0", "    ^^^^^^^^^^"],
        )


class TestAnswers:
    def test_the_demo_answers(self, cli: Run, places: Path) -> None:
        code, out, err = cli(
            "query", "usage", "--demo", "--demo-end", "2026-11-20", "--unit", "month", "--format", "json"
        )
        assert code == 0
        buckets = json.loads(out)
        assert [bucket["bucket"] for bucket in buckets] == ["2026-10-01T00:00:00Z", "2026-11-01T00:00:00Z"]
        assert err.startswith("ssmtrail: 2 rows · all data · UTC")
        code, out, _ = cli("query", "sessions", "--demo", "--demo-end", "2026-11-20", "-q", "--format", "jsonl")
        started = sum(json.loads(line)["status"] == "started" for line in out.splitlines())
        assert started == sum(bucket["sessions"] for bucket in buckets) > 0
        assert cli("cache", "info")[1].startswith(f"{places / 'CACHE' / 'ssmtrail'}: 1 source, ")

    def test_the_name_of_the_output_decides_the_format(self, cli: Run, tmp_path: Path) -> None:
        path = tmp_path / "pairs.csv"
        words = ("--sort", "-denied", "--limit", "2", "--output", str(path))
        assert cli("query", "pairs", "--demo", "--demo-end", "2026-11-20", *words)[:2] == (0, "")
        assert path.read_text().startswith(
            "person,person_kind,person_id,target,target_name,account,sessions,calls,denied,failed,first_seen,last_seen\n"
        )

    def test_a_folder_without_logs(self, cli: Run, tmp_path: Path) -> None:
        (tmp_path / "empty").mkdir()
        code, out, err = cli("query", "sessions", "--logs", str(tmp_path / "empty"))
        assert (code, out) == (3, "")
        assert err == f"ssmtrail: There are no CloudTrail logs in logs {tmp_path / 'empty'}.\n"

    def test_a_folder_that_is_not_there(self, cli: Run, tmp_path: Path) -> None:
        code, out, err = cli("query", "sessions", "--logs", str(tmp_path / "none"))
        assert (code, out, err) == (3, "", f"ssmtrail: There is no folder {tmp_path / 'none'}.\n")

    def test_an_inventory_that_is_not_there(self, cli: Run, tmp_path: Path) -> None:
        code, _, err = cli("query", "sessions", "--demo", "--inventory", str(tmp_path / "m.csv"))
        assert (code, err) == (
            3,
            f"ssmtrail: The inventory {tmp_path / 'm.csv'} cannot be read: No such file or directory.\n",
        )


class TestCache:
    def test_it_says_where_it_is(self, cli: Run, places: Path) -> None:
        assert cli("cache", "path") == (0, f"{places / 'CACHE' / 'ssmtrail'}\n", "")

    def test_nothing_is_kept_at_first(self, cli: Run, places: Path) -> None:
        assert cli("cache", "info") == (0, f"{places / 'CACHE' / 'ssmtrail'}: 0 sources, 0 B\n", "")
        assert cli("cache", "purge") == (0, "removed 0 sources, 0 B\n", "")

    def test_what_is_kept_can_be_removed(self, cli: Run, tmp_path: Path) -> None:
        (tmp_path / "logs").mkdir()
        (tmp_path / "logs" / "a.json").write_text('{"Records": []}')
        assert cli("query", "calls", "--logs", str(tmp_path / "logs"), "--format", "json")[:2] == (0, "[]\n")
        assert f"logs {tmp_path / 'logs'}" in cli("cache", "info")[1]
        assert cli("cache", "purge", "--older-than", "1d")[1] == "removed 0 sources, 0 B\n"
        assert cli("cache", "purge")[1].startswith("removed 1 source, ")
        assert cli("cache", "info")[1].endswith(": 0 sources, 0 B\n")

    def test_what_is_being_read_is_left_and_named(self, cli: Run, places: Path, tmp_path: Path) -> None:
        (tmp_path / "logs").mkdir()
        (tmp_path / "logs" / "a.json").write_text('{"Records": []}')
        cli("query", "calls", "--logs", str(tmp_path / "logs"))
        (folder,) = (places / "CACHE" / "ssmtrail").glob("v*/*")
        with Dataset(folder).claim(Event()):
            status, out, said = cli("cache", "purge")
        assert (status, out) == (4, "removed 0 sources, 0 B\n")
        assert said == (
            f"ssmtrail: left logs {tmp_path / 'logs'}: another process is reading it; purge again when that has ended\n"
        )
