"""Texts of the page of a session: title, facts, calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textual.content import Content

from ssmtrail.tui.frame.evidence_text import (
    beginning_fact,
    chain_facts,
    conflict_fact,
    ending,
    evidence_facts,
    integrity_fact,
    kind_words,
    length_cell,
    omission_fact,
)
from ssmtrail.tui.frame.lists_text import Record
from ssmtrail.tui.frame.policy_text import policy_facts
from ssmtrail.tui.text import plural
from ssmtrail.tui.views.sessions import destination_text
from ssmtrail.widgets.table import Column, TableRow
from ssmtrail.widgets.text import safe

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ssmtrail.queries.model import CallDetail, SessionDetail
    from ssmtrail.tui.signs import Signs
    from ssmtrail.tui.text import Clock
    from ssmtrail.widgets.table import Cell

CALL_COLUMNS: Final = (
    Column("time", "Time", 15),
    Column("call", "Call", 16),
    Column("outcome", "Outcome", 12, max_width=26, flex=1),
    Column("person", "Person", 14, flex=1, priority=2),
    Column("from", "From", 15, priority=3),
    Column("id", "Event", 9, flex=2, shorten="middle", priority=1, max_width=36),
    Column("note", "", 10, flex=3, priority=4),
)


def record_of(detail: SessionDetail) -> Record:
    """The session's row."""
    return Record.of(detail.columns, detail.row)


def who_and_where(row: Record, signs: Signs) -> str:
    """`jane.doe → web-3`: the page's name in the breadcrumb."""
    person = row.text("person_shown") or row.text("person") or signs.unsure
    machine = row.text("target_name") or row.text("target") or signs.unsure
    return f"{safe(person)} {signs.arrow} {safe(machine)}"


def title(row: Record, signs: Signs, accounts: Mapping[str, str], between: str = "   ") -> Content:
    """`jane.doe → web-3  i-0ab1c2d3e4f5a6b7c4   shell · prod · eu-central-1 · 111122223333 (main)`."""
    target = row.text("target") if row.text("target_name") else None
    account = row.text("account") or ""
    places = [row.text("kind"), row.text("environment"), row.text("region"), account]
    about = f" {signs.dot} ".join(safe(place) for place in places if place)
    name = accounts.get(account)
    return Content.assemble(
        (who_and_where(row, signs), "bold"),
        (f"  {safe(target)}" if target else "", "$text-muted"),
        f"{between}{about}",
        f" ({safe(name)})" if name else "",
    )


def session_facts(
    detail: SessionDetail, clock: Clock, signs: Signs, *, narrow: bool = False
) -> Sequence[tuple[str, Cell]]:  # fmt: skip
    """The page's facts, in the order in which an auditor asks."""
    row = record_of(detail)
    facts: list[tuple[str, Cell]] = [beginning_fact(row, clock)]
    facts += [("person", _person(row, signs)), *evidence_facts(row, signs)[:1]]
    facts += chain_facts(detail.chain, clock, signs, narrow=narrow)
    facts += [fact for fact in evidence_facts(row, signs)[1:] if fact[0] in ("claimed", "source id")]
    facts += [*policy_facts(row), *conflict_fact(row), *integrity_fact(row), *omission_fact(row)]
    facts.append(("from", _origin(row, signs)))
    if resumes := [clock.time(call.event_time) for call in detail.calls if _resumed(call)]:
        facts.append(("resumed", "  ".join(resumes)))
    facts.append(("ended", ending(row, clock)))
    if row.number("length_seconds") is not None:
        facts.append(("length", length_cell(row, signs)))
    facts += [(label, safe(value)) for label, value in _asked_for(row) if value]
    if name := name_words(row, clock):
        facts.append(("machine", name))
    facts += [("nearby", _nearby(detail, row)), ("transcript", _transcript(row))]
    return facts + [(label, safe(value)) for label, value in _names(row) if value]


#: How the name of a machine is known, by `name_source`.
_NAMED_BY: Final = {
    "record": "so named then, by CloudTrail's records",
    "snapshot": "so named when it was last seen at AWS before",
    "later": "so named later: no record of its name then",
    "today": "so named in the inventory of today",
}


