"""What was proved of a source once, and need not be proved again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from queries.store.private_files import make_private_folder, write_private

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Proofs:
    """Names of forms of queries, a file each; names are made of letters and digits."""

    folder: Path

    @classmethod
    def of(cls, dataset: Path) -> Proofs:
        """The proofs of a dataset. Raises StoreError."""
        return cls(make_private_folder(dataset / "proved"))

    def __contains__(self, shape: str) -> bool:
        return (self.folder / shape).exists()

    def add(self, shape: str) -> None:
        """Remember one. Raises StoreError."""
        write_private(self.folder / shape, b"")
