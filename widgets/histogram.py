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


#: Characters of the parts that mean something by themselves, by look.
SPECIAL: Final = {
    "denied": {"blocks": "█", "textures": "▜", "ascii": "x"},
    "failed": {"blocks": "█", "textures": "▖", "ascii": "/"},
}


@dataclass(frozen=True, slots=True)
class Series:
    """One part of every bar."""

    label: str
    """Its text in the legend."""
    values: Sequence[int]
    """One number a bar."""
    part: Literal["", "denied", "failed"] = ""
    """What it means, where it has a colour of its own."""

    def look(self, number: int, look: Look) -> tuple[str, str]:
        """Its character, and the name of its colour, as the part of this number from 0."""
        if self.part:
            return SPECIAL[self.part][look], f"series-{self.part}"
        colour = min(number, SERIES - 1)
        return SIGNS[look][colour], f"series-{colour + 1}"


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