def name_words(row: Record, clock: Clock) -> Cell:
    """How the machine's name is known, its other names, when it was terminated; empty where nothing is known."""
    name, gone = row.text("target_name"), row.time("terminated_at")
    others = ", ".join(safe(each) for each in row.texts("target_names") if each != name)
    by = _NAMED_BY.get(row.text("name_source") or "", "") if name else ""
    parts = (
        f"{safe(name)}, {by}" if name and by else "",
        f"at other times {others}" if others else "",
        f"terminated {clock.exact(gone)}" if gone else "",
    )
    words = "; ".join(part for part in parts if part)
    return (words, "warn") if row.text("name_source") == "later" else words


def _origin(row: Record, signs: Signs) -> Cell:
    # The program alone: the whole text, which goes on for lines, is in the record below.
    agent = (row.text("user_agent") or "").partition(" ")[0]
    mfa = {"true": "MFA", "false": "no MFA"}.get(row.text("mfa") or "", "MFA not recorded")
    parts = [safe(row.text("source_ip") or signs.unsure) + (f" with {safe(agent)}" if agent else ""), mfa]
    if row.text("from_console") == "true":
        parts.append("from the console")
    return ", ".join(parts)


def _resumed(call: CallDetail) -> bool:
    return call.event_name == "ResumeSession" and call.outcome == "ok"


def _person(row: Record, signs: Signs) -> Cell:
    role, kind = row.text("role"), kind_words(row.text("person_kind"))
    behind = f", role {safe(role)}" if role else ""
    person = row.text("person")
    if person is None:
        return (f"{safe(row.text('person_shown') or signs.unsure)}: no name is recorded", "warn")
    return f"{safe(person)}, {kind}{behind}"


def _asked_for(row: Record) -> Sequence[tuple[str, str | None]]:
    return (
        ("to", destination_text(row)),
        ("command", row.text("command")),
        ("reason", row.text("reason")),
        ("error", row.text("error_message")),
    )


def _names(row: Record) -> Sequence[tuple[str, str | None]]:
    return (
        ("document", row.text("document")),
        ("identity", row.text("identity_arn")),
        ("session", row.text("session_id")),
    )


def _nearby(detail: SessionDetail, row: Record) -> Cell:
    machine = safe(row.text("target_name") or row.text("target") or "this machine")
    key = "   (a: as of)" if row.text("target") else ""
    if not detail.nearby:
        return (f"no other session was then possibly open on {machine}{key}", "muted")
    verb = "was" if detail.nearby == 1 else "were"
    return f"{plural(detail.nearby, 'other session')} {verb} then possibly open on {machine}{key}"


def _transcript(row: Record) -> Cell:
    """Whether there can be a transcript: only looking for one says whether there is."""
    from ssmtrail.queries.transcripts.model import SessionFacts, never_recorded

    why = never_recorded(SessionFacts.of(row.values))
    return (f"none: {why}" if why else "T looks for one, and says what is not known", "muted")


def call_rows(calls: Sequence[CallDetail], clock: Clock, signs: Signs) -> list[TableRow]:
    """The session's calls in their order."""
    return [
        TableRow(
            key=call.event_id,
            cells={
                "time": clock.row(call.event_time),
                "call": safe(call.event_name),
                "outcome": (safe(call.outcome), "muted" if call.outcome == "ok" else "bad"),
                "person": safe(call.person or signs.unsure),
                "from": safe(call.source_ip or signs.unsure),
                "id": (safe(call.event_id), "muted"),
                "note": (safe(call.note), "muted"),
            },
            mark="" if call.outcome == "ok" else (signs.bad, "bad"),
        )
        for call in calls
    ]


def record_caption(call: CallDetail) -> str:
    """The line above a record: its file, and whether it is the exact record."""
    exact = "record of the call under the cursor" if call.exact else "put together from the table's columns"
    return f"{exact}, in {safe(call.file)}" if call.file else exact


def lone_call_facts(call: CallDetail, clock: Clock, signs: Signs) -> Sequence[tuple[str, Cell]]:
    """The facts of a call that belongs to no session."""
    door: list[tuple[str, Cell]] = [("door", safe(call.door)), ("says", safe(call.note))] if call.door else []
    return [
        *door,
        ("time", clock.exact(call.event_time)),
        ("outcome", (safe(call.outcome), "" if call.outcome == "ok" else "bad")),
        ("person", safe(call.person) if call.person else (signs.unsure, "warn")),
        ("from", safe(call.source_ip) if call.source_ip else (signs.unsure, "warn")),
        ("event", safe(call.event_id)),
    ]
