"""The rules of findings: how severe each is, why it matters, what makes it harmless, and what it needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

Severity: TypeAlias = Literal["high", "medium", "low", "info"]
#: What a rule cannot do without: an access policy, days to compare with, a list of own accounts, a week before.
Need: TypeAlias = Literal["policy", "history", "accounts", "week"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; its statement is `queries/sql/findings/ID.sql`."""

    id: str
    severity: Severity
    why: str
    harmless: str
    need: Need | None = None
    history: str = ""
    """Name of the threshold that says how many days before a day are compared."""


RULES: Final[tuple[Rule, ...]] = (
    Rule(
        "root", "high",
        "The root user is bound by no policy, and nothing says which person it was.",
        "A task that only root can do, with a ticket.",
    ),
    Rule(
        "machine", "high",
        "A machine opened a session: software on it, or whoever took its credentials. No person is recorded.",
        "Automation that runs on that machine and is known to open sessions.",
    ),
    Rule(
        "left", "high",
        "A person whose access ended still has it.",
        "The date in the policy is wrong, or an account of the same name belongs to another person.", "policy",
    ),
    Rule("policy", "high", "The access policy does not allow it.", "The policy lacks a rule.", "policy"),
    Rule(
        "break-glass", "medium",
        "The policy wants each use of this access to be reported.",
        "An incident that is on record at that time.", "policy",
    ),
    Rule(
        "no-mfa", "medium",
        "A stolen key is enough to open sessions like this one.",
        "A technical user whose key is bound to addresses, or rotated.", None, "repeat_days",
    ),
    Rule(
        "forged-name", "high",
        "The caller typed the name of another person; a reader of the log would blame the wrong one.",
        "One person with two names, or a broker that sets names for others: name it in [trust].",
    ),
    Rule(
        "unknown-person", "medium",
        "Several people use the role, and the records do not say which of them it was.",
        "Automation behind a role that people use as well; give it a role of its own.", None, "repeat_days",
    ),
    Rule(
        "third-party", "medium",
        "The caller comes from an account that is not known as yours.",
        "A vendor or an account of yours that [accounts] does not name.", "accounts",
    ),
    Rule(
        "denied-then-in", "high",
        "Refused, tried on, and got in: permissions may have been changed or found in between.",
        "The person asked for access and got it; the calls that granted it are in the log.",
    ),
    Rule(
        "denied-spread", "medium",
        "Trying one machine after the other is how an intruder looks for one that lets them in.",
        "A script over all machines with a role that may reach few of them.",
    ),
    Rule(
        "spread", "medium",
        "Far more machines in an hour than this person ever uses.",
        "A rollout, an incident on many machines.", "history", "baseline_days",
    ),
    Rule(
        "new-pair", "low",
        "The person never was in this environment before.",
        "A new task or team; check that the access was granted for it.", "history", "baseline_days",
    ),
    Rule(
        "new-place", "low",
        "The person's credentials are used from a network that they never came from.",
        "Travel, a new office or provider; name known ranges in networks of [findings].", "history", "place_days",
    ),
    Rule(
        "two-places", "medium",
        "One temporary key in two networks at a time: it may have been copied.",
        "A client that changes between a VPN and its own line; name the VPN's range in networks of [findings].",
    ),
    Rule(
        "hours", "low",
        "The person hardly ever works at this hour.",
        "On-call duty, another time zone.", "history", "hours_days",
    ),
    Rule(
        "db-tunnel", "medium",
        "A tunnel reaches the data itself, and what is read through it is not logged.",
        "A new task with the database.", "history", "baseline_days",
    ),
    Rule(
        "meta-tunnel", "high",
        "The metadata service gives out the machine's credentials; a public address makes the machine a proxy.",
        "A public address of your own, such as an elastic IP.",
    ),
    Rule(
        "long", "low",
        "A session over night and day is easily left open for others.",
        "A long job that was watched.",
    ),
    Rule(
        "quiet-doc", "medium",
        "A session document decides what is run and what is logged; another document may log nothing.",
        "A document that was reviewed before its first use.", "history", "baseline_days",
    ),
    Rule(
        "jit-bypass", "high",
        "Others needed an approval for this machine, this session had none.",
        "Break-glass access, or just-in-time access that is being introduced.", None, "baseline_days",
    ),
    Rule(
        "no-reason", "low",
        "A reason is nearly always given here.",
        "It was forgotten; ask the person.", "history", "baseline_days",
    ),
    Rule(
        "killed", "info",
        "Another person ended the session.",
        "An administrator who cleans up.",
    ),
    Rule(
        "orphan", "medium",
        "The days before are there, the start is not: a log may have been removed, or is kept elsewhere.",
        "A session older than the data, a region whose logs are elsewhere.", "week",
    ),
    Rule(
        "conflict", "medium",
        "Copies of one call are the same by nature; one of these was changed, or written by something else.",
        "Test data, two trails merged by hand.",
    ),
    Rule(
        "trail", "high",
        "A person who changes what is logged can hide what they did.",
        "A change that was planned, with a ticket.",
    ),
    Rule(
        "dup-key", "medium",
        "One key on several machines in a short time is how an intruder moves from one to the next.",
        "A script that logs in on many machines with its own key.",
    ),
)  # fmt: skip
