"""Leases on days that are being fetched: the holder pays, every other process waits."""

from __future__ import annotations

import os
import socket
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Final, Self
from uuid import uuid4

import msgspec

from ssmtrail.queries.store.atomic import make_private_folder, store_errors, write_private

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

#: Seconds between two signs of life.
_BEAT: Final = 2.0
#: Seconds without one after which an owner is given up, wherever it runs.
_SILENCE: Final = 30.0


class _Owner(msgspec.Struct, frozen=True):
    """What a claim says."""

    host: str
    process: int
    token: str


@dataclass(slots=True)
class Leases:
    """The claims of one reader on days of a dataset; use it as a context, it gives up what it holds."""

    folder: Path
    owner: _Owner = field(default_factory=lambda: _Owner(socket.gethostname(), os.getpid(), uuid4().hex))
    _held: set[date] = field(default_factory=set)
    _over: threading.Event = field(default_factory=threading.Event)
    _heart: threading.Thread | None = None

    @classmethod
    def of(cls, dataset: Path) -> Leases:
        """Leases in a dataset. Raises StoreError."""
        return cls(make_private_folder(dataset / "claims"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release(tuple(self._held))
        self._over.set()
        if self._heart is not None:
            self._heart.join()

    def take(self, days: Iterable[date]) -> frozenset[date]:
        """Claim those days that nobody alive holds. Raises StoreError."""
        taken = set()
        with self._alone():
            for day in days:
                if day not in self._held and not self._is_held(day):
                    write_private(self._path(day), msgspec.json.encode(self.owner))
                    taken.add(day)
        self._held |= taken
        if taken and self._heart is None:
            self._heart = threading.Thread(target=self._beat, name="claims", daemon=True)
            self._heart.start()
        return frozenset(taken)

    def release(self, days: Iterable[date]) -> None:
        """Give days up."""
        with self._alone():
            for day in tuple(days):
                self._held.discard(day)
                if self._read(day) == self.owner:
                    with suppress(OSError):
                        self._path(day).unlink()

    def held_by_others(self) -> frozenset[date]:
        """Days that somebody else, alive, is fetching now."""
        days = (_day(path.stem) for path in self.folder.glob("*.json"))
        return frozenset(day for day in days if day and day not in self._held and self._is_held(day))

    def _path(self, day: date) -> Path:
        return self.folder / f"{day.isoformat()}.json"

    def _read(self, day: date) -> _Owner | None:
        try:
            return msgspec.json.decode(self._path(day).read_bytes(), type=_Owner)
        except (OSError, msgspec.MsgspecError):
            return None

    def _is_held(self, day: date) -> bool:
        """Whether its owner shows signs of life; a process of this machine that is gone shows none."""
        owner = self._read(day)
        if owner is None:
            return False
        try:
            silent = time.time() - self._path(day).stat().st_mtime
        except OSError:
            return False
        if silent > _SILENCE:
            return False
        return owner.host != self.owner.host or _is_alive(owner.process)

    def _beat(self) -> None:
        while not self._over.wait(_BEAT):
            for day in tuple(self._held):
                with suppress(OSError):
                    os.utime(self._path(day))

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Look and write as one step; where the file system knows no locks, paying twice is the worst that happens."""
        import fcntl

        with store_errors("the store cannot be locked"):
            lock = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            with suppress(OSError):
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
