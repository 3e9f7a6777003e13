"""Whether Session Manager's preferences were changed after a session began, by the calls that were read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ssmtrail.queries.filters import Filter
from ssmtrail.queries.model import Question, Scope, Sort
from ssmtrail.queries.times import Window

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from threading import Event

    from ssmtrail.queries.model import Answer
    from ssmtrail.queries.transcripts.model import SessionFacts

#: The document of an account's and region's own preferences. Source: "Configure session preferences".
PREFERENCES: Final = "SSM-SessionManagerRunShell"
_COLUMNS: Final = ("at", "detail", "account", "region")
_CALLS: Final = ("CreateDocument", "UpdateDocument")
_MOST: Final = 1_000


def changed_after(
    session: SessionFacts, ask: Callable[[Question, Event], Answer], cancelled: Event
) -> datetime | None:  # fmt: skip
    """When the document that the session's preferences are in was first changed after its start; None where no
    record says so. Raises StoreError, Cancelled.
    """
    if session.started_at is None:
        return None
    wanted = {f"{call} {name}" for call in _CALLS for name in (PREFERENCES, session.document or PREFERENCES)}
    scope = Scope(Window(session.started_at, None), Filter("door:control status:granted"))
    answer = ask(Question("doors", scope, (Sort("at"),)), cancelled)
    try:
        for at, detail, account, region in answer.page(0, _MOST, _COLUMNS):
            if detail in wanted and (account, region) == (session.account, session.region):
                return at  # type: ignore[return-value]
    finally:
        answer.close()
    return None
