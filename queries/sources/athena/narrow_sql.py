"""The JSON of narrow rows (`ssmtrail.queries.raw_calls`), cut by Athena itself so that results stay small."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ssmtrail.queries.raw_calls import (
    CREDENTIAL_MEMBERS,
    CREDENTIALS,
    MACHINE_MEMBERS,
    MACHINES,
    TAG_CALLS,
    TAG_KEYS,
)
from ssmtrail.queries.sources.athena import literals

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from ssmtrail.queries.raw_calls import Listed, Names, Narrow

#: Members that are lists of objects; all others with listed members are objects.
_LISTS: Final = frozenset({"items", "credentialSet"})
_RESOURCE_ID: Final = "json_extract_scalar({item}, '$.resourceId')"
_MACHINE: Final = f"regexp_like({_RESOURCE_ID}, '^m?i-')"
_NAMING: Final = f"lower(json_extract_scalar({{item}}, '$.key')) IN ({literals.texts(sorted(TAG_KEYS))})"
#: Of the lists of tag calls only these items.
_KEPT_ITEMS: Final = {"resourcesSet": _MACHINE, "tagSet": _NAMING}


def request() -> str:
    """The column `requestparameters` of a row, from the whole of it."""
    return _cut("requestparameters", lambda narrow: narrow.request)


def response() -> str:
    """The column `responseelements` of a row, from the whole of it."""
    return _cut("responseelements", lambda narrow: narrow.response)


def is_wanted_tag() -> str:
    """The condition that drops tag calls that are not wanted; other rows stay, and text that is no whole JSON."""
    resources, tags = (
        f"CAST(json_extract(requestparameters, '$.{name}.items') AS array(json))" for name in _KEPT_ITEMS
    )
    machines = f"cardinality(filter({resources}, r -> starts_with({_RESOURCE_ID.format(item='r')}, 'i-'))) > 0"
    named = f"cardinality(filter({tags}, t -> {_NAMING.format(item='t')})) > 0"
    cleared = f"eventname = 'DeleteTags' AND cardinality(coalesce({tags}, ARRAY[])) = 0"
    source = next(iter(MACHINES))
    return (
        f"NOT (eventsource = {literals.text(source)} AND {_among('eventname', TAG_CALLS)})\n"
        "  OR (requestparameters LIKE '%\"i-%' AND (TRY(json_parse(requestparameters)) IS NULL\n"
        f"    OR ({machines}\n      AND ({named} OR {cleared}))))"
    )


def is_narrow() -> str:
    """The condition for narrow rows, over `eventsource` and `eventname`; the same text serves DuckDB."""
    return f"({_of(CREDENTIALS)} OR {_of(MACHINES)})"


def _cut(column: str, part: Callable[[Narrow], Listed | None]) -> str:
    """A CASE that cuts the column; calls that keep the same members are cut by one branch."""
    branches = [(_of(CREDENTIALS), part(CREDENTIAL_MEMBERS), False)]
    for source, names in MACHINES.items():
        alike: dict[int, tuple[Listed | None, set[str]]] = {}
        for name in sorted(names):
            listed = part(MACHINE_MEMBERS[name])
            alike.setdefault(id(listed), (listed, set()))[1].add(name)
        branches += [(_of({source: frozenset(of)}), listed, of <= TAG_CALLS) for listed, of in alike.values()]
    cases = "\n".join(
        f"        WHEN {which} THEN {_text(column, listed, is_tagging=is_tagging)}"
        for which, listed, is_tagging in branches
    )
    return f"CASE\n{cases}\n        ELSE {column} END"


def _text(column: str, listed: Listed | None, *, is_tagging: bool) -> str:
    """The cut text; text that is no whole JSON stays, to be cut on arrival."""
    if listed is None:
        return "NULL"
    parsed = f"json_parse({column})"
    cut = f"json_format({_object(parsed, listed, 1, is_tagging=is_tagging)})"
    return f"IF(TRY({parsed}) IS NULL, {column}, TRY({cut}))"


def _object(sql: str, listed: Listed, depth: int, *, is_tagging: bool) -> str:
    """An object with its listed members, of type json; NULL where it is no object."""
    key, value = f"k{depth}", f"v{depth}"
    members = f"map_filter(TRY(CAST({sql} AS map(varchar, json))), ({key}, {value}) -> {_among(key, listed)})"
    inner = " ".join(
        f"WHEN {literals.text(name)} THEN {made}" for name, made in _inner(value, listed, depth, is_tagging=is_tagging)
    )
    if inner:
        members = f"transform_values({members}, ({key}, {value}) -> CASE {key} {inner} ELSE {value} END)"
    return f"CAST({members} AS json)"


def _inner(value: str, listed: Listed, depth: int, *, is_tagging: bool) -> Iterator[tuple[str, str]]:
    """The members that are cut themselves."""
    for name, members in listed.items():
        if is_tagging and name in _KEPT_ITEMS:
            items = f"CAST(json_extract({value}, '$.items') AS array(json))"
            each = f"filter({items}, i -> {_KEPT_ITEMS[name].format(item='i')})"
            found = _list(each, members["items"], depth + 1)
            yield name, f"CAST(map(ARRAY['items'], ARRAY[coalesce({found}, JSON '[]')]) AS json)"
        elif members and name in _LISTS:
            yield name, _list(f"CAST({value} AS array(json))", members, depth + 1)
        elif members:
            yield name, _object(value, members, depth + 1, is_tagging=is_tagging)


def _list(sql: str, members: Listed, depth: int) -> str:
    item = f"e{depth}"
    return f"CAST(transform(TRY({sql}), {item} -> {_object(item, members, depth, is_tagging=False)}) AS json)"


def _of(calls: Names) -> str:
    """The condition for these calls."""
    each = (
        f"eventsource = {literals.text(source)} AND {_among('eventname', names)}" for source, names in calls.items()
    )
    return " OR ".join(f"({term})" for term in each)


def _among(sql: str, values: Iterable[str]) -> str:
    found = sorted(values)
    return f"{sql} = {literals.text(found[0])}" if len(found) == 1 else f"{sql} IN ({literals.texts(found)})"
