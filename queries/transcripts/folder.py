"""Local copies of transcripts, found by the id of the session in the names of files."""

from __future__ import annotations

import gzip
import json
import os
import stat
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final, cast

from ssmtrail.queries.errors import Cancelled, SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from threading import Event

#: Endings of copies: of S3, packed, of `aws logs get-log-events`, and of lines of streamed events.
ENDINGS: Final = (".log", ".log.gz", ".txt", ".json", ".json.gz", ".jsonl")
#: Files that are looked through for one that lies deeper.
_MOST_FILES: Final = 500_000
_CHUNK: Final = 1 << 18
#: Bytes of an answer of `aws logs`, which has to be read as a whole.
_MOST_JSON: Final = 256_000_000
_GZIP: Final = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class LocalCopy:
    """One file, or the parts of a log stream that CloudWatch Logs exported."""

    paths: tuple[Path, ...]

    @property
    def place(self) -> str:
        """The path of the file, or of the folder of parts."""
        return str(self.paths[0] if len(self.paths) == 1 else self.paths[0].parent)

    @property
    def size(self) -> int | None:
        """Its bytes; None where it is packed."""
        try:
            sizes = [path.stat().st_size for path in self.paths]
        except OSError:
            return None
        return None if any(path.suffix in (".gz", ".json") for path in self.paths) else sum(sizes)

    def chunks(self, cancelled: Event) -> Iterator[bytes]:
        """The content, unpacked; of an answer of `aws logs` the messages. Raises SourceError, Cancelled."""
        for path in self.paths:
            try:
                with _unpacked(path) as file:
                    yield from _messages(file, cancelled) if ".json" in path.suffixes else _pieces(file, cancelled)
            except (OSError, EOFError, zlib.error) as error:
                reason = getattr(error, "strerror", None) or error
                raise SourceError(f"The transcript {path} cannot be read: {reason}.") from error


def find(folder: Path, session_id: str, cancelled: Event) -> LocalCopy | None:
    """The copy of a session's transcript below a folder. Raises SourceError, Cancelled.

    `SESSION.log` is the name that the agent gives in S3, where colons are left out; `SESSION/*.gz` is how CloudWatch
    Logs exports a stream. Links are not followed.
    """
    try:
        is_folder = folder.is_dir()
    except OSError as error:
        raise SourceError(f"The folder of transcripts {folder} cannot be read: {error.strerror}.") from error
    if not is_folder:
        raise SourceError(f"There is no folder of transcripts {folder}.")
    names = {session_id, session_id.replace(":", "")}
    wanted = [name + ending for name in sorted(names) for ending in ENDINGS]
    for name in wanted:
        if _is_file(folder / name):
            return LocalCopy((folder / name,))
    return _deeper(folder, names, frozenset(wanted), cancelled)


def _deeper(folder: Path, names: set[str], wanted: frozenset[str], cancelled: Event) -> LocalCopy | None:
    looked = 0
    for parent, folders, files in os.walk(folder):
        if cancelled.is_set():
            raise Cancelled
        folders.sort()
        looked += len(files)
        if looked > _MOST_FILES:
            raise SourceError(f"{folder} has more than {_MOST_FILES:,} files: name a folder nearer to the transcripts.")
        for name in sorted(wanted.intersection(files)):
            if _is_file(Path(parent) / name):
                return LocalCopy((Path(parent) / name,))
        for name in sorted(names.intersection(folders)):
            if parts := _parts(Path(parent) / name):
                return LocalCopy(parts)
    return None


def _parts(folder: Path) -> tuple[Path, ...]:
    """The parts of an exported log stream, in their order; none of a linked folder, which could lead anywhere."""
    if folder.is_symlink():
        return ()
    return tuple(path for path in sorted(folder.glob("*.gz")) if _is_file(path))


def _is_file(path: Path) -> bool:
    """Whether it is a plain file: a link could lead anywhere, a pipe would never end."""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except (OSError, ValueError):
        return False


@contextmanager
def _unpacked(path: Path) -> Iterator[BinaryIO]:
    with path.open("rb") as file:
        packed = file.read(2) == _GZIP
        file.seek(0)
        if not packed:
            yield file
            return
        with gzip.GzipFile(fileobj=file) as inside:
            yield cast("BinaryIO", inside)


def _pieces(file: BinaryIO, cancelled: Event) -> Iterator[bytes]:
    while piece := file.read(_CHUNK):
        if cancelled.is_set():
            raise Cancelled
        yield piece


def _messages(file: BinaryIO, cancelled: Event) -> Iterator[bytes]:
    """The messages in an answer of `aws logs get-log-events`; another JSON file is given as it is."""
    data = bytearray()
    for piece in _pieces(file, cancelled):
        data += piece
        if len(data) > _MOST_JSON:
            raise SourceError(f"The transcript is larger than {_MOST_JSON:,} bytes of JSON: fetch it in parts.")
    try:
        found: Any = json.loads(data)
    except (ValueError, RecursionError):
        yield bytes(data)
        return
    events = found.get("events") if isinstance(found, dict) else None
    if not isinstance(events, list):
        yield bytes(data)
        return
    for event in events:
        message = event.get("message") if isinstance(event, dict) else None
        if isinstance(message, str):
            yield message.encode("utf-8", "surrogatepass").rstrip(b"\n") + b"\n"
