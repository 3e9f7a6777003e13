"""The parameters of the commands: values read from text, options in groups, commands whose help shows the groups."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, get_args

import click

from ssmtrail.queries.times import WEEK_MINUTES, Unit
from ssmtrail.tui.cli.options import ASKED, Options
from ssmtrail.tui.column_names import split_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from click.shell_completion import CompletionItem


#: Options that name a source, in the order in which sources are read: what is free first.
_SOURCES: Final = ("demo", "logs", "history", "s3", "athena")


# --- values; click adds the name of the option to the reason ---


def date_value(text: str) -> date:
    """A date like 2026-11-23."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(f"{text!r} is no date; write it like 2026-11-23") from None


def age_value(text: str) -> int:
    """Days, written like 90d."""
    number = text.removesuffix("d")
    if number == text or not (number.isascii() and number.isdigit()) or len(number) > 5:
        raise click.BadParameter(f"{text!r} is no number of days; write it like 90d")
    return int(number)


def limit_value(text: str) -> int:
    """A number of rows."""
    if not (text.isascii() and text.isdigit()) or len(text) > 12:
        raise click.BadParameter(f"{text!r} is no number of rows")
    return int(text)


def columns_value(text: str) -> tuple[str, ...]:
    """Columns like person,-started_at; a minus sorts downwards."""
    names = tuple(name.strip() for name in text.split(","))
    if not all(name.removeprefix("-") for name in names):
        raise click.BadParameter(f"{text!r} names no columns; write them like person,-started_at")
    return names


def names_value(text: str) -> tuple[str, ...]:
    """Columns like person,target."""
    names = split_names(text)
    if not all(names):
        raise click.BadParameter(f"{text!r} names no columns; write them like person,target")
    return names


def partition_value(text: str) -> tuple[str, tuple[str, ...]]:
    """A partition column and its values: account=111122223333,444455556666."""
    column, sign, values = text.partition("=")
    found = tuple(value.strip() for value in values.split(",") if value.strip())
    if not sign or not column or not found:
        raise click.BadParameter(f"{text!r} names no values; write it like account=111122223333,444455556666")
    return column, found


def days_value(text: str) -> int:
    """A number of days from 0 to 366."""
    if not (text.isascii() and text.isdigit()) or int(text) > 366:
        raise click.BadParameter(f"{text!r} is no number of days from 0 to 366")
    return int(text)


def dollars_value(text: str) -> float:
    """A price in dollars."""
    try:
        found = float(text.removeprefix("$"))
    except ValueError:
        found = -1.0
    if not 0 <= found < 1e9:
        raise click.BadParameter(f"{text!r} is no price; write it like 2.50")
    return found


def minutes_value(text: str) -> int:
    """A number of minutes up to seven days."""
    if not text.isdecimal() or int(text) > WEEK_MINUTES:
        raise click.BadParameter(f"{text!r} is no number of minutes up to {WEEK_MINUTES} (seven days)")
    return int(text)


