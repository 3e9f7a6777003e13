"""The words of the command line, read into what they mean."""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import asdict, dataclass, fields
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn, get_args

from ssmtrail.queries.config import MOST_REUSE_MINUTES, State
from ssmtrail.queries.errors import UsageError
from ssmtrail.queries.model import Measure, QuestionName
from ssmtrail.queries.times import Unit
from ssmtrail.tui.format_names import FORMATS
from ssmtrail.widgets.text import safe

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Sequence

    from ssmtrail.queries.config import AthenaSettings
    from ssmtrail.queries.sources.athena.address import Address


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one sentence, and whose epilog is made when somebody reads it."""

    def __init__(self, *, tail: Callable[[], str] = str, **options: Any) -> None:
        raw = argparse.RawDescriptionHelpFormatter
        super().__init__(formatter_class=raw, allow_abbrev=False, **options)
        self._tail = tail

    def format_help(self) -> str:
        """The help text."""
        self.epilog = self._tail()
        return super().format_help()

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and where there is help; the exit status is 2."""
        sentence = message.removeprefix("argument QUESTION: ").removeprefix("argument ")
        end = "" if sentence.endswith((".", "?")) else "."
        self.exit(2, f"ssmtrail: {safe(sentence[:1].upper() + sentence[1:])}{end} See {self.prog} --help.\n")


class Version(argparse.Action):
    """Says the version; asking the distribution for it costs more than all other words together."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        """Print it and exit."""
        from importlib.metadata import version

        sys.stdout.write(f"ssmtrail {version('ssmtrail')}\n")
        parser.exit()


def add_demo_end(parser: Parser) -> None:
    """Give a command the demo's last day."""
    parser.add_argument("--demo-end", metavar="DATE", type=date_of, help="last day of the demo (default: today)")


def add_view(parser: Parser) -> None:
    """Give a command the sight that it begins with."""
    add_scope(parser).add_argument(
        "--inventory", metavar="FILE", type=Path, help="names of machines: CSV, or JSON of describe-instances"
    )


def add_scope(parser: Parser) -> argparse._ArgumentGroup:
    """Give a command a window, a filter, a zone."""
    scope = parser.add_argument_group("scope")
    scope.add_argument(
        "--from", dest="start", metavar="T", help="from then on: 2026-11-23, 2026-11-23T12:04+01:00, 30d, 12h"
    )
    scope.add_argument("--to", dest="end", metavar="T", help="before then; UTC unless an offset is given")
    scope.add_argument(
        "--where", metavar="FILTER", default="", help="only what matches, such as 'kind:tunnel -person:ci-*'"
    )
    scope.add_argument("--tz", metavar="ZONE", help="zone of hours and days: UTC, Europe/Berlin, local")
    return scope


def date_of(text: str) -> date:
    """The date that a word means. Raises ArgumentTypeError, as all of these do."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no date; write it like 2026-11-23") from None


def days_of(text: str) -> int:
    """`90d`."""
    number = text.removesuffix("d")
    if number == text or not (number.isascii() and number.isdigit()) or len(number) > 5:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of days; write it like 90d")
    return int(number)


def limit_of(text: str) -> int:
    """A number of rows."""
    if not (text.isascii() and text.isdigit()) or len(text) > 12:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of rows")
    return int(text)


def sort_of(text: str) -> tuple[str, ...]:
    """Names of columns, with their minus."""
    names = tuple(name.strip() for name in text.split(","))
    if not all(name.removeprefix("-") for name in names):
        raise argparse.ArgumentTypeError(f"{text!r} names no columns; write them like person,-started_at")
    return names


#: Options that lead nowhere without Athena.
_OF_ATHENA: Final = (
    "profile", "region", "workgroup", "catalog", "results", "partition", "max_price", "reuse_minutes", "recheck", "yes",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class AthenaChoice:
    """A table, and what may be paid for it."""

    address: Address
    partitions: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Values of partition columns to keep to."""
    most: float = 1.0
    """Dollars that a fetch may cost before somebody is asked."""
    agreed: bool = False
    """Whether any price is agreed to."""
    price: float = 5.0
    """Dollars a terabyte."""
    reuse_minutes: int = 0
    """How old a result of closed days may be that Athena gives again for nothing; 0 for never."""
    open_minutes: int = 15
    """How old the copy of an open day may be."""
    recheck_days: int = 0
    """So many of the last days are read again, once a run."""


