"""Which columns of findings are seen at which width."""

from __future__ import annotations

import pytest

from ssmtrail.tui.text import Clock
from ssmtrail.tui.views.findings import finding_columns
from ssmtrail.widgets.table_layout import fit_columns


@pytest.mark.parametrize(
    ("width", "seen", "least"),
    [
        (78, "severity rule at person what", 19),
        (118, "severity rule at person what machine calls", 34),
        (198, "severity rule at person what machine calls account", 60),
    ],
)
def test_what_happened_keeps_its_room(width: int, seen: str, least: int) -> None:
    placed = fit_columns([spec.column for spec in finding_columns(Clock())], width)
    assert [each.column.key for each in placed] == seen.split()
    assert next(each.width for each in placed if each.column.key == "what") >= least
