"""The process ends with its exit code, whatever other threads do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

BUSY = """
import threading, time, duckdb
from ssmtrail.tui.cli.main import leave_process
def query():
    duckdb.connect().execute("SELECT count(*) FROM range(1000000000) a(i), range(1000) b(j) WHERE i + j = 7").fetchall()
for _ in range(3):
    threading.Thread(target=query, daemon=True).start()
time.sleep(0.2)
print("said", end="")
"""


def ended(program: str) -> subprocess.CompletedProcess[str]:
    root = Path(__file__).parents[2]
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=20, cwd=root, check=False
    )


def test_with_threads_inside_the_engine() -> None:
    done = ended(BUSY + "leave_process(7)")
    assert (done.returncode, done.stdout, done.stderr) == (7, "said", "")


def test_with_no_thread_left() -> None:
    done = ended("from ssmtrail.tui.cli.main import leave_process\nleave_process(4)")
    assert (done.returncode, done.stderr) == (4, "")
