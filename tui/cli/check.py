"""`ssmtrail check`: sessions held against the access policy; an explanation of one; a first policy."""

from __future__ import annotations

import shutil
import sys
from itertools import chain
from typing import TYPE_CHECKING, Final, cast

from ssmtrail.queries.errors import UsageError
from ssmtrail.queries.filters import Filter
from ssmtrail.queries.filters.keys import VERDICTS
from ssmtrail.queries.model import Question, Sort
from ssmtrail.queries.plurals import count_text
from ssmtrail.queries.policy.access import UNJUDGED, VIOLATIONS
from ssmtrail.queries.times import utc_text
from ssmtrail.tui.cli.console import ANSWERED, CHECK_FAILED, INCOMPLETE, Console, run_with_trail
from ssmtrail.tui.cli.query import Order, opened, read_source, scope_of, warn_of_gaps
from ssmtrail.tui.formats import write_rows
from ssmtrail.tui.formats.rows import Rows
from ssmtrail.widgets.text import safe

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from threading import Event

    from ssmtrail.queries.config import Settings
    from ssmtrail.queries.judging import Check, Explanation
    from ssmtrail.queries.model import Row
    from ssmtrail.queries.policy.approvals import Approvals
    from ssmtrail.queries.trail import Trail
    from ssmtrail.tui.choice import SourceChoice
    from ssmtrail.tui.cli.options import Options
    from ssmtrail.tui.formats import Format

#: Stable: fields of what a check lists.
CHECK_FIELDS: Final = (
    "policy", "rule", "policy_why", "at", "person", "person_evidence", "person_kind", "role", "target", "target_name",
    "environment", "account", "region", "kind", "destination", "reason", "status", "session_id", "event_ids",
)  # fmt: skip
#: The worst verdicts first (it happens that they are last in the alphabet), then the newest.
_ORDER: Final = (Sort("policy", descending=True), Sort("at", descending=True))
#: What is not plainly allowed: sessions, then refused calls. Negated terms go with every filter of the user's.
_LISTED: Final = (
    "-policy:allowed -status:failed,denied",
    "-policy:allowed -status:failed,started,orphan,reported-only",
)
_ANSWERS: Final = {True: "yes", False: "no", None: "unknown"}


def check(options: Options, settings: Settings, choice: SourceChoice) -> int:
    """Check, explain or draft; gives the exit status. Raises UsageError, FilterError, TrailError."""
    from ssmtrail.tui.open_trail import open_trail

    if settings.policy is None and not options.draft:
        raise UsageError("Name the access policy: --policy access.toml, or policy in the configuration.")
    if options.draft and options.explain:
        raise UsageError("--draft and --explain do not go together.")
    scope = scope_of(options, ("sessions",), pays=choice.pays)
    order = Order(
        Question("sessions", scope, _ORDER), settings, output=options.output_file,
        allow_incomplete=options.allow_incomplete, quiet=options.quiet, priced=choice.priced,
    )  # fmt: skip
    console = Console(quiet=order.quiet)
    return run_with_trail(
        lambda: open_trail(choice, settings),
        lambda trail, cancelled: _checked(options, order, trail, console, cancelled),
        console,
    )


def _checked(options: Options, order: Order, trail: Trail, console: Console, cancelled: Event) -> int:
    coverage = read_source(order, trail, console, cancelled)
    scope = order.question.scope
    failed = False
    if options.draft:
        _write_text(order, trail.draft_policy(scope, cancelled))
    elif options.explain:
        _write_text(order, explanation_text(trail.explain(options.explain, scope, cancelled)))
    else:
        found = trail.check_scope(scope, cancelled)
        _list(options, order, trail, found, console, cancelled)
        _summarise(found, trail, order, console)
        failed = found.fails(frozenset(options.fail_on))
    complete = warn_of_gaps(coverage, console)
    if not complete and not order.allow_incomplete:
        return INCOMPLETE
    return CHECK_FAILED if failed else ANSWERED


def _list(options: Options, order: Order, trail: Trail, found: Check, console: Console, cancelled: Event) -> None:
    """Write what is not plainly allowed, refused calls last."""
    with_answers = [_rows(order, trail, terms, cancelled) for terms in _LISTED]
    rows = Rows(CHECK_FIELDS, lambda: chain.from_iterable(each.pages() for each in with_answers))
    with opened(order.output) as out:
        if options.report in {"junit", "sarif"}:
            from ssmtrail.tui.formats import ci

            policy = trail.policy
            assert policy is not None
            (ci.write_junit if options.report == "junit" else ci.write_sarif)(rows, found, policy, out)
            return
        to_terminal = order.output is None and sys.stdout.isatty()
        width = shutil.get_terminal_size().columns if to_terminal else None
        if options.report == "table" and not any(page for page in rows.pages()):
            return  # a header of nothing says less than the summary
        left = write_rows(cast("Format", options.report), rows, out, width)
    if left:
        console.inform(f"{len(left)} of {len(CHECK_FIELDS)} columns do not fit; --format csv or a pipe has all of them")


