"""The first page of sessions, kept for the next start: its text, its file, and the answers from it."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import zlib
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from importlib.util import find_spec
from pathlib import Path
from threading import Event, Lock
from typing import TYPE_CHECKING, Any, Final, Protocol

from ssmtrail.queries.errors import Cancelled, StoreError
from ssmtrail.queries.ingest.coverage import Tally, coverage_of
from ssmtrail.queries.model import Note, Sort, Totals, Unreadable
from ssmtrail.queries.relations import columns_of
from ssmtrail.queries.store.atomic import write_private
from ssmtrail.queries.store.folders import dataset_folder, first_page_of, integrity_file, looked_at
from ssmtrail.queries.times import Window

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from ssmtrail.queries.model import Answer, Coverage, Question, Row, Spelling, Value
    from ssmtrail.queries.policy.access import Policy
    from ssmtrail.queries.trust import Trust

#: Raised whenever the text below changes its form.
FORM: Final = 4
#: Rows of the page: as many as a list asks for at first.
FIRST_ROWS: Final = 64
COLUMNS: Final = columns_of("sessions")
_TIMES: Final = frozenset({"started_at", "ended_at", "at", "alive_at", "latest_end", "terminated_at"})
_NUMBERS: Final = frozenset({"resumes", "length_seconds"})


@dataclass(frozen=True, slots=True)
class FirstPage:
    """What a list of all sessions, newest first, needs for its first frame."""

    totals: Totals
    rows: tuple[Row, ...]
    """The first `FIRST_ROWS`, fewer where there are no more; values by `COLUMNS`."""
    tally: Tally
    """What is kept of which day."""


def text_of(page: FirstPage) -> str:
    """The page as JSON, in ASCII."""
    totals, tally = page.totals, page.tally
    return json.dumps(
        {
            "totals": [totals.rows, totals.rows_unfiltered, totals.sessions, totals.people, totals.machines],
            "rows": [[_plain(value) for value in row] for row in page.rows],
            "files": _by_day(tally.files),
            "bytes": _by_day(tally.bytes),
            "failed": _by_day(tally.failed),
            "unreadable": [[each.file, each.why, _plain(each.day), each.records_kept] for each in tally.unreadable],
            "others": [[kind, number] for kind, number in tally.others],
            "notes": [[note.file, note.text] for note in tally.notes],
            "whole": [tally.whole_files, tally.whole_bytes],
            "recorded": [tally.first_record, tally.last_record],
        },
        separators=(",", ":"),
    )


def page_of(text: bytes) -> FirstPage:
    """The page of a text. Raises ValueError, or RecursionError, where it is none."""
    found = json.loads(text)
    try:
        page = FirstPage(Totals(*map(_number, found["totals"])), _rows(found["rows"]), _tally(found))
    except (TypeError, KeyError, AttributeError) as fault:
        raise ValueError("this is no page") from fault
    if len(page.rows) != min(page.totals.rows, FIRST_ROWS):
        raise ValueError("this is not the whole page")
    return page


def _plain(value: Value | date) -> object:
    return value.isoformat() if isinstance(value, date) else value


def _by_day(counts: Mapping[date, int]) -> dict[str, int]:
    return {day.isoformat(): count for day, count in counts.items()}


def _rows(found: Any) -> tuple[Row, ...]:
    if not found:
        return ()
    columns = list(zip(*found, strict=True))
    values = [[read(value) for value in column] for read, column in zip(_READERS, columns, strict=True)]
    return tuple(zip(*values, strict=True))


def _tally(found: Any) -> Tally:
    unreadable = (
        Unreadable(_text(file), _text(why), None if day is None else date.fromisoformat(day), _number(records))
        for file, why, day, records in found["unreadable"]
    )
    files, size = map(_number, found["whole"])
    by_day, sizes, failed = (_counts(found[name]) for name in ("files", "bytes", "failed"))
    others = tuple((_text(kind), _number(number)) for kind, number in found["others"])
    notes = tuple(Note(_text(file), _text(text)) for file, text in found["notes"])
    first, last = map(_text, found["recorded"])
    return Tally(by_day, sizes, failed, frozenset(), tuple(unreadable), others, notes, files, size, first, last)


def _counts(found: Any) -> dict[date, int]:
    return defaultdict(int, {date.fromisoformat(day): _number(count) for day, count in found.items()})


# Each gives a value of its type, or raises ValueError or TypeError.


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _number(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise TypeError
    return value


def _text_or_none(value: Any) -> str | None:
    return None if value is None else _text(value)


def _number_or_none(value: Any) -> float | None:
    if value is not None and type(value) not in (int, float):
        raise TypeError
    return value  # type: ignore[no-any-return]


def _time_or_none(value: Any) -> datetime | None:
    if value is None:
        return None
    moment = datetime.fromisoformat(_text(value))
    if moment.tzinfo is not UTC:
        raise ValueError
    return moment


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(map(_text, value))


def _texts_or_none(value: Any) -> tuple[str, ...] | None:
    return None if value is None else _texts(value)


def _reader(column: str) -> Callable[[Any], Value]:
    if column in _TIMES:
        return _time_or_none
    if column in _NUMBERS:
        return _number_or_none
    others: dict[str, Callable[[Any], Value]] = {
        "key": _text,
        "event_ids": _texts,
        "target_names": _texts_or_none,
        **dict.fromkeys(("first_ever", "is_default_port", "is_omitted", "claims_other"), _truth),
    }
    return others.get(column, _text_or_none)


_READERS: Final = tuple(map(_reader, COLUMNS))


#: Larger files are not ours: a page of the longest records is smaller.
_MOST_BYTES: Final = 8 << 20
#: Pages with more unreadable or odd files are not kept.
_MOST_UNREADABLE: Final = 1_000
_PROGRAM: Final = Path(__file__).parent
#: Folders of what decides how a page is answered.
_DECIDING: Final = (_PROGRAM, _PROGRAM / "sql", _PROGRAM / "filters", _PROGRAM / "policy", _PROGRAM / "store")


@dataclass(frozen=True, slots=True)
class PagePlace:
    """Where the first page of a source is kept."""

    folder: Path
    """The source's in the store."""
    basis: str
    """What the page depends on besides the segments: program, engine, settings, inventory, as they were met."""

    @classmethod
    def of(cls, root: Path, identity: str, look_around_days: int, inventory: Path | None, trust: Trust) -> PagePlace:
        """The place of a source. Make it before what it names is read: what changes meanwhile then counts as changed.

        Raises OSError where the program or the inventory cannot be looked at.
        """
        engine = find_spec("duckdb")
        if engine is None or engine.origin is None:
            raise FileNotFoundError("duckdb")
        looks = [_look(Path(engine.origin).stat()), *(look for folder in _DECIDING for look in _looks(folder))]
        seen = root / "names"
        if seen.exists():
            looks += _looks(seen)
        named = "" if inventory is None else f"{inventory.absolute()} {_look(inventory.stat())}"
        basis = "\n".join((str(FORM), *COLUMNS, str(look_around_days), named, trust.digest, *looks))
        return cls(dataset_folder(root, identity), basis)

    def judged(self, policy: Policy, now: datetime) -> PagePlace:
        """The place of a page with the verdicts of a policy; `now` says what it still accepts."""
        accepted = sorted(each.session for each in policy.accepts if each.session and each.until > now)
        content = hashlib.sha256(policy.content.encode("utf-8", "surrogateescape")).hexdigest()
        return replace(self, basis="\n".join((self.basis, f"policy {content}", *accepted)))

    def key(self) -> str:
        """A text that is another one whenever the page may be. Raises OSError where there is no store."""
        looks = [*_looks(self.folder / "segments"), *_looks_of(integrity_file(self.folder))]
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
        if len(page.tally.unreadable) + len(page.tally.notes) > _MOST_UNREADABLE:
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


