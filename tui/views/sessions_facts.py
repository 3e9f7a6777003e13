"""Everything known of a row, in two columns, for the side panel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ssmtrail.tui.views.lists_text import exact
from ssmtrail.tui.views.sessions_text import beginning, ending, length_cell
from ssmtrail.widgets.text import safe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ssmtrail.queries.model import QuestionName
    from ssmtrail.tui.signs import Signs
    from ssmtrail.tui.text import Clock
    from ssmtrail.tui.views.lists_text import Record
    from ssmtrail.widgets.table import Cell

    Facts = Sequence[tuple[str, Cell]]

#: Label and column; an empty label parts the groups.
_SESSION = (
    ("reason", "reason"),
    ("", ""),
    ("person", "person_shown"),
    ("known by", "person_how"),
    ("identity", "identity_arn"),
    ("type", "identity_type"),
    ("role", "role"),
    ("from", "source_ip"),
    ("with", "user_agent"),
    ("MFA", "mfa"),
    ("console", "from_console"),
    ("", ""),
    ("machine", "target_name"),
    ("id", "target"),
    ("platform", "target_kind"),
    ("env", "environment"),
    ("account", "account"),
    ("region", "region"),
    ("", ""),
    ("kind", "kind"),
    ("document", "document"),
    ("to", "destination"),
    ("command", "command"),
    ("resumes", "resumes"),
    ("session", "session_id"),
    ("calls", "event_ids"),
)
_CALL = (
    ("call", "event_name"),
    ("outcome", "status"),
    ("error", "error_code"),
    ("message", "error_message"),
    ("", ""),
    ("person", "person_shown"),
    ("known by", "person_how"),
    ("identity", "identity_arn"),
    ("type", "identity_type"),
    ("role", "role"),
    ("from", "source_ip"),
    ("with", "user_agent"),
    ("", ""),
    ("machine", "target_name"),
    ("id", "target"),
    ("platform", "target_kind"),
    ("env", "environment"),
    ("account", "account"),
    ("region", "region"),
    ("resource", "resource_arn"),
    ("", ""),
    ("kind", "kind"),
    ("document", "document"),
    ("to", "destination"),
    ("reason", "reason"),
    ("session", "session_id"),
    ("event", "event_id"),
)


def panel_facts(name: QuestionName, row: Record, clock: Clock, signs: Signs) -> Facts:
    """What the side panel tells of a row of this question."""
    return _call_facts(row, clock, signs) if name == "calls" else _session_facts(row, clock, signs)


def _session_facts(row: Record, clock: Clock, signs: Signs) -> Facts:
    facts: list[tuple[str, Cell]] = [("started", beginning(row, clock)), ("ended", ending(row, clock))]
    if row.number("length_seconds") is not None:
        facts.append(("length", length_cell(row, signs)))
    if row.text("error_message"):
        facts.append(("message", (safe(row.text("error_message") or ""), "bad")))
    if row.yes("first_ever"):
        facts.append(("first ever", "no earlier session of this person on this machine is in the data"))
    return facts + _plain(_SESSION, row, signs)


def _call_facts(row: Record, clock: Clock, signs: Signs) -> Facts:
    at = row.time("event_time")
    time: tuple[str, Cell] = ("time", clock.exact(at) if at else (signs.unsure, "warn"))
    return [time, *_plain(_CALL, row, signs)]


def _plain(plan: Sequence[tuple[str, str]], row: Record, signs: Signs) -> list[tuple[str, Cell]]:
    return [fact for label, column in plan for fact in _fact(label, column, row, signs)]


def _fact(label: str, column: str, row: Record, signs: Signs) -> Facts:
    value = row.raw(column) if column else ""
    if isinstance(value, tuple):
        return [(label if not index else "", (safe(part), "muted")) for index, part in enumerate(value)]
    return [(label, _value(column, row, signs) if column else "")]


def _value(column: str, row: Record, signs: Signs) -> Cell:
    value = row.raw(column)
    if value is None or value == "":
        return (_UNKNOWN.get(column, signs.dash), _UNKNOWN_STYLE.get(column, "muted"))
    text = safe(exact(value))
    return (text, "bad") if column in _BAD or (column, text) in _BAD_VALUES else text


_UNKNOWN = {"mfa": "not recorded", "from_console": "not recorded", "target": "?", "person_shown": "?"}
_UNKNOWN_STYLE = {"target": "warn", "person_shown": "warn"}
_BAD = frozenset({"error_code", "error_message"})
_BAD_VALUES = frozenset({("status", "denied"), ("status", "failed")})
