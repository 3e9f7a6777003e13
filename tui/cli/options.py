"""The commands of `ssmtrail`, their options and their help."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, get_args

import click

from ssmtrail.queries.model import Measure, QuestionName
from ssmtrail.queries.times import WEEK_MINUTES, Unit
from ssmtrail.tui.formats import FORMATS, Format
from ssmtrail.widgets.text import safe

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from click.shell_completion import CompletionItem

    from ssmtrail.queries.config import Settings
    from ssmtrail.tui.choice import AthenaChoice

#: Visits are a view of their own; their rows are those of `sessions` and `doors`.
QUESTIONS: Final[tuple[QuestionName, ...]] = tuple(name for name in get_args(QuestionName) if name != "visits")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """A command with its options; a command that lacks an option has the option's default."""

    command: str | None
    """`query`, `athena doctor`, `cache purge` and so on; None opens the last source."""
    question: QuestionName = "sessions"
    logs: Path | None = None
    demo: bool = False
    demo_end: date | None = None
    athena: str | None = None
    """The table, from `--athena` or the argument of the `athena` commands."""
    profile: str | None = None
    region: str | None = None
    workgroup: str | None = None
    catalog: str | None = None
    results: str | None = None
    partition: tuple[tuple[str, tuple[str, ...]], ...] = ()
    max_price: float | None = None
    reuse_minutes: int | None = None
    recheck: int | None = None
    renew: bool = False
    """Whether days that an older version kept are fetched again."""
    yes: bool = False
    accept_unproven: bool = False
    start: str | None = None
    end: str | None = None
    where: str = ""
    tz: str | None = None
    inventory: Path | None = None
    measure: Measure | None = None
    unit: Unit | None = None
    """Bucket of usage; None is a day."""
    format: Format | None = None
    """None is the format of the name of `output`, else a table."""
    at: str | None = None
    """The moment of `as-of`."""
    grid: bool = False
    output: Path | None = None
    sort: tuple[str, ...] = ()
    limit: int | None = None
    allow_incomplete: bool = False
    quiet: bool = False
    bucket: str = ""
    account: str = ""
    organisation: str = ""
    first_day: date | None = None
    """The first day of a new table."""
    older_than: int | None = None
    """Days."""


def athena_choice(options: Options, settings: Settings) -> AthenaChoice:
    """The table and its bounds: from the options, else the environment, else the configuration. Raises UsageError."""
    from ssmtrail.queries.errors import UsageError
    from ssmtrail.queries.sources.athena.address import address_of
    from ssmtrail.tui.choice import AthenaChoice

    configured = settings.athena
    table = options.athena or configured.table
    if table is None:
        raise UsageError("Name a table, DATABASE.TABLE, here or in the section [athena] of the configuration.")
    address = address_of(
        table, catalog=options.catalog or configured.catalog, profile=options.profile, region=options.region,
        workgroup=options.workgroup, output=options.results, environment=configured.beneath(os.environ),
    )  # fmt: skip
    return AthenaChoice(
        address,
        options.partition,
        ask_above=configured.ask_above,
        max_price=options.max_price,
        agreed=options.yes,
        accepts_unproven=options.accept_unproven,
        price=configured.price_per_tb,
        reuse_minutes=configured.reuse_minutes if options.reuse_minutes is None else options.reuse_minutes,
        open_minutes=configured.open_minutes,
        recheck_days=configured.recheck_days if options.recheck is None else options.recheck,
    )


def read_options(words: Sequence[str]) -> Options | int:
    """The options in these words, or the exit status: 0 after --help and --version, 2 after a usage error."""
    try:
        found: Options | int = _root().main(words, prog_name="ssmtrail", standalone_mode=False)
    except click.UsageError as error:
        sentence = safe(_sentence(error))
        program = error.ctx.command_path if error.ctx else "ssmtrail"
        click.echo(f"ssmtrail: {sentence} See {program} --help.", err=True)
        return 2
    return found


def _sentence(error: click.UsageError) -> str:
    sentence = error.format_message()
    if isinstance(error, click.BadParameter) and error.message and error.param is not None:
        name = "" if isinstance(error.param, click.Argument) else f"{error.param.opts[-1]}: "
        sentence = name + error.message
    sentence = sentence[:1].upper() + sentence[1:]
    return sentence if sentence.endswith((".", "?")) else f"{sentence}."


# --- values; click adds the name of the option to the reason ---


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(f"{text!r} is no date; write it like 2026-11-23") from None


