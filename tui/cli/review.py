"""`ssmtrail review`: writes the files of an access review; with `--check` looks at what was decided."""

from __future__ import annotations

import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ssmtrail.queries.errors import StoreError, UsageError
from ssmtrail.queries.filters import Filter
from ssmtrail.queries.model import Question, Scope
from ssmtrail.queries.plurals import count_text
from ssmtrail.queries.times import Window
from ssmtrail.tui.cli.console import (
    ANSWERED,
    CHECK_FAILED,
    INCOMPLETE,
    Console,
    run_with_trail,
)
from ssmtrail.tui.cli.query import Order, need_policy, read_source, scope_of, warn_of_gaps

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from threading import Event

    from ssmtrail.queries.config import Settings
    from ssmtrail.queries.policy.roster import Roster
    from ssmtrail.queries.trail import Trail
    from ssmtrail.tui.choice import SourceChoice
    from ssmtrail.tui.cli.options import Options
    from ssmtrail.tui.review.checking import Decided
    from ssmtrail.tui.review.reading import Written

#: Sentences of one kind that are printed; the rest is counted.
_NAMED: Final = 50


def review(options: Options, settings: Settings) -> int:
    """Write a review, or check one; gives the exit status. Raises UsageError, FilterError, TrailError."""
    if options.check is not None:
        return _check(options, settings)
    from ssmtrail.queries.policy.roster import read_roster
    from ssmtrail.tui.cli.sources import source_of
    from ssmtrail.tui.open_trail import open_trail
    from ssmtrail.tui.review.reading import read_review

    if options.out is None:
        raise UsageError("Name a new folder for the review: --out DIR, or one to check: --check DIR.")
    if options.sha256:
        raise UsageError("--sha256 is for --check only.")
    if options.out.is_file() or (options.out.is_dir() and any(options.out.iterdir())):
        raise UsageError(f"{options.out} is not empty: name a new folder, so that no decision is lost.")
    choice = source_of(options, settings)
    order = _order(options, settings, choice, scope_of(options, ("sessions",), pays=choice.pays))
    need_policy(settings, order.question.scope.filter)
    roster = read_roster(options.roster) if options.roster else None
    previous = read_review(options.previous) if options.previous else None
    console = Console(quiet=options.quiet)
    for fault in previous.faults[:_NAMED] if previous else ():
        console.warn(f"the previous review is not as it was written: {fault}")

    def work(trail: Trail, cancelled: Event) -> int:
        return _written(options.out or Path(), order, trail, (roster, previous), console, cancelled)

    return run_with_trail(lambda: open_trail(choice, settings), work, console)


def _order(options: Options, settings: Settings, choice: SourceChoice, scope: Scope) -> Order:
    return Order(
        Question("sessions", scope), settings, allow_incomplete=options.allow_incomplete, quiet=options.quiet,
        priced=choice.priced,
    )  # fmt: skip


def _written(
    out: Path, order: Order, trail: Trail, beside: tuple[Roster | None, Written | None],
    console: Console, cancelled: Event,
) -> int:  # fmt: skip
    from ssmtrail.tui.evidence.archive import file_sha256
    from ssmtrail.tui.evidence.facts import made_facts
    from ssmtrail.tui.evidence.pack import MANIFEST
    from ssmtrail.tui.review.writing import ReviewOrder, write_review

    coverage = read_source(order, trail, console, cancelled)
    complete = warn_of_gaps(coverage, console)
    now = datetime.now(UTC).replace(microsecond=0)
    roster, previous = beside
    asked = ReviewOrder(
        order.question.scope, order.settings, coverage, complete, roster, previous, made_facts(trail, now), now
    )
    try:
        # A folder that only its owner can read, which is complete once it has its name.
        part = Path(tempfile.mkdtemp(prefix=f".{out.name[:100]}.", dir=out.parent))
        try:
            pack = write_review(part, trail, asked, cancelled)
            part.replace(out)
        except BaseException:
            shutil.rmtree(part, ignore_errors=True)
            raise
    except OSError as error:
        raise StoreError(f"{out} cannot be written: {error.strerror or error}.") from error
    _summarise(out, pack.manifest, console)
    console.inform(f"sha256 of {MANIFEST} {file_sha256(out / MANIFEST)}: keep it apart, for --check --sha256")
    return ANSWERED if complete or order.allow_incomplete else INCOMPLETE


