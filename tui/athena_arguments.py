"""The words of the commands about Athena that open no screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, get_args

from queries.values import Unit
from tui.athena_options import add_athena_options
from tui.format_names import FORMATS
from tui.parser import Parser, add_scope, date_of

if TYPE_CHECKING:
    import argparse

_SQL_EXAMPLES: Final = """\
examples:
  ssmtrail sql pairs --athena audit.cloudtrail --from 7d
  ssmtrail sql usage --athena audit.cloudtrail --from 2026-11-01 --to 2026-12-01 --unit hour --tz Europe/Berlin
  ssmtrail sql calls --athena audit.cloudtrail --where 'person:jane*' | pbcopy
"""
_VERIFY_EXAMPLES: Final = """\
examples:
  ssmtrail verify --athena audit.cloudtrail --from 2026-11-01 --to 2026-11-08
  ssmtrail verify --athena audit.cloudtrail --from 7d --unit hour --format csv

exit status:
  0 equal    2 bad usage, or a price to agree to    3 the source failed    4 differs, or days are missing
  130 interrupted
"""
_DDL_EXAMPLES: Final = """\
examples:
  ssmtrail athena ddl --bucket s3://my-trail --account 111122223333 --region eu-central-1,us-east-1
  ssmtrail athena ddl --bucket s3://my-trail/logs --organisation o-abcdefghij --region eu-central-1
"""


def add_athena_commands(commands: argparse._SubParsersAction[Parser]) -> None:
    """Add them all."""
    _add_doctor(commands)
    _add_ddl(commands)
    _add_sql(commands)
    _add_verify(commands)


def _add_sql(commands: argparse._SubParsersAction[Parser]) -> None:
    said = "print a question as SQL for Athena's console"
    sql = commands.add_parser(
        "sql", help=said, description=f"{_sentence(said)}; runs nothing.", tail=_SQL_EXAMPLES.strip
    )
    sql.add_argument("question", choices=("calls", "pairs", "usage"), help="calls, pairs or usage")
    sql.add_argument("--athena", metavar="DB.TABLE", help="the table (default: that of the configuration)")
    add_athena_options(sql, pays=False)
    add_scope(sql)
    sql.add_argument("--unit", choices=get_args(Unit), help="what usage is counted by (default: day)")


def _add_verify(commands: argparse._SubParsersAction[Parser]) -> None:
    said = "compare the local answer with Athena's own, row by row"
    verify = commands.add_parser(
        "verify",
        help=said,
        description=f"{_sentence(said)}: pairs and usage are asked there as SQL, which scans the window twice.",
        tail=_VERIFY_EXAMPLES.strip,
    )
    verify.add_argument("--athena", metavar="DB.TABLE", help="the table (default: that of the configuration)")
    add_athena_options(verify)
    add_scope(verify)
    verify.add_argument("--unit", choices=get_args(Unit), default="day", help="what usage is counted by (default: day)")
    out = verify.add_argument_group("output")
    out.add_argument("--format", choices=FORMATS, default="table", help="of what differs (default: table)")
    out.add_argument("-q", "--quiet", action="store_true", help="say only what is wrong")


def _add_doctor(commands: argparse._SubParsersAction[Parser]) -> None:
    said = "check all that a CloudTrail table in Athena needs"
    doctor = commands.add_parser(
        "athena doctor", help=said, description=f"{_sentence(said)}; scans nothing. Exit status: 0 all is well, 3 not."
    )
    add_athena_options(doctor, table=True, pays=False)


def _add_ddl(commands: argparse._SubParsersAction[Parser]) -> None:
    said = "print the CREATE TABLE for a trail's bucket"
    ddl = commands.add_parser(
        "athena ddl", help=said, description=f"{_sentence(said)}, its days projected.", tail=_DDL_EXAMPLES.strip
    )
    ddl.add_argument("table", metavar="DB.TABLE", nargs="?", help="its name (default: default.cloudtrail)")
    ddl.add_argument("--bucket", metavar="S3", required=True, help="s3://BUCKET, with what stands before AWSLogs/")
    ddl.add_argument("--account", metavar="ID[,ID]", default="", help="accounts of the trail")
    ddl.add_argument("--organisation", metavar="o-ID", default="", help="the organisation, where the trail is its own")
    ddl.add_argument("--region", metavar="REGION[,REGION]", help="regions of the trail (default: the one that is set)")
    ddl.add_argument("--from", dest="first", metavar="DATE", type=date_of, help="first day (default: 2018-09-11)")


def _sentence(said: str) -> str:
    return said[0].upper() + said[1:]
