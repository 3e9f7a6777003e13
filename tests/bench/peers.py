"""What Textual itself takes for the same keys in the same run: ours are ratios to that, whatever the machine does."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Final, Literal

from tests.bench.apps import rows_are_painted
from tests.bench.figures import Figure, percentile
from tests.bench.ingest import REPOSITORY
from tests.pty_app import Burst, running

if TYPE_CHECKING:
    from collections.abc import Sequence

Kind = Literal["down", "page", "end", "push", "pop"]

_KEYS: Final[dict[Kind, tuple[bytes, ...]]] = {
    "down": (b"\x1b[B",), "page": (b"\x1b[6~",), "end": (b"\x1b[1;5F", b"\x1b[1;5H"), "push": (b"p", b"\x1b"),
}  # fmt: skip
_COMMAND: Final = (sys.executable, "-m", "tests.bench.textual_app")
#: Seconds of silence after which an answer is over.
_QUIET: Final = 0.12
#: What its thousand rows have at least.
_PAGES: Final = 24


@dataclass(frozen=True, slots=True)
class Bar:
    """What a key of ours is held against, and how many times as long it may take."""

    kind: Kind
    most: float


def figures(name: str, bar: Bar) -> tuple[Figure, ...]:
    """A ratio of medians, and the milliseconds beside it: what 95 of 100 take at most, and the median."""
    return Figure(name, "x", "<=", bar.most), Figure(f"{name}_ms", "ms"), Figure(f"{name}_p50", "ms")


def textual(presses: int) -> dict[Kind, float]:
    """Seconds that each takes in an app of Textual alone, medians of at most so many."""
    with running(_COMMAND, 120, 36, cwd=str(REPOSITORY)) as app:
        app.wait_for(rows_are_painted)
        app.settle(1.0)
        times: dict[Kind, float] = {}
        for kind, keys in _KEYS.items():
            number = max(2, presses if kind == "down" else min(presses, _PAGES) // len(keys))
            bursts = [[app.press(key, _QUIET) for key in keys] for _ in range(number)]
            of_keys = [median(each[place].last for each in bursts) for place in range(len(keys))]
            times[kind] = of_keys[0]
            if kind == "push":
                times["pop"] = of_keys[1]
        return times


def note(values: dict[str, float], name: str, bar: Bar, seconds: Sequence[float], peer: dict[Kind, float]) -> None:
    """Fill in the figures of `figures`."""
    values[name] = median(seconds) / peer[bar.kind]
    values[f"{name}_ms"] = percentile(seconds, 0.95) * 1000
    values[f"{name}_p50"] = median(seconds) * 1000


def last(bursts: Sequence[Burst]) -> list[float]:
    """Seconds until the last byte of each answer."""
    return [burst.last for burst in bursts]
