"""The source that somebody chose, on the command line or on a screen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class SourceChoice:
    """Which way in to take; None lets the app open the last one, or welcome the user."""

    kind: Literal["demo", "logs"] | None = None
    path: Path | None = None
    """The folder, for `logs`."""
    demo_end: date | None = None
    """The last day of the demo, for `demo`; None is today."""
