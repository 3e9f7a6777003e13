"""Reads `access.toml`; what is wrong in it is said with its line and its key."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, NoReturn, TypeVar, cast

from ssmtrail.queries.advice import advice
from ssmtrail.queries.errors import FilterError, UsageError
from ssmtrail.queries.filters import Filter
from ssmtrail.queries.filters.keys import KINDS, TUNNELS
from ssmtrail.queries.paths import home_path
from ssmtrail.queries.policy.access import APPROVAL, TRUST, Accept, Hours, Policy, Rule
from ssmtrail.queries.policy.places import line_of
from ssmtrail.queries.times import zone_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_Found = TypeVar("_Found")
#: Keys of the filter language that `where` and `require` take: of machines, and of what was said at the start.
WHERE_KEYS: Final = ("target", "name", "env", "account", "region", "targetkind", "dest")
REQUIRE_KEYS: Final = ("reason", "access", "sourceid")
#: More rules than any table that people keep; each takes its part of every answer.
MOST_RULES: Final = 200
_HOW: Final = (*(kind for kind in KINDS if kind != "unknown"), "tunnel")
_DAYS: Final = r"(?:mon|tue|wed|thu|fri|sat|sun)"
_HOURS: Final = re.compile(r"\d{1,2}(?::00)?-\d{1,2}(?::00)?(,\d{1,2}(?::00)?-\d{1,2}(?::00)?)*")
_WEEK: Final = re.compile(rf"{_DAYS}(-{_DAYS})?(,{_DAYS}(-{_DAYS})?)*")


def read_policy(path: Path) -> Policy:
    """The policy in a file. Raises UsageError that names the file, the line and the key."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise UsageError(f"The policy {path} cannot be read: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"The policy {path} is not UTF-8: {error}.") from error
    return policy_of(text, path)


def policy_of(text: str, path: Path) -> Policy:
    """The policy in a text; names of other files in it are relative to `path`. Raises UsageError."""
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path} is no TOML: {error}.") from error
    return _Reader(text, path, []).policy(content)


@dataclass(frozen=True)
class _Table:
    """A table of the file, with its place."""

    name: str
    number: int
    values: Mapping[str, Any]
    label: str
    """How messages name it: `rule "prod-sre"`."""


