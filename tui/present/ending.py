"""How a session ended, in words that say how it is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from widgets.safe_text import safe

if TYPE_CHECKING:
    from tui.present.record import Record
    from tui.present.times import Clock
    from widgets.rows_table import Cell

_SILENT = "A session closed by exit or by timeout leaves no call."


def ending(row: Record, clock: Clock) -> Cell:
    """The end of a session and its proof; amber where it is not known for sure."""
    if row.text("status") in ("denied", "failed"):
        return (_never_began(row), "bad")
    evidence, ended = row.text("end_evidence"), row.time("ended_at")
    if evidence == "no-shell":
        return "at once: started and terminated within two seconds by the same client. Nobody got a shell."
    if evidence in ("terminated", "reported") and ended is not None:
        proof = f"by a TerminateSession call{_by(row)}" if evidence == "terminated" else "as Session Manager reported"
        return f"{clock.exact(ended)}, {proof}"
    alive = row.time("alive_at")
    if evidence == "alive-at" and alive is not None:
        return (f"not recorded. It was alive at {clock.exact(alive)}. {_SILENT}", "warn")
    return (f"not recorded. {_SILENT}", "warn")


def _by(row: Record) -> str:
    who = row.text("ended_by")
    if who is None:
        return ""
    return f" of {safe(who)}" + ("" if who == row.text("person") else ", somebody else")


def _never_began(row: Record) -> str:
    verb = "denied" if row.text("status") == "denied" else "refused"
    code = row.text("error_code")
    return f"it never began: the start was {verb}" + (f", {safe(code)}" if code else "")


def beginning(row: Record, clock: Clock) -> Cell:
    """The start of a session; for one whose start is not in the data, the latest it can have been."""
    started, at = row.time("started_at"), row.time("at")
    if started is not None:
        return clock.exact(started)
    if at is None:
        return ("not in the data", "warn")
    return (f"not in the data; at the latest {clock.exact(at)}", "warn")
