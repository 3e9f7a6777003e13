"""`python -m ssmtrail`."""

import sys

from ssmtrail.tui.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
