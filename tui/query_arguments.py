"""The words of `ssmtrail query`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final, get_args

from queries.values import Measure, QuestionName, Unit
from tui.athena_options import add_athena_options
from tui.format_names import FORMATS
from tui.parser import Parser, add_demo_end, add_view, limit_of, sort_of

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
