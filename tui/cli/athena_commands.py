"""The commands about a table of Athena, and their help: `athena doctor` and its like, `sql`, `verify`."""

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
    scope_options,
    table_argument,
    table_option,
    unit_option,
)
from ssmtrail.tui.formats import FORMATS

#: The options by which AWS is reached, without those of one table.
_REACH: Final = frozenset({"profile", "region", "catalog", "role_arn", "external_id"})

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
    return [_doctor(), _ddl(), _tables(), _selftest()]


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


def _doctor() -> click.Command:
    help_text = (
        "Check everything that a CloudTrail table in Athena needs.\n\n"
        "It scans nothing. Exit status: 0 if all is well, 3 if not."
    )
    return GroupedCommand("athena doctor", [*table_argument(), *athena_options()], help_text)


_DDL_ENDING: Final = """\
Examples:
  ssmtrail athena ddl --bucket s3://my-trail --account 111122223333 --region eu-central-1,us-east-1
  ssmtrail athena ddl --bucket s3://my-trail/logs --organisation o-abcdefghij --region eu-central-1
"""


def _ddl() -> click.Command:
    help_text = (
        "Print the CREATE TABLE for a trail's bucket.\n\n"
        "DB.TABLE is the name of the new table (default: default.cloudtrail); its days are projected partitions."
    )
    params: list[click.Parameter] = [
        *table_argument(),
        GroupedOption("--bucket", metavar="S3", required=True, help="s3://BUCKET, with the prefix before AWSLogs/."),
        GroupedOption("--account", metavar="ID[,ID]", help="Accounts of the trail."),
        GroupedOption("--organisation", metavar="o-ID", help="The organisation, for an organisation's trail."),
        GroupedOption(
            "--region", metavar="REGION[,REGION]", help="Regions of the trail (default: the AWS region in use)."
        ),
        GroupedOption(
            "--from", "first_day", metavar="DATE", type=date_value, help="First day (default: 2018-09-11)."
        ),
    ]  # fmt: skip
    return GroupedCommand("athena ddl", params, help_text, lambda: _DDL_ENDING)


_SQL_ENDING: Final = """\
Examples:
  ssmtrail sql pairs --athena audit.cloudtrail --from 7d
  ssmtrail sql usage --athena audit.cloudtrail --from 2026-11-01 --to 2026-12-01 --unit hour --tz Europe/Berlin
  ssmtrail sql calls --athena audit.cloudtrail --where 'person:jane*' | pbcopy
"""


def sql_command() -> click.Command:
    """`sql`."""
    help_text = "Print a question as SQL for Athena's console.\n\nQUESTION is calls, pairs or usage. Nothing runs."
    question = click.Argument(["question"], metavar="QUESTION", type=click.Choice(["calls", "pairs", "usage"]))
    params = [question, *table_option(), *athena_options(), *scope_options(), *unit_option()]
    return GroupedCommand("sql", params, help_text, lambda: _SQL_ENDING)


_VERIFY_ENDING: Final = """\
Examples:
  ssmtrail verify --athena audit.cloudtrail --from 2026-11-01 --to 2026-11-08
  ssmtrail verify --athena audit.cloudtrail --from 7d --unit hour --format csv

Exit status:
  0 equal    2 bad usage, or a price to agree to    3 the source failed    4 differs, or days are missing
  130 interrupted
"""


def verify_command() -> click.Command:
    """`verify`."""
    help_text = (
        "Compare the local answer with Athena's own, row by row.\n\n"
        "Pairs and usage are counted by SQL in Athena, which scans the window twice."
    )
    formats = click.Choice(FORMATS)
    params = [
        *table_option(), *athena_options(), *price_options(), *scope_options(), *unit_option("day"),
        GroupedOption(
            "--format", group="Output", type=formats, default="table", help="Of the differences (default: table)."
        ),
        *quiet_option(),
    ]  # fmt: skip
    return GroupedCommand("verify", params, help_text, lambda: _VERIFY_ENDING)
