"""The data of a histogram: labels, series, numbers to compare with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence


#: How series differ: by colour alone, by a texture too where there is no colour, by ASCII signs.
Look: TypeAlias = Literal["blocks", "textures", "ascii"]


#: Number of colours; further series look like the last one.
SERIES: Final = 6


#: Characters of the bars, by series.
SIGNS: Final = {"blocks": "██████", "textures": "█▒▓░▚▞", "ascii": "#=+*o%"}


@dataclass(frozen=True, slots=True)
class Series:
    """One part of every bar."""

    label: str
    """Its text in the legend."""
    values: Sequence[int]
    """One number a bar."""


@dataclass(frozen=True, slots=True)
class Histogram:
    """Bars to draw, stacked from the first series up."""

    labels: Sequence[str]
    """One a bar, empty for none; labels without room are left out."""
    series: Sequence[Series]
    ghost: Sequence[int] = ()
    """Numbers to compare with, one a bar; drawn as a dashed line."""
    ghost_label: str = ""
    """Their text in the legend; empty for none."""

    @property
    def totals(self) -> list[int]:
        """Height of each bar."""
        return [sum(values) for values in zip(*(part.values for part in self.series), strict=True)]
