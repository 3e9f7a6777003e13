"""The keys of the filter language in help order, and completions while a filter is typed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

#: The questions that a filter is compiled for; the others are made of these.
Filtered: TypeAlias = Literal["sessions", "calls", "doors", "visits", "findings"]
Reading: TypeAlias = Literal["text", "choice", "address", "hours", "days", "number", "duration"]

KINDS: Final = ("shell", "command", "ssh", "port-forward", "remote-port-forward", "container", "other", "unknown")
#: How a person is known, the strongest first.
EVIDENCE: Final = ("identity", "issuer", "source-identity", "session-name", "none")
PERSON_KINDS: Final = ("iam-user", "root", "identity-center", "federated", "role-session", "service", "unknown")
#: How the name of a machine is known: from CloudTrail's records or from AWS before the time of the row, from either
#: after it, from the inventory, not at all.
NAME_SOURCES: Final = ("record", "snapshot", "later", "today", "none")
#: What the access policy says of a session or a refused call, the worst first.
VERDICTS: Final = ("violation", "unjudged", "accepted", "allowed-reported", "allowed")
#: What CloudTrail's digests prove of the log files that a session's records are from, the worst first.
INTEGRITIES: Final = ("changed", "missing", "unsigned", "unproved", "proved")
#: Of findings, the worst first.
SEVERITIES: Final = ("high", "medium", "low", "info")
#: Keys that need a session to be judged.
VERDICT_KEYS: Final = frozenset({"policy", "rule"})
#: Keys that visits do not have: other doors are neither judged nor is what they rest on checked.
_NOT_OF_VISITS: Final = VERDICT_KEYS | {"integrity"}
#: Other ways to a machine than Session Manager, and what changes how they behave.
DOORS: Final = (
    "ecs-exec", "run-command", "instance-connect", "serial-console", "endpoint-tunnel", "rdp", "access-request",
    "access-token", "access-signal", "sagemaker", "codebuild", "control",
)  # fmt: skip
#: The kinds that `kind:tunnel` matches.
TUNNELS: Final = ("port-forward", "remote-port-forward")


#: Columns that a bare word is looked for in; `person_shown` has the person where one is known.
WORD_COLUMNS: Final[dict[Filtered, tuple[str, ...]]] = {
    "sessions": (
        "person_shown", "claimed_name", "source_identity", "via",
        "target", "target_names", "environment", "kind", "destination", "source_ip", "role",
        "reason", "status", "session_id", "account", "region", "identity_arn", "identity_type", "user_agent",
        "target_kind", "document", "command", "end_evidence", "ended_by", "error_code", "error_message", "event_ids",
    ),
    "calls": (
        "person_shown", "claimed_name", "source_identity", "via",
        "event_name", "target", "target_names", "environment", "kind", "destination",
        "source_ip", "role", "reason", "status", "session_id", "account", "region", "identity_arn", "identity_type",
        "user_agent", "target_kind", "document", "resource_arn", "error_code", "error_message", "event_id",
    ),
    "doors": (
        "person_shown", "claimed_name", "source_identity", "via",
        "door", "target_ids", "target_names", "environment", "detail", "source_ip", "role", "status", "session_id",
        "account", "region", "identity_arn", "identity_type", "user_agent", "target_kind", "event_name", "error_code",
        "error_message", "event_id",
    ),
    "visits": (
        "person_shown", "claimed_name", "source_identity", "via",
        "door", "kind", "target_ids", "target_names", "environment", "destination", "detail", "source_ip", "role",
        "reason", "status", "session_id", "account", "region", "identity_arn", "identity_type", "user_agent",
        "target_kind", "document", "command", "end_evidence", "ended_by", "event_name", "error_code", "error_message",
        "event_ids",
    ),
    "findings": (
        "person_shown", "rule", "severity", "target", "target_names", "environment", "account", "region", "role",
        "summary", "status", "finding_id", "event_ids",
    ),
}  # fmt: skip

#: Columns of the `findings` question that hold no words.
_OTHER_FINDING_COLUMNS: Final = frozenset({"person", "person_id"})
#: Columns of the `doors` question that hold no words.
_OTHER_DOOR_COLUMNS: Final = frozenset({"person", "person_id", "conflict"})


@dataclass(frozen=True, slots=True)
class Key:
    """A key of the language: what it is compared with and how its values are read."""

    name: str
    help: str
    """One line for people."""
    example: str
    sessions: tuple[str, ...] = ()
    """Columns of the `sessions` question that it looks at; the first says whether it is unknown. Empty: it has none."""
    calls: tuple[str, ...] = ()
    """The same for the `calls` question."""
    reading: Reading = "text"
    choices: tuple[str, ...] = ()
    """The values that there are, where they are few; also those that `groups` adds."""
    groups: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Choices that stand for several values of the column."""
    aliases: tuple[str, ...] = ()
    doors: tuple[str, ...] = ()
    """The same for the `doors` question."""
    findings: tuple[str, ...] = ()
    """The same for the `findings` question."""

    @property
    def is_exact(self) -> bool:
        """Whether `key:=value` asks for this very text."""
        return self.reading in {"text", "address"}

    def columns(self, question: Filtered) -> tuple[str, ...]:
        """The columns of this question that the key looks at; empty when it means nothing there."""
        if question == "visits" and self.name in _NOT_OF_VISITS:
            return ()
        if question == "visits":
            # All machines that a call names, of a session its own.
            return self.doors if self.name == "target" else self.sessions or self.doors
        return {"sessions": self.sessions, "calls": self.calls, "doors": self.doors, "findings": self.findings}[
            question
        ]

    def values(self, choice: str) -> tuple[str, ...]:
        """The column's values that a choice matches."""
        return dict(self.groups).get(choice, (choice,))


