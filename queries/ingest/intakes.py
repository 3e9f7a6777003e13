"""Which intake reads a source: of files, of days that are paid for, of event history, of a bucket."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from ssmtrail.queries.ingest.files import FileIntake
from ssmtrail.queries.store.dataset import Dataset

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from ssmtrail.queries.engine import SoonEngine
    from ssmtrail.queries.ingest.days import DayIntake
    from ssmtrail.queries.ingest.history import HistoryIntake
    from ssmtrail.queries.ingest.s3 import S3Intake
    from ssmtrail.queries.ingest.several import SeveralIntake
    from ssmtrail.queries.sources.base import DaySource, Source
    from ssmtrail.queries.sources.history.source import HistorySource
    from ssmtrail.queries.sources.s3.source import S3Source
    from ssmtrail.queries.sources.several import SeveralSources
    from ssmtrail.queries.trust import Trust

    OneSource: TypeAlias = Source | DaySource | HistorySource | S3Source
    AnySource: TypeAlias = OneSource | SeveralSources


class Intakes(NamedTuple):
    """The intake of a source, once more by what only some kinds of sources can do."""

    intake: FileIntake | DayIntake | HistoryIntake | S3Intake | SeveralIntake
    days: DayIntake | SeveralIntake | None = None
    """Where it asks queries for days."""
    planned: DayIntake | HistoryIntake | S3Intake | SeveralIntake | None = None
    """Where a window is planned before it is read."""
    costs_money: bool = False
    """Whether reading is charged for."""
    several: SeveralIntake | None = None
    """Where several sources are answered together."""
    converts_former: bool = True
    """Whether what older versions kept is taken over; what they kept of files is read again."""


def dataset_of(root: Path, source: AnySource, trust: Trust) -> Dataset:
    """Where what is read of a source is kept. Raises StoreError."""
    given = source.subset if source.kind == "table" else {}
    return Dataset.of(root, source.identity, source.label, trust, given)


def intakes_of(
    source: AnySource, dataset: Dataset, root: Path, scratch_parent: Path, engine: SoonEngine,
    now: Callable[[], datetime], look_around_days: int,
) -> Intakes:  # fmt: skip
    """The intake for a source; modules that only one kind needs are loaded for it.

    `root` is the store. Raises StoreError.
    """
    if source.kind == "several":
        from ssmtrail.queries.ingest.several import several_intakes

        def one(member: OneSource, own: Dataset) -> Intakes:
            return intakes_of(member, own, root, scratch_parent, engine, now, look_around_days)

        kept_of = partial(dataset_of, root, trust=dataset.trust)
        return several_intakes(source, dataset, kept_of, one, now, engine)
    if source.kind == "table":
        from ssmtrail.queries.ingest.days import DayIntake

        days = DayIntake(source, dataset, scratch_parent, engine, now, look_around_days)
        return Intakes(days, days, days, costs_money=True)
    if source.kind == "history":
        from ssmtrail.queries.ingest.history import HistoryIntake

        history = HistoryIntake(source, dataset, scratch_parent, engine, now, look_around_days)
        return Intakes(history, planned=history)
    if source.kind == "bucket":
        from ssmtrail.queries.ingest.s3 import S3Intake

        bucket = S3Intake(source, dataset, scratch_parent, engine, now, look_around_days)
        return Intakes(bucket, planned=bucket, costs_money=True)
    return Intakes(FileIntake(source, dataset, scratch_parent, engine, now), converts_former=False)
