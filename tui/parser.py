"""How words of the command line are read, whichever command they belong to."""

from __future__ import annotations

import argparse
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from widgets.safe_text import safe

if TYPE_CHECKING:
    from collections.abc import Callable


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one sentence, and whose epilog is made when somebody reads it."""

    def __init__(self, *, tail: Callable[[], str] = str, **options: Any) -> None:
        raw = argparse.RawDescriptionHelpFormatter
        super().__init__(formatter_class=raw, allow_abbrev=False, **options)
        self._tail = tail

    def format_help(self) -> str:
        """The help text."""
        self.epilog = self._tail()
        return super().format_help()

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and where there is help; the exit status is 2."""
        sentence = message.removeprefix("argument QUESTION: ").removeprefix("argument ")
        end = "" if sentence.endswith((".", "?")) else "."
        self.exit(2, f"ssmtrail: {safe(sentence[:1].upper() + sentence[1:])}{end} See {self.prog} --help.\n")


class Version(argparse.Action):
    """Says the version; asking the distribution for it costs more than all other words together."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        """Print it and exit."""
        from importlib.metadata import version

        sys.stdout.write(f"ssmtrail {version('ssmtrail')}\n")
        parser.exit()


def add_demo_end(parser: Parser) -> None:
    """Give a command the demo's last day."""
    parser.add_argument("--demo-end", metavar="DATE", type=date_of, help="last day of the demo (default: today)")


def add_view(parser: Parser) -> None:
    """Give a command the sight that it begins with."""
    add_scope(parser).add_argument(
        "--inventory", metavar="FILE", type=Path, help="names of machines: CSV, or JSON of describe-instances"
    )


def add_scope(parser: Parser) -> argparse._ArgumentGroup:
    """Give a command a window, a filter, a zone."""
    scope = parser.add_argument_group("scope")
    scope.add_argument(
        "--from", dest="start", metavar="T", help="from then on: 2026-11-23, 2026-11-23T12:04+01:00, 30d, 12h"
    )
    scope.add_argument("--to", dest="end", metavar="T", help="before then; UTC unless an offset is given")
    scope.add_argument(
        "--where", metavar="FILTER", default="", help="only what matches, such as 'kind:tunnel -person:ci-*'"
    )
    scope.add_argument("--tz", metavar="ZONE", help="zone of hours and days: UTC, Europe/Berlin, local")
    return scope


def date_of(text: str) -> date:
    """The date that a word means. Raises ArgumentTypeError, as all of these do."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no date; write it like 2026-11-23") from None


def days_of(text: str) -> int:
    """`90d`."""
    number = text.removesuffix("d")
    if number == text or not (number.isascii() and number.isdigit()) or len(number) > 5:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of days; write it like 90d")
    return int(number)


def limit_of(text: str) -> int:
    """A number of rows."""
    if not (text.isascii() and text.isdigit()) or len(text) > 12:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of rows")
    return int(text)


def sort_of(text: str) -> tuple[str, ...]:
    """Names of columns, with their minus."""
    names = tuple(name.strip() for name in text.split(","))
    if not all(name.removeprefix("-") for name in names):
        raise argparse.ArgumentTypeError(f"{text!r} names no columns; write them like person,-started_at")
    return names
