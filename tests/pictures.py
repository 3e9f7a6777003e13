"""Pictures of screens: taken when the app has come to rest, with what differs in words where one is another."""

from __future__ import annotations

import pickle
import re
from difflib import unified_diff
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import pytest
from pytest_textual_snapshot import node_to_report_path
from pytest_textual_snapshot import snap_compare as snap_compare_at_once

from tests.calm import settled

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import App
    from textual.pilot import Pilot

__all__ = ["snap_compare", "snap_compare_at_once"]

#: Lines of a difference that are printed, and characters of each.
_MOST_LINES: Final = 60
_WIDEST: Final = 300


@pytest.fixture
def snap_compare(snap_compare_at_once: Callable[..., bool], request: pytest.FixtureRequest) -> Callable[..., bool]:
    """Compare an app with its picture: `(app, *, terminal_size, run_before)`; it has done all its work by then."""

    def compare(app: App[Any], *, run_before: Any = None, **more: Any) -> bool:
        async def arrange(pilot: Pilot[Any]) -> None:
            if run_before is not None:
                await run_before(pilot)
            await settled(pilot.app)

        same = snap_compare_at_once(app, run_before=arrange, **more)
        if not same:
            _print_difference(request)
        return same

    return compare


def _print_difference(request: pytest.FixtureRequest) -> None:
    """Print what differs: a report of the pictures themselves does not come with what a run prints."""
    _, expected, actual, *_ = pickle.loads(node_to_report_path(request.node).read_bytes())
    # The names of its styles have a number of their own in each picture; what is kept has none.
    lines = re.sub(r"terminal-\d+-", "terminal-", actual).splitlines()
    difference = unified_diff(expected.splitlines(), lines, "expected", "actual", lineterm="", n=0)
    for line in islice(difference, _MOST_LINES):
        print(line[:_WIDEST])
