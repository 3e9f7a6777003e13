"""How long an evidence pack of 10,000 sessions with their records takes, and how much memory, with all kept before."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.bench.apps import env, root
from tests.bench.figures import Figure, Group, Sizes
from tests.bench.ingest import LONGEST, REPOSITORY
from tests.trails import cached, write_sessions

if TYPE_CHECKING:
    from collections.abc import Sequence

_FIGURES: Final = (Figure("pack_10k", "s", "<=", 10.0), Figure("pack_10k_memory", "MB", "<=", 300.0))
#: Runs the command line, then prints its seconds and the most memory that it had, in bytes.
_PROGRAM: Final = """
import sys, time
begun = time.perf_counter()
from ssmtrail.tui.cli.main import run
code = run(sys.argv[1:])
seconds = time.perf_counter() - begun
from tests.bench.memory import most_memory
print(seconds, most_memory())
sys.exit(code)
"""


def _measure(sizes: Sizes, values: dict[str, float]) -> None:
    trail = cached(f"packed-{sizes.packed}", lambda folder: write_sessions(folder, sizes.packed, days=30))
    with tempfile.TemporaryDirectory(dir=root()) as home:
        _run(Path(home), ("query", "usage", "--logs", trail.path, "--output", str(Path(home) / "usage.csv")))
        pack = Path(home) / "pack.zip"
        done = _run(Path(home), ("evidence", "--logs", trail.path, "--out", str(pack)))
        seconds, memory = done.split()
        assert pack.stat().st_size > sizes.packed
    values["pack_10k"] = float(seconds)
    values["pack_10k_memory"] = float(memory) / 1e6


def _run(home: Path, words: Sequence[str]) -> str:
    command = (sys.executable, "-c", _PROGRAM, *words, "--quiet")
    return subprocess.run(
        command, cwd=REPOSITORY, env=env(home), capture_output=True, text=True, timeout=LONGEST, check=True
    ).stdout


EVIDENCE: Final = Group(_FIGURES, _measure)
