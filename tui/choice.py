"""What somebody chose on the command line or on a screen: a source, where to begin."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from ssmtrail.queries.config import Settings
from ssmtrail.queries.filters import Filter

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from ssmtrail.queries.times import Window
    from ssmtrail.tui.cli.options import AthenaChoice


@dataclass(frozen=True, slots=True)
class SourceChoice:
    """Which way in to take; None lets the app open the last one, or welcome the user."""

    kind: Literal["demo", "logs", "athena"] | None = None
    path: Path | None = None
    """The folder, for `logs`."""
    demo_end: date | None = None
    """The last day of the demo, for `demo`; None is today."""
    athena: AthenaChoice | None = None
    """The table, for `athena`."""


@dataclass(frozen=True, slots=True)
class LaunchOptions:
    """Where the app begins, and how."""

    settings: Settings = field(default_factory=Settings)
    """With what the command line said in place of the configuration: `zone`, `inventory`."""
    window: Window | None = None
    """None lets the app choose."""
    filter: Filter = field(default_factory=Filter)
