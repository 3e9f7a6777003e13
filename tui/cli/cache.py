"""`ssmtrail cache`: what is kept, where, how to be rid of it."""

from __future__ import annotations

import sys
from datetime import timedelta
from typing import TYPE_CHECKING

from ssmtrail.queries.config import cache_root
from ssmtrail.queries.times import utc_text
from ssmtrail.tui.cli.console import count_text, size_text
from ssmtrail.widgets.text import safe

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from ssmtrail.queries.store.folders import CacheEntry


def run_cache(action: str, older_than: int | None, now: datetime) -> int:
    """Do what `ssmtrail cache ACTION` asks; `older_than` is in days. The return value is the exit code."""
    root = cache_root()
    if action == "path":
        _print(str(root))
        return 0
    from ssmtrail.queries.store.folders import cache_entries, purge_cache

    if action == "info":
        entries = cache_entries(root)
        _print(f"{root}: {_sum_text(entries)}")
        for entry in entries:
            used = utc_text(entry.used_at.replace(microsecond=0))
            _print(f"  {size_text(entry.bytes):>9}  used {used}  {entry.source}")
    else:
        _print(f"removed {_sum_text(purge_cache(root, now, None if older_than is None else timedelta(older_than)))}")
    return 0


def _sum_text(entries: Iterable[CacheEntry]) -> str:
    found = tuple(entries)
    return f"{count_text(len(found), 'source')}, {size_text(sum(entry.bytes for entry in found))}"


def _print(text: str) -> None:
    # In UTF-8 whatever the locale is, as all data.
    sys.stdout.buffer.write(f"{safe(text)}\n".encode())
    sys.stdout.buffer.flush()
