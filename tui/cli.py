"""The command line: the one place that picks a source."""

from __future__ import annotations

import sys
from importlib.metadata import version


def main() -> int:
    """Run `ssmtrail`; the return value is the exit code."""
    if "--version" in sys.argv[1:]:
        print(f"ssmtrail {version('ssmtrail')}")
        return 0
    print("ssmtrail: nothing to open yet", file=sys.stderr)
    return 2
