"""The commands of `ssmtrail` and their help."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final, get_args

import click

from ssmtrail.queries.model import RECORDED, Measure
from ssmtrail.tui.cli.athena_commands import athena_tools
from ssmtrail.tui.cli.fetch_commands import fetch_command, plan_command
from ssmtrail.tui.cli.options import ASKED, Options
from ssmtrail.tui.cli.parameters import (
    CONTEXT,
    FILE,
    FOLDER,
    GroupedCommand,
    GroupedOption,
    QuestionType,
    age_value,
    app_options,
    athena_options,
    columns_value,
    date_value,
    demo_options,
    ends_options,
    fresh_option,
    history_options,
    limit_value,
    logs_options,
    names_option,
    names_value,
    price_options,
    quiet_option,
    reach_options,
    renew_option,
    s3_options,
    saved_view_argument,
    scope_options,
    source_options,
    table_argument,
    table_option,
    transcripts_option,
    unit_option,
    view_names,
    view_options,
    views_options,
)
from ssmtrail.tui.cli.proof_commands import proof_commands
from ssmtrail.tui.cli.review_commands import review_command
from ssmtrail.tui.formats import FORMATS
from ssmtrail.widgets.text import safe

if TYPE_CHECKING:
    from collections.abc import Sequence


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


# --- the commands ---


def _demo() -> click.Command:
    help_text = "Open the app on made-up data.\n\n--export writes it as CloudTrail's files instead, for other tools."
    export = GroupedOption(
        "--export", group="Source", metavar="DIR", type=FOLDER, help="Write the files to this empty folder, and end."
    )
    return GroupedCommand("demo", [*demo_options(), export, *app_options()], help_text)


def _logs() -> click.Command:
    folder = click.Argument(["logs"], metavar="DIR", type=FOLDER)
    help_text = (
        "Open the app on a folder of CloudTrail files.\n\n"
        "DIR is a folder with CloudTrail files of any name at any depth, plain or packed, or a single file."
    )
    return GroupedCommand("logs", [folder, *logs_options(), *ends_options(alone=True), *app_options()], help_text)


def _athena() -> click.Command:
    help_text = (
        "Open the app on a CloudTrail table in Athena.\n\n"
        "Each day is paid for once. DB.TABLE is the table, CATALOG.DB.TABLE one of another catalog; the default is\n"
        "that of the configuration. See also `ssmtrail athena tables`, `doctor`, `selftest` and `ddl`."
    )
    table = table_argument(("doctor", "ddl", "tables", "selftest"))
    return GroupedCommand(
        "athena",
        [*table, *athena_options(), *price_options(), *ends_options(alone=False), *app_options()],
        help_text,
    )


_HISTORY_ENDING: Final = """\
Examples:
  ssmtrail history
  ssmtrail history --profile prod,staging --region eu-central-1,eu-west-1
  ssmtrail history --profile audit --organisation-role SecurityAudit
"""


def _history() -> click.Command:
    help_text = (
        "Open the app on CloudTrail's event history.\n\n"
        "It has the last 90 days of every account, costs nothing, and needs no trail, bucket or table. AWS allows two\n"
        "requests of 50 calls a second for each account and region; what was read is kept."
    )
    return GroupedCommand(
        "history", [*history_options(alone=True), names_option(), *app_options()], help_text, lambda: _HISTORY_ENDING
    )  # fmt: skip


_S3_ENDING: Final = """\
Examples:
  ssmtrail s3 s3://my-trail --from 7d
  ssmtrail s3 s3://my-trail/logs --account 111122223333 --region eu-central-1
  ssmtrail s3 --trail organisation --profile audit
"""


def _s3() -> click.Command:
    help_text = (
        "Open the app on CloudTrail's files in a bucket.\n\n"
        "URL is s3://BUCKET, with the prefix before AWSLogs/. It lists what the window needs, names the price, and\n"
        "reads each file once; what was read is kept."
    )
    url = click.Argument(["s3"], metavar="[URL]", required=False)
    params = [url, *s3_options(alone=True), *ends_options(alone=False), *app_options()]
    return GroupedCommand("s3", params, help_text, lambda: _S3_ENDING)


_OPEN_ENDING: Final = """\
Examples:
  ssmtrail open 'prod tunnels'
  ssmtrail open night --views /team/views.toml
  ssmtrail query --view 'prod tunnels' --format csv
