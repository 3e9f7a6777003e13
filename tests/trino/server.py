"""A real Trino on this machine: fetched once from Maven Central, started for the proof, ended after it."""

from __future__ import annotations

import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from tests.trino.client import Client, LostError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HERE: Final = Path(__file__).parent
#: Seconds, several times what it takes on two quiet cores.
_START_SECONDS: Final = 90
_COPYING: Final = "org.apache.maven.plugins:maven-dependency-plugin:2.8"
_LISTENING: Final = "listening at "
_COLOURS: Final = re.compile(r"\x1b\[[0-9;]*m")
#: A minute's work is not worth the second compiler, nor threads for collecting garbage: half the time on two cores.
_JVM: Final = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx2g")


@dataclass(frozen=True, slots=True)
class Build:
    """A version of Trino with one connector. Athena's engine version 3 follows Trino."""

    version: str
    connector: str
    """Its name, which is the catalog's too."""
    artifact: str
    """In Maven's group `io.trino`."""
    plugin: str
    """The Java class of the connector."""
    settings: tuple[str, ...]
    """Of the catalog, `NAME=VALUE`; `{home}` becomes a folder that is removed after the server has ended."""
    megabytes: int
    fetch_seconds: float
    """The longest that fetching may take, several times what it takes."""
    oldest_java: int
    newest_java: int
    """The newest version of Java that it is made for; a newer one is tried."""
    modules: tuple[str, ...] = ()
    """Of Java that have to be added."""


#: The last version for Java 17.
MEMORY: Final = Build(
    "435", "memory", "trino-memory", "io.trino.plugin.memory.MemoryPlugin", ("memory.max-data-per-node=512MB",), 90,
    180, 17, 21,
)  # fmt: skip


class NoTrinoError(Exception):
    """There is no Trino to be had here; the message, of one line, says why."""


class StartError(Exception):
    """Trino is installed but does not start; the message has its last output."""


def cache(build: Build = MEMORY) -> Path:
    """Where fetched jars stay: `SSMTRAIL_TRINO_CACHE`, else a folder of the user's cache."""
    own = os.environ.get("SSMTRAIL_TRINO_CACHE")
    base = Path(own) if own else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ssmtrail-trino"
    return base.absolute() / build.version


def jars(build: Build = MEMORY, seconds: float | None = None) -> Path:
    """The folder with Trino's jars, fetched if need be, in at most `seconds`. Raises NoTrinoError."""
    if not cache(build).is_dir():
        if shutil.which("mvn") is None:
            raise NoTrinoError(f"no Maven (mvn) on this machine to fetch Trino {build.version} with")
        _fetch(build, min(seconds or build.fetch_seconds, build.fetch_seconds))
    return cache(build)


def java(build: Build = MEMORY) -> tuple[str, int]:
    """The program and the version of the Java of `JAVA_HOME` or else of the path, one that can compile.

    Raises NoTrinoError.
    """
    needed = f"a JDK {build.oldest_java} or newer is needed"
    home = os.environ.get("JAVA_HOME")
    program = shutil.which(f"{home}/bin/java" if home else "java")
    if program is None:
        raise NoTrinoError(f"no Java on this machine; {needed}")
    modules = subprocess.run([program, "--list-modules"], capture_output=True, text=True, timeout=60).stdout
    version = re.search(r"^java\.base@(\d+)", modules, re.MULTILINE)
    if version is None or int(version[1]) < build.oldest_java:
        raise NoTrinoError(f"the Java here is too old; {needed}")
    if "jdk.compiler" not in modules:
        raise NoTrinoError(f"the Java here has no compiler; {needed}")
    return program, int(version[1])


def _fetch(build: Build, seconds: float) -> None:
    """Fetch into a folder beside, renamed when it is whole."""
    there = cache(build)
    print(f"fetching Trino {build.version} ({build.megabytes} MB, once) into {there}", flush=True)
    there.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=there.parent) as scratch:
        command = ["mvn", "-B", "-q", "-f", str(HERE / "pom.xml"), f"-Dtrino.version={build.version}"]
        command += [f"-Dtrino.connector={build.artifact}"]
        command += [f"{_COPYING}:copy-dependencies", f"-DoutputDirectory={scratch}/jars"]
        error = _run(command, seconds)
        if error is not None:
            raise NoTrinoError(f"Maven cannot fetch Trino {build.version}: {error}")
        # Another process may have fetched it meanwhile.
        if not there.is_dir():
            Path(scratch, "jars").rename(there)


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
                self._addresses.put(_COLOURS.sub("", line).rpartition(_LISTENING)[2].strip())
        self._addresses.put("")


@contextmanager
def running(seconds: float, build: Build = MEMORY, start_seconds: float = _START_SECONDS) -> Iterator[Client]:
    """A Trino that listens on 127.0.0.1 while the block runs; it gets at most `seconds` to start.

    Raises NoTrinoError, StartError.
    """
    until = time.monotonic() + seconds
    program, version = java(build)
    folder = jars(build, seconds)
    with tempfile.TemporaryDirectory() as home:
        command = [program, *_JVM, *(f"--add-modules={each}" for each in build.modules), f"-Djava.io.tmpdir={home}"]
        command += ["-cp", f"{folder}/*", str(HERE / "TrinoForTests.java")]
        command += [build.connector, build.plugin, *(each.replace("{home}", home) for each in build.settings)]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=home
        ) as process:
            assert process.stdout is not None
            output = _Output(process.stdout)
            try:
                address = output.address(start_seconds)
                if not address:
                    raise _not_started(build, version, output.last)
                yield Client(address, until, build.connector)
            finally:
                process.kill()
                output.end()


def _not_started(build: Build, version: int, last: str) -> Exception:
    if version > build.newest_java:
        made = f"Java {build.oldest_java} to {build.newest_java}"
        return NoTrinoError(f"Trino {build.version} is made for {made}, not for {version}")
    return StartError(f"Trino {build.version} did not start on Java {version}; its last output:\n{last}")


def outcome(what: str, prove: Callable[[], int]) -> int:
    """The exit status of a proof: its own, 1 where Trino is lost, 0 where there is none to be had, with the reason.

    The server and the folders are removed with this process, on any signal.
    """
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    try:
        return prove()
    except NoTrinoError as why:
        print(f"SKIPPED: {what} not tried on a real Trino: {why}")
        return 0
    except (LostError, StartError) as why:
        print(f"FAILED: {why}")
        return 1
