"""A reading process as its parent holds it."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

import msgspec

from queries.sources.files.worker import Done, Failed, Job, Tick, receive, send

if TYPE_CHECKING:
    from queue import SimpleQueue

#: A message of a process, or None when it has ended.
Letter: TypeAlias = "tuple[Reader, Tick | Done | Failed | None]"

#: glibc gives each large block back to the kernel when it is freed and faults it in again for the next file: that is a
#: third of the time. Other C libraries ignore these.
_KEEP_MEMORY: Final = {"MALLOC_MMAP_THRESHOLD_": str(1 << 30), "MALLOC_TRIM_THRESHOLD_": str(1 << 30)}
_START: Final = "import sys; sys.path[:] = sys.argv[1:]; from queries.sources.files.worker import main; main()"
_ANSWER: Final = msgspec.msgpack.Decoder(Tick | Done | Failed)


class Reader:
    """A process that reads batches, those in hand in order.

    It is a new interpreter with nothing of the parent's but its search path: no fork (the parent has threads), no
    second run of the parent's main module. Its own session keeps the terminal's Ctrl-C from it; it ends with its
    standard input.
    """

    def __init__(self, inbox: SimpleQueue[Letter]) -> None:
        """Start it; what it says goes to `inbox`. Raises OSError."""
        here = str(Path(__file__).resolve().parents[3])
        paths = [here, *(path or str(Path.cwd()) for path in sys.path)]
        self.jobs: list[Job] = []
        self.has_answered = False
        self._inbox = inbox
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _START, *paths],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            env=os.environ | _KEEP_MEMORY,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._jobs, self._answers = self._process.stdin, self._process.stdout
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    @property
    def pid(self) -> int:
        """Its process id, which is its session's too."""
        return self._process.pid

    def give(self, job: Job) -> None:
        """Hand over a batch; a process that has died says so through the inbox."""
        self.jobs.append(job)
        try:
            send(self._jobs, job)
        except OSError:
            self._process.kill()  # it has died; its end is on the way through the inbox

    def kill(self) -> None:
        """End it at once and wait until it has."""
        self._process.kill()
        self._thread.join()
        with contextlib.suppress(OSError):  # what is left in its buffer has no reader
            self._jobs.close()
        self._answers.close()
        self._process.wait()

    def _listen(self) -> None:
        while body := receive(self._answers):
            self._inbox.put((self, _ANSWER.decode(body)))
        self._inbox.put((self, None))
