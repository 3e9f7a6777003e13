"""Places in a TOML file: the line of a key, which the standard library's parser does not tell."""

from __future__ import annotations

import re
from typing import Final

_HEADER: Final = re.compile(r"""\s*(\[\[?)\s*['"]?([^\]'"]+?)['"]?\s*\]""")


def line_of(text: str, table: str = "", number: int = 0, key: str = "") -> int:
    """The line, from 1, of a key in a table; of `[[table]]` that of its number (from 0). Without a key its header.

    0 where it is not written on a line of its own.
    """
    found, here, seen = 0, "", -1
    for place, line in enumerate(text.split("\n"), 1):
        if header := _HEADER.match(line):
            here = header[2]
            seen += here == table and (number == 0 or header[1] == "[[")
            if here == table and seen == number:
                found = place
        if here == table and (not table or seen == number) and key and _is_key(line, key):
            return place
    return found


def _is_key(line: str, key: str) -> bool:
    return re.match(rf"""\s*['"]?{re.escape(key)}['"]?\s*=""", line) is not None