@dataclass(frozen=True)
class _Reader:
    """Reads the parts of one file."""

    text: str
    path: Path
    included: list[str]
    """The texts of included files of names."""

    def policy(self, content: Mapping[str, Any]) -> Policy:
        top = _Table("", 0, content, "the file")
        self._known(top, ("version", "default", "trust", "groups", "left", "rule", "accept"))
        if type(content.get("version")) is not int or content["version"] != 1:
            self._fail(top, "version", "is to be 1")
        default = self._choice(top, "default", ("violation", "allow"), "violation")
        trust = self._choice(top, "trust", TRUST, "source-identity")
        groups = self._groups(self._table(top, "groups"))
        rules = self._rules(top, groups, trust)
        left = self._table(top, "left")
        return Policy(
            rules,
            cast('Literal["violation", "allow"]', default),
            tuple((name, self._moment(left, name, at_end=False)) for name in left.values),
            tuple(self._accept(table) for table in self._tables(top, "accept")),
            trust,
            self.path,
            "\0".join((self.text, *self.included)),
        )

    def _rules(self, top: _Table, groups: Mapping[str, tuple[str, ...]], trust: str) -> tuple[Rule, ...]:
        tables = self._tables(top, "rule")
        if len(tables) > MOST_RULES:
            self._fail(tables[MOST_RULES], "", f"is one too many: there may be {MOST_RULES} rules")
        rules = tuple(self._rule(table, groups, trust) for table in tables)
        for place, rule in enumerate(rules):
            if any(rule.id == other.id for other in rules[:place]):
                self._fail(tables[place], "id", f"{rule.id!r} is the id of an earlier rule")
        return rules

    def _rule(self, table: _Table, groups: Mapping[str, tuple[str, ...]], trust: str) -> Rule:
        known = ("id", "who", "where", "how", "require", "hours", "until", "owner", "why", "alarm", "trust")
        self._known(table, known)
        who = self._texts(table, "who")
        if not who:
            self._fail(table, "who", 'is required: name a person, or "*" for every known person')
        where = self._text(table, "where")
        self._check_filter(table, "where", where, WHERE_KEYS)
        require = self._texts(table, "require")
        for each in (each for each in require if each != APPROVAL):
            self._check_filter(table, "require", each, REQUIRE_KEYS)
        alarm = table.values.get("alarm", False)
        if type(alarm) is not bool:
            self._fail(table, "alarm", "is to be true or false")
        return Rule(
            self._text(table, "id"),
            tuple(name for each in who for name in groups.get(each, (each,))),
            where,
            self._how(table),
            require,
            self._hours(table),
            self._moment(table, "until", at_end=True) if "until" in table.values else None,
            self._choice(table, "trust", TRUST, trust),
            alarm,
            self._text(table, "owner", ""),
            self._text(table, "why", ""),
            who,
        )

    def _accept(self, table: _Table) -> Accept:
        self._known(table, ("session", "finding", "until", "by", "why"))
        session, finding = self._text(table, "session", ""), self._text(table, "finding", "")
        if bool(session) == bool(finding):
            self._fail(table, "", "needs either a session or a finding")
        until = self._moment(table, "until", at_end=True)
        return Accept(session, finding, until, self._text(table, "by"), self._text(table, "why"))

    def _groups(self, table: _Table) -> dict[str, tuple[str, ...]]:
        found = {}
        for name in table.values:
            names: list[str] = []
            for each in self._texts(table, name):
                names += self._included(table, name, each) if each.startswith("@file:") else [each]
            found[name] = tuple(names)
        return found

    def _included(self, table: _Table, key: str, entry: str) -> Iterable[str]:
        try:
            path = self.path.parent / home_path(entry.removeprefix("@file:"))
        except UsageError as error:
            self._fail(table, key, str(error))
        try:
            text = path.read_text("utf-8-sig")
        except (OSError, ValueError) as error:
            self._fail(table, key, f"{path} cannot be read: {getattr(error, 'strerror', None) or error}")
        self.included.append(text)
        lines = (line.partition("#")[0].strip() for line in text.split("\n"))
        return [line for line in lines if line]

    def _how(self, table: _Table) -> tuple[str, ...]:
        found: list[str] = []
        for each in self._texts(table, "how"):
            if each not in _HOW:
                self._fail(table, "how", f"there is no kind {each!r}; {advice(each, _HOW)}")
            found += TUNNELS if each == "tunnel" else (each,)
        return tuple(dict.fromkeys(found))

    def _hours(self, table: _Table) -> Hours | None:
        if "hours" not in table.values:
            return None
        text = self._text(table, "hours")
        terms, zone = [], "UTC"
        for word in text.split():
            if _HOURS.fullmatch(word):
                terms.append(f"hour:{word}")
            elif _WEEK.fullmatch(word.casefold()):
                terms.append(f"day:{word}")
            else:
                zone = self._checked(table, "hours", partial(zone_name, word))
        if not terms:
            self._fail(table, "hours", 'is to be like "06-22 Europe/Berlin mon-fri"')
        found = Hours(text, " ".join(terms), zone)
        self._checked(table, "hours", lambda: Filter(found.filter))
        return found

    def _check_filter(self, table: _Table, key: str, text: str, keys: tuple[str, ...]) -> None:
        if text == "*":
            return
        found = self._checked(table, key, lambda: Filter(text))
        if not found.terms:
            self._fail(table, key, 'is empty; "*" is everything')
        for term in found.terms:
            name = term.key.name if term.key else ""
            if name not in keys:
                what = f"{name}: cannot be used here" if name else f"{term.text!r} has no key"
                self._fail(table, key, f"{what}; there are {', '.join(f'{each}:' for each in keys)}")

    def _moment(self, table: _Table, key: str, *, at_end: bool) -> datetime:
        """A time, or a day (UTC): its beginning, or its end."""
        value = table.values.get(key)
        if isinstance(value, datetime):
            return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
        if not isinstance(value, date):
            self._fail(table, key, "is to be a date without quotes, such as 2026-12-31")
        day = datetime(value.year, value.month, value.day, tzinfo=UTC)
        return day + timedelta(1) if at_end else day

    # Values of a table.

    def _table(self, top: _Table, key: str) -> _Table:
        values = top.values.get(key, {})
        if not isinstance(values, Mapping):
            self._fail(top, key, f"is to be a table: [{key}]")
        return _Table(key, 0, values, f"[{key}]")

    def _tables(self, top: _Table, key: str) -> tuple[_Table, ...]:
        found = top.values.get(key, [])
        if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
            self._fail(top, key, f"is to be written [[{key}]], once for each")
        return tuple(
            _Table(key, number, each, f'{key} "{each["id"]}"' if each.get("id") else f"{key} {number + 1}")
            for number, each in enumerate(found)
        )

    def _known(self, table: _Table, known: tuple[str, ...]) -> None:
        for key in table.values:
            if key not in known:
                self._fail(table, key, f"is unknown; {advice(key, known)}")

    def _text(self, table: _Table, key: str, default: str | None = None) -> str:
        value = table.values.get(key, default)
        if not isinstance(value, str) or (default is None and not value.strip()) or "\0" in value:
            self._fail(table, key, "is to be a text" if key in table.values else "is missing")
        return value

    def _texts(self, table: _Table, key: str) -> tuple[str, ...]:
        value = table.values.get(key, [])
        if not isinstance(value, list) or not all(
            isinstance(each, str) and each and "\0" not in each for each in value
        ):
            self._fail(table, key, 'is to be a list of texts, such as ["a", "b"]')
        return tuple(value)

    def _choice(self, table: _Table, key: str, choices: tuple[str, ...], default: str) -> str:
        value = table.values.get(key, default)
        if value not in choices:
            self._fail(table, key, f"is to be one of {', '.join(choices)}")
        return str(value)

    def _checked(self, table: _Table, key: str, read: Callable[[], _Found]) -> _Found:
        try:
            return read()
        except (FilterError, UsageError) as error:
            self._fail(table, key, str(error).rstrip("."))

    def _fail(self, table: _Table, key: str, what: str) -> NoReturn:
        line = line_of(self.text, table.name, table.number, key) or line_of(self.text, table.name or key, table.number)
        place = f"{self.path}:{line}" if line else str(self.path)
        named = " in ".join(part for part in (key, table.label if table.name else "") if part)
        between = " " if what.startswith(("is ", "needs ")) else ": "
        stop = "" if what.endswith((".", "?")) else "."
        raise UsageError(f"{place}: {named}{between if named else ''}{what}{stop}")
