"""Whether Session Manager's preferences were changed after a session began, by the calls that were read."""

from __future__ import annotations

from contextlib import closing
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
_COLUMNS: Final = ("at", "detail")
_CALLS: Final = ("CreateDocument", "UpdateDocument")
#: Rows that are read at a time.
_PAGE: Final = 1_000


def changed_after(
    ask: Callable[[Question, Event], Answer], session: SessionFacts, cancelled: Event
) -> datetime | None:  # fmt: skip
    """When the document that the session's preferences are in was first changed after its start; None where no
    record says so. Raises StoreError, Cancelled.
    """
    if session.started_at is None:
        return None
    wanted = {f"{call} {name}" for call in _CALLS for name in (PREFERENCES, session.document or PREFERENCES)}
    there = Filter("door:control status:granted").keep("account", session.account, exact=True)
    scope = Scope(Window(session.started_at, None), there.keep("region", session.region, exact=True))
    with closing(ask(Question("doors", scope, (Sort("at"),)), cancelled)) as answer:
        for start in range(0, answer.totals.rows, _PAGE):
            for at, detail in answer.page(start, _PAGE, _COLUMNS):
                if detail in wanted:
                    return at  # type: ignore[return-value]
    return None
