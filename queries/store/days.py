"""The days of a source that is kept by days: a segment each, the newest copy counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from queries.engine import interruptible
from queries.sources.contract import FileCover
from queries.store.segments import Segment, drop_segment, write_segment

if TYPE_CHECKING:
    import threading

    from duckdb import DuckDBPyConnection

    from queries.sources.day_contract import DayParcel
    from queries.store.dataset import Dataset


@dataclass(frozen=True, slots=True)
class KeptDay:
    """A copy of a day."""

    day: date
    segment: Segment
    asked_at: datetime
    """UTC; what was delivered later is not in it."""
    bytes: int
    """Its share of what was scanned."""


def kept_days(dataset: Dataset, *, sound: bool = False) -> dict[date, KeptDay]:
    """The newest copy of every day; older ones, left by a process that was killed, are removed where `sound`.

    With `sound` every byte is looked at, and what is damaged is dropped.
    """
    found: dict[date, KeptDay] = {}
    for segment in dataset.sound_segments() if sound else dataset.segments():
        cover = segment.files[0] if len(segment.files) == 1 else None
        if cover is None or cover.folder_day is None:
            continue
        kept = KeptDay(cover.folder_day, segment, _moment(cover.mtime_ns), cover.size)
        other = found.get(kept.day)
        if other is None or (other.asked_at, other.segment.name) < (kept.asked_at, segment.name):
            found[kept.day], kept_no_more = kept, other
        else:
            kept_no_more = kept
        if kept_no_more is not None and sound:
            drop_segment(kept_no_more.segment)
    return found


def keep_day(dataset: Dataset, connection: DuckDBPyConnection, parcel: DayParcel, closing: threading.Event) -> KeptDay:
    """Keep a day, whole or not at all; an older copy stays beside it until it is dropped.

    Raises StoreError, Cancelled.
    """
    cover = FileCover(
        parcel.day.isoformat(), parcel.bytes, int(parcel.asked_at.timestamp() * 1e9), parcel.day, parcel.day, parcel.day
    )
    with interruptible(connection, closing):
        segment = write_segment(connection, dataset.segment_folder, parcel.select, (cover,), 0)
    return KeptDay(parcel.day, segment, _moment(cover.mtime_ns), parcel.bytes)


def _moment(nanoseconds: int) -> datetime:
    return datetime.fromtimestamp(nanoseconds / 1e9, UTC)
