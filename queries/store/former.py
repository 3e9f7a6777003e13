"""A store of ssmtrail 0.1.0: its paid days are converted one by one, and nothing is paid for again.

0.1.0 kept a source in `v1.1/HASH`, and a table with other `--partition` values as another source. A day from Athena is
written anew with today's columns (NULL where 0.1.0 had none) before its former copy is removed, so that a kill at any
moment loses none. Days keep the mark of extraction set 1. What was read from files costs nothing and is read again.
"""

from __future__ import annotations

import shutil
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import islice, permutations, product
from typing import TYPE_CHECKING, Final

import msgspec

from ssmtrail.queries.engine import interruptible
from ssmtrail.queries.errors import Cancelled, StoreError
from ssmtrail.queries.raw_calls import RAW_COLUMNS, SCHEMA_VERSION
from ssmtrail.queries.redaction import SUSPECT, redacted
from ssmtrail.queries.sql_text import paths_literal
from ssmtrail.queries.store.atomic import write_private
from ssmtrail.queries.store.folders import folder_name, former_folder
from ssmtrail.queries.store.journal import Journal
from ssmtrail.queries.store.leases import Leases
from ssmtrail.queries.store.parcels import Covers
from ssmtrail.queries.store.segments import Segment, drop_segment, manifests_in, unchecked, write_segment
from ssmtrail.queries.store.units import DayCopy

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from duckdb import DuckDBPyConnection

    from ssmtrail.queries.store.units import Subset

_SCHEMA: Final = 1
_EXTRACTION: Final = 1
#: 0.1.0 named the folder of a table by the values as they were typed: so many orders are tried.
_MOST_ORDERS: Final = 5_000
#: What 0.1.0 meets where its folder was: it ends with the name of this file, which says why.
_REFUSAL: Final = (
    "A newer version of ssmtrail keeps this source now, in store format 2. It has every day that was paid for.\n"
    "Use that version; or let this one begin anew in another folder: SSMTRAIL_CACHE=/path ssmtrail ...\n"
)
_LOST: Final = (
    "ssmtrail 0.1.0 sent this query and ended before it kept the answer, which this version cannot read: "
    "what it scanned is paid for."
)


class _Manifest(msgspec.Struct, frozen=True):
    """A manifest of 0.1.0, of which days are read: one path, the day; `sizes` is the bytes, `mtimes` the moment."""

    schema: int
    extraction: int
    calls: int
    bytes: int
    checksum: int
    records: int
    paths: list[str]
    sizes: list[int]
    mtimes: list[int]
    folder_days: list[str]


_MANIFEST: Final = msgspec.json.Decoder(_Manifest)


@dataclass(frozen=True, slots=True)
class FormerDataset:
    """What 0.1.0 kept of a source, or of a subset of a table."""

    folder: Path
    subset: Subset

    @property
    def exists(self) -> bool:
        """Whether anything is left to be converted."""
        return self.folder.is_dir() or self._aside.is_dir()

    def segments(self) -> Iterator[Segment]:
        """The copies of days, whose rows have the columns of 0.1.0; damaged ones are left out."""
        for manifest in manifests_in(self.folder / "segments"):
            with suppress(OSError, ValueError, IndexError, msgspec.MsgspecError):
                yield self._segment(manifest)

    def convert(
        self, target: Path, source: str, journal: Journal, connection: DuckDBPyConnection, cancelled: threading.Event
    ) -> None:
        """Write every day into the folder `target`, and remove it here; the caller holds the dataset's lock.

        Raises StoreError where 0.1.0 is fetching days of this source now or the disk is full, Cancelled.
        """
        if self.folder.is_dir():
            self._require_idle()
            self._take_over(journal)
            for segment in tuple(self.segments()):
                if cancelled.is_set():
                    raise Cancelled
                if segment.is_sound and segment.copy is not None:
                    with interruptible(connection, cancelled):
                        with_all_columns(connection, segment, target, source)
                drop_segment(segment)
            self.folder.rename(self._aside)
        if not self.folder.exists():
            write_private(self.folder, _REFUSAL.encode())
        shutil.rmtree(self._aside, ignore_errors=True)

    def discard(self) -> None:
        """Remove everything; for sources that cost nothing."""
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def _aside(self) -> Path:
        return self.folder.with_name(f".{self.folder.name}")

    def _require_idle(self) -> None:
        if (self.folder / "claims").is_dir() and Leases(self.folder / "claims").held_by_others():
            raise StoreError(
                "ssmtrail 0.1.0 is fetching days of this source now. Start this version again when it has ended: it "
                "takes over what that one has paid for."
            )

    def _take_over(self, journal: Journal) -> None:
        """Move the journal; queries whose answers never arrived are failed ones, so that nobody waits for them."""
        with suppress(FileNotFoundError):
            for run in Journal(self.folder / "queries").runs():
                lost = msgspec.structs.replace(run, state="failed", error=_LOST, former=True)
                journal.write(msgspec.structs.replace(run, former=True) if run.is_over else lost)
                (self.folder / "queries" / f"{run.token}.json").unlink(missing_ok=True)

    def _segment(self, manifest: Path) -> Segment:
        """Raises OSError, ValueError, IndexError, MsgspecError."""
        kept = _MANIFEST.decode(unchecked(manifest.read_bytes()))
        path = manifest.with_suffix(".parquet")
        if (kept.schema, kept.extraction) != (_SCHEMA, _EXTRACTION) or len(kept.paths) != 1:
            raise ValueError("no day")
        if kept.calls and path.stat().st_size != kept.bytes:
            raise ValueError("another size")
        day = date.fromisoformat(kept.folder_days[0])
        copy = DayCopy(
            self.subset.units(day), datetime.fromtimestamp(kept.mtimes[0] / 1e9, UTC), kept.sizes[0],
            partition=dict(self.subset.values),
        )  # fmt: skip
        return Segment(
            path.stem, path, Covers.of(()), kept.calls, 0, kept.checksum, "", copy, kept.schema, kept.extraction
        )