class QuestionType(click.Choice[str]):
    """The name of a question, with advice on a misspelt one."""

    def __init__(self) -> None:
        super().__init__(ASKED)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The question; a misspelt one fails with the nearest name."""
        if value not in ASKED:
            from ssmtrail.queries.advice import advice

            self.fail(f"there is no question {value!r}; {advice(value, ASKED)}", param, ctx)
        return str(value)


class GroupedOption(click.Option):
    """An option that the help lists under the heading `group`."""

    def __init__(self, *names: str, group: str = "Options", **settings: Any) -> None:
        self.group = group
        super().__init__(names, **settings)


class GroupedCommand(click.Command):
    """A command whose help groups its options, and ends in text that keeps its line breaks."""

    def __init__(self, name: str, params: list[click.Parameter], help: str, ending: Callable[[], str] = str) -> None:  # noqa: A002 - click's name
        self._ending = ending
        super().__init__(
            name, params=params, help=help, callback=partial(_chosen, name),
            context_settings=CONTEXT, short_help=help.partition(".")[0],
        )  # fmt: skip

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options under the headings of their groups."""
        groups: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            if isinstance(parameter, click.Option) and (record := parameter.get_help_record(ctx)):
                groups.setdefault(getattr(parameter, "group", "Options"), []).append(record)
        for name, records in groups.items():
            with formatter.section(name):
                formatter.write_dl(records, col_max=28)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the ending as it is."""
        if ending := self._ending():
            formatter.write(f"\n{ending}")


def _chosen(command: str, **given: Any) -> Options:
    given |= _sources(given)
    if command == "query" and given["question"] is None and not given["view"]:
        raise click.UsageError("Missing argument 'QUESTION'.")
    asked = given.get("question", "") is not None
    named = {name: value for name, value in given.items() if value is not None}
    return Options(command=command, asked=asked, **named)


def _sources(given: Mapping[str, Any]) -> dict[str, Any]:
    """The first source that is named, and the others, which are answered together with it."""
    every = {
        name: given[name] if isinstance(given[name], tuple) else (given[name],) for name in _SOURCES if name in given
    }
    named = [(name, value) for name, values in every.items() for value in values if value]
    if len(named) > 1 and named[0][0] == "demo":
        raise click.UsageError(f"--{named[1][0]}: not allowed with argument --demo")
    none = {name: False if name in ("demo", "history") else None for name in every}
    return {**none, **dict(named[:1]), "others": tuple(named[1:])}


CONTEXT: Final[dict[str, Any]] = {"help_option_names": ["-h", "--help"], "max_content_width": 110}


# --- the groups of options ---


def scope_options() -> list[click.Parameter]:
    """Which sessions: window, filter, zone."""
    option = partial(GroupedOption, group="Scope")
    return [
        option(
            "--from",
            "start",
            metavar="T",
            help="From then on: 2026-11-23, 2026-11-23T12:04+01:00, 30d, 12h, yesterday.",
        ),
        option("--to", "end", metavar="T", help="Before then; UTC unless an offset is given."),
        option("--where", metavar="FILTER", help="Only what matches, such as 'kind:tunnel -person:ci-*'."),
        option("--tz", metavar="ZONE", help="Zone of hours and days: UTC, Europe/Berlin, local."),
    ]


def delivery_options() -> list[click.Parameter]:
    """When log files were delivered."""
    option = partial(GroupedOption, group="Scope")
    return [
        option("--from", "start", metavar="T", help="What was delivered from then on: 2026-11-23, 30d, 12h."),
        option("--to", "end", metavar="T", help="What was delivered before then; UTC unless an offset is given."),
    ]


def aws_options() -> list[click.Parameter]:
    """How AWS is asked for keys."""
    option = partial(GroupedOption, group="AWS")
    return [
        option("--profile", metavar="NAME", help="AWS profile (or AWS_PROFILE)."),
        option("--role-arn", metavar="ARN", help="Assume this role first."),
    ]


def view_options() -> list[click.Parameter]:
    """The scope, and names of machines."""
    help_text = "Names of machines: CSV, or JSON of describe-instances."
    return [
        *scope_options(),
        GroupedOption("--inventory", group="Scope", metavar="FILE", type=FILE, help=help_text),
        GroupedOption("--policy", group="Scope", metavar="FILE", type=FILE, help="The access policy, an access.toml."),
        GroupedOption(
            "--approvals",
            group="Scope",
            metavar="FILE",
            type=FILE,
            help="Approvals that rules of the policy require: CSV, or JSON lines.",
        ),
    ]


def transcripts_option() -> list[click.Parameter]:
    """Where local copies of transcripts are."""
    help_text = "Local copies of sessions' transcripts, named SESSION.log, at any depth."
    return [GroupedOption("--transcripts", group="Scope", metavar="DIR", type=FOLDER, help=help_text)]


def views_options() -> list[click.Parameter]:
    """Where saved views are."""
    help_text = "A file of saved views (default: views.toml beside the configuration)."
    return [GroupedOption("--views", group="Scope", metavar="FILE", type=FILE, help=help_text)]


def fresh_option() -> click.Parameter:
    """Whether the app begins anew."""
    help_text = "Begin with all sessions, not with the view, window and filter that were left last."
    return GroupedOption("--fresh", is_flag=True, help=help_text)


def follow_option(help_text: str = "Read what is new again and again, as L does.") -> click.Parameter:
    """Whether the source is followed."""
    return GroupedOption("--follow", is_flag=True, help=help_text)


def app_options(*, grows: bool = True) -> list[click.Parameter]:
    """What the app begins with; `grows` where the source can have more later."""
    return [*view_options(), *transcripts_option(), fresh_option(), *([follow_option()] if grows else ())]


def view_names(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem[str] | str]:
    """The names of the user's own saved views that begin so."""
    from ssmtrail.queries.errors import UsageError
    from ssmtrail.tui.saved_views import ViewFiles

    try:
        return [view.name for view in ViewFiles().views() if view.name.startswith(incomplete)]
    except UsageError:
        return []


