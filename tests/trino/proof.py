"""The proof: what Trino answers to the tool's SQL is what the local engine answers."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ssmtrail.queries.filters import Filter
from ssmtrail.queries.model import Scope
from ssmtrail.queries.raw_calls import RAW_COLUMNS, TAG_CALLS
from ssmtrail.queries.sources.athena.columns import ABSENT
from ssmtrail.queries.sources.athena.console_queries import KEYS, console_query
from ssmtrail.queries.sources.athena.results import mended
from ssmtrail.queries.sources.athena.statements import EXTRACTION_COLUMNS, any_record, explained, extraction
from ssmtrail.queries.sources.files.rows import Place, is_wanted, members, row_of
from ssmtrail.queries.times import Window
from tests.records import ask
from tests.trino.as_files import differing
from tests.trino.differences import differences
from tests.trino.local import answering

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from ssmtrail.queries.model import ConsoleQueryName
    from ssmtrail.queries.sources.athena.tables import Table
    from ssmtrail.queries.times import Unit
    from ssmtrail.queries.trail import Trail
    from tests.queries.athena.kinds import Kind
    from tests.trino.client import Client
    from tests.trino.material import PlacedRecord

Row = dict[str, Any]

#: Columns that identify a row of an extraction.
_ROW: Final = ("eventid",)
_JSONS: Final = (
    "requestparameters", "responseelements", "resources", "additionaleventdata", "serviceeventdetails",
    "useridentity_inscopeof", "useridentity_invokedbydelegate",
)  # fmt: skip
#: What the local statements read out of JSON columns: it is all that a table of structs or maps has to keep.
_READ: Final = {
    "requestparameters": (
        ("target",), ("sessionId",), ("documentName",), ("reason",), ("roleSessionName",),
        ("parameters", "portNumber"), ("parameters", "host"), ("parameters", "command"),
    ),
    "responseelements": (("sessionId",), ("streamUrl",), ("tokenValue",), ("credentials", "accessKeyId")),
}  # fmt: skip
#: Filters that use every kind of condition on calls.
FILTERS: Final = (
    "person:jane*", "person:=jane", "-person:=Jane", "target:=i-0aaa", "person:?", "-person:?",
    'person:"o\'brien"', "kind:tunnel", "kind:shell,ssh -person:ci-*",
    "kind:unknown", "status:denied", "status:ok", "-status:ok", "ip:10.0.0.0/8", "ip:10.1.2.3", "ip:2001:db8::/32",
    "ip:::/0", "ip:?", "ip:203.0.*", "role:Admin*", "role:?", "account:1111*", "region:eu-*", "dest:*:5432",
    "dest:db.internal:5432", "dest:?", "-dest:?", "reason:*INC*", "reason:*100%*", r'reason:*\"\_*', "hour:22-06",
    "day:sat,sun", "target:i-0* -target:i-0f*", "target:?", "targetkind:ecs,managed",
    "document:*PortForward*", "agent:*aws-cli*",
    "identity:AssumedRole", "arn:*:user/*", "session:jane*", "error:AccessDenied*", "jane", "5432", '"it\'s"', "инц",
    "-kind:shell -kind:command", "jane denied", "person:* target:*",
)  # fmt: skip


class DiffersError(AssertionError):
    """Two answers are not the same."""


@dataclass
class Tally:
    """How much was compared."""

    statements: int = 0
    rows: int = 0
    seconds: float = 0.0
    bytes: int = 0
    """Read from files."""


class Extracted(NamedTuple):
    """What the statements for some days gave."""

    rows: list[Row]
    plans: list[str]
    """The text of `EXPLAIN` of each statement."""
    bytes: int
    """Read from files."""


@dataclass
class Proof:
    """One Trino, the records in it, a folder for stores."""

    client: Client
    material: Sequence[PlacedRecord]
    folder: Path
    tally: Tally

    @property
    def days(self) -> tuple[date, date]:
        """First and last day, of folders or of events."""
        events = [date.fromisoformat(placed.record["eventTime"][:10]) for placed in self.material]
        folders = [placed.day for placed in self.material]
        return min(*events, *folders), max(*events, *folders)

    @property
    def window(self) -> Window:
        """A window around all events of the last month of the material."""
        end = datetime.combine(self.days[1] + timedelta(days=2), datetime.min.time(), UTC)
        return Window(end - timedelta(days=40), end)

    def run(self, sql: str) -> list[Row]:
        """Rows of a statement."""
        answer = self.client.run(sql)
        self.tally.statements += 1
        self.tally.rows += len(answer.rows)
        self.tally.bytes += answer.bytes
        self.tally.seconds += answer.seconds
        return answer.dicts

    def extracted(self, kind: Kind) -> list[Row]:
        """The extraction of all days, compared with what the files source takes from the same records."""
        return self.extract(kind, *self.days).rows

    def extract(self, kind: Kind, first: date, last: date) -> Extracted:
        """The extraction of days, compared with what the files source takes from the same records."""
        table = kind.table
        found = self._extract(table, first, last)
        rows = (
            _expected(table, placed)
            for placed in self._held(kind)
            if not placed.is_text and is_wanted(members(placed.exact)) and _holds(table, placed)
        )
        expected = (row for row in rows if first.isoformat() <= row["partition_day"] <= last.isoformat())
        texts = {placed.record["eventID"] for placed in self.material if placed.is_text}
        _same(f"{kind.name}: extraction from {first} to {last}", map(_comparable(table), expected),
              map(_comparable(table), (row for row in found.rows if row["eventid"] not in texts)), _ROW)  # fmt: skip
        return found

    def few_days(self, kind: Kind, whole: Sequence[Row]) -> None:
        """A group of days holds these days and nothing else."""
        middle = self.days[1] - timedelta(days=5)
        first, last = middle.isoformat(), (middle + timedelta(days=2)).isoformat()
        expected = (row for row in whole if first <= row["partition_day"] <= last)
        found = self._extract(kind.table, middle, middle + timedelta(days=2)).rows
        _same(f"{kind.name}: three days", expected, found, _ROW)
        if kind.table.days is not None:
            days_to_check = [middle, middle + timedelta(days=1), date(2001, 1, 1)]
            days = sorted(row["partition_day"] for row in self.run(any_record(kind.table, days_to_check)))
            there = {row["partition_day"] for row in whole}
            assert set(days) >= there.intersection(day.isoformat() for day in days_to_check), f"{kind.name}: {days}"
            assert "2001-01-01" not in days, f"{kind.name}: a day without records has one"

    def _extract(self, table: Table, first: date, last: date) -> Extracted:
        found, before = Extracted([], [], 0), self.tally.bytes
        for each in extraction(table, first, last):
            found.plans.append("\n".join(row[0] for row in self.client.run(explained(each.sql)).rows))
            rows = self.run(each.sql)
            assert not rows or tuple(rows[0]) == EXTRACTION_COLUMNS
            found.rows.extend(map(_stored, rows))
        return found._replace(bytes=self.tally.bytes - before)

    def _held(self, kind: Kind) -> list[PlacedRecord]:
        """The records that a table holds: those of the accounts that were chosen."""
        accounts = next((values for column, values in kind.given.items() if column.startswith("account")), ())
        return [placed for placed in self.material if not accounts or placed.account in accounts]

    def agrees(
        self, kind: Kind, service: Trail, name: ConsoleQueryName, where: str = "", zone: str = "UTC",
        unit: Unit = "day", window: Window | None = None,
    ) -> None:  # fmt: skip
        """A console query has the same answer on Trino as from the local engine that holds the table's rows."""
        scope = Scope(window or self.window, Filter.parse(where), zone)
        question = console_query(kind.table, name, scope, unit=unit)
        found = self.run(question.sql)
        assert not found or tuple(found[0]) == question.columns
        local = ask(service, name, where, scope.window, unit=unit, zone=zone)
        columns = question.compared
        label = f"{kind.name}: {name} of {scope.window.label(zone)} {where!r} {zone} {unit}"
        # Rows that only sessions make count no calls; empty bars are not among the rows.
        counted = (row for row in local if (not row["copy"] if name == "calls" else row["calls"]))
        ours = (_of_local(name, row) for row in counted)
        _same(label, (_cut(row, columns) for row in ours), (_cut(_of_trino(name, row), columns) for row in found),
              KEYS[name])  # fmt: skip
        if name != "calls":
            keys = [tuple(row[key] for key in KEYS[name]) for row in found]
            if len(keys) > len(set(keys)):
                raise DiffersError(f"{label}: keys repeat in Trino's answer")

    def as_files(self, kind: Kind, rows: Sequence[Row]) -> None:
        """Every question has the same answer from a table's rows as from files with what its columns can hold."""
        held = [placed for placed in self._held(kind) if _holds(kind.table, placed)]
        found = differing(kind.table, held, rows, self.window, self.folder / f"{kind.name}-as-files")
        if found:
            raise DiffersError("\n".join(f"{kind.name}: {name} as from files: {said}" for name, said in found.items()))

    def answering(self, kind: Kind, rows: Sequence[Row]) -> Any:
        """The local engine over a table's rows."""
        raw = [{column: row[column] for column in RAW_COLUMNS} for row in rows]
        return answering(kind.name, raw, self.folder / kind.name)