def _rows(order: Order, trail: Trail, terms: str, cancelled: Event) -> Rows:
    """The rows that also match these terms; read page by page, from an answer that lives as long as the trail."""
    question = order.question.narrowed(Filter(f"{order.question.scope.filter.text} {terms}".strip()))
    answer = trail.ask(question, cancelled)

    def pages() -> Iterator[tuple[Row, ...]]:
        return Rows.of(answer, CHECK_FIELDS, cancelled).pages()

    return Rows(CHECK_FIELDS, pages)


def _summarise(found: Check, trail: Trail, order: Order, console: Console) -> None:
    scope = order.question.scope
    policy = trail.policy
    assert policy is not None
    total = sum(found.sessions.values())
    parts = [f"{found.sessions[verdict]:,} {verdict}" for verdict in VERDICTS if found.sessions.get(verdict)]
    console.inform(
        f"{count_text(total, 'session')}: {', '.join(parts) or 'nothing to judge'} · {scope.window.label(scope.zone)}"
        f" · policy {policy.digest}"
    )
    whys = sorted(found.whys.items(), key=lambda each: (-each[1], each[0]))
    if whys:
        console.inform("why: " + ", ".join(f"{number:,} {why}" for why, number in whys))
    if policy.approvals is not None:
        console.inform(_approvals_words(policy.approvals))
    if refused := sum(found.attempts.values()):
        outside = found.attempts.get("violation", 0)
        console.inform(f"{count_text(refused, 'refused call')}, {outside:,} of them outside the policy, listed last")
    if found.unused:
        console.inform(f"rules that allowed nothing: {', '.join(found.unused)}")


def _approvals_words(approvals: Approvals) -> str:
    """How many approvals there are, and what is odd about them."""
    odd = (
        (approvals.endless, "without an end"),
        (approvals.by_themselves, "by the person themselves, which count as none"),
        (approvals.ends_of_nothing, "that end what no row began"),
    )
    parts = [f"{number:,} {words}" for number, words in odd if number]
    return ", ".join((count_text(len(approvals.given), "approval"), *parts))


def _write_text(order: Order, text: str) -> None:
    with opened(order.output) as out:
        out.write(text.encode())


def explanation_text(found: Explanation) -> str:
    """The session in some lines, then a line for each rule."""
    session = {name: safe(_shown(value)) for name, value in found.session.items()}
    words = VIOLATIONS.get(session["policy_why"]) or UNJUDGED.get(session["policy_why"]) or ""
    reached = f" to {session['destination']}" if session["destination"] else ""
    lines = [
        f"{session['session_id'] or session['key']}  {session['at']}  {session['status']}",
        f"{session['person'] or 'unknown person'} ({session['person_evidence']}), role {session['role'] or 'none'}",
        f"{session['kind']}{reached} on {session['target'] or 'unknown machine'} {session['target_name']}".rstrip(),
        f"environment {session['environment'] or 'unknown'}, reason {session['reason'] or 'none'}",
        f"approval {session['approval'] or 'none'}",
        f"verdict {session['policy'] or 'none'}, rule {session['rule'] or 'none'}" + (f": {words}" if words else ""),
        "",
    ]
    if found.left is not False:
        lines.append(f"  [left]  had left: {_ANSWERS[found.left]}")
    wide = max((len(safe(each.rule.id)) for each in found.rules), default=0)
    for each in found.rules:
        written = {
            "who": ", ".join(each.rule.written_who), "where": each.rule.where, "how": ", ".join(each.rule.how),
            "until": utc_text(each.rule.until) if each.rule.until else "",
            "hours": each.rule.hours.text if each.rule.hours else "", "require": ", ".join(each.rule.require),
        }  # fmt: skip
        answers = [
            f"{key} {_ANSWERS[answer]}" + ("" if answer else f" ({safe(written[key])})")
            for key, answer in each.conditions.items()
            if written[key]
        ]
        lines.append(f"  {safe(each.rule.id):<{wide}}  {' · '.join(answers)}")
    return "\n".join(lines) + "\n"


def _shown(value: object) -> str:
    if value is None:
        return ""
    return utc_text(cast("datetime", value)) if hasattr(value, "tzinfo") else str(value)
