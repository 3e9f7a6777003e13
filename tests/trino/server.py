"""A real Trino on this machine: fetched once from Maven Central, started for the proof, stopped after it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.trino.client import Client

if TYPE_CHECKING:
    from collections.abc import Iterator

#: The last version for Java 17. Athena's engine version 3 follows Trino.
VERSION: Final = "435"
HERE: Final = Path(__file__).parent
#: Where fetched things stay, so that they are fetched once.
CACHE: Final = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ssmtrail-trino" / VERSION
_LISTENING: Final = "listening at "
_START_LINES: Final = 100_000


class NoTrinoError(Exception):
    """There is no Trino to be had here; the message says why."""


def jars() -> Path:
    """The folder with Trino's jars. Raises NoTrinoError where they are not there, nor Maven to fetch them."""
    for tool in ("java", "mvn"):
        if shutil.which(tool) is None and not (tool == "mvn" and CACHE.is_dir()):
            raise NoTrinoError(f"no {tool} on this machine")
    if "jdk.compiler" not in subprocess.run(["java", "--list-modules"], capture_output=True, text=True).stdout:
        raise NoTrinoError("the Java here has no compiler: a JDK 17 or newer is needed")
    if not CACHE.is_dir():
        _fetch()
    return CACHE


def _fetch() -> None:
    """Fetch into a folder beside, renamed when it is whole."""
    print(f"fetching Trino {VERSION} (90 MB, once) into {CACHE}", flush=True)
    CACHE.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE.parent) as scratch:
        command = ["mvn", "-B", "-q", "-f", str(HERE / "pom.xml"), f"-Dtrino.version={VERSION}"]
        command += ["dependency:copy-dependencies", f"-DoutputDirectory={scratch}/jars"]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise NoTrinoError(f"Maven cannot fetch Trino:\n{(done.stdout + done.stderr)[-2000:]}")
        Path(scratch, "jars").rename(CACHE)


@contextmanager
def running(memory: str = "2g") -> Iterator[Client]:
    """A Trino that listens on 127.0.0.1 while the block runs. Raises NoTrinoError."""
    folder = jars()
    with tempfile.TemporaryDirectory() as home:
        command = [
            "nice", "-n", "19", "java", f"-Xmx{memory}", f"-Djava.io.tmpdir={home}", "-cp", f"{folder}/*",
            str(HERE / "TrinoForTests.java"),
        ]  # fmt: skip
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=home
        )
        try:
            yield Client(_address(process), process)
        finally:
            process.kill()
            process.wait()


def _address(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    last = ""
    for line in process.stdout:
        if _LISTENING in line:
            return line.rpartition(_LISTENING)[2].strip()
        last = line
    raise NoTrinoError(f"Trino ended before it listened: {last}")


if __name__ == "__main__":
    sys.exit(str(jars()))
