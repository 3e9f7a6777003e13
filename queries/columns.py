"""The columns of every question: the stable ones that scripts depend on, then those that only screens use."""

from __future__ import annotations

from typing import Final

from queries.values import QuestionName

#: Questions whose answers lie in memory whole.
COUNTED: Final[frozenset[QuestionName]] = frozenset({"pairs", "usage", "people", "instances", "tunnels"})

#: Stable: names and order are a contract (README, "Fields").
FIELDS: Final[dict[QuestionName, tuple[str, ...]]] = {
    "sessions": (
        "session_id", "account", "region", "person", "identity_arn", "identity_type", "role", "source_ip",
        "user_agent", "target", "target_kind", "target_name", "kind", "document", "destination", "reason",
        "started_at", "ended_at", "end_evidence", "ended_by", "resumes", "status", "error_code", "event_ids",
    ),
    "calls": (
        "event_id", "event_time", "event_name", "person", "identity_arn", "resource_arn", "target", "session_id",
        "source_ip", "account", "region", "error_code", "error_message", "user_agent",
    ),
    "pairs": (
        "person", "target", "target_name", "account", "sessions", "calls", "denied", "first_seen", "last_seen",
    ),
    "usage": ("bucket", "sessions", "calls", "denied"),
    "people": (
        "person", "account", "roles", "targets", "sessions", "calls", "denied", "source_ips", "first_seen", "last_seen",
    ),
    "instances": (
        "target", "target_name", "environment", "target_kind", "account", "region", "people", "sessions", "calls",
        "denied", "first_seen", "last_seen",
    ),
    "tunnels": ("destination", "kind", "people", "targets", "sessions", "first_seen", "last_seen"),
}  # fmt: skip

#: For screens only; may change with any version.
SCREEN_COLUMNS: Final[dict[QuestionName, tuple[str, ...]]] = {
    "sessions": (
        "key",  # text, unique in the answer: the first call's event id
        "at",  # time by which the session belongs to a window: its start, an orphan's first call
        "environment",  # from the inventory
        "alive_at",  # last proof of life: the last good resume; None without one
        "length_seconds",  # exact where ended_at is known, a lower bound where only alive_at is, else None
        "person_how",  # `user name`, `role session name`, `source identity`, `caller of AssumeRole`, ...
        "person_shown",  # person, or `unknown behind ROLE`
        "command",  # parameters.command[0] of an interactive command
        "error_message",
        "mfa",  # "true", "false" or None as recorded
        "from_console",  # "true", "false" or None as recorded
        "first_ever",  # True when no earlier session of this person on this target is in the data
    ),
    "calls": (
        "key",  # the event id
        "at",  # = event_time
        "status",  # the call's own: `ok`, `denied`, `failed`
        "target_kind",
        "target_name",
        "environment",
        "kind",
        "document",
        "destination",
        "reason",
        "role",
        "identity_type",
        "person_how",
        "person_shown",
        "session_key",  # key of the session's row, None for a call that belongs to none
    ),
    "pairs": ("key", "person_shown", "environment", "role"),
    "usage": (),
    "people": ("key", "person_shown", "role"),  # the role of an unknown person, else None
    "instances": ("key",),
    "tunnels": ("key", "calls", "denied"),
}

_TIMES: Final = ("started_at", "ended_at", "event_time", "first_seen", "last_seen", "bucket", "at", "alive_at")
#: The engine's types of columns that are no texts (`VARCHAR`).
COLUMN_TYPES: Final[dict[str, str]] = {
    **dict.fromkeys(_TIMES, "TIMESTAMPTZ"),
    **dict.fromkeys(("resumes", "sessions", "calls", "denied", "people", "targets", "source_ips"), "BIGINT"),
    "length_seconds": "DOUBLE",
    "first_ever": "BOOLEAN",
    **dict.fromkeys(("event_ids", "roles"), "VARCHAR[]"),
}


def columns_of(name: QuestionName) -> tuple[str, ...]:
    """All columns of a question, the stable ones first."""
    return FIELDS[name] + SCREEN_COLUMNS[name]
