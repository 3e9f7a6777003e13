"""`ssmtrail init`: the questions through a real terminal, and the configuration that comes of the answers."""

from __future__ import annotations

import builtins
import re
import signal
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ssmtrail.queries.config import Settings
from ssmtrail.tui.cli import init
from ssmtrail.tui.cli.init import Answers, completion, config_text
from ssmtrail.tui.cli.main import run
from ssmtrail.tui.saved_views import ViewFiles
from ssmtrail.tui.source_words import choice_of
from tests.pty_app import running

if TYPE_CHECKING:
    from collections.abc import Callable

    Said = pytest.CaptureFixture[str]
    Answer = Callable[..., int]

ROOT = Path(__file__).parents[2]
POLICY = 'version = 1\n[[rule]]\nname = "all"\n'


@pytest.fixture
def config(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("SSMTRAIL_CONFIG", str(tmp_path / "new/config.toml"))
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "new/config.toml"


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch) -> Answer:
    """Run `init` with these answers, all of which are asked for."""

    def run_with(*answers: str) -> int:
        left = list(answers)
        monkeypatch.setattr(init, "_is_terminal", lambda: True)

        def given(prompt: str) -> str:
            sys.stdout.write(f"{prompt}\n")
            return left.pop(0)

        monkeypatch.setattr(builtins, "input", given)
        status = run(["init"])
        assert left == []
        return status

    return run_with


def aws_profiles(*names: str) -> None:
    (folder := Path("~/.aws").expanduser()).mkdir()
    (folder / "config").write_text("".join(f"[profile {name}]\nregion = eu-central-1\n" for name in names))


#: Asks, and has a thread of its own take SIGINT while the first question waits.
_EARLY = """
import signal, threading, time
from ssmtrail.tui.cli.init import init
def interrupt():
    time.sleep(0.5)
    signal.pthread_kill(threading.get_ident(), signal.SIGINT)
threading.Thread(target=interrupt, daemon=True).start()
raise SystemExit(init())
"""


class TestTerminal:
    def test_five_answers_make_a_configuration(self, tmp_path: Path) -> None:
        (tmp_path / "logs of jane").mkdir()
        path = tmp_path / "config.toml"
        with running([sys.executable, "-m", "ssmtrail", "init"], 80, 36, self.env(tmp_path), str(ROOT)) as app:
            app.wait_for("Number [5]:")
            app.write(b"9\r")
            app.wait_for("Write a number from 1 to 5.")
            app.write(b"1\r")
            app.wait_for("Folder [")
            app.write(b"/nonexistent\r")
            app.wait_for("There is no folder /nonexistent.")
            app.write(f"{tmp_path}/logs of jane\r".encode())
            app.wait_for("Zone, such as Europe/Berlin [UTC]:")
            app.write(b"\r")
            app.wait_for("444455556666=dev [none]:")
            app.write(b"\r")
            app.wait_for("4 of 5")
            app.write(b"\r")
            app.wait_for("5 of 5")
            assert not path.exists()
            app.write(b"\r")
            assert app.wait_closed() == 0
            assert "ssmtrail open start" in app.text
            assert f"doctor --logs '{tmp_path}/logs of jane'" in app.text.replace("\n", "")
        assert path.stat().st_mode & 0o777 == 0o600
        settings = Settings.load(path)
        assert choice_of(settings.view[0]["sources"][0], settings, tmp_path).path == tmp_path / "logs of jane"

    def test_ctrl_c_writes_nothing(self, tmp_path: Path) -> None:
        with running([sys.executable, "-m", "ssmtrail", "init"], 80, 24, self.env(tmp_path), str(ROOT)) as app:
            app.wait_for("Number [5]:")
            app.write(b"5\r")
            app.wait_for("Zone, such as")
            app.process.send_signal(signal.SIGINT)  # what ctrl+c is; this terminal controls no processes
            assert app.wait_closed() == 130
            assert "nothing was written" in app.text
        assert not (tmp_path / "config.toml").exists()

    def test_ctrl_c_before_the_wait_for_a_key(self, tmp_path: Path) -> None:
        """The C handler runs on another thread, so that no wait of the first is interrupted, as when it comes early."""
        with running([sys.executable, "-c", _EARLY], 80, 24, self.env(tmp_path), str(ROOT)) as app:
            app.wait_for("Number [5]:")
            assert app.wait_closed() == 130
            assert "nothing was written" in app.text

    @staticmethod
    def env(folder: Path) -> dict[str, str]:
        places = {f"SSMTRAIL_{name}": str(folder / name.lower()) for name in ("CACHE", "STATE")}
        return {**places, "SSMTRAIL_CONFIG": str(folder / "config.toml"), "HOME": str(folder), "AWS_PROFILE": ""}


