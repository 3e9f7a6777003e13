"""Lines of a terminal's output as plain text: what moves within a line is applied, the rest is dropped and counted."""

from __future__ import annotations

import re
from collections import Counter
from typing import Final
from unicodedata import category, east_asian_width

#: Columns to which a cursor may be sent; a program could ask for billions.
_WIDEST: Final = 4_096
#: Cells of one line that are erased, moved or filled, after which no more is: a program could ask for that in each few
#: bytes of a line of a megabyte, and take minutes.
_MOST_WORK: Final = 4_000_000
#: Cells that are moved in the time in which one is erased.
_MOVED: Final = 32
#: Marks that share the cell of a character.
_MOST_MARKS: Final = 32
#: Characters of a title or link; a longer one is taken for text, so that nothing can be hidden in it.
_LONGEST: Final = 2_048
_TOKEN: Final = re.compile(
    r"(?P<text>[^\x00-\x1f\x7f-\x9f]+)"
    r"|(?:\x1b\[|\x9b)(?P<given>[0-?]*)[ -/]*(?P<final>[@-~])"
    r"|(?P<string>(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])"
    rf"[^\x07\x1b\x9c\x00-\x06\x0a-\x1a\x90\x98\x9d-\x9f]{{0,{_LONGEST}}}(?:\x07|\x1b\\|\x9c))"
    r"|(?P<escape>\x1b[ -/]*[0-~]?)"
    r"|(?P<control>.)",
    re.DOTALL,
)
_COLOUR: Final = re.compile(r"\x1b\[[0-9;:]*m")
_MODE: Final = re.compile(r"\x1b\[\?[0-9;]*[hl]")
#: What looks like a shell's prompt at the beginning of a line.
_PROMPT: Final = re.compile(r"^[^\x00-\x1f]{0,120}?(?:^|[\w\])~/\\.: ])[$#>] ")
#: Columns of the narrowest terminal in which a long command line is wrapped.
_NARROWEST: Final = 40
_CURSOR: Final = frozenset("ABEFHfSTdrsu")


class Dropped(Counter[str]):
    """How many of each kind were dropped, or changed the text that is shown."""

    #: Kinds in the order in which they are named, one and several of them.
    WORDS: Final = {
        "overwritten": ("character overwritten or erased", "characters overwritten or erased"),
        "colour": ("colour", "colours"),
        "cursor": ("cursor move", "cursor moves"),
        "cleared": ("cleared screen", "cleared screens"),
        "mode": ("terminal mode", "terminal modes"),
        "title": ("title, link or clipboard text", "titles, links or clipboard texts"),
        "bell": ("bell", "bells"),
        "other": ("other control", "other controls"),
        "invalid": ("byte that is no UTF-8", "bytes that are no UTF-8"),
    }

    @property
    def words(self) -> str:
        """`3 colours, 1 bell`; empty where nothing was dropped."""
        named = ((self[kind], words) for kind, words in self.WORDS.items() if self[kind])
        return ", ".join(f"{number:,} {words[number != 1]}" for number, words in named)


def decoded(line: bytes, dropped: Dropped) -> str:
    """The line as text; bytes that are no UTF-8 are written as `\\xff`."""
    if line.isascii():
        return line.decode("ascii")
    try:
        return line.decode()
    except UnicodeDecodeError:
        text = line.decode("utf-8", "backslashreplace")
        dropped["invalid"] += max(1, text.count("\\x") - line.count(b"\\x"))
        return text


def plain_line(text: str, dropped: Dropped) -> str:
    """The line as a terminal shows it when all of it was printed; what was dropped is added to `dropped`.

    Carriage return, backspace, tab, and the sequences that erase, insert, delete or move within a line are applied.
    """
    if text.isprintable():
        return text
    text = _without_what_moves_nothing(text, dropped)
    if text.isprintable():
        return text.rstrip()
    row = _Row(dropped)
    for token in _TOKEN.finditer(text):
        kind = token.lastgroup
        if kind == "text":
            row.write(token["text"])
        elif kind == "final":
            row.obey(token["final"], token["given"])
        elif kind == "string":
            dropped["title"] += 1
        elif kind == "escape":
            dropped["other"] += 1
        else:
            row.control(token[0])
    return row.text


def _without_what_moves_nothing(text: str, dropped: Dropped) -> str:
    """The line without colours, modes and an erasure at its end, and with tabs applied where nothing else is left.

    Most lines with controls have no others, and cell by cell takes ten times as long.
    """
    if "\x1b" in text:
        for kind, pattern in (("colour", _COLOUR), ("mode", _MODE)):
            text, number = pattern.subn("", text)
            if number:
                dropped[kind] += number
        if text.endswith("\x1b[K") and text[:-3].isprintable():
            return text[:-3]
    if "\t" in text and text.isascii() and text.replace("\t", "").isprintable():
        return text.expandtabs(8)
    return text


