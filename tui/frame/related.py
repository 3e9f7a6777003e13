"""What a row is related to: its person, machine, address, role and destination."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ssmtrail.tui.frame.lists_text import machine_label, person_label

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from ssmtrail.queries.model import Scope
    from ssmtrail.queries.views import PersonId
    from ssmtrail.tui.frame.lists_text import Record


@dataclass(frozen=True, slots=True)
class Related:
    """Who, where and from where a row is of; None where it is of none, or of several."""

    who: PersonId | None = None
    person: str = ""
    """The person's label, safe."""
    target: str | None = None
    machine: str = ""
    """The machine's label, safe."""
    address: str | None = None
    role: str | None = None
    destination: str | None = None
    account: str | None = None
    region: str | None = None
    event: str | None = None
    """The event id of the call, of a session that of its first call."""
    session: Record | None = None
    """The row itself, where it is of a session."""
    session_id: str | None = None
    events: tuple[str, ...] = ()
    """Ids of its calls, as far as the row has them."""
    last: datetime | None = None
    """The last moment that the row knows of it (UTC)."""


#: What is related on a view without rows of sessions: the keys of a row are not offered there.
NO_ROWS: Final = Related()


@dataclass(frozen=True, slots=True)
class Link:
    """One related thing: what it is, and the scope that holds it."""

    what: str
    name: str
    """Safe."""
    key: str
    """The key that leads there without the menu; empty for none."""
    scope: Scope
    open: Callable[[], object]


def related_of(record: Record | None) -> Related:
    """What a row of any list is related to; a list without a column has nothing of it."""
    if record is None:
        return Related()
    events = _events(record)
    return Related(
        _who(record), person_label(record), record.text("target"), machine_label(record),
        record.text("source_ip"), record.text("role"), record.text("destination"), record.text("account"),
        record.text("region"), next(iter(events), None), record if _is_of_session(record) else None,
        record.text("session_id"), events, _last(record),
    )  # fmt: skip


def _is_of_session(record: Record) -> bool:
    """Whether the row is a session, a refused start, or a call of a session."""
    return record.text("session_id") is not None or "started_at" in record.values


def _events(record: Record) -> tuple[str, ...]:
    event = record.text("event_id")
    return record.texts("event_ids") or ((event,) if event else ())


def _last(record: Record) -> datetime | None:
    times = (record.time(name) for name in ("at", "event_time", "started_at", "alive_at", "ended_at"))
    return max((time for time in times if time is not None), default=None)


def _who(record: Record) -> PersonId | None:
    if "person" not in record.values:
        return None
    from ssmtrail.queries.views import PersonId  # with all of the views' values; the first frame needs none

    person, kind = record.text("person"), record.text("person_kind") or "unknown"
    behind = record.text("behind")
    if person is None and behind is None:  # rows that are not grouped by it
        behind = record.text("via" if kind == "service" else "role")
    return PersonId(record.text("account"), person, kind, record.text("person_id"), behind)