def _summarise(out: Path, manifest: Mapping[str, Any], console: Console) -> None:
    totals, used = manifest["totals"], manifest["roster"]
    verdicts = ", ".join(f"{number:,} {verdict}" for verdict, number in totals["verdicts"].items())
    counted = [
        f"{count_text(totals['rows'], 'row')} to decide in review.csv",
        f"{totals['people']:,} people",
        count_text(totals["sessions"], "session"),
        *([f"{totals['without_start']:,} without a start"] if totals["without_start"] else []),
    ]
    console.inform(f"{out}: {', '.join(counted)}" + (f": {verdicts}" if verdicts else ""))
    if used:
        console.inform(f"{used['never_used']:,} of {count_text(used['grants'], 'grant')} never used")


# --- checking ---


def _check(options: Options, settings: Settings) -> int:
    from ssmtrail.tui.cli.sources import names_source
    from ssmtrail.tui.review.checking import decided
    from ssmtrail.tui.review.reading import read_review

    given = {
        "--out": options.out, "--previous": options.previous, "--roster": options.roster, "--from": options.start,
        "--where": options.where,
    }  # fmt: skip
    if wrong := next((name for name, value in given.items() if value), ""):
        raise UsageError(f"{wrong} does not go with --check.")
    assert options.check is not None
    now = datetime.now(UTC)
    console = Console(quiet=options.quiet)
    written = read_review(options.check, options.sha256)
    found = decided(written, now)
    counts = ", ".join(f"{number:,} {name}" for name, number in sorted(found.counts.items())) or "none"
    console.inform(f"{options.check}: {count_text(len(written.rows), 'row')}, decided: {counts}")
    if found.without_ticket:
        console.inform(f"{count_text(found.without_ticket, 'row')} to be revoked or changed without a ticket")
    faults = [*written.faults, *found.faults]
    if not found.revoked:
        return _result(faults, [], console)
    if not names_source(options) and settings.athena.table is None:
        sentence = "name a source, such as --logs DIR, to see whether any of them was used again"
        unproved = [f"{count_text(len(found.revoked), 'row')} revoked: {sentence}"]
        return _result(faults, unproved, console)
    return _check_later(options, settings, written, found, faults, console)


def _check_later(
    options: Options, settings: Settings, written: Written, found: Decided, faults: list[str], console: Console
) -> int:
    """Look for revoked people in the records since."""
    from ssmtrail.tui.cli.sources import source_of
    from ssmtrail.tui.open_trail import open_trail
    from ssmtrail.tui.review.checking import later

    now = datetime.now(UTC)
    end = Window.parse(None, options.end, now).end
    since = min(each.since for each in found.revoked)
    choice = source_of(options, settings)
    if since > now or (end and since >= end):
        unproved = [f"{count_text(len(found.revoked), 'row')} revoked too lately: check again later"]
        return _result(faults, unproved, console)
    scope = Scope(Window(since, end), Filter())
    order = _order(options, settings, choice, scope)

    def work(trail: Trail, cancelled: Event) -> int:
        coverage = read_source(order, trail, console, cancelled)
        seen = later(written, found.revoked, trail.accesses(scope, cancelled), trail.covers)
        days = f" up to {coverage.last_day}" if coverage.last_day else ""
        console.inform(f"{count_text(len(found.revoked), 'row')} revoked; looked for in the records{days}")
        complete = warn_of_gaps(coverage, console)
        status = _result([*faults, *seen.back], seen.unproved, console)
        return status if complete or options.allow_incomplete else INCOMPLETE

    return run_with_trail(lambda: open_trail(choice, settings), work, console)


def _result(faults: Sequence[str], unproved: Sequence[str], console: Console) -> int:
    """Print what is wrong and what is not proved; gives the exit status."""
    for sentences in (faults, unproved):
        for sentence in sentences[:_NAMED]:
            console.warn(sentence)
        if len(sentences) > _NAMED:
            console.warn(f"and {len(sentences) - _NAMED:,} more")
    if faults:
        return CHECK_FAILED
    if unproved:
        return INCOMPLETE
    console.inform("all rows are decided, and nothing else was changed")
    return ANSWERED
