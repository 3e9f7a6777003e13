"""Writes a pack and what says who made it, for the command line and the screens."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ssmtrail.queries.errors import StoreError, UsageError
from ssmtrail.tui.evidence.archive import file_sha256, write_archive
from ssmtrail.tui.evidence.facts import made_facts
from ssmtrail.tui.evidence.pack import packed
from ssmtrail.tui.evidence.verify import made_beside

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from threading import Event
    from typing import BinaryIO

    from ssmtrail.queries.trail import Trail
    from ssmtrail.tui.evidence.pack import PackQuestion

    #: Gives a file of this path to a function that fills it, and shows it only when it is whole.
    Replacing = Callable[[Path, Callable[[BinaryIO], object]], object]


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
    if trail.keeps_secrets:
        raise UsageError("A pack is handed on, so it never has secrets: open the folder without --keep-secrets for it.")
    try:
        with tempfile.TemporaryDirectory(prefix=f".{out.name[:100]}.", dir=out.parent) as folder:
            pack = packed(Path(folder), trail, question, cancelled, report)
            report("packing")
            replacing(out, partial(write_archive, pack.members, cancelled=cancelled))
        made = {
            "pack": out.name, "sha256": file_sha256(out), "bytes": out.stat().st_size,
            "keys": question.proof.keys if question.proof else None,
            **made_facts(trail, datetime.now(UTC).replace(microsecond=0)), **pack.beside,
        }  # fmt: skip
        replacing(made_beside(out), lambda file: file.write(json.dumps(made, indent=1).encode() + b"\n"))
    except OSError as error:
        raise StoreError(f"{out} cannot be written: {error.strerror or error}.") from error
    return PackWritten(pack.manifest, made)
