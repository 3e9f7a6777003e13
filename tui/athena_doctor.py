"""`ssmtrail athena doctor`: one line a check."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, Final

from tui.athena_options import athena_choice
from widgets.safe_text import safe

if TYPE_CHECKING:
    from argparse import Namespace

    from queries.settings import Settings

_FAILED: Final = 3


def doctor(arguments: Namespace, settings: Settings) -> int:
    """Check, a line as soon as it is known; gives the exit code. Raises UsageError."""
    choice = athena_choice(arguments, settings.athena)
    from queries.sources.athena.doctor import checks

    failed = 0
    for check in checks(choice.address, dict(choice.partitions), threading.Event()):
        failed += check.state == "failed"
        sys.stdout.write(f"{check.state:<7} {check.name:<11} {safe(check.said)}\n")
        sys.stdout.flush()
    return _FAILED if failed else 0
