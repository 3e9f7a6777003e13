"""Names of machines from AWS, kept with the time when AWS gave them.

EC2 forgets a machine within an hour of its termination; a kept name is still there.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ssmtrail.queries.inventory import ENVIRONMENT_TAGS, clean
from ssmtrail.queries.store.atomic import changing, write_private

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path
    from threading import Event

    from ssmtrail.queries.sources.history.aws import Account
    from ssmtrail.queries.sources.history.walks import Cell

#: Machines a page, the most that AWS gives. Sources: "DescribeInstances", EC2 API Reference;
#: "DescribeInstanceInformation", Systems Manager API Reference.
_INSTANCES: Final = 1000
_NODES: Final = 50
#: Machines that are no EC2 instances; the others' names are in their tags.
_MANAGED: Final = [{"Key": "ResourceType", "Values": ["ManagedInstance"]}]
#: The file with names of accounts; no file of a region is called so.
_ACCOUNTS: Final = "accounts"
#: How times of sightings are written.
_AT: Final = "%Y-%m-%dT%H:%M:%SZ"


class Sighting(NamedTuple):
    """Name and environment of one machine, as AWS gave them; every text may be hostile."""

    target: str
    seen_at: str
    """ISO 8601, UTC."""
    name: str
    """Empty where it had none."""
    environment: str


def instances(account: Account, region: str, seen_at: datetime, cancelled: Event) -> list[Sighting]:
    """All EC2 instances of a region, with their names. Raises AwsError, Cancelled."""
    at = seen_at.astimezone(UTC).strftime(_AT)
    pages = account.pages("ec2", region, "describe_instances", cancelled, MaxResults=_INSTANCES)
    return [
        Sighting(each["InstanceId"], at, *_tagged(each.get("Tags") or ()))
        for page in pages
        for reservation in page.get("Reservations") or ()
        for each in reservation.get("Instances") or ()
        if each.get("InstanceId") and (each.get("State") or {}).get("Name") != "terminated"
    ]


def managed_nodes(account: Account, region: str, seen_at: datetime, cancelled: Event) -> list[Sighting]:
    """All machines of a region that are managed by Systems Manager and not of EC2. Raises AwsError, Cancelled."""
    at = seen_at.astimezone(UTC).strftime(_AT)
    pages = account.pages(
        "ssm", region, "describe_instance_information", cancelled, Filters=_MANAGED, MaxResults=_NODES
    )
    return [
        Sighting(each["InstanceId"], at, each.get("Name") or each.get("ComputerName") or "", "")
        for page in pages
        for each in page.get("InstanceInformationList") or ()
        if each.get("InstanceId")
    ]


def _tagged(tags: Iterable[Mapping[str, Any]]) -> tuple[str, str]:
    """The name and the environment among tags, whose keys' case does not matter."""
    values = {str(tag.get("Key")).casefold(): str(tag.get("Value") or "") for tag in tags}
    return values.get("name", ""), next((values[tag] for tag in ENVIRONMENT_TAGS if values.get(tag)), "")


def account_names(account: Account, cancelled: Event) -> dict[str, str]:
    """The names of the accounts of its organisation, by id. Raises AwsError, where it may not ask; Cancelled."""
    pages = account.pages("organizations", account.home, "list_accounts", cancelled)
    return {
        str(each["Id"]): str(each["Name"])
        for page in pages
        for each in page.get("Accounts") or ()
        if each.get("Id") and each.get("Name")
    }


@dataclass(frozen=True, slots=True)
class KeptNames:
    """Names of machines, kept for ever: a file for each account and region, with an entry for each change."""

    folder: Path

    def of(self, cell: Cell) -> dict[str, list[Sighting]]:
        """By machine, the oldest first; none where nothing is kept, or the file is damaged."""
        return self._read(self._path(cell))

    def add(self, cell: Cell, sightings: Iterable[Sighting]) -> None:
        """Keep those whose name or environment is new; without one the file stays as it is. Raises StoreError."""
        cleaned = [_cleaned(each) for each in sightings]
        if not cleaned:
            return
        with changing(self.folder):
            kept, is_new = self.of(cell), False
            for each in cleaned:
                known = kept.setdefault(each.target, [])
                if not known or known[-1][2:] != each[2:]:
                    known.append(each)
                    is_new = True
            if is_new:
                self._write(self._path(cell), {target: [each[1:] for each in known] for target, known in kept.items()})

    def all(self) -> list[Sighting]:
        """Everything that is kept, in one order."""
        return sorted(each for path in self._files() for known in self._read(path).values() for each in known)

    def add_accounts(self, names: Mapping[str, str]) -> None:
        """Keep names of accounts too; without a new one the file stays as it is. Raises StoreError."""
        if not names:
            return
        with changing(self.folder):
            kept = self.accounts
            now = kept | {account: clean(name) for account, name in names.items()}
            if now != kept:
                self._write(self.folder / _ACCOUNTS, now)

    @property
    def accounts(self) -> dict[str, str]:
        """Names by account id; none where nothing is kept, or the file is damaged."""
        try:
            found = json.loads((self.folder / _ACCOUNTS).read_bytes())
            return {clean(account): clean(str(name)) for account, name in found.items()}
        except (OSError, ValueError, AttributeError):
            return {}

    def _files(self) -> Iterator[Path]:
        return self.folder.glob("*.json")

    def _read(self, path: Path) -> dict[str, list[Sighting]]:
        try:
            found = json.loads(path.read_bytes())
            return {
                clean(target): [
                    _cleaned(Sighting(target, _time(at), str(name), str(environment)))
                    for at, name, environment in known
                ]
                for target, known in found.items()
            }
        except (OSError, ValueError, TypeError, AttributeError):
            return {}

    def _write(self, path: Path, content: Mapping[str, Any]) -> None:
        write_private(path, json.dumps(content, separators=(",", ":")).encode())

    def _path(self, cell: Cell) -> Path:
        return self.folder / f"{cell[0]}-{cell[1]}.json"


def digest_of(sightings: Sequence[Sighting]) -> str:
    """A hash of kept names, 8 hexadecimal digits, shown beside answers; empty without any."""
    return hashlib.sha256(json.dumps(sightings).encode()).hexdigest()[:8] if sightings else ""


def _cleaned(sighting: Sighting) -> Sighting:
    target, seen_at, name, environment = sighting
    return Sighting(clean(target), seen_at, clean(name), clean(environment))


def _time(text: str) -> str:
    """A time that the engine reads. Raises ValueError for another text."""
    datetime.strptime(text, _AT).replace(tzinfo=UTC)
    return text
