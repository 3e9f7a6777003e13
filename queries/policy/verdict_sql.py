"""The policy as macros of the engine, which judge every session in one pass.

Every condition has three values: true, false, and NULL where the records do not say. A session is judged by all rules
that could be the first to match it; where these would not all give the same verdict, it is `unjudged`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from ssmtrail.queries.filters import Filter, compile_filter
from ssmtrail.queries.filters.language import alternative_terms
from ssmtrail.queries.filters.matches import Text, Unknown
from ssmtrail.queries.policy.access import APPROVAL, TRUST
from ssmtrail.queries.sql_text import literal, timestamp

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from ssmtrail.queries.filters import Condition, Term
    from ssmtrail.queries.policy.access import Policy, Rule
    from ssmtrail.queries.policy.approvals import Approval, Approvals

#: Columns of sessions that a policy looks at; the macros take them in this order.
JUDGED: Final = (
    "person", "person_evidence", "person_id", "role", "account", "region", "target", "target_kind", "target_name",
    "environment", "kind", "destination", "reason", "access_type", "source_identity", "is_omitted", "at",
    "approved",
)  # fmt: skip
#: Outcomes as bits of a set.
_ALLOWED, _REPORTED, _VIOLATION, _UNJUDGED = 1, 2, 4, 8
#: Beginnings of ids, which no name of a machine has.
_IDS: Final = ("i-", "mi-", "ecs:", "sagemaker-cluster:")
_CONSTANTS: Final = frozenset({"true", "false"})
_VERDICT: Final = "policy_verdict(facts, matches, first, worlds, status, person, environment, target, session_id, key)"
_ARGUMENTS: Final = ", ".join(f'"{name}"' for name in JUDGED)


def macros(policy: Policy | None, now: datetime) -> str:
    """The statements that make the macros; without a policy every verdict is NULL. `now` is UTC, for what ended."""
    if policy is None:
        return (
            f"{_NO_APPROVALS};"
            f"CREATE OR REPLACE MACRO policy_facts({_ARGUMENTS}) AS NULL;"
            " CREATE OR REPLACE MACRO policy_matches(facts, kind, began) AS NULL;"
            " CREATE OR REPLACE MACRO policy_first(matches) AS NULL;"
            " CREATE OR REPLACE MACRO policy_worlds(facts, matches, first) AS NULL;"
            f" CREATE OR REPLACE MACRO {_VERDICT} AS"
            " {'policy': NULL::VARCHAR, 'rule': NULL::VARCHAR, 'why': NULL::VARCHAR}"
        )
    approvals = _NO_APPROVALS if policy.approvals is None else approvals_sql(policy.approvals)
    return f"{approvals}; {_Macros.of(policy, now).text}"


_GIVEN: Final = "approval_of(caller, caller_id, in_account, in_role, machine, machine_name, began)"
_NO_APPROVALS: Final = f"CREATE OR REPLACE MACRO {_GIVEN} AS NULL::STRUCT(words VARCHAR, sure BOOLEAN)"
#: The first approval that covers a start; it is not `sure` where only an unknown machine stands against it.
_APPROVAL_BY: Final = """
CREATE OR REPLACE MACRO approval_by(named, in_account, in_role, machine, machine_name, began) AS (
    SELECT min_by(struct_pack(words := words, sure := sure), struct_pack(doubt := NOT sure, number := number))
    FROM (
        SELECT number, words, by_id, target IS NULL OR coalesce(lower(machine) LIKE target ESCAPE '\\', false)
            OR coalesce(lower(machine_name) LIKE target ESCAPE '\\', false) AS sure
        FROM approvals
        WHERE who = named AND (account IS NULL OR account = in_account)
            AND (role IS NULL OR lower(in_role) LIKE role ESCAPE '\\') AND began >= since
            AND (until IS NULL OR began < until)
    )
    WHERE sure OR machine IS NULL OR (machine_name IS NULL AND NOT by_id)
)"""
#: The types of the table; a text of JSON is read twenty times as fast as rows of literals.
_TYPES: Final = {
    "number": "INTEGER", "who": "VARCHAR", "account": "VARCHAR", "role": "VARCHAR", "target": "VARCHAR",
    "by_id": "BOOLEAN", "since": "TIMESTAMP", "until": "TIMESTAMP", "words": "VARCHAR",
}  # fmt: skip


def approvals_sql(approvals: Approvals) -> str:
    """The statements that make the table of approvals, and the macro that finds the one of a session."""
    rows = json.dumps([_approval_row(number, each) for number, each in enumerate(approvals.given)])
    place = "in_account, in_role, machine, machine_name, began"
    found = f"approval_by(lower(caller), {place})"
    if any(each.person.lower().startswith("idc:") for each in approvals.given):  # a second look takes as long again
        found = f"coalesce({found}, approval_by('idc:' || lower(caller_id), {place}))"
    return (
        "CREATE OR REPLACE TABLE approvals AS SELECT unnest(given, recursive := true) FROM"
        f" (SELECT unnest(from_json({literal(rows)}, {literal(json.dumps([_TYPES]))})) AS given);"
        f" {_APPROVAL_BY};"
        f" CREATE OR REPLACE MACRO {_GIVEN} AS {found}"
    )


def _approval_row(number: int, one: Approval) -> dict[str, object]:
    def pattern(text: str) -> str | None:
        return escaped(text.lower()) if text else None

    return {
        "number": number,
        "who": one.person.lower(),
        "account": one.account or None,
        "role": pattern(one.role),
        "target": pattern(one.target),
        "by_id": one.target.lower().startswith(_IDS),
        "since": one.since.replace(tzinfo=None).isoformat(sep=" "),
        "until": None if one.is_endless else one.until.replace(tzinfo=None).isoformat(sep=" "),
        "words": one.words,
    }


@dataclass(frozen=True, slots=True)
class RuleParts:
    """The conditions of one rule, each with three values, over the columns `JUDGED` and `facts`."""

    who: str
    where: str
    how: str
    alive: str
    hours: str
    require: str
    """The approval included."""
    approval: str
    believed: str
    """Whether the person counts as known; for what is said of approvals."""
    KEYS: ClassVar[tuple[str, ...]] = ("who", "where", "how", "until", "hours", "require")

    @property
    def in_order(self) -> tuple[str, ...]:
        """The conditions in the order of `KEYS`."""
        return (self.who, self.where, self.how, self.alive, self.hours, self.require)

    @classmethod
    def of(cls, rule: Rule, policy: Policy) -> RuleParts:
        """Over the columns of sessions."""
        approval, require = _approval_sql(rule, policy), _require_sql(rule.require)
        kinds = ", ".join(literal(kind) for kind in rule.how)
        return cls(
            who_sql(rule.who, rule.trust),
            where_sql(rule.where),
            f"(nullif(kind, 'unknown') IN ({kinds}))" if kinds else "true",
            f'("at" < {timestamp(rule.until)})' if rule.until else "true",
            inline(compile_filter(Filter(rule.hours.filter), "sessions", rule.hours.zone)) if rule.hours else "true",
            f"({approval} AND {require})" if rule.needs_approval else require,
            approval,
            f"coalesce({_believed(rule.trust)}, false)" if rule.needs_approval else "true",
        )


@dataclass(frozen=True, slots=True)
class _Macros:
    """The macros of one policy; rule 0 stands for people who left, the one behind the last for the default."""

    policy: Policy
    now: datetime
    rules: tuple[RuleParts, ...]
    facts: dict[str, str]
    """Names of conditions by their SQL, so that each is computed once."""

    @classmethod
    def of(cls, policy: Policy, now: datetime) -> _Macros:
        rules = tuple(RuleParts.of(rule, policy) for rule in policy.rules)
        looked_at = ("who", "where", "hours", "require", "approval", "believed")
        parts = [getattr(rule, name) for rule in rules for name in looked_at]
        wanted = (sql for sql in dict.fromkeys([left_sql(policy), *parts]) if sql not in _CONSTANTS)
        return cls(policy, now, rules, {sql: f"f{number}" for number, sql in enumerate(wanted)})

    @property
    def text(self) -> str:
        facts = ", ".join(f"{name} := ({sql})" for sql, name in self.facts.items()) or "nothing := true"
        last = len(self.rules) + 1
        first = " ".join(f"WHEN matches['m{number}'] THEN {number}" for number in range(last))
        default = _ALLOWED if self.policy.default == "allow" else _VIOLATION
        worlds = " | ".join(
            f"(CASE WHEN {number} <= first AND matches['m{number}'] IS NOT false THEN {self._outcome(number)}"
            " ELSE 0 END)"
            for number in range(last)
        )
        return (
            f"CREATE OR REPLACE MACRO policy_facts({_ARGUMENTS}) AS struct_pack({facts});"
            f" CREATE OR REPLACE MACRO policy_matches(facts, kind, began) AS struct_pack({self._matches()});"
            f" CREATE OR REPLACE MACRO policy_first(matches) AS CASE {first} ELSE {last} END;"
            f" CREATE OR REPLACE MACRO policy_worlds(facts, matches, first) AS"
            f" (CASE WHEN first = {last} THEN {default} ELSE 0 END) | {worlds};"
            f" CREATE OR REPLACE MACRO {_VERDICT} AS struct_pack("
            f"policy := {self._word()}, rule := {self._rule()}, why := {self._why()})"
        )

    def _fact(self, sql: str) -> str:
        return sql if sql in _CONSTANTS else f"facts['{self.facts[sql]}']"

    def _matches(self) -> str:
        """Of each rule whether it speaks of the session, and of its kinds and its end by themselves."""
        found = [f"m0 := ({self._fact(left_sql(self.policy))})"]
        for number, rule in enumerate(self.rules, 1):
            alive = rule.alive.replace('"at"', "began")
            speaks = " AND ".join((self._fact(rule.who), self._fact(rule.where), rule.how, alive))
            found += [f"m{number} := ({speaks})", f"how{number} := ({rule.how})", f"alive{number} := ({alive})"]
        return ", ".join(found)

    def _conditions(self, number: int) -> str:
        rule = self.rules[number - 1]
        found = [self._fact(each) for each in (rule.hours, rule.require) if each not in _CONSTANTS]
        return " AND ".join(found) or "true"

    def _outcome(self, number: int) -> str:
        """What the session is if this rule speaks of it, as a bit."""
        if number == 0:
            return str(_VIOLATION)
        good = _REPORTED if self.policy.rules[number - 1].alarm else _ALLOWED
        holds = self._conditions(number)
        if holds in _CONSTANTS:
            return str(good)
        return f"CASE WHEN ({holds}) THEN {good} WHEN ({holds}) IS NULL THEN {_UNJUDGED} ELSE {_VIOLATION} END"

    def _word(self) -> str:
        known = [literal(each.session) for each in self.policy.accepts if each.session and each.until > self.now]
        among = ", ".join(known)
        accepted = f"session_id IN ({among}) OR key IN ({among})" if known else "false"
        return (
            "CASE WHEN status = 'failed' THEN NULL WHEN status = 'orphan' OR person IS NULL THEN 'unjudged'"
            f" WHEN worlds = {_ALLOWED} THEN 'allowed' WHEN worlds = {_REPORTED} THEN 'allowed-reported'"
            f" WHEN worlds <> {_VIOLATION} THEN 'unjudged' WHEN {accepted} THEN 'accepted' ELSE 'violation' END"
        )

    def _rule(self) -> str:
        """The id of the rule that decided, nearly allowed, or could not be judged."""
        ids = ", ".join(literal(rule.id) for rule in self.policy.rules)
        number = (
            f"CASE WHEN worlds NOT IN ({_ALLOWED}, {_REPORTED}, {_VIOLATION}) THEN {self._doubt(names=True)}"
            f" WHEN worlds = {_VIOLATION} AND first > {len(self.rules)} THEN {self._near_miss(names=True)}"
            " ELSE first END"
        )
        return (
            "CASE WHEN status IN ('failed', 'orphan') OR person IS NULL THEN NULL"
            f" ELSE CAST([{ids}] AS VARCHAR[])[{number}] END"
        )

    def _why(self) -> str:
        broken = " ".join(
            f"WHEN first = {number} THEN CASE WHEN {self._fact(rule.hours)} IS false THEN 'hours' ELSE 'require' END"
            for number, rule in enumerate(self.rules, 1)
            if rule.hours not in _CONSTANTS
        )
        violation = (
            f"CASE WHEN first = 0 THEN 'left' {broken} WHEN first <= {len(self.rules)} THEN 'require'"
            f" ELSE {self._near_miss(names=False)} END"
        )
        return (
            "CASE WHEN status = 'failed' THEN NULL WHEN status = 'orphan' THEN 'start-unknown'"
            f" WHEN person IS NULL THEN 'person-unknown' WHEN worlds IN ({_ALLOWED}, {_REPORTED}) THEN NULL"
            f" WHEN worlds = {_VIOLATION} THEN {violation} ELSE {self._doubt(names=False)} END"
        )

    def _near_miss(self, *, names: bool) -> str:
        """Of what no rule matches, the first rule that would match another kind, or did before it expired."""
        found = []
        for number, rule in enumerate(self.rules, 1):
            near = f"{self._fact(rule.who)} AND {self._fact(rule.where)}"
            if rule.how not in _CONSTANTS:
                missed = f"WHEN {near} AND matches['how{number}'] IS false"
                found.append(f"{missed} THEN {number if names else literal('how')}")
            if rule.alive not in _CONSTANTS:
                missed = f"WHEN {near} AND matches['alive{number}'] IS false"
                found.append(f"{missed} THEN {number if names else literal('expired')}")
        otherwise = "NULL" if names else "'no-rule'"
        return f"CASE {' '.join(found)} ELSE {otherwise} END" if found else otherwise

    def _doubt(self, *, names: bool) -> str:
        """The first rule of which the records do not say whether it speaks of the session, or whether it is kept."""
        found = [f"WHEN matches['m0'] IS NULL THEN {'0' if names else literal('person-unconfirmed')}"]
        for number, rule in enumerate(self.rules, 1):
            who, where = (f"{self._fact(each)} IS NULL" for each in (rule.who, rule.where))
            word = (
                f"CASE WHEN {who} THEN 'person-unconfirmed' WHEN {where} AND environment IS NULL THEN"
                f" 'environment-unknown' WHEN {where} THEN 'target-unknown' ELSE 'kind-unknown' END"
            )
            found.append(
                f"WHEN {number} <= first AND matches['m{number}'] IS NULL THEN {number if names else word}"
                f" WHEN {number} = first AND ({self._conditions(number)}) IS NULL"
                f" THEN {number if names else self._condition_doubt(number)}"
            )
        return f"CASE {' '.join(found)} ELSE NULL END"

    def _condition_doubt(self, number: int) -> str:
        """Why the records do not say whether a rule is kept that speaks of the session."""
        if not self.policy.rules[number - 1].needs_approval:
            return literal("reason-unknown")
        rule = self.rules[number - 1]
        unknown = "'approval-unknown'"
        if self.policy.approvals is not None:
            unknown = f"CASE WHEN {self._fact(rule.believed)} THEN 'target-unknown' ELSE 'person-unconfirmed' END"
        return f"CASE WHEN {self._fact(rule.approval)} IS NULL THEN {unknown} ELSE 'reason-unknown' END"


# Conditions over the columns of sessions.


def left_sql(policy: Policy) -> str:
    """Whether the person had left; NULL where the person is unknown and someone on the list had."""
    if not policy.left:
        return "false"
    gone = " OR ".join(f'({_name_sql(name)} AND "at" >= {timestamp(moment)})' for name, moment in policy.left)
    since = timestamp(min(moment for _, moment in policy.left))
    return f'(CASE WHEN {_believed(policy.trust)} THEN ({gone}) WHEN "at" >= {since} THEN NULL ELSE false END)'


def who_sql(who: Iterable[str], trust: str) -> str:
    """Whether the caller is one of these; NULL where only a name that is not believed says so, or nothing."""
    roles = [f"coalesce({_like('role', name[5:])}, false)" for name in who if name.startswith("role:")]
    names = [name for name in who if not name.startswith("role:")]
    if "*" in names:
        return "true"
    people = f"(CASE WHEN {_believed(trust)} THEN {_among(names)} END)" if names else ""
    return "(" + " OR ".join(filter(None, (*roles, people))) + ")"


def _believed(trust: str) -> str:
    known = ", ".join(literal(each) for each in TRUST[: TRUST.index(trust) + 1])
    return f"person_evidence IN ({known})"


def _among(names: Iterable[str]) -> str:
    """Plain names are compared all at once, which takes a third of the time."""
    plain = [name for name in names if "*" not in name and not name.startswith("idc:")]
    others = [_name_sql(name) for name in names if name not in plain]
    same = f"lower(person) IN ({', '.join(f'lower({literal(name)})' for name in plain)})" if plain else ""
    return "(" + " OR ".join(filter(None, (same, *others))) + ")"


def _name_sql(name: str) -> str:
    if name.startswith("idc:"):
        return f"coalesce(person_id = {literal(name[4:])}, false)"
    return f"coalesce({_like('person', name)}, false)"


def _like(column: str, pattern: str) -> str:
    """Compared as the filter language does: any case, `*` is any text."""
    return f"{column} ILIKE {literal(escaped(pattern))} ESCAPE '\\'"


def escaped(pattern: str) -> str:
    """A pattern of the filter language as one of LIKE."""
    return pattern.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_").replace("*", "%")


def where_sql(where: str) -> str:
    """Whether the machine is meant; NULL where what decides it is unknown."""
    if where == "*":
        return "true"
    terms = Filter(where).terms
    either = [" OR ".join(f"({_place_sql(term)})" for term in same) for same in alternative_terms(terms)]
    not_those = [f"NOT ({_place_sql(term)})" for term in terms if term.negated]
    return "(" + " AND ".join(f"({each})" for each in (*either, *not_those)) + ")"


def _place_sql(term: Term) -> str:
    found = _plain(term)
    name = term.key.name if term.key else ""
    if any(isinstance(match, Unknown) for match in term.matches):
        return f"coalesce({found}, false)"
    if name == "dest":  # a session without a destination has none, unless its record leaves that out
        return f"CASE WHEN is_omitted OR kind = 'unknown' THEN {found} ELSE coalesce({found}, false) END"
    if name == "targetkind":
        return f"CASE WHEN target_kind = 'unknown' THEN NULL ELSE {found} END"
    if name == "target" and all(isinstance(match, Text) and match.parts[0].startswith(_IDS) for match in term.matches):
        return f"CASE WHEN target IS NULL THEN NULL ELSE coalesce({found}, false) END"
    return found


def _approval_sql(rule: Rule, policy: Policy) -> str:
    """Whether an approval covers the start; NULL where none were given, or it is not known whose or where it was."""
    if not rule.needs_approval:
        return "true"
    if policy.approvals is None:
        return "NULL::BOOLEAN"
    known = "WHEN approved IS NULL THEN false WHEN approved['sure'] THEN true"
    return f"(CASE WHEN {_believed(rule.trust)} THEN CASE {known} END END)"


def _require_sql(require: Iterable[str]) -> str:
    found: list[str] = []
    for text in (text for text in require if text != APPROVAL):
        either = alternative_terms(Filter(text).terms)
        found += [" OR ".join(f"coalesce({_plain(term)}, false)" for term in same) for same in either]
        found += [f"NOT coalesce({_plain(term)}, false)" for term in Filter(text).terms if term.negated]
    if not found:
        return "true"
    # What a record left out may have been there.
    return (
        f"(CASE WHEN {' AND '.join(f'({each})' for each in found)} THEN true WHEN is_omitted THEN NULL ELSE false END)"
    )


def _plain(term: Term) -> str:
    return inline(compile_filter(Filter(term.text.removeprefix("-")), "sessions"))


def inline(condition: Condition) -> str:
    """A condition with its values as literals: macros take no parameters."""
    first, *others = condition.sql.split("?")
    values = [literal(value) if isinstance(value, str) else str(value) for value in condition.parameters]
    return "(" + first + "".join(value + part for value, part in zip(values, others, strict=True)) + ")"