"""


def _open() -> click.Command:
    help_text = (
        "Open the app with a saved view: its source, screen, window, filter, order and zone.\n\n"
        "ctrl+s in the app saves what is seen, V lists the saved views. They are entries of a text file that can be\n"
        "shared, see docs/views.md."
    )
    names = [each for each in view_options() if each.name in ("inventory", "policy")]
    return GroupedCommand(
        "open", [saved_view_argument(), *views_options(), *names], help_text, lambda: _OPEN_ENDING
    )  # fmt: skip


def _ends() -> click.Command:
    help_text = (
        "Keep the true ends of sessions, which Session Manager forgets after 30 days.\n\n"
        "It prints what is kept of each region; `ssmtrail history` joins it with the calls. Run it weekly, from cron\n"
        "for example, and no end is lost. Exit status: 0 all regions were read, 4 some refused, 3 all."
    )
    options = [each for each in history_options(alone=True) if each.name != "run_command"]
    return GroupedCommand("ends", [*options, *quiet_option()], help_text)


def _names() -> click.Command:
    help_text = (
        "Keep the names and environments that machines have now.\n\n"
        "AWS forgets a machine soon after its end. What was kept names it in every answer about any source. It prints\n"
        "what is kept of each region. Run it daily, from cron for example. Exit status: 0 all regions were read, 4\n"
        "some refused, 3 all."
    )
    options = [each for each in history_options(alone=True) if each.name != "run_command"]
    return GroupedCommand("names", [*options, *quiet_option()], help_text)


_NOW_ENDING: Final = """\
Exit status:
  0 answered (no session is an answer)    2 bad usage    3 AWS refused all    4 answered, but a region refused
"""


def _now() -> click.Command:
    help_text = (
        "Print whose sessions are connected at this minute.\n\n"
        "Session Manager says which, CloudTrail's calls of the last day say who and from where. Connected is the\n"
        "client: it does not prove that the person is there."
    )
    options = [each for each in history_options(alone=True) if each.name != "run_command"]
    formats = GroupedOption("--format", group="Output", type=click.Choice(FORMATS), help="Default: table.")
    inventory = [each for each in view_options() if each.name == "inventory"]
    return GroupedCommand("now", [*options, *inventory, formats, *quiet_option()], help_text, lambda: _NOW_ENDING)


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


def _sql() -> click.Command:
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


def _verify() -> click.Command:
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
  findings   one row a rule, person, thing and day: what deserves a look, why, and what would make it harmless
  as-of      who was, or may have been, on which machine at a moment (--at)
  records    the raw records of every event that an answer names (--of calls, for one), as JSON lines

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
        f"QUESTION is {', '.join(ASKED[:-1])} or {ASKED[-1]}. Data goes to standard output, messages go to\n"
        "standard error."
    )
    output = partial(GroupedOption, group="Output")
    params: list[click.Parameter] = [
        click.Argument(["question"], metavar="QUESTION", type=QuestionType(), required=False),
        *source_options(),
        GroupedOption(
            "--view", group="Scope", metavar="VIEW", shell_complete=view_names,
            help="Question, source, window, filter and order of a saved view; other options win over it.",
        ),
        *views_options(),
        GroupedOption(
            "--measure", type=click.Choice(get_args(Measure)),
            help="What counts most: answers that count are ordered by it (default: sessions).",
        ),
        *unit_option(),
        GroupedOption("--at", metavar="T", help="The moment of as-of."),
        GroupedOption(
            "--of", metavar="QUESTION", type=click.Choice(RECORDED), help=f"Whose records: {', '.join(RECORDED)}."
        ),
        output("--format", type=click.Choice(FORMATS), help="Default: by the name of --output, else table."),
        output("--grid", is_flag=True, help="Pairs as a grid in CSV: people down, machines across."),
        output("--output", metavar="FILE", type=FILE, help="Write this file, for you alone; - is standard output."),
        output(
            "--sort", metavar="COLUMN[,-COLUMN]", type=columns_value,
            help="Order by these columns; a minus sorts downwards.",
        ),
        output(
            "--columns", metavar="COLUMN[,COLUMN]", type=names_value, default=(),
            help="Only these columns, in this order (default: all).",
        ),
        output("--limit", metavar="N", type=limit_value, help="At most so many rows."),
        output("--allow-incomplete", is_flag=True, help="Exit with 0 although files could not be read."),
        *quiet_option(), *reach_options(),
        renew_option(),
    ]  # fmt: skip
    return GroupedCommand("query", params, help_text, _query_ending)


#: Verdicts at which a check may fail; `attempts` are refused calls outside the policy.
_FAILING: Final = ("violation", "unjudged", "accepted", "allowed-reported", "attempts")
_REPORTS: Final = ("table", "json", "jsonl", "csv", "junit", "sarif")


def _fail_on(text: str) -> tuple[str, ...]:
    found = tuple(word.strip() for word in text.split(","))
    for word in found:
        if word not in _FAILING:
            raise click.BadParameter(f"there is no verdict {word!r}; there are {', '.join(_FAILING)}")
    return found


_CHECK_ENDING: Final = """\
Verdicts:
  allowed            a rule allows it
  allowed-reported   allowed by a rule with alarm = true, always listed
  accepted           a violation that [[accept]] names, until its end
  violation          no-rule, left, how, hours, require or expired
  unjudged           the records do not say who it was, which environment, or whether the rule was kept
