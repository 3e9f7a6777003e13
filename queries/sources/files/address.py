"""What a folder of log files is called, by the store and on the screen."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from urllib.parse import quote_from_bytes

if TYPE_CHECKING:
    from pathlib import Path


def identity_of(folder: Path) -> str:
    """The real path, so that links to the same folder share what is kept; ASCII, whatever the path is."""
    return f"files:{quote_from_bytes(os.fsencode(folder.resolve()))}"


def label_of(folder: Path) -> str:
    """A short name for the header; may be hostile."""
    return f"logs {folder}"
