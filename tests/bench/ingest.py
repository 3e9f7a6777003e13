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
from tests.trails import ROOT, BigTrail, big, issuing

if TYPE_CHECKING:
    from collections.abc import Callable

REPOSITORY: Final = Path(__file__).parent.parent.parent
#: Seconds that anything here may take.
LONGEST: Final = 600.0
_UNPACK: Final = (
    "import sys; from isal import igzip; any(sys.stdout.buffer.write(igzip.open(n).read()) < 0 for n in sys.argv[2:])"
)

_FIGURES: Final = (
    Figure("ingest_seconds", "s"),
    Figure("ingest_records", "records/s"),
    Figure("ingest_vs_duckdb", "x", ">=", 30),
    # The quickest way that we found in DuckDB: `read_ndjson_objects` with `from_json`.
    Figure("ingest_vs_duckdb_objects", "x"),
    # Against `igzip -dc | wc -c`, with Python's `isal` in its place where Debian's is not installed.
    Figure("ingest_vs_gunzip", "x", "<=", 1.0),
    Figure("ingest_vs_gzip", "x"),
    Figure("ingest_vs_jq", "x"),
)
_SET_FIGURES: Final = (
    # CPU of reading into segments with extraction set 2, against set 1, on a trail in which they differ.
    Figure("ingest_set2_cpu", "x", "<=", 1.4),
    Figure("ingest_set2_rows", "x"),
    Figure("ingest_set2_store", "x"),
)
#: Rounds of the extraction sets, in turns; the least CPU counts, as other work on the machine only adds to it.
_SET_ROUNDS: Final = 5
_PAIRS: Final = {
    "ingest_vs_duckdb": ("duckdb", "ours"),
    "ingest_vs_duckdb_objects": ("objects", "ours"),
    "ingest_vs_gunzip": ("ours", "igzip"),
    "ingest_vs_gzip": ("ours", "gzip"),
    "ingest_vs_jq": ("jq", "ours"),
}


def _measure(sizes: Sizes, values: dict[str, float]) -> None:
    trail = big(sizes.records, sizes.files)
    unpack("gzip", trail)  # so that all read from the page cache
    seconds: dict[str, list[float]] = defaultdict(list)
    missing: list[str] = []
    contestants: dict[str, Callable[[BigTrail], float]] = {
        "ours": ours,
        "gzip": lambda trail: unpack("gzip", trail),
        "igzip": lambda trail: unpack("igzip", trail),
        "jq": _jq,
        "duckdb": lambda trail: _child(trail, "duckdb_reads", "read_json"),
        "objects": lambda trail: _child(trail, "duckdb_reads", "objects"),
    }
    for number in range(sizes.rounds):
        for name, run in contestants.items():
            if number and name in {"duckdb", "objects", "jq"}:
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


def _measure_sets(sizes: Sizes, values: dict[str, float]) -> None:
    """What extraction set 2 costs more than set 1: CPU, rows, bytes of the store."""
    trail = issuing(sizes.records, sizes.files)
    cpu: dict[str, list[float]] = defaultdict(list)
    found: dict[str, dict[str, float]] = {}
    for _ in range(_SET_ROUNDS):
        for number in ("1", "2"):
            with tempfile.TemporaryDirectory(dir=ROOT) as store:
                found[number] = _said(trail, "set_reads", store, number)
            cpu[number].append(found[number]["seconds"])
    values["ingest_set2_cpu"] = min(cpu["2"]) / min(cpu["1"])
    values["ingest_set2_rows"] = found["2"]["calls"] / found["1"]["calls"]
    values["ingest_set2_store"] = found["2"]["bytes"] / found["1"]["bytes"]


def ours(trail: BigTrail, store: str = "") -> float:
    """Let us read the trail, into a new store where none is named; the seconds."""
    if store:
        return _child(trail, "ours_reads", store)
    with tempfile.TemporaryDirectory(dir=ROOT) as new:
        return _child(trail, "ours_reads", new)


def _child(trail: BigTrail, module: str, argument: str) -> float:
    """Let a process of its own read the trail; its seconds."""
    return _said(trail, module, argument)["seconds"]


def _said(trail: BigTrail, module: str, *arguments: str) -> dict[str, float]:
    """Let a process of its own read the trail; what it says: `seconds`, `calls`, and more."""
    command = (sys.executable, "-m", f"tests.bench.{module}", trail.path, *arguments)
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=LONGEST, check=False)
    if done.returncode:
        raise AbsentError(f"{module} says {(done.stderr.strip().splitlines() or ['nothing'])[-1]}")
    found: dict[str, float] = json.loads(done.stdout)
    if found["calls"] < trail.session_calls:
        raise AbsentError(f"{module} found {found['calls']} of {trail.session_calls} session calls")
    return found


def unpack(program: str, trail: BigTrail) -> float:
    """`PROGRAM -dc FILES | wc -c`; its seconds."""
    command = program
    if shutil.which(program) is None:
        if program != "igzip":
            raise AbsentError(f"{program} is not installed")
        print("igzip (Debian's isal) is not installed: Python's isal unpacks in its place", file=sys.stderr)
        command = f"'{sys.executable}' -c '{_UNPACK}'"
    seconds, said = _pipe(trail, f"xargs -0 {command} -dc | wc -c")
    if int(said) != trail.bytes_unpacked:
        raise AbsentError(f"{program} gave {said.strip()} of {trail.bytes_unpacked} bytes")
    return seconds


def _jq(trail: BigTrail) -> float:
    """`gzip -dc FILES | jq` counting the session calls; its seconds."""
    if shutil.which("jq") is None:
        raise AbsentError("jq is not installed")
    names = '"StartSession","ResumeSession","TerminateSession"'
    wanted = f'.Records[] | select(.eventSource == "ssm.amazonaws.com" and (.eventName | IN({names}))) | .eventID'
    seconds, said = _pipe(trail, f"xargs -0 gzip -dc | jq -r '{wanted}' | wc -l")
    if int(said) < trail.session_calls:
        raise AbsentError(f"jq found {said.strip()} of {trail.session_calls} session calls")
    return seconds


def _pipe(trail: BigTrail, command: str) -> tuple[float, str]:
    """A command that is given the files' names; its seconds, what it said."""
    pipe = f"find '{trail.path}' -name '*.json.gz' -print0 | {command}"
    begun = time.perf_counter()
    done = subprocess.run(("sh", "-c", pipe), capture_output=True, text=True, timeout=LONGEST, check=True)
    return time.perf_counter() - begun, done.stdout


INGEST: Final = Group(_FIGURES, _measure)
SETS: Final = Group(_SET_FIGURES, _measure_sets)
