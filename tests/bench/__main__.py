"""Measures, one line a figure on stdout: `NAME VALUE UNIT GOAL-SIGN GOAL VERDICT`."""

from __future__ import annotations

import argparse
import sys

from tests.bench.athena import SCANS, VOLUME
from tests.bench.figures import FULL, QUICK
from tests.bench.ingest import INGEST
from tests.bench.screens import KEYS, STARTS
from tests.bench.views import groups


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="smaller sizes, under two minutes")
    parser.add_argument(
        "--only", metavar="WORD", default="", help="figures whose names have it, with those beside them"
    )
    asked = parser.parse_args()
    sizes = QUICK if asked.quick else FULL
    print(f"measuring with {sizes}; trails are kept in .bench/", file=sys.stderr)
    found = (INGEST, SCANS, VOLUME, STARTS, KEYS, *groups(sizes))
    for group in (group for group in found if any(asked.only in figure.name for figure in group.figures)):
        for line in group.lines(sizes, lambda text: print(text, file=sys.stderr, flush=True)):
            print(line, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
