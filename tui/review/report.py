"""The page of a review: what is to be decided, with room for it on paper, and what it rests on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ssmtrail.tui.evidence.facts import asked_rows
from ssmtrail.tui.evidence.limits import REVIEW_LIMITS
from ssmtrail.tui.evidence.overview import coverage_part, findings_part
from ssmtrail.tui.formats.html import bullets, cut_note, matrix_table, page, table, text, usage_chart

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ssmtrail.queries.model import Coverage, Row
    from ssmtrail.tui.evidence.overview import Overview
    from ssmtrail.tui.review.rows import Cell

#: Rows of a table that are shown; the files have all.
_ROWS: Final = 1_000
_NUMBERS: Final = frozenset({3, 4})
_HEAD: Final = ("person", "where", "role", "sessions", "denied", "last used", "verdict", "decision")
_WORSE: Final = frozenset({"violation", "unjudged"})


@dataclass(frozen=True, slots=True)
class ReviewFacts:
    """What the page shows."""

    manifest: Mapping[str, Any]
    coverage: Coverage
    overview: Overview
    rows: Sequence[Mapping[str, Cell]]
    unjudged: Sequence[Mapping[str, Cell]]
    never: Sequence[Row]


def review_html(facts: ReviewFacts) -> str:
    """The whole page; text from logs is escaped, control characters are shown."""
    overview = facts.overview
    parts = [*_heading(facts), *_rows(facts), *_never(facts), *_unjudged(facts), *usage_chart(overview.usage)]
    parts += matrix_table(overview.matrix, "query pairs --grid writes all")
    parts += findings_part(overview, "query findings lists all")
    parts += [*_policy(facts), *coverage_part(facts.coverage, "`ssmtrail query` of the same source names all")]
    parts += ["<h2>What this does not prove</h2>", bullets(REVIEW_LIMITS), *_acknowledged()]
    return page("Access to machines: review", parts)


def _heading(facts: ReviewFacts) -> list[str]:
    manifest = facts.manifest
    made, totals = manifest["made"], manifest["totals"]
    asked = [
        *asked_rows(manifest),
        ("Population as of", manifest["as_of"]),
        ("Written", f"{made['made_at']} by {made['made_by']} on {made['host']}"),
        ("Complete", "yes, as far as was read" if manifest["complete"] else "NO: see what was read"),
    ]
    counted: list[tuple[str, object]] = [
        ("rows to decide", f"{totals['rows']:,}"),
        ("people", f"{totals['people']:,}"),
        ("sessions", f"{totals['sessions']:,}"),
        ("sessions without a start", f"{totals['without_start']:,}"),
        ("refused calls", f"{totals['denied']:,}"),
        ("failed calls", f"{totals['failed']:,}"),
        *((f"sessions: {verdict}", f"{number:,}") for verdict, number in totals["verdicts"].items()),
    ]
    return [
        "<h1>Who had access to which machines: review</h1>",
        table(("Asked", ""), asked),
        "<h2>Totals</h2>",
        table(("", "number"), counted, frozenset({1})),
    ]


def _rows(facts: ReviewFacts) -> list[str]:
    shown = sorted(facts.rows, key=lambda row: row["verdict"] not in _WORSE)[:_ROWS]
    lines = (
        (
            _lines(row["person"] or "unknown", f"known by {row['person_evidence']}"),
            _lines(row["environment"] or "no known environment", row["account_name"] or row["account"]),
            row["role"] or row["via"],
            f"{row['sessions']:,}",
            f"{row['denied']:,}",
            str(row["last_used"] or "")[:10],
            _lines(row["verdict"], row["policy_why"], row["rule"], row["changed_since_last"]),
            "",
        )
        for row in shown
    )
    return [
        "<h2>To be decided</h2>",
        '<p class="note">Decide in review.csv; keep, revoke or change, with reviewer and date. Violations first.</p>',
        table(_HEAD, lines, _NUMBERS),
        cut_note(len(shown), len(facts.rows), "review.csv has all"),
    ]


def _lines(*values: object) -> str:
    return " · ".join(str(value) for value in values if value)


def _never(facts: ReviewFacts) -> list[str]:
    title, roster = "<h2>Granted and never used</h2>", facts.manifest["roster"]
    if roster is None:
        return [title, "<p>Not known: no roster was given.</p>"]
    words = f"<p>{roster['never_used']:,} of {roster['grants']:,} grants have no proved session in this window.</p>"
    if not facts.never:
        return [title, words]
    head = ("person", "account", "role", "environment", "refused", "sessions under a typed name", "possible sessions")
    shown = facts.never[:_ROWS]
    return [
        title, words, table(head, shown, frozenset({4, 5, 6})),
        cut_note(len(shown), len(facts.never), "never-used.csv has all"),
    ]  # fmt: skip


def _unjudged(facts: ReviewFacts) -> list[str]:
    title = "<h2>What cannot be judged</h2>"
    if not facts.unjudged:
        return [title, "<p>Nothing.</p>"]
    head = ("person", "account", "environment", "role", "why", "sessions", "last used")
    rows: Iterable[Sequence[object]] = (
        (
            row["person"] or "unknown", row["account"], row["environment"], row["role"] or row["via"], row["why"],
            f"{int(row['sessions'] or 0) + int(row['without_start'] or 0):,}", str(row["last_used"] or "")[:10],
        )
        for row in facts.unjudged[:_ROWS]
    )  # fmt: skip
    return [title, table(head, rows, frozenset({5})), cut_note(_ROWS, len(facts.unjudged), "unjudged.csv has all")]


def _policy(facts: ReviewFacts) -> list[str]:
    title, policy = "<h2>Access policy</h2>", facts.manifest["policy"]
    if policy is None:
        return [title, "<p>None: nothing was judged.</p>"]
    idle = policy["rules_that_allowed_nothing"]
    words = f"{policy['file']}, {policy['digest']}. Rules that allowed nothing: {', '.join(idle) or 'none'}."
    return [title, f"<p>{text(words)}</p>"]


def _acknowledged() -> list[str]:
    head = ("Acknowledged by", "role", "date", "signature")
    return ["<h2>Acknowledgement</h2>", table(head, [("", "", "", "")] * 2)]
