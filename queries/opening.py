"""The ways to open a trail: a folder of logs, a table in Athena, event history, the demo."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypedDict

from ssmtrail.queries.config import NO_TRANSCRIPT_SETTINGS, TranscriptSettings, cache_root, openings_path
from ssmtrail.queries.errors import SourceError, UsageError
from ssmtrail.queries.model import POSSIBLE_HOURS
from ssmtrail.queries.thresholds import DEFAULT_THRESHOLDS, Thresholds
from ssmtrail.queries.trust import DEFAULT_TRUST, Trust

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import date
    from threading import Event
    from typing import Unpack

    from ssmtrail.queries.first_page import EarlyPage, PagePlace
    from ssmtrail.queries.ingest.intakes import AnySource
    from ssmtrail.queries.ingest.machine_names import MachineNames
    from ssmtrail.queries.ingest.reports import Reports
    from ssmtrail.queries.inventory import Inventory
    from ssmtrail.queries.policy.access import Policy
    from ssmtrail.queries.sources.athena.address import Address
    from ssmtrail.queries.sources.athena.client import Aws
    from ssmtrail.queries.sources.athena.source import AthenaSource
    from ssmtrail.queries.sources.demo import DemoTrail
    from ssmtrail.queries.sources.history.address import HistoryAddress
    from ssmtrail.queries.sources.history.aws import Account
    from ssmtrail.queries.sources.history.now import LiveSessions
    from ssmtrail.queries.sources.history.source import HistorySource
    from ssmtrail.queries.sources.s3.address import S3Address, S3Terms
    from ssmtrail.queries.sources.s3.source import S3Source
    from ssmtrail.queries.sources.several import AnyLive
    from ssmtrail.queries.trail import Trail
    from ssmtrail.queries.transcripts.finder import Transcripts
    from ssmtrail.queries.transcripts.remote import AwsTranscripts

_LOOK_AROUND_DAYS: Final = 1


class Options(TypedDict, total=False):
    """What every `open_…` function takes besides its source."""

    inventory: str | os.PathLike[str] | None
    """File with names and environments of machines: CSV, or the JSON of `describe-instances`."""
    cache: str | os.PathLike[str] | None
    """Folder where what was read is kept; None is the user's cache folder, or `SSMTRAIL_CACHE`."""
    look_around_days: int
    """Days before and after a window whose calls are used to join its sessions (1)."""
    possible_hours: int
    """Hours for which a session without a known end counts as possibly open (24)."""
    trust: Trust | None
    """Which names are evidence; None is what the product itself knows."""
    policy: str | os.PathLike[str] | None
    """The access policy that sessions are judged by, an `access.toml`."""
    approvals: str | os.PathLike[str] | None
    """The approvals that rules of the policy ask for: CSV or JSON lines."""
    findings: Thresholds | None
    """By which numbers findings go; None is the defaults."""
    own_accounts: Collection[str]
    """Ids of one's own accounts; callers of others are a finding where any is named."""
    ends: bool | HistoryAddress
    """Whose true ends Session Manager is asked for at each refresh; True is AWS's own choice of credentials."""
    names: bool | HistoryAddress
    """Who asks AWS for the names of machines at each refresh; True as of `ends`. Kept names are used in any case."""
    transcripts: TranscriptSettings
    """Where transcripts of sessions are, beside where Session Manager's preferences say."""


def open_logs(
    path: str | os.PathLike[str], *, follow_links: bool = False, reread: bool = False, keep_secrets: bool = False,
    **options: Unpack[Options],
) -> Trail:  # fmt: skip
    """Open a folder of CloudTrail files; nothing is read before `Trail.refresh`.

    `follow_links` reads what links out of the folder lead to; else they are counted. With `reread`, the first refresh
    compares the content of every file by its hash, also where size and times are the same. With `keep_secrets` tokens,
    passwords and secret keys in records stay as they are, in a store of their own; else each is replaced by its length.
    Raises SourceError for a bad inventory, StoreError where the cache folder cannot be written.
    """
    from ssmtrail.queries.sources.files.source import FilesSource

    # Before the inventory is read: a later change then counts as one.
    place = None if keep_secrets else page_place(Path(path), **options)
    source = FilesSource(Path(path), follow_links=follow_links, reread=reread, keep_secrets=keep_secrets)
    return _trail(source, place, options)


def export_demo(folder: Path, end: date | None = None) -> DemoTrail:
    """Write the demo's files into a folder that is empty or not there. Raises UsageError, SourceError."""
    from ssmtrail.queries.sources.demo import export

    return export(folder, end, datetime.now(UTC))


