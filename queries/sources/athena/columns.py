"""The columns of a table: Hive types, and SQL expressions for record paths, JSON text and times."""

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
    """The type of a column."""

    name: str
    """`struct`, `array`, `map`, or the name of a primitive in lower case without arguments."""
    fields: tuple[tuple[str, HiveType], ...] = ()
    """Fields of a struct, names as in the catalog."""
    inner: tuple[HiveType, ...] = ()
    """Element type of an array, key and value types of a map."""

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
        """The field of a struct by its name in any case; None if it has none."""
        return next((field for field in self.fields if field[0].casefold() == name.casefold()), None)


def parse_type(text: str) -> HiveType:
    """Read a type string. Raises SourceError if it cannot be read.

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


#: Names in the case of CloudTrail records; the catalog has struct fields in lower case only.
_CASES: Final = {
    name.casefold(): name
    for name in (
        "accessKeyId", "accessRequestId", "accountId", "assumedRoleId", "assumedRoleUser", "clusterArn", "commandId",
        "containerArn", "containerName", "credentialsIssuedTo", "credentialsIssuedToVersion", "currentState",
        "documentName", "durationSeconds", "externalId", "federatedUser", "federatedUserId", "instanceId",
        "instanceIds", "instanceOSUser", "instancesSet", "issuerType", "launchTime", "localPortNumber",
        "nameQualifier", "policyArns", "portNumber", "previousState", "principalArn", "privateIpAddress",
        "resourceId", "resourcesSet", "roleArn", "roleSessionName", "serialNumber", "sessionId", "sessionToken",
        "sourceAccount", "sourceArn", "sourceIdentity", "streamUrl", "subjectFromWebIdentityToken", "subjectType",
        "subnetId", "tagSet", "targetPrincipal", "taskArn", "tokenValue", "transitiveTagKeys", "vpcId",
    )
}  # fmt: skip
#: Members whose values are objects or lists; in a map of texts these are JSON text.
_OBJECTS: Final = (
    "assumedRoleUser", "command", "CreateInstanceConnectEndpointRequest", "credentialSet", "credentials",
    "federatedUser", "instanceIdSet", "instanceIds", "instancesSet", "parameters", "RequestDetails", "resourcesSet",
    "session", "ssmSession", "tags", "tagSet", "Targets", "targets",
)  # fmt: skip


def iso_text(sql: str, type_: HiveType) -> str:
    """A time in the form of CloudTrail records, to the second."""
    there = f"{sql} AT TIME ZONE 'UTC'" if "zone" in type_.name else sql
    return f"date_format({there}, '%Y-%m-%dT%H:%i:%sZ')"


def json_text(sql: str, type_: HiveType, cases: Mapping[str, str]) -> str:
    """The column as JSON text; JSON text is unchanged, except that the JSON value null becomes NULL.

    `cases` maps names in lower case to their original case, beside the known ones.
    """
    if type_.is_text:
        return f"nullif({sql}, 'null')"
    return f"json_format({_value(sql, type_, cases, 1)})"


def _value(sql: str, type_: HiveType, cases: Mapping[str, str], depth: int) -> str:
    """An expression of type json; NULL stays NULL."""
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
    # A missing member is NULL in a struct but absent in the record.
    there = f"map_filter(map(ARRAY[{keys}], ARRAY[{values}]), (k{depth}, v{depth}) -> v{depth} IS NOT NULL)"
    return f"IF({sql} IS NULL, NULL, CAST({there} AS json))"


def _texts(sql: str, type_: HiveType, cases: Mapping[str, str]) -> str:
    """A struct of only texts as a map, which needs no cast of each member."""
    keys = literals.texts(_cased(name, cases) for name, _ in type_.fields)
    return f"map(ARRAY[{keys}], ARRAY[{', '.join(f'{sql}.{literals.name(name)}' for name, _ in type_.fields)}])"


def _map(sql: str, type_: HiveType, cases: Mapping[str, str], depth: int) -> str:
    key, value = f"k{depth}", f"v{depth}"
    inner = _value(value, type_.inner[1], cases, depth + 1)
    if type_.inner[1].is_text:
        # Of ECS Exec, `command` is a text.
        is_object = f"{key} IN ({literals.texts(_OBJECTS)}) AND regexp_like({value}, '^[{{\\[]')"
        inner = f"IF({is_object}, coalesce(TRY(json_parse({value})), {inner}), {inner})"
    return f"CAST(transform_values({sql}, ({key}, {value}) -> {inner}) AS json)"


def _cased(name: str, cases: Mapping[str, str]) -> str:
    lower = name.casefold()
    return cases.get(lower) or (name if name != lower else _CASES.get(lower, name))


#: The expression for a value that the table does not have.
ABSENT: Final = "CAST(NULL AS varchar)"


class Reached(NamedTuple):
    """An SQL expression and its type."""

    sql: str
    type: HiveType


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a table, with its partition keys."""

    found: tuple[tuple[str, HiveType], ...]
    """Names as in the catalog."""

    def column(self, name: str) -> Reached | None:
        """The column of this name, ignoring case and underscores (`event_name`)."""
        wanted = _plain(name)
        for actual, type_ in self.found:
            if _plain(actual) == wanted:
                return Reached(literals.name(actual), type_)
        return None

    def reach(self, path: Iterable[str], *, is_object: bool = False) -> Reached | None:
        """The value at a path of a record: in a struct, a map, JSON text, or a column of its own.

        A copy may have flattened `userIdentity.arn` to `useridentity_arn`. With `is_object`, what JSON text holds there
        is JSON text again.
        """
        parts = tuple(path)
        if (column := self.column(parts[0])) and (deep := _below(column, parts[1:], is_object=is_object)):
            return deep
        return self.column("".join(parts)) if len(parts) > 1 else None

    def text(self, *paths: tuple[str, ...]) -> str:
        """The first of these paths that the table has, as varchar; ABSENT if it has none."""
        for path in paths:
            if reached := self.reach(path):
                return as_text(reached)
        return ABSENT

    def json(self, *paths: tuple[str, ...], **cases: str) -> str:
        """The same as JSON text; `cases` are names whose case the catalog has lost (see `json_text`)."""
        for path in paths:
            if reached := self.reach(path, is_object=True):
                return json_text(reached.sql, reached.type, cases)
        return ABSENT


