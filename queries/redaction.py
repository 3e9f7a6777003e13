"""Replacing secrets in records: session tokens, secret keys, passwords.

CloudTrail hides most of them itself; some services, old records and copies made by other tools do not.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Keys of secrets in lower case; so are all keys with `password` in them. The case of a key does not matter.
_KEYS: Final = frozenset({"tokenvalue", "sessiontoken", "secretaccesskey", "secretstring", "secretbinary"})
_PART: Final = "password"
_WORDS: Final = (*(key.encode() for key in sorted(_KEYS)), _PART.encode())
#: What stands in place of a secret: CloudTrail's texts and our own.
_HIDDEN: Final = frozenset({"Value hidden due to security reasons.", "HIDDEN_DUE_TO_SECURITY_REASONS"})
_OURS: Final = re.compile(r"redacted: [0-9]+ characters")
_FORMS: Final = (b'"%b":"%b"', b'"%b": "%b"')
#: The usual hidden secret, for a quick look: a record in which every word is part of one has no secret.
_USUAL: Final = tuple(
    (word, tuple(form % (word, hidden.lower().encode()) for hidden in sorted(_HIDDEN) for form in _FORMS))
    for word in _WORDS
)
#: An escape of an ASCII letter, which may spell a key; `\u0022` and `\u003c`, which many programs write, are none.
_LETTER: Final = re.compile(rb"\\u00[4-7]")
#: A string, or one without an end; a bracket.
_TOKEN: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)|[][{}]', re.DOTALL)
_STRING: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_BLANK: Final = re.compile(rb"[ \t\r\n]*")
_SCALAR: Final = re.compile(rb"[^][{},\s]*")
_OPENING: Final = (b"{", b"[")
_NULL: Final = b"null"
#: Texts within texts are looked into so deep.
_MOST_DEEP: Final = 8
#: The longest part of an escape (`\\u0041`) that the end of a cut string can have.
_MOST_CUT: Final = 5


#: What a text with a secret has, as a regular expression for the engine; escaped letters may spell a key.
SUSPECT: Final = "|".join(("(?i)" + _PART, *sorted(_KEYS), r"\\u00[4-7]"))


class _Change(NamedTuple):
    """A piece of the text and what replaces it."""

    start: int
    end: int
    text: bytes


def redacted(text: str) -> tuple[str, tuple[str, ...]]:
    """The JSON text with each secret replaced by `redacted: N characters`, and the keys of those replaced, each once.

    All else stays exact. Looks at any depth, also into texts that hold JSON. Keys may repeat or be spelled with
    escapes, values may have any type (N is the length of their JSON then), the JSON may be cut. Values that are hidden
    already and null stay.
    """
    clean, keys = redacted_bytes(data := text.encode("utf-8", "surrogatepass"))
    return (text if clean is data else clean.decode("utf-8", "surrogatepass")), keys


def redacted_bytes(data: bytes) -> tuple[bytes, tuple[str, ...]]:
    """The same for UTF-8; the very same object where nothing is replaced."""
    if not may_hold_secret(data):
        return data, ()
    keys: dict[str, None] = {}
    clean = _clean(data, keys, 0)
    return (clean, tuple(keys)) if keys else (data, ())


def may_hold_secret(data: bytes) -> bool:
    """Whether JSON text has to be looked through: a quick search for the keys, without those of hidden values."""
    lower = data.lower()
    for word, hidden in _USUAL:
        if word in lower and lower.count(word) != sum(map(lower.count, hidden)):
            return True
    return b"\\u00" in lower and _LETTER.search(lower) is not None


def _clean(data: bytes, keys: dict[str, None], depth: int) -> bytes:
    """The text without its secrets, whose keys are added to `keys`; the very same object where there are none."""
    pieces, at = [], 0
    for change in _changes(data, keys, depth):
        pieces += [data[at : change.start], change.text]
        at = change.end
    return b"".join((*pieces, data[at:])) if pieces else data


def _changes(data: bytes, keys: dict[str, None], depth: int) -> Iterator[_Change]:
    at = 0
    while token := _TOKEN.search(data, at):
        at = token.end()
        if not token[0].startswith(b'"'):
            continue
        value = _after_colon(data, at)
        if value is None:
            if (clean := _clean_inside(token[0], keys, depth)) is not None:
                yield _Change(token.start(), at, clean)
        elif _is_secret(key := _decoded(token[0])):
            at = _end(data, value)
            if (length := _length(data[value:at])) is not None:
                keys[key] = None
                yield _Change(value, at, b'"redacted: %d characters"' % length)


def _after_colon(data: bytes, at: int) -> int | None:
    """Where the value of the key that ends at `at` starts; None where the string is no key."""
    blank = _BLANK.match(data, at)
    at = blank.end() if blank else at
    if data[at : at + 1] != b":":
        return None
    blank = _BLANK.match(data, at + 1)
    return blank.end() if blank else at + 1


def _is_secret(key: str) -> bool:
    lower = key.lower()
    return lower in _KEYS or _PART in lower


def _end(data: bytes, at: int) -> int:
    """The end of the value that starts at `at`; the end of the data where it is cut."""
    if data[at : at + 1] not in (b'"', *_OPENING):
        scalar = _SCALAR.match(data, at)
        return scalar.end() if scalar else at
    depth = 0
    for token in _TOKEN.finditer(data, at):
        depth += {b"{": 1, b"[": 1, b"}": -1, b"]": -1}.get(token[0], 0)
        if depth <= 0:
            return token.end()
    return len(data)


def _length(value: bytes) -> int | None:
    """The number of characters of a secret value; None where it is hidden already, or there is none."""
    if value in (b"", _NULL):
        return None
    if not value.startswith(b'"'):
        return len(value.decode("utf-8", "replace"))
    text = _decoded(value)
    return None if text in _HIDDEN or _OURS.fullmatch(text) else len(text)


def _clean_inside(token: bytes, keys: dict[str, None], depth: int) -> bytes | None:
    """A string that holds JSON with secrets, without them; None where it has none."""
    if depth >= _MOST_DEEP or not may_hold_secret(token):
        return None
    inner = _decoded(token).encode("utf-8", "surrogatepass")
    if not inner.lstrip().startswith((*_OPENING, b'"{', b'"[')):
        return None
    clean = _clean(inner, keys, depth + 1)
    if clean is inner:
        return None
    string = json.dumps(clean.decode("utf-8", "surrogatepass")).encode()
    return string if _is_whole(token) else string[:-1]


def _is_whole(token: bytes) -> bool:
    """Whether a string has its end."""
    return _STRING.fullmatch(token) is not None


def _decoded(token: bytes) -> str:
    """The text of a string; of one without an end what can be read."""
    text = token.decode("utf-8", "replace")
    for cut in range(-1, _MOST_CUT + 1):
        try:
            return str(json.loads(text if cut < 0 else text[: len(text) - cut] + '"', strict=False))
        except ValueError:
            pass
    return text[1:]
