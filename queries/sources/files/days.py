"""UTC days as a trail's paths, names and records write them."""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from queries.sources.covers import day_text

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Years of times that are believed (`queries/sql/parsed.sql` has the same); others were made up.
FIRST_YEAR: Final = 1970
LAST_YEAR: Final = 9000

#: S3 prefix of CloudTrail: `.../2026/11/23/`. Source: "Finding your CloudTrail log files", CloudTrail User Guide.
_FOLDERS: Final = re.compile(r"(?:^|/)(\d{4})/(\d\d)/(\d\d)(?=/)")
#: File name of CloudTrail: `111122223333_CloudTrail_eu-central-1_20261123T1205Z_abc.json.gz` (same page).
_NAME: Final = re.compile(r"_(\d{4})(\d\d)(\d\d)T\d{4}Z")
_EVENT_TIME: Final = re.compile(rb'eventTime\\?"\s*:\s*\\?"(\d{4})-(\d\d)-(\d\d)')
#: `eventTime` as text elsewhere (a message, a parameter) is passed over at most so often.
_TRIES: Final = 64


def folder_day(path: str) -> date | None:
    """The UTC delivery day that a path below the folder tells, from its folders, else from its name."""
    name_at = path.rfind("/") + 1
    if day := _day_of_folders(path[:name_at]):
        return day
    name = _NAME.search(path, name_at)
    return _day(*name.groups()) if name else None


def folder_days(paths: Iterable[str]) -> list[str]:
    """The same of many paths, as ISO dates; empty where none is told."""
    known: dict[str, str] = {}
    days = []
    for path in paths:
        folders = path[: path.rfind("/") + 1]
        day = known.get(folders)
        if day is None:
            day = known[folders] = day_text(_day_of_folders(folders))
        days.append(day or day_text(folder_day(path)))
    return days


@lru_cache(maxsize=1024)
def _day_of_folders(folders: str) -> date | None:
    found = _FOLDERS.findall(folders)
    return _day(*found[-1]) if found else None


def first_day(data: bytes) -> date | None:
    """The UTC day of the first `eventTime` in a file's text."""
    at = -1
    for _ in range(_TRIES):
        at = data.find(b"eventTime", at + 1)
        if at < 0 or (day := _event_day(data, at)):
            return None if at < 0 else day
    return None


def last_day(data: bytes) -> date | None:
    """The UTC day of the last `eventTime` in a file's text."""
    at = len(data)
    for _ in range(_TRIES):
        at = data.rfind(b"eventTime", 0, at)
        if at < 0 or (day := _event_day(data, at)):
            return None if at < 0 else day
    return None


def _event_day(data: bytes, at: int) -> date | None:
    found = _EVENT_TIME.match(data, at)
    return _day(*found.groups()) if found else None


@lru_cache(maxsize=1024)
def _day(year: str | bytes, month: str | bytes, day: str | bytes) -> date | None:
    try:
        found = date(int(year), int(month), int(day))
    except ValueError:
        return None
    return found if FIRST_YEAR <= found.year < LAST_YEAR else None
