"""Type strings as the catalog has them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssmtrail.queries.errors import SourceError
from ssmtrail.queries.sources.athena.columns import HiveType, parse_type

_PRIMITIVES = st.sampled_from(("string", "bigint", "boolean", "timestamp", "double"))
_NAMES = st.text("abcdefgh_0123456789$-@", min_size=1, max_size=6)
TYPES = st.recursive(
    _PRIMITIVES.map(HiveType),
    lambda inner: (
        st.lists(st.tuples(_NAMES, inner), min_size=1, max_size=4).map(lambda fields: HiveType("struct", tuple(fields)))
        | inner.map(lambda each: HiveType("array", (), (each,)))
        | inner.map(lambda each: HiveType("map", (), (HiveType("string"), each)))
    ),
    max_leaves=12,
)


def _written(type_: HiveType, gap: str, quote: str) -> str:
    inner = f",{gap}".join(_written(each, gap, quote) for each in type_.inner)
    fields = f",{gap}".join(f"{quote}{name}{quote}:{gap}{_written(each, gap, quote)}" for name, each in type_.fields)
    return f"{type_.name}<{gap}{fields or inner}{gap}>" if type_.fields or type_.inner else type_.name


@given(TYPES, st.sampled_from(("", " ", "\n    ")), st.sampled_from(("", "`")))
def test_what_is_written_is_read(type_: HiveType, gap: str, quote: str) -> None:
    assert parse_type(_written(type_, gap, quote)) == type_


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("STRING", "string"), ("varchar(65535)", "varchar"), ("decimal(38, 9)", "decimal"), (" int ", "int"),
        ("timestamp with local time zone", "timestamp with local time zone"), ("timestamp(3)", "timestamp"),
    ],
)  # fmt: skip
def test_primitives_lose_case_and_arguments(text: str, name: str) -> None:
    assert parse_type(text) == HiveType(name)


def test_odd_names_of_fields() -> None:
    found = parse_type("struct<`a,b:c>`:string,`d``e`:int,plain name:array<struct<>>>")
    assert [name for name, _ in found.fields] == ["a,b:c>", "d`e", "plain name"]
    assert found.field("PLAIN NAME") is not None
    assert found.field("other") is None


@pytest.mark.parametrize(
    "text",
    ["", "struct<a:string", "struct<a>", "array<>", "map<string>", "array<string,int>", "string>",
     "struct<:string>", "array<" * 100]
)  # fmt: skip
def test_what_is_no_type_is_named(text: str) -> None:
    with pytest.raises(SourceError, match="cannot be read"):
        parse_type(text)
