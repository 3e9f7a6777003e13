"""Where the store keeps what of a source; without the engine."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ssmtrail.queries.raw_calls import EXTRACTION_SET, SCHEMA_VERSION

if TYPE_CHECKING:
    from pathlib import Path


def dataset_folder(root: Path, identity: str) -> Path:
    """The folder of the source with this identity, which need not be there."""
    name = hashlib.sha256(identity.encode("utf-8", "surrogateescape")).hexdigest()[:16]
    return root / f"v{SCHEMA_VERSION}.{EXTRACTION_SET}" / name


def looked_at(folder: Path) -> datetime | None:
    """When the source of this folder was last compared with what is kept of it, to the end (UTC)."""
    try:
        return datetime.fromtimestamp((folder / "looked-at").stat().st_mtime, UTC)
    except OSError:
        return None


def first_page_of(folder: Path) -> Path:
    """The file with the first page of this folder's sessions, see `ssmtrail.queries.first_page`."""
    return folder / "first-page.json"
