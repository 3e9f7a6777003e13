"""The words of the command line, read into what they mean."""

from __future__ import annotations

import argparse
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn, get_args

from queries.values import Measure, QuestionName, Unit
from tui.athena_options import add_athena_options
from tui.format_names import FORMATS
from widgets.safe_text import safe

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

QUESTIONS: Final[tuple[QuestionName, ...]] = get_args(QuestionName)

#: Options whose value may begin with a minus: `--where -person:ci-*`, `--sort -started_at`.
_FREE: Final = frozenset({"--where", "--sort"})

_MAIN_EXAMPLES: Final = """\
examples:
  ssmtrail demo                       the app on thirty made-up days
  ssmtrail logs /evidence/CloudTrail  the app on a folder of CloudTrail files
  ssmtrail athena audit.cloudtrail    the app on a CloudTrail table in Athena
  ssmtrail query sessions --logs DIR --from 7d --where 'kind:tunnel' --format csv
  ssmtrail query pairs --demo --format json | jq '.[] | select(.denied > 0)'
"""
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


class _Version(argparse.Action):
    """Says the version; asking the distribution for it costs more than all other words together."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        """Print it and exit."""
        from importlib.metadata import version

        sys.stdout.write(f"ssmtrail {version('ssmtrail')}\n")
        parser.exit()


def read_arguments(words: Sequence[str]) -> argparse.Namespace:
    """What the words mean; `command` is None or a command's name. Exits for --help, --version and mistakes."""
    return _parser().parse_args(_joined(words))


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
    parser.add_argument("--version", action=_Version, nargs=0, help="show program's version number and exit")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands", parser_class=Parser)
    demo = commands.add_parser("demo", help="open the app on made-up data", description="Open the app on made-up data.")
    _add_demo_end(demo)
    _add_view(demo)
    logs = commands.add_parser(
        "logs",
        help="open the app on a folder of CloudTrail files",
        description="Open the app on a folder of CloudTrail files (.json.gz or .json, at any depth).",
    )
    logs.add_argument("folder", metavar="DIR", type=Path, help="folder, or a single file")
    _add_view(logs)
    said = "open the app on a CloudTrail table in Athena"
    athena = commands.add_parser(
        "athena", help=said, description=f"{said[0].upper()}{said[1:]}; each day is paid for once."
    )
    add_athena_options(athena, table=True)
    _add_view(athena)
    _add_query(commands)
    _add_cache(commands)
    return parser


def _add_query(commands: argparse._SubParsersAction[Parser]) -> None:
    query = commands.add_parser(
        "query",
        help="answer a question on standard output, for scripts",
        description="Answer a question: data on standard output, talk on standard error.",
        tail=lambda: f"{_QUERY_EXAMPLES}\n{_filter_help()}",
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
    _add_demo_end(query)
    _add_view(query)
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
    out.add_argument("--sort", metavar="COLUMN[,-COLUMN]", type=_sort, default=(), help="a minus sorts downwards")
    out.add_argument("--limit", metavar="N", type=_limit, help="at most so many rows")
    out.add_argument("--allow-incomplete", action="store_true", help="unreadable files are no failure")
    out.add_argument("-q", "--quiet", action="store_true", help="say only what is wrong")


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
    purge.add_argument("--older-than", metavar="90d", type=_days, help="only what was not used for so many days")


def _add_demo_end(parser: Parser) -> None:
    parser.add_argument("--demo-end", metavar="DATE", type=_date, help="last day of the demo (default: today)")


def _add_view(parser: Parser) -> None:
    scope = parser.add_argument_group("scope")
    scope.add_argument(
        "--from", dest="start", metavar="T", help="from then on: 2026-11-23, 2026-11-23T12:04+01:00, 30d, 12h"
    )
    scope.add_argument("--to", dest="end", metavar="T", help="before then; UTC unless an offset is given")
    scope.add_argument(
        "--where", metavar="FILTER", default="", help="only what matches, such as 'kind:tunnel -person:ci-*'"
    )
    scope.add_argument("--tz", metavar="ZONE", help="zone of hours and days: UTC, Europe/Berlin, local")
    scope.add_argument(
        "--inventory", metavar="FILE", type=Path, help="names of machines: CSV, or JSON of describe-instances"
    )


def _filter_help() -> str:
    from queries.filters import KEYS

    wide = max(len(key.example) for key in KEYS)
    return _FILTER_HELP + "\n" + "\n".join(f"  {key.example:<{wide}}  {key.help}" for key in KEYS) + "\n"


def _question(text: str) -> QuestionName:
    if text in QUESTIONS:
        return text
    from difflib import get_close_matches

    near = get_close_matches(text, QUESTIONS, 1)
    advice = f"did you mean {near[0]}?" if near else f"there are {', '.join(QUESTIONS)}"
    raise argparse.ArgumentTypeError(f"there is no question {text!r}; {advice}")


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no date; write it like 2026-11-23") from None


def _days(text: str) -> int:
    number = text.removesuffix("d")
    if number == text or not (number.isascii() and number.isdigit()) or len(number) > 5:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of days; write it like 90d")
    return int(number)


def _limit(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > 12:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of rows")
    return int(text)


def _sort(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(","))
    if not all(name.removeprefix("-") for name in names):
        raise argparse.ArgumentTypeError(f"{text!r} names no columns; write them like person,-started_at")
    return names
