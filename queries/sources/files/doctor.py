"""Checks of a folder of logs: whether it can be read, what is in it by content, how new it is; nothing is kept."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ssmtrail.queries.errors import Cancelled, SourceError
from ssmtrail.queries.plurals import count_text
from ssmtrail.queries.sources.checks import Check, named
from ssmtrail.queries.sources.files.inflate import TooMuch
from ssmtrail.queries.sources.files.kinds import OUTSIDE_END
from ssmtrail.queries.sources.files.source import FilesSource
from ssmtrail.queries.sources.files.worker import Cover, read_batch, readable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from threading import Event

    from ssmtrail.queries.sources.base import FileEntry

#: Files that are tried, spread over all days, and bytes of them on disk and unpacked.
_MOST_FILES: Final = 200
_MOST_BYTES: Final = 64 << 20
_MOST_UNPACKED: Final = 256 << 20
#: In the paths of digests. Source: "CloudTrail digest file structure", CloudTrail User Guide.
_DIGEST: Final = "CloudTrail-Digest"


def checks(folder: Path, cancelled: Event, today: date | None = None, *, follow_links: bool = False) -> Iterator[Check]:
    """Check a folder of logs, or a single file; it tries some files of all days. Raises Cancelled."""
    source = FilesSource(folder, follow_links=follow_links)
    try:
        found = source.changes({}, cancelled)
    except SourceError as error:
        yield Check("folder", "failed", str(error))
        return
    links = [each for each in found.new if each.path.endswith(OUTSIDE_END)]
    locked = [each for each in found.new if each.path.endswith("/") and each not in links]
    entries = [each for each in found.new if not each.path.endswith("/")]
    if not entries:
        yield Check("folder", "failed", f"There are no files in {readable(str(folder))}.")
    else:
        yield Check("folder", "ok", f"{count_text(len(entries), 'file')}, {found.bytes / 1e6:,.1f} MB")
    if links:
        yield Check(
            "links", "skipped", f"{count_text(len(links), 'link')} out of the folder: --follow-links reads them"
        )
    root = source.root()
    tried = _Tried.of(root, locked[:_MOST_FILES], cancelled)
    if locked:
        why = named([f"{path}: {why}" for path, why in tried.unreadable])
        yield Check("folders", "failed", f"{count_text(len(locked), 'folder')} cannot be listed: {why}")
    if not entries:
        return
    is_digest = [each for each in entries if _DIGEST in each.path]
    logs = [each for each in entries if _DIGEST not in each.path]
    tried = _Tried.of(root, _spread(logs), cancelled)
    yield from _records(tried, len(logs))
    yield _newest(tried, today or datetime.now(UTC).date())
    yield _digests(_Tried.of(root, is_digest[:1], cancelled), len(is_digest), tried.kinds[_DIGEST])


def _spread(entries: Sequence[FileEntry]) -> Sequence[FileEntry]:
    """Some entries of all days, the newest first."""
    return entries[:: max(1, -(-len(entries) // _MOST_FILES))]


@dataclass(slots=True)
class _Tried:
    """What files hold that were tried."""

    logs: int = 0
    calls: int = 0
    """Of sessions and other doors."""
    large: int = 0
    """Files that are too large to be tried."""
    kinds: Counter[str] = field(default_factory=Counter)
    """Of files without records."""
    unreadable: list[tuple[str, str]] = field(default_factory=list)
    """Paths, and why."""
    newest: date | None = None

    @classmethod
    def of(cls, root: str, entries: Iterable[FileEntry], cancelled: Event) -> _Tried:
        """Try files. Raises Cancelled."""
        tried, left = cls(), _MOST_BYTES
        for entry in entries:
            if cancelled.is_set():
                raise Cancelled
            cover = _cover(root, entry.path) if entry.size <= left else None
            if cover is None:
                tried.large += 1
                continue
            left -= entry.size
            tried._take(readable(entry.path), cover)
        return tried

    @property
    def count(self) -> int:
        """The number of files that were tried."""
        return self.logs + self.kinds.total() + len(self.unreadable)

    def _take(self, path: str, cover: Cover) -> None:
        if cover.unreadable:
            self.unreadable.append((path, cover.unreadable))
        elif cover.kind:
            self.kinds[cover.kind] += 1
        else:
            self.logs += 1
        self.calls += cover.calls
        self.newest = max(filter(None, (self.newest, cover.last_day)), default=None)


def _cover(root: str, path: str) -> Cover | None:
    """What was read from a file; None where it is too large."""
    with Path(os.devnull).open("wb") as rows:
        try:
            [cover], _ = read_batch(root, [path], rows, lambda _, __: None, _MOST_UNPACKED)
        except TooMuch:
            return None
    return cover


def _records(tried: _Tried, files: int) -> Iterator[Check]:
    of = f"{tried.count:,} files" if tried.count == files else f"{tried.count:,} files tried (of {files:,})"
    others = ", ".join(f"{number:,} {kind}" for kind, number in tried.kinds.most_common(5))
    large = f"; {count_text(tried.large, 'file')} too large to be tried here" if tried.large else ""
    if tried.logs:
        without = f"; without any: {others}" if others else ""
        calls = f"{count_text(tried.calls, 'call')} of Session Manager and other doors in them"
        yield Check("records", "ok", f"{tried.logs:,} of {of} hold CloudTrail records, {calls}{without}{large}")
    elif tried.large and not tried.count:
        yield Check("records", "skipped", f"{count_text(tried.large, 'file')} too large to be tried here")
    elif not tried.unreadable:
        found = f": {others}" if others else ""
        yield Check(
            "records", "failed", f"None of {of} hold CloudTrail records{found}{large}. Name the folder that "
            "AWSLogs is in, or one below it.",
        )  # fmt: skip
    if tried.unreadable:
        why = named([f"{path}: {why}" for path, why in tried.unreadable])
        yield Check("unreadable", "failed", f"{len(tried.unreadable):,} of {of} cannot be read: {why}")


def _newest(tried: _Tried, today: date) -> Check:
    if tried.newest is None:
        return Check("newest", "skipped", "no record with a time was found")
    days = (today - tried.newest).days
    age = {0: "today", 1: "yesterday", -1: "tomorrow"}.get(days)
    age = age or (f"{days:,} days ago" if days > 0 else f"{-days:,} days from now")
    return Check("newest", "ok", f"{tried.newest}, {age} (UTC)")


def _digests(tried: _Tried, by_name: int, by_content: int) -> Check:
    if tried.kinds[_DIGEST] or by_content:
        beside = f"{count_text(by_name or by_content, 'digest')} beside the logs"
        return Check("digests", "ok", f"{beside}: `ssmtrail integrity` looks by them for changed and missing log files")
    if by_name:
        path = next(chain((path for path, _ in tried.unreadable), tried.kinds), "")
        return Check(
            "digests", "failed", f"{count_text(by_name, 'file')} named so, but the newest holds no digest: {path}"
        )
    return Check("digests", "skipped", "none: whether log files are changed or missing cannot be proved")
