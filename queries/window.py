"""The window: the stretch of time that a question is about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Window:
    """A half-open stretch of time, `start` inclusive, `end` exclusive; None is unbounded.

    Both are zone-aware UTC datetimes.
    """

    start: datetime | None = None
    end: datetime | None = None
