"""The table `machines` of an engine: names and environments of machines by time."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from ssmtrail.queries.engine import cursor_of
from ssmtrail.queries.sources.history.names import digest_of
from ssmtrail.queries.sql_text import paths_literal
from ssmtrail.queries.store.derive import NO_NAMING, step

if TYPE_CHECKING:
    from collections.abc import Sequence

    from duckdb import DuckDBPyConnection

    from ssmtrail.queries.inventory import Inventory
    from ssmtrail.queries.snapshot import Snapshot
    from ssmtrail.queries.sources.history.names import KeptNames, Sighting
    from ssmtrail.queries.store.derived_files import FileState

_TABLES: Final = """
CREATE TABLE inventory (instance_id VARCHAR, name VARCHAR, environment VARCHAR);
CREATE TABLE sightings (target VARCHAR, "at" TIMESTAMP, name VARCHAR, environment VARCHAR);
"""
#: The result of `machines.sql` for an inventory alone; the engine plans this more quickly.
_TODAY: Final = """
CREATE TABLE machines AS SELECT instance_id, TIMESTAMP '-infinity' AS since, TIMESTAMP 'infinity' AS until,
    name, CASE WHEN name IS NULL THEN 'none' ELSE 'today' END AS name_source,
    environment, CASE WHEN environment IS NULL THEN 'none' ELSE 'today' END AS environment_source,
    CASE WHEN name IS NOT NULL THEN [name] END AS names, name AS names_text, NULL::TIMESTAMP AS terminated_at
FROM inventory
"""
_CHANGES: Final = (
    "SELECT count(*) > 0 FROM (SELECT 1 FROM machines GROUP BY instance_id"
    " HAVING count(DISTINCT coalesce(name, '')) > 1 OR count(DISTINCT coalesce(environment, '')) > 1)"
)


def make_machines(connection: DuckDBPyConnection, inventory: Inventory | None) -> None:
    """Make the table from an inventory, before anything else is known."""
    connection.execute(_TABLES)
    if inventory and inventory.machines:
        connection.executemany(
            "INSERT INTO inventory VALUES (?, nullif(?, ''), nullif(?, ''))",
            [(machine.instance_id, machine.name, machine.environment) for machine in inventory.machines],
        )
    connection.execute(_TODAY)


@dataclass(slots=True)
class Naming:
    """Fills the table `machines` from launches and tags in the records, names that AWS gave, and the inventory.

    An engine has one such table, with the names of the newest snapshot.
    """

    kept: KeptNames | None = None
    _sightings: Sequence[Sighting] | None = None
    """The names that AWS gave; None before the files are read."""
    _digest: str = ""
    _number: int = 0
    """Of the newest snapshot that the table was filled for."""
    _basis: tuple[FileState | None, str] = (None, "")
    """The state of the file of names in records, and `digest`, that the table was made from; at first the inventory."""
    _changes: bool = False
    """As `Snapshot.names_change`."""
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def renew(self) -> bool:
        """Read the kept names again; returns whether they have changed."""
        with self._lock:
            before = self.digest
            self._sightings = None
            return self.digest != before

    @property
    def digest(self) -> str:
        """A hash of the names that AWS gave, 8 hexadecimal digits; empty without any."""
        self._known()
        return self._digest

    def of(self, connection: DuckDBPyConnection, snapshot: Snapshot) -> None:
        """Fill the table for this snapshot and set its `names_change`."""
        with self._lock:
            basis = (snapshot.derived.naming_state, self.digest)
            if snapshot.number > self._number:
                if basis != self._basis:
                    cursor = cursor_of(connection)
                    if basis[1] != self._basis[1]:
                        self._store(cursor)
                    self._make(cursor, snapshot)
                    self._basis = basis
                self._number = snapshot.number
            snapshot.names_change = self._changes

    def _known(self) -> Sequence[Sighting]:
        with self._lock:
            if self._sightings is None:
                self._sightings = self.kept.all() if self.kept else ()
                self._digest = digest_of(self._sightings)
            return self._sightings

    def _store(self, cursor: DuckDBPyConnection) -> None:
        cursor.execute("DELETE FROM sightings")
        if found := self._known():
            columns = [list(column) for column in zip(*found, strict=True)]
            rows = "SELECT unnest(?), unnest(?)::TIMESTAMP, unnest(?), unnest(?)"
            cursor.execute(f"INSERT INTO sightings {rows}", columns)

    def _make(self, cursor: DuckDBPyConnection, snapshot: Snapshot) -> None:
        naming = NO_NAMING
        if snapshot.derived.naming_state:
            naming = f"FROM read_parquet({paths_literal([snapshot.derived.naming])})"
        made = step("machines", naming=naming, sightings="FROM sightings", inventory="FROM inventory")
        cursor.execute(f"CREATE OR REPLACE TABLE machines AS {made}")
        self._changes = bool(cursor.execute(_CHANGES).fetchall()[0][0])
