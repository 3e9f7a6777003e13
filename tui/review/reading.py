"""Reads a review back: what was written, what reviewers decided, and what was changed that is not theirs to change."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from ssmtrail.queries.errors import SourceError
from ssmtrail.tui.evidence.archive import file_sha256
from ssmtrail.tui.evidence.pack import MANIFEST
from ssmtrail.tui.formats.text import csv_field
from ssmtrail.tui.review.rows import DECISION_FIELDS, ROW_FIELDS, Before

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from ssmtrail.tui.review.rows import Cell

#: The version of the layout.
FORMAT: Final = 1
TABLE: Final = "review.csv"
_ROUNDED: Final = re.compile(r"\d[.,]\d{1,9}E\+\d\d")


@dataclass(frozen=True, slots=True)
class Decision:
    """What a reviewer wrote beside a row, without blanks around it."""

    decision: str = ""
    """In small letters."""
    reviewer: str = ""
    decided_at: str = ""
    ticket: str = ""
    remark: str = ""

    @property
    def moment(self) -> datetime | None:
        """When it was decided (UTC); a date is the end of its day. None where it cannot be read."""
        return moment_of(self.decided_at)


def moment_of(text: str) -> datetime | None:
    """A time (UTC), of a date the end of its day; None where it cannot be read."""
    try:
        if len(text) <= len("2026-11-23"):
            day = date.fromisoformat(text)
            return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)
        found = datetime.fromisoformat(text)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


@dataclass(frozen=True, slots=True)
class Written:
    """A review that was written, and what became of it."""

    manifest: Mapping[str, Any]
    made_at: datetime
    """UTC."""
    rows: Mapping[str, Mapping[str, Cell]]
    """As they were written, by id."""
    decisions: Mapping[str, Decision]
    """By row."""
    faults: tuple[str, ...]
    """What was changed beside the decisions, a sentence each."""
    sha256: str
    """Of the manifest."""

    def before(self) -> dict[str, Before]:
        """What the next review has to know of each row."""
        found = {}
        for name, row in self.rows.items():
            decision = self.decisions.get(name, Decision())
            verdict = row.get("verdict")
            found[name] = Before(verdict if isinstance(verdict, str) else None, decision.decision, decision.moment)
        return found


def read_review(folder: Path, sha256: str | None = None) -> Written:
    """Read a review; `sha256` is the hash that its manifest must have. Raises SourceError where there is none."""
    path = folder / MANIFEST
    try:
        own = file_sha256(path)
        manifest = json.loads(path.read_bytes())
        if manifest["format"] != FORMAT or manifest["kind"] != "review":
            raise SourceError(f"{path} is of a format that this version cannot read.")
        rows = {str(row["row"]): {name: row[name] for name in ROW_FIELDS} for row in manifest["rows"]}
        made_at = datetime.fromisoformat(manifest["made"]["made_at"]).astimezone(UTC)
        members = {str(name): str(each["sha256"]) for name, each in manifest["members"].items()}
        text = _decoded((folder / TABLE).read_bytes())
    except OSError as error:
        raise SourceError(f"{error.filename or path} cannot be read: {error.strerror or error}.") from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise SourceError(f"{path} is not that of a review.") from error
    faults = [] if sha256 is None or sha256.lower() == own else [f"the SHA-256 of {MANIFEST} is not the one given"]
    faults += _member_faults(folder, members)
    decisions: dict[str, Decision] = {}
    faults += _table_faults(text, rows, decisions)
    return Written(manifest, made_at, rows, decisions, tuple(faults), own)


def _decoded(content: bytes) -> str:
    """UTF-8, or what a spreadsheet of Windows writes."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def _member_faults(folder: Path, members: Mapping[str, str]) -> Iterator[str]:
    """Which files are not as they were written; the table of the reviewers is compared row by row."""
    for name, sha256 in sorted(members.items()):
        if name == TABLE:
            continue
        if "/" in name or not (folder / name).is_file():
            yield f"{name} is missing"
        elif file_sha256(folder / name) != sha256:
            yield f"{name} is changed: its hash is not that of {MANIFEST}"


def _table_faults(
    text: str, rows: Mapping[str, Mapping[str, Cell]], decisions: dict[str, Decision]
) -> Iterator[str]:  # fmt: skip
    """Compare the table with the rows that were written, and take the decisions."""
    csv.field_size_limit(max(csv.field_size_limit(), len(text) + 1))
    # Spreadsheets of many countries write semicolons.
    first = text.partition("\n")[0]
    separator = next((sign for sign in ",;\t" if f"row{sign}" in first.replace('"', "")), ",")
    try:
        header, *lines = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    except (csv.Error, ValueError) as error:
        yield f"{TABLE} cannot be read: {error}"
        return
    names = [name.strip() for name in header]
    if missing := [name for name in (*ROW_FIELDS, *DECISION_FIELDS) if name not in names]:
        yield f"{TABLE} has no column {missing[0]}"
        return
    for line in lines:
        cells = dict(zip(names, line, strict=False))
        name = cells.get("row", "").strip()
        if not any(cell.strip() for cell in line):
            continue
        if name not in rows:
            yield f"{TABLE} has a row that was not written: {name or 'without an id'}"
        elif name in decisions:
            yield f"{TABLE} has row {name} more than once"
        else:
            given = [cells.get(each, "").strip() for each in DECISION_FIELDS]
            decisions[name] = Decision(given[0].casefold(), *given[1:])
            yield from _row_faults(cells, rows[name])
    for name in rows:
        if name not in decisions:
            yield f"{TABLE} has no row {label(rows[name])} any more"


def _row_faults(cells: Mapping[str, str], row: Mapping[str, Cell]) -> Iterator[str]:
    for name in ROW_FIELDS:
        found, written = cells.get(name, "").strip(), str(csv_field(row[name])).strip()
        if found != written and not (name == "account" and _is_rounded(found, written)):
            yield f"{TABLE}: {name} of row {label(row)} is changed: {found or 'empty'}, not {written or 'empty'}"


def _is_rounded(found: str, written: str) -> bool:
    """Whether a spreadsheet took an account's id for a number: `1.11122E+11`, or no zeros at its beginning."""
    if not written.isdecimal() or not found:
        return False
    if found == written.lstrip("0"):
        return True
    return bool(_ROUNDED.fullmatch(found)) and f"{float(found.replace(',', '.')):.5E}" == f"{float(written):.5E}"


def label(row: Mapping[str, Cell]) -> str:
    """`r-0123456789ab (jane, prod, Admin)`."""
    who: Sequence[Cell] = (row["person"] or row["via"] or "unknown", row["environment"], row["role"])
    return f"{row['row']} ({', '.join(str(each) for each in who if each)})"