def source_options() -> list[click.Parameter]:
    """Which sources, and the scope: for commands that read any source, or several as one."""
    option = partial(GroupedOption, group="Source")
    return [
        option(
            "--logs", metavar="DIR", type=FOLDER, multiple=True, help="A folder of CloudTrail files; may be repeated."
        ),
        *logs_options(),
        option("--history", is_flag=True, help="CloudTrail's event history: 90 days, free."),
        option(
            "--s3",
            metavar="URL",
            multiple=True,
            help="CloudTrail's files in a bucket: s3://BUCKET[/PREFIX]; may be repeated.",
        ),
        option("--athena", metavar="DB.TABLE", multiple=True, help="A CloudTrail table in Athena; may be repeated."),
        option("--demo", is_flag=True, help="Made-up data."),
        *demo_options(),
        *view_options(),
    ]


def reach_options() -> list[click.Parameter]:
    """How any source is reached, and what it may cost."""
    return [
        *ends_options(alone=False), *history_options(alone=False), *s3_options(alone=False),
        *athena_options(alone=False),
        *price_options(),
    ]  # fmt: skip


def logs_options() -> list[click.Parameter]:
    """How a folder is read."""
    option = partial(GroupedOption, group="Source", is_flag=True)
    return [
        option("--follow-links", help="Follow links that lead out of DIR."),
        option(
            "--reread",
            help="Look at everything again: contents of files whose size and times agree, days of a bucket.",
        ),
        option("--keep-secrets", help="Keep tokens and passwords in records, in a store of its own."),
    ]


def demo_options() -> list[click.Parameter]:
    """When the demo ends."""
    help_text = "Last day of the demo (default: today)."
    return [GroupedOption("--demo-end", group="Source", metavar="DATE", type=date_value, help=help_text)]


def athena_options(*, alone: bool = True) -> list[click.Parameter]:
    """Which table, and how to reach it; `alone` adds the role, which `query` has anyway."""
    option = partial(GroupedOption, group="Athena")
    role = option("--role-arn", metavar="ARN", help="Assume this role first.")
    return [
        *([role] if alone else ()),
        option("--external-id", metavar="ID", help="What the owner of the role asks for."),
        option("--profile", metavar="NAME", help="AWS profile (or AWS_PROFILE)."),
        option("--region", metavar="REGION", help="AWS region (or AWS_REGION)."),
        option("--workgroup", metavar="NAME", help="Workgroup (or AWS_ATHENA_WORK_GROUP; default: primary)."),
        option("--catalog", metavar="NAME", help="Data catalog (default: AwsDataCatalog)."),
        option(
            "--results", metavar="S3",
            help="s3://BUCKET/PREFIX/ for results, where the workgroup has none (or AWS_ATHENA_S3_STAGING_DIR).",
        ),
        option(
            "--expected-bucket-owner", metavar="ACCOUNT", help="Refuse a results bucket of another account than this."
        ),
        option(
            "--encrypt-results", metavar="SSE_S3|KEY",
            help="Encrypt results by S3's keys, or by this KMS key (default: as the workgroup says).",
        ),
        option(
            "--partition", metavar="COLUMN=VALUE[,VALUE]", multiple=True, type=partition_value,
            help="Read only these values of a partition column, such as accounts.",
        ),
    ]  # fmt: skip


def price_options() -> list[click.Parameter]:
    """What a fetch from Athena or a bucket may cost."""
    option = partial(GroupedOption, group="Athena")
    return [
        option("--max-price", metavar="DOLLARS", type=dollars_value, help="Never pay more in this run."),
        option(
            "--reuse-minutes", metavar="N", type=minutes_value,
            help=f"Reuse results of closed days that are at most so old, at no cost (default: 0, at most "
            f"{WEEK_MINUTES}).",
        ),
        option(
            "--recheck", metavar="DAYS", type=days_value,
            help="Read, and pay for, the last days again in this run (default: 0).",
        ),
        option(
            "--delete-results", is_flag=True,
            help="Delete the files of Athena's results after they were read; needs s3:DeleteObject.",
        ),
        option("--yes", is_flag=True, help="Agree to the estimated price; without an estimate, give --max-price too."),
        option(
            "--accept-unproven", is_flag=True,
            help="Agree to scans that are not proved to read only the days asked for.",
        ),
    ]  # fmt: skip


def table_option(help_text: str = "The table (default: from the configuration).") -> list[click.Parameter]:
    """The table as an option."""
    return [
        GroupedOption(
            "--athena", group="Source", metavar="DB.TABLE", multiple=True, callback=_one_table, help=help_text
        )
    ]


