"""What a table's columns hold, reached as expressions of SQL by the paths of a CloudTrail record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from queries.sources.athena import json_values, literals

if TYPE_CHECKING:
    from collections.abc import Iterable

    from queries.sources.athena.hive_types import HiveType

#: What a value that the table does not have is: absent, and of the type that all others have.
ABSENT: Final = "CAST(NULL AS varchar)"


class Reached(NamedTuple):
    """An expression with the type of its values."""

    sql: str
    type: HiveType


@dataclass(frozen=True, slots=True)
class Columns:
    """A table's columns, partition keys too."""

    found: tuple[tuple[str, HiveType], ...]
    """Names as the catalog has them."""

    def column(self, name: str) -> Reached | None:
        """The column of this name in any case, with underscores or without (`event_name`)."""
        wanted = _plain(name)
        for actual, type_ in self.found:
            if _plain(actual) == wanted:
                return Reached(literals.name(actual), type_)
        return None

    def reach(self, path: Iterable[str]) -> Reached | None:
        """What lies at a path of a record: below a struct, in a map, in JSON text, or in a column of its own.

        A copy may have flattened `userIdentity.arn` to `useridentity_arn`.
        """
        parts = tuple(path)
        if (column := self.column(parts[0])) and (deep := _below(column, parts[1:])):
            return deep
        return self.column("".join(parts)) if len(parts) > 1 else None

    def text(self, *paths: tuple[str, ...]) -> str:
        """The first of these paths that the table has, as varchar; absent where it has none."""
        for path in paths:
            if reached := self.reach(path):
                return as_text(reached)
        return ABSENT

    def json(self, *paths: tuple[str, ...], **cases: str) -> str:
        """The same as JSON text; `cases` are names whose case the catalog has lost (see `json_values.json_text`)."""
        for path in paths:
            if reached := self.reach(path):
                return json_values.json_text(reached.sql, reached.type, cases)
        return ABSENT


def as_text(reached: Reached) -> str:
    """A scalar as varchar."""
    if reached.type.is_text:
        return reached.sql
    if reached.type.is_time:
        return json_values.iso_text(reached.sql, reached.type)
    return f"CAST({reached.sql} AS varchar)"


def _below(found: Reached, path: tuple[str, ...]) -> Reached | None:
    if not path:
        return found
    if found.type.is_text:
        return Reached(f"json_extract_scalar({found.sql}, {literals.text('$.' + '.'.join(path))})", found.type)
    if found.type.name == "map":
        key = literals.text(".".join(path))
        return Reached(f"element_at({found.sql}, {key})", found.type.inner[1])
    field = found.type.field(path[0])
    return _below(Reached(f"{found.sql}.{literals.name(field[0])}", field[1]), path[1:]) if field else None


def _plain(name: str) -> str:
    return name.casefold().replace("_", "")
