"""`ssmtrail config` and `ssmtrail demo --export`."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from ssmtrail.queries.config import Settings, _settings
from ssmtrail.tui.cli.main import run

VIEW = '[[view]]\nname = "a"\nsources = [{ demo = true }]\n'


@pytest.fixture
def config(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    for name in ("CACHE", "STATE"):
        monkeypatch.setenv(f"SSMTRAIL_{name}", str(tmp_path / name.lower()))
    monkeypatch.delenv("SSMTRAIL_CONFIG", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    (tmp_path / "ssmtrail").mkdir()
    return tmp_path / "ssmtrail/config.toml"


def test_where_it_is(config: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["config", "path"]) == 0
    assert capfd.readouterr().out == f"{config}\n"


def test_what_counts_is_a_configuration_again(config: Path, capfd: pytest.CaptureFixture[str]) -> None:
    config.write_text('zone = "europe/berlin"\nmouse = false\n[accounts]\n111122223333 = "main \\"1\\""\n[trust]\n'
                      'session_names = ["robot-*"]\n[athena]\ntable = "a.b"\nask_above = 2.5\n'
                      '[transcripts.places.111122223333]\nbucket = "logs"\nprefix = "p"\n'
                      '[transcripts.places."*"]\nlog_group = "all"\n')  # fmt: skip
    assert run(["config", "show"]) == 0
    out = capfd.readouterr().out
    assert 'zone = "Europe/Berlin"\n' in out
    assert "possible_hours = 24  # default\n" in out
    assert "# theme is not set\n" in out
    assert _settings(tomllib.loads(out), config) == Settings.load(config)


def test_without_a_file_the_defaults_count(config: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["config", "show"]) == 0
    out = capfd.readouterr().out
    assert out.startswith(f"# {config} is not there")
    assert _settings(tomllib.loads(out), config) == Settings()
    assert run(["config", "check"]) == 0
    assert "the defaults count" in capfd.readouterr().out


def test_all_that_it_names_is_checked(config: Path, capfd: pytest.CaptureFixture[str]) -> None:
    config.write_text('inventory = "machines.csv"\n')
    config.with_name("machines.csv").write_text("instance_id,name,environment\ni-0ab1c2d3,web,prod\n")
    config.with_name("views.toml").write_text(VIEW)
    assert run(["config", "check"]) == 0
    out = capfd.readouterr().out
    assert f"{config}: is right\n" in out
    assert "machines.csv: names 1 machine\n" in out
    assert out.endswith("views: a\n")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("config.toml", "zoen = 1", "did you mean zone?"),
        ("config.toml", 'inventory = "none.csv"', "none.csv"),
        ("views.toml", VIEW.replace("demo", "dmeo"), "unknown setting 'dmeo'"),
        ("views.toml", VIEW + 'where = "shade:red"', "shade"),
    ],
)
def test_a_mistake_is_named(
    config: Path, capfd: pytest.CaptureFixture[str], name: str, content: str, said: str
) -> None:
    config.with_name(name).write_text(content)
    assert run(["config", "check"]) in (2, 3)
    assert said in capfd.readouterr().err


def test_the_schema_has_every_setting(config: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["config", "schema"]) == 0
    schema = json.loads(capfd.readouterr().out)
    names = schema["$defs"]["_File"]["properties"]
    assert {"zone", "accounts", "athena", "view"} <= names.keys()
    assert schema["$defs"]["_View"]["properties"]["from"]["type"] == "string"


def test_the_demo_is_written_as_files_that_open(
    config: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    assert run(["demo", "--export", str(folder), "--demo-end", "2026-02-01"]) == 0
    assert capfd.readouterr().out.splitlines()[1].strip().startswith(f"ssmtrail logs {folder}/trail --inventory")
    assert sorted(path.name for path in folder.iterdir()) == ["inventory.csv", "trail"]
    assert len(list((folder / "trail").rglob("*.json.gz"))) > 100
    assert run(["demo", "--export", str(folder)]) == 2
    assert "is not empty" in capfd.readouterr().err


def test_the_demo_is_written_into_the_folder_that_the_shell_is_in(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    assert run(["demo", "--export", ".", "--demo-end", "2026-02-01"]) == 0
    assert capfd.readouterr().out.splitlines()[1] == "  ssmtrail logs trail --inventory inventory.csv"
    assert sorted(path.name for path in Path.cwd().iterdir()) == ["inventory.csv", "trail"]
