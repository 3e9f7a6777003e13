"""Counts of whole windows, kept beside the derived files that they are of: these never change, so neither do they."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import msgspec

from queries.errors import StoreError
from queries.store.private_files import make_private_folder, write_private

if TYPE_CHECKING:
    from pathlib import Path

#: Counts that are kept of one set of files, the newest.
_MOST: Final = 64


class Counted(msgspec.Struct, frozen=True, array_like=True):
    """What a list of all sessions, or calls, of a window has."""

    key: str
    """Which list."""
    rows: int
    sessions: int
    people: int
    machines: int
    runs: tuple[tuple[int, int], ...] | None
    """Where its rows lie side by side, see `Stretch`; None where they do not."""


def recall(folder: Path, key: str) -> Counted | None:
    """What was counted before; None where nobody did, or it cannot be read."""
    try:
        counted = msgspec.json.decode(_path(folder, key).read_bytes(), type=Counted)
    except (OSError, ValueError):  # the parser's errors are ValueErrors
        return None
    return counted if counted.key == key else None


def remember(folder: Path, counted: Counted) -> None:
    """Keep what was counted; where that cannot be, it is counted again next time."""
    with suppress(StoreError, OSError):
        if folder.parent.is_dir():  # else the set is swept already
            make_private_folder(folder)
            write_private(_path(folder, counted.key), msgspec.json.encode(counted))
            for old in sorted(folder.glob("[0-9a-f]*.json"), key=lambda path: path.stat().st_mtime)[:-_MOST]:
                old.unlink(missing_ok=True)


def _path(folder: Path, key: str) -> Path:
    return folder / f"{hashlib.sha256(key.encode()).hexdigest()[:16]}.json"
