"""What a program sent to a terminal, taken apart strictly: what is not known to be harmless is told."""

from __future__ import annotations

import base64
import re
from typing import Final
from unicodedata import category

#: All that the screens have reason to send.
_KNOWN: Final = re.compile(
    r"\x1b\[[0-9;]*m"  # colours
    r"|\x1b\[[0-9]+;[0-9]+H(?:\r\n)?"  # the cursor's place
    r"|\r\n(?=\x1b\[[0-9]+;[0-9]+H)"  # the toolkit parts lines so, and then places the cursor all the same
    r"|\x1b\[\?(?:7|25|1000|1003|1004|1006|1015|1049|2004|2026|2048)[hl]"  # wrapping, cursor, mouse, screens, pastes
    r"|\x1b\[\?(?:2026|2048)\$p"  # what the terminal knows
    r"|\x1b\[>[0-9]+u|\x1b\[<u"  # the keyboard
    r"|\x1b\]22;[a-z-]+\x07"  # the mouse pointer's shape
    r"|\x1b\]52;c;[A-Za-z0-9+/]*={0,2}\x07"  # a copy
)
_COPY: Final = re.compile(rb"\x1b\]52;c;([A-Za-z0-9+/=]*)\x07")
#: No letter, no sign, no blank but the one.
_OBEYED_OR_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_INVISIBLE: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\ufffc\U000e0100-\U000e01ef]"
)
_MOST_MARKS: Final = 3
_NEAR: Final = 40


def faults(data: bytes) -> list[str]:
    """What in the bytes a terminal could obey, hide or misplace, each with its surroundings; nothing is good."""
    return [fault for piece in _KNOWN.split(data.decode("utf-8")) for fault in text_faults(piece)]


def text_faults(text: str) -> list[str]:
    """The same of a text on one line."""
    if text.isascii() and text.isprintable():
        return []
    letters = set(text)
    bad = [char for char in letters if _is_obeyed_or_hidden(char)]
    marks = "".join(char for char in letters if category(char).startswith("M"))
    found = [f"U+{ord(char):04X} in {_around(text, text.index(char))!r}" for char in bad]
    pile = re.search(f"[{marks}]{{{_MOST_MARKS + 1}}}", text) if marks else None
    return [*found, f"marks in {_around(text, pile.start())!r}"] if pile else found


def _is_obeyed_or_hidden(char: str) -> bool:
    kind = category(char)
    return kind in _OBEYED_OR_HIDDEN or (kind == "Zs" and char != " ") or bool(_INVISIBLE.match(char))


def _around(text: str, at: int) -> str:
    return text[max(0, at - _NEAR) : at + _NEAR]


def copies(data: bytes) -> list[str]:
    """The texts that were sent to the clipboard."""
    return [base64.b64decode(text, validate=True).decode("utf-8") for text in _COPY.findall(data)]
