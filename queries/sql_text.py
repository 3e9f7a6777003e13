"""SQL text: the statements in `queries/sql`, and literals in them. Imports no engine."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from ssmtrail.queries.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime


@cache
def statement(name: str) -> str:
    """The text of `queries/sql/NAME.sql`."""
    return (Path(__file__).parent / "sql" / f"{name}.sql").read_text(encoding="utf-8")


def literal(text: str) -> str:
    """A text as an SQL string literal; the only place where a value enters SQL text.

    For views, COPY and `read_parquet`, which take no parameters. Raises StoreError for NUL, which SQL cannot contain.
    """
    if "\0" in text:
        raise StoreError("a file name with a NUL character cannot be read")
    return "'" + text.replace("'", "''") + "'"


def timestamp(moment: datetime) -> str:
    """A moment (UTC) as SQL."""
    return f"TIMESTAMP {literal(moment.replace(tzinfo=None).isoformat(sep=' '))}"


def paths_literal(paths: Sequence[Path]) -> str:
    """A list of files for `read_parquet`; glob characters in names are escaped."""
    return "[" + ", ".join(literal(_without_globs(str(path))) for path in paths) + "]"


def _without_globs(path: str) -> str:
    return "".join(f"[{character}]" if character in "*?[" else character for character in path)
