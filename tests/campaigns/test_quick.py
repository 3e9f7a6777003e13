"""The campaigns in a form that takes seconds; `make harden` runs them in full."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.campaigns import buckets, fuzzing, processes

if TYPE_CHECKING:
    from pathlib import Path


def test_fuzzed_records() -> None:
    fuzzing.fuzz_records(1_500, seed=2)


def test_fuzzed_files(tmp_path: Path) -> None:
    fuzzing.fuzz_files(150, seed=2, folder=tmp_path)


def test_kills(tmp_path: Path) -> None:
    processes.kills(2, seed=2, folder=tmp_path)


def test_processes_with_a_purge(tmp_path: Path) -> None:
    processes.together(1, 2, seed=2, folder=tmp_path)


def test_kills_of_a_reading_of_a_bucket(tmp_path: Path) -> None:
    buckets.kills(2, seed=2, folder=tmp_path, objects=90)
