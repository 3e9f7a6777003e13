"""A folder of CloudTrail log files as a source."""

from __future__ import annotations

from typing import TYPE_CHECKING

from queries.errors import SourceError
from queries.sources.files.address import identity_of, label_of
from queries.sources.files.batch import readable
from queries.sources.files.listing import compare, compare_file
from queries.sources.files.run import Run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path
    from threading import Event

    from queries.sources.contract import Changes, FileEntry, Parcel
    from queries.values import Progress


class FilesSource:
    """CloudTrail log files below a folder, or one such file; fulfils `queries.sources.contract.Source`.

    Nothing is read before it is asked for: a folder that is not there raises SourceError from `changes`.
    """

    def __init__(self, folder: Path, label: str | None = None) -> None:
        self._folder = folder
        self._label = label if label is not None else label_of(folder)

    @property
    def identity(self) -> str:
        """The real path, so that links to the same folder share what is kept; ASCII, whatever the path is."""
        return identity_of(self._folder)

    @property
    def label(self) -> str:
        """A short name for the header; may be hostile."""
        return self._label

    def changes(self, kept: Mapping[str, tuple[int, int]], cancelled: Event) -> Changes:
        """List the folder. Raises SourceError when it cannot be listed, Cancelled."""
        shown = readable(str(self._folder))
        try:
            real = self._folder.resolve(strict=True)
            if real.is_dir():
                return compare(str(real).rstrip("/"), kept, cancelled)
            if real.is_file():
                return compare_file(real, kept)
        except FileNotFoundError as error:
            raise SourceError(f"There is no folder {shown}.") from error
        except PermissionError as error:
            raise SourceError(f"The folder {shown} cannot be listed: permission denied.") from error
        except OSError as error:
            raise SourceError(
                f"The folder {shown} cannot be listed: {(error.strerror or 'unknown').lower()}."
            ) from error
        raise SourceError(f"{shown} is neither a folder nor a file.")

    def read(
        self, new: Sequence[FileEntry], scratch: Path, report: Callable[[Progress], None], cancelled: Event
    ) -> Iterator[Parcel]:
        """Read files into parcels; see the contract. Raises SourceError, StoreError when `scratch` is full."""
        real = self._folder.resolve()
        root = real.parent if real.is_file() else real
        return Run(str(root).rstrip("/"), new, scratch, report, cancelled).parcels()
