"""What the access policy says of a session, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ssmtrail.queries.policy.access import UNJUDGED, VIOLATIONS
from ssmtrail.widgets.text import safe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ssmtrail.tui.frame.lists_text import Record
    from ssmtrail.widgets.table_layout import Cell

_WORDS: Final = {"allowed-reported": "allowed, always reported"}
_STYLES: Final = {"violation": "bad", "unjudged": "warn", "allowed-reported": "warn"}


#: The column of a list of sessions, one word a verdict.
_SHORT: Final = {"allowed-reported": "reported"}


def verdict_cell(row: Record) -> Cell:
    """The verdict in a word; what is allowed is quiet."""
    verdict = row.text("policy")
    if not verdict:
        return ""
    return (safe(_SHORT.get(verdict, verdict)), _STYLES.get(verdict, "muted"))


def policy_facts(row: Record) -> Sequence[tuple[str, Cell]]:
    """The verdict with its rule and its reason; nothing without a policy."""
    verdict = row.text("policy")
    if not verdict:
        return []
    why = row.text("policy_why") or ""
    rule = row.text("rule")
    text = _WORDS.get(verdict, verdict)
    text += f": {VIOLATIONS.get(why) or UNJUDGED.get(why) or safe(why)}" if why else ""
    text += f" (rule {safe(rule)})" if rule else ""
    style = _STYLES.get(verdict)
    approval = row.text("approval")
    return [("policy", (text, style) if style else text), *([("approved", safe(approval))] if approval else [])]
