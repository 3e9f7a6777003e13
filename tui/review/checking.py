"""Checks a review that was decided: every row, who decided it, and whether what was revoked stayed away."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from ssmtrail.queries.times import utc_text
from ssmtrail.tui.review.reading import label
from ssmtrail.tui.review.rows import row_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import datetime

    from ssmtrail.queries.policy.uses import Access
    from ssmtrail.tui.review.reading import Decision, Written
    from ssmtrail.tui.review.rows import Cell

DECISIONS: Final = ("keep", "revoke", "change")


@dataclass(frozen=True, slots=True)
class Revoked:
    """A row that was decided to be revoked."""

    row: Mapping[str, Cell]
    since: datetime
    """The access ended then (UTC)."""

    @property
    def who(self) -> tuple[Cell, ...]:
        """Account, kind and name or id of the person."""
        return self.row["account"], self.row["person_kind"], self.row["person_id"] or self.row["person"]


@dataclass(frozen=True, slots=True)
class Decided:
    """What was decided, and what is wrong with it."""

    faults: tuple[str, ...]
    counts: Mapping[str, int]
    """Rows by decision."""
    without_ticket: int
    """Rows to be revoked or changed that name no ticket."""
    revoked: tuple[Revoked, ...]


def decided(written: Written, now: datetime) -> Decided:
    """Look at every decision; `now` is UTC."""
    faults: list[str] = []
    revoked: list[Revoked] = []
    counts: Counter[str] = Counter()
    without_ticket = 0
    for name, decision in written.decisions.items():
        row = written.rows[name]
        faults += (f"row {label(row)}: {fault}" for fault in _faults(row, decision, written.made_at, now))
        if decision.decision in DECISIONS:
            counts[decision.decision] += 1
        without_ticket += decision.decision in {"revoke", "change"} and not decision.ticket
        if decision.decision == "revoke" and (moment := decision.moment) is not None:
            revoked.append(Revoked(row, moment))
    return Decided(tuple(faults), counts, without_ticket, tuple(revoked))


def _faults(row: Mapping[str, Cell], decision: Decision, made: datetime, now: datetime) -> Iterator[str]:
    if not decision.decision:
        yield "no decision"
        return
    if decision.decision not in DECISIONS:
        yield f"{decision.decision!r} is no decision: write {', '.join(DECISIONS)}"
    if not decision.reviewer:
        yield "no reviewer"
    elif any(_is_same(decision.reviewer, str(row[name] or "")) for name in ("person", "person_id")):
        yield f"{decision.reviewer} reviewed their own access"
    moment = decision.moment
    if not decision.decided_at:
        yield "no decided_at"
    elif moment is None:
        yield f"decided_at {decision.decided_at} cannot be read: write it like 2026-11-23, or with a time"
    elif moment - timedelta(days=1) > now:
        yield f"decided_at {decision.decided_at} is in the future"
    elif moment < made:
        yield f"decided_at {decision.decided_at} is before the review was written"


def _is_same(reviewer: str, person: str) -> bool:
    """Whether two names are of one person: in any case, and with or without the domain of an address."""
    one, other = reviewer.casefold(), person.casefold()
    if "@" in one and "@" in other:
        return one == other
    return one.partition("@")[0] == other.partition("@")[0]


@dataclass(slots=True)
class Later:
    """What became of revoked rows, a sentence each."""

    back: list[str] = field(default_factory=list)
    """Who came back."""
    unproved: list[str] = field(default_factory=list)
    """What the records do not say."""


def later(
    written: Written, revoked: Iterable[Revoked], accesses: Iterable[Access], covers: Callable[[datetime], bool]
) -> Later:
    """Look for revoked people in what was done since; `covers` says whether there are records of a moment."""
    found = Later()
    gone = list(revoked)
    for each in gone:
        if not covers(each.since):
            found.unproved.append(f"row {label(each.row)}: no records since {utc_text(each.since)}")
    kept = {name for name, decision in written.decisions.items() if decision.decision in {"keep", "change"}}
    for access in accesses:
        if row_id(access) in kept or access.last_used is None:
            continue
        for each in gone:
            if access.last_used >= each.since:
                _compare(each, access, found)
    return found


def _compare(revoked: Revoked, access: Access, found: Later) -> None:
    """Whether a later use is one of what was revoked."""
    row, last = revoked.row, access.last_used
    assert last is not None
    what = f"row {label(row)}, revoked before {utc_text(revoked.since)}"
    seen = f"{utc_text(last)}, session {access.last_session}"
    if row["row"] == row_id(access):
        found.back.append(f"{what}, was used on {seen}")
        return
    if row["account"] != access.account:
        return
    is_person = access.who == revoked.who
    if access.person is None:
        if access.role == row["role"] and _may_be_there(access.environment, row["environment"]):
            found.unproved.append(f"{what}: an unknown person used the role on {seen}")
    elif is_person and access.environment == row["environment"]:
        found.back.append(f"{what}: back through {access.role or 'no role'} on {seen}")
    elif is_person and access.environment is None:
        found.unproved.append(f"{what}: there on {seen}, on a machine of no known environment")
    elif (
        not is_person
        and access.person.casefold() == str(row["person"] or "").casefold()
        and access.evidence == ("session-name",)
        and _may_be_there(access.environment, row["environment"])
    ):
        found.unproved.append(f"{what}: a caller typed the name on {seen}")


def _may_be_there(environment: str | None, revoked: Cell) -> bool:
    return environment is None or environment == revoked