Refused calls are judged too, and listed apart.

Examples:
  ssmtrail check --logs DIR --draft > access.toml
  ssmtrail check --logs DIR --from 7d --policy access.toml
  ssmtrail check --logs DIR --policy access.toml --fail-on violation,unjudged --format junit --output check.xml
  ssmtrail check --logs DIR --policy access.toml --explain jane.doe-0a1b2c3d4e5f67890

Exit status:
  0 nothing failed    2 bad usage, or a mistake in the policy    3 the source failed, or there are no logs
  4 files or days could not be read (--allow-incomplete goes by the rest)    5 the check failed    130 interrupted
"""


def _check() -> click.Command:
    help_text = (
        "Hold the sessions against an access policy.\n\n"
        "Lists what is not plainly allowed. docs/policy.md describes access.toml."
    )
    output = partial(GroupedOption, group="Output")
    params: list[click.Parameter] = [
        *source_options(),
        GroupedOption(
            "--fail-on", metavar="VERDICT[,VERDICT]", type=_fail_on,
            help="Exit with 5 if there is such a session (default: violation); also unjudged, attempts.",
        ),
        GroupedOption("--explain", metavar="SESSION", help="Show how each rule answers one session."),
        GroupedOption("--draft", is_flag=True, help="Print a first policy, written from what happened, to be pruned."),
        output("--format", "report", type=click.Choice(_REPORTS), default="table", help="Default: table."),
        output("--output", metavar="FILE", type=FILE, help="Write this file, for you alone; - is standard output."),
        output("--allow-incomplete", is_flag=True, help="Check what could be read, although files could not be."),
        *quiet_option(), *reach_options(),
    ]  # fmt: skip
    return GroupedCommand("check", params, help_text, lambda: _CHECK_ENDING)


_TRANSCRIPT_ENDING: Final = """\
Examples:
  ssmtrail transcript jane.doe-0a1b2c3d4e5f67890 --transcripts DIR
  ssmtrail transcript jane.doe-0a1b2c3d4e5f67890 --history --profile prod
  ssmtrail transcript jane.doe-0a1b2c3d4e5f67890 --logs DIR --transcripts DIR --raw --output session.log

Exit status:
  0 written    2 bad usage, or no such session    3 the source failed
  4 none, and why: not recordable, not configured, expired, unknown; or streamed events could not be read
  5 expected but not found    130 interrupted