def complete_columns(
    segments: Iterable[Segment], folder: Path, source: str, connection: DuckDBPyConnection, cancelled: threading.Event
) -> None:
    """Write those days anew that an older version wrote with fewer columns. Raises StoreError, Cancelled."""
    for segment in segments:
        if (segment.copy is not None or segment.spans) and segment.schema < SCHEMA_VERSION:
            with interruptible(connection, cancelled):
                with_all_columns(connection, segment, folder, source)
            drop_segment(segment)


def former_dataset(root: Path, identity: str, given: Mapping[str, Sequence[str]], subset: Subset) -> FormerDataset:
    """What 0.1.0 kept of a source with these values of partition columns; it may not exist."""
    names = map(folder_name, _identities(identity, given))
    first, *others = (FormerDataset(former_folder(root, name), subset) for name in names)
    return next((each for each in (first, *others) if each.exists), first)


def _identities(identity: str, given: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """The identities that 0.1.0 gave to these values, in every order of theirs."""
    columns = sorted(given)
    orders = product(*(permutations(given[column]) for column in columns))
    for values in islice(orders, _MOST_ORDERS):
        yield identity + "".join(f" {name}={','.join(each)}" for name, each in zip(columns, values, strict=True))


def with_all_columns(connection: DuckDBPyConnection, segment: Segment, target: Path, source: str) -> Segment:
    """Write the rows of an older segment with today's columns, NULL where it has none, secrets in them replaced."""
    select = None
    if segment.calls:
        table = f"(SELECT * FROM read_parquet({paths_literal([segment.path])}, file_row_number = true))"
        _redact(connection, table)
        none = ", ".join(f"NULL::VARCHAR AS {name}" for name in (*RAW_COLUMNS, "partition"))
        columns = ", ".join(_REPLACED.get(name, f"former.{name}") for name in (*RAW_COLUMNS, "partition"))
        select = (
            f"SELECT {columns} FROM (SELECT {none} WHERE false UNION ALL BY NAME FROM {table}) AS former"
            " LEFT JOIN temp.redactions USING (file_row_number)"
        )
    return write_segment(
        connection, target, select, source=source, copy=segment.copy, extraction=segment.extraction, spans=segment.spans
    )


#: Columns in which secrets were replaced.
_REPLACED: Final = {
    "requestparameters": "coalesce(redactions.requestparameters, former.requestparameters) AS requestparameters",
    "responseelements": "coalesce(redactions.responseelements, former.responseelements) AS responseelements",
    "redacted": "coalesce(redactions.redacted, former.redacted) AS redacted",
}


def _redact(connection: DuckDBPyConnection, table: str) -> None:
    """Make the temporary table `redactions`: the texts of rows in which secrets were replaced."""
    rows = connection.execute(
        f"SELECT file_row_number, requestparameters, responseelements FROM {table}"
        " WHERE regexp_matches(concat_ws(' ', requestparameters, responseelements), ?)", [SUSPECT],
    ).fetchall()  # fmt: skip
    changed: list[tuple[int, str | None, str | None, str | None]] = []
    for number, *texts in rows:
        asked, answered = (redacted(text) if text is not None else (None, ()) for text in texts)
        names = " ".join(dict.fromkeys((*asked[1], *answered[1]))) or None
        changed.append((number, asked[0], answered[0], names))
    columns = [list(column) for column in zip(*changed, strict=True)] or [[], [], [], []]
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE redactions AS SELECT unnest(?::BIGINT[]) AS file_row_number,"
        " unnest(?::VARCHAR[]) AS requestparameters, unnest(?::VARCHAR[]) AS responseelements,"
        " unnest(?::VARCHAR[]) AS redacted", columns,
    )  # fmt: skip
