"""Filters: narrowing them to a value, completing what is typed."""

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ssmtrail.queries.errors import FilterError
from ssmtrail.queries.filters import KEYS, Filter, complete, word_at
from ssmtrail.queries.filters.keys import LIST_COLUMNS, Key
from tests.fakes import a_call, a_session
from tests.queries.filters.reference import matches

TEXT_KEYS = [
    key
    for key in KEYS
    if key.reading in {"text", "choice", "address"}
    and (key.sessions or key.calls)
    and not set(key.sessions) & LIST_COLUMNS
]


class TestNarrowing:
    def test_keep_gives_way_to_the_value(self) -> None:
        here = Filter.parse("web person:ci-* -person:ci-2 kind:shell")
        assert here.keep("person", "ci-7").text == "web -person:ci-2 kind:shell person:ci-7"
        assert here.keep("person", None).text == "web -person:ci-2 kind:shell person:?"

    def test_exclude_adds_up(self) -> None:
        here = Filter.parse("person:ci-*").exclude("person", "ci-1").exclude("person", "ci-2").exclude("person", "ci-1")
        assert here.text == "person:ci-* -person:ci-2 -person:ci-1"
        assert Filter().exclude("target", None).text == "-target:?"

    def test_without(self) -> None:
        here = Filter.parse("a person:b c")
        assert here.without(here.terms[1]).text == "a c"
        assert here.without(Filter.parse("z").terms[0]) == here

    def test_an_alias_is_written_as_the_key(self) -> None:
        assert Filter().keep("destination", "a:1").text == "dest:a:1"
        assert Filter().keep("call", "StartSession").text == "event:StartSession"

    @pytest.mark.parametrize(
        ("key", "value", "text"),
        [
            ("person", "jane doe", 'person:"jane doe"'),
            ("person", "?", 'person:"?"'),
            ("person", "", 'person:""'),
            ("person", 'a"*\\', 'person:"a\\"\\*\\\\"'),
            ("kind", "tunnel", 'kind:"tunnel"'),
            ("kind", "shell", "kind:shell"),
            ("arn", "aws:x", 'arn:"aws:x"'),
            ("ip", "10.0.0.0/8", 'ip:"10.0.0.0/8"'),
            ("ip", "10.0.0.1", "ip:10.0.0.1"),
            ("resumes", 10, "resumes:10"),
            ("length", 840.0, "length:840s"),
            ("length", 0.5, "length:0.5s"),
            ("mfa", True, "mfa:true"),
            ("hour", "22-06", "hour:22-06"),
            ("day", "sat", "day:sat"),
            ("", "-a b", '"-a b"'),
        ],
    )
    def test_values_are_written_so_that_they_mean_themselves(self, key: str, value: Any, text: str) -> None:
        assert Filter().keep(key, value).text == text
        assert Filter().exclude(key, value).text == f"-{text}"

    def test_a_key_that_is_none(self) -> None:
        with pytest.raises(FilterError, match="There is no key persn:"):
            Filter().keep("persn", "x")

    @given(key=st.sampled_from(TEXT_KEYS), value=st.text(), other=st.text())
    @example(key=next(key for key in KEYS if key.name == "ip"), value="10.0.0.0/8", other="10.1.1.1")
    @example(key=next(key for key in KEYS if key.name == "arn"), value="aws:x", other="")
    def test_any_text_survives(self, key: Key, value: str, other: str) -> None:
        question: Any = "sessions" if key.sessions else "calls"
        column = key.columns(question)[0]
        row = (a_session if question == "sessions" else a_call)(**dict.fromkeys(key.columns(question)))
        kept, excluded = Filter().keep(key.name, value), Filter().exclude(key.name, value)
        assert matches(kept, row | {column: value}, question)
        assert not matches(excluded, row | {column: value}, question)
        assert matches(excluded, row, question)
        assert not matches(kept, row, question)
        if value.upper() != other.upper() and value.lower() != other.lower() and key.name != "status":
            assert not matches(kept, row | {column: other}, question)
            assert matches(excluded, row | {column: other}, question)

    @pytest.mark.parametrize(
        ("key", "value", "text"),
        [
            ("person", "jane", "person:=jane"),
            ("person", "=a b", 'person:="=a b"'),
            ("person", None, "person:?"),
            ("account", "111122223333", "account:111122223333"),
            ("target", "i-0ab", "target:=i-0ab"),
            ("target", "1", "target:=1"),
            ("ip", "10.0.0.1", "ip:=10.0.0.1"),
            ("kind", "shell", "kind:shell"),
            ("resumes", 2, "resumes:2"),
        ],
    )
    def test_exact_values_are_written_so_only_where_it_matters(self, key: str, value: Any, text: str) -> None:
        kept = Filter().keep(key, value, exact=True)
        assert kept.text == text
        assert kept.relaxed(lambda _key, _value: False) == kept
        assert kept.relaxed(lambda _key, _value: True) == Filter().keep(key, value)

    def test_only_what_is_alone_is_relaxed(self) -> None:
        here = Filter.parse("jane person:=jane -person:=Jane role:=a,=b kind:shell ip:=10.0.0.1")
        relaxed = here.relaxed(lambda key, value: (key.name, value) != ("person", "Jane"))
        assert relaxed.text == "jane person:jane -person:=Jane role:=a,=b kind:shell ip:10.0.0.1"

    @given(key=st.sampled_from(TEXT_KEYS), value=st.text(), other=st.text())
    @example(key=next(key for key in KEYS if key.name == "person"), value="jane", other="Jane")
    @example(key=next(key for key in KEYS if key.name == "ip"), value="::1", other="0::1")
    def test_an_exact_value_holds_itself_alone(self, key: Key, value: str, other: str) -> None:
        question: Any = "sessions" if key.sessions else "calls"
        column, *more = key.columns(question)
        row = (a_session if question == "sessions" else a_call)(**dict.fromkeys(more, value))
        kept = Filter().keep(key.name, value, exact=True)
        assert matches(kept, row | {column: value}, question)
        if key.is_exact and value != other:
            assert not matches(kept, row | {column: other}, question)

    @given(st.text(min_size=1))
    def test_any_words_survive(self, value: str) -> None:
        assert matches(Filter().keep("", value), a_session(reason=f"x{value}y"))
        assert not matches(Filter().exclude("", value), a_session(reason=f"x{value}y"))


class TestCompletion:
    @pytest.mark.parametrize(
        ("text", "found"),
        [
            ("ki", ["kind:"]),
            ("jane -Ki", ["-kind:"]),
            ("ta", ["target:", "targetkind:"]),
            ("kind:s", ["kind:shell", "kind:ssh"]),
            ("-kind:shell,s", ["-kind:shell,shell", "-kind:shell,ssh"]),
            ("kind:ssh", []),
            ("day:t", ["day:tue", "day:thu"]),
            ("person:j", []),
            ("zzz:j", []),
            ("", []),
        ],
    )
    def test_at_the_end(self, text: str, found: list[str]) -> None:
        assert complete(text, len(text)) == found

    def test_in_the_middle(self) -> None:
        assert complete("a ki b", 4) == ["kind:"]
        assert word_at("a ki b", 4) == (2, 4)
        assert word_at("a ki b", 99) == (5, 6)
