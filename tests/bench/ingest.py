"""Reading a folder into the store, against others that read the same files in the same run.

What counts is wall time: ours from making the service to a store that answers, without the imports; DuckDB's from
connecting to the count, without the import; of the unpackers the whole pipe.
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
from typing import TYPE_CHECKING, Final

from tests.bench.figures import AbsentError, Figure, Group, Sizes, ratios
from tests.trails import ROOT, BigTrail, big

if TYPE_CHECKING:
    from collections.abc import Callable

REPOSITORY: Final = Path(__file__).parent.parent.parent
_LIMIT: Final = 600.0

_FIGURES: Final = (
    Figure("ingest_seconds", "s"),
    Figure("ingest_records", "records/s"),
    Figure("ingest_vs_duckdb", "x", ">=", 30),
    # The quickest way that we found in DuckDB: `read_ndjson_objects` with `from_json`.
    Figure("ingest_vs_duckdb_objects", "x"),
    Figure("ingest_vs_gunzip", "x", "<=", 1.0),
    Figure("ingest_vs_igzip", "x"),
)
_PAIRS: Final = {
    "ingest_vs_duckdb": ("duckdb", "ours"),
    "ingest_vs_duckdb_objects": ("objects", "ours"),
    "ingest_vs_gunzip": ("ours", "gzip"),
    "ingest_vs_igzip": ("ours", "igzip"),
}


def _measure(sizes: Sizes, values: dict[str, float]) -> None:
    trail = big(sizes.records, sizes.files)
    _unpack("gzip", trail)  # so that all read from the page cache
    seconds: dict[str, list[float]] = defaultdict(list)
    missing: list[str] = []
    contestants: dict[str, Callable[[BigTrail], float]] = {
        "ours": _ours,
        "gzip": lambda trail: _unpack("gzip", trail),
        "igzip": lambda trail: _unpack("igzip", trail),
        "duckdb": lambda trail: _child(trail, "duckdb_reads", "read_json"),
        "objects": lambda trail: _child(trail, "duckdb_reads", "objects"),
    }
    for number in range(sizes.rounds):
        for name, run in contestants.items():
            if number and name in {"duckdb", "objects"}:
                continue  # so slow that one round says enough
            try:
                seconds[name].append(run(trail))
            except AbsentError as error:
                missing.append(f"{name}: {error}")
    ratios(values, seconds, _PAIRS)
    if seconds["ours"]:
        values["ingest_seconds"] = median(seconds["ours"])
        values["ingest_records"] = trail.records / values["ingest_seconds"]
    if missing:
        raise AbsentError("; ".join(dict.fromkeys(missing)))


def _ours(trail: BigTrail) -> float:
    with tempfile.TemporaryDirectory(dir=ROOT) as store:
        return _child(trail, "ours_reads", store)


def _child(trail: BigTrail, module: str, argument: str) -> float:
    """Let a process of its own read the trail; its seconds."""
    command = (sys.executable, "-m", f"tests.bench.{module}", trail.path, argument)
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=_LIMIT, check=False)
    if done.returncode:
        raise AbsentError(f"{module} says {(done.stderr.strip().splitlines() or ['nothing'])[-1]}")
    found = json.loads(done.stdout)
    if found["calls"] < trail.session_calls:
        raise AbsentError(f"{module} found {found['calls']} of {trail.session_calls} session calls")
    return float(found["seconds"])


def _unpack(program: str, trail: BigTrail) -> float:
    """`PROGRAM -dc FILES | wc -c`; its seconds."""
    if shutil.which(program) is None:
        raise AbsentError(f"{program} is not installed")
    pipe = f"find '{trail.path}' -name '*.json.gz' -print0 | xargs -0 {program} -dc | wc -c"
    begun = time.perf_counter()
    done = subprocess.run(("sh", "-c", pipe), capture_output=True, text=True, timeout=_LIMIT, check=True)
    seconds = time.perf_counter() - begun
    if int(done.stdout) != trail.bytes_unpacked:
        raise AbsentError(f"{program} gave {done.stdout.strip()} of {trail.bytes_unpacked} bytes")
    return seconds


INGEST: Final = Group(_FIGURES, _measure)
