"""What `make check` leaves out is there, and is the smaller part."""

from __future__ import annotations

from pathlib import Path

from tests.slow import SLOW

TESTS = Path(__file__).parent


def test_each_module_is_there() -> None:
    assert [name for name in sorted(SLOW) if not (TESTS / name).is_file()] == []


def test_most_modules_are_quick() -> None:
    assert len(SLOW) < len(list(TESTS.rglob("test_*.py"))) / 3