"""


def _transcript() -> click.Command:
    help_text = (
        "Print what was typed and shown in a session, or why there is no transcript.\n\n"
        "SESSION is the id of the session. Control characters are applied or dropped, and counted. The machine wrote\n"
        "the transcript: it is no proof against who had root there. Opening one is noted, see docs/transcripts.md."
    )
    output = partial(GroupedOption, group="Output")
    params: list[click.Parameter] = [
        click.Argument(["session"], metavar="SESSION"), *source_options(), *transcripts_option(),
        output("--raw", is_flag=True, help="Every byte as it was recorded, to a file or a pipe."),
        output("--screens", is_flag=True, help="Draw what full-screen programs showed; needs ssmtrail[screens]."),
        output("--output", metavar="FILE", type=FILE, help="Write this file, for you alone; - is standard output."),
        *quiet_option(), *reach_options(),
    ]  # fmt: skip
    return GroupedCommand("transcript", params, help_text, lambda: _TRANSCRIPT_ENDING)


_TWO_WORDS: Final = (
    ["athena", "doctor"], ["athena", "ddl"], ["athena", "tables"], ["athena", "selftest"],
    ["integrity", "keys"], ["evidence", "verify"],
)  # fmt: skip


class _Root(click.Group):
    """`ssmtrail` itself. `athena doctor` and its like are commands beside `athena DB.TABLE` and `integrity`."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        # A table's name has a dot, and `integrity` takes no argument.
        if args[:2] in _TWO_WORDS:
            args = [" ".join(args[:2]), *args[2:]]
        return super().resolve_command(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)  # in the order of use, not of the alphabet

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write(f"\n{_ROOT_ENDING}")


_ROOT_ENDING: Final = """\
Examples:
  ssmtrail demo                       the app on thirty made-up days
  ssmtrail history                    the app on the last 90 days of an account, for nothing
  ssmtrail logs /evidence/CloudTrail  the app on a folder of CloudTrail files
  ssmtrail s3 s3://my-trail           the app on CloudTrail's files in a bucket
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
    commands = [
        _demo(),
        _history(),
        _ends(),
        _names(),
        _now(),
        _logs(),
        _s3(),
        _athena(),
        _open(),
        _doctor(),
        _ddl(),
        *athena_tools(),
        _sql(),
        plan_command(),
        fetch_command(),
        _verify(),
        _query(),
        _check(),
        review_command(),
        *proof_commands(),
        _transcript(),
        _config(),
        _cache(),
    ]
    eager = partial(GroupedOption, is_eager=True, expose_value=False)
    params: list[click.Parameter] = [
        eager("--version", is_flag=True, callback=_print_version, help="Show the version and exit."),
        eager(
            "--completion", type=click.Choice(["bash", "zsh", "fish"]), callback=_print_completion,
            help="Print the script that completes words in this shell, and exit.",
        ),
        fresh_option(),
    ]  # fmt: skip
    return _Root(
        "ssmtrail", commands, params=params, help=help_text, invoke_without_command=True, context_settings=CONTEXT,
        callback=partial(Options, command=None), subcommand_metavar="[COMMAND]",
    )  # fmt: skip


def _cache() -> click.Command:
    age_help = "Remove only what was not used for so many days."
    age = GroupedOption("--older-than", metavar="90d", type=age_value, help=age_help)
    purge_help = "Remove the cached sources. They are read again when they are opened."
    commands: dict[str, click.Command] = {
        "info": GroupedCommand("cache info", [], "List the cached sources."),
        "path": GroupedCommand("cache path", [], "Print the folder of the cache."),
        "purge": GroupedCommand("cache purge", [age], purge_help),
    }
    help_text = "Show or remove the cache.\n\nWhat was read is cached, so that it is read once."
    return click.Group(
        "cache", commands, help=help_text, short_help=help_text.partition(".")[0], context_settings=CONTEXT
    )


def _config() -> click.Command:
    commands: dict[str, click.Command] = {
        "show": GroupedCommand("config show", [], "Print the settings that count, as TOML."),
        "path": GroupedCommand("config path", [], "Print where the configuration file is."),
        "check": GroupedCommand(
            "config check",
            [],
            "Check the configuration, and the inventory, policy and saved views that it names.\n\n"
            "Exit status: 0 if all is well, 2 if not.",
        ),
        "schema": GroupedCommand("config schema", [], "Print the JSON Schema of the configuration, for editors."),
    }
    help_text = "Show or check the configuration.\n\nIt is a TOML file that you write; ssmtrail only reads it."
    return click.Group(
        "config", commands, help=help_text, short_help=help_text.partition(".")[0], context_settings=CONTEXT
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