def as_text(reached: Reached) -> str:
    """A scalar as varchar."""
    if reached.type.is_text:
        return reached.sql
    if reached.type.is_time:
        return iso_text(reached.sql, reached.type)
    return f"CAST({reached.sql} AS varchar)"


def _below(found: Reached, path: tuple[str, ...], *, is_object: bool = False) -> Reached | None:
    if not path:
        return found
    if found.type.is_text:
        place = literals.text("$." + ".".join(path))
        inner = f"json_format(json_extract({found.sql}, {place}))" if is_object else (
            f"json_extract_scalar({found.sql}, {place})"
        )  # fmt: skip
        return Reached(inner, found.type)
    if found.type.name == "map":
        key = literals.text(".".join(path))
        return Reached(f"element_at({found.sql}, {key})", found.type.inner[1])
    field = found.type.field(path[0])
    if field is None:
        return None
    return _below(Reached(f"{found.sql}.{literals.name(field[0])}", field[1]), path[1:], is_object=is_object)


def _plain(name: str) -> str:
    return name.casefold().replace("_", "")


Form: TypeAlias = Literal["text", "plain", "zoned", "milliseconds"]


@dataclass(frozen=True, slots=True)
class EventTime:
    """The column with the time of events."""

    sql: str
    form: Form
    """`text` is ISO 8601, `plain` a UTC timestamp without zone, `zoned` one with zone, `milliseconds` since 1970."""
    text: str
    """An expression that gives ISO 8601 text in UTC, varchar."""

    @property
    def day(self) -> str:
        """An expression that gives the event's UTC day as `YYYY-MM-DD`, varchar."""
        return f"substr({self.text}, 1, 10)"

    def within(self, start: datetime | None, end: datetime | None) -> tuple[str, ...]:
        """Conditions for a time range, `end` excluded; they compare the bare column, so that they prune."""
        found = [f"{self.sql} >= {self._bound(start)}"] if start else []
        return (*found, *([f"{self.sql} < {self._bound(end)}"] if end else []))

    def _bound(self, moment: datetime) -> str:
        there = moment.astimezone(UTC).replace(tzinfo=None)
        match self.form:
            case "text":
                # Without the Z, the text sorts correctly against times with fractions of a second.
                return literals.text(there.isoformat().removesuffix("T00:00:00"))
            case "plain":
                return f"TIMESTAMP '{there.isoformat(' ')}'"
            case "zoned":
                return literals.moment(moment)
            case "milliseconds":
                return str(int(moment.timestamp() * 1000))


def event_time(columns: Columns) -> EventTime | None:
    """The time column of a table, preferring one that prunes; None if it has none."""
    for name in ("time_dt", "eventtime", "time"):
        if (found := columns.column(name)) and (read := time_of(found)):
            return read
    return None


def time_of(found: Reached) -> EventTime | None:
    """A column or field that holds a time; None if its type holds none."""
    if found.type.is_text:
        return EventTime(found.sql, "text", found.sql)
    if found.type.is_time:
        return EventTime(found.sql, "zoned" if "zone" in found.type.name else "plain", iso_text(found.sql, found.type))
    if found.type.name == "bigint":
        made = f"from_unixtime({found.sql} / 1000) AT TIME ZONE 'UTC'"
        return EventTime(found.sql, "milliseconds", f"date_format({made}, '%Y-%m-%dT%H:%i:%sZ')")
    return None
