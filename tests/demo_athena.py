"""The app over an emulated Athena that holds the demo's trail: `python -m tests.demo_athena [OPTION...]`."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ssmtrail.queries.sources.demo import prepare
from tests.athena_emulator import Emulator, trail_table

if TYPE_CHECKING:
    from tests.athena_emulator import EmulatedTable

_ROOT: Final = Path(__file__).parents[1]
_DAY: Final = re.compile(r"/(\d{4})/(\d\d)/(\d\d)/")
#: Seconds that a query waits and runs, so that there is something to see.
_QUEUE: Final = 0.6
_RUN: Final = 2.5


def main() -> None:
    """Open the app; whatever was fetched is forgotten afterwards."""
    with tempfile.TemporaryDirectory(prefix="ssmtrail-demo-") as folder, Emulator() as emulator:
        trail = prepare(Path(folder) / "demo", None, datetime.now(UTC))
        deliver(emulator, emulator.add_table(trail_table()), trail.folder)
        emulator.queue, emulator.delay = _QUEUE, _RUN
        environment = {
            **os.environ,
            **emulator.environment,
            "SSMTRAIL_CACHE": str(Path(folder) / "cache"),
            "SSMTRAIL_STATE": str(Path(folder) / "state.json"),
        }
        # The demo costs a fraction of a cent; it is asked for all the same, as a real table would be.
        words = ["athena", "audit.trail", "--max-price", "0", "--inventory", str(trail.inventory), *sys.argv[1:]]
        app = f"import sys; from ssmtrail.tui.cli.main import main; sys.argv[1:] = {words!r}; main()"
        sys.exit(subprocess.run([sys.executable, "-c", app], env=environment, cwd=_ROOT, check=False).returncode)


def deliver(emulator: Emulator, table: EmulatedTable, folder: Path) -> None:
    """Put the files of all accounts and regions into the folder days of one table."""
    for path in sorted(folder.rglob("*.json.gz")):
        found = _DAY.search(path.as_posix())
        if found and "/CloudTrail/" in path.as_posix():
            day = date(*(int(part) for part in found.groups()))
            emulator.buckets.put(table.bucket, f"{table.prefix}{day:%Y/%m/%d}/{path.name}", path.read_bytes())


if __name__ == "__main__":
    main()
