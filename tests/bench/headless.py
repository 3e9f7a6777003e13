"""What a script waits for: one question about a store that is there, from process start to end.

The same question is put to DuckDB in a bare Python process, over the Parquet files that we derived, and written as CSV.
"""

from __future__ import annotations

import subprocess
import sys
import time
from statistics import median
from typing import TYPE_CHECKING, Final

from tests.bench.apps import SSMTRAIL, env, root, warm_home
from tests.bench.figures import AbsentError, Figure, Group, Sizes
from tests.bench.ingest import LONGEST, REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path

_FIGURES: Final = (Figure("headless_pairs", "x", "<=", 1.5), Figure("headless_pairs_seconds", "s"))


def _measure(sizes: Sizes, values: dict[str, float]) -> None:
    with warm_home(sizes.million) as (home, folder):
        ours, theirs = root() / "pairs-ours.csv", root() / "pairs-duckdb.csv"
        seconds: list[float] = []
        bare: list[float] = []
        for _ in range(sizes.rounds):
            seconds.append(_run((*SSMTRAIL, "query", "pairs", "--logs", folder, "--format", "csv"), home, ours))
            bare.append(_run((sys.executable, "-m", "tests.bench.duckdb_pairs", str(home)), home, theirs))
        if sorted(ours.read_bytes().splitlines()[1:]) != sorted(theirs.read_bytes().splitlines()[1:]):
            raise AbsentError("the two answers differ")
    values["headless_pairs_seconds"] = median(seconds)
    values["headless_pairs"] = median(seconds) / median(bare)


def _run(command: tuple[str, ...], home: Path, output: Path) -> float:
    with output.open("wb") as file:
        begun = time.perf_counter()
        subprocess.run(
            command, cwd=REPOSITORY, env=env(home), stdout=file, stderr=subprocess.DEVNULL, timeout=LONGEST, check=True
        )
        return time.perf_counter() - begun


HEADLESS: Final = Group(_FIGURES, _measure)
