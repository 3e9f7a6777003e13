"""A process that fetches a window from an emulated Athena, for tests that kill it: `STORE FIRST LAST`."""

from __future__ import annotations

import sys
import threading
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from tests.queries.athena.stage import opened, planned, window

if TYPE_CHECKING:
    from ssmtrail.queries.model import Progress


def main() -> None:
    store, first, last = sys.argv[1:]
    seen: set[str] = set()

    def report(progress: Progress) -> None:
        word = "running" if progress.bytes_done else progress.state
        if word not in seen:
            seen.add(word)
            print(word, flush=True)

    with opened(Path(store)) as service:
        whole = window(date.fromisoformat(first), date.fromisoformat(last))
        service.fetch(report, threading.Event(), planned(service, whole))


if __name__ == "__main__":
    main()
