"""Kept days: the copies of days of a source of days, each a segment of its own."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from ssmtrail.queries.engine import interruptible
from ssmtrail.queries.sql_text import paths_literal
from ssmtrail.queries.store.segments import drop_segment, segments_in, write_segment
from ssmtrail.queries.store.units import DayCopy

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterable, Mapping
    from datetime import date, datetime

    from duckdb import DuckDBPyConnection

    from ssmtrail.queries.store.dataset import Dataset
    from ssmtrail.queries.store.parcels import DayParcel
    from ssmtrail.queries.store.segments import Segment
    from ssmtrail.queries.store.units import Subset


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
    """The best copy of each day, those of ssmtrail 0.1.0 too.

    With `sound` every byte is checked, and damaged and older copies are dropped; a killed process left the latter.
    """
    found: dict[date, KeptDay] = {}
    former = (segment for each in dataset.former if each.subset == dataset.subset for segment in each.segments())
    for segment in chain(former, dataset.sound_segments() if sound else dataset.segments()):
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


def _age(kept: KeptDay) -> tuple[int, datetime, int, str]:
    """What makes one copy of a day better than another."""
    return kept.segment.extraction, kept.asked_at, kept.segment.schema, kept.segment.name


def keep_day(dataset: Dataset, connection: DuckDBPyConnection, parcel: DayParcel, closing: threading.Event) -> KeptDay:
    """Write the copy of a day, whole or not at all; an older copy stays until it is dropped.

    Raises StoreError, Cancelled.
    """
    subset = dataset.subset
    copy = DayCopy(
        subset.units(parcel.day), parcel.asked_at, parcel.bytes, parcel.queries, parcel.price, dict(subset.values)
    )
    with interruptible(connection, closing):
        segment = write_segment(
            connection, dataset.segment_folder, with_partition(parcel.select), source=dataset.kind, copy=copy
        )
    return KeptDay(segment, copy)


def with_partition(select: str) -> str:
    """A statement whose rows also have the text column `partition`: NULL where `select` has none."""
    return f"SELECT NULL::VARCHAR AS partition WHERE false UNION ALL BY NAME ({select})"


def take_shared(
    dataset: Dataset, days: Iterable[date], engine: Callable[[], DuckDBPyConnection], cancelled: threading.Event
) -> None:
    """Cut days of a subset out of copies of the whole table and of other subsets, where they are better than its own.

    Nothing is paid, and the rows are those whose partition has the subset's values. Raises StoreError, Cancelled.
    """
    wanted, subset = set(days), dataset.subset
    if not (subset and wanted and subset.is_cuttable):
        return
    own = kept_days(dataset)
    for day, copies in _copies_elsewhere(dataset, wanted).items():
        parts = _chosen(subset, copies)
        if parts and (day not in own or _age(own[day])[:2] < min(_age(kept) for kept, _ in parts)[:2]):
            with interruptible(engine(), cancelled):
                _cut(dataset, day, parts, engine())


def _copies_elsewhere(dataset: Dataset, days: set[date]) -> Mapping[date, list[KeptDay]]:
    """Copies of these days outside the dataset of a subset, the best first."""
    found: dict[date, list[KeptDay]] = {}
    folders = {dataset.whole.segment_folder, *dataset.subsets} - {dataset.segment_folder}
    for segment in (each for folder in sorted(folders) for each in segments_in(folder)):
        if segment.copy is not None and segment.copy.day in days:
            found.setdefault(segment.copy.day, []).append(KeptDay(segment, segment.copy))
    return {day: sorted(copies, key=_age, reverse=True) for day, copies in found.items()}


def _chosen(subset: Subset, copies: Iterable[KeptDay]) -> list[tuple[KeptDay, frozenset[tuple[str, ...]]]]:
    """The best copies that hold the whole subset together, each with its combinations; none where they do not."""
    left, chosen = set(subset.combinations), []
    for kept in copies:
        if held := subset.held_by(kept.copy.partition) & left:
            chosen.append((kept, held))
            left -= held
    return [] if left else chosen


def _cut(
    dataset: Dataset,
    day: date,
    parts: list[tuple[KeptDay, frozenset[tuple[str, ...]]]],
    connection: DuckDBPyConnection,
) -> None:
    """Write the rows of a subset from copies of a day; nothing where rows do not show to what they belong."""
    subset, selects = dataset.subset, []
    for kept, combinations in parts:
        if not kept.segment.calls:
            continue
        rows = f"SELECT * FROM read_parquet({paths_literal([kept.segment.path])})"
        by_path = _has_unknown(connection, rows, subset.unknown_rows(by_path=False))
        if by_path and (not subset.is_in_paths or _has_unknown(connection, rows, subset.unknown_rows(by_path=True))):
            return
        selects.append(f"{rows} WHERE {subset.rows_of(combinations, by_path=by_path)}")
    copy = DayCopy(
        subset.units(day), min(kept.asked_at for kept, _ in parts), price=0.0, partition=dict(subset.values),
        cut_from=tuple(kept.segment.name for kept, _ in parts),
    )  # fmt: skip
    write_segment(
        connection, dataset.segment_folder, " UNION ALL BY NAME ".join(selects) or None, source=dataset.kind, copy=copy,
        extraction=min(kept.segment.extraction for kept, _ in parts),
    )  # fmt: skip


def _has_unknown(connection: DuckDBPyConnection, rows: str, condition: str) -> bool:
    return bool(connection.execute(f"{rows} WHERE {condition} LIMIT 1").fetchall())
