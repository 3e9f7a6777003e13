"""The words and signs of evidence: who it was and how that is known, when it began, when it ended."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from ssmtrail.tui.text import length
from ssmtrail.widgets.text import safe, shorten_middle

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ssmtrail.queries.model import ChainLink
    from ssmtrail.tui.frame.lists_text import Record
    from ssmtrail.tui.signs import Signs
    from ssmtrail.tui.text import Clock
    from ssmtrail.widgets.table import Cell

#: `person_kind` in words.
KINDS: Final = {
    "iam-user": "IAM user",
    "root": "root user",
    "identity-center": "Identity Center user",
    "federated": "federated user",
    "role-session": "role session",
    "service": "AWS service",
    "unknown": "unknown",
}
#: The same where there is little room.
_SHORT_KINDS: Final = {
    "iam-user": "IAM",
    "identity-center": "SSO",
    "federated": "fed.",
    "role-session": "role",
    "unknown": "",
}
#: `person_evidence` in words.
_KNOWN_BY: Final = {
    "identity": "AWS set the name",
    "issuer": "the caller who asked for the access key",
    "source-identity": "the source identity, chosen by the one who assumed the first role",
    "session-name": "the session name alone, which the caller typed",
    "none": "nothing names a person",
}
#: Evidence that the person under audit could have made up.
_WEAK: Final = frozenset({"session-name", "source-identity"})
_REFUSED: Final = ("denied", "failed")
_BOUNDS: Final = {
    "machine-stop": "the machine stopped",
    "max-duration": "no session may last longer",
    "transcript": "its transcript was written then",
}


def kind_words(kind: str | None) -> str:
    """`role-session` as `role session`."""
    return KINDS.get(kind or "unknown", safe(kind or ""))


def short_kind(kind: str | None) -> str:
    """`role-session` as `role`, `identity-center` as `SSO`."""
    kind = kind or "unknown"
    return _SHORT_KINDS.get(kind, safe(kind))


def is_unlike(row: Record) -> bool:
    """Whether the record has another name: another known person's, or another source identity."""
    person, source = row.text("person"), row.text("source_identity")
    return row.yes("claims_other") or (person is not None and source is not None and source != person)


def person_sign(row: Record, signs: Signs) -> Cell:
    """The sign behind a person: another name is in the record, or the name is weak evidence."""
    if is_unlike(row):
        return (signs.unlike, "warn")
    return (signs.weak, "muted") if row.text("person_evidence") in _WEAK else ""


def evidence_facts(row: Record, signs: Signs) -> Sequence[tuple[str, Cell]]:
    """How the person is known, and the other names of the record."""
    evidence, kind = row.text("person_evidence"), row.text("person_kind")
    facts: list[tuple[str, Cell]] = []
    if evidence:
        style = "" if evidence in ("identity", "issuer") else "warn"
        facts.append(("known by", (f"{safe(evidence)}: {_KNOWN_BY.get(evidence, '')}", style)))
    if kind:
        facts.append(("who is", kind_words(kind)))
    if claimed := row.text("claimed_name"):
        other = f" {signs.unlike} the name of another person" if row.yes("claims_other") else ""
        facts.append(("claimed", (safe(claimed) + other, "warn" if other else "")))
    if source := row.text("source_identity"):
        differs = row.text("person") not in (None, source)
        other = f" {signs.unlike} the person" if differs else ""
        facts.append(("source id", (safe(source) + other, "warn" if differs else "")))
    if number := row.text("person_id"):
        facts.append(("user id", (safe(number), "muted")))
    return facts


def conflict_fact(row: Record) -> Sequence[tuple[str, Cell]]:
    """That copies of one call contradict each other, and in what."""
    conflict = row.text("conflict")
    if not conflict:
        return []
    what = " and ".join(safe(conflict).split(","))
    return [("conflict", (f"copies of one call name another {what}", "warn"))]


