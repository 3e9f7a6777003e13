"""The words of the command line, read into what they mean."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from tui.athena_arguments import add_athena_commands
from tui.athena_options import add_athena_options
from tui.parser import Parser, Version, add_demo_end, add_view, days_of
from tui.query_arguments import add_query

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

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
