"""Readable differences between two answers, row by row."""

from __future__ import annotations

import json
from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

Row = dict[str, Any]

#: Most rows to show; the heading has the number of all.
_SHOWN: Final = 5
#: Characters of a value.
_WIDTH: Final = 90


def as_text(row: Row) -> str:
    """A row as text that is equal where the row is."""
    return json.dumps(row, ensure_ascii=False, sort_keys=True, default=str)


def differences(ours: Iterable[Row], theirs: Iterable[Row], keys: Sequence[str]) -> str:
    """The differences, rows identified by `keys`; empty if both sides have each row equally often."""
    local, trino = Counter(map(as_text, ours)), Counter(map(as_text, theirs))
    lacking = [json.loads(row) for row in (local - trino).elements()]
    surplus = [json.loads(row) for row in (trino - local).elements()]
    if not lacking and not surplus:
        return ""
    lines = list(_texts(lacking, surplus, keys))
    more = [f"  and {len(lines) - _SHOWN} more"] if len(lines) > _SHOWN else []
    heading = (
        f"{len(lacking)} rows of the local engine's are not Trino's, {len(surplus)} of Trino's are not the local's"
    )
    return "\n".join((heading, *lines[:_SHOWN], *more))


def _texts(lacking: list[Row], surplus: list[Row], keys: Sequence[str]) -> Iterator[str]:
    def key(row: Row) -> str:
        return as_text({name: row[name] for name in keys})

    rows = sorted(
        [(key(row), 0, row) for row in lacking] + [(key(row), 1, row) for row in surplus], key=lambda r: r[:2]
    )
    for named, group in groupby(rows, key=lambda row: row[0]):
        found = list(group)
        ours, theirs = ([row for _, whose, row in found if whose == side] for side in (0, 1))
        yield from (f"  {named}: {_columns(here, there)}" for here, there in zip(ours, theirs, strict=False))
        yield from (f"  {named}: only the local engine has {_cut(as_text(row), 0)}" for row in ours[len(theirs) :])
        yield from (f"  {named}: only Trino has {_cut(as_text(row), 0)}" for row in theirs[len(ours) :])


def _columns(ours: Row, theirs: Row) -> str:
    """The columns that differ, with both values, from where they part."""
    texts = []
    for name, here in ours.items():
        if here != theirs[name]:
            mine, other = (json.dumps(value, ensure_ascii=False) for value in (here, theirs[name]))
            same = next((at for at, (a, b) in enumerate(zip(mine, other, strict=False)) if a != b), 0)
            texts.append(f"{name} is {_cut(mine, same)} locally, {_cut(other, same)} in Trino")
    return "; ".join(texts)


def _cut(text: str, at: int) -> str:
    start = max(0, at - _WIDTH // 3) if len(text) > _WIDTH else 0
    end = start + _WIDTH * (1 if at or start else 3)
    return f"{'…' if start else ''}{text[start:end]}{'…' if end < len(text) else ''}"