def _looks_of(file: Path) -> Sequence[str]:
    """The size and times of a file that need not be there."""
    return [f"{file.name} {_look(file.stat())}"] if file.exists() else []


def _look(status: os.stat_result) -> str:
    return f"{status.st_ino} {status.st_size} {status.st_mtime_ns}"


_ALL: Final = Window()
_NATURAL: Final = ((), (Sort("at", descending=True),))


class Answering(Protocol):
    """What answers questions, see `ssmtrail.queries.trail.Trail`."""

    def ask(self, question: Question, cancelled: Event) -> Answer:
        """Answer a question. Raises Cancelled, UsageError, StoreError."""
        ...


class EarlyPage:
    """The kept first page of a source, which answers until the trail is open; nothing here needs the engine."""

    def __init__(
        self,
        source_label: str,
        folder: Path,
        page: FirstPage,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        settings: tuple[str, ...] = (),
    ) -> None:
        """`folder` is that of the source in the store; `now` is the clock, zone-aware UTC."""
        self._settings = settings
        self._now = now
        self.source_label = source_label
        self._page = page
        self._looked_at = looked_at(folder)

    def knows(self, question: Question, follow: str | None) -> bool:
        """Whether this is what the page answers; the row to follow, if any, has to be on it."""
        scope = question.scope
        if question.name != "sessions" or question.sort not in _NATURAL:
            return False
        if scope.window != _ALL or scope.filter.text:
            return False
        key = COLUMNS.index("key")
        return follow is None or any(row[key] == follow for row in self._page.rows)

    def coverage(self, window: Window) -> Coverage:
        """What is kept for the window, day by day."""
        found = coverage_of(self._page.tally, window, self._now(), self._looked_at)
        return replace(found, settings=self._settings)

    def answer(self, question: Question, trail: Callable[[Event], Answering]) -> EarlyAnswer:
        """The answer to a question that it knows; `trail` waits for the opened trail."""
        return EarlyAnswer(question, self._page, trail)


