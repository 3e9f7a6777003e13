"""Fetches a window from an emulated Athena into a new store, prints how long that took: `STORE FIRST LAST`."""

from __future__ import annotations

import json
import sys
import tempfile
import threading
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from ssmtrail.queries.ingest.day_reading import splitting_engine
from ssmtrail.queries.sources.allowance import Allowance
from ssmtrail.queries.sources.athena.address import address_of
from ssmtrail.queries.sources.athena.client import connected
from ssmtrail.queries.sources.athena.source import AthenaSource
from ssmtrail.queries.store.dataset import Dataset
from ssmtrail.queries.store.journal import Journal
from ssmtrail.queries.store.kept_days import keep_day
from ssmtrail.queries.store.parcels import DayParcel
from ssmtrail.queries.times import each_day
from tests.bench.memory import most_memory


def main() -> None:
    store, first, last = Path(sys.argv[1]), date.fromisoformat(sys.argv[2]), date.fromisoformat(sys.argv[3])
    source = AthenaSource(connected(address_of("audit.trail")), now=lambda: datetime.now(UTC) + timedelta(days=400))
    dataset = Dataset.of(store, source.identity, source.label)
    never = threading.Event()
    source.catalog(never)
    with tempfile.TemporaryDirectory(dir=store) as scratch:
        connection = splitting_engine(Path(scratch), store)
        begun = time.perf_counter()
        rows = 0
        days = tuple(each_day(first, last))
        journal = Journal.of(dataset.folder)
        for found in source.read(days, journal, connection, Path(scratch), lambda _: None, never, Allowance()):
            assert isinstance(found, DayParcel), found
            rows += keep_day(dataset, connection, found, never).segment.calls
        seconds = time.perf_counter() - begun
    print(json.dumps({"seconds": seconds, "rows": rows, "peak": most_memory()}))


if __name__ == "__main__":
    main()
