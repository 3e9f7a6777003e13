"""The demo source: CloudTrail files of an invented organisation."""

from __future__ import annotations

import shutil
import time
from dataclasses import replace
from datetime import UTC
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from ssmtrail.queries.errors import SourceError, UsageError
from ssmtrail.queries.sources.demo.trail import VERSION, DemoTrail, generate

if TYPE_CHECKING:
    from datetime import date, datetime

__all__ = ["DAYS", "DemoTrail", "export", "generate", "prepare"]

DAYS: Final = 30
#: Seconds after which an unused demo of another date is removed.
_KEPT: Final = 2 * 86_400


def prepare(parent: Path, end: date | None, now: datetime) -> DemoTrail:
    """The demo that ends on a date (default today), written below `parent` unless it exists.

    `now` is zone-aware; nothing in the demo is later. Other demos in `parent` are removed when nothing was written to
    them for two days. Raises SourceError when the demo cannot be written.
    """
    last = end or now.astimezone(UTC).date()
    folder = parent / f"demo-{VERSION}-{last.isoformat()}-{DAYS}"
    try:
        trail = generate(folder, last, DAYS, now)
        _remove_older(parent, folder)
    except OSError as error:
        raise SourceError(f"The demo cannot be written to {parent}: {error.strerror or error}.") from error
    return trail


def export(folder: Path, end: date | None, now: datetime) -> DemoTrail:
    """The demo, written into a folder that is empty or not there, for keeps.

    Raises UsageError where the folder holds something, SourceError when it cannot be written.
    """
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise UsageError(f"{folder} is not empty: the demo needs a folder of its own.")
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Written inside it and moved up: a shell may be in the folder, which therefore is not replaced by another.
        with TemporaryDirectory(prefix=".demo-", dir=folder) as scratch:
            made = generate(Path(scratch) / "demo", end or now.astimezone(UTC).date(), DAYS, now)
            trail, inventory = (path.rename(folder / path.name) for path in (made.folder, made.inventory))
    except OSError as error:
        raise SourceError(f"The demo cannot be written to {folder}: {error.strerror or error}.") from error
    return replace(made, folder=trail, inventory=inventory)


def _remove_older(parent: Path, kept: Path) -> None:
    """Remove other demos, complete or not, that were not written to for a while."""
    for folder in (*parent.glob("demo-*"), *parent.glob(".demo-*")):
        if folder != kept and time.time() - folder.stat().st_mtime > _KEPT:
            shutil.rmtree(folder, ignore_errors=True)
