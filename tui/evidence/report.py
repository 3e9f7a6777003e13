"""The report of an evidence pack: one HTML file that loads nothing and runs nothing."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any, Final

from ssmtrail.queries.errors import FilterError, UsageError
from ssmtrail.queries.model import Question
from ssmtrail.queries.views import DENIED
from ssmtrail.tui.evidence.limits import LIMITS
from ssmtrail.widgets.text import safe

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from threading import Event

    from ssmtrail.queries.integrity.verify import Report
    from ssmtrail.queries.model import Coverage, Row, Scope, Totals
    from ssmtrail.queries.times import Unit
    from ssmtrail.queries.trail import Trail
    from ssmtrail.queries.views import Matrix, Usage

#: People, machines, sessions and days that are shown; the files of the pack have all.
_PEOPLE: Final = 30
_MACHINES: Final = 12
_FINDINGS: Final = 100
_FINDING: Final = ("severity", "rule", "person", "summary", "status")
_DAYS: Final = 400
_BARS: Final = 400
_WIDTH: Final = 720
_HEIGHT: Final = 120

_STYLE: Final = """
@page { size: A4; margin: 14mm }
body { font: 10pt/1.4 sans-serif; color: #111; max-width: 190mm; margin: 0 auto; padding: 8px }
h1 { font-size: 16pt; margin: 0 } h2 { font-size: 12pt; margin: 18px 0 4px; break-after: avoid }
table { border-collapse: collapse; font-size: 8.5pt; width: 100% } tr { break-inside: avoid }
th, td { border: 1px solid #bbb; padding: 2px 4px; text-align: left; vertical-align: top; overflow-wrap: anywhere }
th { background: #eee } td.n { text-align: right } thead { display: table-header-group }
.bad { background: #fdd } .note { color: #444 } svg { width: 100%; height: auto }
"""


@dataclass(frozen=True, slots=True)
class ReportFacts:
    """What the report shows."""

    scope: Scope
    manifest: Mapping[str, Any]
    coverage: Coverage
    proof: Report | None
    totals: Totals | None
    """None where the filter is one that they cannot have; so are the next two."""
    matrix: Matrix | None
    usage: Usage | None
    findings: tuple[Row, ...] | None
    """The first of them, as `_FINDING`; None where the filter is one that they cannot have."""

    @classmethod
    def of(
        cls, trail: Trail, scope: Scope, coverage: Coverage, manifest: Mapping[str, Any], proof: Report | None,
        cancelled: Event,
    ) -> ReportFacts:  # fmt: skip
        """Ask for what the report shows beside the answers. Raises Cancelled, StoreError."""
        totals: Totals | None = None
        matrix: Matrix | None = None
        usage: Usage | None = None
        try:
            totals = trail.totals(scope, cancelled)
            matrix = trail.matrix(scope, cancelled)
            usage = trail.chart(scope, cancelled, unit=_unit(len(coverage.days)))
        except (UsageError, FilterError):
            pass  # a filter that only sessions, or only calls, can have; or too many bars
        findings: tuple[Row, ...] | None = None
        if any(each["question"] == "findings" for each in manifest["answers"]):
            answer = trail.ask(Question("findings", scope), cancelled)
            findings = answer.page(0, _FINDINGS, _FINDING)
        return cls(scope, manifest, coverage, proof, totals, matrix, usage, findings)


def _unit(days: int) -> Unit:
    if days <= 3:
        return "hour"
    return "day" if days <= 120 else "week" if days <= 800 else "month"


def report_html(facts: ReportFacts) -> str:
    """The whole page; text from logs is escaped, control characters are shown."""
    parts = [*_heading(facts), *_usage(facts.usage), *_matrix(facts.matrix), *_findings(facts), *_integrity(facts)]
    parts += [*_coverage(facts), *_limits()]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        '<meta name="viewport" content="width=device-width"><meta name="referrer" content="no-referrer">'
        f"<title>Access to machines: evidence</title><style>{_STYLE}</style></head><body>\n"
        + "\n".join(parts)
        + "\n</body></html>\n"
    )


def _text(value: object) -> str:
    """A value as text of the page."""
    return "" if value is None else escape(safe(str(value)))


def _table(head: Sequence[str], rows: Iterable[Sequence[object]], numbers: frozenset[int] = frozenset()) -> str:
    lines = ["<table><thead><tr>" + "".join(f"<th>{_text(name)}</th>" for name in head) + "</tr></thead><tbody>"]
    for row in rows:
        cells = (
            f'<td class="n">{_text(v)}</td>' if n in numbers else f"<td>{_text(v)}</td>" for n, v in enumerate(row)
        )
        lines.append(f"<tr>{''.join(cells)}</tr>")
    return "\n".join([*lines, "</tbody></table>"])


def _heading(facts: ReportFacts) -> list[str]:
    question, tool = facts.manifest["question"], facts.manifest["tool"]
    records = facts.manifest["records"]
    asked = [
        ("From", question["from"] or "the first record"),
        ("To", question["to"] or "the last record"),
        ("Only", question["where"] or "all"),
        ("Time zone", question["zone"]),
        ("Source", facts.manifest["source"]),
        ("Made with", f"{tool['name']} {tool['version']}"),
    ]
    counted: list[tuple[str, object]] = [
        (f"rows of {each['question']}", f"{each['rows']:,}") for each in facts.manifest["answers"]
    ]
    if facts.totals is not None:
        counted += [("sessions", f"{facts.totals.sessions:,}"), ("people", f"{facts.totals.people:,}")]
        counted += [("machines", f"{facts.totals.machines:,}")]
    if facts.matrix is not None:
        counted += [("denied", f"{facts.matrix.denied:,}"), ("failed", f"{facts.matrix.failed:,}")]
    counted += [("records", f"{records['rows']:,}"), ("events without a record", f"{records['without_record']:,}")]
    return [
        "<h1>Who was on which machine: evidence</h1>",
        _table(("Asked", ""), asked),
        "<h2>Totals</h2>",
        _table(("", "number"), counted, frozenset({1})),
    ]


def _usage(usage: Usage | None) -> list[str]:
    if usage is None or not usage.buckets or len(usage.buckets) > _BARS:
        return []
    most = max(*usage.totals, 1)
    step = _WIDTH / len(usage.buckets)
    bars = []
    for number, (moment, count) in enumerate(zip(usage.buckets, usage.totals, strict=True)):
        height = _HEIGHT * count / most
        words = f"{moment:%Y-%m-%d %H:%M}: {count:,}"
        bars.append(
            f'<rect x="{number * step:.2f}" y="{_HEIGHT - height:.2f}" width="{max(step - 1, 0.5):.2f}"'
            f' height="{height:.2f}" fill="#357"><title>{_text(words)}</title></rect>'
        )
    first, last = usage.buckets[0], usage.buckets[-1]
    end = f'<text x="{_WIDTH}" y="{_HEIGHT + 12}" font-size="10" text-anchor="end">{last:%Y-%m-%d}</text></svg>'
    drawn = [
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT + 16}" role="img" aria-label="Sessions by {usage.unit}, at most {most}">',
        *bars,
        f'<text x="0" y="{_HEIGHT + 12}" font-size="10">{first:%Y-%m-%d}</text>{end}',
    ]
    return [
        f"<h2>Sessions by {usage.unit}</h2>",
        "\n".join(drawn),
        f'<p class="note">The highest bar is {most:,}.</p>',
    ]


def _matrix(matrix: Matrix | None) -> list[str]:
    if matrix is None or not matrix.people:
        return []
    machines = matrix.machines[:_MACHINES]
    rows = []
    for number, person in enumerate(matrix.people[:_PEOPLE]):
        found = matrix.row(number)
        cells: list[object] = [""] * len(machines)
        for column, count, mark in zip(found.columns, found.counts, found.marks, strict=True):
            if column < len(machines):
                cells[column] = f"{count:,} denied" if mark == DENIED else f"{count:,}"
        rows.append((person.label, *cells, f"{person.count:,}"))
    cut = []
    if len(matrix.people) > len(rows):
        cut.append(f"{len(rows):,} of {len(matrix.people):,} people")
    if len(matrix.machines) > len(machines):
        cut.append(f"{len(machines):,} of {len(matrix.machines):,} machines")
    head = ("person", *(machine.name or machine.target or "unknown" for machine in machines), "all")
    words = f'<p class="note">{" and ".join(cut)}; answers/sessions.csv has all.</p>' if cut else ""
    return ["<h2>Sessions by person and machine</h2>", _table(head, rows, frozenset(range(1, len(head)))), words]


def _findings(facts: ReportFacts) -> list[str]:
    if facts.findings is None:
        return []
    number = next(each["rows"] for each in facts.manifest["answers"] if each["question"] == "findings")
    if not facts.findings:
        return ["<h2>Findings</h2>", "<p>None.</p>"]
    shown = len(facts.findings)
    more = f'<p class="note">{shown:,} of {number:,}; answers/findings.csv has all.</p>' if number > shown else ""
    return ["<h2>Findings</h2>", _table(_FINDING, facts.findings), more]


def _integrity(facts: ReportFacts) -> list[str]:
    title = "<h2>Integrity of the log files</h2>"
    if facts.proof is None:
        return [title, "<p>Not checked: no keys were given, or the source is no folder of files.</p>"]
    days = facts.proof.days
    bad = [
        (row.day, row.account, row.region, row.integrity, f"{row.hours} of 24", ", ".join(row.why), row.uncovered)
        for row in days
        if row.integrity != "proved"
    ]
    whole = len(days) - len(bad)
    words = f"<p>{whole:,} of {len(days):,} days are whole and unchanged since delivery, by account and region.</p>"
    if not bad:
        return [title, words]
    head = ("day", "account", "region", "integrity", "hours", "why", "uncovered")
    more = f'<p class="note">{_DAYS:,} of {len(bad):,}; integrity.csv has all.</p>' if len(bad) > _DAYS else ""
    return [title, words, _table(head, bad[:_DAYS]), more]


def _coverage(facts: ReportFacts) -> list[str]:
    coverage = facts.coverage
    days = facts.manifest["coverage"]["days"]
    words = ", ".join(f"{number:,} {state}" for state, number in days.items()) or "none"
    parts = ["<h2>What was read</h2>", f"<p>Days: {_text(words)}. Files: {coverage.files:,}.</p>"]
    gaps = [day for day in coverage.days if day.state in {"missing", "failed"}]
    if gaps:
        parts.append(_table(("day", "state", "why"), [(day.day, day.state, day.why) for day in gaps[:_DAYS]]))
    if coverage.unreadable:
        unreadable = [(each.file, each.why, f"{each.records_kept:,}") for each in coverage.unreadable[:_DAYS]]
        parts.append(_table(("unreadable file", "why", "records kept"), unreadable))
    left = facts.manifest["answers_left_out"]
    parts += [f"<p>Not answered: {_text(name)}: {_text(why)}</p>" for name, why in left.items()]
    return parts


def _limits() -> list[str]:
    return ["<h2>What this does not prove</h2>", "<ul>", *(f"<li>{_text(line)}</li>" for line in LIMITS), "</ul>"]
