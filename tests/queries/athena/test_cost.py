"""The cost rule: what a window needs is scanned once."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from tests.queries.athena.audit import audit

if TYPE_CHECKING:
    from pathlib import Path

    from tests.athena_emulator import Emulator


def test_an_audit_scans_what_its_window_needs_once(emulator: Emulator, tmp_path: Path) -> None:
    scans = audit(emulator, tmp_path, date(2026, 11, 12), date(2026, 11, 18))
    assert scans.later == 0
    assert scans.ratio == 1.0
    assert scans.naive == 52 * scans.needed
