"""Commands over an emulated Athena that are told to end: what runs is stopped, what a kill left is used."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.athena_emulator import Emulator
from tests.queries.athena.conftest import fill
from tests.thorough import IS_THOROUGH

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
TABLE = ("--athena", "audit.trail")
WEEK = ("--from", "2026-11-12", "--to", "2026-11-19")
QUERY = ("query", "calls", *TABLE, *WEEK)
VERIFY = ("verify", *TABLE, *WEEK)
DOCTOR = ("athena", "doctor", "audit.trail")
PROGRAM = "import sys; from ssmtrail.tui.cli.main import main; main()"


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator() as emulated:
        fill(emulated)
        yield emulated


class Commands:
    """Starts `ssmtrail` in a home of its own."""

    def __init__(self, emulator: Emulator, home: Path) -> None:
        places = {f"SSMTRAIL_{name}": str(home / name.lower()) for name in ("CACHE", "STATE", "CONFIG")}
        (home / "config").touch()
        self.environment = {**os.environ, "HOME": str(home), **places, **emulator.environment}
        self.processes: list[subprocess.Popen[str]] = []

    def start(self, *words: str) -> subprocess.Popen[str]:
        self.processes.append(
            subprocess.Popen(
                [sys.executable, "-c", PROGRAM, *words], cwd=ROOT, env=self.environment, text=True,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            )
        )  # fmt: skip
        return self.processes[-1]

    def end(self, *words: str) -> tuple[int, str]:
        """Run to the end; the exit code with what was said."""
        process = self.start(*words)
        _, said = process.communicate(timeout=60)
        return process.returncode, said


@pytest.fixture
def commands(emulator: Emulator, tmp_path: Path) -> Iterator[Commands]:
    found = Commands(emulator, tmp_path)
    yield found
    for process in found.processes:
        process.kill()
        process.communicate()


SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
#: Every signal with one command, every command with a signal; all with all where thoroughness is asked for.
ENDED = [
    pytest.param(words, number, id=f"{words[0]}-{number.name}")
    for words, few in ((QUERY, SIGNALS), (VERIFY, SIGNALS[1:2]), (DOCTOR, SIGNALS[2:]))
    for number in (SIGNALS if IS_THOROUGH else few)
]


@pytest.mark.parametrize(("words", "number"), ENDED)
def test_a_signal_stops_what_runs(
    emulator: Emulator, commands: Commands, words: tuple[str, ...], number: signal.Signals
) -> None:
    if words == VERIFY:
        assert commands.end(*QUERY)[0] == 0
    before = set(emulator.executions)
    emulator.running.clear()
    emulator.hold(plans=words == DOCTOR)
    process = commands.start(*words)
    assert emulator.running.wait(60)
    process.send_signal(number)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 128 + number
    assert "interrupted" in said
    assert "Traceback" not in said
    asked = emulator.plans if words == DOCTOR else emulator.queries
    ran = {each.id: each.state for each in asked if each.id not in before}
    assert set(ran.values()) == {"CANCELLED"}
    assert set(emulator.stopped) == set(ran)


def test_a_hangup_that_a_parent_ignores_is_not_heard(emulator: Emulator, commands: Commands) -> None:
    emulator.hold()
    heard = f"import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN); {PROGRAM}"
    process = subprocess.Popen(
        [sys.executable, "-c", heard, *QUERY, "--quiet"], cwd=ROOT, env=commands.environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    commands.processes.append(process)
    assert emulator.running.wait(60)
    process.send_signal(signal.SIGHUP)
    emulator.release()
    out, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (0, "")
    assert "StartSession" in out


def test_the_query_of_a_killed_verify_is_used_and_not_bought_again(emulator: Emulator, commands: Commands) -> None:
    assert commands.end(*QUERY)[0] == 0
    fetched = set(emulator.executions)
    emulator.running.clear()
    emulator.hold()
    process = commands.start(*VERIFY)
    assert emulator.running.wait(60)
    process.kill()
    process.communicate()
    emulator.release()
    [left] = set(emulator.executions) - fetched
    code, said = commands.end(*VERIFY)
    assert (code, emulator.stopped) == (0, {})
    assert "1 query at Athena" in said
    assert f"query {left}" in said
    assert "by a command that was killed" in said
    assert len(emulator.executions) == len(fetched) + 2
    # What has been told of is asked anew.
    assert commands.end(*VERIFY)[0] == 0
    assert len(emulator.executions) == len(fetched) + 4


def test_both_queries_of_a_verify_that_was_killed_late_are_used(emulator: Emulator, commands: Commands) -> None:
    """Killed when the first has been answered, the second runs."""
    assert commands.end(*QUERY)[0] == 0
    fetched = len(emulator.queries)
    emulator.hold_after = fetched + 1
    process = commands.start(*VERIFY)
    assert emulator.held.wait(60)
    process.kill()
    process.communicate()
    emulator.hold_after = None
    assert len(emulator.queries) == fetched + 2
    code, said = commands.end(*VERIFY, "--max-price", "0")
    assert code == 0
    assert "paid for already" in said
    assert len(emulator.queries) == fetched + 2
