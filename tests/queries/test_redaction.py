"""Secrets in records are replaced, and nothing else is."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssmtrail.queries.redaction import may_hold_secret, redacted, redacted_bytes

HIDDEN = "Value hidden due to security reasons."


@pytest.mark.parametrize(
    ("text", "clean", "keys"),
    [
        ('{"tokenValue":"abc","a": 1.50}', '{"tokenValue":"redacted: 3 characters","a": 1.50}', "tokenValue"),
        ('{"SESSIONTOKEN" : "é😀"}', '{"SESSIONTOKEN" : "redacted: 2 characters"}', "SESSIONTOKEN"),
        (r'{"secretAccessKey":"\u00e9\""}', '{"secretAccessKey":"redacted: 2 characters"}', "secretAccessKey"),
        ('[[{"a":{"dbPassword":"x"}}]]', '[[{"a":{"dbPassword":"redacted: 1 characters"}}]]', "dbPassword"),
        ('{"SecretString":"{\\"a\\":1}"}', '{"SecretString":"redacted: 7 characters"}', "SecretString"),
        ('{"secretBinary":[1,2]}', '{"secretBinary":"redacted: 5 characters"}', "secretBinary"),
        ('{"password":12.5}', '{"password":"redacted: 4 characters"}', "password"),
        ('{"password":false,"b":1}', '{"password":"redacted: 5 characters","b":1}', "password"),
        ('{"passwords":["a]","b"]}', '{"passwords":"redacted: 10 characters"}', "passwords"),
        ('{"password":{"password":"}"},"b":1}', '{"password":"redacted: 16 characters","b":1}', "password"),
        (
            '{"password":"a","password":"bc"}',
            '{"password":"redacted: 1 characters","password":"redacted: 2 characters"}',
            "password",
        ),
        (
            f'{{"tokenValue":"a","tokenValue":"{HIDDEN}"}}',
            f'{{"tokenValue":"redacted: 1 characters","tokenValue":"{HIDDEN}"}}',
            "tokenValue",
        ),
        (r'{"\u0074okenValue":"abc"}', r'{"\u0074okenValue":"redacted: 3 characters"}', "tokenValue"),
        (r'{"p\u0061ssw\u006Frd":"abc"}', r'{"p\u0061ssw\u006Frd":"redacted: 3 characters"}', "password"),
        (
            r'{"content":"{\"password\":\"x\",\"b\":1}"}',
            r'{"content":"{\"password\":\"redacted: 1 characters\",\"b\":1}"}',
            "password",
        ),
        (r'"{\"sessionToken\":\"abc\"}"', r'"{\"sessionToken\":\"redacted: 3 characters\"}"', "sessionToken"),
        ('{"a":{"sessionToken":"IQoJ', '{"a":{"sessionToken":"redacted: 4 characters"', "sessionToken"),
        (r'{"a":"{\"sessionToken\":\"IQ\\u00', r'{"a":"{\"sessionToken\":\"redacted: 2 characters\"', "sessionToken"),
        (
            '{"sessionToken":"a","Password":"b"}',
            '{"sessionToken":"redacted: 1 characters","Password":"redacted: 1 characters"}',
            "sessionToken Password",
        ),
    ],
)
def test_secrets_are_replaced(text: str, clean: str, keys: str) -> None:
    found, named = redacted(text)
    assert (found, " ".join(named)) == (clean, keys)
    assert redacted(found) == (found, ())


@pytest.mark.parametrize(
    "text",
    [
        f'{{"tokenValue":"{HIDDEN}"}}',
        '{"tokenValue": "HIDDEN_DUE_TO_SECURITY_REASONS"}',
        '{"sessionToken":null,"password" : null}',
        '{"password":"redacted: 12 characters"}',
        '{"reason":"the password is on the note","tokenValues":[1]}',
        r'{"reason":"\"password\":\"x\""}',
        r'{"reason":"{\"b\":\"password\"}"}',
        '["password","x"]',
        r'{"\u003c":"\u0041"}',
        "",
        "no JSON: tokenValue",
    ],
)
def test_all_else_is_kept(text: str) -> None:
    assert redacted(text) == (text, ())
    data = text.encode()
    assert redacted_bytes(data)[0] is data


def test_a_usual_session_needs_no_second_look() -> None:
    assert not may_hold_secret(f'{{"tokenValue":"{HIDDEN}","streamUrl":"wss://x\\u003cb"}}'.encode())
    assert may_hold_secret(f'{{"tokenValue":"{HIDDEN}x"}}'.encode())


WORDS = {"tokenvalue", "sessiontoken", "secretaccesskey", "secretstring", "secretbinary"}
KEYS = st.sampled_from(
    [
        "tokenValue",
        "SessionToken",
        "secretaccesskey",
        "SecretString",
        "secretBinary",
        "myPasswordIs",
        "token",
        "a",
        "\\",
        '"',
        "{",
    ]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4) | st.sampled_from([HIDDEN, "{", '"}', "]"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=10,
)


def plainly(value: Any, *, is_secret: bool = False) -> Any:
    """The value with each secret replaced by one word, made without any haste."""
    if is_secret and value is not None and value != HIDDEN:
        return "redacted"
    if isinstance(value, list):
        return [plainly(each) for each in value]
    if isinstance(value, dict):
        return {
            key: plainly(each, is_secret="password" in key.lower() or key.lower() in WORDS)
            for key, each in value.items()
        }
    return value


def shortened(value: Any) -> Any:
    """The same without the numbers of characters."""
    return json.loads(re.sub(r'"redacted: [0-9]+ characters"', '"redacted"', json.dumps(value)))


def escaped(text: str) -> str:
    """JSON text with every letter of its strings as an escape, keys too."""
    return re.sub(
        r'"(?:[^"\\]|\\.)*"',
        lambda string: re.sub(r"(?<!\\)[A-Za-z]", lambda one: f"\\u{ord(one[0]):04x}", string[0]),
        text,
    )


@given(VALUES, st.booleans())
def test_any_value_loses_its_secrets_only(value: Any, is_escaped: bool) -> None:
    text = json.dumps(value, ensure_ascii=False)
    if is_escaped and "\\" not in text:
        text = escaped(text)
    clean, keys = redacted(text)
    assert shortened(json.loads(clean)) == plainly(value)
    assert bool(keys) == (plainly(value) != value)


@given(st.binary(max_size=60) | st.text(alphabet='{}[]":,\\ pasword', max_size=40).map(str.encode))
def test_no_text_raises_an_error(data: bytes) -> None:
    redacted_bytes(data)
    redacted_bytes(b'{"password":' + data)
    redacted_bytes(b'{"password":"' + data)
