"""The commands about Athena that open no screen: sql, ddl, doctor."""

from __future__ import annotations

import os
import sys
import threading
from datetime import date
from typing import TYPE_CHECKING, Final

from ssmtrail.queries.errors import UsageError
from ssmtrail.queries.sources.athena.address import address_of
from ssmtrail.queries.sources.athena.ddl import create_table
from ssmtrail.tui.cli.console import Talk
from ssmtrail.tui.cli.options import athena_choice
from ssmtrail.tui.cli.query import scope_of
from ssmtrail.tui.cli.signals import ANSWERED, FAILED, work_off
from ssmtrail.widgets.text import safe, safe_lines

if TYPE_CHECKING:
    from argparse import Namespace
    from threading import Event

    from ssmtrail.queries.config import Settings
    from ssmtrail.tui.cli.options import AthenaChoice


def print_sql(arguments: Namespace, settings: Settings) -> int:
    """Print it on standard output, what it cannot say on standard error; gives the exit code.

    It reads the table's description, nothing else. Raises FilterError, UsageError, SourceError.
    """
    if arguments.unit and arguments.question != "usage":
        raise UsageError("--unit is for usage only.")
    scope = scope_of(arguments, ("calls",), pays=True)
    choice = athena_choice(arguments, settings.athena)
    from ssmtrail.queries.sources.athena.catalog import read_catalog
    from ssmtrail.queries.sources.athena.client import connected
    from ssmtrail.queries.sources.athena.console_queries import console_query

    table = read_catalog(connected(choice.address), dict(choice.partitions), threading.Event()).table
    asked = console_query(
        table, arguments.question, scope, unit=arguments.unit or "day", look_around_days=settings.look_around_days
    )
    talk = Talk(quiet=False)
    for note in (*table.warnings, *(note for note in asked.notes if note not in table.warnings)):
        talk.complain(note)
    # What a terminal shows is made safe; what goes into a file or the clipboard is exact.
    sys.stdout.write((safe_lines(asked.sql) if sys.stdout.isatty() else asked.sql).rstrip("\n") + "\n")
    sys.stdout.flush()
    return 0


#: Shells through Session Manager exist since then. Source: AWS News Blog, 11 September 2018.
_FIRST: Final = date(2018, 9, 11)


def print_ddl(arguments: Namespace, settings: Settings) -> int:
    """Print it on standard output; gives the exit code. It asks nobody. Raises UsageError."""
    address = address_of(arguments.table or "default.cloudtrail", environment=settings.athena.beneath(os.environ))
    bucket, _, prefix = arguments.bucket.removeprefix("s3://").partition("/")
    accounts = _several(arguments.account)
    if not accounts and not arguments.organisation:
        raise UsageError("Whose trail is it? Give --account ID, or --organisation o-ID.")
    sql = create_table(
        address.database, address.table, bucket, accounts, _several(arguments.region or address.region or ""),
        arguments.first or _FIRST, organisation=arguments.organisation,
        prefix=prefix.strip("/").removesuffix("AWSLogs").strip("/"),
    )  # fmt: skip
    sys.stdout.write(f"{sql};\n")
    sys.stdout.flush()
    talk = Talk(quiet=False)
    if not accounts:
        talk.complain(
            "Every query of this table has to name accounts (--partition account=ID,ID): none are listed here."
        )
    talk.complain("Days before the first, regions or accounts that are not listed give no rows and no error.")
    return 0


def _several(text: str) -> list[str]:
    return [each.strip() for each in text.split(",") if each.strip()]


def doctor(arguments: Namespace, settings: Settings) -> int:
    """Check, a line as soon as it is known; gives the exit code. Raises UsageError."""
    choice = athena_choice(arguments, settings.athena)
    return work_off(lambda cancelled: _checked(choice, cancelled), Talk(quiet=False))


def _checked(choice: AthenaChoice, cancelled: Event) -> int:
    from ssmtrail.queries.sources.athena.doctor import checks

    failed = 0
    for check in checks(choice.address, dict(choice.partitions), cancelled):
        failed += check.state == "failed"
        sys.stdout.write(f"{check.state:<7} {check.name:<11} {safe(check.said)}\n")
        sys.stdout.flush()
    return FAILED if failed else ANSWERED