def open_demo(end: date | None = None, **options: Unpack[Options]) -> Trail:
    """Open the demo: a made-up organisation's thirty days up to `end`, today without one.

    Raises SourceError where the demo's files cannot be written, StoreError.
    """
    from ssmtrail.queries.sources.demo import prepare
    from ssmtrail.queries.sources.files.source import FilesSource

    demo = prepare(_cache(options) / "demo", end, datetime.now(UTC))
    return _trail(FilesSource(demo.folder, label="demo"), None, options, demo.inventory)


def open_athena(
    table: str | Address,
    *,
    profile: str | None = None,
    region: str | None = None,
    workgroup: str | None = None,
    catalog: str | None = None,
    results: str | None = None,
    partitions: Mapping[str, Sequence[str]] | None = None,
    role_arn: str | None = None,
    external_id: str | None = None,
    ask_above: float = 1.0,
    max_price: float | None = None,
    price_per_tb: float = 5.0,
    reuse_minutes: int = 0,
    open_minutes: int = 15,
    recheck_days: int = 0,
    day_budget: float | None = None,
    month_budget: float | None = None,
    delete_results: bool = False,
    may_ask: bool = True,
    **options: Unpack[Options],
) -> Trail:
    """Open a CloudTrail table in Athena, named `database.table` or `catalog.database.table`.

    AWS's own configuration fills in what is None. `role_arn` is a role that is assumed first, `external_id` what its
    owner asks for. `results` is `s3://BUCKET/PREFIX/` for workgroups without one;
    `partitions` keeps to these values of partition columns. `Trail.refresh` refuses to scan for more than `ask_above`
    dollars, and the trail never pays more than `max_price`. `day_budget` and `month_budget` are dollars that the
    caller's queries of all tables of the store cost at most in a UTC day and month. `reuse_minutes` is how old results
    may be that Athena gives again for nothing, `open_minutes` how old the copy of a day that is not over may be,
    `recheck_days` how many of the last days are read again once a run. `delete_results` deletes the files of
    results after they were read. `may_ask` lets AWS's library ask for an MFA code on the terminal.

    Raises UsageError for a name that is no table, SourceError where AWS refuses, StoreError.
    """
    from ssmtrail.queries.model import Budgets
    from ssmtrail.queries.sources.athena.address import Address, AthenaTerms, address_of
    from ssmtrail.queries.sources.history.address import HistoryAddress

    address = table if isinstance(table, Address) else address_of(
        table, catalog=catalog, profile=profile, region=region, workgroup=workgroup, output=results,
        role_arn=role_arn, external_id=external_id, environment=os.environ,
    )  # fmt: skip
    budgets = Budgets(day_budget, month_budget)
    terms = AthenaTerms(
        price_per_tb, ask_above, reuse_minutes, open_minutes, recheck_days, max_price, delete_results, budgets
    )
    whose = HistoryAddress((address.profile,) if address.profile else (), role_arn=address.role_arn)
    _ask_by(whose, options)
    source = athena_source(address, terms, partitions, may_ask=may_ask)
    return _trail(source, None, options, whose=whose)


def open_history(
    *,
    profiles: Sequence[str] = (),
    regions: Sequence[str] = (),
    role_arn: str | None = None,
    organisation_role: str | None = None,
    run_command: bool = False,
    may_ask: bool = True,
    **options: Unpack[Options],
) -> Trail:
    """Open CloudTrail's event history: the last 90 days, without a trail, a bucket or a table, for nothing.

    Each of the `profiles` is an account; without `regions` every region that it has is read. `role_arn` is a role that
    is assumed first, `organisation_role` the name of a role in every account of the organisation. `run_command` reads
    the calls of Run Command too. `may_ask` lets AWS's library ask for an MFA code on the terminal.

    Raises UsageError for options that do not go together, SourceError where AWS refuses, StoreError.
    """
    from ssmtrail.queries.sources.history.address import HistoryAddress

    address = HistoryAddress(tuple(profiles), tuple(regions), role_arn, organisation_role, run_command).checked()
    return _trail(history_source(address, _cache(options), may_ask=may_ask), None, options)