def athena_named(table: str, last: AthenaChoice | None) -> AthenaChoice:
    """A table named on a screen; the one that was open before keeps its options. Raises UsageError."""
    from ssmtrail.queries.sources.athena.address import address_of  # not for words about other sources, as below

    found = AthenaChoice(address_of(table, environment=os.environ))
    return last if last is not None and last.address.shown_table == found.address.shown_table else found


def remembered(choice: AthenaChoice) -> State:
    """What is remembered of it: the table and the way there; what may be paid is asked anew."""
    way = {name: text for name, text in asdict(choice.address).items() if text is not None}
    return State("athena", None, way, dict(choice.partitions))


def recalled(state: State, settings: AthenaSettings) -> AthenaChoice | None:
    """The table that was opened last, on the configuration's terms, where what is remembered still makes sense."""
    from ssmtrail.queries.sources.athena.address import Address

    names = {each.name for each in fields(Address)}
    way = {name: text for name, text in state.table.items() if name in names}
    if not (way.get("database") and way.get("table")):
        return None
    partitions = tuple((name, tuple(values)) for name, values in state.partitions.items())
    return AthenaChoice(
        Address(**way), partitions, settings.max_price, price=settings.price_per_tb,
        reuse_minutes=settings.reuse_minutes, open_minutes=settings.open_minutes, recheck_days=settings.recheck_days,
    )  # fmt: skip


def add_athena_options(parser: argparse.ArgumentParser, *, table: bool = False, pays: bool = True) -> None:
    """Give a command the way to Athena, with the bounds on what it costs; `table` as its argument, too."""
    if table:
        told = "the table; CATALOG.DB.TABLE for another catalog (default: that of the configuration)"
        parser.add_argument("table", metavar="DB.TABLE", nargs="?", help=told)
    athena = parser.add_argument_group("athena")
    athena.add_argument("--profile", metavar="NAME", help="AWS profile (or AWS_PROFILE)")
    athena.add_argument("--region", metavar="REGION", help="AWS region (or AWS_REGION)")
    athena.add_argument("--workgroup", metavar="NAME", help="workgroup (or AWS_ATHENA_WORK_GROUP; default: primary)")
    athena.add_argument("--catalog", metavar="NAME", help="data catalog (default: AwsDataCatalog)")
    told = "s3://BUCKET/PREFIX/ for results, where the workgroup has none (or AWS_ATHENA_S3_STAGING_DIR)"
    athena.add_argument("--results", metavar="S3", help=told)
    athena.add_argument(
        "--partition", metavar="COLUMN=VALUE[,VALUE]", action="append", type=_partition, default=[],
        help="keep to these values of a partition column, such as accounts",
    )  # fmt: skip
    if not pays:
        return
    athena.add_argument("--max-price", metavar="DOLLARS", type=_dollars, help="ask before more is paid (default: 1)")
    told = (
        f"take results of closed days again that are no older, for nothing (default: 0, at most {MOST_REUSE_MINUTES})"
    )
    athena.add_argument("--reuse-minutes", metavar="N", type=_minutes, help=told)
    told = "read the last DAYS again although they are kept: for what is delivered late (default: 0)"
    athena.add_argument("--recheck", metavar="DAYS", type=_days, help=told)
    athena.add_argument("--yes", action="store_true", help="agree to whatever a fetch costs")


def athena_choice(arguments: Namespace, settings: AthenaSettings) -> AthenaChoice:
    """What the options mean, before the environment, before the configuration. Raises UsageError."""
    table = getattr(arguments, "table", None) or getattr(arguments, "athena", None) or settings.table
    if table is None:
        raise UsageError("Name a table, DATABASE.TABLE, here or in the section [athena] of the configuration.")
    from ssmtrail.queries.sources.athena.address import address_of

    address = address_of(
        table, catalog=arguments.catalog or settings.catalog, profile=arguments.profile, region=arguments.region,
        workgroup=arguments.workgroup, output=arguments.results, environment=settings.beneath(os.environ),
    )  # fmt: skip
    most: float | None = getattr(arguments, "max_price", None)
    reuse: int | None = getattr(arguments, "reuse_minutes", None)
    recheck: int | None = getattr(arguments, "recheck", None)
    return AthenaChoice(
        address, tuple(arguments.partition), settings.max_price if most is None else most,
        getattr(arguments, "yes", False), settings.price_per_tb, settings.reuse_minutes if reuse is None else reuse,
        settings.open_minutes, settings.recheck_days if recheck is None else recheck,
    )  # fmt: skip


