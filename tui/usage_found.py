"""Everything that the usage screen shows, found in one go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tui.present.usage import histogram
from tui.usage_view import bar_of
from widgets.bar_chart import chart_picture

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from threading import Event

    from queries.values import Door, Totals
    from queries.views import Heat, Usage
    from tui.usage_view import UsageView
    from widgets.bar_chart import ChartPicture, Histogram, Look


@dataclass(frozen=True, slots=True)
class Used:
    """Bars with a picture of them, hours, the bar of the cursor."""

    usage: Usage
    heat: Heat
    totals: Totals
    histogram: Histogram
    bar: int
    picture: ChartPicture

    @property
    def empty(self) -> bool:
        """Whether nothing was used at all, nor refused."""
        return not any(self.usage.totals) and not any(self.usage.denied)


@dataclass(frozen=True, slots=True)
class Wish:
    """What to find, and how to draw it: away from the screen, so that nothing has to wait for a second answer."""

    view: UsageView
    moment: datetime | None
    """The cursor stands under the bar of this moment; None is the last bar."""
    canvas: tuple[int, int]
    """Width and height of the picture."""
    look: Look
    accounts: Mapping[str, str]

    def find(self, door: Door, cancelled: Event) -> Used:
        """Ask for bars, hours, totals; draw the bars."""
        view = self.view
        scope, measure = view.scope, view.sight.measure
        unit = view.unit(door.coverage(scope.window))
        usage = door.usage(scope, cancelled, measure=measure, unit=unit, breakdown=view.breakdown)
        heat = door.heat(scope, cancelled, measure=measure)
        drawn = histogram(usage, self.accounts)
        bar = bar_of(usage.buckets, self.moment)
        width, height = self.canvas
        picture = chart_picture(drawn, width, height, first=max(0, bar - width // 2), look=self.look)
        return Used(usage, heat, door.totals(scope, cancelled, measure=measure), drawn, bar, picture)
