"""A real Trino on this machine: fetched once from Maven Central, started for the proof, ended after it."""

from __future__ import annotations

import os
import queue
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections import deque
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from tests.trino.client import Client

if TYPE_CHECKING:
    from collections.abc import Iterator

#: The last version for Java 17. Athena's engine version 3 follows Trino.
VERSION: Final = "435"
HERE: Final = Path(__file__).parent
#: Versions of Java that this Trino is made for; with a newer one it is tried.
_OLDEST_JAVA, _NEWEST_JAVA = 17, 21
#: Seconds, several times what it takes on two quiet cores: 50 to fetch, 6 to start.
_FETCH_SECONDS: Final = 180
_START_SECONDS: Final = 90
_COPYING: Final = "org.apache.maven.plugins:maven-dependency-plugin:2.8"
_LISTENING: Final = "listening at "
_COLOURS: Final = re.compile(r"\x1b\[[0-9;]*m")
#: A minute's work is not worth the second compiler, nor threads for collecting garbage: half the time on two cores.
_JVM: Final = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx2g")


class NoTrinoError(Exception):
    """There is no Trino to be had here; the message, of one line, says why."""


class StartError(Exception):
    """Trino is installed but does not start; the message has its last output."""


def cache() -> Path:
    """Where fetched jars stay: `SSMTRAIL_TRINO_CACHE`, else a folder of the user's cache."""
    own = os.environ.get("SSMTRAIL_TRINO_CACHE")
    base = Path(own) if own else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ssmtrail-trino"
    return base.absolute() / VERSION


def jars(seconds: float = _FETCH_SECONDS) -> Path:
    """The folder with Trino's jars, fetched if need be. Raises NoTrinoError."""
    if not cache().is_dir():
        if shutil.which("mvn") is None:
            raise NoTrinoError(f"no Maven (mvn) on this machine to fetch Trino {VERSION} with")
        _fetch(seconds)
    return cache()


def java() -> int:
    """The version of the Java here, one that can compile. Raises NoTrinoError."""
    if shutil.which("java") is None:
        raise NoTrinoError(f"no Java on this machine; a JDK {_OLDEST_JAVA} or newer is needed")
    modules = subprocess.run(["java", "--list-modules"], capture_output=True, text=True, timeout=60).stdout
    version = re.search(r"^java\.base@(\d+)", modules, re.MULTILINE)
    if version is None or int(version[1]) < _OLDEST_JAVA:
        raise NoTrinoError(f"the Java here is too old; a JDK {_OLDEST_JAVA} or newer is needed")
    if "jdk.compiler" not in modules:
        raise NoTrinoError(f"the Java here has no compiler; a JDK {_OLDEST_JAVA} or newer is needed")
    return int(version[1])


def _fetch(seconds: float) -> None:
    """Fetch into a folder beside, renamed when it is whole."""
    print(f"fetching Trino {VERSION} (90 MB, once) into {cache()}", flush=True)
    cache().parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache().parent) as scratch:
        command = ["mvn", "-B", "-q", "-f", str(HERE / "pom.xml"), f"-Dtrino.version={VERSION}"]
        command += [f"{_COPYING}:copy-dependencies", f"-DoutputDirectory={scratch}/jars"]
        error = _run(command, seconds)
        if error is not None:
            raise NoTrinoError(f"Maven cannot fetch Trino {VERSION}: {error}")
        # Another process may have fetched it meanwhile.
        if not cache().is_dir():
            Path(scratch, "jars").rename(cache())


def _run(command: list[str], seconds: float) -> str | None:
    """Run a command with all that it starts; why it failed, in one line, or None."""
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        start_new_session=True,
    ) as process:  # fmt: skip
        try:
            output, _ = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            return f"not done after {seconds:.0f} s"
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
    if process.returncode == 0:
        return None
    lines = [line for line in _COLOURS.sub("", output).splitlines() if line.strip()] or [
        f"exit status {process.returncode}"
    ]
    return next((line for line in lines if "ERROR" in line), lines[-1])[:300]


class _Output:
    """What a server says: read on by a thread, so that the pipe never fills; the last of it is kept."""

    def __init__(self, stream: IO[str]) -> None:
        self._lines: deque[str] = deque(maxlen=15)
        self._addresses: queue.Queue[str] = queue.Queue()
        self._stream = stream
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    @property
    def last(self) -> str:
        """The last lines."""
        return "".join(self._lines)

    def address(self, seconds: float) -> str:
        """The address it listens on; empty if it ended or timed out before that."""
        try:
            return self._addresses.get(timeout=seconds)
        except queue.Empty:
            return ""

    def end(self) -> None:
        """Wait for the rest of it, once the server has been ended."""
        self._thread.join()

    def _read(self) -> None:
        for line in self._stream:
            self._lines.append(line)
            if _LISTENING in line:
                self._addresses.put(line.rpartition(_LISTENING)[2].strip())
        self._addresses.put("")


@contextmanager
def running(seconds: float, start_seconds: float = _START_SECONDS) -> Iterator[Client]:
    """A Trino that listens on 127.0.0.1 while the block runs; it gets at most `seconds` to start.

    Raises NoTrinoError, StartError.
    """
    until = time.monotonic() + seconds
    version = java()
    folder = jars(min(seconds, _FETCH_SECONDS))
    with tempfile.TemporaryDirectory() as home:
        command = ["java", *_JVM, f"-Djava.io.tmpdir={home}", "-cp", f"{folder}/*", str(HERE / "TrinoForTests.java")]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=home
        ) as process:
            assert process.stdout is not None
            output = _Output(process.stdout)
            try:
                address = output.address(start_seconds)
                if not address:
                    raise _not_started(version, output.last)
                yield Client(address, until)
            finally:
                process.kill()
                output.end()


def _not_started(version: int, last: str) -> Exception:
    if version > _NEWEST_JAVA:
        return NoTrinoError(f"Trino {VERSION} is made for Java {_OLDEST_JAVA} to {_NEWEST_JAVA}, not for {version}")
    return StartError(f"Trino {VERSION} did not start on Java {version}; its last output:\n{last}")
