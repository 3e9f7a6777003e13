"""The tables of an account that look like CloudTrail, from its catalogs; nothing is scanned."""

from __future__ import annotations

from collections.abc import Iterator  # a dataclass's field
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from ssmtrail.queries.errors import SourceError, UsageError
from ssmtrail.queries.sources.athena.address import GLUE_CATALOG, table_text
from ssmtrail.queries.sources.athena.catalog import first_partitions
from ssmtrail.queries.sources.athena.errors import AthenaError
from ssmtrail.queries.sources.athena.tables import KIND_NAMES, described

if TYPE_CHECKING:
    import threading
    from collections.abc import Mapping
    from datetime import date

    from ssmtrail.queries.sources.athena.client import Aws
    from ssmtrail.queries.sources.athena.tables import Table

#: Kinds of catalogs that Athena reads from AWS itself; the others run a function of the account, which costs.
_FREE_KINDS: Final = frozenset({"", "GLUE"})
#: Where crawlers and engines write the size of a table. Source: "Table parameters", AWS Glue Developer Guide.
_SIZES: Final = ("sizekey", "totalsize")


@dataclass(frozen=True, slots=True)
class FoundTable:
    """A table that has the columns of CloudTrail records."""

    catalog: str
    database: str
    table: str
    """May be hostile, as all names."""
    kind: str
    partitions: str
    """`timestamp (projected)`, `region, year, month, day (listed)`, or `none`."""
    first_day: date | None
    """Of the projection, or of the listed partitions; None where that is unknown or without bound."""
    last_day: date | None
    bytes: int | None
    """As the catalog says, which may be out of date; None where it does not."""

    @property
    def shown(self) -> str:
        """The table as `address_of` reads it."""
        catalog = (self.catalog,) if self.catalog != GLUE_CATALOG else ()
        return table_text(*catalog, self.database, self.table)


@dataclass(slots=True)
class Discovery:
    """One look through the catalogs of an account."""

    aws: Aws
    cancelled: threading.Event
    gaps: list[str] = field(default_factory=list)
    """What could not be looked at, a sentence each; may be hostile."""
    looked: int = 0
    """Tables that were looked at."""

    def tables(self, only: str | None = None) -> Iterator[FoundTable]:
        """Those of every catalog, or of one, as soon as each is found. Raises Cancelled, and AthenaError at first."""
        for catalog in (only,) if only else self._catalogs():
            try:
                databases = self.aws.pages("list_databases", "DatabaseList", self.cancelled, CatalogName=catalog)
            except AthenaError as error:
                self.gaps.append(f"The catalog {catalog} cannot be listed: {error}")
                continue
            for database in databases:
                yield from self._of_database(catalog, str(database["Name"]))

    def _catalogs(self) -> Iterator[str]:
        try:
            found = self.aws.pages("list_data_catalogs", "DataCatalogsSummary", self.cancelled)
        except AthenaError as error:
            if not error.is_denied:
                raise
            self.gaps.append(f"Only the catalog {GLUE_CATALOG} is looked at: {error}")
            yield GLUE_CATALOG
            return
        for each in found:
            kind, name = str(each.get("Type", "")), str(each["CatalogName"])
            if kind in _FREE_KINDS:
                yield name
            else:
                self.gaps.append(
                    f"The catalog {name} is not looked at, as each look runs a function of the account ({kind}): name "
                    "it with --catalog."
                )

    def _of_database(self, catalog: str, database: str) -> Iterator[FoundTable]:
        try:
            described_tables = self.aws.pages(
                "list_table_metadata", "TableMetadataList", self.cancelled, CatalogName=catalog, DatabaseName=database
            )
        except AthenaError as error:
            self.gaps.append(f"The database {catalog}.{database} cannot be listed: {error}")
            return
        for metadata in described_tables:
            self.looked += 1
            try:
                table = described(metadata, database, catalog)
            except (SourceError, UsageError):  # no table of CloudTrail records
                continue
            yield self._found(catalog, table, metadata)

    def _found(self, catalog: str, table: Table, metadata: Mapping[str, Any]) -> FoundTable:
        keys = tuple(str(key["Name"]) for key in metadata.get("PartitionKeys", ()))
        how = "projected" if table.is_projected else "listed"
        first, last = table.reach(datetime.now(UTC).date())
        if keys and not table.is_projected and catalog == GLUE_CATALOG:
            first, last = self._listed_range(catalog, table, metadata, keys)
        return FoundTable(
            catalog, table.database, table.name, KIND_NAMES[table.kind],
            f"{', '.join(keys)} ({how})" if keys else "none", first, last, _size(metadata),
        )  # fmt: skip

    def _listed_range(
        self, catalog: str, table: Table, metadata: Mapping[str, Any], keys: tuple[str, ...]
    ) -> tuple[date | None, date | None]:
        """First and last day of the listed partitions, where one page has them all."""
        own = replace(self.aws, address=replace(self.aws.address, database=table.database, table=table.name))
        try:
            values, is_all = first_partitions(own, keys, self.cancelled)
        except AthenaError as error:
            self.gaps.append(f"The partitions of {table.database}.{table.name} cannot be listed: {error}")
            return None, None
        if not values or not is_all:
            return None, None
        # The format of days shows in the values of a partition.
        try:
            exact = described(metadata, table.database, catalog, values[0])
        except (SourceError, UsageError):
            return None, None
        days = sorted(day for each in values if (day := exact.day_of(each)))
        return (days[0], days[-1]) if days else (None, None)


def _size(metadata: Mapping[str, Any]) -> int | None:
    parameters = {str(name).casefold(): str(value) for name, value in (metadata.get("Parameters") or {}).items()}
    said = next((parameters[name] for name in _SIZES if name in parameters), "")
    return int(said) if said.isascii() and said.isdigit() else None
