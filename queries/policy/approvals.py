"""Approvals: who was allowed what, from when to when, by whom and under which ticket."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NoReturn

from ssmtrail.queries.errors import UsageError
from ssmtrail.queries.policy.roster import role_name
from ssmtrail.queries.times import utc_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

FIELDS: Final = ("person", "account", "role", "target", "from", "to", "approver", "ticket", "reason")
_ACCOUNT: Final = re.compile(r"\d{12}")
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")
ALWAYS: Final = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Approval:
    """Access of one person from a moment to another. Empty texts are any; `*` is any text in role and target."""

    person: str
    """A name, or `idc:` and the id of an Identity Center user."""
    account: str
    role: str
    """Of IAM Identity Center the permission set."""
    target: str
    """Id or name of a machine."""
    since: datetime
    """UTC."""
    until: datetime
    """UTC, exclusive; `ALWAYS` where no row ends it."""
    approver: str
    ticket: str
    reason: str
    line: int
    """In the file, from 1."""

    @property
    def is_endless(self) -> bool:
        """Whether no row ends it."""
        return self.until == ALWAYS

    @property
    def words(self) -> str:
        """`SEC-12 by lee@x.com, 2026-11-20T09:00:00Z to 2026-11-20T17:00:00Z, line 7`; may be hostile."""
        end = f"to {utc_text(self.until)}" if not self.is_endless else "without an end"
        ticket = f"{self.ticket} " if self.ticket else ""
        return f"{ticket}by {self.approver}, {utc_text(self.since)} {end}, line {self.line}"


@dataclass(frozen=True, slots=True)
class Approvals:
    """The approvals of one file."""

    given: tuple[Approval, ...]
    by_themselves: int = 0
    """Rows whose approver is the person: they count as no approval."""
    ends_of_nothing: int = 0
    """Rows that end what no row began."""
    content: str = ""

    @property
    def digest(self) -> str:
        """Changes whenever verdicts may change with it."""
        return hashlib.sha256(self.content.encode()).hexdigest()[:8]

    @property
    def endless(self) -> int:
        """Approvals that no row ends."""
        return sum(each.is_endless for each in self.given)


@dataclass(frozen=True, slots=True)
class _Row:
    """A row as written; a grant has `since`, a revocation alone has none."""

    approval: Approval
    begins: bool
    ends: bool


def read_approvals(path: Path) -> Approvals:
    """Read CSV with a header, or JSON lines. Raises UsageError that names the file, the line and the field."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise UsageError(f"The approvals {path} cannot be read: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"The approvals {path} are not UTF-8: {error}.") from error
    lines = _json_lines(text, path) if text.lstrip().startswith("{") else _csv_lines(text, path)
    return _paired((_Reader(path, line, cells).row() for line, cells in lines), text)


def _csv_lines(text: str, path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [name.strip().casefold() for name in next(reader, [])]
        for name in ("person", "from", "to"):
            if name not in header:
                raise UsageError(f"{path}:1: there is no column {name}; the columns are {','.join(FIELDS)}.")
        for row in reader:
            if any(cell.strip() for cell in row):
                yield reader.line_num, dict(zip(header, row, strict=False))
    except csv.Error as error:
        raise UsageError(f"{path}:{reader.line_num}: this is no CSV: {error}.") from error


def _json_lines(text: str, path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            found = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise UsageError(f"{path}:{number}: this is no JSON: {error}.") from error
        if not isinstance(found, dict):
            raise UsageError(f"{path}:{number}: this is no JSON object.")
        yield number, found


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads one row."""

    path: Path
    line: int
    cells: Mapping[str, Any]

    def row(self) -> _Row:
        person, account = self._text("person"), self._text("account")
        if not person:
            self._fail("person", "is missing")
        if "*" in person:
            self._fail("person", "is to name one person, without *")
        if account and not _ACCOUNT.fullmatch(account):
            self._fail("account", f"is to have 12 digits, not {account!r}")
        since, until = self._moment("from", at_end=False), self._moment("to", at_end=True)
        if since is None and until is None:
            self._fail("from", "is missing, and so is to")
        if since and until and until <= since:
            self._fail("to", "is not after from")
        approver = self._text("approver")
        if since and not approver:
            self._fail("approver", "is missing")
        return _Row(
            Approval(
                person, account, role_name(self._text("role")), self._text("target"), since or ALWAYS, until or ALWAYS,
                approver, self._text("ticket"), self._text("reason"), self.line,
            ),
            since is not None,
            until is not None,
        )  # fmt: skip

    def _text(self, name: str) -> str:
        value = self.cells.get(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            self._fail(name, "is to be a text")
        if "\0" in value:
            self._fail(name, "has a NUL character")
        return value.strip()

    def _moment(self, name: str, *, at_end: bool) -> datetime | None:
        text = self._text(name)
        if not text:
            return None
        try:
            if _DAY.fullmatch(text):
                day = date.fromisoformat(text)
                moment = datetime(day.year, day.month, day.day, tzinfo=UTC)
                return moment + timedelta(days=1) if at_end else moment
            found = datetime.fromisoformat(text)
            return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
        except (ValueError, OverflowError):
            self._fail(name, f"is to be a time like 2026-11-20T09:00:00Z, not {text!r}")

    def _fail(self, name: str, what: str) -> NoReturn:
        raise UsageError(f"{self.path}:{self.line}: {name} {what}.")


def _paired(rows: Iterable[_Row], content: str) -> Approvals:
    """Approvals, each ended by the first revocation of the same person, account and role after its beginning.

    Where one of both leaves out account, role or target, it is any: the revocation counts.
    """
    grants: list[Approval] = []
    ends: dict[str, list[Approval]] = defaultdict(list)
    by_themselves = 0
    for row in rows:
        one = row.approval
        if not row.begins:
            ends[one.person.casefold()].append(one)
        elif one.approver.casefold() == one.person.casefold():
            by_themselves += 1
        else:
            grants.append(one)
    used: set[int] = set()
    given = []
    for grant in grants:
        after = [end for end in ends[grant.person.casefold()] if end.until > grant.since and _same(grant, end)]
        first = min(after, key=lambda end: end.until, default=None)
        used |= {first.line} if first else set()
        given.append(replace(grant, until=min(grant.until, first.until)) if first else grant)
    unused = sum(end.line not in used for each in ends.values() for end in each)
    return Approvals(tuple(given), by_themselves, unused, content)


def _same(grant: Approval, end: Approval) -> bool:
    pairs = ((grant.account, end.account), (grant.role, end.role), (grant.target, end.target))
    return all(not first or not second or first.casefold() == second.casefold() for first, second in pairs)
