"""Where an answer goes: standard output, or a file that appears whole or not at all."""

from __future__ import annotations

import os
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from queries.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO


@contextmanager
def opened(path: Path | None) -> Iterator[BinaryIO]:
    """Standard output, or a new file for its owner alone that takes the place of `path` at the end.

    Raises StoreError for a full disk or a folder that cannot be written; BrokenPipeError passes.
    """
    where = "standard output" if path is None else str(path)
    try:
        if path is None:
            yield sys.stdout.buffer
            sys.stdout.buffer.flush()
        else:
            with _beside(path) as out:
                yield out
    except BrokenPipeError:
        raise
    except OSError as error:
        raise StoreError(f"{where} cannot be written: {error.strerror or error}.") from error


@contextmanager
def _beside(path: Path) -> Iterator[BinaryIO]:
    """A file in the same folder, hence on the same disk; mkstemp makes it for its owner alone."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name[:100]}.", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def abandon_stdout() -> None:
    """Let nobody listen: what is still buffered would complain at exit that the reader is gone."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
