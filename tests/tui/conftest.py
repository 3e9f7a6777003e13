"""What tests of the screens need not wait for."""

from __future__ import annotations

import sys
import types
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from ssmtrail.tui.choice import LaunchOptions, SourceChoice


@pytest.fixture(autouse=True)
def panes_only_when_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make no pane before it is wanted: all fourteen would cost each test a part of a second."""
    monkeypatch.setattr("ssmtrail.tui.frame.frame.PANE_REST", 3600.0)


@pytest.fixture
def launched(monkeypatch: pytest.MonkeyPatch) -> list[tuple[SourceChoice, LaunchOptions]]:
    """What the app is begun with, in its place; the exit status is 7."""
    calls: list[tuple[SourceChoice, LaunchOptions]] = []

    def launch(choice: SourceChoice, options: LaunchOptions) -> int:
        calls.append((choice, options))
        return 7

    module = types.ModuleType("ssmtrail.tui.launch")
    module.run = launch  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "ssmtrail.tui.launch", module)
    return calls
