"""What `ssmtrail integrity` found of a folder's log files, kept beside the segments that were read of them.

A word counts for a file as long as its bytes on disk have the hash that they had when it was checked.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Final, TypeAlias

import msgspec

from ssmtrail.queries.filters.keys import INTEGRITIES
from ssmtrail.queries.store.atomic import write_private
from ssmtrail.queries.store.folders import integrity_file
from ssmtrail.queries.store.segments import checked, local_path, portable_path, unchecked

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from ssmtrail.queries.store.parcels import Covers

_FORMAT: Final = 1
_PROVED: Final = len(INTEGRITIES) - 1
#: A row of a day or a file as `ssmtrail.queries.integrity.rows` has it.
KeptRow: TypeAlias = tuple[str | int | float | bool | tuple[str, ...] | None, ...]


class _Kept(msgspec.Struct, frozen=True):
    """The file, column by column as a manifest is."""

    format: int
    checked_at: datetime
    keys: str
    """Where the keys came from."""
    paths: list[str]
    sha256s: list[str]
    days: list[str]
    """ISO dates of delivery; empty where the name does not say it."""
    words: list[int]
    """Places in `INTEGRITIES`."""
    day_rows: list[tuple[str, int, KeptRow]]
    """ISO date, word, the row; of days that were checked whole."""
    bad: list[tuple[str, str, bool, KeptRow]]
    """Day, path, whether it is a log file that is there, the row: of all that is not proved."""


_DECODER: Final = msgspec.json.Decoder(_Kept)


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """A log file as it was checked."""

    sha256: str
    """Of its bytes on disk, in hexadecimal; empty where they could not be read."""
    day: str
    """ISO date of its delivery; empty where unknown."""
    word: int
    """Its place in `INTEGRITIES`."""


@dataclass(frozen=True, slots=True)
class CheckedDay:
    """One account and region of a day."""

    word: int
    row: KeptRow


@dataclass(frozen=True, slots=True)
class BadItem:
    """A log file or digest that is not proved."""

    day: str
    path: str
    is_here: bool
    """Whether it is a log file that is there."""
    row: KeptRow


@dataclass(frozen=True, slots=True)
class CheckedFiles:
    """All that is kept of checks of one folder; a later check of a file or a day replaces an earlier one."""

    checked_at: datetime
    """The last check (UTC)."""
    keys: str
    files: Mapping[str, CheckedFile]
    """By path below the folder."""
    days: Mapping[str, Sequence[CheckedDay]]
    """By ISO date; only days that were checked whole."""
    bad: Sequence[BadItem] = ()

    @property
    def digest(self) -> str:
        """8 hexadecimal digits that change whenever a word does; neither times nor keys are in it."""
        found = hashlib.sha256()
        for path, file in sorted(self.files.items()):
            found.update(f"{path}\t{file.sha256}\t{file.word}\n".encode("utf-8", "surrogateescape"))
        for day, rows in sorted(self.days.items()):
            found.update(f"{day} {[each.row for each in rows]}\n".encode("utf-8", "surrogateescape"))
        return found.hexdigest()[:8]

    def with_later(self, later: CheckedFiles) -> CheckedFiles:
        """This and a later check, which counts for its files and days."""
        files = {path: file for path, file in self.files.items() if file.day not in later.days} | dict(later.files)
        touched = {*later.days, *(file.day for file in later.files.values())}
        days = {day: rows for day, rows in self.days.items() if day not in touched} | dict(later.days)
        bad = [each for each in self.bad if each.day not in later.days and each.path not in later.files]
        return CheckedFiles(later.checked_at, later.keys, files, days, (*bad, *later.bad))

    def keep(self, folder: Path) -> None:
        """Write it into the folder of the source. Raises StoreError."""
        kept = _Kept(
            _FORMAT,
            self.checked_at,
            self.keys,
            [portable_path(path) for path in self.files],
            [file.sha256 for file in self.files.values()],
            [file.day for file in self.files.values()],
            [file.word for file in self.files.values()],
            [(day, each.word, each.row) for day, rows in self.days.items() for each in rows],
            [(each.day, portable_path(each.path), each.is_here, _portable_row(each.row)) for each in self.bad],
        )
        write_private(integrity_file(folder), checked(msgspec.json.encode(kept)))


def _portable_row(row: KeptRow) -> KeptRow:
    """A row as JSON can have it: names of files may be no text."""
    return tuple(each.encode("utf-8", "replace").decode() if isinstance(each, str) else each for each in row)


def read_checked(folder: Path) -> CheckedFiles | None:
    """What is kept in the folder of a source; None where nothing is, or it is damaged or of a newer version."""
    try:
        kept = _DECODER.decode(unchecked(integrity_file(folder).read_bytes()))
        if kept.format != _FORMAT:
            return None
        columns = zip(kept.paths, kept.sha256s, kept.days, kept.words, strict=True)
        files = {local_path(path): CheckedFile(sha256, day, word) for path, sha256, day, word in columns}
    except (OSError, ValueError, RecursionError, msgspec.MsgspecError):
        return None
    days: dict[str, list[CheckedDay]] = defaultdict(list)
    for day, word, row in kept.day_rows:
        days[day].append(CheckedDay(word, row))
    bad = tuple(BadItem(day, local_path(path), is_here, row) for day, path, is_here, row in kept.bad)
    return CheckedFiles(kept.checked_at, kept.keys, files, days, bad)


@dataclass(frozen=True, slots=True)
class Standings:
    """What of a check still counts for the files that were read."""

    files: Mapping[str, CheckedFile] = field(default_factory=dict)
    """By path."""
    days: Mapping[date, int] = field(default_factory=dict)
    """UTC day of delivery to its word, the worst of its accounts and regions."""
    day_rows: Sequence[KeptRow] = ()
    """The rows of these days."""
    bad_rows: Sequence[KeptRow] = ()
    """The rows of what is not proved."""

    @classmethod
    def of(cls, kept: CheckedFiles, covers: Iterable[Covers]) -> Standings:
        """Compare with the files that were read: those that are other files now have no word, nor have their days."""
        read = [(files, index) for files in covers for index in range(len(files))]
        now = {files.paths[index]: files.sha256s[index] if files.sha256s else "" for files, index in read}
        good = {path: file for path, file in kept.files.items() if file.sha256 and now.get(path) == file.sha256}
        stale = {file.day for path, file in kept.files.items() if path not in good}
        # A file that was added since, or that the check did not look at.
        logs = ((files, index) for files, index in read if index not in files.kinds)
        stale |= {files.folder_days[index] for files, index in logs if files.paths[index] not in good}
        days = {day: rows for day, rows in kept.days.items() if day not in stale}
        return cls(
            good,
            {date.fromisoformat(day): min(each.word for each in rows) for day, rows in days.items()},
            [each.row for _, rows in sorted(days.items()) for each in rows],
            [each.row for each in kept.bad if (each.path in good if each.is_here else each.day in days)],
        )

    def word(self, path: str) -> str | None:
        """The word of a file; None where it was not checked, or has changed since."""
        file = self.files.get(path)
        return None if file is None else INTEGRITIES[file.word]


def worst(words: Iterable[int | None]) -> str | None:
    """The word of several things together: the worst; nothing better than what is unproved where one has none."""
    found = list(words)
    known = [word for word in found if word is not None]
    if not known or (None in found and min(known) == _PROVED):
        return None
    return INTEGRITIES[min(known)]
