"""Every question of the tool, answered from Trino's rows and from files with what the table's columns can hold."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any, Final

from ssmtrail.queries.raw_calls import RAW_COLUMNS
from ssmtrail.queries.sources.athena.columns import ABSENT
from ssmtrail.queries.sources.files.source import FilesSource
from ssmtrail.queries.trail import Trail
from tests.four_ways import QUESTIONS
from tests.records import ask
from tests.trino.differences import differences
from tests.trino.local import Rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from ssmtrail.queries.sources.athena.tables import Table
    from ssmtrail.queries.times import Window
    from tests.trino.material import PlacedRecord

Row = dict[str, Any]

#: Columns that some definitions of the table lack, with the member of the record that is then unknown; see "What
#: records cannot show" in docs/evidence.md.
MEMBERS: Final[Mapping[str, tuple[str, ...]]] = {
    "sessioncredentialfromconsole": ("sessionCredentialFromConsole",),
    "addendum_reason": ("addendum",),
    "addendum_originaleventid": ("addendum",),
    "useridentity_sourceidentity": ("userIdentity", "sessionContext", "sourceIdentity"),
    "useridentity_assumedroot": ("userIdentity", "sessionContext", "assumedRoot"),
    "useridentity_ec2roledelivery": ("userIdentity", "sessionContext", "ec2RoleDelivery"),
    "useridentity_onbehalfof_userid": ("userIdentity", "onBehalfOf"),
    "useridentity_onbehalfof_storearn": ("userIdentity", "onBehalfOf"),
    "useridentity_identityprovider": ("userIdentity", "identityProvider"),
    "useridentity_credentialid": ("userIdentity", "credentialId"),
    "useridentity_inscopeof": ("userIdentity", "inScopeOf"),
    "useridentity_invokedbydelegate": ("userIdentity", "invokedByDelegate"),
}
#: Columns that no table has: what the store makes of a record or of a file.
_OWN: Final = frozenset({"redacted", "record", "position", "content_id", "file"})


def differing(
    table: Table, held: Sequence[PlacedRecord], rows: Iterable[Row], window: Window, folder: Path
) -> dict[str, str]:
    """The questions whose answers from a table's rows are not those from files, with what differs.

    Without records that files cannot hold, and those without an id: their key is a hash of what a source has of them.
    """
    absent = {column for column, sql in table.raw if sql == ABSENT} - _OWN
    known = [placed for placed in held if not placed.is_text and placed.record.get("eventID")]
    ids = {placed.record["eventID"] for placed in known}
    raw = [{column: row[column] for column in RAW_COLUMNS} for row in rows if row["eventid"] in ids]
    files = _written(known, absent, folder / "files")
    expected = _answers(Trail(FilesSource(files), folder / "store"), window)
    found = _answers(Trail(Rows("rows", raw), folder / "store"), window)
    said = {name: differences(expected[name], found[name], ()) for name in QUESTIONS}
    return {name: text for name, text in said.items() if text}


def _answers(trail: Trail, window: Window) -> dict[str, list[Row]]:
    with trail:
        trail.fetch(lambda _: None, threading.Event(), early=False)
        return {name: ask(trail, name, window=window) for name in QUESTIONS}


def _written(held: Sequence[PlacedRecord], absent: Iterable[str], folder: Path) -> Path:
    """The records as files, without the members that the table has no column for."""
    members = {MEMBERS[column] for column in absent}
    files: dict[str, list[Row]] = {}
    for placed in held:
        record = json.loads(placed.exact)
        for member in members:
            _remove(record, member)
        files.setdefault(placed.path, []).append(record)
    for number, (path, records) in enumerate(sorted(files.items())):
        # The folder day is in the path where it counts.
        place = folder / f"{path.removesuffix('.gz')}.{number}.json"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(json.dumps({"Records": records}), encoding="utf-8")
    return folder


def _remove(record: Any, path: Sequence[str]) -> None:
    for name in path[:-1]:
        record = record.get(name) if isinstance(record, dict) else None
    if isinstance(record, dict):
        record.pop(path[-1], None)
