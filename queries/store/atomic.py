"""Files that only their owner may read, and that are whole or not there."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from ssmtrail.queries.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

_SIGNS: Final = frozenset("*?[]\\={}")


def make_private_folder(folder: Path) -> Path:
    """Make a folder, and parents, that only its owner can enter. Raises StoreError where it cannot be made."""
    with storing(f"the store folder {folder} cannot be made"):
        for parent in reversed(folder.parents):  # Path.mkdir gives parents the usual mode
            if not parent.exists():
                parent.mkdir(mode=0o700, exist_ok=True)
        folder.mkdir(exist_ok=True, mode=0o700)
        folder.chmod(0o700)
    return folder


def write_private(path: Path, data: bytes) -> None:
    """Write a file under a temporary name, `0600`, flushed, then renamed: a kill leaves the old one or the new one."""
    temporary = path.with_name(f".{path.name}.{uuid4().hex[:8]}")
    with storing(f"{path} cannot be written"):
        try:
            with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


@contextmanager
def scratch_folder(parent: Path) -> Iterator[Path]:
    """A private folder that is gone afterwards."""
    folder = make_private_folder(parent / f"{os.getpid()}-{uuid4().hex[:8]}")
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def sweep_scratch(parent: Path) -> None:
    """Remove the scratch folders of processes that are no more."""
    if not parent.is_dir():
        return
    for folder in parent.iterdir():
        owner = folder.name.partition("-")[0]
        if owner.isdigit() and not _alive(int(owner)):
            shutil.rmtree(folder, ignore_errors=True)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@contextmanager
def storing(what: str) -> Iterator[None]:
    """Translate the system's refusals into StoreError: `WHAT: no space left on device`."""
    try:
        yield
    except OSError as fault:
        raise StoreError(f"{what}: {(fault.strerror or str(fault)).lower()}") from fault


@contextmanager
def plain_way(root: Path) -> Iterator[Path]:
    """A path to a folder that the engine takes as it is: a private link where the folder's own path says more to it.

    DuckDB reads `name=value` in a path as a column, backslashes as separators, `*?[` as patterns; it can name no file
    whose path is not UTF-8.
    """
    root = root.absolute()
    text = str(root)
    if not _SIGNS.intersection(text) and text.isprintable():  # surrogates do not print
        yield root
        return
    make_private_folder(root)
    with storing("a link to the store cannot be made"), TemporaryDirectory(prefix="ssmtrail-") as folder:
        link = Path(folder) / "store"
        link.symlink_to(root)
        yield link
