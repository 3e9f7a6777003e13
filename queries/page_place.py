"""The file of a first page, and all that it depends on: it counts for this very state of the store alone."""

from __future__ import annotations

import hashlib
import os
import stat
import zlib
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

from queries.errors import StoreError
from queries.first_page import COLUMNS, FORM, page_of, text_of
from queries.store.places import dataset_folder, first_page_of
from queries.store.private_files import write_private

if TYPE_CHECKING:
    from collections.abc import Iterator

    from queries.first_page import FirstPage

#: Larger files are not ours: a page of the longest records is smaller.
_MOST_BYTES: Final = 8 << 20
#: Pages that tell of more unreadable files are not worth being kept.
_MOST_UNREADABLE: Final = 1_000
_PROGRAM: Final = Path(__file__).parent
#: Folders of what decides how a page is answered.
_DECIDING: Final = (_PROGRAM, _PROGRAM / "sql", _PROGRAM / "filters", _PROGRAM / "store")


@dataclass(frozen=True, slots=True)
class PagePlace:
    """Where the first page of a source is kept."""

    folder: Path
    """The source's in the store."""
    basis: str
    """What the page depends on besides the segments: program, engine, settings, inventory, as they were met."""

    @classmethod
    def of(cls, root: Path, identity: str, look_around_days: int, inventory: Path | None) -> PagePlace:
        """The place of a source. Make it before what it names is read: what changes meanwhile then counts as changed.

        Raises OSError where the program or the inventory cannot be looked at.
        """
        engine = find_spec("duckdb")
        if engine is None or engine.origin is None:
            raise FileNotFoundError("duckdb")
        looks = [_look(Path(engine.origin).stat()), *(look for folder in _DECIDING for look in _looks(folder))]
        named = "" if inventory is None else f"{inventory.absolute()} {_look(inventory.stat())}"
        basis = "\n".join((str(FORM), *COLUMNS, str(look_around_days), named, *looks))
        return cls(dataset_folder(root, identity), basis)

    def key(self) -> str:
        """A text that is another one whenever the page may be. Raises OSError where there is no store."""
        looks = _looks(self.folder / "segments")
        return hashlib.sha256("\n".join((self.basis, *looks)).encode("utf-8", "surrogateescape")).hexdigest()

    def has(self, key: str) -> bool:
        """Whether the page of this key is kept, by a look at its beginning."""
        return self._content(len(key)) == key.encode()

    def read(self) -> FirstPage | None:
        """The page of the store as it is now; None where there is none, or anything about it is odd."""
        try:
            key, checksum, text = self._content(_MOST_BYTES).split(b"\n", 2)
            if key != self.key().encode() or int(checksum, 16) != zlib.crc32(text):
                return None
            return page_of(text)
        except (OSError, ValueError, RecursionError):
            return None

    def write(self, key: str, page: FirstPage) -> None:
        """Keep a page; where that cannot be, the engine is waited for next time."""
        if len(page.tally.unreadable) > _MOST_UNREADABLE:
            return
        text = text_of(page).encode("ascii")
        with suppress(StoreError):
            write_private(first_page_of(self.folder), b"%b\n%08x\n%b" % (key.encode(), zlib.crc32(text), text))

    def _content(self, most: int) -> bytes:
        """The first so many bytes; none of a file that others could have written. Raises OSError."""
        try:
            handle = os.open(first_page_of(self.folder), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except FileNotFoundError:
            return b""
        with os.fdopen(handle, "rb") as file:
            return file.read(most) if _is_private(os.fstat(handle)) else b""


def _is_private(status: os.stat_result) -> bool:
    return stat.S_ISREG(status.st_mode) and status.st_uid == os.geteuid() and not status.st_mode & 0o077


def _looks(folder: Path) -> Iterator[str]:
    """Names, sizes, times of the files of a folder, by name. Raises OSError."""
    with os.scandir(folder) as entries:
        found = sorted((entry.name, entry) for entry in entries if entry.is_file(follow_symlinks=False))
    return (f"{name} {_look(entry.stat(follow_symlinks=False))}" for name, entry in found)


def _look(status: os.stat_result) -> str:
    return f"{status.st_ino} {status.st_size} {status.st_mtime_ns}"
