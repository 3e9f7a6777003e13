"""A screen of bars above the hours of the week: asks, draws, tells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textual.containers import Horizontal, Vertical
from textual.widgets import Static

from ssmtrail.queries.model import Question
from ssmtrail.tui.frame.empty_text import Circumstances, why_empty
from ssmtrail.tui.frame.fitted import Fitted
from ssmtrail.tui.frame.scoped import ScopedScreen
from ssmtrail.tui.frame.text import running, window_text
from ssmtrail.tui.requests import CountSums
from ssmtrail.tui.usage_found import Used, Wish
from ssmtrail.tui.usage_view import UsageView, bar_of
from ssmtrail.tui.view_requests import Errand, Look, Seen
from ssmtrail.tui.views import usage_text as words
from ssmtrail.tui.views.page_text import busiest
from ssmtrail.tui.workers import Pace, QueryWorkers
from ssmtrail.widgets.chart import BarChart, ChartPicture, chart_picture
from ssmtrail.widgets.heat_map import HeatMap
from ssmtrail.widgets.text import safe

if TYPE_CHECKING:
    from datetime import datetime

    from textual.app import ComposeResult

    from ssmtrail.queries.model import Scope
    from ssmtrail.queries.views import Series
    from ssmtrail.tui.context import AppContext
    from ssmtrail.tui.frame.level import Level
    from ssmtrail.tui.view_state import View
    from ssmtrail.widgets.histogram import Look as ChartLook

#: Between two questions asked while files are being read, seconds.
REASK: Final = 0.5


class ChartsScreen(ScopedScreen):
    """Shows `view`; what its keys do subclasses say."""

    ANSWER_COVERS = True

    view: UsageView

    def __init__(
        self, context: AppContext, view: UsageView, crumbs: tuple[str, ...], level: Level | None = None
    ) -> None:
        super().__init__(context, view, crumbs, level)
        self.used: Used | None = None
        self._seen = view
        self._asked: Look | None = None
        self._drawn: Errand | None = None
        self._moment: datetime | None = None
        self._reask = Pace(self, REASK, self.look)

    # What it shows

    def counted(self, scope: Scope) -> Question:
        """What the bars count."""
        return Question(self.state.measure, scope)

    def count_of(self, scope: Scope) -> CountSums:
        """Of what the bars count, for a list has the denied starts too."""
        return CountSums(self.counted(scope))

    def focus_view(self) -> None:
        """To the bars."""
        self.chart.focus()

    @property
    def chart(self) -> BarChart:
        """The bars."""
        return self.query_one(BarChart)

    @property
    def hours(self) -> HeatMap:
        """The hours of the week."""
        return self.query_one(HeatMap)

    def compose_view(self) -> ComposeResult:
        """Title, bars, hours with whom there is most of."""
        with Vertical(id="usage"):
            yield Fitted(id="usage-title")
            yield BarChart(look=self._chart_look)
            with Horizontal(id="usage-hours"):
                yield HeatMap(ascii_only=self.context.signs.ascii_only)
                with Vertical(id="usage-most"):
                    yield Static(id="usage-hour", markup=False)
                    yield Fitted(id="usage-names")
        yield Static(id="empty", markup=False)

    def on_mount(self) -> None:
        """Ask once it is known how much room there is for the bars."""
        self.query_one("#empty").display = False
        self.app.theme_changed_signal.subscribe(self, self._theme_changed)
        self.focus_view()
        self.call_after_refresh(self.look)

    def on_resize(self) -> None:
        """Tell as much as there is room for."""
        self.call_after_refresh(self._tell_bar)

    def _theme_changed(self, _: object) -> None:
        self.chart.look = self._chart_look

    @property
    def _chart_look(self) -> ChartLook:
        if self.context.signs.ascii_only:
            return "ascii"
        return "textures" if self.app.no_color or self.app.current_theme.ansi else "blocks"

    # Asking

    def look(self, view: View | None = None) -> None:
        """Ask for bars and hours together."""
        if isinstance(view, UsageView):
            self.view = view
        wish = Wish(self.view, self._moment, self.chart.canvas, self.chart.look, self.context.accounts)
        self._asked = Look("usage", self.scope.window, wish.find)
        self.context.workers.ask(self, self._asked)

    def content_changed(self) -> None:
        """Ask again, not too often."""
        self._reask.wish()

    def on_bridge_answered(self, message: QueryWorkers.Answered) -> None:
        """Take what is still asked for, drop the rest."""
        message.stop()
        request, result = message.request, message.result
        if isinstance(result, Seen) and isinstance(result.value, Used) and request is self._asked:
            self._take(result, result.value)
        elif isinstance(result, ChartPicture) and request is self._drawn:
            self.chart.put_picture(self.used, result)

    def on_bridge_refused(self, message: QueryWorkers.Refused) -> None:
        """Say why there is no answer; the view stays as it was."""
        message.stop()
        if message.request is self._asked:
            self.view = self._seen
            self.show_filter()
            self.say(message.sentence, "$text-error")

    def _take(self, seen: Seen, used: Used) -> None:
        before, self.used, self._seen = self.used, used, self.view
        self.show_frame(seen.covered, used.totals, used.usage.measure)
        self._show_bars(used, before)
        self._show_hours(used, before)
        self._show_emptiness(used)
        self.show_filter((used.totals.rows, used.totals.rows_unfiltered))
        self.refresh_bindings()
        self.reveal()

    def _show_bars(self, used: Used, before: Used | None) -> None:
        usage, signs = used.usage, self.context.signs
        self.query_one("#usage-title", Fitted).make = lambda width: words.title_line(usage, width, signs)
        part = self.part
        # Asked for at another moment, where the cursor has gone since.
        bar = bar_of(usage.buckets, self._moment)
        self.chart.show(used, len(usage.buckets), len(usage.series), cursor=bar, picture=used.picture)
        keys = [series.key for series in usage.series]
        same = before is not None and before.usage.breakdown == usage.breakdown and part is not None
        self.chart.picked = keys.index(part.key) if same and part is not None and part.key in keys else None
        self._tell_bar()

    def _show_hours(self, used: Used, before: Used | None) -> None:
        heat, signs, hours = used.heat, self.context.signs, self.hours
        if before is None:
            hours.weekday, hours.hour = busiest(heat)
        hours.show(heat.counts)
        self.query_one("#usage-names", Fitted).make = lambda width: words.most(heat, width, signs)
        self._tell_hour()

    def _show_emptiness(self, used: Used) -> None:
        note = self.query_one("#empty", Static)
        note.display, self.query_one("#usage").display = used.empty, not used.empty
        if used.empty:
            window = window_text(self.scope, self.coverage, self.clock, self.context.now(), self.context.signs.dot)
            reading = self.context.progress is not None and running(self.context.progress)
            around = Circumstances(self.coverage, window, reading, safe(self.context.failure), self.context.pays)
            why = why_empty(self.counted(self.scope), used.totals, around)
            note.update("\n".join((why.headline, "", *why.lines)))
        elif self.focused is None:
            self.focus_view()

    # The picture

    def on_bar_chart_picture_wanted(self, message: BarChart.PictureWanted) -> None:
        """Draw it in a worker."""
        message.stop()
        used = message.token
        if isinstance(used, Used):
            draw = lambda *_: chart_picture(  # noqa: E731
                used.histogram, message.width, message.height, first=message.first, look=message.look
            )
            self._drawn = Errand("picture", draw)
            self.context.workers.ask(self, self._drawn)

    # What is told

    def on_bar_chart_bar_highlighted(self, message: BarChart.BarHighlighted) -> None:
        """Tell of the bar; remember when it was, for other units."""
        message.stop()
        if self.used is not None:
            buckets, bar = self.used.usage.buckets, self.chart.cursor
            if bar != bar_of(buckets, self._moment):
                self._moment = buckets[bar]
            self._tell_bar()

    def on_bar_chart_part_picked(self, message: BarChart.PartPicked) -> None:
        """Tell of the part."""
        message.stop()
        self._tell_bar()
        self.refresh_bindings()

    def on_heat_map_cell_highlighted(self, message: HeatMap.CellHighlighted) -> None:
        """Tell of the hours."""
        message.stop()
        self._tell_hour()

    def _tell_bar(self) -> None:
        used, chart = self.used, self.chart
        if used is not None and used.usage.buckets:
            labels = words.part_labels(used.usage, self.context.accounts)
            room = chart.size.width - 2
            chart.caption = words.bar_line(used.usage, chart.cursor, chart.picked, labels, room, self.context.signs)

    def _tell_hour(self) -> None:
        if self.used is not None:
            hours = self.hours
            text = words.hour_line(self.used.heat, hours.weekday, hours.hour, hours.hours)
            self.query_one("#usage-hour", Static).update(text)

    @property
    def part(self) -> Series | None:
        """The part of the bars that is picked."""
        picked = self.chart.picked
        return None if self.used is None or picked is None else self.used.usage.series[picked]

    @property
    def on_hours(self) -> bool:
        """Whether the keys are those of the hours."""
        return self.focused is self.hours
