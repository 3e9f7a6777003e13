"""Finding the log files of a folder."""

from __future__ import annotations

import os
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

from queries.errors import Cancelled
from queries.sources.contract import Changes, FileEntry
from queries.sources.files.days import folder_day

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from threading import Event

#: Path below the folder, bytes, mtime in nanoseconds.
Found: TypeAlias = "tuple[str, int, int]"

_SUFFIXES: Final = tuple(name + packed for name in (".json", ".jsonl", ".ndjson") for packed in ("", ".gz"))
#: They lie beside the logs and hold none. Source: "Validating CloudTrail log file integrity", "Insights events".
_IGNORED: Final = frozenset({"CloudTrail-Digest", "CloudTrail-Insight"})
_EPOCH: Final = 719_163  # date(1970, 1, 1).toordinal()
_DAY_NS: Final = 86_400 * 10**9


def compare(root: str, kept: Mapping[str, tuple[int, int]], cancelled: Event) -> Changes:
    """What is new below the folder `root` against what is kept, those with the newest content first.

    A folder that cannot be listed is an entry whose path ends with `/`. Raises Cancelled; OSError for `root` itself.
    """
    return _compared(_walk(root, cancelled), kept)


def compare_file(path: Path, kept: Mapping[str, tuple[int, int]]) -> Changes:
    """The same for a single file, whatever its name. Raises OSError."""
    status = path.stat()
    return _compared(iter([("", [(path.name, status.st_size, status.st_mtime_ns)])]), kept)


def _compared(folders: Iterator[tuple[str, list[Found]]], kept: Mapping[str, tuple[int, int]]) -> Changes:
    gone = dict(kept)
    new: defaultdict[int, list[Found]] = defaultdict(list)
    files = size = 0
    for folder, listed in folders:
        day = folder_day(folder)
        for found in listed:
            path, length, mtime = found
            size += length
            if gone and gone.get(path) == (length, mtime):
                del gone[path]
            else:
                new[day.toordinal() if day else _day(path, mtime)].append(found)
        files += len(listed)
    entries = [FileEntry(*found) for day in sorted(new, reverse=True) for found in sorted(new[day], key=_age)]
    return Changes(tuple(entries), frozenset(gone), files, size)


def _walk(root: str, cancelled: Event) -> Iterator[tuple[str, list[Found]]]:
    """Each folder's path with its log files. Links to folders are followed last, and no folder is entered twice."""
    folders, links = [""], list[str]()
    seen = set[tuple[int, int]]()
    while folders or links:
        if cancelled.is_set():
            raise Cancelled
        folder = folders.pop() if folders else links.pop()
        try:
            status = Path(f"{root}/{folder}").stat()
            if (status.st_dev, status.st_ino) in seen:
                continue
            seen.add((status.st_dev, status.st_ino))
            listed, inner, linked = _scan(root, folder)
        except OSError:
            if not folder:
                raise
            yield folder, [(folder, 0, 0)]
            continue
        folders += inner
        links = sorted(links + linked, reverse=True) if linked else links
        if listed:
            yield folder, listed


def _scan(root: str, folder: str) -> tuple[list[Found], list[str], list[str]]:
    """One folder: its log files, the folders in it, the links to folders in it. Raises OSError."""
    listed, inner, linked = list[Found](), list[str](), list[str]()
    with os.scandir(f"{root}/{folder}") as entries:
        for entry in entries:
            name = entry.name
            if name.startswith("."):
                continue
            if entry.is_dir():
                if name not in _IGNORED:
                    (linked if entry.is_symlink() else inner).append(f"{folder}{name}/")
            elif name.lower().endswith(_SUFFIXES):
                listed.append(_entry(entry, folder + name))
    return listed, inner, linked


def _entry(entry: os.DirEntry[str], path: str) -> Found:
    try:
        status = entry.stat()
    except OSError:  # a broken link, or gone since: reading it tells
        return path, 0, 0
    return path, status.st_size, status.st_mtime_ns


def _day(path: str, mtime_ns: int) -> int:
    """The day by which a file is sorted when its folder tells none."""
    day = folder_day(path)
    return day.toordinal() if day else _EPOCH + mtime_ns // _DAY_NS


def _age(found: Found) -> tuple[int, str]:
    return -found[2], found[0]