def _age(text: str) -> int:
    number = text.removesuffix("d")
    if number == text or not (number.isascii() and number.isdigit()) or len(number) > 5:
        raise click.BadParameter(f"{text!r} is no number of days; write it like 90d")
    return int(number)


def _limit(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > 12:
        raise click.BadParameter(f"{text!r} is no number of rows")
    return int(text)


def _columns(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(","))
    if not all(name.removeprefix("-") for name in names):
        raise click.BadParameter(f"{text!r} names no columns; write them like person,-started_at")
    return names


def _partition(text: str) -> tuple[str, tuple[str, ...]]:
    column, sign, values = text.partition("=")
    found = tuple(value.strip() for value in values.split(",") if value.strip())
    if not sign or not column or not found:
        raise click.BadParameter(f"{text!r} names no values; write it like account=111122223333,444455556666")
    return column, found


def _days(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or int(text) > 366:
        raise click.BadParameter(f"{text!r} is no number of days from 0 to 366")
    return int(text)


def _dollars(text: str) -> float:
    try:
        found = float(text.removeprefix("$"))
    except ValueError:
        found = -1.0
    if not 0 <= found < 1e9:
        raise click.BadParameter(f"{text!r} is no price; write it like 2.50")
    return found


def _minutes(text: str) -> int:
    if not text.isdecimal() or int(text) > WEEK_MINUTES:
        raise click.BadParameter(f"{text!r} is no number of minutes up to {WEEK_MINUTES} (seven days)")
    return int(text)


class _Question(click.Choice[str]):
    """The name of a question, with advice on a misspelt one."""

    def __init__(self) -> None:
        super().__init__(QUESTIONS)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if value not in QUESTIONS:
            from difflib import get_close_matches

            near = get_close_matches(value, QUESTIONS, 1)
            advice = f"did you mean {near[0]}?" if near else f"there are {', '.join(QUESTIONS)}"
            self.fail(f"there is no question {value!r}; {advice}", param, ctx)
        return str(value)


class _Option(click.Option):
    """An option that the help lists under the heading `group`."""

    def __init__(self, *names: str, group: str = "Options", **settings: Any) -> None:
        self.group = group
        super().__init__(names, **settings)


class _Command(click.Command):
    """A command whose help groups its options, and ends in text that keeps its line breaks."""

    def __init__(self, name: str, params: list[click.Parameter], help: str, ending: Callable[[], str] = str) -> None:  # noqa: A002 - click's name
        self._ending = ending
        super().__init__(
            name, params=params, help=help, callback=partial(_chosen, name),
            context_settings=_CONTEXT, short_help=help.partition(".")[0],
        )  # fmt: skip

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        groups: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            if isinstance(parameter, click.Option) and (record := parameter.get_help_record(ctx)):
                groups.setdefault(getattr(parameter, "group", "Options"), []).append(record)
        for name, records in groups.items():
            with formatter.section(name):
                formatter.write_dl(records, col_max=28)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        if ending := self._ending():
            formatter.write(f"\n{ending}")


def _chosen(command: str, **given: Any) -> Options:
    sources = [f"--{name}" for name in ("demo", "logs", "athena") if given.get(name)]
    if len(sources) > 1:
        raise click.UsageError(f"{sources[1]}: not allowed with argument {sources[0]}")
    return Options(command=command, **{name: value for name, value in given.items() if value is not None})


_CONTEXT: Final[dict[str, Any]] = {"help_option_names": ["-h", "--help"], "max_content_width": 110}


# --- the groups of options ---


def _scope_options() -> list[click.Parameter]:
    option = partial(_Option, group="Scope")
    return [
        option("--from", "start", metavar="T", help="From then on: 2026-11-23, 2026-11-23T12:04+01:00, 30d, 12h."),
        option("--to", "end", metavar="T", help="Before then; UTC unless an offset is given."),
        option("--where", metavar="FILTER", help="Only what matches, such as 'kind:tunnel -person:ci-*'."),
        option("--tz", metavar="ZONE", help="Zone of hours and days: UTC, Europe/Berlin, local."),
    ]


def _view_options() -> list[click.Parameter]:
    help_text = "Names of machines: CSV, or JSON of describe-instances."
    return [
        *_scope_options(),
        _Option("--inventory", group="Scope", metavar="FILE", type=_FILE, help=help_text),
    ]


def _demo_options() -> list[click.Parameter]:
    help_text = "Last day of the demo (default: today)."
    return [_Option("--demo-end", group="Source", metavar="DATE", type=_date, help=help_text)]


def _athena_options() -> list[click.Parameter]:
    """Which table, and how to reach it."""
    option = partial(_Option, group="Athena")
    return [
        option("--profile", metavar="NAME", help="AWS profile (or AWS_PROFILE)."),
        option("--region", metavar="REGION", help="AWS region (or AWS_REGION)."),
        option("--workgroup", metavar="NAME", help="Workgroup (or AWS_ATHENA_WORK_GROUP; default: primary)."),
        option("--catalog", metavar="NAME", help="Data catalog (default: AwsDataCatalog)."),
        option(
            "--results", metavar="S3",
            help="s3://BUCKET/PREFIX/ for results, where the workgroup has none (or AWS_ATHENA_S3_STAGING_DIR).",
        ),
        option(
            "--partition", metavar="COLUMN=VALUE[,VALUE]", multiple=True, type=_partition,
            help="Read only these values of a partition column, such as accounts.",
        ),
    ]  # fmt: skip


def _price_options() -> list[click.Parameter]:
    """What a fetch from Athena may cost."""
    option = partial(_Option, group="Athena")
    return [
        option("--max-price", metavar="DOLLARS", type=_dollars, help="Never pay more in this run."),
        option(
            "--reuse-minutes", metavar="N", type=_minutes,
            help=f"Reuse results of closed days that are at most so old, at no cost (default: 0, at most "
            f"{WEEK_MINUTES}).",
        ),
        option(
            "--recheck", metavar="DAYS", type=_days,
            help="Read, and pay for, the last days again in this run (default: 0).",
        ),
        option("--yes", is_flag=True, help="Agree to the estimated price; without an estimate, give --max-price too."),
        option(
            "--accept-unproven", is_flag=True,
            help="Agree to scans that are not proved to read only the days asked for.",
        ),
    ]  # fmt: skip


def _table_option(help_text: str = "The table (default: from the configuration).") -> list[click.Parameter]:
    return [_Option("--athena", group="Source", metavar="DB.TABLE", help=help_text)]


def _table_argument(complete: Iterable[str] = ()) -> list[click.Parameter]:
    def completions(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem[str] | str]:
        return [word for word in complete if word.startswith(incomplete)]

    return [click.Argument(["athena"], metavar="[DB.TABLE]", required=False, shell_complete=completions)]


def _unit_option(default: str | None = None) -> list[click.Parameter]:
    help_text = "Bucket of usage (default: day)."
    return [_Option("--unit", type=click.Choice(get_args(Unit)), default=default, help=help_text)]


def _quiet_option() -> list[click.Parameter]:
    return [_Option("-q", "--quiet", group="Output", is_flag=True, help="Print warnings and errors only.")]


_FILE: Final = click.Path(path_type=Path)
_FOLDER: Final = click.Path(file_okay=True, path_type=Path)


# --- the commands ---


def _demo() -> click.Command:
    return _Command("demo", [*_demo_options(), *_view_options()], "Open the app on made-up data.")


def _logs() -> click.Command:
    folder = click.Argument(["logs"], metavar="DIR", type=_FOLDER)
    help_text = (
        "Open the app on a folder of CloudTrail files.\n\n"
        "DIR is a folder with CloudTrail files of any name at any depth, plain or packed, or a single file."
    )
    return _Command("logs", [folder, *_view_options()], help_text)


def _athena() -> click.Command:
    help_text = (
        "Open the app on a CloudTrail table in Athena.\n\n"
        "Each day is paid for once. DB.TABLE is the table, CATALOG.DB.TABLE one of another catalog; the default is\n"
        "that of the configuration. See also `ssmtrail athena doctor` and `ssmtrail athena ddl`."
    )
    table = _table_argument(("doctor", "ddl"))
    return _Command("athena", [*table, *_athena_options(), *_price_options(), *_view_options()], help_text)


def _doctor() -> click.Command:
    help_text = (
        "Check everything that a CloudTrail table in Athena needs.\n\n"
        "It scans nothing. Exit status: 0 if all is well, 3 if not."
    )
    return _Command("athena doctor", [*_table_argument(), *_athena_options()], help_text)


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
        *_table_argument(),
        _Option("--bucket", metavar="S3", required=True, help="s3://BUCKET, with the prefix before AWSLogs/."),
        _Option("--account", metavar="ID[,ID]", help="Accounts of the trail."),
        _Option("--organisation", metavar="o-ID", help="The organisation, for an organisation's trail."),
        _Option("--region", metavar="REGION[,REGION]", help="Regions of the trail (default: the AWS region in use)."),
        _Option(
            "--from", "first_day", metavar="DATE", type=_date, help="First day (default: 2018-09-11)."
        ),
    ]  # fmt: skip
    return _Command("athena ddl", params, help_text, lambda: _DDL_ENDING)


_SQL_ENDING: Final = """\
Examples:
  ssmtrail sql pairs --athena audit.cloudtrail --from 7d
  ssmtrail sql usage --athena audit.cloudtrail --from 2026-11-01 --to 2026-12-01 --unit hour --tz Europe/Berlin
  ssmtrail sql calls --athena audit.cloudtrail --where 'person:jane*' | pbcopy
"""


def _sql() -> click.Command:
    help_text = "Print a question as SQL for Athena's console.\n\nQUESTION is calls, pairs or usage. Nothing runs."
    question = click.Argument(["question"], metavar="QUESTION", type=click.Choice(["calls", "pairs", "usage"]))
    params = [question, *_table_option(), *_athena_options(), *_scope_options(), *_unit_option()]
    return _Command("sql", params, help_text, lambda: _SQL_ENDING)


_VERIFY_ENDING: Final = """\
Examples:
  ssmtrail verify --athena audit.cloudtrail --from 2026-11-01 --to 2026-11-08
  ssmtrail verify --athena audit.cloudtrail --from 7d --unit hour --format csv

Exit status:
  0 equal    2 bad usage, or a price to agree to    3 the source failed    4 differs, or days are missing
  130 interrupted
"""


def _verify() -> click.Command:
    help_text = (
        "Compare the local answer with Athena's own, row by row.\n\n"
        "Pairs and usage are counted by SQL in Athena, which scans the window twice."
    )
    formats = click.Choice(FORMATS)
    params = [
        *_table_option(), *_athena_options(), *_price_options(), *_scope_options(), *_unit_option("day"),
        _Option("--format", group="Output", type=formats, default="table", help="Of the differences (default: table)."),
        *_quiet_option(),
    ]  # fmt: skip
    return _Command("verify", params, help_text, lambda: _VERIFY_ENDING)


_QUERY_ENDING: Final = """\
Questions:
  sessions   one row a session: who, on which machine, when, from where, how it ended
  calls      one row a call: StartSession, ResumeSession, TerminateSession
  pairs      one row a person and machine: how often, denied, first and last seen
  usage      one row an hour, day, week or month, empty ones too
  people     one row a person and account: roles, machines, addresses, denied, first and last seen
  instances  one row a machine: people, denied, first and last seen
  tunnels    one row a destination of port forwarding: who reached it, through how many machines
  doors      one row a call at another door: Run Command, ECS Exec, EC2 Instance Connect, RDP, just-in-time access
  as-of      who was, or may have been, on which machine at a moment (--at)

Examples:
  ssmtrail query sessions --logs DIR --from 2026-11-01 --to 2026-12-01
  ssmtrail query sessions --logs DIR --where 'kind:tunnel dest:*:5432 -person:ci-*'
  ssmtrail query calls --logs DIR --from 12h --format jsonl
  ssmtrail query pairs --logs DIR --inventory machines.csv --sort -denied --limit 20
  ssmtrail query pairs --logs DIR --grid --output matrix.csv
  ssmtrail query usage --demo --unit week --tz Europe/Berlin --format csv

Exit status:
  0 answered (no session is an answer)    2 bad usage    3 the source failed, or there are no logs
  4 answered, but files could not be read (--allow-incomplete makes it 0)    130 interrupted

Filter:
  Words match anything, key:value the whole value; * is any text, key:? unknown, - leaves out, a comma or the same
  key twice means either, different keys both. Quotes group; a backslash takes the next character as it is. Case does
  not matter, but key:=value is this very spelling.
"""


def _query_ending() -> str:
    from ssmtrail.queries.filters import KEYS

    wide = max(len(key.example) for key in KEYS)
    keys = "\n".join(f"  {key.example:<{wide}}  {key.help}" for key in KEYS)
    return f"{_QUERY_ENDING}\n{keys}\n"


def _query() -> click.Command:
    help_text = (
        "Answer a question on standard output, for scripts.\n\n"
        f"QUESTION is {', '.join(QUESTIONS[:-1])} or {QUESTIONS[-1]}. Data goes to standard output, messages go to\n"
        "standard error."
    )
    output = partial(_Option, group="Output")
    params: list[click.Parameter] = [
        click.Argument(["question"], metavar="QUESTION", type=_Question()),
        _Option("--logs", group="Source", metavar="DIR", type=_FOLDER, help="A folder of CloudTrail files."),
        *_table_option("A CloudTrail table in Athena."),
        _Option("--demo", group="Source", is_flag=True, help="Made-up data."),
        *_demo_options(), *_view_options(),
        _Option(
            "--measure", type=click.Choice(get_args(Measure)),
            help="What counts most: answers that count are ordered by it (default: sessions).",
        ),
        *_unit_option(),
        _Option("--at", metavar="T", help="The moment of as-of."),
        output("--format", type=click.Choice(FORMATS), help="Default: by the name of --output, else table."),
        output("--grid", is_flag=True, help="Pairs as a grid in CSV: people down, machines across."),
        output("--output", metavar="FILE", type=_FILE, help="Write this file, for you alone; - is standard output."),
        output(
            "--sort", metavar="COLUMN[,-COLUMN]", type=_columns,
            help="Order by these columns; a minus sorts downwards.",
        ),
        output("--limit", metavar="N", type=_limit, help="At most so many rows."),
        output("--allow-incomplete", is_flag=True, help="Exit with 0 although files could not be read."),
        *_quiet_option(), *_athena_options(), *_price_options(),
        _Option(
            "--renew", group="Athena", is_flag=True, help="Read, and pay for, days again that an older version read."
        ),
    ]  # fmt: skip
    return _Command("query", params, help_text, _query_ending)


class _Root(click.Group):
    """`ssmtrail` itself. `athena doctor` and `athena ddl` are commands beside `athena DB.TABLE`."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[:2] in (["athena", "doctor"], ["athena", "ddl"]):  # a table's name has a dot
            args = [" ".join(args[:2]), *args[2:]]
        return super().resolve_command(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)  # in the order of use, not of the alphabet

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write(f"\n{_ROOT_ENDING}")


_ROOT_ENDING: Final = """\
Examples:
  ssmtrail demo                       the app on thirty made-up days
  ssmtrail logs /evidence/CloudTrail  the app on a folder of CloudTrail files
  ssmtrail athena audit.cloudtrail    the app on a CloudTrail table in Athena
  ssmtrail athena doctor audit.cloudtrail
  ssmtrail query sessions --logs DIR --from 7d --where 'kind:tunnel' --format csv
  ssmtrail query pairs --demo --format json | jq '.[] | select(.denied > 0)'
"""


def _root() -> click.Group:
    help_text = (
        "Who got a shell or a tunnel on which machine, when, from where: AWS Session Manager sessions from CloudTrail\n"
        "records. Without a command it opens the last source."
    )
    commands = [_demo(), _logs(), _athena(), _doctor(), _ddl(), _sql(), _verify(), _query(), _cache()]
    eager = partial(_Option, is_eager=True, expose_value=False)
    params: list[click.Parameter] = [
        eager("--version", is_flag=True, callback=_print_version, help="Show the version and exit."),
        eager(
            "--completion", type=click.Choice(["bash", "zsh", "fish"]), callback=_print_completion,
            help="Print the script that completes words in this shell, and exit.",
        ),
    ]  # fmt: skip
    return _Root(
        "ssmtrail", commands, params=params, help=help_text, invoke_without_command=True, context_settings=_CONTEXT,
        callback=partial(Options, command=None), subcommand_metavar="[COMMAND]",
    )  # fmt: skip


def _cache() -> click.Command:
    age_help = "Remove only what was not used for so many days."
    age = _Option("--older-than", metavar="90d", type=_age, help=age_help)
    purge_help = "Remove the cached sources. They are read again when they are opened."
    commands: dict[str, click.Command] = {
        "info": _Command("cache info", [], "List the cached sources."),
        "path": _Command("cache path", [], "Print the folder of the cache."),
        "purge": _Command("cache purge", [age], purge_help),
    }
    help_text = "Show or remove the cache.\n\nWhat was read is cached, so that it is read once."
    return click.Group(
        "cache", commands, help=help_text, short_help=help_text.partition(".")[0], context_settings=_CONTEXT
    )


def _print_version(context: click.Context, _: click.Parameter, given: bool) -> None:
    if given and not context.resilient_parsing:
        from importlib.metadata import version  # takes longer than reading the command line

        click.echo(f"ssmtrail {version('ssmtrail')}")
        context.exit()


def _print_completion(context: click.Context, _: click.Parameter, shell: str | None) -> None:
    if shell and not context.resilient_parsing:
        from click.shell_completion import get_completion_class

        found = get_completion_class(shell)
        assert found is not None
        click.echo(found(context.command, {}, "ssmtrail", "_SSMTRAIL_COMPLETE").source())
        context.exit()
