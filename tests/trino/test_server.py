"""Finding, starting and ending Trino; programs of a few lines replace Java and Maven."""

from __future__ import annotations

import os
import select
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.trino import __main__, server
from tests.trino.client import Client, LostError
from tests.trino.server import NoTrinoError, StartError, jars, running

if TYPE_CHECKING:
    from collections.abc import Callable

    Program = Callable[[str, str], None]

MODULES = 'if [ "$1" = --list-modules ]; then echo java.base@17.0.1; echo jdk.compiler@17.0.1; exit; fi\n'
#: Prints its process id, then listens until it is killed.
LISTENS = MODULES + 'echo $$ > "$PIDS"\necho listening at http://127.0.0.1:1\nexec sleep 1000'
#: Copies one jar to the requested folder.
FETCHES = (
    'for each; do case $each in -DoutputDirectory=*) mkdir "${each#*=}"; echo jar > "${each#*=}/one.jar";; esac; done'
)


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Program:
    """Makes a program; no other but the shell's own are there."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("sleep", "mkdir"):
        (folder / name).symlink_to(next(path for path in (Path("/bin", name), Path("/usr/bin", name)) if path.exists()))
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PIDS", str(tmp_path / "pids"))
    monkeypatch.setenv("SSMTRAIL_TRINO_CACHE", str(tmp_path / "cache"))

    def make(name: str, script: str) -> None:
        (folder / name).write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        (folder / name).chmod(0o755)

    return make


def is_running(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize(
    ("java", "why"),
    [
        ("", "no Java on this machine"),
        ("exit 1", "the Java here is too old"),
        ("echo java.base@11.0.2; echo jdk.compiler@11.0.2", "the Java here is too old"),
        ("echo java.base@17.0.2", "the Java here has no compiler"),
        (MODULES, "no Maven"),
    ],
)
def test_what_is_missing_skips(program: Program, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
                               java: str, why: str) -> None:  # fmt: skip
    if java:
        program("java", java)
    monkeypatch.setattr(sys, "argv", ["trino", "--quick"])
    assert __main__.main() == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith(f"SKIPPED: the SQL for Athena was not tried on a real Trino: {why}")


def test_the_java_of_java_home_goes_first(program: Program, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program("java", MODULES)
    assert server.java()[1] == 17
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "bin").symlink_to(tmp_path / "bin")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "home"))
    assert server.java() == (str(tmp_path / "home" / "bin" / "java"), 17)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "nowhere"))
    with pytest.raises(NoTrinoError, match="no Java on this machine"):
        server.java()


def test_jars_are_fetched_once(program: Program) -> None:
    program("mvn", FETCHES)
    assert (jars() / "one.jar").is_file()
    program("mvn", "exit 1")
    assert (jars() / "one.jar").is_file()


def test_a_fetch_that_fails_leaves_nothing(program: Program) -> None:
    program(
        "mvn", f"{FETCHES}\necho noise\nprintf '\\033[1;31m[ERROR]\\033[m no route to the host\\n'\necho more\nexit 1"
    )
    with pytest.raises(NoTrinoError, match=r"^Maven cannot fetch Trino 435: \[ERROR\] no route to the host$"):
        jars()
    assert list(server.cache().parent.iterdir()) == []


def test_a_fetch_that_hangs_is_ended(program: Program, tmp_path: Path) -> None:
    program("mvn", 'sleep 1000 &\necho $! > "$PIDS"\nwait')
    with pytest.raises(NoTrinoError, match="not done after 1 s"):
        jars(seconds=1)
    assert has_ended(int((tmp_path / "pids").read_text()))


def has_ended(number: int) -> bool:
    """Whether a process ends within a few seconds, waited for by its parent or not."""
    try:
        process = os.pidfd_open(number)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([process], [], [], 5)[0])
    finally:
        os.close(process)


def test_the_server_ends_with_the_block(program: Program, tmp_path: Path) -> None:
    program("java", LISTENS)
    program("mvn", FETCHES)
    numbers = []

    def use() -> None:
        with running(60) as client:
            assert client.base == "http://127.0.0.1:1"
            numbers.append(int((tmp_path / "pids").read_text()))
            assert is_running(*numbers)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        use()
    assert not is_running(*numbers)


@pytest.mark.parametrize("last", ["exit 3", "exec sleep 1000"])
def test_a_server_that_does_not_start_fails(program: Program, last: str) -> None:
    program("java", f"{MODULES}echo out of luck\n{last}")
    program("mvn", FETCHES)
    with pytest.raises(StartError, match=r"did not start on Java 17.*\nout of luck"), running(60, start_seconds=1):
        pass


def test_a_java_too_new_skips_where_the_server_does_not_start(program: Program) -> None:
    program("java", MODULES.replace("17.0.1", "99") + "exit 3")
    program("mvn", FETCHES)
    with pytest.raises(NoTrinoError, match="Java 17 to 21, not for 99"), running(60):
        pass


def test_a_failure_is_no_skip(
    program: Program, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    program("java", LISTENS)
    program("mvn", FETCHES)
    monkeypatch.setattr(sys, "argv", ["trino", "--quick"])
    # Nothing listens at its address.
    assert __main__.main() == 1
    assert "FAILED: Trino does not answer" in capsys.readouterr().out


def test_no_statement_is_waited_for_for_ever() -> None:
    with pytest.raises(LostError, match="took too long for\nSELECT 1"):
        Client("http://127.0.0.1:1", until=0.0).run("SELECT 1")
