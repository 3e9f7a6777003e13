"""What every report shows beside its own tables: totals, people by machines, usage, findings, what was read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ssmtrail.queries.errors import FilterError, UsageError
from ssmtrail.queries.model import Question
from ssmtrail.tui.formats.html import cut_note, table, text

if TYPE_CHECKING:
    from threading import Event

    from ssmtrail.queries.model import Coverage, Row, Scope, Totals
    from ssmtrail.queries.times import Unit
    from ssmtrail.queries.trail import Trail
    from ssmtrail.queries.views import Matrix, Usage

#: Findings and days that are shown; files have all.
_FINDINGS: Final = 100
_FINDING: Final = ("severity", "rule", "person", "summary", "status")
MOST_DAYS: Final = 400


@dataclass(frozen=True, slots=True)
class Overview:
    """Answers that a report shows; None where the filter is one that they cannot have."""

    totals: Totals | None = None
    matrix: Matrix | None = None
    usage: Usage | None = None
    findings: tuple[Row, ...] | None = None
    """The first of them, as `_FINDING`."""
    findings_in_all: int = 0

    @classmethod
    def of(cls, trail: Trail, scope: Scope, coverage: Coverage, cancelled: Event) -> Overview:
        """Ask for them. Raises Cancelled, StoreError."""
        totals: Totals | None = None
        matrix: Matrix | None = None
        usage: Usage | None = None
        findings: tuple[Row, ...] | None = None
        number = 0
        try:
            totals = trail.totals(scope, cancelled)
            matrix = trail.matrix(scope, cancelled)
            usage = trail.chart(scope, cancelled, unit=_unit(len(coverage.days)))
        except (UsageError, FilterError):
            pass  # a filter that only sessions, or only calls, can have; or too many bars
        try:
            answer = trail.ask(Question("findings", scope), cancelled)
            findings, number = answer.page(0, _FINDINGS, _FINDING), answer.totals.rows
            answer.close()
        except (UsageError, FilterError):
            pass
        return cls(totals, matrix, usage, findings, number)

    @property
    def counts(self) -> list[tuple[str, object]]:
        """The totals, named."""
        found: list[tuple[str, object]] = []
        if self.totals is not None:
            found += [("sessions", f"{self.totals.sessions:,}"), ("people", f"{self.totals.people:,}")]
            found += [("machines", f"{self.totals.machines:,}")]
        if self.matrix is not None:
            found += [("denied", f"{self.matrix.denied:,}"), ("failed", f"{self.matrix.failed:,}")]
        return found


def _unit(days: int) -> Unit:
    if days <= 3:
        return "hour"
    return "day" if days <= 120 else "week" if days <= 800 else "month"


def findings_part(overview: Overview, more: str) -> list[str]:
    """What deserves a look; `more` says where those are that are not shown."""
    if overview.findings is None:
        return []
    if not overview.findings:
        return ["<h2>Findings</h2>", "<p>None.</p>"]
    note = cut_note(len(overview.findings), overview.findings_in_all, more)
    return ["<h2>Findings</h2>", table(_FINDING, overview.findings), note]


def coverage_part(coverage: Coverage, more_files: str) -> list[str]:
    """Which days were read, and what could not be; `more_files` says where unreadable files are that are not shown."""
    states = [day.state for day in coverage.days]
    words = ", ".join(f"{states.count(state):,} {state}" for state in sorted(set(states))) or "none"
    parts = ["<h2>What was read</h2>", f"<p>Days: {text(words)}. Files: {coverage.files:,}.</p>"]
    gaps = [day for day in coverage.days if day.state in {"missing", "failed"}]
    if gaps:
        parts.append(table(("day", "state", "why"), [(day.day, day.state, day.why) for day in gaps[:MOST_DAYS]]))
        parts.append(cut_note(MOST_DAYS, len(gaps), "coverage.csv has all"))
    if coverage.unreadable:
        unreadable = [(each.file, each.why, f"{each.records_kept:,}") for each in coverage.unreadable[:MOST_DAYS]]
        parts.append(table(("unreadable file", "why", "records kept"), unreadable))
        parts.append(cut_note(MOST_DAYS, len(coverage.unreadable), more_files))
    return parts