def _expected(table: Table, placed: PlacedRecord) -> Row:
    """The raw row that the files source makes of a record, as far as the table's columns go."""
    row: Row = json.loads(
        row_of(members(placed.exact), placed.exact, Place(placed.path, placed.day.isoformat(), 0)).line
    )
    row["partition"] = _partition(table, placed)
    row["partition_day"] = placed.day.isoformat() if table.is_delivery else row["eventtime"][:10]
    if not table.is_delivery:
        row["folder_day"] = None
    absent = {column for column, sql in table.raw if sql == ABSENT and column != "redacted"}
    return {column: None if column in absent else row.get(column) for column in EXTRACTION_COLUMNS}


def _stored(row: Row) -> Row:
    """A row of a result as it is stored."""
    request, response = row["requestparameters"], row["responseelements"]
    found = mended(0, row["eventsource"] or "", row["eventname"] or "", request, response)
    if found is None:
        return row
    changed = {"requestparameters": found.request, "responseelements": found.response, "redacted": found.redacted}
    return row | changed


def _holds(table: Table, placed: PlacedRecord) -> bool:
    """Whether the table has what the record is wanted for: requests of some columns do not have tags."""
    return placed.record["eventName"] not in TAG_CALLS or table.kind != "json-lines"


def _partition(table: Table, placed: PlacedRecord) -> str | None:
    """The values of the partition columns without a day, as the loader gives them."""
    values = (
        f"{other.column}={placed.region if other.column == table.region_column else placed.account}"
        for other in table.others
    )
    return "/".join(values) or None


