"""Counts of unfiltered lists, kept on disk beside the derived files that they were counted in."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import msgspec

from ssmtrail.queries.errors import StoreError
from ssmtrail.queries.store.atomic import make_private_folder, write_private

if TYPE_CHECKING:
    from pathlib import Path

#: Counts kept for one set of files; the oldest are dropped.
_MOST: Final = 64


class Counted(msgspec.Struct, frozen=True, array_like=True):
    """The counts of a list of all sessions, or all calls, of a window."""

    key: str
    """Names the list."""
    rows: int
    sessions: int
    people: int
    machines: int
    runs: tuple[tuple[int, int], ...] | None
    """Its rows as runs of row ids, see `Stretch`; None where they are not contiguous in the files."""


_COUNTED: Final = msgspec.json.Decoder(Counted)


def read_count(folder: Path, key: str) -> Counted | None:
    """The counts kept for a list; None where there are none or they are damaged."""
    try:
        counted = _COUNTED.decode(_path(folder, key).read_bytes())
    except (OSError, ValueError):  # msgspec's errors are ValueErrors
        return None
    return counted if counted.key == key else None


def keep_count(folder: Path, counted: Counted) -> None:
    """Keep counts; where they cannot be written, the list is counted again next time."""
    with suppress(StoreError, OSError):
        if folder.parent.is_dir():  # else the set of files was removed meanwhile
            make_private_folder(folder)
            write_private(_path(folder, counted.key), msgspec.json.encode(counted))
            for old in sorted(folder.glob("[0-9a-f]*.json"), key=lambda path: path.stat().st_mtime)[:-_MOST]:
                old.unlink(missing_ok=True)


def _path(folder: Path, key: str) -> Path:
    return folder / f"{hashlib.sha256(key.encode()).hexdigest()[:16]}.json"