def refuse_athena_options(arguments: Namespace) -> None:
    """Raise UsageError where an option is given that leads nowhere without Athena."""
    for name in _OF_ATHENA:
        if getattr(arguments, name, None) not in (None, False, []):
            raise UsageError(f"--{name.replace('_', '-')} is for --athena only.")


def _partition(text: str) -> tuple[str, tuple[str, ...]]:
    column, sign, values = text.partition("=")
    found = tuple(value.strip() for value in values.split(",") if value.strip())
    if not sign or not column or not found:
        raise argparse.ArgumentTypeError(f"{text!r} names no values; write it like account=111122223333,444455556666")
    return column, found


def _days(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or int(text) > 366:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of days from 0 to 366")
    return int(text)


def _dollars(text: str) -> float:
    try:
        found = float(text.removeprefix("$"))
    except ValueError:
        found = -1.0
    if not 0 <= found < 1e9:
        raise argparse.ArgumentTypeError(f"{text!r} is no price; write it like 2.50")
    return found


def _minutes(text: str) -> int:
    if not text.isdecimal() or int(text) > MOST_REUSE_MINUTES:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of minutes up to {MOST_REUSE_MINUTES} (seven days)")
    return int(text)


QUESTIONS: Final[tuple[QuestionName, ...]] = get_args(QuestionName)

_QUERY_EXAMPLES: Final = """\
questions:
  sessions   one row a session: who, on which machine, when, from where, how it ended
  calls      one row a call: StartSession, ResumeSession, TerminateSession
  pairs      one row a person and machine: how often, denied, first and last seen
  usage      one row an hour, day, week or month, empty ones too
  people     one row a person and account: roles, machines, addresses, denied, first and last seen
  instances  one row a machine: people, denied, first and last seen
  tunnels    one row a destination of port forwarding: who reached it, through how many machines

examples:
  ssmtrail query sessions --logs DIR --from 2026-11-01 --to 2026-12-01
  ssmtrail query sessions --logs DIR --where 'kind:tunnel dest:*:5432 -person:ci-*'
  ssmtrail query calls --logs DIR --from 12h --format jsonl
  ssmtrail query pairs --logs DIR --inventory machines.csv --sort -denied --limit 20
  ssmtrail query pairs --logs DIR --grid --output matrix.csv
  ssmtrail query usage --demo --unit week --tz Europe/Berlin --format csv

exit status:
  0 answered (no session is an answer)    2 bad usage    3 the source failed, or there are no logs
  4 answered, but files could not be read (--allow-incomplete makes it 0)    130 interrupted
"""
_FILTER_HELP: Final = """\
filter:
  Words match anything, key:value the whole value; * is any text, key:? unknown, - leaves out, a comma or the same
  key twice means either, different keys both. Quotes group; a backslash takes the next character as it is. Case does
  not matter, but key:=value is this very spelling.
"""


def add_query(commands: argparse._SubParsersAction[Parser]) -> None:
    """Add the command."""
    query = commands.add_parser(
        "query",
        help="answer a question on standard output, for scripts",
        description="Answer a question: data on standard output, talk on standard error.",
        tail=lambda: f"{_QUERY_EXAMPLES}\n{filter_help()}",
    )
    query.add_argument(
        "question",
        metavar="QUESTION",
        type=_question,
        help="sessions, calls, pairs, usage, people, instances or tunnels",
    )
    source = query.add_argument_group("source").add_mutually_exclusive_group()
    source.add_argument("--logs", metavar="DIR", type=Path, help="a folder of CloudTrail files")
    source.add_argument("--athena", metavar="DB.TABLE", help="a CloudTrail table in Athena")
    source.add_argument("--demo", action="store_true", help="made-up data")
    add_athena_options(query)
    add_demo_end(query)
    add_view(query)
    query.add_argument(
        "--measure",
        choices=get_args(Measure),
        help="what counts most: answers that count are ordered by it (default: sessions)",
    )
    query.add_argument("--unit", choices=get_args(Unit), help="what usage is counted by (default: day)")
    out = query.add_argument_group("output")
    out.add_argument("--format", choices=FORMATS, help="default: from the name of --output, else table")
    out.add_argument("--grid", action="store_true", help="pairs as a grid in CSV: people down, machines across")
    out.add_argument(
        "--output", metavar="FILE", type=Path, help="write there instead, for you alone; - is standard output"
    )
    out.add_argument("--sort", metavar="COLUMN[,-COLUMN]", type=sort_of, default=(), help="a minus sorts downwards")
    out.add_argument("--limit", metavar="N", type=limit_of, help="at most so many rows")
    out.add_argument("--allow-incomplete", action="store_true", help="unreadable files are no failure")
    out.add_argument("-q", "--quiet", action="store_true", help="say only what is wrong")


def filter_help() -> str:
    """What a filter can say."""
    from ssmtrail.queries.filters import KEYS

    wide = max(len(key.example) for key in KEYS)
    return _FILTER_HELP + "\n" + "\n".join(f"  {key.example:<{wide}}  {key.help}" for key in KEYS) + "\n"


def _question(text: str) -> QuestionName:
    if text in QUESTIONS:
        return text
    from difflib import get_close_matches

    near = get_close_matches(text, QUESTIONS, 1)
    advice = f"did you mean {near[0]}?" if near else f"there are {', '.join(QUESTIONS)}"
    raise argparse.ArgumentTypeError(f"there is no question {text!r}; {advice}")


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


#: Options whose value may begin with a minus: `--where -person:ci-*`, `--sort -started_at`.
_FREE: Final = frozenset({"--where", "--sort"})

_MAIN_EXAMPLES: Final = """\
examples:
  ssmtrail demo                       the app on thirty made-up days
  ssmtrail logs /evidence/CloudTrail  the app on a folder of CloudTrail files
  ssmtrail athena audit.cloudtrail    the app on a CloudTrail table in Athena
  ssmtrail athena doctor audit.cloudtrail
  ssmtrail query sessions --logs DIR --from 7d --where 'kind:tunnel' --format csv
  ssmtrail query pairs --demo --format json | jq '.[] | select(.denied > 0)'
"""


def read_arguments(words: Sequence[str]) -> argparse.Namespace:
    """What the words mean; `command` is None or a command's name. Exits for --help, --version and mistakes."""
    return _parser().parse_args(_joined(_two_worded(words)))


def _two_worded(words: Sequence[str]) -> Sequence[str]:
    """`athena doctor` is a command of its own; a table's name has a dot, so it is no such word."""
    if len(words) > 1 and words[0] == "athena" and words[1] in {"doctor", "ddl"}:
        return [" ".join(words[:2]), *words[2:]]
    return words


def _joined(words: Sequence[str]) -> list[str]:
    """Give options whose values may begin with a minus their value with `=`."""
    found: list[str] = []
    rest = iter(words)
    for word in rest:
        value = next(rest, None) if word in _FREE else None
        found.append(word if value is None else f"{word}={value}")
        if word == "--":
            found.extend(rest)
    return found


def _parser() -> Parser:
    parser = Parser(
        prog="ssmtrail",
        description="Who got a shell or a tunnel on which machine, when, from where: AWS Session Manager sessions\n"
        "from CloudTrail records. Without a command it opens the last source.",
        tail=lambda: _MAIN_EXAMPLES,
    )
    parser.add_argument("--version", action=Version, nargs=0, help="show program's version number and exit")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands", parser_class=Parser)
    demo = commands.add_parser("demo", help="open the app on made-up data", description="Open the app on made-up data.")
    add_demo_end(demo)
    add_view(demo)
    logs = commands.add_parser(
        "logs",
        help="open the app on a folder of CloudTrail files",
        description="Open the app on a folder of CloudTrail files (.json.gz or .json, at any depth).",
    )
    logs.add_argument("folder", metavar="DIR", type=Path, help="folder, or a single file")
    add_view(logs)
    said = "open the app on a CloudTrail table in Athena"
    athena = commands.add_parser(
        "athena",
        help=said,
        description=f"{said[0].upper()}{said[1:]}; each day is paid for once.\n"
        "There are also `ssmtrail athena doctor` and `ssmtrail athena ddl`.",
    )
    add_athena_options(athena, table=True)
    add_view(athena)
    add_athena_commands(commands)
    add_query(commands)
    _add_cache(commands)
    return parser


def _add_cache(commands: argparse._SubParsersAction[Parser]) -> None:
    cache = commands.add_parser(
        "cache",
        help="show or remove what is kept",
        description="What was read is kept, so that it is read once. Removing it loses nothing but time.",
    )
    actions = cache.add_subparsers(dest="action", metavar="ACTION", title="actions", required=True, parser_class=Parser)
    actions.add_parser("info", help="what is kept, source by source", description="What is kept, source by source.")
    actions.add_parser("path", help="where it is kept", description="Print the folder in which it is kept.")
    purge = actions.add_parser("purge", help="remove it", description="Remove what is kept.")
    purge.add_argument("--older-than", metavar="90d", type=days_of, help="only what was not used for so many days")