#: What digests prove of the log files of a session's records, by `integrity`.
_INTEGRITY: Final = {
    "proved": ("proved: its log files are as AWS delivered them", ""),
    "changed": ("changed: a log file of its records is not what AWS delivered", "bad"),
    "missing": ("missing: a log file of its records was removed", "bad"),
    "unsigned": ("unsigned: a log file of its records is in no digest of its hour", "bad"),
    "unproved": ("unproved: nothing proves a log file of its records", "warn"),
}


def integrity_fact(row: Record) -> Sequence[tuple[str, Cell]]:
    """What digests prove of its records; nothing where that was not checked."""
    word = row.text("integrity")
    if not word:
        return []
    text, style = _INTEGRITY.get(word, (safe(word), ""))
    return [("integrity", (text, style) if style else text)]


def omission_fact(row: Record) -> Sequence[tuple[str, Cell]]:
    """That CloudTrail left out what was asked for."""
    words = "CloudTrail left the parameters of the call out: kind, destination and reason are unknown"
    return [("omitted", (words, "warn"))] if row.yes("is_omitted") else []


# When.


def started_cell(row: Record, clock: Clock, signs: Signs) -> Cell:
    """The start in a list; of a refused call its own time; where the start is not in the data the latest time."""
    at = row.time("started_at") or (row.time("at") if row.text("status") in _REFUSED else None)
    if at is not None:
        return clock.row(at)
    first = row.time("at")
    if first is None:
        return (signs.unsure, "warn")
    # To the minute, so that it fits.
    return (f"{signs.at_most} {clock.rough_row(first)}", "warn")


def length_cell(row: Record, signs: Signs) -> Cell:
    """How long a session was, or a bound, or why that cannot be said."""
    status, seconds = row.text("status"), row.number("length_seconds")
    if status in _REFUSED:
        return (status or "", "bad")
    if row.text("end_evidence") == "no-shell":
        return ("no shell", "muted")
    bound = row.text("length_bound")
    if seconds is None or bound is None:
        return (signs.unsure, "warn")
    if bound == "exact":
        return length(seconds)
    return (f"{signs.at_most if bound == 'most' else signs.at_least} {length(seconds)}", "warn")


def beginning_fact(row: Record, clock: Clock) -> tuple[str, Cell]:
    """The start with its label; of a refused resume or end when it was asked for."""
    is_other = row.text("status") in _REFUSED and row.time("started_at") is None
    return ("asked" if is_other else "started", beginning(row, clock))


def beginning(row: Record, clock: Clock) -> Cell:
    """The start of a session; for one whose start is not in the data, the latest it can have been."""
    started, at = row.time("started_at"), row.time("at")
    if started is not None:
        return clock.exact(started)
    if row.text("status") in _REFUSED and at is not None:
        return f"{clock.exact(at)}, {refused_call(row)}"
    outside = row.text("outside") or ""
    where = safe(outside).removeprefix("start ") if outside.startswith("start ") else "not in the data"
    return (f"{where}; at the latest {clock.exact(at)}" if at else where, "warn")


_ACTION: Final = re.compile(r"\bssm:(Start|Resume|Terminate)Session\b")
_ASKED: Final = {"Start": "a start", "Resume": "a resume of this session", "Terminate": "an end of this session"}


def refused_call(row: Record) -> str:
    """What was asked for and refused, as far as the error message names the action or the call names no session."""
    if found := _ACTION.search(row.text("error_message") or ""):
        return _ASKED[found[1]]
    return "a resume or an end of this session" if row.text("session_id") else "a start"


_SILENT: Final = (
    "A session closed by exit or by timeout leaves no call. Session Manager knows its end for 30 days;"
    " `--ends` reads it, `ssmtrail ends` keeps it."
)


