"""`ssmtrail ends transcripts`: keeps the bounds of ends that transcripts of a window's sessions give."""

from __future__ import annotations

import sys
from collections import Counter
from typing import TYPE_CHECKING

from ssmtrail.queries.config import cache_root
from ssmtrail.queries.model import Question
from ssmtrail.queries.plurals import count_text
from ssmtrail.queries.sources.history.bounds import KeptBounds
from ssmtrail.tui.cli.console import ANSWERED, INCOMPLETE, Console, run_with_trail
from ssmtrail.tui.cli.query import Order, read_source, scope_of, warn_of_gaps

if TYPE_CHECKING:
    from threading import Event

    from ssmtrail.queries.config import Settings
    from ssmtrail.queries.trail import Trail
    from ssmtrail.tui.choice import SourceChoice
    from ssmtrail.tui.cli.options import Options


def keep_bounds(options: Options, settings: Settings, choice: SourceChoice) -> int:
    """Look at the transcripts, keep the bounds alone, print how many; gives the exit status.

    Raises UsageError, FilterError, TrailError.
    """
    from ssmtrail.tui.open_trail import open_trail

    console = Console(quiet=options.quiet)
    scope = scope_of(options, ("sessions",), pays=choice.pays)
    order = Order(Question("sessions", scope), settings, quiet=options.quiet, priced=choice.priced)
    return run_with_trail(
        lambda: open_trail(choice, settings),
        lambda trail, cancelled: _kept(order, trail, console, cancelled),
        console,
    )


def _kept(order: Order, trail: Trail, console: Console, cancelled: Event) -> int:
    from ssmtrail.tui.evidence.transcripts import sessions_of

    coverage = read_source(order, trail, console, cancelled)
    # Of one whose true end is known a transcript says no more.
    sessions = [each for each in sessions_of(trail, order.question.scope, cancelled) if each.end_evidence != "reported"]
    finder, states = trail.transcripts.for_many(), Counter[str]()
    for number, session in enumerate(sessions, 1):
        console.show(f"looking at transcripts: {number:,} of {len(sessions):,}")
        found = trail.transcript(session, cancelled, finder)
        states[found.state] += 1
        if found.copy is not None:
            found.copy.close()
    console.clear()
    kept = KeptBounds(cache_root() / "bounds")
    for cell in sorted(kept.cells()):
        bounds = kept.of(cell).values()
        alive, over = (sum(name in each for each in bounds) for name in ("AliveAt", "EndedBefore"))
        sys.stdout.write(
            f"{'/'.join(cell)}: {count_text(len(bounds), 'session')} kept, {alive:,} alive, {over:,} over\n"
        )
    sys.stdout.flush()
    words = ", ".join(f"{number:,} {state}" for state, number in sorted(states.items())) or "none"
    console.inform(f"transcripts: {words}; their text was not read")
    complete = warn_of_gaps(coverage, console)
    return ANSWERED if complete and not states["unknown"] else INCOMPLETE
