"""Hive type strings, as the Glue catalog has them, read into values."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ssmtrail.queries.errors import SourceError

if TYPE_CHECKING:
    pass


_TEXTS: Final = frozenset({"string", "varchar", "char"})


_INTEGERS: Final = frozenset({"tinyint", "smallint", "int", "integer", "bigint"})


#: A primitive's name may have blanks (`timestamp with local time zone`) and arguments (`decimal(38,9)`).
_PRIMITIVE: Final = re.compile(r"\s*([A-Za-z_][\w ]*?)\s*(\([\d\s,]*\))?\s*(?=[,>]|$)")


_QUOTED: Final = re.compile(r"\s*`((?:[^`]|``)*)`\s*:")


_PLAIN: Final = re.compile(r"\s*([^`:<>,]+?)\s*:")


_NESTED: Final = re.compile(r"\s*(struct|array|map|uniontype)\s*<", re.IGNORECASE)


_MOST_DEEP: Final = 60


@dataclass(frozen=True, slots=True)
class HiveType:
    """A column's type."""

    name: str
    """`struct`, `array`, `map`, or a primitive's name in lower case without arguments."""
    fields: tuple[tuple[str, HiveType], ...] = ()
    """Of a struct: names as the catalog writes them."""
    inner: tuple[HiveType, ...] = ()
    """Of an array its elements' type, of a map its keys' and values'."""

    @property
    def is_text(self) -> bool:
        """Whether its values are varchar in Athena."""
        return self.name in _TEXTS

    @property
    def is_integer(self) -> bool:
        """Whether its values are whole numbers."""
        return self.name in _INTEGERS

    @property
    def is_time(self) -> bool:
        """Whether its values are timestamps, with a zone or without."""
        return self.name.startswith("timestamp")

    def field(self, name: str) -> tuple[str, HiveType] | None:
        """The struct's field of this name in any case, as it is written there; None where there is none."""
        return next((field for field in self.fields if field[0].casefold() == name.casefold()), None)


def parse(text: str) -> HiveType:
    """Read a type string. Raises SourceError, naming it, where it cannot be read.

    Source: "Data types in Amazon Athena"; Apache Hive's `TypeInfoUtils`.
    """
    try:
        found, end = _type(text, 0, 0)
    except ValueError:
        raise SourceError(f"The column type {text[:200]!r} cannot be read.") from None
    if text[end:].strip():
        raise SourceError(f"The column type {text[:200]!r} cannot be read.")
    return found


def _type(text: str, at: int, depth: int) -> tuple[HiveType, int]:
    if depth > _MOST_DEEP:
        raise ValueError(text)
    if nested := _NESTED.match(text, at):
        name = nested[1].lower()
        read = _struct if name == "struct" else _inner
        return read(name, text, nested.end(), depth + 1)
    primitive = _PRIMITIVE.match(text, at)
    if primitive is None:
        raise ValueError(text)
    return HiveType(" ".join(primitive[1].lower().split())), primitive.end()


def _struct(name: str, text: str, at: int, depth: int) -> tuple[HiveType, int]:
    fields: list[tuple[str, HiveType]] = []
    if end := _closed(text, at):
        return HiveType(name), end
    while True:
        field = _QUOTED.match(text, at) or _PLAIN.match(text, at)
        if field is None:
            raise ValueError(text)
        found, at = _type(text, field.end(), depth)
        fields.append((field[1].replace("``", "`") if field.re is _QUOTED else field[1], found))
        if end := _closed(text, at):
            return HiveType(name, tuple(fields)), end
        at = _comma(text, at)


def _inner(name: str, text: str, at: int, depth: int) -> tuple[HiveType, int]:
    inner: list[HiveType] = []
    while True:
        found, at = _type(text, at, depth)
        inner.append(found)
        if end := _closed(text, at):
            if name == "uniontype" or len(inner) == (1 if name == "array" else 2):
                return HiveType(name, (), tuple(inner)), end
            raise ValueError(text)
        at = _comma(text, at)


def _closed(text: str, at: int) -> int | None:
    at = _blank(text, at)
    return at + 1 if text[at : at + 1] == ">" else None


def _comma(text: str, at: int) -> int:
    at = _blank(text, at)
    if text[at : at + 1] != ",":
        raise ValueError(text)
    return at + 1


def _blank(text: str, at: int) -> int:
    while text[at : at + 1].isspace():
        at += 1
    return at
