"""The state file: what the tool remembers by itself from one run to the next."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from platformdirs import user_state_dir

from queries.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, slots=True)
class State:
    """What is remembered; nothing in it is needed to work."""

    source_kind: str | None = None
    """`demo`, `logs` or `athena`: the source that was opened last."""
    source_path: str | None = None
    """Its folder, for `logs`."""
    table: Mapping[str, str] = field(default_factory=dict)
    """The way to it, for `athena`: names of `queries.sources.athena.address.Address`; no secret is among them."""
    partitions: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Values of partition columns that it is kept to."""

    @classmethod
    def load(cls, path: Path | None = None) -> State:
        """Read the state; one that is missing or damaged is forgotten."""
        try:
            content = json.loads((path or state_path()).read_bytes())
        except (OSError, ValueError, RecursionError):
            return cls()
        if not isinstance(content, dict):
            return cls()
        kind, folder = content.get("source_kind"), content.get("source_path")
        if kind == "demo":
            return cls("demo")
        if kind == "athena":
            return cls("athena", None, _texts(content.get("table")), _lists(content.get("partitions")))
        return cls("logs", folder) if kind == "logs" and isinstance(folder, str) and folder else cls()

    def save(self, path: Path | None = None) -> None:
        """Write it whole or not at all, for the user alone. Raises StoreError."""
        path = path or state_path()
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # mkstemp makes files that only their owner can read.
            handle, name = tempfile.mkstemp(prefix=path.name, dir=path.parent)
            try:
                with os.fdopen(handle, "w", encoding="ascii") as file:
                    json.dump(asdict(self), file)
                Path(name).replace(path)
            except BaseException:
                Path(name).unlink(missing_ok=True)
                raise
        except OSError as error:
            raise StoreError(f"{path} cannot be written: {error.strerror or error}.") from error


def _texts(content: object) -> dict[str, str]:
    if not isinstance(content, dict):
        return {}
    return {name: text for name, text in content.items() if isinstance(text, str)}


def _lists(content: object) -> dict[str, Sequence[str]]:
    if not isinstance(content, dict):
        return {}
    return {name: tuple(map(str, texts)) for name, texts in content.items() if isinstance(texts, list)}


def state_path() -> Path:
    """Where the state is: `SSMTRAIL_STATE`, else `state.json` in the user's state folder."""
    named = os.environ.get("SSMTRAIL_STATE")
    return Path(named) if named else Path(user_state_dir("ssmtrail", appauthor=False)) / "state.json"
