"""A table's columns: Hive types, paths into a record, JSON text and times, as SQL expressions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias

from ssmtrail.queries.errors import SourceError
from ssmtrail.queries.sources.athena import literals

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


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


def parse_type(text: str) -> HiveType:
    """Read a type string. Raises SourceError, naming it, where it cannot be read.

    Source: "Data types in Amazon Athena"; Apache Hive's `TypeInfoUtils`.
    """
    try:
        found, end = _parse_type(text, 0, 0)
    except ValueError:
        raise SourceError(f"The column type {text[:200]!r} cannot be read.") from None
    if text[end:].strip():
        raise SourceError(f"The column type {text[:200]!r} cannot be read.")
    return found


def _parse_type(text: str, at: int, depth: int) -> tuple[HiveType, int]:
    if depth > _MOST_DEEP:
        raise ValueError(text)
    if nested := _NESTED.match(text, at):
        name = nested[1].lower()
        read = _parse_struct if name == "struct" else _parse_inner
        return read(name, text, nested.end(), depth + 1)
    primitive = _PRIMITIVE.match(text, at)
    if primitive is None:
        raise ValueError(text)
    return HiveType(" ".join(primitive[1].lower().split())), primitive.end()


def _parse_struct(name: str, text: str, at: int, depth: int) -> tuple[HiveType, int]:
    fields: list[tuple[str, HiveType]] = []
    if end := _closed(text, at):
        return HiveType(name), end
    while True:
        field = _QUOTED.match(text, at) or _PLAIN.match(text, at)
        if field is None:
            raise ValueError(text)
        found, at = _parse_type(text, field.end(), depth)
        fields.append((field[1].replace("``", "`") if field.re is _QUOTED else field[1], found))
        if end := _closed(text, at):
            return HiveType(name, tuple(fields)), end
        at = _comma(text, at)


def _parse_inner(name: str, text: str, at: int, depth: int) -> tuple[HiveType, int]:
    inner: list[HiveType] = []
    while True:
        found, at = _parse_type(text, at, depth)
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


#: Names as CloudTrail records write them: the catalog keeps struct fields in lower case only.
_CASES: Final = {
    name.casefold(): name
    for name in (
        "accessKeyId", "accountId", "assumedRoleId", "assumedRoleUser", "clusterArn", "commandId", "containerArn",
        "containerName", "documentName", "durationSeconds", "externalId", "instanceId", "instanceIds", "instanceOSUser",
        "localPortNumber", "policyArns", "portNumber", "roleArn", "roleSessionName", "sessionId", "sessionToken",
        "sourceIdentity", "streamUrl", "taskArn", "tokenValue", "transitiveTagKeys",
    )
}  # fmt: skip
#: Members whose values are objects: where a map holds texts only, these are JSON texts.
_OBJECTS: Final = ("parameters", "credentials", "assumedRoleUser", "session", "tags")


def iso_text(sql: str, type_: HiveType) -> str:
    """A time as records write it, to the second."""
    there = f"{sql} AT TIME ZONE 'UTC'" if "zone" in type_.name else sql
    return f"date_format({there}, '%Y-%m-%dT%H:%i:%sZ')"


def json_text(sql: str, type_: HiveType, cases: Mapping[str, str]) -> str:
    """The column's JSON text; what is JSON text already stays as it is, but that JSON's own null is no value.

    `cases` gives names in lower case their case, before those that are known.
    """
    if type_.is_text:
        return f"nullif({sql}, 'null')"
    return f"json_format({_value(sql, type_, cases, 1)})"


def _value(sql: str, type_: HiveType, cases: Mapping[str, str], depth: int) -> str:
    """An expression of the type json; NULL stays NULL."""
    if type_.name == "struct":
        return _struct(sql, type_, cases, depth)
    if type_.name == "array":
        each, inner = f"e{depth}", type_.inner[0]
        if inner.fields and all(field.is_text for _, field in inner.fields):
            return f"CAST(transform({sql}, {each} -> {_texts(each, inner, cases)}) AS json)"
        return f"CAST(transform({sql}, {each} -> {_value(each, type_.inner[0], cases, depth + 1)}) AS json)"
    if type_.name == "map":
        return _map(sql, type_, cases, depth)
    if type_.is_time:
        return f"CAST({iso_text(sql, type_)} AS json)"
    plain = type_.is_text or type_.is_integer or type_.name in {"boolean", "double", "float", "json"}
    return f"CAST({sql} AS json)" if plain else f"CAST(CAST({sql} AS varchar) AS json)"


def _struct(sql: str, type_: HiveType, cases: Mapping[str, str], depth: int) -> str:
    if not type_.fields:
        return f"IF({sql} IS NULL, NULL, JSON '{{}}')"
    keys = literals.texts(_cased(name, cases) for name, _ in type_.fields)
    values = ", ".join(_value(f"{sql}.{literals.name(name)}", each, cases, depth + 1) for name, each in type_.fields)
    # A member that is not there is NULL in a struct, and is not there in the record.
    there = f"map_filter(map(ARRAY[{keys}], ARRAY[{values}]), (k{depth}, v{depth}) -> v{depth} IS NOT NULL)"
    return f"IF({sql} IS NULL, NULL, CAST({there} AS json))"


def _texts(sql: str, type_: HiveType, cases: Mapping[str, str]) -> str:
    """A struct of texts alone as a map, which is JSON without a cast of each."""
    keys = literals.texts(_cased(name, cases) for name, _ in type_.fields)
    return f"map(ARRAY[{keys}], ARRAY[{', '.join(f'{sql}.{literals.name(name)}' for name, _ in type_.fields)}])"


def _map(sql: str, type_: HiveType, cases: Mapping[str, str], depth: int) -> str:
    key, value = f"k{depth}", f"v{depth}"
    inner = _value(value, type_.inner[1], cases, depth + 1)
    if type_.inner[1].is_text:
        inner = f"IF({key} IN ({literals.texts(_OBJECTS)}), coalesce(TRY(json_parse({value})), {inner}), {inner})"
    return f"CAST(transform_values({sql}, ({key}, {value}) -> {inner}) AS json)"


def _cased(name: str, cases: Mapping[str, str]) -> str:
    lower = name.casefold()
    return cases.get(lower) or (name if name != lower else _CASES.get(lower, name))


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
                return json_text(reached.sql, reached.type, cases)
        return ABSENT


def as_text(reached: Reached) -> str:
    """A scalar as varchar."""
    if reached.type.is_text:
        return reached.sql
    if reached.type.is_time:
        return iso_text(reached.sql, reached.type)
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


Form: TypeAlias = Literal["text", "plain", "zoned", "milliseconds"]


@dataclass(frozen=True, slots=True)
class EventTime:
    """When events happened, as the table has it."""

    sql: str
    form: Form
    """`text` is ISO 8601 as recorded, `plain` a UTC timestamp without a zone, `milliseconds` those since 1970."""
    text: str
    """An expression that gives ISO 8601 text in UTC, varchar."""

    @property
    def day(self) -> str:
        """An expression that gives the event's UTC day as `YYYY-MM-DD`, varchar."""
        return f"substr({self.text}, 1, 10)"

    def within(self, start: datetime | None, end: datetime | None) -> tuple[str, ...]:
        """Conditions for a stretch of time, `end` exclusive: on the column as it is, so that they prune."""
        found = [f"{self.sql} >= {self._bound(start)}"] if start else []
        return (*found, *([f"{self.sql} < {self._bound(end)}"] if end else []))

    def _bound(self, moment: datetime) -> str:
        there = moment.astimezone(UTC).replace(tzinfo=None)
        match self.form:
            case "text":
                # Without the Z the text of a time sorts right beside texts that have fractions of a second.
                return literals.text(there.isoformat().removesuffix("T00:00:00"))
            case "plain":
                return f"TIMESTAMP '{there.isoformat(' ')}'"
            case "zoned":
                return literals.moment(moment)
            case "milliseconds":
                return str(int(moment.timestamp() * 1000))


def event_time(columns: Columns) -> EventTime | None:
    """The time column of a table, the one that prunes before others; None where it has none."""
    for name in ("time_dt", "eventtime", "time"):
        if (found := columns.column(name)) and (read := _read(found)):
            return read
    return None


def _read(found: Reached) -> EventTime | None:
    if found.type.is_text:
        return EventTime(found.sql, "text", found.sql)
    if found.type.is_time:
        return EventTime(found.sql, "zoned" if "zone" in found.type.name else "plain", iso_text(found.sql, found.type))
    if found.type.name == "bigint":
        made = f"from_unixtime({found.sql} / 1000) AT TIME ZONE 'UTC'"
        return EventTime(found.sql, "milliseconds", f"date_format({made}, '%Y-%m-%dT%H:%i:%sZ')")
    return None
