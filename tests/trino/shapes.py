"""CloudTrail records in the shape of a table's columns, as its SerDe, or whoever made the copy, would have them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ssmtrail.queries.sources.athena.columns import HiveType

Record = dict[str, Any]


def row(record: Record, columns: Sequence[tuple[str, HiveType]]) -> Record:
    """The record's row: by column names in any case, with underscores or without; flattened paths are found too."""
    # CloudTrail Lake has the whole record beside its parts.
    whole = {"eventjson": json.dumps(record, ensure_ascii=False)}
    return {name: value(whole.get(name, _member(record, name)), type_) for name, type_ in columns}


def value(found: Any, type_: HiveType) -> Any:
    """A member as a value of a type, for JSON that is cast to rows."""
    if found is None:
        return None
    match type_.name:
        case "struct":
            members = found if isinstance(found, dict) else {}
            return {name: value(_exact(members, name), inner) for name, inner in type_.fields} if members else None
        case "array":
            return [value(each, type_.inner[0]) for each in found]
        case "map":
            return (
                {key: _text(each) for key, each in found.items() if each is not None}
                if isinstance(found, dict)
                else None
            )
        case "boolean":
            return found if isinstance(found, bool) else str(found).lower() == "true"
        case "timestamp":
            return found.replace("T", " ").removesuffix("Z")
        case "bigint" | "int":
            return int(found)
    return _text(found)


def trino_type(type_: HiveType) -> str:
    """The type as Trino writes it; times come as text (see `cast`)."""
    match type_.name:
        case "struct":
            return f"ROW({', '.join(f'{_quoted(name)} {trino_type(inner)}' for name, inner in type_.fields)})"
        case "array":
            return f"ARRAY({trino_type(type_.inner[0])})"
        case "map":
            return f"MAP(varchar, {trino_type(type_.inner[1])})"
        case "bigint" | "int" | "boolean":
            return type_.name
    return "varchar"


def cast(sql: str, type_: HiveType) -> str:
    """A column of `trino_type` as the type that Athena has for it."""
    if type_.name == "timestamp":
        return f"CAST({sql} AS timestamp(3))"
    if type_.name == "struct" and any(inner.name in {"timestamp", "struct"} for _, inner in type_.fields):
        inner = ", ".join(cast(f"{sql}.{_quoted(name)}", each) for name, each in type_.fields)
        return f"IF({sql} IS NULL, NULL, CAST(ROW({inner}) AS {real_type(type_)}))"
    return sql


def real_type(type_: HiveType) -> str:
    """The type as Athena has it, where the table is made of files."""
    match type_.name:
        case "struct":
            return f"ROW({', '.join(f'{_quoted(name)} {real_type(inner)}' for name, inner in type_.fields)})"
        case "timestamp":
            return "timestamp(3)"
        case "date":
            return "date"
    return trino_type(type_)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(found: Any) -> str:
    if isinstance(found, str):
        return found
    return json.dumps(found, ensure_ascii=False, separators=(",", ":"))


def _exact(members: Record, name: str) -> Any:
    return next((each for key, each in members.items() if key.casefold() == name.casefold()), None)


def _member(record: Record, name: str) -> Any:
    wanted = name.casefold().replace("_", "")
    for key, each in record.items():
        plain = key.casefold().replace("_", "")
        if plain == wanted:
            return each
        if isinstance(each, dict) and wanted.startswith(plain):
            below = _member(each, wanted.removeprefix(plain))
            if below is not None:
                return below
    return None
