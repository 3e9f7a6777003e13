"""The token bucket: two requests at once, then two a second, over all processes."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from ssmtrail.queries.errors import Cancelled
from ssmtrail.queries.sources.history.rate import INTERVAL, TokenBucket

if TYPE_CHECKING:
    from pathlib import Path


class Waits(threading.Event):
    """Counts the seconds that are waited instead of waiting."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds = 0.0

    def wait(self, timeout: float | None = None) -> bool:
        self.seconds += timeout or 0.0
        return False


def test_processes_share_a_rate(tmp_path: Path) -> None:
    now, waits = 1000.0, Waits()
    buckets = [TokenBucket(tmp_path / "one", clock=lambda: now + waits.seconds) for _ in range(2)]
    for number in range(20):
        buckets[number % 2].take(waits)
    # The first two are free.
    assert waits.seconds == pytest.approx(18 * INTERVAL)


def test_other_regions_do_not_compete(tmp_path: Path) -> None:
    waits = Waits()
    for region in ("a", "b", "c"):
        TokenBucket(tmp_path / region, clock=lambda: 5.0).take(waits)
    assert waits.seconds == 0


def test_throttling_lets_everybody_wait(tmp_path: Path) -> None:
    waits = Waits()
    one, other = (TokenBucket(tmp_path / "one", clock=lambda: 1000.0) for _ in range(2))
    one.hold(4.0)
    other.take(waits)
    assert waits.seconds == pytest.approx(4.0 - INTERVAL)


@pytest.mark.parametrize("left", [b"", b"nonsense", b"99999999999.0", b"\xff\xfe"])
def test_a_damaged_file_or_another_clock_blocks_nobody(tmp_path: Path, left: bytes) -> None:
    (tmp_path / "one").write_bytes(left)
    waits = Waits()
    TokenBucket(tmp_path / "one", clock=lambda: 1000.0).take(waits)
    assert waits.seconds == 0


def test_a_cancel_ends_the_wait(tmp_path: Path) -> None:
    cancelled = threading.Event()
    cancelled.set()
    with pytest.raises(Cancelled):
        TokenBucket(tmp_path / "one").take(cancelled)
