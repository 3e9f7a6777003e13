"""Runs the campaigns and writes docs/hardening.md: `python -m tests.campaigns [--scale N] [--seed N]`."""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tests.campaigns import buckets, fuzzing, processes, storms
from tests.sbom import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def campaigns(scale: float, seed: int) -> Sequence[tuple[str, int, Callable[[Path], str]]]:
    """What, how many, and what runs it in a folder of its own; raises AssertionError where something broke."""

    def many(count: int) -> int:
        return max(1, round(count * scale))

    keys = max(100, many(10_000) // len(storms.GAPS))
    rounds = many(100)
    return (
        ("fuzzed records", many(100_000), lambda _: fuzzing.fuzz_records(many(100_000), seed)),
        ("fuzzed files", many(5_000), lambda folder: fuzzing.fuzz_files(many(5_000), seed, folder)),
        ("kills of a reading query", many(1_000), lambda folder: processes.kills(many(1_000), seed, folder)),
        (
            "kills of a query over two folders together", rounds,
            lambda folder: processes.kills(rounds, seed, folder, folders=2),
        ),
        (
            "three processes over two folders with a purge, rounds", rounds,
            lambda folder: processes.together(rounds, 3, seed, folder, folders=2),
        ),
        ("kills of a reading of a bucket", many(50), lambda folder: buckets.kills(many(50), seed, folder)),
        ("two processes with a purge, rounds", rounds, lambda folder: processes.together(rounds, 2, seed, folder)),
        ("four processes with a purge, rounds", rounds, lambda folder: processes.together(rounds, 4, seed, folder)),
        *(
            (f"keys {gap} ms apart, with resizes", keys, lambda folder, gap=gap: storms.storm(keys, gap, seed, folder))
            for gap in storms.GAPS
        ),
    )  # fmt: skip


def main() -> int:
    """Run all, print each result, write the page; 1 where something broke."""
    parser = argparse.ArgumentParser(prog="python -m tests.campaigns", description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="share of the full numbers")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    rows, failed = [], 0
    for what, count, run in campaigns(given.scale, given.seed):
        begun = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            try:
                result = run(Path(folder))
            except AssertionError as error:
                failed += 1
                result = f"**broke**: {str(error).splitlines()[0][:200]}"
        rows.append(f"| {what} | {count:,} | {result} | {time.monotonic() - begun:.0f} s |")
        print(rows[-1], flush=True)
    (ROOT / "docs" / "hardening.md").write_text(_page(rows, given.scale, given.seed), encoding="utf-8")
    return int(failed > 0)


def _page(rows: Sequence[str], scale: float, seed: int) -> str:
    load = f"{os.getloadavg()[0]:.1f}"
    return "\n".join((
        "# Hardening: what was tried, how often, with which result",
        "",
        f"`make harden SCALE={scale:g} SEED={seed}` on {datetime.now(UTC):%Y-%m-%d}, {platform.system()}, Python",
        f"{platform.python_version()}, {os.cpu_count()} processors, load {load} at the end. `SCALE=1` is all.",
        "",
        "| what | how many | result | time |",
        "|---|---|---|---|",
        *rows,
        "",
        "A quick form runs with the tests (`tests/campaigns/test_quick.py`).",
        "",
    ))  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
