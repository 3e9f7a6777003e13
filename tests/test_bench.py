"""The bench's lines: six words each, none left out."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.bench.apps import env, resident, watched
from tests.bench.athena import SCANS, VOLUME
from tests.bench.evidence import EVIDENCE
from tests.bench.figures import QUICK, AbsentError, EndedError, Figure, Group, Sizes, percentile, ratios
from tests.bench.folders import FOLDERS
from tests.bench.headless import HEADLESS
from tests.bench.history import HISTORY
from tests.bench.ingest import INGEST, REPOSITORY, SETS
from tests.bench.integrity import INTEGRITY
from tests.bench.journeys import JOURNEY_KEYS
from tests.bench.million import MILLION
from tests.bench.policy import POLICY
from tests.bench.s3 import S3
from tests.bench.screens import KEYS, STARTS
from tests.bench.size import SIZE

if TYPE_CHECKING:
    from pathlib import Path

#: A program that the bench starts, as its memory is measured.
MEMORY = "from tests.bench.memory import most_memory; print(most_memory())"
SMALLER = Figure("smaller", "ms", "<=", 16)
LARGER = Figure("larger", "x", ">=", 30)


@pytest.mark.parametrize(
    ("figure", "value", "line"),
    [
        (SMALLER, 15.96, "smaller 15.96 ms <= 16 met"),
        (SMALLER, 16.01, "smaller 16.01 ms <= 16 missed"),
        (LARGER, 34.14, "larger 34.14 x >= 30 met"),
        (LARGER, 29.0, "larger 29 x >= 30 missed"),
        (LARGER, None, "larger - x >= 30 absent"),
        (Figure("free", "records/s"), 1_234_567.8, "free 1234568 records/s - - -"),
        (Figure("free", "s"), None, "free - s - - absent"),
    ],
)
def test_a_line_has_six_words(figure: Figure, value: float | None, line: str) -> None:
    assert figure.line(value) == line
    assert len(line.split()) == 6


def test_a_figure_that_cannot_be_had_keeps_its_line() -> None:
    def measure(_: Sizes, values: dict[str, float]) -> None:
        values["larger"] = 31
        raise AbsentError("no terminal")

    told: list[str] = []
    lines = Group((SMALLER, LARGER), measure).lines(QUICK, told.append)
    assert lines == ["smaller - ms <= 16 absent", "larger 31 x >= 30 met"]
    assert told == ["absent: smaller: no terminal"]


@pytest.mark.parametrize("value", [0.0, -1.0, float("nan"), float("inf")])
def test_what_nothing_living_gives_is_no_figure(value: float) -> None:
    told: list[str] = []
    measure = Group((SMALLER, LARGER), lambda _, values: values.update(smaller=value, larger=31))
    assert measure.lines(QUICK, told.append) == ["smaller - ms <= 16 absent", "larger 31 x >= 30 met"]
    assert told == [f"absent: smaller: {value} is no measurement"]


def test_nothing_counts_that_was_measured_with_a_program_that_ended(tmp_path: Path) -> None:
    def measure(_: Sizes, values: dict[str, float]) -> None:
        command = (sys.executable, "-c", "import sys; print('rows', flush=True); sys.stdin.readline(); sys.exit('oh')")
        with watched(command, tmp_path) as app:
            app.wait_for("rows")
            values["smaller"] = resident(app.process.pid)
            app.write(b"\r")
            app.wait_closed()
            with pytest.raises(EndedError):
                resident(app.process.pid)

    told: list[str] = []
    lines = Group((SMALLER, LARGER), measure).lines(QUICK, told.append)
    assert lines == ["smaller - ms <= 16 absent", "larger - x >= 30 absent"]
    assert told == ["absent: smaller larger: the app ended with 1: ['oh']"]


def test_the_goals_are_all_measured() -> None:
    goals = {
        figure.name: f"{figure.sign} {figure.goal:g}"
        for group in (
            SIZE,
            INGEST,
            SETS,
            FOLDERS,
            SCANS,
            VOLUME,
            HISTORY,
            S3,
            STARTS,
            KEYS,
            JOURNEY_KEYS,
            MILLION,
            HEADLESS,
            POLICY,
            INTEGRITY,
            EVIDENCE,
        )
        for figure in group.figures
        if figure.goal is not None
    }
    assert goals == {
        "install_runtime_mb": "<= 160",
        "ingest_vs_duckdb": ">= 30",
        "ingest_vs_gunzip": "<= 1",
        "ingest_set2_cpu": "<= 1.4",
        "ingest_dense": "<= 4",
        "ingest_small_files": "<= 3",
        "reopen_unchanged": "<= 1.5",
        "follow_idle_cpu": "<= 0.3",
        "athena_scan_ratio": "<= 1",
        "athena_rows": ">= 200000",
        "athena_memory": "<= 300",
        "history_first_rows": "<= 2",
        "history_17_regions": "<= 1.2",
        "s3_gets": "<= 2",
        "s3_vs_sync": "<= 1",
        "demo_written": "<= 0.7",
        "demo_rows": "<= 2",
        "first_rows": "<= 1.25",
        "first_rows_1m": "<= 2",
        "key_down": "<= 0.6",
        "key_page": "<= 0.3",
        "key_end": "<= 0.6",
        "key_sort": "<= 1.5",
        "key_filter": "<= 1.5",
        "key_switch": "<= 0.3",
        "drill": "<= 2",
        **{f"keys_journey_{number}": f"<= {limit}" for number, limit in enumerate((4, 2, 2, 5, 3, 5, 5, 3), start=1)},
        "bytes_down": "<= 0.35",
        "bytes_page": "<= 0.6",
        "memory_1m": "<= 250",
        "matrix_1m": "<= 3",
        "headless_pairs": "<= 1.5",
        "check_1m": "<= 2",
        "findings_1m": "<= 5",
        "integrity_day": "<= 2",
        "pack_10k": "<= 10",
        "pack_10k_memory": "<= 300",
    }


def test_a_group_is_found_by_a_part_of_a_name() -> None:
    group = Group((SMALLER, LARGER), lambda *_: None)
    assert group.has([])
    assert group.has(["other", "mall"])
    assert not group.has(["other"])


def test_ratios_are_of_medians() -> None:
    values: dict[str, float] = {}
    ratios(values, {"a": [9.0, 1.0, 2.0], "b": [1.0], "c": []}, {"ab": ("a", "b"), "ac": ("a", "c"), "ad": ("a", "d")})
    assert values == {"ab": 2.0}


def test_a_percentile_is_one_of_the_values() -> None:
    assert percentile(list(range(1, 101)), 0.95) == 96
    assert percentile([7.0], 0.95) == 7.0


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux says it")
def test_the_memory_of_a_program_is_its_own_not_that_of_the_bench_that_started_it() -> None:
    held = b"x" * 200_000_000  # as resident as that of a bench that has made a large trail
    done = subprocess.run(
        (sys.executable, "-c", MEMORY), cwd=REPOSITORY, env=env(REPOSITORY), capture_output=True, text=True, check=True
    )
    assert 1_000_000 < int(done.stdout) < len(held) / 2
