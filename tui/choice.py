"""The chosen source, and the window, filter and settings that the app opens with."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, field, fields, replace
from typing import TYPE_CHECKING, Literal

from ssmtrail.queries.config import Settings, State
from ssmtrail.queries.errors import UsageError
from ssmtrail.queries.filters import Filter

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from ssmtrail.queries.config import AthenaSettings
    from ssmtrail.queries.sources.athena.address import Address
    from ssmtrail.queries.sources.history.address import HistoryAddress
    from ssmtrail.queries.sources.s3.address import S3Address
    from ssmtrail.queries.times import Window
    from ssmtrail.tui.saved_views import SavedView


@dataclass(frozen=True, slots=True)
class AthenaChoice:
    """An Athena table, and the bounds on cost and age of what is read from it."""

    address: Address
    partitions: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Values of partition columns that are read; of the other columns all values."""
    ask_above: float = 1.0
    """Dollars that a fetch may cost without a question."""
    max_price: float | None = None
    """Dollars that this run may cost at all; None for no cap."""
    agreed: bool = False
    """Whether the estimated price is agreed to."""
    accepts_unproven: bool = False
    """Whether it is agreed to that more may be scanned than the days ask for."""
    price: float = 5.0
    """Dollars a terabyte."""
    reuse_minutes: int = 0
    """Age up to which Athena may reuse results of closed days at no cost; 0 for never."""
    open_minutes: int = 15
    """Age up to which the copy of an open day is used."""
    recheck_days: int = 0
    """Number of last days that are read again, once a run."""
    day_budget: float | None = None
    """Dollars that one caller may spend a UTC day, over all tables; None for no budget."""
    month_budget: float | None = None
    """Dollars a UTC month."""
    delete_results: bool = False
    """Whether the files of results are deleted after they were read."""


@dataclass(frozen=True, slots=True)
class S3Choice:
    """A bucket, and the bounds on cost and age of what is read from it."""

    address: S3Address
    ask_above: float = 1.0
    """Dollars that a reading may cost without a question."""
    max_price: float | None = None
    """Dollars that this run may cost at all; None for no cap."""
    agreed: bool = False
    """Whether the price is agreed to."""
    price_per_tb: float = 5.0
    """Dollars a terabyte that Athena would scan, for comparison."""
    open_minutes: int = 15
    """Age up to which the copy of an open day is used."""
    accepts_unproven: bool = False
    """Nothing is in doubt: the objects are listed."""


def bounded(
    address: Address, settings: AthenaSettings, partitions: tuple[tuple[str, tuple[str, ...]], ...] = ()
) -> AthenaChoice:
    """A table with the bounds of the configuration."""
    return AthenaChoice(
        address, partitions, settings.ask_above, price=settings.price_per_tb, reuse_minutes=settings.reuse_minutes,
        open_minutes=settings.open_minutes, recheck_days=settings.recheck_days, day_budget=settings.day_budget,
        month_budget=settings.month_budget, delete_results=settings.delete_results,
    )  # fmt: skip


def address_named(table: str, settings: AthenaSettings, **given: str | None) -> Address:
    """The table, which may be a name of `[[athena.tables]]`, with what is `given` before what is configured.

    Raises UsageError.
    """
    from ssmtrail.queries.config import AthenaTable
    from ssmtrail.queries.sources.athena.address import address_of  # only for Athena, as below

    own = settings.named(table) or AthenaTable(table, table)
    reach = ("profile", "region", "workgroup", "role_arn", "external_id")
    return address_of(
        own.table, catalog=given.get("catalog") or own.catalog or settings.catalog, output=given.get("results"),
        owner=given.get("expected_bucket_owner") or settings.expected_bucket_owner,
        encryption=given.get("encrypt_results") or settings.encrypt_results, environment=settings.beneath(os.environ),
        **{name: given.get(name) or getattr(own, name) for name in reach},
    )  # fmt: skip


def athena_named(table: str, last: AthenaChoice | None, settings: AthenaSettings) -> AthenaChoice:
    """The table that a screen names, with the options of the last one if it is the same. Raises UsageError."""
    address = address_named(table, settings)
    same = last is not None and last.address.shown_table == address.shown_table
    return last if last is not None and same else bounded(address, settings)


def bounded_bucket(address: S3Address, settings: AthenaSettings) -> S3Choice:
    """A bucket with the bounds of the configuration."""
    return S3Choice(
        address, settings.ask_above, price_per_tb=settings.price_per_tb, open_minutes=settings.open_minutes
    )  # fmt: skip


def bucket_named(url: str, settings: AthenaSettings) -> S3Choice:
    """The bucket that a screen names. Raises UsageError."""
    from ssmtrail.queries.sources.s3.address import S3Address

    return bounded_bucket(S3Address.of(url).checked(), settings)


def remembered(choice: AthenaChoice) -> State:
    """The state that reopens this table. Agreed prices are not part of it."""
    address = {name: text for name, text in asdict(choice.address).items() if text is not None}
    return State("athena", None, address, dict(choice.partitions))


def recalled(state: State, settings: AthenaSettings) -> AthenaChoice | None:
    """The table that was opened last, with the bounds of the configuration; None if the state names no table."""
    from ssmtrail.queries.sources.athena.address import Address

    names = {each.name for each in fields(Address)}
    address = {name: text for name, text in state.table.items() if name in names}
    if not (address.get("database") and address.get("table")):
        return None
    partitions = tuple((name, tuple(values)) for name, values in state.partitions.items())
    return bounded(Address(**address), settings, partitions)


