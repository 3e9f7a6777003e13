"""The numbers of a histogram, and how its series differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence


#: How series differ: by colour alone, by a texture too where there is no colour, by ASCII signs.
Look: TypeAlias = Literal["blocks", "textures", "ascii"]


#: Series with a colour of their own; those beyond look like the last one.
SERIES: Final = 6


#: What bars are made of, by series.
SIGNS: Final = {"blocks": "██████", "textures": "█▒▓░▚▞", "ascii": "#=+*o%"}


@dataclass(frozen=True, slots=True)
class Series:
    """One part of every bar."""

    label: str
    """What the legend says."""
    values: Sequence[int]
    """One for each bar."""


@dataclass(frozen=True, slots=True)
class Histogram:
    """Bars to draw, stacked from the first series up."""

    labels: Sequence[str]
    """One for each bar, empty where the axis need not say anything; those that have no room are left out."""
    series: Sequence[Series]
    ghost: Sequence[int] = ()
    """Heights to compare with, one for each bar."""
    ghost_label: str = ""
    """What the legend says of them; nothing where they are explained elsewhere."""

    @property
    def totals(self) -> list[int]:
        """Height of each bar."""
        return [sum(values) for values in zip(*(part.values for part in self.series), strict=True)]
