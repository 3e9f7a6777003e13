"""Leases on days that are being fetched: the holder pays for the query, other processes wait."""

from __future__ import annotations

import os
import socket
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Final, Self
from uuid import uuid4

import msgspec

from ssmtrail.queries.store.atomic import is_alive, locked, make_private_folder, write_private

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

#: Seconds between two heartbeats.
_BEAT: Final = 2.0
#: Seconds without a heartbeat after which a lease ends, also on other machines.
_SILENCE: Final = 30.0


class _Owner(msgspec.Struct, frozen=True):
    """The content of a lease's file."""

    host: str
    process: int
    token: str


_OWNER: Final = msgspec.json.Decoder(_Owner)


@dataclass(slots=True)
class Leases:
    """The leases of one fetch on days of a dataset; a context manager that releases them at its end."""

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
        """Take the leases of days that no running process holds; returns these days. Raises StoreError.

        Without locks in the file system two processes could pay for the same day.
        """
        taken = set()
        with locked(self.folder / "lock"):
            for day in days:
                if day not in self._held and not self._is_held(day):
                    write_private(self._path(day), msgspec.json.encode(self.owner))
                    taken.add(day)
        self._held |= taken
        if taken and self._heart is None:
            self._heart = threading.Thread(target=self._beat, name="leases", daemon=True)
            self._heart.start()
        return frozenset(taken)

    def release(self, days: Iterable[date]) -> None:
        """Release the leases of days."""
        with locked(self.folder / "lock"):
            for day in tuple(days):
                self._held.discard(day)
                if self._read(day) == self.owner:
                    with suppress(OSError):
                        self._path(day).unlink()

    def held_by_others(self) -> frozenset[date]:
        """Days that other running processes hold."""
        days = (_day(path.stem) for path in self.folder.glob("*.json"))
        return frozenset(day for day in days if day and day not in self._held and self._is_held(day))

    def _path(self, day: date) -> Path:
        return self.folder / f"{day.isoformat()}.json"

    def _read(self, day: date) -> _Owner | None:
        try:
            return _OWNER.decode(self._path(day).read_bytes())
        except (OSError, msgspec.MsgspecError):
            return None

    def _is_held(self, day: date) -> bool:
        """Whether the owner of a day's lease is running: a recent heartbeat and, on this machine, a living process."""
        owner = self._read(day)
        if owner is None:
            return False
        try:
            silent = time.time() - self._path(day).stat().st_mtime
        except OSError:
            return False
        if silent > _SILENCE:
            return False
        return owner.host != self.owner.host or is_alive(owner.process)

    def _beat(self) -> None:
        while not self._over.wait(_BEAT):
            for day in tuple(self._held):
                with suppress(OSError):
                    os.utime(self._path(day))


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
