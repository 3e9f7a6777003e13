"""Measures, one line a figure on stdout: `NAME VALUE UNIT GOAL-SIGN GOAL VERDICT`."""

from __future__ import annotations

import argparse
import sys

from tests.bench.athena import OVERRUN, PLAN, SCANS, VOLUME
from tests.bench.athena_set_2 import SET_2
from tests.bench.evidence import EVIDENCE
from tests.bench.figures import FULL, QUICK
from tests.bench.folders import FOLDERS
from tests.bench.headless import HEADLESS
from tests.bench.history import HISTORY
from tests.bench.ingest import INGEST, SETS
from tests.bench.integrity import INTEGRITY
from tests.bench.journeys import JOURNEY_KEYS
from tests.bench.million import MILLION
from tests.bench.policy import POLICY
from tests.bench.s3 import S3
from tests.bench.screens import KEYS, STARTS
from tests.bench.size import SIZE
from tests.bench.views import groups


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="smaller sizes, under two minutes")
    parser.add_argument("figures", nargs="*", help="measure only what has one of these in its name")
    arguments = parser.parse_args()
    sizes = QUICK if arguments.quick else FULL
    print(f"measuring with {sizes}; trails are kept in .bench/", file=sys.stderr)
    measured = (
        SIZE, INGEST, SETS, FOLDERS, SCANS, OVERRUN, PLAN, VOLUME, SET_2, HISTORY, S3, STARTS, KEYS, JOURNEY_KEYS,
        MILLION, HEADLESS, POLICY, INTEGRITY, EVIDENCE,
    )  # fmt: skip
    for group in (*measured, *groups(sizes)):
        if not group.has(arguments.figures):
            continue
        for line in group.lines(sizes, lambda text: print(text, file=sys.stderr, flush=True)):
            print(line, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
