"""The most memory that a process had."""

from __future__ import annotations

from pathlib import Path


def most_memory() -> int:
    """The most bytes that this process had in memory at once, since its program began; of Linux only.

    Not `ru_maxrss`: that begins with what the process had that started this one.
    """
    for line in Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError("this kernel does not say it")
