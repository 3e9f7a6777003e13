"""The options of a command, and the Athena table that they name."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, get_args

from ssmtrail.queries.model import Measure, QuestionName, Recorded
from ssmtrail.queries.times import Unit
from ssmtrail.tui.formats import Format

if TYPE_CHECKING:
    from ssmtrail.queries.config import Settings
    from ssmtrail.tui.choice import AthenaChoice

#: Visits are a view of their own; their rows are those of `sessions` and `doors`.
QUESTIONS: Final[tuple[QuestionName, ...]] = tuple(name for name in get_args(QuestionName) if name != "visits")
#: What `query` answers.
ASKED: Final = (*QUESTIONS, "records")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """A command with its options; a command that lacks an option has the option's default."""

    command: str | None
    """`query`, `athena doctor`, `cache purge` and so on; None opens the last source."""
    question: QuestionName | Literal["records"] = "sessions"
    asked: bool = True
    """Whether the command line names the question."""
    view: str | None = None
    """The saved view of `open`, and of `query --view`."""
    views: Path | None = None
    """The file of saved views; None is the user's own."""
    columns: tuple[str, ...] = ()
    """The columns of `query`; none for all."""
    fresh: bool = False
    """Whether the view that was left last is not taken up."""
    follow: bool = False
    """Whether the source is read again and again."""
    of: Recorded | None = None
    """The question whose records are asked for."""
    logs: Path | None = None
    follow_links: bool = False
    reread: bool = False
    keep_secrets: bool = False
    demo: bool = False
    demo_end: date | None = None
    export: Path | None = None
    """The folder that the demo is written to."""
    history: bool = False
    s3: str | None = None
    """`s3://BUCKET[/PREFIX]`."""
    trail: str | None = None
    request_payer: bool = False
    ends: bool = False
    """Whether Session Manager is asked for true ends."""
    names: bool = False
    """Whether AWS is asked for the names of machines."""
    role_arn: str | None = None
    external_id: str | None = None
    organisation_role: str | None = None
    run_command: bool = False
    others: tuple[tuple[str, object], ...] = ()
    """Sources that are answered together with the first: `logs`, `history`, `s3` or `athena`, and its value."""
    athena: str | None = None
    """The table, from `--athena` or the argument of the `athena` commands."""
    profile: str | None = None
    region: str | None = None
    workgroup: str | None = None
    catalog: str | None = None
    results: str | None = None
    expected_bucket_owner: str | None = None
    encrypt_results: str | None = None
    delete_results: bool = False
    partition: tuple[tuple[str, tuple[str, ...]], ...] = ()
    max_price: float | None = None
    reuse_minutes: int | None = None
    recheck: int | None = None
    renew: bool = False
    """Whether days that an older version kept are fetched again."""
    yes: bool = False
    accept_unproven: bool = False
    start: str | None = None
    end: str | None = None
    where: str = ""
    tz: str | None = None
    inventory: Path | None = None
    policy: Path | None = None
    approvals: Path | None = None
    fail_on: tuple[str, ...] = ("violation",)
    explain: str | None = None
    """Session id, or event id of its first call."""
    draft: bool = False
    report: str = "table"
    """The format of `check`."""
    measure: Measure | None = None
    unit: Unit | None = None
    """Bucket of usage; None is a day."""
    format: Format | None = None
    """None is the format of the name of `output`, else a table."""
    at: str | None = None
    """The moment of `as-of`."""
    grid: bool = False
    output: Path | None = None
    sort: tuple[str, ...] = ()
    limit: int | None = None
    allow_incomplete: bool = False
    quiet: bool = False
    bucket: str = ""
    account: str = ""
    organisation: str = ""
    first_day: date | None = None
    """The first day of a new table."""
    day: date | None = None
    """The day of `athena selftest`."""
    out: Path | None = None
    """The pack that `evidence` writes, or the folder that `review` does."""
    pack: Path | None = None
    """The pack that `evidence verify` reads."""
    sha256: str | None = None
    roster: Path | None = None
    previous: Path | None = None
    """The folder of the review before."""
    check: Path | None = None
    """The folder of a review that was decided."""
    keys: Path | None = None
    """A file of public keys; without it AWS is asked."""
    files: bool = False
    """Whether `integrity` lists files instead of days."""
    session: str = ""
    """The id of the session whose transcript is wanted."""
    transcripts: Path | None = None
    """Local copies of transcripts."""
    with_transcripts: bool = False
    """Whether an evidence pack gets the transcripts of its sessions."""
    raw: bool = False
    """Whether a transcript is written as it was recorded."""
    screens: bool = False
    """Whether full-screen programs are drawn."""
    cast: bool = False
    """Whether a transcript is written as a recording."""
    older_than: int | None = None
    """Days."""

    @property
    def output_file(self) -> Path | None:
        """The file that `--output` names; None is standard output."""
        return None if self.output is None or str(self.output) == "-" else self.output


def athena_choice(options: Options, settings: Settings) -> AthenaChoice:
    """The table and its bounds: from the options, else the environment, else the configuration. Raises UsageError."""
    from ssmtrail.queries.errors import UsageError
    from ssmtrail.tui.choice import address_named, bounded

    configured = settings.athena
    table = options.athena or configured.table
    if table is None:
        raise UsageError("Name a table, DATABASE.TABLE, here or in the section [athena] of the configuration.")
    names = (
        "catalog", "profile", "region", "workgroup", "results", "role_arn", "external_id", "expected_bucket_owner",
        "encrypt_results",
    )  # fmt: skip
    address = address_named(table, configured, **{name: getattr(options, name) for name in names})
    found = bounded(address, configured, options.partition)
    return replace(
        found,
        max_price=options.max_price,
        agreed=options.yes,
        accepts_unproven=options.accept_unproven,
        reuse_minutes=found.reuse_minutes if options.reuse_minutes is None else options.reuse_minutes,
        recheck_days=found.recheck_days if options.recheck is None else options.recheck,
        delete_results=options.delete_results or found.delete_results,
    )
