"""The first page of all sessions with what stands around it, as text that is kept from one run to the next."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Final

from queries.columns import columns_of
from queries.coverage import Tally
from queries.values import Totals, Unreadable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from queries.values import Row, Value

#: Raised whenever the text below changes its form.
FORM: Final = 1
#: Rows of the page: as many as a list asks for at first.
FIRST_ROWS: Final = 64
COLUMNS: Final = columns_of("sessions")
_TIMES: Final = frozenset({"started_at", "ended_at", "at", "alive_at"})
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
            "whole": [tally.whole_files, tally.whole_bytes],
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
    return Tally(by_day, sizes, failed, frozenset(), tuple(unreadable), files, size)


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


def _reader(column: str) -> Callable[[Any], Value]:
    if column in _TIMES:
        return _time_or_none
    if column in _NUMBERS:
        return _number_or_none
    others: dict[str, Callable[[Any], Value]] = {"key": _text, "event_ids": _texts, "first_ever": _truth}
    return others.get(column, _text_or_none)


_READERS: Final = tuple(map(_reader, COLUMNS))
