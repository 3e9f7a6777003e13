"""Which intake reads a source: of files, of days that are paid for, of event history, of a bucket."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias, cast

from ssmtrail.queries.ingest.files import FileIntake

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from ssmtrail.queries.engine import SoonEngine
    from ssmtrail.queries.ingest.days import DayIntake
    from ssmtrail.queries.ingest.history import HistoryIntake
    from ssmtrail.queries.ingest.s3 import S3Intake
    from ssmtrail.queries.sources.base import DaySource, Source
    from ssmtrail.queries.sources.history.source import HistorySource
    from ssmtrail.queries.sources.s3.source import S3Source
    from ssmtrail.queries.store.dataset import Dataset

    AnySource: TypeAlias = Source | DaySource | HistorySource | S3Source


class Intakes(NamedTuple):
    """The intake of a source, once more by what only some kinds of sources can do."""

    intake: FileIntake | DayIntake | HistoryIntake | S3Intake
    days: DayIntake | None = None
    """Where it asks queries for days."""
    paid: DayIntake | S3Intake | None = None
    """Where reading costs money."""
    history: HistoryIntake | None = None
    """Where it walks event history."""


def intakes_of(
    source: AnySource, dataset: Dataset, scratch_parent: Path, engine: SoonEngine, now: Callable[[], datetime],
    look_around_days: int,
) -> Intakes:  # fmt: skip
    """The intake for a source, told by what the source can do; modules that only one kind needs are loaded for it."""
    if hasattr(source, "closes"):
        from ssmtrail.queries.ingest.days import DayIntake

        days = DayIntake(cast("DaySource", source), dataset, scratch_parent, engine, now, look_around_days)
        return Intakes(days, days=days, paid=days)
    if hasattr(source, "walking"):
        from ssmtrail.queries.ingest.history import HistoryIntake

        walked = cast("HistorySource", source)
        history = HistoryIntake(walked, dataset, scratch_parent, engine, now, look_around_days)
        return Intakes(history, history=history)
    if hasattr(source, "places"):
        from ssmtrail.queries.ingest.s3 import S3Intake

        bucket = S3Intake(cast("S3Source", source), dataset, scratch_parent, engine, now, look_around_days)
        return Intakes(bucket, paid=bucket)
    return Intakes(FileIntake(source, dataset, scratch_parent, engine, now))
