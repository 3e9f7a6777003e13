"""The calendar of the intruder's story."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import date

#: The night comes once in every stretch of so many days, so that each month's demo holds one.
PERIOD: Final = 30
_NIGHT: Final = 739_941 % PERIOD  # 21 November 2026 is such a night
_LOCKED: Final = 9


def days_since_the_night(day: date) -> int:
    """Days since the last night of the intruder, 0 to 29."""
    return (day.toordinal() - _NIGHT) % PERIOD


def contractor_is_locked_out(day: date) -> bool:
    """Whether the stolen key is locked; the contractor comes back with a new one."""
    return days_since_the_night(day) <= _LOCKED