class EarlyAnswer:
    """Has the first rows; gives the others from the core's answer, once it is open and as long as that is the same."""

    columns = COLUMNS

    def __init__(self, question: Question, page: FirstPage, trail: Callable[[Event], Answering]) -> None:
        self.question = question
        self._page = page
        self._trail = trail
        self._closed = Event()
        self._lock = Lock()
        self._whole: Answer | None = None

    @property
    def totals(self) -> Totals:
        """The figures for the header."""
        return self._page.totals

    def page(self, offset: int, limit: int, columns: Sequence[str] | None = None) -> tuple[Row, ...]:
        """Rows `offset` to `offset + limit`; blocks for those that were not kept. Raises Cancelled, StoreError."""
        first, last = max(offset, 0), min(offset + limit, self.totals.rows)
        if last > len(self._page.rows) or columns is not None:
            return self._answer().page(offset, limit, columns)
        self._require_open()
        return self._page.rows[first:last]

    def first(self) -> tuple[Row, ...]:
        """All rows that were kept: none of them waits for the core, nor has to be asked for again."""
        self._require_open()
        return self._page.rows

    def lines(self, offset: int, limit: int, columns: Sequence[str], spelling: Spelling) -> Sequence[str | Row]:
        """The same rows as lines of a format, or as values; blocks. Raises Cancelled, StoreError."""
        return self._answer().lines(offset, limit, columns, spelling)

    def position(self, key: str, at: datetime | None = None) -> int | None:
        """The place of the row with this key; blocks where it is none of the first. Raises Cancelled, StoreError."""
        place = COLUMNS.index("key")
        found = (index for index, row in enumerate(self._page.rows) if row[place] == key)
        if (index := next(found, None)) is not None:
            return index
        return self._answer().position(key, at)

    def complete(self, cancelled: Event) -> None:
        """Nothing: the rows stand in the order of the files."""

    def close(self) -> None:
        """Free what the answer holds; threads that wait for other rows end."""
        self._closed.set()
        if self._whole is not None:
            self._whole.close()

    def _require_open(self) -> None:
        if self._closed.is_set():
            raise StoreError("this answer is closed")

    def _answer(self) -> Answer:
        """The core's answer. Raises Cancelled where it is not the same any more: then another one is on its way."""
        with self._lock:
            self._require_open()
            if self._whole is None:
                whole = self._trail(self._closed).ask(self.question, self._closed)
                if self._closed.is_set() or not self._is_begin_of(whole):
                    whole.close()
                    raise Cancelled
                self._whole = whole
            return self._whole

    def _is_begin_of(self, whole: Answer) -> bool:
        rows = self._page.rows
        return whole.totals == self.totals and whole.page(0, len(rows)) == rows
