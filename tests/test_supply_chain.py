"""What is installed is pinned and listed, and nothing is called over the network without a source that needs it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.sbom import ROOT, bill

_PIN: Final = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)", re.MULTILINE)
_DASHES: Final = re.compile(r"[-_.]+")
#: Prints every address that Python connects or sends to, or looks up; the engine is asked by `strace` alone.
_WATCHED: Final = """
import sys
NETWORK = ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto", "socket.bind")
sys.addaudithook(lambda event, arguments: print("NETWORK", event, arguments) if event in NETWORK else None)
sys.argv = ["ssmtrail", *sys.argv[1:]]
from ssmtrail.__main__ import main
main()
"""
#: A call for a socket of the Internet; Unix sockets and netlink reach no network.
_INTERNET: Final = re.compile(r"socket\(AF_INET|sa_family=AF_INET")


def pins(text: str) -> dict[str, str]:
    return {_DASHES.sub("-", name).lower(): version for name, version in _PIN.findall(text)}


def test_the_lock_has_hashes_no_hosts_and_the_pinned_versions() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert "://" not in lock
    locked, pinned = pins(lock), pins((ROOT / "constraints.txt").read_text(encoding="utf-8"))
    assert {name: version for name, version in locked.items() if pinned.get(name, version) != version} == {}
    for block in re.split(r"\n(?=\S)", lock.strip()):
        assert "--hash=sha256:" in block


def test_the_bill_of_materials_lists_every_part_and_its_needs() -> None:
    made = bill()
    assert (made["bomFormat"], made["specVersion"]) == ("CycloneDX", "1.6")
    parts = {part["name"]: part for part in made["components"]}
    assert {"duckdb", "textual", "boto3", "msgspec", "botocore", "rich"} <= parts.keys()
    assert not {"pytest", "mypy", "ruff"} & parts.keys()
    refs = {made["metadata"]["component"]["bom-ref"], *(part["bom-ref"] for part in parts.values())}
    assert {each["ref"] for each in made["dependencies"]} == refs
    assert {need for each in made["dependencies"] for need in each["dependsOn"]} <= refs
    lock = pins((ROOT / "requirements.lock").read_text(encoding="utf-8"))
    assert {name for name in parts if name not in lock} == set(), "make lock"


def _can_trace() -> bool:
    command = ("strace", "-f", "-e", "trace=network", "-o", "/dev/null", "true")
    return (
        shutil.which("strace") is not None and not subprocess.run(command, check=False, capture_output=True).returncode
    )


def test_a_folder_is_read_without_the_network(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    record = '{"eventVersion":"1.09","eventName":"StartSession","eventSource":"ssm.amazonaws.com","eventID":"e",'
    record += '"eventTime":"2026-03-02T10:00:00Z"}'
    (tmp_path / "logs" / "a.json").write_text(f'{{"Records":[{record}]}}')
    command = [sys.executable, "-c", _WATCHED, "query", "sessions", "--logs", str(tmp_path / "logs"), "--format", "csv"]
    traced = tmp_path / "traced"
    if _can_trace():
        command = ["strace", "-f", "-e", "trace=network", "-o", str(traced), *command]
    environment = {
        "HOME": str(tmp_path), "SSMTRAIL_CACHE": str(tmp_path / "store"), "PYTHONPATH": str(ROOT),
        "PATH": str(Path(sys.executable).parent),
    }  # fmt: skip
    environment["PATH"] += ":/usr/bin:/bin"
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 2
    assert "NETWORK" not in done.stdout
    if traced.exists():
        assert _INTERNET.search(traced.read_text()) is None


def test_the_watch_sees_a_call() -> None:
    call = (
        _WATCHED.partition("sys.argv")[0]
        + "import socket\nsocket.socket(type=socket.SOCK_DGRAM).connect(('127.0.0.1', 9))"
    )
    done = subprocess.run((sys.executable, "-c", call), capture_output=True, text=True, check=True)
    assert "NETWORK socket.connect" in done.stdout


@pytest.mark.skipif(not _can_trace(), reason="strace is not here, or may not trace")
def test_the_trace_sees_a_call(tmp_path: Path) -> None:
    call = "import socket; socket.socket(type=socket.SOCK_DGRAM).connect(('127.0.0.1', 9))"
    command = ("strace", "-f", "-e", "trace=network", "-o", str(tmp_path / "traced"), sys.executable, "-c", call)
    subprocess.run(command, check=True)
    assert _INTERNET.search((tmp_path / "traced").read_text())
