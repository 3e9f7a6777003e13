"""Checks of what event history, true ends and names of machines need: one call of each kind in every region."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, Literal

from ssmtrail.queries.errors import Cancelled
from ssmtrail.queries.plurals import count_text
from ssmtrail.queries.sources.checks import Check, by_reason, named
from ssmtrail.queries.sources.history.aws import AwsError, accounts_by_profile
from ssmtrail.queries.sources.history.reported import KeptReports
from ssmtrail.queries.sources.history.source import SESSION_NAMES, HistorySource, refused_in
from ssmtrail.queries.sources.history.walks import Refused, Walk

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping, Sequence
    from pathlib import Path
    from threading import Event

    from ssmtrail.queries.errors import TrailError
    from ssmtrail.queries.sources.history.address import HistoryAddress
    from ssmtrail.queries.sources.history.aws import Account
    from ssmtrail.queries.sources.history.source import Cells
    from ssmtrail.queries.sources.history.walks import Cell

Part = Literal["history", "sessions", "machines"]
"""What is asked for: calls, true ends, names of machines."""

_Request = tuple[str, str, dict[str, Any]]
#: The smallest requests of a part. Sources of the least sizes: "DescribeSessions" and "DescribeInstanceInformation",
#: Systems Manager API Reference; "DescribeInstances", EC2 API Reference.
_REQUESTS: Final[Mapping[Part, Sequence[_Request]]] = {
    "sessions": (("ssm", "describe_sessions", {"State": "Active", "MaxResults": 1}),),
    "machines": (
        ("ec2", "describe_instances", {"MaxResults": 5}),
        ("ssm", "describe_instance_information", {"MaxResults": 5}),
    ),
}
_ACTIONS: Final[Mapping[Part, str]] = {
    "history": "cloudtrail:LookupEvents",
    "sessions": "ssm:DescribeSessions",
    "machines": "ec2:DescribeInstances and ssm:DescribeInstanceInformation",
}
#: What is lost where event history is read without a part.
_WITHOUT: Final[Mapping[Part, str]] = {
    "sessions": "the true ends of sessions stay unknown there",
    "machines": "AWS's names of machines stay unknown there",
}
#: The newest stretch of event history, whose calls fit into one request.
_STRETCH: Final = timedelta(minutes=1)


def checks(address: HistoryAddress, cache: Path, parts: Sequence[Part], cancelled: Event) -> Iterator[Check]:
    """Check the credentials, then try each part in every region. Raises Cancelled.

    Requests to event history keep to its rate, which processes share by the folder `cache`; nothing else is written.
    """
    accounts = yield from identified(address, cancelled)
    if not accounts:
        return
    source = HistorySource(address, accounts, cache / "rates", KeptReports(cache / "reported"))
    try:
        cells = source.cells(cancelled)
    except AwsError as error:
        yield Check("regions", "failed", str(error))
        return
    for note in cells.notes:
        yield Check("accounts", "skipped", note)
    for (account, _), why in sorted(cells.refused.items()):
        yield Check("accounts", "failed", f"{account}: {why}")
    regions = sorted({region for _, region in cells.cells})
    of = f" of {count_text(len(cells.accounts), 'account')}" if len(cells.accounts) > 1 else ""
    yield Check("regions", "ok", f"{count_text(len(regions), 'region')}{of}: {named(regions, 6)}")
    for part in parts:
        refused = _looked_up(source, cells, cancelled) if part == "history" else _asked(part, cells, cancelled)
        yield from _results(part, cells, refused, optional="history" in parts and part != "history")


def identified(address: HistoryAddress, cancelled: Event) -> Generator[Check, None, tuple[Account, ...]]:
    """Check whose the credentials are; returns the accounts, none where that failed. Raises Cancelled."""
    try:
        accounts = accounts_by_profile(address)
        for account in accounts:
            found = account.patiently("sts", account.home, "get_caller_identity", cancelled)
            by = f", profile {account.profile}" if account.profile else ""
            yield Check("identity", "ok", f"{found['Arn']}{by}")
    except AwsError as error:
        yield Check("identity", "failed", str(error))
        return ()
    return accounts


def _looked_up(source: HistorySource, cells: Cells, cancelled: Event) -> dict[Cell, TrailError]:
    """Where LookupEvents is refused."""
    end = source.now().replace(microsecond=0)
    walks = [Walk(*cell, SESSION_NAMES[0], end - _STRETCH, end) for cell in cells.cells]
    found = source.walking(cells, cancelled).run(walks, lambda: None)
    refused: dict[Cell, TrailError] = {each.cell: each.error for each in found if isinstance(each, Refused)}
    if cancelled.is_set():
        raise Cancelled
    return refused


def _asked(part: Part, cells: Cells, cancelled: Event) -> dict[Cell, AwsError]:
    """Where the requests of a part are refused."""

    def ask(cell: Cell) -> None:
        for service, operation, request in _REQUESTS[part]:
            cells.accounts[cell[0]].patiently(service, cell[1], operation, cancelled, **request)

    return refused_in(cells, ask)


def _results(part: Part, cells: Cells, refused: Mapping[Cell, TrailError], *, optional: bool) -> Iterator[Check]:
    """One line for what is allowed, and one for each reason of a refusal."""
    allowed = len(cells.cells) - len(refused)
    several = len(cells.accounts) > 1
    of = f" of {count_text(len(cells.accounts), 'account')}" if several else ""
    where = f"{count_text(len(cells.cells), 'region')}{of}"
    if allowed:
        yield Check(part, "ok", f"{_ACTIONS[part]}: allowed in {where if not refused else f'{allowed:,} of {where}'}")
    places_of = by_reason(("/".join(cell) if several else cell[1], error) for cell, error in sorted(refused.items()))
    for reason, places in places_of.items():
        lost = f" Without it {_WITHOUT[part]}." if optional else ""
        yield Check(part, "skipped" if optional else "failed", f"refused in {named(places, 6)}: {reason}{lost}")