def ending(row: Record, clock: Clock) -> Cell:
    """The end of a session and its proof; amber where it is not known for sure."""
    if row.text("status") in _REFUSED:
        return (_refused(row), "bad")
    evidence, ended = row.text("end_evidence"), row.time("ended_at")
    if evidence == "no-shell":
        asked = f" at {clock.exact(ended)}" if ended else ", which was refused"
        return f"no shell: the AWS CLI without its plugin started it and asked for its end{asked}"
    if evidence == "reported" and ended is not None:
        return f"{clock.exact(ended)}, as Session Manager reported"
    if evidence == "terminated" and ended is not None:
        call = f"a TerminateSession call{_by(row)}"
        if row.text("length_bound") == "exact":
            return f"{clock.exact(ended)}, by {call}"
        if (bound := _bound(row, clock)) is not None:
            return (f"{bound}; at {clock.exact(ended)} came {call}", "warn")
        return (f"at the latest {clock.exact(ended)}: {call}, which also succeeds on a session that is over", "warn")
    return (_open_end(row, clock), "warn")


def _open_end(row: Record, clock: Clock) -> str:
    outside, alive = row.text("outside") or "", row.time("alive_at")
    known = safe(outside).removeprefix("end ") if outside.startswith("end ") else "not recorded"
    words = f"{known}."
    if row.text("end_evidence") == "alive-at" and alive is not None:
        words += f" It was alive at {clock.exact(alive)}."
    if (bound := _bound(row, clock)) is not None:
        return f"{words} A{bound[1:]}."
    return words if known != "not recorded" else f"{words} {_SILENT}"


def _bound(row: Record, clock: Clock) -> str | None:
    """The earliest bound of the end that is not the recorded end itself."""
    latest, by = row.time("latest_end"), row.text("latest_end_by") or ""
    return f"at the latest {clock.exact(latest)}: {_BOUNDS.get(by, safe(by))}" if latest is not None else None


def _by(row: Record) -> str:
    who = row.text("ended_by")
    if who is None:
        return ""
    return f" of {safe(who)}" + ("" if who == row.text("person") else ", another person")


def _refused(row: Record) -> str:
    verb, code = row.text("status") or "", row.text("error_code")
    words = "it never began: the start" if row.time("started_at") else "nothing changed: the resume or the end"
    how = f"was {verb}" if verb == "denied" else verb
    return f"{words} {how}" + (f", {safe(code)}" if code else "")


# The chain.

#: Cells of an event id where there is little room.
_SHORT_ID: Final = 13


def chain_facts(
    chain: Sequence[ChainLink], clock: Clock, signs: Signs, *, narrow: bool
) -> Sequence[tuple[str, Cell]]:  # fmt: skip
    """`mallory (IAM user)`, then a line for each call: `-> 09:58:12 AssumeRole Deploy as "jane.doe"  1d95…ac34`.

    Nothing where a call had no chain: AWS set the caller's name.
    """
    if not chain or (len(chain) == 1 and chain[0].caller_role is None):
        return []
    lines = [_first_caller(chain[0], signs), *(_link(link, chain[-1], clock, signs, narrow) for link in chain)]
    return [("" if number else "chain", line) for number, line in enumerate(lines)]


def _first_caller(link: ChainLink, signs: Signs) -> Cell:
    if link.caller_role is None and link.caller is not None:
        return f"{safe(link.caller)} ({kind_words(link.caller_kind)})"
    who = f'role {safe(link.caller_role or signs.unsure)} as "{safe(link.caller or signs.unsure)}"'
    return (f"{signs.unsure} {who}: the call that issued its key is not in the data", "warn")


def _link(link: ChainLink, last: ChainLink, clock: Clock, signs: Signs, narrow: bool) -> Cell:
    near = clock.day(link.at) == clock.day(last.at)
    parts = [signs.arrow, clock.time(link.at) if near else clock.row(link.at).strip(), safe(link.call)]
    parts += [safe(link.role)] if link.role else []
    parts += [f'as "{safe(link.name)}"'] if link.name else []
    number = safe(link.event_id or "")
    return " ".join(parts) + f"   {shorten_middle(number, _SHORT_ID, signs.ascii_only) if narrow else number}".rstrip()


def evidence_signs(signs: Signs) -> Iterator[tuple[str, Cell]]:
    """The signs in help."""
    yield signs.weak, ("behind a name: the caller could choose it (session name, source identity)", "muted")
    yield signs.unlike, ("behind a name: the record also has the name of another person", "warn")
    yield signs.conflict, ("copies of one call contradict each other: the details say in what", "warn")
