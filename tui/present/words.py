"""Numbers, sizes, lengths of time as short words of even shape."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from queries.values import QuestionName

#: What the rows of a question are, one and many.
_NOUNS: Final[dict[QuestionName, tuple[str, str]]] = {
    "sessions": ("session", "sessions"),
    "calls": ("call", "calls"),
    "pairs": ("pair of person and machine", "pairs of person and machine"),
    "usage": ("bucket", "buckets"),
    "people": ("person", "people"),
    "instances": ("machine", "machines"),
    "tunnels": ("tunnel", "tunnels"),
}
_UNITS: Final = ("B", "KB", "MB", "GB", "TB", "PB")


def count(number: int) -> str:
    """`1284` as `1,284`."""
    return f"{number:,}"


def plural(number: int, one: str, many: str = "") -> str:
    """`1 session`, `1,284 sessions`; `many` is needed where an `s` is not enough."""
    return f"{count(number)} {one if number == 1 else many or one + 's'}"


def noun(name: QuestionName, number: int = 1) -> str:
    """What the rows of a question are: `person`, `people`."""
    return _NOUNS[name][number != 1]


def size(number: int) -> str:
    """Bytes in decimal units with two or three figures: `812 B`, `3.1 GB`."""
    amount = float(number)
    for unit in _UNITS:
        if amount < 999.5 or unit == _UNITS[-1]:
            break
        amount /= 1000
    return f"{amount:.1f} {unit}" if unit != "B" and amount < 99.95 else f"{amount:.0f} {unit}"


def length(seconds: float) -> str:
    """How long: `0m07`, `14m03`, `2h14m`, `3d04h`."""
    whole = int(seconds)
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes}m{rest:02}"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours}h{minutes:02}m"
    days, hours = divmod(hours, 24)
    return f"{days}d{hours:02}h"


def ticking(seconds: float) -> str:
    """A running clock: `00:41`, `1:02:03`."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes:02}:{rest:02}"
