"""The filter language."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Filter:
    """A parsed filter; the empty one matches everything."""

    text: str = ""
