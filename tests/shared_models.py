"""Descriptions of AWS's services that are read once a process: every session of every test has the same ones."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from botocore.loaders import JSONFileLoader

if TYPE_CHECKING:
    from collections.abc import Callable


def install() -> None:
    """Let sessions share what was read from the same file, as the clients of one session do; it is never changed."""
    JSONFileLoader.load_file = _shared(JSONFileLoader.load_file)


def _shared(load: Callable[[JSONFileLoader, str], Any]) -> Callable[[JSONFileLoader, str], Any]:
    @cache
    def loaded(path: str) -> Any:
        return load(JSONFileLoader(), path)

    return lambda _, path: loaded(path)
