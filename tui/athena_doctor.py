"""`ssmtrail athena doctor`: one line a check."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tui.athena_options import athena_choice
from tui.talk import Talk
from tui.working import ANSWERED, FAILED, work_off
from widgets.safe_text import safe

if TYPE_CHECKING:
    from argparse import Namespace
    from threading import Event

    from queries.settings import Settings
    from tui.athena_options import AthenaChoice


def doctor(arguments: Namespace, settings: Settings) -> int:
    """Check, a line as soon as it is known; gives the exit code. Raises UsageError."""
    choice = athena_choice(arguments, settings.athena)
    return work_off(lambda cancelled: _checked(choice, cancelled), Talk(quiet=False))


def _checked(choice: AthenaChoice, cancelled: Event) -> int:
    from queries.sources.athena.doctor import checks

    failed = 0
    for check in checks(choice.address, dict(choice.partitions), cancelled):
        failed += check.state == "failed"
        sys.stdout.write(f"{check.state:<7} {check.name:<11} {safe(check.said)}\n")
        sys.stdout.flush()
    return FAILED if failed else ANSWERED
