"""The numbers by which the rules of findings go, from `[findings]` of the configuration."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

#: The rules of findings, in the order of docs/findings.md.
RULE_IDS: Final = (
    "root", "machine", "left", "policy", "break-glass", "no-mfa", "forged-name", "unknown-person", "third-party",
    "denied-then-in", "denied-spread", "spread", "new-pair", "new-place", "two-places", "hours", "db-tunnel",
    "meta-tunnel", "long", "quiet-doc", "jit-bypass", "no-reason", "killed", "orphan", "conflict", "trail", "dup-key",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Each with its default; docs/findings.md says which rule goes by which."""

    off: tuple[str, ...] = ()
    """Ids of rules that are not asked."""
    networks: tuple[str, ...] = ()
    """Addresses and CIDR blocks that are known: offices, VPNs."""
    baseline_days: int = 30
    """Days before a day that its habits are compared with; below them rules that compare are silent."""
    repeat_days: int = 30
    """A habit that goes on is said again after so many days without it."""
    denied_starts: int = 3
    denied_minutes: int = 15
    denied_machines: int = 5
    spread_machines: int = 5
    """Machines in an hour, at least."""
    spread_factor: int = 3
    """Times as many as in nine of ten of the person's own hours."""
    place_days: int = 60
    place_sessions: int = 20
    """Sessions of a person before a new network says anything."""
    place_networks: int = 4
    """People with more networks than this move about."""
    two_places_minutes: int = 10
    hours_days: int = 60
    hours_sessions: int = 50
    hours_share: float = 0.005
    reason_share: float = 0.95
    reason_sessions: int = 20
    jit_sessions: int = 2
    long_hours: int = 12
    control_hours: int = 24
    dup_key_minutes: int = 60
    dup_key_machines: int = 2

    @property
    def digest(self) -> str:
        """Changes whenever findings may change with it."""
        return hashlib.sha256(repr(self).encode()).hexdigest()[:8]


DEFAULT_THRESHOLDS: Final = Thresholds()


@dataclass(frozen=True, slots=True)
class FindingSettings:
    """What beside the records decides which findings there are."""

    thresholds: Thresholds = DEFAULT_THRESHOLDS
    accepted: tuple[str, ...] = ()
    """Ids of findings that the access policy accepts today."""
    accounts: tuple[str, ...] = ()
    """Ids of one's own accounts; none where they are not known."""
    unsearched: tuple[str, ...] = ()
    """Ids of rules about calls that a source is not searched for."""


DEFAULT_FINDINGS: Final = FindingSettings()