class _Row:
    """Cells of one line; the second cell of a wide character is empty."""

    def __init__(self, dropped: Dropped) -> None:
        self._cells: list[str] = []
        self._at = 0
        self._row_begins = 0
        self._work = 0
        self._dropped = dropped

    @property
    def text(self) -> str:
        """The cells as a text."""
        return "".join(self._cells).rstrip()

    def write(self, text: str) -> None:
        """Write over what is there."""
        if text.isascii():
            self._put(list(text))
            return
        for char in text:
            if category(char).startswith("M"):
                if 0 < self._at <= len(self._cells) and len(self._cells[self._at - 1]) <= _MOST_MARKS:
                    self._cells[self._at - 1] += char
                else:
                    self._put([char])
            else:
                self._put([char, ""] if east_asian_width(char) in "WF" else [char])

    def _put(self, cells: list[str]) -> None:
        if self._at > len(self._cells):
            self._work += self._at - len(self._cells)
            self._cells += " " * (self._at - len(self._cells))
        end = self._at + len(cells)
        self._count(self._cells[self._at : end], cells)
        self._cells[self._at : end] = cells
        self._at = end

    def _count(self, before: list[str], after: list[str]) -> None:
        """Count what is not seen any more."""
        self._work += len(before)
        if before:
            after = after + [" "] * (len(before) - len(after))
            self._dropped["overwritten"] += sum(
                old not in ("", " ") and old != new for old, new in zip(before, after, strict=False)
            )

    def control(self, char: str) -> None:
        """Obey a control character."""
        if char == "\r":
            self._carriage_return()
        elif char == "\b":
            self._at = max(self._row_begins, self._at - 1)
        elif char == "\t":
            self._at = min(_WIDEST, (self._at // 8 + 1) * 8) if self._at < _WIDEST else self._at
            self._cells += " " * (self._at - len(self._cells))
        else:
            self._dropped["bell" if char == "\a" else "other"] += 1

    def _carriage_return(self) -> None:
        """Back to the beginning; but a shell that reaches the right margin sends a blank and a return to wrap."""
        width = self._at - self._row_begins - 1
        is_wrapped = (
            width >= _NARROWEST and self._at == len(self._cells) and self._cells[-1] == " "
            and _PROMPT.match("".join(self._cells[:200])) is not None
        )  # fmt: skip
        if is_wrapped:
            del self._cells[-1]
            self._at = self._row_begins = len(self._cells)
        else:
            self._at = self._row_begins

    def obey(self, final: str, given: str) -> None:
        """Obey or drop a control sequence; after too much work drop each one, so that what was printed is seen."""
        if self._work > _MOST_WORK:
            self._dropped[_kind(final, given)] += 1
            return
        number = int(given) if given.isascii() and given.isdigit() and len(given) < 6 else 0
        by = min(max(1, number), _WIDEST)
        match final:
            case "K" if not given or given.isdigit():
                self._erase(number)
            case "P":
                self._count(self._cells[self._at : self._at + by], [])
                self._work += max(0, len(self._cells) - self._at) // _MOVED
                del self._cells[self._at : self._at + by]
            case "@":
                self._cells[self._at : self._at] = [" "] * min(by, max(0, _WIDEST - len(self._cells)))
            case "X":
                self._blank(self._at, self._at + by)
            case "C" | "a":
                self._at = min(max(_WIDEST, len(self._cells)), self._at + by)
            case "D":
                self._at = max(self._row_begins, self._at - by)
            case "G" | "`":
                self._at = min(_WIDEST, self._row_begins + by - 1)
            case _:
                self._dropped[_kind(final, given)] += 1

    def _erase(self, which: int) -> None:
        if which == 0:
            self._count(self._cells[self._at :], [])
            del self._cells[self._at :]
        else:
            self._blank(0, self._at + 1 if which == 1 else len(self._cells))

    def _blank(self, start: int, end: int) -> None:
        end = min(end, len(self._cells))
        if start < end:
            self._count(self._cells[start:end], [])
            self._cells[start:end] = [" "] * (end - start)


def _kind(final: str, given: str) -> str:
    if final == "m":
        return "colour"
    if final == "J":
        return "cleared"
    if final in "hl":
        return "mode"
    return "cursor" if final in _CURSOR and not given.startswith(("?", ">", "<", "=")) else "other"