def open_s3(
    url: str = "",
    *,
    trail: str | None = None,
    accounts: Sequence[str] = (),
    regions: Sequence[str] = (),
    profile: str | None = None,
    role_arn: str | None = None,
    request_payer: bool = False,
    reread: bool = False,
    ask_above: float = 1.0,
    max_price: float | None = None,
    may_ask: bool = True,
    **options: Unpack[Options],
) -> Trail:
    """Open CloudTrail's objects in a bucket, `s3://BUCKET[/PREFIX]`, or in that of a trail.

    The prefix is what comes before `AWSLogs/`, or leads into it. Without `accounts` and `regions` all that the bucket
    has are read. `role_arn` is a role that is assumed first; with `request_payer` the caller pays in place of the
    bucket's owner. With `reread` the first refresh lists days again that are complete, for files that came late, and
    reads what is new or changed. `Trail.refresh` refuses to read for more than `ask_above` dollars, and the trail never
    pays more than `max_price`. `may_ask` lets AWS's library ask for an MFA code on the terminal.

    Raises UsageError for what is no bucket, SourceError where AWS refuses, StoreError.
    """
    from ssmtrail.queries.sources.s3.address import S3Address, S3Terms

    address = replace(
        S3Address.of(url) if url else S3Address(), trail=trail, accounts=tuple(accounts), regions=tuple(regions),
        profile=profile, role_arn=role_arn, request_payer=request_payer,
    )  # fmt: skip
    _ask_by(replace(address.caller, regions=()), options)
    return open_bucket(address, S3Terms(ask_above, max_price), reread=reread, may_ask=may_ask, **options)


def open_bucket(
    address: S3Address, terms: S3Terms, *, reread: bool = False, may_ask: bool = True, **options: Unpack[Options]
) -> Trail:
    """The same by an address. Raises UsageError, SourceError, StoreError."""
    source = bucket_source(address, terms, reread=reread, may_ask=may_ask)
    return _trail(source, None, options, whose=replace(address.caller, regions=()))


def bucket_source(address: S3Address, terms: S3Terms, *, reread: bool = False, may_ask: bool = True) -> S3Source:
    """The source behind `open_bucket`. Raises UsageError, SourceError."""
    from ssmtrail.queries.sources.history.aws import accounts_by_profile
    from ssmtrail.queries.sources.s3.source import S3Source, address_of_trail

    caller = address.checked().caller
    (account,) = _ACCOUNTS.get(caller) or accounts_by_profile(caller, may_ask=may_ask)
    return S3Source(address_of_trail(account, address), account, terms, reread)


#: Accounts whose credentials were found ahead, see `connect_history`.
_ACCOUNTS: Final[dict[HistoryAddress, tuple[Account, ...]]] = {}


def connect_history(address: HistoryAddress) -> None:
    """Find AWS's credentials now, so that `open_history` with this address never asks for an MFA code.

    Raises UsageError, SourceError.
    """
    from ssmtrail.queries.sources.history.aws import accounts_by_profile

    _ACCOUNTS[address] = accounts_by_profile(address)


def history_source(address: HistoryAddress, cache: Path, *, may_ask: bool = True) -> HistorySource:
    """Event history as a source, without a trail. Raises SourceError."""
    from ssmtrail.queries.sources.history.aws import accounts_by_profile
    from ssmtrail.queries.sources.history.reported import KeptReports
    from ssmtrail.queries.sources.history.source import HistorySource

    accounts = _ACCOUNTS.get(address) or accounts_by_profile(address, may_ask=may_ask)
    return HistorySource(address, accounts, cache / "rates", KeptReports(cache / "reported"))


#: Connections to AWS whose credentials were found ahead, see `connect_athena`.
_CONNECTED: Final[dict[Address, Aws]] = {}


def connect_athena(address: Address) -> None:
    """Find AWS's credentials now, so that `open_athena` with this address never asks for an MFA code.

    Raises SourceError.
    """
    from ssmtrail.queries.sources.athena.client import connected

    _CONNECTED[address] = connected(address)


def athena_source(
    address: Address, terms: Any, partitions: Mapping[str, Sequence[str]] | None = None, *, may_ask: bool = True
) -> AthenaSource:
    """A table as a source, without a trail. Raises SourceError."""
    from ssmtrail.queries.sources.athena.client import connected
    from ssmtrail.queries.sources.athena.source import AthenaSource

    aws = _CONNECTED.get(address) or connected(address, may_ask=may_ask)
    return AthenaSource(aws, terms, {name: tuple(values) for name, values in (partitions or {}).items()})


def open_together(*trails: Trail, **options: Unpack[Options]) -> Trail:
    """Open the sources of several trails as one, and close these: an event that more than one has counts once.

    Each source keeps its own store, coverage and price; they are read side by side. The `options` count, not
    those of the trails, but for the credentials of AWS. Raises UsageError where a source is there twice, StoreError.
    """
    from ssmtrail.queries.sources.several import SeveralSources

    for trail in trails:
        trail.close()
    source = SeveralSources.of(tuple(trail.source for trail in trails))
    return _trail(source, None, options, beside=trails)


