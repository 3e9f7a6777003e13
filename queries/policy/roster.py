"""The roster: who was granted which role in which account, and which grants were not used."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ssmtrail.queries.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from ssmtrail.queries.policy.uses import Access

_COLUMNS: Final = ("person", "account", "role", "environment")
_NEEDED: Final = _COLUMNS[:3]
_RESERVED: Final = re.compile(r"AWSReservedSSO_(.+)_[0-9a-f]{16}")
#: How a person may be known where the caller did not type the name.
_PROVED: Final = frozenset({"identity", "issuer", "source-identity"})


@dataclass(frozen=True, slots=True)
class Grant:
    """One line of the roster. Texts are compared as in the filter language: any case, `*` is any text."""

    person: str
    """A name, or `idc:` and the id of an Identity Center user."""
    account: str
    role: str
    """Empty for any. Of IAM Identity Center the permission set, or its `AWSReservedSSO_…` role."""
    environment: str
    """Empty for any."""


@dataclass(frozen=True, slots=True)
class Roster:
    """The grants of one file, each once."""

    grants: tuple[Grant, ...]
    sha256: str


@dataclass(frozen=True, slots=True)
class Unused:
    """A grant without a session that the records prove to be of its person."""

    grant: Grant
    denied: int
    """Refused calls of the person in the account and role."""
    by_typed_name: int
    """Sessions under the person's name, which the caller typed."""
    possible: int
    """Sessions in the role that may be meant: of unknown people, or of the person in no known environment."""


def read_roster(path: Path) -> Roster:
    """Read CSV with the columns `person,account,role[,environment]`. Raises UsageError that names file and line."""
    try:
        content = path.read_bytes()
        text = content.decode("utf-8-sig")
    except OSError as error:
        raise UsageError(f"The roster {path} cannot be read: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"The roster {path} is not UTF-8: {error}.") from error
    grants = tuple(dict.fromkeys(_grants(text, path)))
    return Roster(grants, hashlib.sha256(content).hexdigest())


def _grants(text: str, path: Path) -> Iterator[Grant]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [name.strip().casefold() for name in next(reader, [])]
        if missing := [name for name in _NEEDED if name not in header]:
            raise UsageError(f"The roster {path} has no column {missing[0]}; its columns are {','.join(_COLUMNS)}.")
        for row in reader:
            if not any(cell.strip() for cell in row):
                continue
            cells = dict(zip(header, (cell.strip() for cell in row), strict=False))
            if not cells.get("person") or not cells.get("account"):
                raise UsageError(f"The roster {path} names no person or no account in line {reader.line_num}.")
            yield Grant(*(cells.get(name, "") for name in _COLUMNS))
    except csv.Error as error:
        raise UsageError(f"The roster {path} is no CSV in line {reader.line_num}: {error}.") from error


def unused(roster: Roster, uses: Iterable[Access]) -> tuple[Unused, ...]:
    """The grants that no proved session used, in the order of the roster."""
    in_account: dict[str, list[Access]] = defaultdict(list)
    for use in uses:
        in_account[use.account or ""].append(use)
    found = (_unused(grant, in_account[grant.account]) for grant in roster.grants)
    return tuple(each for each in found if each is not None)


def _unused(grant: Grant, uses: Iterable[Access]) -> Unused | None:
    role, place, who = map(_pattern, (role_name(grant.role) or "*", grant.environment or "*", grant.person))
    denied = typed = possible = 0
    for use in uses:
        is_here = use.environment is None or place.fullmatch(use.environment)
        if not is_here or not role.fullmatch(role_name(use.role or "")):
            continue
        if use.person is None:
            possible += use.used
        elif who.fullmatch(use.person) or grant.person == f"idc:{use.person_id}":
            denied += use.denied
            if _PROVED.isdisjoint(use.evidence):
                typed += use.used
            elif use.used and grant.environment and use.environment is None:
                possible += use.used
            elif use.used:
                return None
    return Unused(grant, denied, typed, possible)


def role_name(text: str) -> str:
    """A role's name; of IAM Identity Center's that of the permission set, as sessions have it."""
    return _RESERVED.sub(r"\1", text)


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, text.split("*"))), re.IGNORECASE | re.DOTALL)
