"""`ssmtrail sql`: a founding question as SQL, ready for the console."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING

from queries.errors import UsageError
from tui.asked import scope_of
from tui.athena_options import athena_choice
from tui.talk import Talk
from widgets.safe_text import safe_lines

if TYPE_CHECKING:
    from argparse import Namespace

    from queries.settings import Settings


def print_sql(arguments: Namespace, settings: Settings) -> int:
    """Print it on standard output, what it cannot say on standard error; gives the exit code.

    It reads the table's description, nothing else. Raises FilterError, UsageError, SourceError.
    """
    if arguments.unit and arguments.question != "usage":
        raise UsageError("--unit is for usage only.")
    scope = scope_of(arguments, ("calls",), pays=True)
    choice = athena_choice(arguments, settings.athena)
    from queries.sources.athena.catalog import read_catalog
    from queries.sources.athena.client import connected
    from queries.sources.athena.founding import founding

    table = read_catalog(connected(choice.address), dict(choice.partitions), threading.Event()).table
    asked = founding(
        table, arguments.question, scope, unit=arguments.unit or "day", look_around_days=settings.look_around_days
    )
    talk = Talk(quiet=False)
    for note in (*table.warnings, *(note for note in asked.notes if note not in table.warnings)):
        talk.complain(note)
    # What a terminal shows is made safe; what goes into a file or the clipboard is exact.
    sys.stdout.write((safe_lines(asked.sql) if sys.stdout.isatty() else asked.sql).rstrip("\n") + "\n")
    sys.stdout.flush()
    return 0
