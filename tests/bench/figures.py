"""The figures of the bench, each a line of six words."""

from __future__ import annotations

import math
import statistics
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

Sign: TypeAlias = Literal["<=", ">=", "-"]


class AbsentError(Exception):
    """A figure cannot be had here; the message says why, as a clause."""


class EndedError(Exception):
    """What was measured has ended, or was another program: nothing measured with it counts."""


@dataclass(frozen=True, slots=True)
class Figure:
    """What is measured, and what it should be."""

    name: str
    unit: str
    sign: Sign = "-"
    goal: float | None = None

    def line(self, value: float | None) -> str:
        """`NAME VALUE UNIT GOAL-SIGN GOAL VERDICT`; `-` where there is no value, no goal or no verdict."""
        shown = "-" if value is None else f"{value:.4g}" if abs(value) < 1000 else f"{value:.0f}"
        goal = "-" if self.goal is None else f"{self.goal:g}"
        return f"{self.name} {shown} {self.unit} {self.sign} {goal} {self._verdict(value)}"

    def _verdict(self, value: float | None) -> str:
        if value is None:
            return "absent"
        if self.goal is None:
            return "-"
        return "met" if (value <= self.goal if self.sign == "<=" else value >= self.goal) else "missed"


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is measured."""

    records: int
    files: int
    rounds: int
    """Of reading a folder."""
    starts: int
    """Of the program."""
    presses: int
    """Of each key."""
    sessions: int = 100_000
    small_files: int = 100_000
    million: int = 1_000_000
    """Sessions of a store that somebody browses for long."""
    browsing: float = 60.0
    """Seconds that it is browsed."""
    views: tuple[int, ...] = (100_000,)
    """Sessions that the views are measured over."""
    result_rows: int = 1_000_000
    """Of one answer from Athena."""
    packed: int = 10_000
    """Sessions of an evidence pack."""
    accounts: int = 50
    """Of 17 regions each, whose day of logs is proved."""


FULL = Sizes(records=600_000, files=400, rounds=3, starts=7, presses=120, views=(100_000, 1_000_000))
QUICK = Sizes(
    records=60_000, files=40, rounds=1, starts=1, presses=8, small_files=5_000, million=100_000, browsing=1.0,
    result_rows=100_000, packed=1_000, accounts=2,
)  # fmt: skip

#: Fills in the values that it could get; raises AbsentError when it can get no more.
Measure: TypeAlias = "Callable[[Sizes, dict[str, float]], None]"


@dataclass(frozen=True, slots=True)
class Group:
    """Figures that are measured together."""

    figures: Sequence[Figure]
    measure: Measure

    def has(self, parts: Sequence[str]) -> bool:
        """Whether a figure's name contains one of these; of none everything is wanted."""
        return not parts or any(part in figure.name for part in parts for figure in self.figures)

    def lines(self, sizes: Sizes, tell: Callable[[str], None]) -> list[str]:
        """One line a figure, also for those that could not be had; `tell` hears why.

        Every size, time and ratio here is above zero: a zero is what something dead gives.
        """
        values: dict[str, float] = {}
        try:
            self.measure(sizes, values)
        except (AbsentError, OSError, AssertionError, subprocess.SubprocessError) as error:
            missing = " ".join(figure.name for figure in self.figures if figure.name not in values)
            tell(f"absent: {missing}: {error}")
        except EndedError as error:
            values.clear()
            tell(f"absent: {' '.join(figure.name for figure in self.figures)}: {error}")
        for figure in self.figures:
            if figure.name in values and not 0 < values[figure.name] < math.inf:
                tell(f"absent: {figure.name}: {values.pop(figure.name)} is no measurement")
        return [figure.line(values.get(figure.name)) for figure in self.figures]


def ratios(
    values: dict[str, float], seconds: Mapping[str, Sequence[float]], pairs: Mapping[str, tuple[str, str]]
) -> None:
    """Put ratios of medians into the values: figure name to (what is above the line, what is below)."""
    for name, (above, below) in pairs.items():
        if seconds.get(above) and seconds.get(below):
            values[name] = statistics.median(seconds[above]) / statistics.median(seconds[below])


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that so large a share of them does not exceed."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]
