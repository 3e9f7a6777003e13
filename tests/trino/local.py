"""The local engine over the rows that an extraction delivered."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from ssmtrail.queries.sources.base import Changes, FileEntry, Identity
from ssmtrail.queries.store.parcels import FileCover, Parcel
from ssmtrail.queries.trail import Trail

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path


class Rows:
    """A source that delivers raw rows as they are."""

    kind: ClassVar[Literal["files"]] = "files"

    def __init__(self, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
        self.identity = f"rows:{name}"
        self.label = name
        self._rows = rows
        self._entry = FileEntry("rows", len(rows), 0)

    def changes(self, kept: Mapping[str, Identity], cancelled: threading.Event) -> Changes:
        return Changes(() if kept else (self._entry,), frozenset(), 1, 0)

    def sha256(self, entry: FileEntry, cancelled: threading.Event) -> str:
        return ""

    def read(
        self, new: Sequence[FileEntry], scratch: Path, report: Any, cancelled: threading.Event
    ) -> Iterator[Parcel]:
        lines = scratch / "rows.jsonl"
        lines.write_text("".join(json.dumps(row) + "\n" for row in self._rows), encoding="utf-8")
        days = [row["eventtime"][:10] for row in self._rows]
        cover = FileCover("rows", len(self._rows), 0, None, None, None, len(days))
        yield Parcel(lines, (cover,), len(self._rows), len(self._rows))


@contextmanager
def answering(name: str, rows: Sequence[Mapping[str, Any]], store: Path) -> Iterator[Trail]:
    """A service that knows these rows."""
    service = Trail(Rows(name, rows), store)
    try:
        service.fetch(lambda _: None, threading.Event())
        yield service
    finally:
        service.close()
