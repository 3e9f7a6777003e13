"""What Session Manager itself reports of sessions: their true ends, for 30 days; kept here for ever.

`ssm:DescribeSessions` is the only place with the end of a session. Each session becomes one row with the columns of a
raw call, which no CloudTrail record can be mistaken for: its event source is `session-manager reported`. It is no call.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from ssmtrail.queries.sources.history.bounds import KeptBounds
from ssmtrail.queries.store.atomic import changing, write_private

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path
    from threading import Event

    from ssmtrail.queries.sources.history.aws import Account
    from ssmtrail.queries.sources.history.walks import Cell

#: Not the name of a service: no record of CloudTrail has it.
SOURCE: Final = "session-manager reported"
NAME: Final = "ReportedSession"
#: Sessions a page, the most that AWS gives. Source: "DescribeSessions", Systems Manager API Reference.
_PAGE: Final = 200
#: Both are asked for: a session is in one of the two.
_STATES: Final = ("Active", "History")
#: Members of a session that rows are made of.
_KEPT: Final = ("SessionId", "Target", "Status", "DocumentName", "Owner", "Reason", "MaxSessionDuration", "AccessType")

Report = dict[str, str]
"""One session as it was reported: members of `_KEPT`, `StartDate`, `EndDate`, `SeenAt` (ISO 8601, UTC)."""


def reported(account: Account, region: str, seen_at: datetime, cancelled: Event) -> list[Report]:
    """All sessions that Session Manager knows in a region, open and ended ones. Raises AwsError, Cancelled."""
    found: list[Report] = []
    for state in _STATES:
        pages = account.pages("ssm", region, "describe_sessions", cancelled, State=state, MaxResults=_PAGE)
        found += [
            _report(each, seen_at) for page in pages for each in page.get("Sessions", ()) if each.get("SessionId")
        ]
    return found


def _report(session: Mapping[str, Any], seen_at: datetime) -> Report:
    report = {name: str(session[name]) for name in _KEPT if session.get(name)}
    dates = {name: session[name] for name in ("StartDate", "EndDate") if session.get(name)}
    return report | {name: _text(each) for name, each in (*dates.items(), ("SeenAt", seen_at))}


def _text(moment: datetime) -> str:
    """Whole seconds, as CloudTrail has them."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True, slots=True)
class KeptReports:
    """The sessions that were reported ever, a file for each account and region."""

    folder: Path

    @property
    def bounds(self) -> KeptBounds:
        """What transcripts say of ends; beside the folder."""
        return KeptBounds(self.folder.with_name("bounds"))

    def cells(self) -> set[Cell]:
        """The accounts and regions of which something is kept."""
        names = (path.stem.partition("-") for path in self.folder.glob("*.json"))
        return {(account, region) for account, _, region in names} | self.bounds.cells()

    def of(self, cell: Cell) -> dict[str, Report]:
        """By session id; none where nothing is kept, or the file is damaged."""
        try:
            found = json.loads(self._path(cell).read_bytes())
            return {each["SessionId"]: each for each in found if each.get("StartDate")}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return {}

    def add(self, cell: Cell, reports: Iterable[Report]) -> None:
        """Keep these too: what is reported later replaces what was, and an end stays. Raises StoreError."""
        with changing(self.folder):
            kept = self.of(cell)
            for report in reports:
                former = kept.get(report["SessionId"], {})
                if "EndDate" in report or "EndDate" not in former:
                    kept[report["SessionId"]] = report
            write_private(self._path(cell), json.dumps(list(kept.values()), separators=(",", ":")).encode())

    def _path(self, cell: Cell) -> Path:
        return self.folder / f"{cell[0]}-{cell[1]}.json"


def rows_of(cells: Iterable[Cell], kept: KeptReports, first: str = "", last: str = "9999") -> bytes:
    """The rows of the reports and bounds of these cells, as JSON lines; the same for the same reports and bounds.

    Only sessions that were open on a day from the first to the last (ISO).
    """
    return b"".join(
        json.dumps(row, separators=(",", ":")).encode() + b"\n"
        for cell in sorted(cells)
        for row in (*_reported(cell, kept, first, last), *kept.bounds.rows(cell, SOURCE, first, last))
    )


def _reported(cell: Cell, kept: KeptReports, first: str, last: str) -> Iterator[dict[str, str]]:
    for _, report in sorted(kept.of(cell).items()):
        if report["StartDate"][:10] <= last and report.get("EndDate", report["SeenAt"])[:10] >= first:
            yield from _rows(cell, report)


def _rows(cell: Cell, report: Report) -> Iterator[dict[str, str]]:
    account, region = cell
    owner, started = report.get("Owner", ""), report.get("StartDate")
    if started is None:
        return
    request = {"target": "Target", "sessionId": "SessionId", "documentName": "DocumentName", "reason": "Reason"}
    response = {
        "endDate": "EndDate", "status": "Status", "maxSessionDuration": "MaxSessionDuration",
        "accessType": "AccessType", "seenAt": "SeenAt",
    }  # fmt: skip
    kind, name = _identity(owner)
    yield {
        "eventid": f"reported {account} {region} {report['SessionId']}", "eventtime": started, "eventsource": SOURCE,
        "eventname": NAME, "awsregion": region, "recipientaccountid": account,
        "requestparameters": json.dumps({name: report[key] for name, key in request.items() if key in report}),
        "responseelements": json.dumps({name: report[key] for name, key in response.items() if key in report}),
        "useridentity_arn": owner, "useridentity_accountid": account, "useridentity_type": kind,
        **({"useridentity_username": name} if name else {}),
        "file": f"session-manager/{account}/{region}", "position": "0",
    }  # fmt: skip


def _identity(arn: str) -> tuple[str, str]:
    """The type of identity that an ARN has, and the name of an IAM user."""
    resource = arn.rpartition(":")[2]
    if resource.startswith("user/"):
        return "IAMUser", resource.rpartition("/")[2]
    if resource == "root":
        return "Root", ""
    return ("AssumedRole" if resource.startswith("assumed-role/") else "Unknown"), ""


def digest_of(rows: bytes) -> str:
    """Names the reports beside answers, as 8 hexadecimal digits; empty where there are none."""
    return hashlib.sha256(rows).hexdigest()[:8] if rows else ""
