"""Local copies of transcripts, found by the id of the session in the names of files."""

from __future__ import annotations

import gzip
import json
import os
import stat
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final, cast

from ssmtrail.queries.errors import Cancelled, SourceError
from ssmtrail.queries.sources.history.bounds import Bounds
from ssmtrail.queries.transcripts.model import Original

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from threading import Event

#: Endings of copies: of S3, packed, of `aws logs get-log-events`, and of lines of streamed events.
ENDINGS: Final = (".log", ".log.gz", ".txt", ".json", ".json.gz", ".jsonl")
#: Files that are looked through for one that lies deeper.
_MOST_FILES: Final = 500_000
_LONGEST_FIRST: Final = sorted(ENDINGS, key=len, reverse=True)
#: Bytes that are read at a time.
_CHUNK: Final = 1 << 18
#: Bytes of an answer of `aws logs`, which has to be read as a whole.
_MOST_JSON: Final = 256_000_000
_GZIP: Final = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class LocalCopy:
    """One file, or the parts of a log stream that CloudWatch Logs exported."""

    paths: tuple[Path, ...]
    folder: Path
    """The folder of transcripts that it was found in."""

    @property
    def origin(self) -> Mapping[str, str | int | None]:
        """Its path below the folder of transcripts."""
        return {"kind": "file", "path": Path(self.place).relative_to(self.folder).as_posix()}

    @property
    def originals(self) -> Sequence[Original]:
        """The files as they are."""
        first = self.paths[0]
        ending = next((each for each in _LONGEST_FIRST if first.name.endswith(each)), "")
        if ending and len(self.paths) == 1:
            return [Original(ending, partial(_as_it_is, first))]
        return [Original(f"/{number:06}.gz", partial(_as_it_is, path)) for number, path in enumerate(self.paths)]

    def bounds(self, cancelled: Event) -> Bounds:
        """Nothing: the times in it are the machine's alone, and those of the file are of the copying."""
        del cancelled
        return Bounds()

    def close(self) -> None:
        """Nothing is open."""

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


def _as_it_is(path: Path, cancelled: Event) -> Iterator[bytes]:
    """The bytes of a file. Raises SourceError, Cancelled."""
    try:
        with path.open("rb") as file:
            yield from _pieces(file, cancelled)
    except OSError as error:
        raise SourceError(f"The transcript {path} cannot be read: {error.strerror or error}.") from error


class Listing:
    """A folder of transcripts, which is walked once, and no further than the copies that are looked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._walk: Iterator[tuple[str, list[str], list[str]]] | None = None
        self._looked = 0
        self._parents: dict[str, list[tuple[int, str]]] = {}
        """By the name of a file or folder: number and path of the folders that have one, as far as was walked."""
        self._folders = 0

    def find(self, session_id: str, cancelled: Event) -> LocalCopy | None:
        """The copy of a session's transcript. Raises SourceError, Cancelled.

        `SESSION.log` is the name that the agent gives in S3, where colons are left out; `SESSION/*.gz` is how
        CloudWatch Logs exports a stream. Links are not followed.
        """
        if self._walk is None:
            self._walk = self._begun()
        names = sorted({session_id, session_id.replace(":", "")})
        wanted = [name + ending for name in names for ending in ENDINGS]
        for name in wanted:
            if _is_file(self._folder / name):
                return LocalCopy((self._folder / name,), self._folder)
        return self._deeper(names, sorted(wanted), cancelled)

    def _begun(self) -> Iterator[tuple[str, list[str], list[str]]]:
        folder = self._folder
        try:
            is_folder = folder.is_dir()
        except OSError as error:
            raise SourceError(f"The folder of transcripts {folder} cannot be read: {error.strerror}.") from error
        if not is_folder:
            raise SourceError(f"There is no folder of transcripts {folder}.")
        return os.walk(folder)

    def _deeper(self, names: Sequence[str], wanted: Sequence[str], cancelled: Event) -> LocalCopy | None:
        known = sorted({place for name in (*wanted, *names) for place in self._parents.get(name, ())})
        for _, parent in known:
            if found := self._in(Path(parent), wanted, names):
                return found
        assert self._walk is not None
        for parent, folders, files in self._walk:
            if cancelled.is_set():
                raise Cancelled
            folders.sort()
            self._note(parent, folders, files)
            is_here = not {*files, *folders}.isdisjoint((*wanted, *names))
            if is_here and (found := self._in(Path(parent), wanted, names)):
                return found
        return None

    def _note(self, parent: str, folders: Sequence[str], files: Sequence[str]) -> None:
        """Remember what may be a copy. Raises SourceError where there are too many files."""
        self._looked += len(files)
        if self._looked > _MOST_FILES:
            where = f"{self._folder} has more than {_MOST_FILES:,} files"
            raise SourceError(f"{where}: name a folder nearer to the transcripts.")
        self._folders += 1
        for name in (*folders, *(name for name in files if name.endswith(ENDINGS))):
            self._parents.setdefault(name, []).append((self._folders, parent))

    def _in(self, parent: Path, wanted: Sequence[str], names: Sequence[str]) -> LocalCopy | None:
        for name in wanted:
            if _is_file(parent / name):
                return LocalCopy((parent / name,), self._folder)
        for name in names:
            if parts := _parts(parent / name):
                return LocalCopy(parts, self._folder)
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
