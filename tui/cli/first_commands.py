"""The commands of the first minute, and their help: `init` and `doctor`."""

from __future__ import annotations

from typing import Final

import click

from ssmtrail.tui.cli.parameters import GroupedCommand, reach_options, source_options

#: Options of sources that change no check.
_NOT_CHECKED: Final = frozenset({
    "reread", "keep_secrets", "demo_end", "start", "end", "where", "tz", "inventory", "policy", "approvals",
    "run_command", "max_price", "yes", "reuse_minutes", "recheck", "accept_unproven",
})  # fmt: skip

_DOCTOR_ENDING: Final = """\
Examples:
  ssmtrail doctor
  ssmtrail doctor --logs /evidence/CloudTrail
  ssmtrail doctor --history --profile prod,staging
  ssmtrail doctor --s3 s3://my-trail --profile audit

Exit status:
  0 all is well    2 bad usage    3 something is not    130 interrupted
"""


def first_commands() -> list[click.Command]:
    """`init` and `doctor`."""
    return [_init(), _doctor()]


_INIT_ENDING: Final = """\
Exit status:
  0 written, or left as it was    2 bad usage, or no terminal    3 it cannot be written    130 interrupted
"""


def _init() -> click.Command:
    help_text = (
        "Ask five questions and write a configuration file with comments.\n\n"
        "Where the records are, the time zone, names of accounts, an inventory, an access policy: Enter takes what is\n"
        "shown. A file that is there is replaced only after a question, and kept under another name."
    )
    return GroupedCommand("init", [], help_text, lambda: _INIT_ENDING)


def _doctor() -> click.Command:
    help_text = (
        "Say what is right and what is wrong: configuration, terminal, store, and a source.\n\n"
        "A folder: what some of its files hold, the newest day, digests. Event history: what is allowed in which\n"
        "region, by one call each. A bucket: its accounts, one object, the price of a month. A table in Athena: as\n"
        "`athena doctor`. Nothing is kept, and nothing is scanned."
    )
    params = [each for each in (*source_options(), *reach_options()) if each.name not in _NOT_CHECKED]
    return GroupedCommand("doctor", params, help_text, lambda: _DOCTOR_ENDING)
