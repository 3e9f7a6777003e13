"""The rows of help: keys by group, signs, the filter language."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from ssmtrail.queries.filters import KEYS
from ssmtrail.tui.frame.evidence_text import evidence_signs
from ssmtrail.widgets.glyphs import glyphs
from ssmtrail.widgets.table_layout import split_cell

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ssmtrail.tui.signs import Signs
    from ssmtrail.widgets.table import Cell

    Rows = Sequence[tuple[str, Cell]]

#: Groups of keys in their order, by the first part of a binding's id.
_GROUPS: Final = {"go": "Go", "narrow": "Narrow", "look": "Look", "take": "Take away", "app": "App"}
#: The group of all other keys: they only move the cursor.
_MOVE: Final = "Move"


class Key(NamedTuple):
    """One action in help."""

    keys: str
    """As displayed, several with spaces between."""
    what: str
    """What the action does."""
    group: str = _MOVE


def group_of(binding_id: str) -> str:
    """The group of a key in help, from its binding's id, such as `narrow.filter`."""
    place, _, what = binding_id.partition(".")
    return _GROUPS["go"] if what == "open" and place != "app" else _GROUPS.get(place, _MOVE)


def help_rows(keys: Sequence[Key], signs: Signs) -> Rows:
    """All of help as (label, text); a row without a label is a title, or empty."""
    rows: list[tuple[str, Cell]] = []
    for group in (*_GROUPS.values(), _MOVE):
        if found := [(key.keys, key.what) for key in keys if key.group == group]:
            rows += [*_section(group), *found]
    rows += [*_section("Signs"), *_signs(signs), *_section("Filter"), *_FILTER]
    rows += [(f"{key.name}:", f"{key.help}   {key.example}") for key in KEYS]
    return rows[1:]


def matching(rows: Rows, text: str) -> Rows:
    """The rows that contain the text, in any case, under their titles; all rows for an empty text."""
    wanted = text.strip().casefold()
    if not wanted:
        return rows
    found: list[tuple[str, Cell]] = []
    title: Rows = ()
    for label, cell in rows:
        words = split_cell(cell)[0]
        if not label:
            title = [("", ""), (label, cell)] if words else ()
        elif wanted in f"{label} {words}".casefold():
            found += [*title, (label, cell)]
            title = ()
    return found[1:] or [("", ("Nothing in help contains this text.", "muted"))]


def _section(title: str) -> Rows:
    return [("", ""), ("", (title, "strong"))]


def _signs(signs: Signs) -> Rows:
    days = glyphs(signs.ascii_only).days
    return [
        (signs.bad, ("denied or failed", "bad")),
        (signs.first, ("first ever: the data has no earlier session of this person on this machine", "accent")),
        (signs.unsure, ("unknown; at the left: the session's start is not in the data", "warn")),
        (f"{signs.at_least} 2h14m", ("at least this long: its end is not recorded, it was alive then", "warn")),
        (
            f"{signs.at_most} 2h14m",
            ("at most this long: a TerminateSession also succeeds on a session that is over", "warn"),
        ),
        (f"{signs.at_most} 3 Nov", ("at the latest then: the start itself is not in the data", "warn")),
        ("no shell", "the AWS CLI started it without its plugin and asked for its end at once"),
        *evidence_signs(signs),
        (days["proved"], "a day whose log files are proved whole by CloudTrail's digests"),
        (days["altered"], ("a day, or a row, of log files that were changed, removed or added since delivery", "bad")),
    ]


_FILTER: Rows = [
    ("words", "match any field; quotes keep words together"),
    ("key:value", "exactly this value; * matches any text, key:? an unknown value"),
    ("key:=value", "this exact spelling: case matters, a star is a star; of a machine its id, not its name"),
    ("key:a,b", "either value; the same key twice means the same; different keys must all match"),
    ("-", "before a term excludes what it matches"),
]
