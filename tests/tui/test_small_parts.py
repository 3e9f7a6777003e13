"""Copies, paths, themes, the filter of control characters, the key line."""

from dataclasses import replace
from pathlib import Path

import pytest
from rich.segment import ControlType, Segment
from textual.color import Color

from ssmtrail.queries.config import AthenaSettings, State
from ssmtrail.queries.errors import SourceError
from ssmtrail.queries.sources.athena.address import Address
from ssmtrail.tui.choice import AthenaChoice, LaunchOptions, SourceChoice, recalled, remembered
from ssmtrail.tui.frame.commands import only_moves
from ssmtrail.tui.frame.copying import cell_text, copied_words, row_text
from ssmtrail.tui.frame.keys import Key, fitting
from ssmtrail.tui.frame.lists_text import Record
from ssmtrail.tui.launch import run
from ssmtrail.tui.paths import completed
from ssmtrail.tui.terminal.control_characters import ControlCharacterFilter
from ssmtrail.tui.text import Clock
from ssmtrail.tui.themes import theme_for
from ssmtrail.tui.views.sessions import session_columns
from tests.fakes import a_session

COLUMNS = {entry.key: entry for entry in session_columns(Clock())}


def test_a_copy_is_exact_and_safe() -> None:
    row = Record(a_session(person="jane\x1b"))
    assert cell_text(COLUMNS["started"], row) == "2026-11-23T12:00:00Z"
    assert cell_text(COLUMNS["target"], row) == "i-0ab1c2d3e4f5a6b7c"
    assert cell_text(COLUMNS["person"], row) == r"jane\x1b"
    assert row_text([COLUMNS["machine"], COLUMNS["kind"]], row) == "web-3\ti-0ab1c2d3e4f5a6b7c\tshell"


def test_a_machine_without_a_name_is_copied_by_its_id() -> None:
    assert cell_text(COLUMNS["machine"], Record(a_session(target_name=None))) == "i-0ab1c2d3e4f5a6b7c"


def test_a_mistyped_folder_is_refused_before_there_is_a_screen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("ssmtrail.tui.launch.terminal_refusal", lambda: "")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    with pytest.raises(SourceError, match="There is no folder /nope/trail"):
        run(SourceChoice("logs", Path("/nope/trail")), LaunchOptions())
    assert State.load() == State()


def test_what_is_copied_is_said_and_the_way_out_too() -> None:
    assert copied_words("x").startswith("copied x")
    assert "e exports" in copied_words("x")
    assert copied_words("x", exports=False) == "copied x"
    assert len(copied_words("x" * 500)) < 110
    assert "empty" in copied_words("")


def test_no_control_character_passes_the_filter() -> None:
    control = Segment("\x1b[2J", None, [(ControlType.CLEAR,)])
    passed = ControlCharacterFilter().apply([Segment("fine ✗"), Segment("a\x1b[31m\x9b"), control], Color(0, 0, 0))
    assert [segment.text for segment in passed] == ["fine ✗", r"a\x1b[31m\x9b", "\x1b[2J"]


KEYS = [Key(letter, "word", letter) for letter in "abcdefgh"]


def test_help_is_always_there() -> None:
    shown = fitting(KEYS, 30)
    assert [key.key for key in shown] == ["a", "b", "h"]
    assert fitting(KEYS, 200) == KEYS


@pytest.mark.parametrize(
    ("environment", "chosen", "theme"),
    [
        ({"TERM": "xterm-256color"}, None, "ssmtrail-dark"),
        ({"TERM": "xterm", "COLORTERM": "truecolor"}, "light", "ssmtrail-light"),
        ({"TERM": "xterm-256color"}, "ssmtrail-light", "ssmtrail-light"),
        ({"TERM": "xterm-256color"}, "no such", "ssmtrail-dark"),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, "light", "ssmtrail-terminal"),
        ({"TERM": "linux"}, "light", "ssmtrail-terminal"),
    ],
)
def test_the_theme_suits_the_terminal(environment: dict[str, str], chosen: str | None, theme: str) -> None:
    assert theme_for(environment, chosen) == theme


def test_paths_are_completed_as_far_as_they_go(tmp_path: Path) -> None:
    for name in ("logs-2025", "logs-2026", "other", ".hidden", "log\nfile"):
        (tmp_path / name).mkdir()
    (tmp_path / "other.txt").touch()
    base = f"{tmp_path}/"
    assert completed(base + "l") == base + "logs-202"
    assert completed(base + "logs-2026") == base + "logs-2026/"
    assert completed(base + "ot") == base + "other/"
    assert completed(base + "nothing") == base + "nothing"
    assert completed("/no/such/folder/x") == "/no/such/folder/x"
    assert completed(base + ".h") == base + ".hidden/"
    assert completed("~nobody-here/x") == "~nobody-here/x"


def test_a_table_is_remembered_with_its_way_but_what_may_be_paid_is_the_configurations() -> None:
    address = Address("audit", "trail", profile="p", region="eu-central-1", workgroup="w", output="s3://b-b/")
    choice = AthenaChoice(address, (("account", ("1", "2")),), ask_above=100.0, agreed=True)
    settings = AthenaSettings(ask_above=0.5, price_per_tb=6.0, open_minutes=30, recheck_days=2, reuse_minutes=60)
    assert recalled(remembered(choice), settings) == replace(
        choice, ask_above=0.5, agreed=False, price=6.0, open_minutes=30, recheck_days=2, reuse_minutes=60
    )
    assert recalled(State("athena", None, {"database": "audit"}), settings) is None
    assert recalled(State("athena", None, {"database": "a", "table": "b", "strange": "c"}), settings) is not None


@pytest.mark.parametrize(
    ("name", "moves"),
    [("matrix.up", True), ("rows.half-down", True), ("lines.first", True), ("matrix.turn", False), ("go.view", False)],
)
def test_keys_that_only_move_come_last_in_help(name: str, moves: bool) -> None:
    assert only_moves(name) is moves
