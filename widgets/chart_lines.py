"""Lines of a drawn histogram as they are seen: with the caret on the axis, with one series standing out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from widgets.histogram import SERIES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from widgets.line_painter import Run


def with_caret(axis: Sequence[Run], place: int, sign: str) -> Iterator[Run]:
    """The axis, whose characters take one cell each, with a sign on one of them."""
    left = 0
    for text, part, style in axis:
        here = place - left
        if 0 <= here < len(text):
            yield text[:here], part, style
            yield sign, "caret", ""
            yield text[here + 1 :], part, style
        else:
            yield text, part, style
        left += len(text)


def picked_out(runs: Sequence[Run], picked: int) -> Iterator[Run]:
    """A line of bars in which all series but one are faded."""
    kept = f"series-{min(picked, SERIES - 1) + 1}"
    for text, part, style in runs:
        yield text, "faded" if part.startswith("series") and part != kept else part, style


def picked_in_legend(runs: Sequence[Run], picked: int) -> Iterator[Run]:
    """The legend, a sign and a text for each series, with the text of one set off."""
    for place, (text, part, style) in enumerate(runs):
        is_text = part == "legend" and place == 2 * picked + 2
        yield text, "picked" if is_text else part, style