class TestAnswers:
    def test_enter_takes_what_is_shown(self, config: Path, answer: Answer, capsys: Said) -> None:
        assert answer("", "", "", "", "") == 0
        out = capsys.readouterr().out
        assert f"Wrote {config}.\n{config}: is right\n" in out
        assert out.endswith("Start with:\n  ssmtrail demo\nIf something is wrong:\n  ssmtrail doctor\n")
        assert Settings.load() == Settings()

    def test_event_history_by_profiles(self, config: Path, answer: Answer, capsys: Said) -> None:
        aws_profiles("audit", "prod")
        assert answer("", "other", "audit, prod", "local", "", "", "") == 0
        out = capsys.readouterr().out
        assert "Number [2]:" in out
        assert "There are audit, prod; none leaves the choice to AWS." in out
        assert "There is no AWS profile 'other'." in out
        assert "ssmtrail doctor --history --profile audit,prod" in out
        [view] = Settings.load(config).view
        assert view["sources"] == ({"history": True, "profile": "audit,prod"},)

    def test_a_bucket(self, config: Path, answer: Answer, capsys: Said) -> None:
        aws_profiles("default", "audit")
        assert answer("s3", "trail", "s3://trail/logs", "a,b", "audit", "UTC", "", "", "") == 0
        assert "Name one profile." in capsys.readouterr().out
        [view] = Settings.load(config).view
        assert (view["sources"], view["from"]) == (({"s3": "s3://trail/logs", "profile": "audit"},), "7d")

    def test_a_table(self, config: Path, answer: Answer, capsys: Said) -> None:
        assert answer("4", "cloudtrail", "audit.cloudtrail", "", "", "", "") == 0
        out = capsys.readouterr().out
        assert "'cloudtrail' is not a table name" in out
        assert "  ssmtrail athena\n" in out
        assert Settings.load(config).athena.table == "audit.cloudtrail"
        assert Settings.load(config).view == ()

    def test_a_bucket_that_is_not_known_yet(self, config: Path, answer: Answer) -> None:
        assert answer("3", "", "", "", "", "") == 0
        assert Settings.load(config).view == ()

    def test_accounts_and_files(self, config: Path, answer: Answer, capsys: Said, tmp_path: Path) -> None:
        config.parent.mkdir()
        (inventory := config.with_name("machines.csv")).write_text("instance_id,name\ni-0ab1c2d3,web\n")
        (tmp_path / "bad.toml").write_text("rules = 1\n")
        assert answer(
            "5", "Mars/Base", "UTC", "1=prod", '111122223333=the "main" one, 444455556666=dev', "",
            str(tmp_path / "bad.toml"), str(tmp_path / "none.toml"), "none",
        ) == 0  # fmt: skip
        out = capsys.readouterr().out
        assert "There is no time zone 'Mars/Base'" in out
        assert "'1=prod' is no account with a name" in out
        assert f"File [{inventory}]:" in out
        assert f"{tmp_path}/none.toml cannot be read" in out
        settings = Settings.load(config)
        assert settings.accounts == {"111122223333": 'the "main" one', "444455556666": "dev"}
        assert (settings.inventory, settings.policy) == (inventory, None)
        assert f"{inventory}: names 1 machine\n" in out

    def test_what_is_no_text_is_asked_again(self, config: Path, answer: Answer, capsys: Said) -> None:
        assert answer("5", "\udcff", "UTC", "", "", "") == 0
        assert "This is no text in the encoding of this terminal." in capsys.readouterr().out
        assert config.exists()

    def test_another_view_is_called_start(self, config: Path, answer: Answer, capsys: Said) -> None:
        config.parent.mkdir()
        config.with_name("views.toml").write_text('[[view]]\nname = "start"\nsources = [{ demo = true }]\n')
        assert answer("2", "", "", "", "") == 0
        assert "  ssmtrail open start1\n" in capsys.readouterr().out
        found = ViewFiles(configured=Settings.load(config).view).named("start1")
        assert found.source == {"history": True}

    def test_the_input_ends(self, config: Path, answer: Answer, monkeypatch: pytest.MonkeyPatch) -> None:
        def end(_: str) -> str:
            raise EOFError

        monkeypatch.setattr(init, "_is_terminal", lambda: True)
        monkeypatch.setattr(builtins, "input", end)
        assert run(["init"]) == 130
        assert not config.exists()

    def test_without_a_terminal(self, config: Path, capsys: Said) -> None:
        assert run(["init"]) == 2
        assert "needs a terminal" in capsys.readouterr().err
        assert not config.exists()


