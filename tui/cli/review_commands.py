"""The command `review` and its help."""

from __future__ import annotations

from functools import partial
from typing import Final

import click

from ssmtrail.tui.cli.parameters import (
    FILE,
    FOLDER,
    GroupedCommand,
    GroupedOption,
    quiet_option,
    reach_options,
    source_options,
)

_ENDING: Final = """\
Files:
  review.csv      one row a person, environment and role; fill in decision, reviewer, decided_at, ticket, remark
  never-used.csv  grants of the roster without a session
  unjudged.csv    what the records cannot say, and why
  coverage.csv    which days were read
  report.html     the same for paper: one page that loads nothing
  MANIFEST.json   the question, all rows, and the hash of every file

Examples:
  ssmtrail review --logs DIR --from 2026-07-01 --to 2026-10-01 --policy access.toml --roster grants.csv --out q3
  ssmtrail review --logs DIR --from 2026-10-01 --to 2027-01-01 --policy access.toml --previous q3 --out q4
  ssmtrail review --check q3 --logs DIR

Exit status:
  0 written; of --check: all is decided, and no revoked access was used again    2 bad usage
  3 the source failed, there are no logs, or no review
  4 files or days could not be read (--allow-incomplete goes by the rest); of --check also: not proved
  5 --check found a row without decision, reviewer or date, a change, or a revoked access that was used again
  130 interrupted
"""


def review_command() -> click.Command:
    """`review`."""
    help_text = (
        "Write an access review for people to decide; check what they decided.\n\n"
        "DIR is a new folder. --check compares it with what was written, and looks in the source for those whose\n"
        "access was revoked."
    )
    output = partial(GroupedOption, group="Output")
    params: list[click.Parameter] = [
        *source_options(),
        GroupedOption("--roster", metavar="FILE", type=FILE, help="Grants: CSV person,account,role[,environment]."),
        GroupedOption("--previous", metavar="DIR", type=FOLDER, help="The review before this one."),
        GroupedOption("--check", metavar="DIR", type=FOLDER, help="Check the decisions of this review."),
        GroupedOption("--sha256", metavar="HEX", help="Of --check: the hash that MANIFEST.json must have."),
        output("--out", metavar="DIR", type=FOLDER, help="The new folder, for you alone."),
        output("--allow-incomplete", is_flag=True, help="Go by what could be read, although files could not be."),
        *quiet_option(), *reach_options(),
    ]  # fmt: skip
    return GroupedCommand("review", params, help_text, lambda: _ENDING)
