"""The commands that prove something, `integrity` and `evidence`, and their help."""

from __future__ import annotations

from functools import partial
from typing import Final

import click

from ssmtrail.tui.cli.parameters import (
    FILE,
    FOLDER,
    GroupedCommand,
    GroupedOption,
    aws_options,
    delivery_options,
    quiet_option,
    reach_options,
    s3_options,
    source_options,
    transcripts_option,
)
from ssmtrail.tui.formats import FORMATS


def proof_commands() -> list[click.Command]:
    """`integrity`, `integrity keys`, `evidence`, `evidence verify`."""
    return [_integrity(), _integrity_keys(), _evidence(), _evidence_verify()]


_INTEGRITY_ENDING: Final = """\
Verdicts, of files, and of days by account and region:
  proved     unchanged since AWS delivered it; of a day: digests cover all 24 hours, and nothing is missing
  changed    not what AWS delivered
  missing    named by a digest, and not here
  unsigned   in no digest of its hour: added, or written by a trail without validation
  unproved   no digest, no signature or no key for it

Examples:
  aws s3 sync s3://BUCKET/AWSLogs DIR/AWSLogs
  ssmtrail integrity keys --logs DIR > keys.json
  ssmtrail integrity --logs DIR --keys keys.json --from 2026-11-01 --to 2026-12-01
  ssmtrail integrity --logs DIR --keys keys.json --files --format csv
  ssmtrail integrity --s3 s3://BUCKET --from 7d

Exit status:
  0 all proved    2 bad usage, or a price    3 no such folder, or AWS refuses
  4 some is unproved, or a file could not be read    5 something is changed, missing or unsigned    130 interrupted
"""


def _integrity() -> click.Command:
    help_text = (
        "Name log files that were changed, removed or added, by CloudTrail's digests.\n\n"
        "DIR, or the bucket, holds the digests (CloudTrail-Digest) beside the logs (CloudTrail). Without --keys AWS\n"
        "is asked for the public keys and the newest signatures, for nothing. The result is kept: sessions have the\n"
        "field integrity. Of a bucket the last 30 days are verified where no time is named."
    )
    output = partial(GroupedOption, group="Output")
    params: list[click.Parameter] = [
        GroupedOption("--logs", metavar="DIR", type=FOLDER, help="A folder of log files and digests."),
        GroupedOption("--s3", metavar="URL", help="The trail's bucket: s3://BUCKET[/PREFIX]."),
        GroupedOption("--keys", metavar="FILE", type=FILE, help="Public keys, from integrity keys."),
        *delivery_options(), *s3_options(alone=True, rereads=False),
        output("--files", is_flag=True, help="A row a file, not a row a day, account and region."),
        output("--format", type=click.Choice(FORMATS), help="Default: table."),
        output("--output", metavar="FILE", type=FILE, help="Write this file, for you alone; - is standard output."),
        *quiet_option(),
    ]  # fmt: skip
    return GroupedCommand("integrity", params, help_text, lambda: _INTEGRITY_ENDING)


def _integrity_keys() -> click.Command:
    help_text = (
        "Print CloudTrail's public keys, for a machine without a network.\n\n"
        "With --logs also the signatures of the newest digests, which S3 keeps as metadata that no copy has. It needs\n"
        "cloudtrail:ListPublicKeys, and s3:GetObject for the signatures."
    )
    params: list[click.Parameter] = [
        GroupedOption("--logs", metavar="DIR", type=FOLDER, help="The folder whose digests the keys are for."),
        *delivery_options(), *aws_options(),
        GroupedOption("--region", metavar="REGION[,REGION]", help="Regions of the logs, without --logs."),
        GroupedOption("--output", group="Output", metavar="FILE", type=FILE, help="Write this file, for you alone."),
        *quiet_option(),
    ]  # fmt: skip
    return GroupedCommand("integrity keys", params, help_text)


_EVIDENCE_ENDING: Final = """\
Examples:
  ssmtrail evidence --logs DIR --from 2026-11-01 --to 2026-12-01 --out november.zip
  ssmtrail evidence --logs DIR --where 'session:jane-0a1b*' --keys keys.json --out case.zip
  ssmtrail evidence --history --where 'person:jane' --with-transcripts --out jane.zip
  ssmtrail evidence verify case.zip

Exit status:
  0 written    2 bad usage    3 the source failed, or there are no logs
  4 written, but files, days or transcripts could not be read (--allow-incomplete makes it 0)    130 interrupted
"""


def _evidence() -> click.Command:
    help_text = (
        "Write an evidence pack: answers, the raw records behind them, and what was known of them.\n\n"
        "The same question over the same records gives the same bytes. Who made it, where and when is printed, and\n"
        "written beside the pack (pack.zip.made.json). --with-transcripts puts in what was typed and shown in each\n"
        "session, as it was recorded: it may hold secrets, which cannot be redacted."
    )
    output = partial(GroupedOption, group="Output")
    params: list[click.Parameter] = [
        *source_options(), *transcripts_option(),
        GroupedOption("--with-transcripts", is_flag=True, help="Put in transcripts of its sessions."),
        GroupedOption("--keys", metavar="FILE", type=FILE, help="Prove the files by their digests, see integrity."),
        output("--out", metavar="FILE", type=FILE, help="The pack, a zip file, for you alone."),
        output("--allow-incomplete", is_flag=True, help="Exit with 0 although files could not be read."),
        *quiet_option(), *reach_options(),
    ]  # fmt: skip
    return GroupedCommand("evidence", params, help_text, lambda: _EVIDENCE_ENDING)


def _evidence_verify() -> click.Command:
    help_text = (
        "Verify an evidence pack, without the logs and without a network.\n\n"
        "Exit status: 0 whole, 5 changed (what is said), 3 no zip file. pack.zip.made.json is used if it is there."
    )
    params: list[click.Parameter] = [
        click.Argument(["pack"], metavar="PACK", type=FILE),
        GroupedOption("--sha256", metavar="HEX", help="The hash that the whole pack must have."),
        *quiet_option(),
    ]  # fmt: skip
    return GroupedCommand("evidence verify", params, help_text)
