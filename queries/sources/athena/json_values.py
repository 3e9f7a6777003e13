"""JSON text of columns that hold structs, arrays or maps in place of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from queries.sources.athena import literals

if TYPE_CHECKING:
    from collections.abc import Mapping

    from queries.sources.athena.hive_types import HiveType

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
