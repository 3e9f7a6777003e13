"""The access policy held against sessions: counts, one session rule by rule, a first policy, rows for a review."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ssmtrail.queries.errors import UsageError
from ssmtrail.queries.filters import compile_filter
from ssmtrail.queries.policy.access import TRUST
from ssmtrail.queries.policy.draft import Habit
from ssmtrail.queries.policy.uses import Access
from ssmtrail.queries.policy.verdict_sql import RuleParts, left_sql
from ssmtrail.queries.relations import typed
from ssmtrail.queries.sql_text import statement
from ssmtrail.queries.window_sql import Select, with_names

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

    from duckdb import DuckDBPyConnection

    from ssmtrail.queries.model import Scope, Value
    from ssmtrail.queries.policy.access import Policy, Rule
    from ssmtrail.queries.snapshot import Snapshot

#: Columns of a session that an explanation shows.
_SHOWN: Final = (
    "at", "session_id", "key", "person", "person_evidence", "role", "target", "target_name", "environment", "kind",
    "destination", "reason", "status", "policy", "rule", "policy_why", "approval",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Check:
    """How many sessions and refused calls of a scope have which verdict."""

    sessions: Mapping[str, int]
    """Sessions and orphans by verdict."""
    attempts: Mapping[str, int]
    """Refused calls by verdict."""
    whys: Mapping[str, int]
    """Sessions by `policy_why`, of violations and of what is not judged."""
    unused: tuple[str, ...]
    """Ids of the rules that allowed nothing, in the order of the policy."""

    def fails(self, fail_on: AbstractSet[str]) -> bool:
        """Whether any session has one of these verdicts, or a refused call is a violation and `attempts` is named."""
        found = any(number and verdict in fail_on for verdict, number in self.sessions.items())
        return found or ("attempts" in fail_on and bool(self.attempts.get("violation")))


@dataclass(frozen=True, slots=True)
class Answered:
    """How one rule answers one session: each condition with True, False, or None where the records do not say."""

    rule: Rule
    conditions: Mapping[str, bool | None]
    """By the key of the rule: `who where how until hours require`."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """One session and every rule of the policy."""

    session: Mapping[str, Value]
    left: bool | None
    """Whether the person had left."""
    rules: tuple[Answered, ...]


#: Why no reviewer can say whose session it was, where there is no policy to say it.
_DOUBT: Final = (
    "CASE WHEN status = 'failed' THEN NULL WHEN status NOT IN ('started', 'denied') THEN 'start-unknown'"
    " WHEN person IS NULL THEN 'person-unknown' WHEN person_evidence = 'session-name' THEN 'person-unconfirmed' END"
)
_UNJUDGED: Final = "CASE WHEN policy = 'unjudged' THEN policy_why END"


def checked(snapshot: Snapshot, cursor: DuckDBPyConnection, scope: Scope, policy: Policy) -> Check:
    """The verdicts of a scope, counted."""
    rows = _sessions(snapshot, cursor, scope)
    found = cursor.execute(
        f"SELECT status = 'denied', policy, rule, policy_why, count(*) FROM {rows.sql} WHERE policy IS NOT NULL"
        " GROUP BY ALL",
        list(rows.parameters),
    ).fetchall()
    sessions, attempts, whys, used = Counter[str](), Counter[str](), Counter[str](), set()
    for is_attempt, verdict, rule, why, number in found:
        (attempts if is_attempt else sessions)[verdict] += number
        if why and not is_attempt:
            whys[why] += number
        if verdict.startswith("allowed"):
            used.add(rule)
    return Check(sessions, attempts, whys, tuple(rule.id for rule in policy.rules if rule.id not in used))


def explained(
    snapshot: Snapshot, cursor: DuckDBPyConnection, scope: Scope, policy: Policy, session: str
) -> Explanation:
    """A session, by its id or the event id of its first call, rule by rule. Raises UsageError where there is none."""
    rows = _sessions(snapshot, cursor, scope)
    parts = [RuleParts.of(rule, policy) for rule in policy.rules]
    columns = [f'"{name}"' for name in _SHOWN] + [left_sql(policy)]
    columns += [each for part in parts for each in part.in_order]
    found = cursor.execute(
        f'SELECT {", ".join(columns)} FROM {rows.sql} WHERE session_id = ? OR key = ? ORDER BY "at" LIMIT 1',
        [*rows.parameters, session, session],
    ).fetchone()
    if found is None:
        raise UsageError(f"There is no session {session} in this window.")
    row = {name: typed(value) for name, value in zip(_SHOWN, found, strict=False)}
    left, *answers = found[len(_SHOWN) :]
    keys = RuleParts.KEYS
    rules = (
        Answered(rule, dict(zip(keys, answers[place * len(keys) :], strict=False)))
        for place, rule in enumerate(policy.rules)
    )
    return Explanation(row, left, tuple(rules))


def habits(snapshot: Snapshot, cursor: DuckDBPyConnection, scope: Scope) -> tuple[Habit, ...]:
    """What each person did in which environment, the most sessions first."""
    rows = _sessions(snapshot, cursor, scope)
    found = cursor.execute(
        "SELECT person, person_evidence, environment, CASE WHEN environment IS NULL THEN account END AS place, kind,"
        f" count(*) AS sessions FROM {rows.sql} WHERE status = 'started' GROUP BY ALL"
        " ORDER BY sessions DESC, person, environment, place, kind, person_evidence",
        list(rows.parameters),
    ).fetchall()
    return tuple(Habit(*row) for row in found)


def accesses(
    snapshot: Snapshot, cursor: DuckDBPyConnection, scope: Scope, *, has_policy: bool, unjudged: bool
) -> tuple[Access, ...]:
    """Who reached which environment in which role, by person; `unjudged` only what cannot be judged, by reason."""
    rows = _sessions(snapshot, cursor, scope)
    why = (_UNJUDGED if has_policy else _DOUBT) if unjudged else "NULL::VARCHAR"
    found = cursor.execute(
        statement("accesses").replace("{sessions}", rows.sql).replace("{why}", why), list(rows.parameters)
    )
    names = [column[0] for column in found.description]
    listed = (_access(dict(zip(names, row, strict=True))) for row in found.fetchall())
    return tuple(sorted((each for each in listed if each.why or not unjudged), key=_place))


def _access(row: dict[str, Any]) -> Access:
    texts = {name: tuple(row[name] or ()) for name in ("kinds", "rules", "whys", "examples")}
    counts = {name: dict(row[name] or {}) for name in ("verdicts", "attempts")}
    times = {name: typed(row[name]) for name in ("first_used", "last_used")}
    evidence = tuple(each for each in (*TRUST, "none") if each in row["evidence"])
    return Access(**row | texts | counts | times | {"evidence": evidence})


def _place(row: Access) -> tuple[str, ...]:
    """Where a row is in the list: by person, unknown ones last."""
    keys = (row.person or row.via, row.account, row.environment, row.role, row.person_kind, row.person_id, row.why)
    return ("1" if row.person is None else "0", *(key or "" for key in keys))


def _sessions(snapshot: Snapshot, cursor: DuckDBPyConnection, scope: Scope) -> Select:
    """All sessions of a scope with names and verdicts; without what an answer has beside (`first_ever`, stops)."""
    named = with_names("sessions", snapshot.relation(cursor, "sessions", scope.window, marked=False))
    condition = compile_filter(scope.filter, "sessions", scope.zone)
    return Select(f"(SELECT * FROM {named} WHERE {condition.sql})", condition.parameters)
