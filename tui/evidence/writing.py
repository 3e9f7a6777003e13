"""Writes a pack and what says who made it, for the command line and the screens."""

from __future__ import annotations

import getpass
import json
import platform
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ssmtrail.queries.errors import StoreError
from ssmtrail.queries.times import utc_text
from ssmtrail.tui.evidence.archive import file_sha256, write_archive
from ssmtrail.tui.evidence.pack import packed
from ssmtrail.tui.evidence.verify import made_beside

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from threading import Event
    from typing import BinaryIO

    from ssmtrail.queries.config import Settings
    from ssmtrail.queries.integrity.verify import Report
    from ssmtrail.queries.model import Coverage, Scope
    from ssmtrail.queries.trail import Trail

    #: Gives a file of this path to a function that fills it, and shows it only when it is whole.
    Replacing = Callable[[Path, Callable[[BinaryIO], object]], object]


@dataclass(frozen=True, slots=True)
class PackQuestion:
    """What is to be packed."""

    scope: Scope
    settings: Settings
    coverage: Coverage
    proof: Report | None = None
    """What digests prove of the files, where that was asked for."""
    keys: Path | None = None
    """The keys that it was proved with."""


@dataclass(frozen=True, slots=True)
class PackWritten:
    """A pack that was written."""

    manifest: Mapping[str, Any]
    made: Mapping[str, Any]
    """Who made it, where and when; its bytes and SHA-256."""


def write_pack(
    out: Path, question: PackQuestion, trail: Trail, cancelled: Event, replacing: Replacing,
    report: Callable[[str], object] = lambda _: None,
) -> PackWritten:  # fmt: skip
    """Write a pack and the file beside it; `report` gets a word about what is done.

    Raises Cancelled, UsageError, StoreError, SourceError.
    """
    try:
        with tempfile.TemporaryDirectory(prefix=f".{out.name[:100]}.", dir=out.parent) as folder:
            pack = packed(
                Path(folder), trail, question.scope, question.settings, question.coverage, question.proof,
                question.keys, cancelled, report,
            )  # fmt: skip
            report("packing")
            replacing(out, partial(write_archive, pack.members, cancelled=cancelled))
        made = _made(out, trail, question.proof)
        replacing(made_beside(out), lambda file: file.write(json.dumps(made, indent=1).encode() + b"\n"))
    except OSError as error:
        raise StoreError(f"{out} cannot be written: {error.strerror or error}.") from error
    return PackWritten(pack.manifest, made)


def _made(out: Path, trail: Trail, proof: Report | None) -> dict[str, Any]:
    """Who made the pack, where and when: never part of it, so that the same answer has the same bytes."""
    kind, _, folder = trail.source_identity.partition(":")
    return {
        "pack": out.name,
        "sha256": file_sha256(out),
        "bytes": out.stat().st_size,
        "made_at": utc_text(datetime.now(UTC).replace(microsecond=0)),
        "made_by": getpass.getuser(),
        "host": platform.node(),
        "source": folder if kind == "files" else trail.source_label,
        "keys": proof.keys if proof else None,
        "queries": [run.id for run in trail.queries() if run.id],
    }
