"""The command `athena tables`, and its help."""

from __future__ import annotations

from typing import Final

import click

from ssmtrail.tui.cli.parameters import GroupedCommand, GroupedOption, athena_options, quiet_option

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
    return [_tables()]


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