def early_page(path: Path, **options: Unpack[Options]) -> EarlyPage | None:
    """The first page of sessions as an earlier run kept it, read without the engine; None where it has to be made."""
    place = page_place(path, **options)
    if place is None:
        return None
    try:
        policy = _policy(options)
    except UsageError:
        return None  # opening the trail says what is wrong with it
    page = (place.judged(policy, datetime.now(UTC)) if policy else place).read()
    if page is None:
        return None
    from ssmtrail.queries.first_page import EarlyPage
    from ssmtrail.queries.inventory import Inventory
    from ssmtrail.queries.sources.files.source import label_of

    named = options.get("inventory")
    try:
        inventory = None if named is None else Inventory.load(Path(named))
    except SourceError:
        return None  # opening the trail says what is wrong with it
    return EarlyPage(label_of(path), place.folder, page, settings=settings_words(options, inventory, policy))


def page_place(path: Path, **options: Unpack[Options]) -> PagePlace | None:
    """Where the first page of a folder of logs is kept; None where that cannot be looked at."""
    from ssmtrail.queries.first_page import PagePlace
    from ssmtrail.queries.sources.files.source import identity_of

    inventory = options.get("inventory")
    with suppress(OSError, ValueError):  # without the page, opening takes longer; nothing else changes
        return PagePlace.of(
            _cache(options), identity_of(path), options.get("look_around_days", _LOOK_AROUND_DAYS),
            None if inventory is None else Path(inventory), options.get("trust") or DEFAULT_TRUST,
        )  # fmt: skip
    return None


def _cache(options: Options) -> Path:
    folder = options.get("cache")
    return cache_root() if folder is None else Path(folder)


def _trail(
    source: AnySource,
    place: PagePlace | None,
    options: Options,
    own: Path | None = None,
    whose: HistoryAddress | None = None,
    beside: Sequence[Trail] = (),
) -> Trail:
    """The trail; `own` is the source's inventory, used where the options name none.

    `whose` are the credentials by which Session Manager can be asked who is connected; those of the trails `beside`
    are used too.
    """
    from ssmtrail.queries.inventory import Inventory
    from ssmtrail.queries.trail import Trail

    reports = None if own or source.kind == "history" else _reports(options, may_learn=whose is not None)
    asker = _asker(source, reports, whose, _cache(options))
    named = options.get("inventory")
    path = own if named is None else Path(named)
    inventory = None if path is None else Inventory.load(path)
    policy = _policy(options)
    return Trail(
        source,
        _cache(options),
        inventory,
        look_around_days=options.get("look_around_days", _LOOK_AROUND_DAYS),
        possible_hours=options.get("possible_hours", POSSIBLE_HOURS),
        trust=options.get("trust") or DEFAULT_TRUST,
        policy=policy,
        findings=options.get("findings") or DEFAULT_THRESHOLDS,
        accounts=tuple(options.get("own_accounts", ())),
        page_place=place.judged(policy, datetime.now(UTC)) if policy and place else place,
        settings=settings_words(options, None if named is None else inventory, policy),
        reports=reports,
        live=_live_of(beside, _live(asker)),
        names=None if own else _names(source, reports, options),
        transcripts=_demo_transcripts(options) if own else _transcripts(asker, options, beside),
    )


def _demo_transcripts(options: Options) -> Transcripts:
    """Made-up ones, whose opening is no matter."""
    from ssmtrail.queries.transcripts.demo import DemoTranscripts
    from ssmtrail.queries.transcripts.finder import Transcripts

    return Transcripts((options.get("transcripts") or NO_TRANSCRIPT_SETTINGS).folder, DemoTranscripts)


def _asker(
    source: AnySource, reports: Reports | None, whose: HistoryAddress | None, cache: Path
) -> Callable[[], HistorySource] | None:  # fmt: skip
    """Finds the accounts that Session Manager is asked in; None without AWS credentials."""
    asked = source if source.kind == "history" else reports.asked if reports else None
    if asked is not None:
        return lambda: asked
    return None if whose is None else partial(history_source, whose, cache, may_ask=False)


def _transcripts(
    asker: Callable[[], HistorySource] | None, options: Options, beside: Sequence[Trail] = ()
) -> Transcripts:
    """What finds transcripts: local copies, and AWS by the credentials that the source has."""
    from ssmtrail.queries.sources.history.bounds import KeptBounds
    from ssmtrail.queries.transcripts.finder import Transcripts

    settings, bounds = options.get("transcripts") or NO_TRANSCRIPT_SETTINGS, KeptBounds(_cache(options) / "bounds")
    if asker is None:
        remotes = (trail.transcripts.remote for trail in beside if trail.transcripts.remote is not None)
        return Transcripts(settings.folder, next(remotes, None), openings_path(), bounds=bounds)

    def accounts(cancelled: Event) -> dict[str, Account]:
        found = asker()
        if found.address.organisation_role:
            return found.cells(cancelled).accounts
        return {account.id: account for account in found.accounts}

    def remote() -> AwsTranscripts:
        from ssmtrail.queries.transcripts.remote import AwsTranscripts  # most trails never ask

        return AwsTranscripts(accounts, settings)

    return Transcripts(settings.folder, remote, openings_path(), bounds=bounds)


