"""The commands `plan` and `fetch`, and their help."""

from __future__ import annotations

from typing import Final

import click

from ssmtrail.tui.cli.parameters import (
    GroupedCommand,
    GroupedOption,
    athena_options,
    price_options,
    quiet_option,
    renew_option,
    scope_options,
    table_option,
)

_PLAN_ENDING: Final = """\
Examples:
  ssmtrail plan --athena audit.cloudtrail --from 30d
  ssmtrail plan --athena audit.cloudtrail --from 30d --format json | jq .price
"""


def plan_command() -> click.Command:
    """`ssmtrail plan`."""
    help_text = (
        "Say what a window of a table costs, and read nothing.\n\n"
        "Days, accounts, bytes, dollars, how they are known, and what is kept. Exit status 0 at any price."
    )
    params = [
        *table_option(), *athena_options(), *price_options(), *_window_options(), renew_option(),
        GroupedOption(
            "--format", group="Output", type=click.Choice(["table", "json", "csv"]), default="table",
            help="Default: table.",
        ),
        *quiet_option(),
    ]  # fmt: skip
    return GroupedCommand("plan", params, help_text, lambda: _PLAN_ENDING)


_FETCH_ENDING: Final = """\
Examples:
  ssmtrail fetch --athena audit.cloudtrail --from 7d --yes --max-price 2
  ssmtrail fetch --athena audit.cloudtrail --from 30d --yes --quiet > fetched.json

Exit status:
  0 all days are kept    2 bad usage, or a price to agree to    3 the source failed    4 days are missing
  130 interrupted
"""


def fetch_command() -> click.Command:
    """`ssmtrail fetch`."""
    help_text = (
        "Read the days of a table without a question, for cron.\n\n"
        "The price is agreed to as in query. A summary is written as JSON: the fields of plan, what was read and spent."
    )
    params = [
        *table_option(), *athena_options(), *price_options(), *_window_options(), renew_option(),
        GroupedOption(
            "--allow-incomplete", group="Output", is_flag=True, help="Exit with 0 although days are missing."
        ),
        *quiet_option(),
    ]  # fmt: skip
    return GroupedCommand("fetch", params, help_text, lambda: _FETCH_ENDING)


def _window_options() -> list[click.Parameter]:
    return [option for option in scope_options() if option.name in {"start", "end"}]
