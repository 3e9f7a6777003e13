"""The access policy as values: rules, groups that are resolved, people who left, known violations."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from ssmtrail.queries.policy.approvals import Approvals

#: How a person may be known, the strongest first: a rule that names people believes these down to its `trust`.
TRUST: Final = ("identity", "issuer", "source-identity", "session-name")
#: What a rule requires beside conditions in the filter language.
APPROVAL: Final = "approval"
#: Why a session is a violation, in the words of the field `policy_why`.
VIOLATIONS: Final = {
    "no-rule": "no rule allows it",
    "left": "the person had left",
    "how": "no rule allows this kind of session",
    "hours": "outside the rule's hours",
    "require": "what the rule requires is missing",
    "expired": "the rule that allowed it had expired",
}
#: Why a session cannot be judged.
UNJUDGED: Final = {
    "start-unknown": "its start is not in the data",
    "person-unknown": "the person is unknown",
    "person-unconfirmed": "the person is known only by a name that the caller typed",
    "environment-unknown": "the environment of the machine is unknown",
    "target-unknown": "the machine is unknown",
    "kind-unknown": "the record leaves out what kind of session it was",
    "approval-unknown": "its rule asks for an approval, and no file of approvals was given",
    "reason-unknown": "the record leaves out whether a reason was given",
}


@dataclass(frozen=True, slots=True)
class Hours:
    """The hours of a rule; only the start of a session counts."""

    text: str
    """As written: `06-22 Europe/Berlin mon-fri`."""
    filter: str
    """The same in the filter language: `hour:06-22 day:mon-fri`."""
    zone: str = "UTC"
    """IANA name."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: who, where, how, and under which conditions."""

    id: str
    who: tuple[str, ...]
    """Names, `role:…`, `idc:…`; groups are resolved. `*` stands for any text."""
    where: str = "*"
    """In the filter language; `*` is everywhere."""
    how: tuple[str, ...] = ()
    """Kinds of session, as the field `kind` has them; empty for any."""
    require: tuple[str, ...] = ()
    """Conditions in the filter language that must all hold."""
    hours: Hours | None = None
    until: datetime | None = None
    """The rule holds before this moment (UTC)."""
    trust: str = "source-identity"
    """The weakest evidence by which a person is believed to be one that `who` names."""
    alarm: bool = False
    owner: str = ""
    why: str = ""
    written_who: tuple[str, ...] = ()
    """`who` as written, with the names of groups."""

    @property
    def needs_approval(self) -> bool:
        """Whether an approval of the person has to cover the start."""
        return APPROVAL in self.require


@dataclass(frozen=True, slots=True)
class Accept:
    """A violation, or a finding, that is known and accepted until a moment (UTC)."""

    session: str
    """Session id, or event id of its first call; empty where a finding is accepted."""
    finding: str
    until: datetime
    by: str
    why: str


@dataclass(frozen=True, slots=True)
class Policy:
    """The policy of one file. The first rule that matches a session decides."""

    rules: tuple[Rule, ...] = ()
    default: Literal["violation", "allow"] = "violation"
    """What a session is that no rule matches."""
    left: tuple[tuple[str, datetime], ...] = ()
    """Names of people, and when (UTC) their access ended: from that moment on they must not appear."""
    accepts: tuple[Accept, ...] = ()
    trust: str = "source-identity"
    """Of `left`, and of rules without their own."""
    path: Path | None = None
    content: str = ""
    """The text of the file and of the files of names that it includes, and of the approvals."""
    approvals: Approvals | None = None
    """None where no file of them was given."""

    @property
    def digest(self) -> str:
        """Changes whenever verdicts may change with it."""
        return hashlib.sha256(self.content.encode()).hexdigest()[:8]

    def with_approvals(self, approvals: Approvals) -> Policy:
        """The same with approvals."""
        return replace(self, approvals=approvals, content=f"{self.content}\0approvals\0{approvals.content}")

    def rule(self, rule_id: str) -> Rule | None:
        """The rule with this id."""
        return next((rule for rule in self.rules if rule.id == rule_id), None)
