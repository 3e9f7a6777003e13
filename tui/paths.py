"""Paths typed by the user."""

from __future__ import annotations

import os
from pathlib import Path

from ssmtrail.queries.errors import UsageError
from ssmtrail.queries.paths import home_path


def typed_path(text: str) -> Path:
    """The path of a file or folder that is there, or that could be.

    Raises UsageError where nothing can be there or be seen: too long a name, a folder that may not be entered.
    """
    path = home_path(text)
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        pass
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}.") from error
    return path


def completed(text: str) -> str:
    """The path as far as the names of folders there allow; itself where they do not."""
    try:
        typed = home_path(text)
    except UsageError:
        return text
    parent, start = (typed, "") if text.endswith("/") or not text else (typed.parent, typed.name)
    try:
        with os.scandir(parent) as entries:
            names = sorted(entry.name for entry in entries if entry.name.startswith(start) and entry.is_dir())
    except OSError:
        return text
    names = [name for name in names if name.isprintable() and (start.startswith(".") or not name.startswith("."))]
    if not names:
        return text
    common = _common_start(names)
    head = text[: len(text) - len(start)] if start else text
    return head + common + ("/" if len(names) == 1 else "")


def _common_start(names: list[str]) -> str:
    first, last = min(names), max(names)
    same = next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), min(len(first), len(last)))
    return first[:same]
