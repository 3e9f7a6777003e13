"""Keeps what a check found in the store, so that answers say it without another check."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from ssmtrail.queries.filters.keys import INTEGRITIES
from ssmtrail.queries.integrity.rows import day_row, file_row
from ssmtrail.queries.store.checked_files import BadItem, CheckedDay, CheckedFile, CheckedFiles, read_checked
from ssmtrail.queries.times import utc_text

if TYPE_CHECKING:
    from datetime import date

    from ssmtrail.queries.integrity.proof import Item
    from ssmtrail.queries.integrity.verify import Report
    from ssmtrail.queries.model import Row
    from ssmtrail.queries.store.checked_files import KeptRow
    from ssmtrail.queries.store.dataset import Dataset
    from ssmtrail.queries.times import Window

_PLACES: Final = {word: place for place, word in enumerate(INTEGRITIES)}


def keep_check(dataset: Dataset, report: Report, window: Window, now: datetime) -> None:
    """Keep what was found beside what is read of the same source, in place of earlier checks of the same files.

    `now` is UTC. Raises StoreError.
    """
    before, found = read_checked(dataset.folder), checked_files(report, window, now)
    (before.with_later(found) if before else found).keep(dataset.folder)


def checked_files(report: Report, window: Window, now: datetime) -> CheckedFiles:
    """What a check of a window found, as it is kept."""
    here = [item for item in report.items if item.kind == "log" and item.integrity != "missing"]
    files = {item.file: CheckedFile(item.on_disk, _day_of(item), _PLACES[item.integrity]) for item in here}
    days: dict[str, list[CheckedDay]] = defaultdict(list)
    for row in report.days:
        if row.day is not None and _is_whole(row.day, window):
            days[row.day.isoformat()].append(CheckedDay(_PLACES[row.integrity], _plain(day_row(row))))
    bad = [
        BadItem(_day_of(item), item.file, item.file in files, _plain(file_row(item)))
        for item in report.items
        if item.integrity != "proved"
    ]
    return CheckedFiles(now.replace(microsecond=0), report.keys, files, days, bad)


def _day_of(item: Item) -> str:
    return item.at.date().isoformat() if item.at else ""


def _plain(row: Row) -> KeptRow:
    return tuple(utc_text(value) if isinstance(value, datetime) else value for value in row)


def _is_whole(day: date, window: Window) -> bool:
    """Whether a check of the window looked at the whole day."""
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    after = window.start is None or window.start <= start
    return after and (window.end is None or window.end >= start + timedelta(days=1))
