"""The report of an evidence pack: one HTML file that loads nothing and runs nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from ssmtrail.queries.integrity.rows import DAY_FIELDS
from ssmtrail.tui.evidence.facts import asked_rows
from ssmtrail.tui.evidence.overview import MOST_DAYS, coverage_part, findings_part
from ssmtrail.tui.formats.html import bullets, cut_note, matrix_table, page, table, text, usage_chart

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ssmtrail.queries.model import Coverage
    from ssmtrail.tui.evidence.overview import Overview


@dataclass(frozen=True, slots=True)
class ReportFacts:
    """What the report shows."""

    manifest: Mapping[str, Any]
    coverage: Coverage
    days: Sequence[Sequence[object]]
    """What digests prove of each day, account and region, as `DAY_FIELDS`."""
    overview: Overview


def report_html(facts: ReportFacts) -> str:
    """The whole page; text from logs is escaped, control characters are shown."""
    overview = facts.overview
    parts = [*_heading(facts), *usage_chart(overview.usage)]
    parts += matrix_table(overview.matrix, "answers/sessions.csv has all")
    parts += findings_part(overview, "answers/findings.csv has all")
    parts += _transcripts(facts.manifest["transcripts"])
    parts += [*_integrity(facts), *coverage_part(facts.coverage, "skipped.csv has all")]
    left = facts.manifest["answers_left_out"]
    parts += [f"<p>Not answered: {text(name)}: {text(why)}</p>" for name, why in left.items()]
    return page(
        "Access to machines: evidence", [*parts, "<h2>What this does not prove</h2>", bullets(facts.manifest["limits"])]
    )


def _heading(facts: ReportFacts) -> list[str]:
    records = facts.manifest["records"]
    counted: list[tuple[str, object]] = [
        (f"rows of {each['question']}", f"{each['rows']:,}") for each in facts.manifest["answers"]
    ]
    counted += facts.overview.counts
    counted += [("records", f"{records['rows']:,}"), ("events without a record", f"{records['without_record']:,}")]
    return [
        "<h1>Who was on which machine: evidence</h1>",
        table(("Asked", ""), asked_rows(facts.manifest)),
        "<h2>Totals</h2>",
        table(("", "number"), counted, frozenset({1})),
    ]


def _transcripts(found: Mapping[str, Any] | None) -> list[str]:
    title = "<h2>Transcripts</h2>"
    if found is None:
        return [title, "<p>Not in this pack.</p>"]
    states = table(("state", "sessions"), [(state, f"{number:,}") for state, number in found["states"].items()])
    words = f"{found['files']:,} files of {found['bytes']:,} bytes, written by {found['written_by']}, not redacted."
    unread = f" {found['unread']:,} recorded ones could not be read." if found["unread"] else ""
    return [title, states, f"<p>{text(words + unread)} transcripts/index.jsonl has each session.</p>"]


def _integrity(facts: ReportFacts) -> list[str]:
    title = "<h2>Integrity of the log files</h2>"
    if facts.manifest["integrity"] is None:
        return [title, "<p>Not checked: no keys were given, and no earlier check of these files is kept.</p>"]
    named = [dict(zip(DAY_FIELDS, row, strict=True)) for row in facts.days]
    bad = [
        (*(row[name] for name in ("day", "account", "region", "integrity")), f"{row['hours']} of 24",
         ", ".join(cast("Sequence[str]", row["why"])), row["uncovered"])
        for row in named
        if row["integrity"] != "proved"
    ]  # fmt: skip
    whole = len(named) - len(bad)
    words = f"<p>{whole:,} of {len(named):,} days are whole and unchanged since delivery, by account and region.</p>"
    checked = {str(row["day"]) for row in named}
    if unchecked := sum(day.day.isoformat() not in checked for day in facts.coverage.days):
        words += f"<p>Days that were not checked, or whose files have changed since: {unchecked:,}.</p>"
    if not bad:
        return [title, words]
    head = ("day", "account", "region", "integrity", "hours", "why", "uncovered")
    more = cut_note(MOST_DAYS, len(bad), "integrity.csv has all")
    return [title, words, table(head, bad[:MOST_DAYS]), more]
