"""The commands `query`, `check` and `transcript`, and their help: they take any source."""

from __future__ import annotations

from functools import partial
from typing import Final, get_args

import click

from ssmtrail.queries.model import RECORDED, Measure
from ssmtrail.tui.cli.options import ASKED
from ssmtrail.tui.cli.parameters import (
    FILE,
    GroupedCommand,
    GroupedOption,
    QuestionType,
    columns_value,
    limit_value,
    names_value,
    quiet_option,
    reach_options,
    renew_option,
    source_options,
    transcripts_option,
    unit_option,
    view_names,
    views_options,
)
from ssmtrail.tui.formats import FORMATS

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
  ssmtrail query sessions --logs DIR --from 1h --where env:prod --follow --format jsonl

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


def query_command() -> click.Command:
    """`query`."""
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
            "--columns", metavar="COLUMN[,COLUMN]", type=names_value,
            help="Only these columns, in this order (default: all).",
        ),
        output("--limit", metavar="N", type=limit_value, help="At most so many rows."),
        output("--allow-incomplete", is_flag=True, help="Exit with 0 although files could not be read."),
        output(
            "--follow", is_flag=True,
            help="Go on: print each new row of sessions, calls or doors as it comes, until ctrl+c.",
        ),
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


def check_command() -> click.Command:
    """`check`."""
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
  ssmtrail transcript jane.doe-0a1b2c3d4e5f67890 --history --cast --output session.cast

Exit status:
  0 written    2 bad usage, or no such session    3 the source failed
  4 none, and why: not recordable, not configured, expired, unknown; streamed events could not be read; no times
    for a recording
  5 expected but not found    130 interrupted
"""


def transcript_command() -> click.Command:
    """`transcript`."""
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
        output("--cast", is_flag=True, help="A recording for `asciinema play`, if it was streamed; also by FILE.cast."),
        output("--output", metavar="FILE", type=FILE, help="Write this file, for you alone; - is standard output."),
        *quiet_option(), *reach_options(),
    ]  # fmt: skip
    return GroupedCommand("transcript", params, help_text, lambda: _TRANSCRIPT_ENDING)
