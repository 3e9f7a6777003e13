"""Everything that the usage screen shows, found in one go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ssmtrail.tui.usage_view import bar_of
from ssmtrail.tui.views.usage_text import histogram
from ssmtrail.widgets.chart import chart_picture

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from threading import Event

    from ssmtrail.queries.model import Totals
    from ssmtrail.queries.trail import Trail
    from ssmtrail.queries.views import Heat, Usage
    from ssmtrail.tui.usage_view import UsageView
    from ssmtrail.widgets.chart import ChartPicture
    from ssmtrail.widgets.histogram import Histogram, Look


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

    def find(self, trail: Trail, cancelled: Event) -> Used:
        """Ask for bars, hours, totals; draw the bars."""
        view = self.view
        scope, measure = view.scope, view.state.measure
        unit = view.unit(trail.coverage(scope.window))
        usage = trail.chart(scope, cancelled, measure=measure, unit=unit, breakdown=view.breakdown)
        heat = trail.heat(scope, cancelled, measure=measure)
        drawn = histogram(usage, self.accounts)
        bar = bar_of(usage.buckets, self.moment)
        width, height = self.canvas
        picture = chart_picture(drawn, width, height, first=max(0, bar - width // 2), look=self.look)
        return Used(usage, heat, trail.totals(scope, cancelled, measure=measure), drawn, bar, picture)
