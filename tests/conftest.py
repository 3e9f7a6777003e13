"""What holds for every test: no haste for generated examples, a second try for terminals on a busy machine."""

from __future__ import annotations

from typing import Final

import pytest
from hypothesis import HealthCheck, settings

#: Tests of whole processes: they wait for a clock, and on a machine that does much else a key may come too early.
#: They fail for good when they fail three times.
_REAL_PROCESSES: Final = (
    "tests/tui/test_hostile_text.py",
    "tests/tui/test_terminal.py",
    "tests/widgets/test_bytes.py",
    "tests/test_pty_app.py",
    "tests/queries/test_service_threads.py",
    "tests/queries/test_store_processes.py",
    "tests/queries/test_files_readers.py",
)

settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give tests of real processes two more tries."""
    for item in items:
        if item.nodeid.startswith(_REAL_PROCESSES):
            item.add_marker(pytest.mark.flaky(reruns=2))
