"""Paths as people write them."""

from __future__ import annotations

from pathlib import Path

from ssmtrail.queries.errors import UsageError


def home_path(text: str) -> Path:
    """The path, with `~` as the home of its user. Raises UsageError where no such user has one."""
    try:
        return Path(text).expanduser()
    except RuntimeError as error:
        raise UsageError(f"There is no home of a user {text.partition('/')[0].removeprefix('~')}.") from error
