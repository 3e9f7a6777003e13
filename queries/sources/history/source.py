"""CloudTrail's event history of accounts and regions as a source of spans of calls."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Final, Literal

from ssmtrail.queries.sources.history.aws import AwsError, accounts_of_organisation, regions_of
from ssmtrail.queries.sources.history.names import account_names, instances, managed_nodes
from ssmtrail.queries.sources.history.rate import TokenBucket
from ssmtrail.queries.sources.history.reported import reported
from ssmtrail.queries.sources.history.walks import Cell, Walking

if TYPE_CHECKING:
    from pathlib import Path
    from threading import Event

    from ssmtrail.queries.sources.history.address import HistoryAddress
    from ssmtrail.queries.sources.history.aws import Account
    from ssmtrail.queries.sources.history.names import KeptNames
    from ssmtrail.queries.sources.history.reported import KeptReports

#: The event names of sessions, which are asked for first, then those of other doors.
SESSION_NAMES: Final = ("StartSession", "ResumeSession", "TerminateSession")
DOOR_NAMES: Final = (
    "ExecuteCommand", "SendSSHPublicKey", "SendSerialConsoleSSHPublicKey", "OpenTunnel", "StartConnection",
    "StartAccessRequest", "GetAccessToken", "SendAutomationSignal", "StartSandboxConnection",
)  # fmt: skip
#: Run Command: there can be very many.
RUN_COMMAND: Final = "SendCommand"
#: The region of what is refused in all regions of an account.
EVERY_REGION: Final = "*"
#: Accounts whose regions are looked up at once.
_AT_ONCE: Final = 16


@dataclass(frozen=True, slots=True)
class Cells:
    """The accounts and regions that are read."""

    cells: tuple[Cell, ...] = ()
    accounts: dict[str, Account] = field(default_factory=dict)
    refused: dict[Cell, AwsError] = field(default_factory=dict)
    """Accounts of which not even the regions are known."""
    notes: tuple[str, ...] = ()
    """Sentences about accounts that are not read; may be hostile."""


@dataclass(slots=True)
class HistorySource:
    """A source of walks; `accounts_by_profile` makes `accounts`."""

    kind: ClassVar[Literal["history"]] = "history"

    address: HistoryAddress
    accounts: tuple[Account, ...]
    rates: Path
    """Folder of the token buckets, shared by all processes of the user."""
    reports: KeptReports
    """What Session Manager reported ever."""
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))
    machine_names: KeptNames | None = None
    """Names that are known; where there are any to be known, what happened to machines without one is asked too."""
    _cells: Cells | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def identity(self) -> str:
        """Accounts and regions: two profiles that reach the same account share what is kept."""
        role = self.address.organisation_role
        whose = "+".join(sorted(account.id for account in self.accounts)) + (f":organisation {role}" if role else "")
        return f"history:{whose}:{'+'.join(sorted(set(self.address.regions))) or 'all'}"

    @property
    def label(self) -> str:
        """A short name for the header; may be hostile."""
        whose = ", ".join(account.profile or account.id for account in self.accounts)
        where = f" {', '.join(self.address.regions)}" if self.address.regions else ""
        return f"event history {'organisation of ' if self.address.organisation_role else ''}{whose}{where}"

    @property
    def names(self) -> tuple[str, ...]:
        """The event names that are read, the most important first."""
        return (*SESSION_NAMES, *DOOR_NAMES, *((RUN_COMMAND,) if self.address.run_command else ()))

    def cells(self, cancelled: Event) -> Cells:
        """The accounts and their regions, looked up once. Raises AwsError where none can be, Cancelled."""
        with self._lock:
            if self._cells is None:
                self._cells = self._found(cancelled)
            return self._cells

    @property
    def known_cells(self) -> Cells:
        """The same without looking them up: none before that was done."""
        return self._cells or Cells()

    def walking(self, cells: Cells, cancelled: Event) -> Walking:
        """What runs walks through these accounts."""
        return Walking(cells.accounts, self._bucket, self.now, cancelled)

    def everywhere(self, take: Callable[[Cells], dict[Cell, AwsError]], cancelled: Event) -> dict[Cell, AwsError]:
        """Call `take` with the accounts and regions; returns where AWS refused, what `take` returns included.

        Raises Cancelled, and what `take` raises.
        """
        try:
            cells = self.cells(cancelled)
            return {**cells.refused, **take(cells)}
        except AwsError as error:
            return {(account.id, EVERY_REGION): error for account in self.accounts}

    def take_reports(self, cells: Cells, cancelled: Event) -> dict[Cell, AwsError]:
        """Ask Session Manager in all regions for its sessions and keep them; returns where it refused.

        Raises StoreError, Cancelled.
        """

        def take(cell: Cell) -> None:
            self.reports.add(cell, reported(cells.accounts[cell[0]], cell[1], self.now(), cancelled))

        return refused_in(cells, take)

    def take_names(self, kept: KeptNames, cells: Cells, cancelled: Event) -> dict[Cell, AwsError]:
        """Ask in all regions for their machines, keep their names, and those of accounts; returns where AWS refused.

        Raises StoreError, Cancelled.
        """

        def take(cell: Cell) -> None:
            refused: AwsError | None = None
            for listed in (instances, managed_nodes):  # who may list the one gets its names without the other
                try:
                    kept.add(cell, listed(cells.accounts[cell[0]], cell[1], self.now(), cancelled))
                except AwsError as error:
                    refused = refused or error
            if refused:
                raise refused

        for account in self.accounts:
            with suppress(AwsError):  # it is in no organisation, or may not ask
                kept.add_accounts(account_names(account, cancelled))
        return refused_in(cells, take)

    def _bucket(self, account: str, region: str) -> TokenBucket:
        return TokenBucket(self.rates / f"LookupEvents-{account}-{region}")

    def _found(self, cancelled: Event) -> Cells:
        accounts: tuple[Account, ...] = self.accounts
        notes: tuple[str, ...] = ()
        if self.address.organisation_role:
            accounts, notes = accounts_of_organisation(accounts[0], self.address.organisation_role, cancelled)
        cells: list[Cell] = []
        refused: dict[Cell, AwsError] = {}
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for account, found in zip(accounts, pool.map(partial(self._regions, cancelled), accounts), strict=True):
                if isinstance(found, AwsError):
                    refused[account.id, EVERY_REGION] = found
                else:
                    cells += [(account.id, region) for region in found]
        if not cells and refused:
            raise next(iter(refused.values()))
        return Cells(tuple(cells), {account.id: account for account in accounts}, refused, notes)

    def _regions(self, cancelled: Event, account: Account) -> tuple[str, ...] | AwsError:
        try:
            return regions_of(account, self.address.regions, cancelled)
        except AwsError as error:
            return error


def refused_in(cells: Cells, take: Callable[[Cell], None]) -> dict[Cell, AwsError]:
    """Take something in all regions, several at once; gives where AWS refused."""

    def refusal(cell: Cell) -> AwsError | None:
        try:
            take(cell)
        except AwsError as error:
            return error
        return None

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        found = zip(cells.cells, pool.map(refusal, cells.cells), strict=True)
        return {cell: error for cell, error in found if error is not None}
