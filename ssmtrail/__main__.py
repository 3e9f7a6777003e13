"""The program's start: obeys ctrl+c and shows the screen that was left, then imports and runs the command line."""

import os
import signal
import sys


def _interrupted(number: int, _: object) -> None:
    """End at once: nothing has begun that would have to end in order."""
    os.write(2, b"ssmtrail: interrupted before anything was read\n")
    os._exit(128 + number)


def main() -> None:
    """Run `ssmtrail` and end the process with its exit status."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # nohup and some shells ignore it
        signal.signal(signal.SIGINT, _interrupted)
    from ssmtrail.tui.terminal.early import show

    show(sys.argv[1:])
    from ssmtrail.tui.cli.main import main as run

    run()


if __name__ == "__main__":
    main()