def _one_table(_: click.Context, __: click.Parameter, given: tuple[str, ...]) -> str | None:
    """The one table that is named. Raises click.BadParameter where there are several."""
    if len(given) > 1:
        raise click.BadParameter(f"name one table, not {len(given)}: {', '.join(given)}")
    return given[0] if given else None


def table_argument(complete: Iterable[str] = ()) -> list[click.Parameter]:
    """The table as an argument; `complete` are words offered beside it."""

    def completions(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem[str] | str]:
        return [word for word in complete if word.startswith(incomplete)]

    return [click.Argument(["athena"], metavar="[DB.TABLE]", required=False, shell_complete=completions)]


def unit_option(default: str | None = None) -> list[click.Parameter]:
    """The bucket of usage."""
    help_text = "Bucket of usage (default: day)."
    return [GroupedOption("--unit", type=click.Choice(get_args(Unit)), default=default, help=help_text)]


def quiet_option() -> list[click.Parameter]:
    """Print less."""
    return [GroupedOption("-q", "--quiet", group="Output", is_flag=True, help="Print warnings and errors only.")]


FILE: Final = click.Path(path_type=Path)
FOLDER: Final = click.Path(file_okay=True, path_type=Path)


def s3_options(*, alone: bool, rereads: bool = True) -> list[click.Parameter]:
    """Which bucket; `query` has the rest among the options of other sources, and what keeps nothing rereads nothing."""
    option = partial(GroupedOption, group="Bucket")
    found: list[click.Parameter] = [
        option("--trail", metavar="NAME", help="The bucket of this trail, by name or ARN."),
        option("--account", metavar="ID[,ID]", help="Only these accounts (default: all in the bucket)."),
        option("--request-payer", is_flag=True, help="Pay for requests and transfer in place of the bucket's owner."),
    ]  # fmt: skip
    if not alone:
        return found
    again = option("--reread", is_flag=True, help="List complete days again, for files that were delivered late.")
    return [
        *found,
        *([again] if rereads else []),
        option("--region", metavar="REGION[,REGION]", help="Only these regions (default: all in the bucket)."),
        option("--profile", metavar="NAME", help="AWS profile (or AWS_PROFILE)."),
        option("--role-arn", metavar="ARN", help="Assume this role first."),
        option("--max-price", metavar="DOLLARS", type=dollars_value, help="Never pay more in this run."),
        option("--yes", is_flag=True, help="Agree to the price, which is asked for above 1 dollar."),
    ]


def account_options() -> list[GroupedOption]:
    """Whose accounts and regions are asked."""
    return [each for each in history_options(alone=True) if each.name != "run_command"]


def ends_options(*, alone: bool) -> list[click.Parameter]:
    """`--ends` and `--names`; `alone` adds options for the credentials, which other commands have anyway."""
    option = partial(GroupedOption, group=_ASKED)
    help_text = "Ask Session Manager for true ends of the last 30 days; what `ssmtrail ends` kept is used anyway."
    ends = option("--ends", is_flag=True, help=help_text)
    names = names_option()
    whose = account_options() if alone else []
    for each in whose:
        each.group = _ASKED
    return [ends, names, *whose]


#: The group of what AWS is asked for beside the records.
_ASKED: Final = "Ends and names"


def names_option() -> GroupedOption:
    """Whether names of machines are asked for."""
    help_text = "Ask AWS for the names of machines; what `ssmtrail names` kept is used anyway."
    return GroupedOption("--names", group=_ASKED, is_flag=True, help=help_text)


def history_options(*, alone: bool) -> list[GroupedOption]:
    """Whose event history; `query` has profile and region among Athena's options."""
    option = partial(GroupedOption, group="Event history")
    where = [
        option("--profile", metavar="NAME[,NAME]", help="AWS profiles, an account each (or AWS_PROFILE)."),
        option("--region", metavar="REGION[,REGION]", help="Only these regions (default: all that the account has)."),
    ]
    return [
        *(where if alone else ()),
        option("--role-arn", metavar="ARN", help="Assume this role first."),
        option("--organisation-role", metavar="NAME", help="Read all accounts of the organisation by this role."),
        option("--run-command", is_flag=True, help="Read SendCommand too: there can be very many."),
    ]


def renew_option() -> click.Parameter:
    """Whether days that an older version kept are fetched again."""
    return GroupedOption(
        "--renew", group="Athena", is_flag=True, help="Read, and pay for, days again that an older version read."
    )
