"""Texts of the as-of timeline: who was on a machine at a moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from ssmtrail.queries.details import presence
from ssmtrail.tui.text import count
from ssmtrail.widgets.text import cell_width, safe, shorten_end
from ssmtrail.widgets.timeline import Stay as Line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import timedelta

    from ssmtrail.queries.views import AsOf, PersonId, Presence, Stay
    from ssmtrail.tui.text import Clock

_WORDS: Final = (
    "nobody", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
)  # fmt: skip
_NO_START: Final = "start not in the data"
_NO_END: Final = "no end recorded"
#: What is left open by an end that is a bound, by its evidence.
_BOUNDS: Final = {"terminated": "ended then at the latest", "no-shell": "no shell is proved"}
#: The keys, as many of them as there is room for.
_HINTS: Final = (
    "(left/right 1 min, up/down 1 h, t types a time, , and . previous and next start or end)",
    "(left/right 1 min, up/down 1 h, t types a time)",
    "(left/right 1 min, up/down 1 h, t time)",
    "(t types a time)",
)


@dataclass(frozen=True, slots=True)
class Present:
    """The people on a machine at a moment, each once: their names, made safe."""

    certain: tuple[str, ...]
    possible: tuple[str, ...]
    """Without those who are certain."""


def present_at(as_of: AsOf, moment: datetime) -> Present:
    """Who was there; a person with several sessions counts once, by the most certain one."""
    found: dict[Presence, dict[PersonId, str]] = {"certain": {}, "possible": {}, "no": {}}
    for stay in as_of.stays:
        name = safe(stay.label) + (f" ({stay.outside or _NO_START})" if stay.orphan else "")
        found[presence(stay, moment)].setdefault(stay.person, name)
    certain, possible = found["certain"], found["possible"]
    return Present(tuple(certain.values()), tuple(name for who, name in possible.items() if who not in certain))


def title(moment: datetime, clock: Clock, width: int) -> tuple[str, str]:
    """The moment, then the keys that move it as far as there is room."""
    text = f"as of {clock.exact(moment)}"
    room = width - cell_width(text) - 3
    return text, next((hint for hint in _HINTS if len(hint) <= room), "")


def folded_line(others: int, *, shows_all: bool) -> str:
    """The line below the timeline: how many rows are folded away, and the key that shows them."""
    if shows_all:
        return "Space folds those who were not on it"
    if not others:
        return ""
    sessions = "1 other session was" if others == 1 else f"{count(others)} other sessions around then were"
    return f"{sessions} not on it (Space shows them)"


def line_of(stay: Stay) -> Line:
    """A stay as the timeline draws it; what is possible is drawn to where that ends."""
    open_end = stay.certain_until is None or stay.possible_until > stay.certain_until
    unknown = [stay.outside or _NO_START] if stay.orphan else []
    if open_end:
        unknown.append(_BOUNDS.get(stay.end_evidence) or (not stay.orphan and stay.outside) or _NO_END)
    return Line(
        stay.key, stay.label, stay.possible_from, stay.certain_until, stay.possible_until if open_end else None,
        ", ".join(unknown), start_known=not stay.orphan, certain_from=stay.certain_from,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Room:
    """The space for a text."""

    width: int
    lines: int
    ascii_only: bool = False


def answer(as_of: AsOf, moment: datetime, clock: Clock, label: str, room: Room) -> list[str]:
    """The answer in one line to three: how many people, who they are, what is meant by possible."""
    return [shorten_end(line, room.width, room.ascii_only) for line in _answer(as_of, moment, clock, safe(label), room)]


def _answer(as_of: AsOf, moment: datetime, clock: Clock, label: str, room: Room) -> list[str]:
    if not as_of.first <= moment < as_of.last:
        return [f"Looking up who was on {label} at {_time(moment, clock)}."]
    if not as_of.covered:
        return [f"No records of this time: of {_time(moment, clock)} nothing is known."]
    people = present_at(as_of, moment)
    sentence = _sentence(people, _time(moment, clock), label)
    names = list(_names(people, as_of, moment, clock))
    if not as_of.read.contains(moment):
        names.insert(0, "Outside the window, where sessions are not looked at: w widens it.")
    texts = names if room.lines < 2 else names[:1]
    whole = next((line for text in texts if cell_width(line := f"{sentence}  {text}") <= room.width), "")
    if whole or room.lines < 2:
        return [whole or sentence]
    who = next((text for text in names if cell_width(text) <= room.width), names[-1])
    # The explanation has its own line if it did not fit the sentence.
    hours = _hours(as_of.possible)
    meant = [f"Possible: {_NO_END}, up to {hours} after the last sign of life."] * bool(people.possible)
    return [sentence, who, *([] if f"up to {hours}" in who else meant)][: room.lines]


def _sentence(people: Present, time: str, label: str) -> str:
    certain, possible = len(people.certain), len(people.possible)
    if not certain and not possible:
        return f"At {time} nobody was on {label}, as far as the records show."
    verb = "was" if certain < 2 else "were"
    who = _number(certain) + ("" if not certain else " person" if certain == 1 else " people")
    also = f", {_number(possible)} possibly" if possible else ""
    return f"At {time} {who} {verb} certainly on {label}{also}."


def _number(number: int) -> str:
    return _WORDS[number] if number < len(_WORDS) else count(number)


def _names(people: Present, as_of: AsOf, moment: datetime, clock: Clock) -> Iterator[str]:
    """The names, from the longest form to the shortest."""
    if not people.certain and not people.possible:
        yield _around(as_of, moment, clock)
        return
    hours = _hours(as_of.possible)
    whys = (f" ({_NO_END}; possible up to {hours} after the last sign of life)", f" ({_NO_END}, up to {hours})")
    for most in (8, 4, 2, 1):
        for why in (*whys, f" ({_NO_END})", ""):
            yield _listed(people, most, why)


def _listed(people: Present, most: int, why: str) -> str:
    """Those who were certainly there, then those who possibly were; the sentence before it says how many of each."""
    parts = [_some(people.certain, most)] if people.certain else []
    parts += [f"{'possibly ' * bool(parts)}{_some(people.possible, most)}{why}"] if people.possible else []
    return f"{'; '.join(parts)}."


def _some(names: Sequence[str], most: int) -> str:
    if len(names) <= most + 1:  # "and 1 more" is no shorter than a name
        return ", ".join(names)
    return f"{', '.join(names[:most])} and {count(len(names) - most)} more"


def _around(as_of: AsOf, moment: datetime, clock: Clock) -> str:
    """Who was there last before the moment, and who comes next, in the loaded time."""
    before = max(
        (stay for stay in as_of.stays if stay.possible_from < moment),
        key=lambda stay: stay.possible_until,
        default=None,
    )
    after = next((stay for stay in as_of.stays if stay.began > moment), None)
    texts = []
    if before is not None:
        last = before.certain_until or before.began
        how = "last sign of life" if before.possible_until > last else "until"
        texts.append(f"Before: {safe(before.label)}, {how} {_near(last, moment, clock)}.")
    if after is not None:
        texts.append(f"Next: {safe(after.label)}, from {_near(after.began, moment, clock)}.")
    return " ".join(texts) or f"Nobody within {_hours((as_of.last - as_of.first) / 2)} of it either."


def _time(moment: datetime, clock: Clock) -> str:
    return clock.time(moment).removesuffix(":00")


def _near(time: datetime, moment: datetime, clock: Clock) -> str:
    """A time, with its day unless that is the day of the moment."""
    text = clock.time(time) if clock.day(time) == clock.day(moment) else clock.row(time).strip()
    return text.removesuffix(":00")


def _hours(length: timedelta) -> str:
    return f"{length.total_seconds() / 3600:.10g} h"


def edge(as_of: AsOf, moment: datetime, step: int) -> tuple[datetime, str | None]:
    """The next (1) or previous (-1) recorded start or end of a stay, with its key.

    If there is none, the end of the loaded time. The last sign of life counts as an end: later nothing is recorded.
    """
    edges = [(time, stay.key) for stay in as_of.stays for time in (stay.began, stay.certain_until) if time]
    known = [(time, key) for time, key in edges if as_of.first <= time < as_of.last]
    if step > 0:
        later = [found for found in known if found[0] > moment]
        return min(later, default=(as_of.last, None), key=lambda found: found[0])
    earlier = [found for found in known if found[0] < moment]
    return max(earlier, default=(as_of.first, None), key=lambda found: found[0])
