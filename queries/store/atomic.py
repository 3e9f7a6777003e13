"""Private files that are written whole or not at all, scratch folders, and the translation of the system's errors."""

from __future__ import annotations

import os
import shlex
import shutil
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from ssmtrail.queries.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Characters that have a meaning for DuckDB in a path.
_SPECIAL: Final = frozenset("*?[]\\={}")


@contextmanager
def store_errors(what: str) -> Iterator[None]:
    """Translate OSError into StoreError: `WHAT: no space left on device`."""
    try:
        yield
    except OSError as error:
        raise StoreError(f"{what}: {(error.strerror or str(error)).lower()}") from error


def unwritten(scratch: Path, why: str | None) -> StoreError:
    """What to say where rows that were read cannot be written into a folder of the store's `scratch`."""
    return StoreError(
        f"What was read cannot be written to the store {scratch.parent.parent}: {why or 'the system gives no reason'}. "
        "Make room there, or name another folder in SSMTRAIL_CACHE."
    )


def require_private(folder: Path) -> None:
    """Raises StoreError where another user owns a folder or may write into it; it need not exist."""
    if not hasattr(os, "geteuid"):
        return
    try:
        status = folder.stat()
    except OSError:  # it is made, or its fault is told where it is used
        return
    named = shlex.quote(str(folder))
    if status.st_uid != os.geteuid():
        raise StoreError(
            f"The store folder {folder} belongs to another user, who may have written into it. Name a folder of your "
            f"own in SSMTRAIL_CACHE, or take this one: sudo chown -R {os.geteuid()} {named}"
        )
    if status.st_mode & 0o022:
        who = "every user" if status.st_mode & 0o002 else "its group"
        raise StoreError(
            f"The store folder {folder} can be written to by {who}, so what it keeps may be forged. "
            f"Close it: chmod -R go-w {named}"
        )


def make_private_folder(folder: Path) -> Path:
    """Make a folder and its parents, readable by their owner alone.

    Raises StoreError, also where another user owns it or may write into it.
    """
    with store_errors(f"the store folder {folder} cannot be made"):
        for parent in reversed(folder.parents):  # Path.mkdir gives parents the usual mode
            if not parent.exists():
                parent.mkdir(mode=0o700, exist_ok=True)
        folder.mkdir(exist_ok=True, mode=0o700)
        require_private(folder)
        folder.chmod(0o700)
    return folder


def write_private(path: Path, data: bytes) -> None:
    """Write a file with mode `0600` under a temporary name, flush it, rename it. Raises StoreError.

    A kill leaves the old file or the new one, never a half.
    """
    temporary = path.with_name(f".{path.name}.{uuid4().hex[:8]}")
    with store_errors(f"{path} cannot be written"):
        try:
            with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


@contextmanager
def try_lock(path: Path) -> Iterator[bool | None]:
    """Hold the lock of a file: True where it is held, False where another process holds it, None without locks.

    Raises OSError where the file cannot be opened.
    """
    import fcntl

    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    held: bool | None = True
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            held = False
        except OSError:
            held = None
        yield held
    finally:
        os.close(lock)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock of a file, after waiting for it; on a file system without locks nothing is held.

    Raises StoreError where the file cannot be opened.
    """
    import fcntl

    with store_errors("the store cannot be locked"):
        lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        with suppress(OSError):
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


@contextmanager
def changing(folder: Path) -> Iterator[None]:
    """Hold the lock of a private folder, which is made, so that what another process adds at the same time is not lost.

    Raises StoreError.
    """
    with locked(make_private_folder(folder) / ".lock"):
        yield


@contextmanager
def scratch_folder(parent: Path) -> Iterator[Path]:
    """A private folder, removed at the end; its name begins with the number of this process."""
    folder = make_private_folder(parent / f"{os.getpid()}-{uuid4().hex[:8]}")
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def sweep_scratch(parent: Path) -> None:
    """Remove the scratch folders of processes that have ended."""
    if not parent.is_dir():
        return
    for folder in parent.iterdir():
        process = folder.name.partition("-")[0]
        if process.isdigit() and not is_alive(int(process)):
            shutil.rmtree(folder, ignore_errors=True)


def is_alive(process: int) -> bool:
    """Whether a process of this machine exists."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # a process of another user
        return True
    return True


@contextmanager
def engine_safe_path(root: Path) -> Iterator[Path]:
    """A path to a folder that DuckDB reads literally: its own, or a temporary link where its own has special meaning.

    DuckDB reads `name=value` in a path as a column, backslashes as separators and `*?[` as patterns; it cannot open a
    path that is not UTF-8.
    """
    root = root.absolute()
    text = str(root)
    if not _SPECIAL.intersection(text) and text.isprintable():  # surrogates do not print
        yield root
        return
    make_private_folder(root)
    with store_errors("a link to the store cannot be made"), TemporaryDirectory(prefix="ssmtrail-") as folder:
        link = Path(folder) / "store"
        link.symlink_to(root)
        yield link