class TestFormer:
    @pytest.fixture
    def former(self, config: Path) -> Path:
        config.parent.mkdir()
        config.write_text('zone = "Asia/Tokyo"\n')
        return config

    @pytest.mark.parametrize("answers", [("",), ("maybe", "no")])
    def test_it_stays(self, former: Path, answer: Answer, capsys: Said, answers: tuple[str, ...]) -> None:
        assert answer(*answers) == 0
        assert capsys.readouterr().out.endswith("Nothing was written.\n")
        assert former.read_text() == 'zone = "Asia/Tokyo"\n'
        assert list(former.parent.iterdir()) == [former]

    def test_it_is_kept_under_another_name(self, former: Path, answer: Answer, capsys: Said) -> None:
        former.with_name("config.toml.old").write_text("")
        assert answer("yes", "5", "UTC", "", "", "") == 0
        assert "Replaced, it is kept as config.toml.old1." in capsys.readouterr().out
        assert former.with_name("config.toml.old1").read_text() == 'zone = "Asia/Tokyo"\n'
        assert Settings.load(former) == Settings()

    def test_a_link_stays_a_link(self, former: Path, answer: Answer, tmp_path: Path) -> None:
        former.rename(tmp_path / "dotfiles.toml")
        former.symlink_to(tmp_path / "dotfiles.toml")
        assert answer("yes", "5", "UTC", "", "", "") == 0
        assert former.is_symlink()
        assert "ssmtrail init" in (tmp_path / "dotfiles.toml").read_text()


def test_paths_are_completed(tmp_path: Path) -> None:
    for name in ("logs", "logs of jane", "bad\x1b[2J"):
        (tmp_path / name).mkdir()
    (tmp_path / "logs/a.csv").touch()
    ends = [completion(f"{tmp_path}/", number) for number in range(3)]
    assert ends == [f"{tmp_path}/logs/", f"{tmp_path}/logs of jane/", None]
    assert completion(f"{tmp_path}/logs/", 0) == f"{tmp_path}/logs/a.csv"
    assert completion(f"{tmp_path}/n", 0) is completion("", 0) is completion("~nobody-here/n", 0) is None


def test_examples_in_the_comments_are_right(tmp_path: Path) -> None:
    text = re.sub(r"^# (?=\w+ = |\[)", "", config_text(Answers()), flags=re.MULTILINE)
    (path := tmp_path / "config.toml").write_text(text)
    settings = Settings.load(path)
    assert len(tomllib.loads(text)["athena"]) == 4
    assert (settings.theme, settings.possible_hours, settings.accounts) == ("dark", 24, {"111122223333": "prod"})
