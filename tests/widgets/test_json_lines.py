from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssmtrail.widgets.json_view import json_lines

VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text()),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=5), inner, max_size=4)),
    max_leaves=12,
)


def shown(text: str) -> list[str]:
    return ["".join(run[0] for run in line) for line in json_lines(text)]


def test_lays_out_in_the_order_of_the_record() -> None:
    assert shown('{"b":1,"a":[{},[],[2,"x"]]}') == [
        "{", '  "b": 1,', '  "a": [', "    {},", "    [],", "    [", "      2,", '      "x"', "    ]", "  ]", "}",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "number", ["12345678901234567890.10", "1e5", "-0.0", "1" * 5000], ids=["long", "exponent", "zero", "very long"]
)
def test_numbers_keep_their_digits(number: str) -> None:
    assert shown(f"[{number}]")[1] == f"  {number}"


def test_a_key_that_is_there_twice_is_shown_twice() -> None:
    assert shown('{"a":1,"a":2}') == ["{", '  "a": 1,', '  "a": 2', "}"]


@given(VALUES, st.sampled_from([None, 1, 7]), st.booleans())
def test_changes_no_value_however_it_was_written(value: object, indent: int | None, ascii_only: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    lines = shown(text)
    assert all(line.isprintable() for line in lines)
    if "".join(text.split("\n")).isprintable() and ascii_only:
        assert lines == json.dumps(value, indent=2).split("\n")


@pytest.mark.parametrize("text", ["", "no json", '{"a": ', '{"a" 1}', "[" * 100_000, '{"a": "\x1b"}'])
def test_what_is_no_json_is_shown_as_it_is(text: str) -> None:
    assert shown(text) == [text.replace("\x1b", r"\x1b")]


def test_lines_of_other_text_stay_lines() -> None:
    assert shown("one\r\ntwo\x1b[2J\n") == ["one", r"two\x1b[2J", ""]


def test_raw_hidden_characters_in_strings_are_seen() -> None:
    assert shown('["a\u202eb"]')[1] == r'  "a\u202eb"'
    assert shown(r'["a\u202eb"]')[1] == r'  "a\u202eb"'


def test_styles() -> None:
    assert json_lines('{"a": "b"}')[1] == [("  ", ""), ('"a"', "key"), (": ", "muted"), ('"b"', "text")]
