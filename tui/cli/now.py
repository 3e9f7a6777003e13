"""`ssmtrail now`: whose sessions are connected at this minute."""

from __future__ import annotations

import shutil
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from ssmtrail.queries.plurals import count_text
from ssmtrail.queries.times import Window
from ssmtrail.tui.cli.console import ANSWERED, INCOMPLETE, Console, run_interruptible
from ssmtrail.tui.cli.query import opened, warn_of_gaps
from ssmtrail.tui.formats import write_rows
from ssmtrail.tui.formats.rows import Rows

if TYPE_CHECKING:
    from threading import Event

    from ssmtrail.queries.config import Settings
    from ssmtrail.tui.choice import SourceChoice
    from ssmtrail.tui.formats import Format

_COLUMNS: Final = (
    "person", "person_evidence", "person_kind", "target", "target_name", "kind", "started_at", "source_ip", "role",
    "account", "region", "session_id", "status",
)  # fmt: skip
#: Calls of so long ago are read for who a session is; of an older one Session Manager's owner is all that is known.
_SINCE: Final = "1d"
_WHERE: Final = "status:started,orphan,reported-only"


def print_now(choice: SourceChoice, settings: Settings, form: Format, *, quiet: bool) -> int:
    """Ask Session Manager in all regions who is connected, and print it; gives the exit status."""
    console = Console(quiet=quiet)
    return run_interruptible(lambda cancelled: _printed(choice, settings, form, console, cancelled), console)


def _printed(choice: SourceChoice, settings: Settings, form: Format, console: Console, cancelled: Event) -> int:
    from ssmtrail.tui.open_trail import open_trail

    with open_trail(choice, settings) as trail:
        asked_at = datetime.now(UTC).replace(microsecond=0)
        trail.refresh(_SINCE, progress=console.report, cancelled=cancelled)
        console.clear()
        # Session Manager said `Connected` when it was asked: that is the last sign of life of such a session.
        sessions = trail.sessions(_WHERE, cancelled=cancelled)
        found = [each for each in sessions if each.alive_at is not None and each.alive_at >= asked_at]
        rows = tuple(tuple(getattr(each, column) for column in _COLUMNS) for each in found)
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
        with opened(None) as out:
            write_rows(form, Rows(_COLUMNS, lambda: iter((rows,))), out, width)
        coverage = trail.coverage(Window.parse(_SINCE, None, asked_at))
        console.inform(
            f"{count_text(len(rows), 'session')} connected at {asked_at:%H:%M:%S} UTC in "
            f"{count_text(coverage.files, 'region')}: the client is connected, which does not prove that the person is "
            "there"
        )
        complete = warn_of_gaps(coverage, console) and not coverage.notes
        return ANSWERED if complete else INCOMPLETE