def remembered_history(address: HistoryAddress) -> State:
    """The state that opens this event history again."""
    return State("history", history={name: _words(value) for name, value in asdict(address).items() if value})


def remembered_s3(choice: S3Choice) -> State:
    """The state that opens this bucket again. Agreed prices are not part of it."""
    return State("s3", s3={name: _words(value) for name, value in asdict(choice.address).items() if value})


def recalled_s3(state: State, settings: AthenaSettings) -> S3Choice:
    """The bucket that was opened last, with the bounds of the configuration. Raises UsageError."""
    from ssmtrail.queries.sources.s3.address import S3Address

    found = state.s3
    one = {name: (found.get(name) or (None,))[0] for name in ("trail", "profile", "role_arn")}
    address = S3Address(
        "".join(found.get("bucket", ())), "".join(found.get("prefix", ())), one["trail"], found.get("accounts", ()),
        found.get("regions", ()), one["profile"], one["role_arn"], "request_payer" in found,
    ).checked()  # fmt: skip
    return bounded_bucket(address, settings)


def _words(value: object) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, tuple) else (str(value),)


def recalled_history(state: State) -> HistoryAddress:
    """The event history that was opened last. Raises UsageError."""
    from ssmtrail.queries.sources.history.address import HistoryAddress

    found = state.history
    role_arn, organisation_role = ((found.get(name) or (None,))[0] for name in ("role_arn", "organisation_role"))
    return HistoryAddress(
        found.get("profiles", ()), found.get("regions", ()), role_arn, organisation_role, "run_command" in found
    ).checked()


@dataclass(frozen=True, slots=True)
class SourceChoice:
    """A source; without a kind the app opens the last one, or the welcome screen."""

    kind: Literal["demo", "logs", "athena", "history", "s3", "together"] | None = None
    path: Path | None = None
    """The folder, for `logs`."""
    demo_end: date | None = None
    """The last day of the demo, for `demo`; None is today."""
    athena: AthenaChoice | None = None
    """The table, for `athena`."""
    history: HistoryAddress | None = None
    """Whose event history, for `history`."""
    s3: S3Choice | None = None
    """The bucket, for `s3`."""
    ends: HistoryAddress | None = None
    """Whom Session Manager is asked about for true ends, for `logs`, `athena` and `s3`."""
    names: HistoryAddress | None = None
    """Who asks AWS for the names of machines; for `history` the same as `history`."""
    follow_links: bool = False
    """Whether links out of the folder are followed, for `logs`."""
    reread: bool = False
    """Whether everything is looked at again: the content of every file of `logs`, the days of a bucket."""
    keep_secrets: bool = False
    """Whether secrets in records stay as they are, for `logs`."""
    members: tuple[SourceChoice, ...] = ()
    """Sources that are answered as one, for `together`."""

    @property
    def priced(self) -> AthenaChoice | S3Choice | None:
        """The table or bucket, reading which costs money; of several sources the first, tables before buckets."""
        of_members = [each.priced for each in sorted(self.members, key=lambda each: each.athena is None)]
        priced = [each for each in (self.athena, self.s3, *of_members) if each is not None]
        return priced[0] if priced else None

    @property
    def has_queries(self) -> bool:
        """Whether it is asked by queries of Athena."""
        return self.athena is not None or any(each.has_queries for each in self.members)

    @property
    def pays(self) -> bool:
        """Whether reading it costs money."""
        return self.priced is not None

    @property
    def grows(self) -> bool:
        """Whether it can have more records later: made-up data has not."""
        return self.kind != "demo"

    @property
    def asks_aws(self) -> bool:
        """Whether credentials are needed."""
        asked = any(each is not None for each in (self.history, self.ends, self.names))
        return self.pays or asked or any(each.asks_aws for each in self.members)


def together(members: tuple[SourceChoice, ...]) -> SourceChoice:
    """Several sources as one. Raises UsageError for the demo beside others."""
    if any(each.kind == "demo" for each in members):
        raise UsageError("The demo is made up: it cannot be answered together with real sources.")
    ends, names = (_whose([getattr(each, word) for each in members]) for word in ("ends", "names"))
    return SourceChoice("together", members=members, ends=ends, names=names)


def _whose(asked: list[HistoryAddress | None]) -> HistoryAddress | None:
    """The accounts that all of these name; of the first alone where they cannot be asked in one."""
    found = list(dict.fromkeys(each for each in asked if each is not None))
    if not found:
        return None
    if len(found) == 1 or not all(each.profiles for each in found):
        return found[0]
    profiles = tuple(dict.fromkeys(profile for each in found for profile in each.profiles))
    return replace(found[0], profiles=profiles, regions=())


@dataclass(frozen=True, slots=True)
class LaunchOptions:
    """How the app opens."""

    settings: Settings = field(default_factory=Settings)
    """The configuration, with `zone` and `inventory` of the command line in their places."""
    window: Window | None = None
    """None lets the app choose."""
    filter: Filter = field(default_factory=Filter)
    view: SavedView | None = None
    """The saved view to begin with."""
    fresh: bool = False
    """Whether the view that was left last is not taken up."""
    follow: bool = False
    """Whether the source is followed."""
