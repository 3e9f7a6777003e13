"""The commands of `ssmtrail` and their help."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import click

from ssmtrail.tui.cli.athena_commands import athena_tools, sql_command, verify_command
from ssmtrail.tui.cli.fetch_commands import fetch_command, plan_command
from ssmtrail.tui.cli.first_commands import first_commands
from ssmtrail.tui.cli.options import Options
from ssmtrail.tui.cli.parameters import (
    CONTEXT,
    FOLDER,
    GroupedCommand,
    GroupedOption,
    account_options,
    age_value,
    app_options,
    athena_options,
    demo_options,
    ends_options,
    follow_option,
    fresh_option,
    history_options,
    logs_options,
    names_option,
    price_options,
    quiet_option,
    reach_options,
    s3_options,
    source_options,
    table_argument,
    transcripts_option,
    view_names,
    view_options,
    views_options,
)
from ssmtrail.tui.cli.proof_commands import proof_commands
from ssmtrail.tui.cli.query_commands import check_command, query_command, transcript_command
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
    return GroupedCommand("demo", [*demo_options(), export, *app_options(grows=False)], help_text)


def _logs() -> click.Command:
    folder = click.Argument(["logs"], metavar="DIR...", type=FOLDER, nargs=-1, required=True)
    help_text = (
        "Open the app on a folder of CloudTrail files, or on several as one.\n\n"
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
  ssmtrail open --logs /evidence --history --athena audit.cloudtrail
  ssmtrail query --view 'prod tunnels' --format csv
"""


def _open() -> click.Command:
    help_text = (
        "Open the app with a saved view, or on several sources as one.\n\n"
        "A view is a source or several, a screen, window, filter, order and zone. ctrl+s in the app saves what is\n"
        "seen, V lists the saved views. They are entries of a text file that can be shared, see docs/views.md. Of\n"
        "several sources each event counts once; sources that are named here take the place of the view's."
    )
    view = click.Argument(["view"], metavar="[VIEW]", required=False, shell_complete=view_names)
    params = [
        view, *views_options(), *source_options(), *reach_options(), *transcripts_option(), fresh_option(),
        follow_option(),
    ]  # fmt: skip
    return GroupedCommand("open", params, help_text, lambda: _OPEN_ENDING)


def _ends() -> click.Command:
    help_text = (
        "Keep the true ends of sessions, which Session Manager forgets after 30 days.\n\n"
        "It prints what is kept of each region; `ssmtrail history` joins it with the calls. Run it weekly, from cron\n"
        "for example, and no end is lost. Exit status: 0 all regions were read, 4 some refused, 3 all."
    )
    options = account_options()
    return GroupedCommand("ends", [*options, *quiet_option()], help_text)


def _ends_transcripts() -> click.Command:
    help_text = (
        "Keep what transcripts say of ends, without their text.\n\n"
        "When the last line was streamed to CloudWatch Logs the session was alive; when the file was written to S3 it\n"
        "was over. The next reading of any source joins both (alive_at, latest_end). Of a folder add --ends, which\n"
        "gives credentials. Exit status: 0 all states are known, 4 some are not, or days could not be read."
    )
    return GroupedCommand("ends transcripts", [*source_options(), *quiet_option(), *reach_options()], help_text)


def _names() -> click.Command:
    help_text = (
        "Keep the names and environments that machines have now.\n\n"
        "AWS forgets a machine soon after its end. What was kept names it in every answer about any source. It prints\n"
        "what is kept of each region. Run it daily, from cron for example. Exit status: 0 all regions were read, 4\n"
        "some refused, 3 all."
    )
    options = account_options()
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
    options = account_options()
    formats = GroupedOption("--format", group="Output", type=click.Choice(FORMATS), help="Default: table.")
    inventory = [each for each in view_options() if each.name == "inventory"]
    return GroupedCommand("now", [*options, *inventory, formats, *quiet_option()], help_text, lambda: _NOW_ENDING)


class _Root(click.Group):
    """`ssmtrail` itself. `athena doctor` and its like are commands beside `athena DB.TABLE` and `integrity`."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        # A table's name has a dot, and `integrity` takes no argument.
        if " ".join(args[:2]) in self.commands:
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
        _ends_transcripts(),
        _names(),
        _now(),
        _logs(),
        _s3(),
        _athena(),
        _open(),
        *athena_tools(),
        sql_command(),
        plan_command(),
        fetch_command(),
        verify_command(),
        query_command(),
        check_command(),
        review_command(),
        *proof_commands(),
        transcript_command(),
        *first_commands(),
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
        eager(
            "--man", is_flag=True, callback=_print_manual,
            help="Print the manual page, and exit: ssmtrail --man | man -l -",
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


def _print_manual(context: click.Context, _: click.Parameter, given: bool) -> None:
    if given and not context.resilient_parsing:
        from ssmtrail.tui.cli.man import manual
        from ssmtrail.tui.evidence.facts import version_of

        assert isinstance(context.command, click.Group)
        click.echo(manual(context.command, version_of("ssmtrail")), nl=False)
        context.exit()


def _print_completion(context: click.Context, _: click.Parameter, shell: str | None) -> None:
    if shell and not context.resilient_parsing:
        from click.shell_completion import get_completion_class

        found = get_completion_class(shell)
        assert found is not None
        click.echo(found(context.command, {}, "ssmtrail", "_SSMTRAIL_COMPLETE").source())
        context.exit()
