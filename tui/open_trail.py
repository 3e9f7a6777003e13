"""Opens the trail that the command line or the welcome screen chose, with the settings."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

import ssmtrail
from ssmtrail.queries import opening
from ssmtrail.queries.config import cache_root
from ssmtrail.queries.errors import UsageError

if TYPE_CHECKING:
    from threading import Event

    from ssmtrail.queries.config import AthenaSettings, Settings
    from ssmtrail.queries.first_page import EarlyPage
    from ssmtrail.queries.sources.athena.discovery import FoundTable
    from ssmtrail.queries.sources.athena.source import AthenaSource
    from ssmtrail.queries.sources.budget import Budget
    from ssmtrail.queries.sources.s3.address import S3Terms
    from ssmtrail.queries.store.journal import Journal
    from ssmtrail.queries.trail import Trail
    from ssmtrail.tui.choice import AthenaChoice, S3Choice, SourceChoice


def prove(choice: SourceChoice) -> None:
    """Find AWS's credentials, with any question for an MFA code, while the terminal is still the user's.

    Raises SourceError.
    """
    for member in choice.members:
        prove(member)
    if choice.athena is not None:
        opening.connect_athena(choice.athena.address)
    if choice.history is not None:
        opening.connect_history(choice.history)
    if choice.s3 is not None:
        opening.connect_history(choice.s3.address.caller)
    asked = {each for each in (choice.ends, choice.names) if each is not None}
    for each in asked - {choice.history}:
        opening.connect_history(each)


def load_engine() -> None:
    """Import the engine's library, ahead of a thread that opens a trail."""
    import ssmtrail.queries.engine  # noqa: F401 - for its weight


def open_trail(choice: SourceChoice, settings: Settings, *, may_ask: bool = True) -> Trail:
    """The trail over this source, with nothing read yet. It imports the engine: call it in a worker.

    `may_ask` says that the terminal is the user's, so that AWS's library may ask for an MFA code.
    Raises UsageError where no source is chosen, SourceError for a bad inventory or a demo that cannot be written,
    StoreError.
    """
    if choice.members:
        return _together(choice, settings, may_ask=may_ask)
    options = _options(settings)
    if choice.ends is not None:
        options["ends"] = choice.ends
    if choice.names is not None:
        options["names"] = choice.names
    if choice.athena is not None:
        athena = choice.athena
        return ssmtrail.open_athena(
            athena.address, partitions=dict(athena.partitions), ask_above=athena.ask_above,
            max_price=athena.max_price, price_per_tb=athena.price, reuse_minutes=athena.reuse_minutes,
            open_minutes=athena.open_minutes, recheck_days=athena.recheck_days,
            day_budget=athena.day_budget, month_budget=athena.month_budget, delete_results=athena.delete_results,
            may_ask=may_ask, **options,
        )  # fmt: skip
    if choice.history is not None:
        whose = choice.history
        return ssmtrail.open_history(
            profiles=whose.profiles, regions=whose.regions, role_arn=whose.role_arn,
            organisation_role=whose.organisation_role, run_command=whose.run_command, may_ask=may_ask, **options,
        )  # fmt: skip
    if choice.s3 is not None:
        return opening.open_bucket(
            choice.s3.address, terms_of(choice.s3), reread=choice.reread, may_ask=may_ask, **options
        )
    if choice.kind == "logs" and choice.path is not None:
        return ssmtrail.open_logs(
            choice.path,
            follow_links=choice.follow_links,
            reread=choice.reread,
            keep_secrets=choice.keep_secrets,
            **options,
        )
    if choice.kind == "demo":
        return ssmtrail.open_demo(choice.demo_end, **options)
    raise UsageError("No source is chosen.")


def terms_of(bucket: S3Choice) -> S3Terms:
    """What reading a bucket may cost."""
    from ssmtrail.queries.sources.s3.address import S3Terms

    return S3Terms(
        bucket.ask_above, bucket.max_price, scan=bucket.price_per_tb / 1e12, open_minutes=bucket.open_minutes
    )  # fmt: skip


def _together(choice: SourceChoice, settings: Settings, *, may_ask: bool) -> Trail:
    """One trail over the sources of several. Raises as `open_trail`."""
    options = _options(settings)
    if choice.ends is not None:
        options["ends"] = choice.ends
    if choice.names is not None:
        options["names"] = choice.names
    # What answers depend on is asked of all together.
    bare = replace(settings, inventory=None, policy=None, approvals=None)
    with ExitStack() as opened:
        members = [
            opened.enter_context(open_trail(replace(member, ends=None, names=None), bare, may_ask=may_ask))
            for member in choice.members
        ]
        return ssmtrail.open_together(*members, **options)


def early_page(choice: SourceChoice, settings: Settings) -> EarlyPage | None:
    """The kept first page of this source, read without the engine; None where it has to be made."""
    if choice.kind != "logs" or choice.path is None or choice.keep_secrets:
        return None
    return opening.early_page(choice.path, **_options(settings))


def trail_over(source: AthenaSource, settings: Settings) -> Trail:
    """The trail over a table that is connected already. Raises StoreError."""
    from ssmtrail.queries.trail import Trail

    return Trail(
        source, cache_root(), look_around_days=settings.look_around_days, possible_hours=settings.possible_hours,
        trust=settings.trust,
    )  # fmt: skip


def journal_and_budget(source: AthenaSource) -> tuple[Journal, Budget]:
    """Where the source's queries are written down, and what its caller may still spend. Raises StoreError."""
    from ssmtrail.queries.ingest.days import budget_of
    from ssmtrail.queries.store.dataset import Dataset
    from ssmtrail.queries.store.journal import Journal

    dataset = Dataset.of(cache_root(), source.identity, source.label, given=source.subset)
    journal = Journal.of(dataset.whole.folder, dataset.subset.text)
    return journal, budget_of(source, dataset, source.now)


def athena_source(choice: AthenaChoice) -> AthenaSource:
    """The table as a source. Raises SourceError."""
    from ssmtrail.queries.model import Budgets
    from ssmtrail.queries.sources.athena.address import AthenaTerms

    terms = AthenaTerms(
        choice.price, choice.ask_above, choice.reuse_minutes, choice.open_minutes, choice.recheck_days,
        choice.max_price, choice.delete_results, Budgets(choice.day_budget, choice.month_budget),
    )  # fmt: skip
    return opening.athena_source(choice.address, terms, dict(choice.partitions))


def tables_found(settings: AthenaSettings, cancelled: Event) -> tuple[list[FoundTable], list[str]]:
    """The tables that look like CloudTrail, and what could not be looked at; it scans nothing. Blocks, in a worker.

    Raises SourceError, Cancelled.
    """
    from ssmtrail.queries.sources.athena.address import GLUE_CATALOG
    from ssmtrail.queries.sources.athena.client import connected
    from ssmtrail.queries.sources.athena.discovery import Discovery
    from ssmtrail.tui.choice import address_named

    address = address_named(f"{GLUE_CATALOG}.default.cloudtrail", settings)
    discovery = Discovery(connected(address, may_ask=False), cancelled)
    return list(discovery.tables()), discovery.gaps


def _options(settings: Settings) -> opening.Options:
    return {
        "inventory": settings.inventory,
        "look_around_days": settings.look_around_days,
        "possible_hours": settings.possible_hours,
        "trust": settings.trust,
        "policy": settings.policy,
        "approvals": settings.approvals,
        "findings": settings.findings,
        "own_accounts": tuple(settings.accounts),
        "transcripts": settings.transcripts,
    }