def _key(name: str, column: str, help: str, example: str, *aliases: str) -> Key:  # noqa: A002 - the field's name
    """A key of text that looks at one column of both questions."""
    return Key(
        name, help, example, (column,), (column,), aliases=aliases, doors=_door_columns(column),
        findings=_finding_columns(column),
    )  # fmt: skip


def _finding_columns(column: str) -> tuple[str, ...]:
    return (column,) if column in WORD_COLUMNS["findings"] or column in _OTHER_FINDING_COLUMNS else ()


def _door_columns(*columns: str) -> tuple[str, ...]:
    """Those of these columns that the `doors` question has."""
    return tuple(column for column in columns if column in WORD_COLUMNS["doors"] or column in _OTHER_DOOR_COLUMNS)


# fmt: off
_YES_NO: Final = ("true", "false", "yes", "no")
_IS_TRUE: Final = (("yes", ("true",)), ("no", ("false",)))

KEYS: Final[tuple[Key, ...]] = (
    _key("person", "person", "who; ? where only a role is known", "person:jane*"),
    Key(
        "evidence", "how the person is known, see docs/evidence.md", "evidence:session-name",
        ("person_evidence",), ("person_evidence",), "choice", EVIDENCE, doors=("person_evidence",),
    ),
    _key("claimed", "claimed_name", "name that the caller typed, where it is not the person", "claimed:*"),
    _key("sourceid", "source_identity", "source identity, as it was recorded", "sourceid:miriam*"),
    Key(
        "personkind", "what kind of person", "personkind:iam-user", ("person_kind",), ("person_kind",), "choice",
        PERSON_KINDS, doors=("person_kind",), findings=("person_kind",),
    ),
    _key("personid", "person_id", "id of an Identity Center user", "personid:9067*"),
    _key("via", "via", "AWS service that made the call for another caller", "via:ssm*"),
    Key(
        "target", "machine: its id, or any name it had", "target:i-0ab*", ("target", "target_names"),
        ("target", "target_names"), aliases=("machine",), doors=("target_ids", "target_names"),
        findings=("target", "target_names"),
    ),
    Key(
        "kind", "kind of session; tunnel is both port-forward kinds", "kind:shell,ssh", ("kind",), ("kind",), "choice",
        (*KINDS, "tunnel"), (("tunnel", TUNNELS),),
    ),
    Key(
        "status", "how the start, or a refused resume or end, went; on calls, the call", "status:denied", ("status",),
        ("status",), "choice",
        ("started", "denied", "failed", "orphan", "reported-only", "ok", "granted", "open", "accepted"),
        doors=("status",), findings=("status",),
    ),
    Key("door", "other way to a machine than Session Manager", "door:run-command", reading="choice", choices=DOORS,
        doors=("door",)),
    Key(
        "ip", "address it came from: exact, with *, or a CIDR block", "ip:203.0.113.0/24", ("source_ip",),
        ("source_ip",), "address", doors=("source_ip",),
    ),
    _key("env", "environment", "environment of the machine at that time", "env:prod", "environment"),
    _key("role", "role", "role that was assumed", "role:Admin*"),
    _key("account", "account", "account, 12 digits", "account:1234*"),
    _key("region", "region", "region", "region:eu-*"),
    _key("dest", "destination", "host:port that a tunnel reached", "dest:*:5432", "destination"),
    _key("reason", "reason", "reason given at the start", "reason:*INC*"),
    Key(
        "hour", "hours of the day in the zone shown; 22-06 ends at 06:00", "hour:22-06", ("at",), ("at",), "hours",
        doors=("at",), findings=("at",),
    ),
    Key(
        "day", "days of the week in the zone shown", "day:sat,sun", ("at",), ("at",), "days",
        ("mon", "tue", "wed", "thu", "fri", "sat", "sun"), doors=("at",), findings=("at",),
    ),
    Key("length", "length, as far as it is proved", "length:>1h", ("length_seconds",), (), "duration"),
    Key("access", "kind of access", "access:JustInTime", ("access_type",)),
    Key("outside", "starts and ends beyond the look-around", "outside:*", ("outside",)),
    _key("conflict", "conflict", "copies of a call that contradict each other", "conflict:*"),
    Key(
        "policy", "verdict of the access policy; of a call that on its session", "policy:violation", ("policy",),
        ("policy",), "choice", VERDICTS,
    ),
    Key("rule", "rule of the access policy that decided", "rule:prod-*", ("rule",), ("rule",)),
    Key(
        "integrity", "what digests prove of its log files; ? where they were not checked", "integrity:proved",
        ("integrity",), ("integrity",), "choice", INTEGRITIES,
    ),
    Key("finding", "rule of a finding, or its id", "finding:denied-then-in", findings=("rule", "finding_id")),
    Key(
        "severity", "how severe a finding is", "severity:high", reading="choice", choices=SEVERITIES,
        findings=("severity",),
    ),
    Key("resumes", "how often it was resumed", "resumes:>0", ("resumes",), (), "number"),
    Key(
        "end", "how the end is known", "end:terminated", ("end_evidence",), (), "choice",
        ("terminated", "reported", "alive-at", "no-shell", "unknown"),
    ),
    Key("endedby", "who ended it", "endedby:max.weber*", ("ended_by",)),
    Key(
        "error", "error code or message", "error:AccessDenied*", ("error_code", "error_message"),
        ("error_code", "error_message"), doors=("error_code", "error_message"),
    ),
    _key("name", "target_names", "name of the machine, any that it had", "name:web-*"),
    Key(
        "namesource", "how the machine's name is known", "namesource:record", ("name_source",), ("name_source",),
        "choice", NAME_SOURCES, doors=("name_source",),
    ),
    Key(
        "targetkind", "kind of machine", "targetkind:ecs", ("target_kind",), ("target_kind",), "choice",
        ("ec2", "managed", "ecs", "sagemaker", "unknown"), doors=("target_kind",),
    ),
    _key("document", "document", "Session Manager document", "document:*PortForward*", "doc"),
    Key("command", "command of an interactive command session", "command:*backup*", ("command",)),
    _key("agent", "user_agent", "program that made the call", "agent:*aws-cli*"),
    _key("identity", "identity_type", "type of identity", "identity:IAMUser"),
    _key("arn", "identity_arn", "ARN of the identity", "arn:*:user/*"),
    Key("mfa", "whether MFA was recorded", "mfa:false", ("mfa",), (), "choice", _YES_NO, _IS_TRUE),
    Key(
        "console", "whether the credentials came from the console", "console:true", ("from_console",), (), "choice",
        _YES_NO, _IS_TRUE,
    ),
    _key("session", "session_id", "session id", "session:jane*"),
    Key("event", "name of the call", "event:ResumeSession", (), ("event_name",), aliases=("call",)),
    Key(
        "eventid", "event id of a call, or of any call of the session", "eventid:f832760f*", ("event_ids",),
        ("event_id",), doors=("event_id",), findings=("event_ids",),
    ),
    Key("resource", "ARN of the resource that the call names", "resource:*:session/*", (), ("resource_arn",)),
)
# fmt: on

