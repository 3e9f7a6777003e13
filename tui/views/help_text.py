"""Help as rows: keys, filter language, signs."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ssmtrail.queries.filters import KEYS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ssmtrail.tui.signs import Signs
    from ssmtrail.widgets.table import Cell

    Rows = Sequence[tuple[str, Cell]]


class Key(NamedTuple):
    """A key with what it does."""

    keys: str
    what: str


def help_rows(keys: Sequence[Key], signs: Signs) -> Rows:
    """All of help, in two columns."""
    return [
        ("", ("Keys", "strong")),
        *((key.keys, key.what) for key in keys),
        *_section("Signs"),
        *_signs(signs),
        *_section("Filter"),
        *_FILTER,
        *((f"{key.name}:", f"{key.help}   {key.example}") for key in KEYS),
    ]


def _section(title: str) -> Rows:
    return [("", ""), ("", (title, "strong"))]


def _signs(signs: Signs) -> Rows:
    return [
        (signs.bad, ("denied or failed", "bad")),
        (signs.first, ("first ever: no earlier session of this person on this machine is in the data", "accent")),
        (signs.unsure, ("unknown; at the left: the session's start is not in the data", "warn")),
        (f"{signs.at_least} 2h14m", ("at least so long: its end is not recorded, it was alive then", "warn")),
        (f"{signs.at_most} 3 Nov", ("at the latest then: the start itself is not in the data", "warn")),
        ("no shell", "started and ended at once by the same client; nobody got a shell"),
    ]


_FILTER: Rows = [
    ("words", "match anything; quotes keep words together"),
    ("key:value", "exactly that; * stands for any text, key:? for what is unknown"),
    ("key:=value", "this very spelling: case matters, a star is a star; of a machine its id, not its name"),
    ("key:a,b", "either; the same key twice is the same; different keys hold together"),
    ("-", "before a term leaves out what it matches"),
]
