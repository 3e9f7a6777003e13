"""An app of one part: who was on a machine, with a page in its place that asks a made-up core."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from textual.app import App, ComposeResult

from ssmtrail.queries.views import AsOf, PersonId, Stay
from ssmtrail.tui.signs import UNICODE
from ssmtrail.tui.themes import THEMES
from ssmtrail.tui.views.as_of import AsOfPart

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ssmtrail.tui.signs import Signs

NOON: Final = datetime(2026, 11, 21, 12, 12, tzinfo=UTC)
REACH: Final = timedelta(hours=36)
POSSIBLE: Final = timedelta(hours=24)


def at(text: str, day: int = 21) -> datetime:
    """A time of November 2026."""
    return datetime.fromisoformat(f"2026-11-{day:02}T{text}").replace(tzinfo=UTC)


def a_stay(person: str, began: datetime, end: datetime | None = None, *, orphan: bool = False, key: str = "") -> Stay:
    """A session, without an end where none is given."""
    until = end or began + POSSIBLE
    evidence = "unknown" if end is None else "terminated"
    key = key or f"{person} {began:%d %H:%M}"
    return Stay(key, PersonId("1", person), person, "shell", began, began, end or began, began, until, evidence, orphan)


STAYS: Final = (
    a_stay("temp.contractor.with.a.long.name", at("23:10", 20), at("09:02")),
    a_stay("max.weber", at("11:40"), at("12:31")),
    a_stay("jane.doe", at("11:58")),
    a_stay("li.wei", at("12:00"), at("12:05"), orphan=True),
    a_stay("ci-deploy", at("12:44"), at("12:44")),
)


def as_of(stays: Sequence[Stay] = STAYS, moment: datetime = NOON, target: str = "i-0fe2") -> AsOf:
    """What the core answers: the stays that touch a day and a half to both sides."""
    first, last = moment - REACH, moment + REACH
    touching = sorted((s for s in stays if s.began < last and s.possible_until >= first), key=lambda stay: stay.began)
    return AsOf(target, moment, first, last, POSSIBLE, tuple(touching))


class AsOfApp(App[None]):
    """Answers at once, unless it is to hold back."""

    CSS = "Screen { background: $surface; }"

    def __init__(
        self, stays: Sequence[Stay] = STAYS, *, signs: Signs = UNICODE, zone: str = "UTC", lines: int | None = None,
        label: str = "db-1", theme: str = "",
    ) -> None:  # fmt: skip
        super().__init__()
        for palette in THEMES:
            self.register_theme(palette)
        self.theme = theme or THEMES[0].name
        self.stays, self.signs, self.zone, self.lines, self.label = stays, signs, zone, lines, label
        self.wanted: list[datetime] = []
        self.opened: list[str] = []
        self.hold = False

    def compose(self) -> ComposeResult:
        yield AsOfPart(self.signs)

    @property
    def part(self) -> AsOfPart:
        return self.query_one(AsOfPart)

    def on_mount(self) -> None:
        if self.lines:
            self.part.styles.height = self.lines
        self.answer(NOON)
        self.part.focus()

    def answer(self, moment: datetime) -> None:
        self.part.show(as_of(self.stays, moment), self.zone, self.label)

    def on_as_of_part_moment_wanted(self, message: AsOfPart.MomentWanted) -> None:
        self.wanted.append(message.moment)
        if not self.hold:
            self.answer(message.moment)

    def on_as_of_part_stay_opened(self, message: AsOfPart.StayOpened) -> None:
        self.opened.append(message.key)
