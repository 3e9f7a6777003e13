"""The inventory file: names, environments and tags of machines, which no CloudTrail record holds."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from ssmtrail.queries.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

#: Tags that name the environment of a machine; the first one that is present counts.
ENVIRONMENT_TAGS: Final = ("environment", "env", "stage", "tier")
_ID_COLUMNS: Final = ("instance_id", "instanceid", "instance id", "id", "target")
_NO_TAGS: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine of the inventory; every text may be hostile."""

    instance_id: str
    name: str | None = None
    environment: str | None = None
    tags: Mapping[str, str] = field(default_factory=lambda: _NO_TAGS, hash=False)
    """The other columns or tags."""


@dataclass(frozen=True, slots=True)
class Inventory:
    """Machines, each id once."""

    machines: tuple[Machine, ...] = ()
    """In the order in which the ids first occur."""
    repeated: int = 0
    """Number of entries that a later one with the same id replaced."""

    @classmethod
    def load(cls, path: Path) -> Inventory:
        """Read CSV with a header (`instance_id,name,environment`, any tags), or the JSON of `describe-instances`.

        Raises SourceError that names the file, and the line where there is one.
        """
        try:
            # A name that is not UTF-8 must not make the others unreadable.
            text = path.read_bytes().decode("utf-8-sig", "replace")
        except OSError as error:
            raise SourceError(f"The inventory {path} cannot be read: {error.strerror or error}.") from error
        machines = _from_json(text, path) if text.lstrip()[:1] in {"{", "["} else _from_csv(text, path)
        return cls.of(machines)

    @classmethod
    def of(cls, machines: Iterable[Machine]) -> Inventory:
        """An inventory of these machines; of several with the same id the last counts."""
        by_id: dict[str, Machine] = {}
        entries = 0
        for machine in machines:
            entries += 1
            by_id[machine.instance_id] = machine
        return cls(tuple(by_id.values()), entries - len(by_id))

    @property
    def digest(self) -> str:
        """Changes whenever answers may change with it: a short hash of ids, names and environments."""
        rows = [[machine.instance_id, machine.name, machine.environment] for machine in self.machines]
        return hashlib.sha256(json.dumps(sorted(rows, key=str)).encode()).hexdigest()[:8]

    @property
    def names(self) -> Mapping[str, str]:
        """Names by instance id, of machines with a name."""
        return {machine.instance_id: machine.name for machine in self.machines if machine.name}


def _from_csv(text: str, path: Path) -> Iterator[Machine]:
    # Allows a field as long as the file: the default limit of 128 KiB fails with a message that does not help.
    csv.field_size_limit(max(csv.field_size_limit(), len(text) + 1))
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows = _lines(reader, path)
    header = [name.strip().casefold() for name in next(rows, (1, []))[1]]
    column = next((header.index(name) for name in _ID_COLUMNS if name in header), None)
    if column is None:
        raise SourceError(
            f"The inventory {path} has no column instance_id in line 1; "
            "its header is to be instance_id,name,environment."
        )
    for line, row in rows:
        if not any(cell.strip() for cell in row):
            continue
        if len(row) <= column or not row[column].strip():
            raise SourceError(f"The inventory {path} has no instance id in line {line}.")
        cells = {name: cell.strip() for name, cell in zip(header, row, strict=False) if name and cell.strip()}
        yield _machine(row[column].strip(), {name: cell for name, cell in cells.items() if name != header[column]})


def _lines(reader: Any, path: Path) -> Iterator[tuple[int, list[str]]]:
    while True:
        line = reader.line_num + 1
        try:
            yield line, next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise SourceError(f"The inventory {path} is no CSV in line {line}: {error}.") from error


def _from_json(text: str, path: Path) -> Iterator[Machine]:
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        raise SourceError(f"The inventory {path} is no JSON in line {error.lineno}: {error.msg}.") from error
    except RecursionError as error:
        raise SourceError(f"The inventory {path} is nested too deeply to be JSON of describe-instances.") from error
    instances = list(_instances(content))
    if not instances and content not in ({"Reservations": []}, []):
        raise SourceError(f"The inventory {path} has no Reservations[].Instances[] as of `aws ec2 describe-instances`.")
    for number, instance in enumerate(instances, 1):
        instance_id = instance.get("InstanceId")
        if not isinstance(instance_id, str) or not instance_id:
            raise SourceError(f"The inventory {path} has no InstanceId in instance {number}.")
        yield _machine(instance_id, dict(_tags(instance)))


def _instances(content: object) -> Iterator[dict[str, Any]]:
    """Instances of `describe-instances`, of several such answers in an array, or a bare array of instances."""
    if isinstance(content, list):
        for part in content:
            yield from _instances(part)
    elif isinstance(content, dict):
        if "InstanceId" in content:
            yield content
        else:
            yield from _instances(content.get("Reservations", content.get("Instances", [])))


def _tags(instance: dict[str, Any]) -> Iterator[tuple[str, str]]:
    tags = instance.get("Tags")
    for tag in tags if isinstance(tags, list) else []:
        if (
            isinstance(tag, dict)
            and isinstance(tag.get("Key"), str)
            and isinstance(tag.get("Value"), str)
            and tag["Value"]
        ):
            yield tag["Key"], tag["Value"]


def _machine(instance_id: str, tags: dict[str, str]) -> Machine:
    """A machine whose name and environment are among its tags, in any case."""
    instance_id, tags = (
        clean(instance_id),
        {clean(name): clean(value) for name, value in tags.items()},
    )
    by_name = {name.casefold(): name for name in tags}
    name = tags.pop(by_name["name"], None) if "name" in by_name else None
    found = next((by_name[tag] for tag in ENVIRONMENT_TAGS if tag in by_name), None)
    environment = tags.pop(found) if found else None
    return Machine(instance_id, name, environment, MappingProxyType(tags) if tags else _NO_TAGS)


def clean(text: str) -> str:
    """The text without lone surrogates, which JSON can contain and the engine refuses."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
