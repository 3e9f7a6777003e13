"""The column that tells when an event happened: its text, its bounds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal, TypeAlias

from queries.sources.athena import literals
from queries.sources.athena.json_values import iso_text

if TYPE_CHECKING:
    from queries.sources.athena.reach import Columns, Reached

Form: TypeAlias = Literal["text", "plain", "zoned", "milliseconds"]


@dataclass(frozen=True, slots=True)
class EventTime:
    """When events happened, as the table has it."""

    sql: str
    form: Form
    """`text` is ISO 8601 as recorded, `plain` a UTC timestamp without a zone, `milliseconds` those since 1970."""
    text: str
    """An expression that gives ISO 8601 text in UTC, varchar."""

    @property
    def day(self) -> str:
        """An expression that gives the event's UTC day as `YYYY-MM-DD`, varchar."""
        return f"substr({self.text}, 1, 10)"

    def within(self, start: datetime | None, end: datetime | None) -> tuple[str, ...]:
        """Conditions for a stretch of time, `end` exclusive: on the column as it is, so that they prune."""
        found = [f"{self.sql} >= {self._bound(start)}"] if start else []
        return (*found, *([f"{self.sql} < {self._bound(end)}"] if end else []))

    def _bound(self, moment: datetime) -> str:
        there = moment.astimezone(UTC).replace(tzinfo=None)
        match self.form:
            case "text":
                # Without the Z the text of a time sorts right beside texts that have fractions of a second.
                return literals.text(there.isoformat().removesuffix("T00:00:00"))
            case "plain":
                return f"TIMESTAMP '{there.isoformat(' ')}'"
            case "zoned":
                return literals.moment(moment)
            case "milliseconds":
                return str(int(moment.timestamp() * 1000))


def event_time(columns: Columns) -> EventTime | None:
    """The time column of a table, the one that prunes before others; None where it has none."""
    for name in ("time_dt", "eventtime", "time"):
        if (found := columns.column(name)) and (read := _read(found)):
            return read
    return None


def _read(found: Reached) -> EventTime | None:
    if found.type.is_text:
        return EventTime(found.sql, "text", found.sql)
    if found.type.is_time:
        return EventTime(found.sql, "zoned" if "zone" in found.type.name else "plain", iso_text(found.sql, found.type))
    if found.type.name == "bigint":
        made = f"from_unixtime({found.sql} / 1000) AT TIME ZONE 'UTC'"
        return EventTime(found.sql, "milliseconds", f"date_format({made}, '%Y-%m-%dT%H:%i:%sZ')")
    return None
