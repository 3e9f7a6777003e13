"""The commands `athena tables` and `athena selftest`, and their help."""

from __future__ import annotations

from typing import Final

import click

from ssmtrail.tui.cli.parameters import (
    FILE,
    GroupedCommand,
    GroupedOption,
    athena_options,
    date_value,
    price_options,
    quiet_option,
    table_argument,
)

#: The options by which AWS is reached, without those of one table.
_REACH: Final = frozenset({"profile", "region", "catalog"})

_TABLES_ENDING: Final = """\
Examples:
  ssmtrail athena tables --profile audit
  ssmtrail athena tables --format json | jq -r '.[] | "\\(.database).\\(.table)"'

Exit status:
  0 all catalogs were looked at    2 bad usage    3 the source failed    4 something could not be listed
  130 interrupted
"""


def athena_tools() -> list[click.Command]:
    """Commands about tables, beside `athena DB.TABLE`."""
    return [_tables(), _selftest()]


def _tables() -> click.Command:
    help_text = (
        "List the tables in Athena that look like CloudTrail.\n\n"
        "Catalog, database, table, kind, partitions, the days that they have, and the bytes where the catalog says\n"
        "them. It reads catalogs and scans nothing."
    )
    params = [
        *(each for each in athena_options() if each.name in _REACH),
        GroupedOption(
            "--format", group="Output", type=click.Choice(["table", "json", "csv"]), default="table",
            help="Default: table.",
        ),
        *quiet_option(),
    ]  # fmt: skip
    return GroupedCommand("athena tables", params, help_text, lambda: _TABLES_ENDING)


_SELFTEST_ENDING: Final = """\
Examples:
  ssmtrail athena selftest audit.cloudtrail --day 2026-11-20

Exit status:
  0 all as it should be    2 bad usage, or a price to agree to    3 a check or the source failed
  4 the day could not be read whole, differs, or would be paid for again    130 interrupted
"""


def _selftest() -> click.Command:
    help_text = (
        "Try one closed day of a table, from the catalog to the proof, and write a report.\n\n"
        "It runs the checks of `athena doctor` and EXPLAIN, reads the day, compares it with Athena's own count as\n"
        "`verify` does, and looks whether the day would be paid for again. The report has counts, sizes, states and\n"
        "versions: no names, accounts, buckets or tables."
    )
    params = [
        *table_argument(),
        GroupedOption("--day", metavar="DATE", type=date_value, help="The day, which has to be over (UTC)."),
        *athena_options(), *price_options(),
        GroupedOption(
            "--out", group="Output", metavar="FILE", type=FILE, help="The report (default: ssmtrail-selftest.json)."
        ),
        *quiet_option(),
    ]  # fmt: skip
    return GroupedCommand("athena selftest", params, help_text, lambda: _SELFTEST_ENDING)
