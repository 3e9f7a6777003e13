"""`ssmtrail athena ddl`: the statement that makes a table."""

from __future__ import annotations

import os
import sys
from datetime import date
from typing import TYPE_CHECKING, Final

from queries.errors import UsageError
from queries.sources.athena.address import address_of
from queries.sources.athena.ddl import create_table
from tui.talk import Talk

if TYPE_CHECKING:
    from argparse import Namespace

    from queries.settings import Settings

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
