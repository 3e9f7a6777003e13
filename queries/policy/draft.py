"""A first policy, written from what happened, to be pruned by people."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ssmtrail.queries.filters.keys import KINDS, TUNNELS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

#: How a name was known, where a rule does not believe it by itself.
_TYPED: Final = "session-name"


@dataclass(frozen=True, slots=True)
class Habit:
    """So many sessions of one kind, of one person in one environment."""

    person: str | None
    evidence: str
    environment: str | None
    account: str | None
    """Where the environment is unknown."""
    kind: str
    sessions: int


def draft(habits: Sequence[Habit], window: str) -> str:
    """The policy as TOML: a rule for each environment and set of kinds, its people by sessions, the most first.

    People whom only a typed name tells are comments: a policy does not believe such names.
    """
    kinds: dict[tuple[str, str | None, str], set[str]] = defaultdict(set)
    counts: dict[tuple[str, str | None, str], int] = defaultdict(int)
    strangers = 0
    for habit in habits:
        if habit.person is None or habit.kind == "unknown" or (habit.environment is None and habit.account is None):
            strangers += habit.sessions
            continue
        key = (_place(habit), habit.environment or habit.account, _entry(habit.person, habit.evidence))
        kinds[key].add("tunnel" if habit.kind in TUNNELS else habit.kind)
        counts[key] += habit.sessions
    rules: dict[tuple[str, str | None, tuple[str, ...]], list[tuple[int, str]]] = defaultdict(list)
    for (where, place, entry), used in kinds.items():
        rules[where, place, _ordered(used)].append((counts[where, place, entry], entry))
    lines = [
        f"# Written from the sessions of {_comment(window)}. Prune it: everything below happened, which does not mean",
        "# that it should. The first rule that matches a session decides.",
        "version = 1",
        'default = "violation"',
    ]
    if strangers:
        lines += ["", f"# {strangers:,} sessions are of unknown people, kinds or places and stay unjudged."]
    taken: set[str] = set()
    ordered = sorted(rules.items(), key=lambda each: (-sum(count for count, _ in each[1]), each[0][0], each[0][2]))
    for (where, place, how), people in ordered:
        lines += ["", *_rule(_unused(f"{place}-{'-'.join(how)}", taken), where, how, people)]
    return "\n".join(lines) + "\n"


def _rule(rule_id: str, where: str, how: tuple[str, ...], people: list[tuple[int, str]]) -> Iterable[str]:
    ordered = sorted(people, key=lambda each: (-each[0], each[1]))
    # A rule must name a person; where no person's name is believed, the whole rule is a comment.
    sign = "" if any(not entry.startswith("#") for _, entry in ordered) else "# "
    yield f"{sign}[[rule]]"
    yield f"{sign}id = {_quoted(rule_id)}"
    yield f"{sign}who = ["
    for count, entry in ordered:
        yield f"{'# ' if sign and not entry.startswith('#') else ''}    {entry}, # {count:,} sessions"
    yield f"{sign}]"
    yield f"{sign}where = {_quoted(where)}"
    yield f"{sign}how = [{', '.join(map(_quoted, how))}]"
    yield f'{sign}why = ""'
    yield f'{sign}owner = ""'


def _entry(person: str, evidence: str) -> str:
    """A name as `who` has it."""
    return f"{'# typed name: ' if evidence == _TYPED else ''}{_quoted(person)}"


def _place(habit: Habit) -> str:
    if habit.environment is not None:
        return f"env:{_value(habit.environment)}"
    return f"env:? account:{_value(habit.account or '')}"


def _value(text: str) -> str:
    """A value of the filter language that means this text alone."""
    return text if re.fullmatch(r"[\w.-]+", text) else '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _ordered(kinds: set[str]) -> tuple[str, ...]:
    return tuple(kind for kind in (*KINDS, "tunnel") if kind in kinds)


def _unused(wanted: str, taken: set[str]) -> str:
    name, number = re.sub(r"[^\w.-]+", "-", wanted), 1
    while (found := name if number == 1 else f"{name}-{number}") in taken:
        number += 1
    taken.add(found)
    return found


def _quoted(text: str) -> str:
    """A basic string of TOML, which has the escapes of JSON; DEL has to be escaped too."""
    return json.dumps(text, ensure_ascii=True).replace("\x7f", "\\u007f")


def _comment(text: str) -> str:
    return "".join(char if char.isprintable() else "?" for char in text)
