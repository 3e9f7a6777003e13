"""Reading other folders than the usual one: full of session calls, of many small files, of files that are kept already.

What others take for the same files is measured in the same run: `igzip -dc | wc -c` for what is dense, `cat` in two
processes for what is small, `os.scandir` with a `stat` of each file in a process of its own for what is unchanged. What
following costs while nothing happens is measured alone.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from statistics import median
from threading import Event
from typing import TYPE_CHECKING, Final

from ssmtrail.queries.following import FOLDER
from ssmtrail.queries.sources.files.watch import WHOLE, FolderWatch
from tests.bench.figures import AbsentError, Figure, Group, Sizes, ratios
from tests.bench.ingest import LONGEST, REPOSITORY, ours, unpack
from tests.trails import ROOT, BigTrail, dense, small

if TYPE_CHECKING:
    from collections.abc import Callable

_FIGURES: Final = (
    Figure("ingest_dense", "x", "<=", 4.0),
    Figure("ingest_dense_seconds", "s"),
    Figure("ingest_small_files", "x", "<=", 3.0),
    Figure("ingest_small_seconds", "s"),
    Figure("reopen_unchanged", "x", "<=", 1.5),
    Figure("reopen_seconds", "s"),
    Figure("follow_idle_cpu", "s", "<=", 0.3),
)
_PAIRS: Final = {
    "ingest_dense": ("dense", "igzip"),
    "ingest_small_files": ("small", "cat"),
    "reopen_unchanged": ("again", "listed"),
}
_SECONDS: Final = {"ingest_dense_seconds": "dense", "ingest_small_seconds": "small", "reopen_seconds": "again"}


def _measure(sizes: Sizes, values: dict[str, float]) -> None:
    crowded, quiet = dense(sizes.records, sizes.files), small(sizes.small_files)
    seconds: dict[str, list[float]] = defaultdict(list)
    missing: list[str] = []
    _cat(quiet)  # so that all read from the page cache
    with tempfile.TemporaryDirectory(dir=ROOT) as store:
        ours(quiet, store)
        contestants: dict[str, Callable[[], float]] = {
            "igzip": lambda: unpack("igzip", crowded),
            "dense": lambda: ours(crowded),
            "cat": lambda: _cat(quiet),
            "small": lambda: ours(quiet),
            "listed": lambda: _listed(quiet),
            "again": lambda: ours(quiet, store),
        }
        for _ in range(sizes.rounds):
            for name, run in contestants.items():
                try:
                    seconds[name].append(run())
                except AbsentError as error:
                    missing.append(f"{name}: {error}")
    ratios(values, seconds, _PAIRS)
    values["follow_idle_cpu"] = _idle(quiet)
    values |= {name: median(seconds[of]) for name, of in _SECONDS.items() if seconds[of]}
    if missing:
        raise AbsentError("; ".join(dict.fromkeys(missing)))


def _cat(trail: BigTrail) -> float:
    """`cat` of all files, in two processes; its seconds."""
    if shutil.which("xargs") is None:
        raise AbsentError("xargs is not installed")
    pipe = f"find '{trail.path}' -name '*.json.gz' -print0 | xargs -0 -n 1000 -P 2 cat > /dev/null"
    begun = time.perf_counter()
    subprocess.run(("sh", "-c", pipe), timeout=LONGEST, check=True)
    return time.perf_counter() - begun


def _idle(trail: BigTrail) -> float:
    """CPU seconds a minute of following a folder in which nothing happens, for each 10,000 files."""
    watch, never = FolderWatch(Path(trail.path)), Event()
    while watch.has_changed(never):
        pass
    begun = time.process_time()
    for _ in range(int(WHOLE / FOLDER)):
        if watch.has_changed(never):
            raise AbsentError("the folder changed")
    watch.clock = lambda: time.monotonic() + WHOLE  # the look at every file, once a minute
    _ = watch.has_changed(never)
    return (time.process_time() - begun) * 10_000 / trail.files


def _listed(trail: BigTrail) -> float:
    """What listing takes a process that does nothing else."""
    command = (sys.executable, "-m", "tests.bench.lists", trail.path)
    found = json.loads(subprocess.run(command, cwd=REPOSITORY, capture_output=True, timeout=LONGEST, check=True).stdout)
    if found["files"] != trail.files:
        raise AbsentError(f"{found['files']} of {trail.files} files were listed")
    return float(found["seconds"])


FOLDERS: Final = Group(_FIGURES, _measure)