def _comparable(table: Table) -> Any:
    """Rows whose JSON is compared by what it says."""
    keeps_all = (
        table.kind in {"cloudtrail", "iceberg", "columnar", "view"}
        and "requestparameters" in table["requestparameters"]
    )

    # Maps of texts, which have numbers as texts.
    keeps_texts = table.kind in {"lake", "security-lake-1"}

    def made(row: Row) -> Row:
        values = dict(row)
        for column in _JSONS:
            found = json.loads(row[column]) if row[column] is not None else None
            if column == "resources":
                values[column] = [each.get("ARN") or each.get("arn") for each in found or ()]
            elif keeps_texts:
                values[column] = _texts(found)
            elif not keeps_all and column in _READ:
                values[column] = [_plain(_deep(found, path)) for path in _READ[column]]
            else:
                values[column] = _present(found)
        if table.kind == "json-lines":
            # Its columns lack the members with secrets.
            values["redacted"] = None
        if table.kind.startswith("security-lake"):
            values = {column: value or None for column, value in values.items()}
        return values

    return made


def _present(found: Any) -> Any:
    """JSON without the members inside that are null or empty: a table may have or lack them."""
    if isinstance(found, dict):
        inner = {key: _present(each) for key, each in found.items()}
        return {key: each for key, each in inner.items() if each not in (None, {}, [])}
    return [_present(each) for each in found] if isinstance(found, list) else found


def _texts(found: Any) -> Any:
    """The same with all values as texts."""
    if isinstance(found, dict | list):
        present = _present(found)
        if isinstance(present, dict):
            return {key: _texts(each) for key, each in present.items()}
        return [_texts(each) for each in present]
    return _plain(found)


def _deep(found: Any, path: Sequence[str]) -> Any:
    for part in path:
        found = found.get(part) if isinstance(found, dict) else None
    return found


def _plain(found: Any) -> str | None:
    """The text that a path gives, the first of several."""
    if isinstance(found, list):
        found = found[0] if found else None
    return found if found is None or isinstance(found, str) else json.dumps(found)


def _of_local(name: ConsoleQueryName, row: Mapping[str, Any]) -> Row:
    values: Row = {column: _time_text(value) if isinstance(value, datetime) else value for column, value in row.items()}
    return values


def _of_trino(name: ConsoleQueryName, row: Row) -> Row:
    if name == "usage":
        return row | {"bucket": _time_text(datetime.fromisoformat(row["bucket"]))}
    return row


def _time_text(moment: datetime) -> str:
    return moment.astimezone(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")


def _cut(row: Row, columns: Sequence[str]) -> Row:
    return {column: row[column] for column in columns}


def _same(label: str, ours: Iterable[Row], theirs: Iterable[Row], keys: Sequence[str]) -> None:
    if differ := differences(ours, theirs, keys):
        raise DiffersError(f"{label}: {differ}")


def narrower(window: Window) -> Window:
    """A week inside the window, so that look-around matters."""
    assert window.end is not None
    end = window.end - timedelta(days=4)
    return replace(window, start=end - timedelta(days=7), end=end)