def _live_of(beside: Sequence[Trail], own: AnyLive | None) -> AnyLive | None:
    """What asks who is connected by the credentials of several sources."""
    found = tuple(live for live in (own, *(trail.live for trail in beside)) if live is not None)
    if len(found) <= 1:
        return found[0] if found else None
    from ssmtrail.queries.sources.several import SeveralLive

    return SeveralLive(found)


def _live(asker: Callable[[], HistorySource] | None) -> LiveSessions | None:
    """What asks who is connected; None without AWS credentials."""
    if asker is None:
        return None
    from ssmtrail.queries.sources.history.now import LiveSessions

    return LiveSessions(asker)


def _reports(options: Options, *, may_learn: bool) -> Reports | None:
    """True ends that are asked for, or ends that are kept; None where there are none. Raises SourceError.

    `may_learn` where transcripts can be looked at, which bound ends.
    """
    cache, ends = _cache(options), options.get("ends", False)
    if not ends and not may_learn and not any((cache / name).exists() for name in ("reported", "bounds")):
        return None
    from ssmtrail.queries.ingest.reports import Reports
    from ssmtrail.queries.sources.history.address import HistoryAddress
    from ssmtrail.queries.sources.history.reported import KeptReports

    whose = ends if isinstance(ends, HistoryAddress) else HistoryAddress()
    return Reports(KeptReports(cache / "reported"), history_source(whose, cache) if ends else None)


def _names(source: AnySource, reports: Reports | None, options: Options) -> MachineNames | None:
    """Names of machines, asked for or kept earlier; None without either.

    Ends and names share a source where the address is the same, so that regions are looked up once. Raises SourceError.
    """
    cache, wanted = _cache(options), options.get("names", False)
    if not wanted and not (cache / "names").exists():
        return None
    from ssmtrail.queries.ingest.machine_names import MachineNames
    from ssmtrail.queries.sources.history.address import HistoryAddress
    from ssmtrail.queries.sources.history.names import KeptNames

    asked = None
    if wanted:
        whose = wanted if isinstance(wanted, HistoryAddress) else HistoryAddress()
        if source.kind == "history":
            asked = source
            asked.machine_names = KeptNames(cache / "names")
        elif reports and reports.asked and reports.asked.address == whose:
            asked = reports.asked
        else:
            asked = history_source(whose, cache)
    return MachineNames(KeptNames(cache / "names"), asked)


def _ask_by(whose: HistoryAddress, options: Options) -> None:
    """Let these credentials ask for ends and names where the options name none."""
    if options.get("ends") is True:
        options["ends"] = whose
    if options.get("names") is True:
        options["names"] = whose


def _policy(options: Options) -> Policy | None:
    path = options.get("policy")
    if path is None:
        return None
    from ssmtrail.queries.policy.reading import read_policy

    policy, approvals = read_policy(Path(path)), options.get("approvals")
    if approvals is None:
        return policy
    from ssmtrail.queries.policy.approvals import read_approvals

    return policy.with_approvals(read_approvals(Path(approvals)))


def settings_words(options: Options, inventory: Inventory | None, policy: Policy | None = None) -> tuple[str, ...]:
    """What beside the records decides the answers, where it is not the default: `trust 3fa2b1c0`, `look-around 2 d`."""
    days, hours = options.get("look_around_days", _LOOK_AROUND_DAYS), options.get("possible_hours", POSSIBLE_HOURS)
    trust = options.get("trust") or DEFAULT_TRUST
    findings = options.get("findings") or DEFAULT_THRESHOLDS
    words = (
        (f"trust {trust.digest}", trust != DEFAULT_TRUST),
        (f"inventory {inventory.digest}" if inventory else "", inventory is not None),
        (f"policy {policy.digest}" if policy else "", policy is not None),
        (f"findings {findings.digest}", findings != DEFAULT_THRESHOLDS),
        (f"look-around {days} d", days != _LOOK_AROUND_DAYS),
        (f"possible {hours} h", hours != POSSIBLE_HOURS),
    )
    return tuple(word for word, is_named in words if is_named)