_BY_NAME: Final = {name: key for key in KEYS for name in (key.name, *key.aliases)}

#: Columns that hold several texts; a match of any of them counts.
LIST_COLUMNS: Final = frozenset({"event_ids", "target_ids", "target_names"})


def find_key(name: str) -> Key | None:
    """The key with this name or alias, in any case."""
    return _BY_NAME.get(name.casefold())


def key_names() -> tuple[str, ...]:
    """All names that `find_key` finds, aliases too."""
    return tuple(_BY_NAME)


def word_at(text: str, cursor: int) -> tuple[int, int]:
    """Start and end of the word that the cursor is in; its completions replace this stretch."""
    start = end = max(0, min(cursor, len(text)))
    while start > 0 and not text[start - 1].isspace():
        start -= 1
    while end < len(text) and not text[end].isspace():
        end += 1
    return start, end


def complete(text: str, cursor: int) -> list[str]:
    """Whole words that could stand where the cursor is, in the order of `KEYS`.

    `ki` gives `kind:`, `-kind:sh` gives `-kind:shell`; values come from those keys that have few.
    """
    start, _ = word_at(text, cursor)
    typed = text[start:cursor]
    minus = "-" if typed.startswith("-") else ""
    name, colon, value = typed.removeprefix("-").partition(":")
    if not colon:
        return [f"{minus}{key.name}:" for key in KEYS if name and key.name.startswith(name.casefold())]
    key = find_key(name)
    if key is None:
        return []
    before, comma, last = value.rpartition(",")
    found = [choice for choice in key.choices if choice.startswith(last.casefold()) and choice != last.casefold()]
    return [f"{minus}{name}:{before}{comma}{choice}" for choice in found]
