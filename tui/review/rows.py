"""The rows of a review: what one person did in one environment and role, what was known of it at the last review."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ssmtrail.queries.filters.keys import VERDICTS
from ssmtrail.queries.times import utc_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from ssmtrail.queries.policy.access import Policy
    from ssmtrail.queries.policy.uses import Access

#: A value of a row, as JSON has it.
Cell = str | int | None
#: Stable: what a row says, in its order.
ROW_FIELDS: Final = (
    "row", "person", "person_kind", "person_id", "person_evidence", "account", "account_name", "environment", "role",
    "via", "kinds", "sessions", "without_start", "denied", "failed", "machines", "first_used", "last_used",
    "days_since", "reason_share", "rule", "verdict", "policy_why", "violations", "unjudged", "previous_verdict",
    "changed_since_last", "examples", "owner",
)  # fmt: skip
#: What reviewers fill in.
DECISION_FIELDS: Final = ("decision", "reviewer", "decided_at", "ticket", "remark")
UNJUDGED_FIELDS: Final = (
    "row", "person", "person_kind", "account", "environment", "role", "via", "person_evidence", "why", "sessions",
    "without_start", "denied", "first_used", "last_used", "examples",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Before:
    """What the last review said of a row."""

    verdict: str | None
    decision: str = ""
    decided_at: datetime | None = None


def row_id(access: Access) -> str:
    """The same in every review: a hash of who, where and in which role."""
    key = [*access.who, access.environment, access.role, access.via]
    return "r-" + hashlib.sha256(json.dumps(key).encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Rows:
    """Makes the rows of one review."""

    as_of: datetime
    """The population is as of this moment (UTC)."""
    accounts: Mapping[str, str]
    """Names by account id."""
    policy: Policy | None
    before: Mapping[str, Before] | None
    """By row, where there was a review before."""

    def row(self, access: Access) -> dict[str, Cell]:
        """One row of `review.csv`, as `ROW_FIELDS`."""
        name = row_id(access)
        verdict = _worst(access.verdicts if access.used else access.attempts)
        before = self.before.get(name) if self.before is not None else None
        last = access.last_used
        share = f"{100 * access.with_reason // access.used}%" if access.used else None
        rules = [rule for each in access.rules if self.policy and (rule := self.policy.rule(each))]
        found: dict[str, Cell] = _plain(access) | {
            "row": name,
            "account_name": self.accounts.get(access.account or ""),
            "days_since": (self.as_of - last).days if last else None,
            "reason_share": share,
            "rule": " ".join(access.rules) or None,
            "verdict": verdict,
            "policy_why": " ".join(access.whys) or None,
            "violations": access.verdicts.get("violation", 0),
            "unjudged": access.verdicts.get("unjudged", 0),
            "previous_verdict": before.verdict if before else None,
            "changed_since_last": self._change(before, verdict, last),
            "owner": " ".join(dict.fromkeys(rule.owner for rule in rules if rule.owner)) or None,
        }
        return {name: found[name] for name in ROW_FIELDS}

    def _change(self, before: Before | None, verdict: str | None, last: datetime | None) -> str | None:
        if self.before is None:
            return None
        if before is None:
            return "new"
        if before.decision == "revoke" and before.decided_at and last and last >= before.decided_at:
            return "back after revoke"
        return "verdict" if before.verdict != verdict else None


def unjudged_row(access: Access) -> dict[str, Cell]:
    """One row of `unjudged.csv`, as `UNJUDGED_FIELDS`."""
    found = _plain(access) | {"row": row_id(access), "why": access.why}
    return {name: found[name] for name in UNJUDGED_FIELDS}


def _plain(access: Access) -> dict[str, Any]:
    names = ("person", "person_kind", "person_id", "account", "environment", "role", "via", "sessions", "without_start")
    found: dict[str, Any] = {name: getattr(access, name) for name in (*names, "denied", "failed", "machines")}
    return found | {
        "person_evidence": " ".join(access.evidence),
        "kinds": " ".join(access.kinds) or None,
        "first_used": utc_text(access.first_used) if access.first_used else None,
        "last_used": utc_text(access.last_used) if access.last_used else None,
        "examples": " ".join(access.examples) or None,
    }


def _worst(verdicts: Mapping[str, int]) -> str | None:
    return next((verdict for verdict in VERDICTS if verdicts.get(verdict)), None)
