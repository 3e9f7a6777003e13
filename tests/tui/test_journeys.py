"""The journeys of `tests/journeys.py` end with their answers, in as many keys as are documented."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from tests.journeys import JOURNEYS, SIZES, Journey, opened, play_all

DOCS: Final = Path(__file__).parents[2] / "docs" / "audit.md"


def test_every_journey_ends_with_its_answer_at_every_size(tmp_path: Path) -> None:
    with opened(tmp_path) as app:
        for size in SIZES:
            assert play_all(app, size, tmp_path) == {journey.number: journey.keys for journey in JOURNEYS}, size


def test_every_journey_is_within_its_limit() -> None:
    assert [journey.number for journey in JOURNEYS if journey.keys > journey.limit] == []


@pytest.mark.parametrize("journey", JOURNEYS, ids=lambda journey: str(journey.number))
def test_a_journey_is_documented_key_by_key(journey: Journey) -> None:
    assert f"| {journey.question} | {journey.written} | {journey.keys} |" in DOCS.read_text(encoding="utf-8")
