"""Kept days: the copies of days of a source of days, each a segment of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ssmtrail.queries.engine import interruptible
from ssmtrail.queries.store.segments import drop_segment, write_segment
from ssmtrail.queries.store.units import DayCopy, Unit

if TYPE_CHECKING:
    import threading
    from datetime import date, datetime

    from duckdb import DuckDBPyConnection

    from ssmtrail.queries.store.dataset import Dataset
    from ssmtrail.queries.store.parcels import DayParcel
    from ssmtrail.queries.store.segments import Segment


@dataclass(frozen=True, slots=True)
class KeptDay:
    """The stored copy of one day."""

    segment: Segment
    copy: DayCopy

    @property
    def day(self) -> date:
        """The day of the copy."""
        return self.copy.day

    @property
    def asked_at(self) -> datetime:
        """UTC; files delivered later are not in it."""
        return self.copy.asked_at

    @property
    def bytes(self) -> int:
        """Its share of the scanned bytes."""
        return self.copy.bytes


def kept_days(dataset: Dataset, *, sound: bool = False) -> dict[date, KeptDay]:
    """The newest copy of each day. With `sound` every byte is checked, and damaged and older copies are dropped.

    Older copies are left by a process that was killed.
    """
    found: dict[date, KeptDay] = {}
    for segment in dataset.sound_segments() if sound else dataset.segments():
        if segment.copy is None:
            continue
        kept = KeptDay(segment, segment.copy)
        other = found.get(kept.day)
        if other is None or _age(other) < _age(kept):
            found[kept.day], outdated = kept, other
        else:
            outdated = kept
        if outdated is not None and sound:
            drop_segment(outdated.segment)
    return found


def _age(kept: KeptDay) -> tuple[int, datetime, str]:
    """What makes one copy of a day better than another."""
    return kept.segment.extraction, kept.asked_at, kept.segment.name


def keep_day(dataset: Dataset, connection: DuckDBPyConnection, parcel: DayParcel, closing: threading.Event) -> KeptDay:
    """Write the copy of a day, whole or not at all; an older copy stays until it is dropped.

    Raises StoreError, Cancelled.
    """
    copy = DayCopy((Unit(parcel.day),), parcel.asked_at, parcel.bytes, parcel.queries, parcel.price)
    with interruptible(connection, closing):
        segment = write_segment(
            connection, dataset.segment_folder, with_partition(parcel.select), source=dataset.kind, copy=copy
        )
    return KeptDay(segment, copy)


def with_partition(select: str) -> str:
    """A statement whose rows also have the text column `partition`: NULL where `select` has none."""
    return f"SELECT NULL::VARCHAR AS partition WHERE false UNION ALL BY NAME ({select})"
