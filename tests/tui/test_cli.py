"""The command line as a process."""

import subprocess
import sys
from importlib.metadata import version


def test_version_is_the_distributions() -> None:
    program = "import sys; sys.argv = ['ssmtrail', '--version']; from tui.cli import main; sys.exit(main())"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == f"ssmtrail {version('ssmtrail')}\n"
