"""What the reading of one file came to, over all texts in it: its days, why it is incomplete, or which kind it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from ssmtrail.queries.sources.files.kinds import ending_of, is_log_name, looks_like_records, special_kind
from ssmtrail.queries.sources.files.listing import first_day, last_day

if TYPE_CHECKING:
    from datetime import date

    from ssmtrail.queries.sources.files.contents import Text
    from ssmtrail.queries.sources.files.records import Extracted

#: Members of an archive that are named for one reason; the rest is counted.
_NAMED: Final = 3
_LONGEST_NAME: Final = 200


@dataclass(slots=True)
class Outcome:
    """What one file held."""

    path: str
    records: int = 0
    calls: int = 0
    first_day: date | None = None
    last_day: date | None = None
    _is_log: bool = False
    """Whether some text is one of records, if only an empty one."""
    _special: set[str] = field(default_factory=set)
    _reasons: list[tuple[str, str]] = field(default_factory=list)
    """Why something is missing, with the member of the archive that it is about."""
    _notes: list[str] = field(default_factory=list)

    def add(self, text: Text, data: bytes, found: Extracted, problems: str) -> None:
        """Count one text: `data` is its UTF-8, `found` what was extracted, `problems` what is wrong with its calls."""
        if not found.records and not data.strip():
            if text.why or is_log_name(text.member or self.path):
                self.refuse(text.why or "empty file", text.member)
            return
        if not found.records and self._is_other(text, data, found):
            return
        first, last = first_day(data), last_day(data)
        if self._is_log:
            first = min(filter(None, (self.first_day, first)), default=None)
            last = max(filter(None, (self.last_day, last)), default=None)
        self.first_day, self.last_day = first, last
        self._is_log = True
        self.records += found.records
        self.calls += len(found.wanted)
        if why := text.why or problems:
            self.refuse(why, text.member)
        if text.gzip_members > 1 and found.records:
            self._notes.append(_named(f"{text.gzip_members:,} gzip members, AWS writes one", text.member))

    def refuse(self, why: str, member: str = "") -> None:
        """Record why something is missing."""
        self._reasons.append((why, member))

    @property
    def unreadable(self) -> str:
        """Why it could not be read, wholly or in part; empty when it could."""
        if not self._reasons:
            return ""
        members: dict[str, list[str]] = {}
        for why, member in self._reasons:
            members.setdefault(why, []).append(member)
        return ", ".join(_about(why, names) for why, names in members.items())

    @property
    def kind(self) -> str:
        """What it is if it holds no records: `.png`, `CloudTrail-Digest`; empty for a file of records."""
        if self._is_log or self._reasons:
            return ""
        return " and ".join(sorted(self._special)) or ending_of(self.path)

    @property
    def note(self) -> str:
        """What is unusual about it, though it was read whole."""
        return ", ".join(self._notes)

    def _is_other(self, text: Text, data: bytes, found: Extracted) -> bool:
        """Whether a text without readable records is of another kind."""
        if special := special_kind(data, found.insights):
            self._special.add(special)
            return True
        if text.why or not found.why():
            return False
        return not looks_like_records(data, damaged=found.broken_at is not None)


def _about(why: str, members: list[str]) -> str:
    names = [member for member in members if member]
    if not names:
        return why
    if len(names) == 1:
        return _named(why, names[0])
    more = len(names) - _NAMED
    shown = ", ".join(readable_member(name) for name in names[:_NAMED])
    return f"{why} ({shown}{f' and {more:,} more' if more > 0 else ''})"


def _named(text: str, member: str) -> str:
    return f"{readable_member(member)}: {text}" if member else text


def readable_member(name: str) -> str:
    r"""A member's path as short text, with `\xNN` for bytes that are not UTF-8."""
    text = name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return text if len(text) <= _LONGEST_NAME else f"{text[:_LONGEST_NAME]}…"
