"""Reads a folder into a new store, prints how long that took: `FOLDER STORE`."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from threading import Event

from ssmtrail.queries.sources.files.source import FilesSource
from ssmtrail.queries.trail import Trail


def main() -> None:
    folder, store = map(Path, sys.argv[1:3])
    begun = time.perf_counter()
    service = Trail(FilesSource(folder), store)
    progress = service.fetch(lambda _: None, Event())
    seconds = time.perf_counter() - begun
    service.close()
    print(json.dumps({"seconds": seconds, "calls": progress.calls}))


if __name__ == "__main__":
    main()
