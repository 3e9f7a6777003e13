"""The log files of a folder, compared with what is kept, and the UTC days that their paths and records name."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from contextlib import contextmanager
from datetime import date
from functools import lru_cache
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

from ssmtrail.queries.errors import Cancelled
from ssmtrail.queries.sources.base import Changes, FileEntry, Identity
from ssmtrail.queries.sources.files.kinds import OUTSIDE_END
from ssmtrail.queries.store.parcels import day_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from threading import Event

#: The years of plausible times, the same as in `queries/sql/parsed.sql`.
FIRST_YEAR: Final = 1970
LAST_YEAR: Final = 9000

#: S3 prefix of CloudTrail: `.../2026/11/23/`. Source: "Finding your CloudTrail log files", CloudTrail User Guide.
_FOLDERS: Final = re.compile(r"(?:^|/)(\d{4})/(\d\d)/(\d\d)(?=/)")
#: File name of CloudTrail: `111122223333_CloudTrail_eu-central-1_20261123T1205Z_abc.json.gz` (same page).
_NAME: Final = re.compile(r"_(\d{4})(\d\d)(\d\d)T\d{4}Z")
_EVENT_TIME: Final = re.compile(rb'eventTime\\?"\s*:\s*\\?"(\d{4})-?(\d\d)-?(\d\d)')
#: How often the text `eventTime` is skipped where it is not a member (in a message, a parameter).
_TRIES: Final = 64


def folder_day(path: str) -> date | None:
    """The UTC delivery day in a path below the folder: from its folders, else from the file name."""
    name_at = path.rfind("/") + 1
    if day := _day_of_folders(path[:name_at]):
        return day
    name = _NAME.search(path, name_at)
    return _day(*name.groups()) if name else None


def folder_days(paths: Iterable[str]) -> list[str]:
    """The delivery days of many paths as ISO dates; empty where a path has none."""
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
    """The UTC day of the first `eventTime` in a text."""
    at = -1
    for _ in range(_TRIES):
        at = data.find(b"eventTime", at + 1)
        if at < 0 or (day := _event_day(data, at)):
            return None if at < 0 else day
    return None


def last_day(data: bytes) -> date | None:
    """The UTC day of the last `eventTime` in a text."""
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


#: mtime in nanoseconds, path below the folder, bytes, ctime in nanoseconds, inode: the order of sorting.
Found: TypeAlias = "tuple[int, str, int, int, int]"

_SIZE: Final = itemgetter(2)
_EPOCH: Final = 719_163  # date(1970, 1, 1).toordinal()
_DAY_NS: Final = 86_400 * 10**9


def compare(root: str, kept: Mapping[str, Identity], cancelled: Event, *, follow_links: bool = False) -> Changes:
    """The files of any name below `root` that are new or changed, those with the newest content first.

    `root` is a real path. A folder that cannot be listed is an entry whose path ends with `/`, a link out of the
    folder that is not followed one that ends with `//`. Raises Cancelled; OSError for `root` itself.
    """
    return _compared(folders_of(root, cancelled, follow_links=follow_links), kept)


def compare_file(path: Path, kept: Mapping[str, Identity]) -> Changes:
    """The same for a single file. Raises OSError."""
    return _compared(iter([("", [_found(path.name, path.stat())])]), kept)


def _found(path: str, status: os.stat_result) -> Found:
    return (status.st_mtime_ns, path, status.st_size, status.st_ctime_ns, status.st_ino)


def _compared(folders: Iterator[tuple[str, list[Found]]], kept: Mapping[str, Identity]) -> Changes:
    left = dict(kept)
    new: defaultdict[int, list[Found]] = defaultdict(list)
    files = size = 0
    for folder, listed in folders:
        files += len(listed)
        size += sum(map(_SIZE, listed))
        if kept:
            listed = [
                found for found in listed if left.pop(found[1], None) != (found[2], found[0], found[3], found[4])
            ]  # fmt: skip
        day = folder_day(folder)
        if day:
            new[day.toordinal()] += listed
        else:
            for found in listed:
                new[_day_of(found)].append(found)
    entries = [found for day in sorted(new, reverse=True) for found in sorted(new[day], reverse=True)]
    changed = [found[1] for found in entries if found[1] in kept]
    return Changes(
        tuple([FileEntry(path, length, mtime, ctime, inode) for mtime, path, length, ctime, inode in entries]),
        frozenset(left).union(changed),
        files,
        size,
    )


def folders_of(root: str, cancelled: Event, *, follow_links: bool) -> Iterator[tuple[str, list[Found]]]:
    """Each folder's path with its files; links to folders are followed last, and no folder is listed twice.

    Raises Cancelled; OSError for `root` itself.
    """
    folders, links = [""], list[str]()
    seen = set[tuple[int, int]]()
    while folders or links:
        if cancelled.is_set():
            raise Cancelled
        folder = folders.pop() if folders else links.pop()
        try:
            listed, inner, linked = _scan(root, folder, seen, follow_links=follow_links)
        except OSError:
            if not folder:
                raise
            yield folder, [(0, folder, 0, 0, 0)]
            continue
        folders += inner
        links = sorted(links + linked, reverse=True) if linked else links
        yield folder, listed


def _scan(
    root: str, folder: str, seen: set[tuple[int, int]], *, follow_links: bool
) -> tuple[list[Found], list[str], list[str]]:
    """The files, folders and links to folders in a folder; nothing where it was `seen`. Raises OSError."""
    listed, inner, linked = list[Found](), list[str](), list[str]()
    with _opened(f"{root}/{folder}", seen) as entries:
        for entry in entries:
            path = folder + entry.name
            if not follow_links and entry.is_symlink() and _leads_outside(root, path):
                listed.append((0, path + OUTSIDE_END, 0, 0, 0))
                continue
            try:
                is_folder = entry.is_dir()
            except OSError:  # a link to itself, or into a locked folder
                is_folder = False
            if is_folder:
                (linked if entry.is_symlink() else inner).append(f"{path}/")
                continue
            try:
                listed.append(_found(path, entry.stat()))
            except OSError:  # a broken link, or removed meanwhile: reading it gives the reason
                listed.append((0, path, 0, 0, 0))
    return listed, inner, linked


def _leads_outside(root: str, path: str) -> bool:
    """Whether a link leads to something that exists outside `root`."""
    try:
        real = os.path.realpath(f"{root}/{path}", strict=True)
    except OSError:  # broken, or a loop: reading it gives the reason
        return False
    return real != root and not real.startswith(f"{root}/")


@contextmanager
def _opened(path: str, seen: set[tuple[int, int]]) -> Iterator[Iterable[os.DirEntry[str]]]:
    """The entries of a folder; none where it was seen before. Raises OSError.

    Lists by the folder's handle where the system can, so that the kernel does not resolve the whole path of each file.
    """
    handle = os.open(path, os.O_RDONLY) if os.scandir in os.supports_fd else None
    try:
        status = Path(path).stat() if handle is None else os.fstat(handle)
        if (status.st_dev, status.st_ino) in seen:
            yield ()
            return
        seen.add((status.st_dev, status.st_ino))
        with os.scandir(path if handle is None else handle) as entries:
            yield entries
    finally:
        if handle is not None:
            os.close(handle)


def _day_of(found: Found) -> int:
    """The day (ordinal) by which a file is sorted where its folder names none: from its name, else its mtime."""
    day = folder_day(found[1])
    return day.toordinal() if day else _EPOCH + found[0] // _DAY_NS
