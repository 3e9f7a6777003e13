"""What tests of the screens need not wait for."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def panes_only_when_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make no pane before it is wanted: all fourteen would cost each test a part of a second."""
    monkeypatch.setattr("ssmtrail.tui.frame.frame.PANE_REST", 3600.0)
