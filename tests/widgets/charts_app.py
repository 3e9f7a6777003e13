"""A screen with a histogram above a map of hours, and one with a timeline, as views would put them together."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from textual.app import App, ComposeResult

from ssmtrail.widgets.chart import BarChart, chart_picture
from ssmtrail.widgets.heat_map import HeatMap
from ssmtrail.widgets.histogram import Histogram, Look, Series
from ssmtrail.widgets.timeline import Stay, Timeline

if TYPE_CHECKING:
    from datetime import tzinfo

NOON = datetime(2026, 11, 21, 12, 12, tzinfo=UTC)


def made_histogram(bars: int = 30) -> Histogram:
    start = datetime(2026, 10, 25, tzinfo=UTC)
    days = [start + timedelta(days=index) for index in range(bars)]
    busy = [0 if day.weekday() > 4 else 31 * (index * 7919 % 17) // 16 for index, day in enumerate(days)]
    return Histogram(
        [f"{day:%d %b}" if index % 7 == 0 else "" for index, day in enumerate(days)],
        [
            Series(f"shell {sum(busy):,}", busy),
            Series("tunnel", [count * 2 // 3 for count in busy]),
            Series("command", [index % 4 for index in range(bars)]),
        ],
        [count + 4 for count in reversed(busy)],
        "the 30 days before",
    )


def made_hours() -> list[list[int]]:
    return [
        [0 if hour < 6 or (day > 4 and hour % 5) else (hour - 5) * (19 - hour) * (6 - day) // 6 for hour in range(19)]
        + [0] * 5
        for day in range(7)
    ]


def made_stays() -> list[Stay]:
    def at(text: str, day: int = 21) -> datetime:
        hour, minute = map(int, text.split(":"))
        return datetime(2026, 11, day, hour, minute, tzinfo=UTC)

    return [
        Stay("1", "max.weber", at("11:40"), at("12:31")),
        Stay("2", "jane.doe", at("11:58"), at("11:58"), at("11:58", 22), "no end recorded"),
        Stay("3", "anna.schmidt", at("10:10"), at("11:20"), at("11:20", 22), "no end recorded"),
        Stay("4", "ci-deploy", at("12:44"), at("12:44")),
        Stay("5", "temp.contractor.with.a.long.name", at("23:10", 20), at("09:02")),
    ]


class UsageApp(App[None]):
    """Draws pictures at once, or holds them back until `deliver`."""

    CSS = "Screen { background: $surface; }"

    def __init__(self, bars: int = 30, *, look: Look = "blocks", hold: bool = False) -> None:
        super().__init__()
        self.histogram = made_histogram(bars)
        self.look = look
        self.hold = hold
        self.wanted: list[BarChart.PictureWanted] = []
        self.told: list[object] = []

    def compose(self) -> ComposeResult:
        yield BarChart(look=self.look)
        yield HeatMap(ascii_only=self.look == "ascii")

    @property
    def chart(self) -> BarChart:
        return self.query_one(BarChart)

    @property
    def map(self) -> HeatMap:
        return self.query_one(HeatMap)

    def on_mount(self) -> None:
        self.chart.show("days", len(self.histogram.labels), cursor=10)
        self.map.show(made_hours(), ["most: jane.doe 212, max.weber 187, ci-deploy 96", "most: db-1 301"])
        self.chart.focus()

    def on_bar_chart_picture_wanted(self, message: BarChart.PictureWanted) -> None:
        self.wanted.append(message)
        if not self.hold:
            self.deliver()

    def deliver(self) -> None:
        for wanted in self.wanted:
            picture = chart_picture(self.histogram, wanted.width, wanted.height, first=wanted.first, look=wanted.look)
            wanted.chart.put_picture(wanted.token, picture)
        self.wanted.clear()

    def on_bar_chart_bar_highlighted(self, message: BarChart.BarHighlighted) -> None:
        self.told.append(("bar", message.index))
        message.chart.caption = f"bar {message.index}: {self.histogram.totals[message.index]} sessions"

    def on_bar_chart_bar_opened(self, message: BarChart.BarOpened) -> None:
        self.told.append(("opened", message.index))

    def on_heat_map_cell_highlighted(self, message: HeatMap.CellHighlighted) -> None:
        self.told.append(("hours", message.weekday, message.hour, message.hours))

    def on_heat_map_cell_opened(self, message: HeatMap.CellOpened) -> None:
        self.told.append(("opened", message.weekday, message.hour, message.hours))


class TimelineApp(App[None]):
    """Shows stays between 09:00 and 15:00."""

    CSS = "Screen { background: $surface; }"

    def __init__(self, stays: list[Stay] | None = None, *, ascii_only: bool = False, zone: tzinfo = UTC) -> None:
        super().__init__()
        self.stays = made_stays() if stays is None else stays
        self.ascii_only = ascii_only
        self.zone = zone
        self.told: list[object] = []

    def compose(self) -> ComposeResult:
        yield Timeline(ascii_only=self.ascii_only)

    @property
    def timeline(self) -> Timeline:
        return self.query_one(Timeline)

    def on_mount(self) -> None:
        start = NOON.replace(hour=9, minute=0)
        self.timeline.show(self.stays, start, start + timedelta(hours=6), as_of=NOON, zone=self.zone)
        self.timeline.focus()

    def on_timeline_as_of_moved(self, message: Timeline.AsOfMoved) -> None:
        self.told.append(("as of", f"{message.moment:%d %H:%M}"))

    def on_timeline_stay_opened(self, message: Timeline.StayOpened) -> None:
        self.told.append(("opened", message.key))


if __name__ == "__main__":
    UsageApp().run()
