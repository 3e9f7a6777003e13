"""Writes the files of a review into a folder: for reviewers, for auditors, and for the next review."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ssmtrail.queries.policy.roster import unused
from ssmtrail.queries.times import utc_text
from ssmtrail.tui.evidence.facts import COVERAGE_FIELDS, coverage_rows, question_facts, reading_facts, source_facts
from ssmtrail.tui.evidence.limits import REVIEW_LIMITS
from ssmtrail.tui.evidence.overview import Overview
from ssmtrail.tui.evidence.pack import Pack
from ssmtrail.tui.review.reading import FORMAT, TABLE
from ssmtrail.tui.review.report import ReviewFacts, review_html
from ssmtrail.tui.review.rows import DECISION_FIELDS, ROW_FIELDS, UNJUDGED_FIELDS, Rows, unjudged_row

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path
    from threading import Event

    from ssmtrail.queries.config import Settings
    from ssmtrail.queries.model import Coverage, Row, Scope
    from ssmtrail.queries.policy.access import Policy
    from ssmtrail.queries.policy.roster import Roster
    from ssmtrail.queries.policy.uses import Access
    from ssmtrail.queries.trail import Trail
    from ssmtrail.tui.review.reading import Written
    from ssmtrail.tui.review.rows import Cell

#: Stable: fields of `never-used.csv`.
UNUSED_FIELDS: Final = ("person", "account", "role", "environment", "denied", "by_typed_name", "possible")


@dataclass(frozen=True, slots=True)
class ReviewOrder:
    """What is to be reviewed."""

    scope: Scope
    settings: Settings
    coverage: Coverage
    complete: bool
    """Whether all of it could be read."""
    roster: Roster | None
    previous: Written | None
    made: dict[str, Any]
    """Who made it, where and when; `made_at` is its moment."""
    now: datetime


def write_review(folder: Path, trail: Trail, order: ReviewOrder, cancelled: Event) -> Pack:
    """Write all files into an empty folder. Raises Cancelled, StoreError, FilterError, OSError."""
    scope, policy = order.scope, trail.policy
    end = scope.window.end
    as_of = min(end, order.now) if end else order.now
    before = order.previous.before() if order.previous else None
    accesses = trail.accesses(scope, cancelled)
    rows = [Rows(as_of, order.settings.accounts, policy, before).row(access) for access in accesses]
    unjudged = [unjudged_row(access) for access in trail.accesses(scope, cancelled, unjudged=True)]
    never = [_unused_row(each) for each in unused(order.roster, accesses)] if order.roster else []
    pack = Pack(folder)
    pack.write_table(
        TABLE, (*ROW_FIELDS, *DECISION_FIELDS), ([*row.values(), *[None] * len(DECISION_FIELDS)] for row in rows)
    )
    pack.write_table("never-used.csv", UNUSED_FIELDS, never)
    pack.write_table("unjudged.csv", UNJUDGED_FIELDS, (list(row.values()) for row in unjudged))
    pack.write_table("coverage.csv", COVERAGE_FIELDS, coverage_rows(order.coverage))
    pack.manifest |= {
        "format": FORMAT,
        "kind": "review",
        **question_facts(scope, order.settings, order.coverage),
        "source": source_facts(trail),
        "as_of": utc_text(as_of),
        "made": order.made,
        "complete": order.complete,
        **reading_facts(order.coverage, trail.inputs()),
        "policy": _policy_facts(policy, trail.check_scope(scope, cancelled).unused) if policy else None,
        "roster": _roster_facts(order.roster, len(never)),
        "previous": _previous_facts(order.previous, rows),
        "totals": _totals(accesses, rows),
        "personal_data": True,
        "limits": list(REVIEW_LIMITS),
        "rows": rows,
    }
    overview = Overview.of(trail, scope, order.coverage, cancelled)
    facts = ReviewFacts(pack.manifest, order.coverage, overview, rows, unjudged, never)
    pack.write("report.html", review_html(facts).encode("utf-8", "replace"))
    pack.write_manifest()
    return pack


def _unused_row(each: Any) -> Row:
    grant = each.grant
    return (
        grant.person, grant.account, grant.role or None, grant.environment or None, each.denied, each.by_typed_name,
        each.possible,
    )  # fmt: skip


def _totals(accesses: Sequence[Access], rows: Sequence[dict[str, Cell]]) -> dict[str, Any]:
    names = ("sessions", "without_start", "denied", "failed")
    verdicts: Counter[str] = Counter()
    for access in accesses:
        verdicts.update(access.verdicts)
    return {
        "rows": len(rows),
        "people": len({each.who for each in accesses if each.person}),
        **{name: sum(getattr(each, name) for each in accesses) for name in names},
        "verdicts": dict(sorted(verdicts.items())),
    }


def _policy_facts(policy: Policy, unused_rules: Sequence[str]) -> dict[str, Any]:
    return {
        "file": policy.path.name if policy.path else None,
        "digest": policy.digest,
        "rules": [{"id": rule.id, "owner": rule.owner, "why": rule.why} for rule in policy.rules],
        "rules_that_allowed_nothing": list(unused_rules),
    }


def _roster_facts(roster: Roster | None, never: int) -> dict[str, Any] | None:
    if roster is None:
        return None
    return {"sha256": roster.sha256, "grants": len(roster.grants), "never_used": never}


def _previous_facts(previous: Written | None, rows: Sequence[dict[str, Cell]]) -> dict[str, Any] | None:
    if previous is None:
        return None
    here = {row["row"] for row in rows}
    return {
        "manifest_sha256": previous.sha256,
        "made_at": utc_text(previous.made_at),
        "not_seen_since": [name for name in previous.rows if name not in here],
    }
