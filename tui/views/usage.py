"""Usage: bars over time above the hours of the week."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widget import Widget
from textual.widgets import Static

from ssmtrail.queries import drills
from ssmtrail.queries.errors import FilterError
from ssmtrail.queries.model import Question
from ssmtrail.queries.relations import FIELDS
from ssmtrail.tui.frame.empty_text import why_empty
from ssmtrail.tui.frame.export import ExportScreen, export_question
from ssmtrail.tui.frame.fitted import Fitted
from ssmtrail.tui.frame.pane import Pane
from ssmtrail.tui.pages import SqlQuestion
from ssmtrail.tui.query import Covered, Found, Query
from ssmtrail.tui.text import plural
from ssmtrail.tui.views import usage_text as words
from ssmtrail.tui.views.page_text import busiest
from ssmtrail.tui.views.usage_view import UsageView, bar_of
from ssmtrail.widgets.chart import BarChart, ChartPicture, chart_picture
from ssmtrail.widgets.heat_map import HeatMap

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from threading import Event

    from textual import events
    from textual.app import ComposeResult

    from ssmtrail.queries.filters import Filter
    from ssmtrail.queries.model import Scope
    from ssmtrail.queries.trail import Trail
    from ssmtrail.queries.views import Heat, Series
    from ssmtrail.queries.views import Usage as UsageNumbers
    from ssmtrail.tui.context import AppContext
    from ssmtrail.tui.frame.empty_text import Circumstances, Emptiness
    from ssmtrail.tui.frame.export import ExportOrder
    from ssmtrail.tui.frame.pane import Host
    from ssmtrail.tui.view_state import ViewState
    from ssmtrail.widgets.histogram import Histogram, Look


@dataclass(frozen=True, slots=True)
class Usage:
    """An answer: bars with a picture of them, the hours, the bar of the cursor."""

    usage: UsageNumbers
    heat: Heat
    histogram: Histogram
    bar: int
    picture: ChartPicture | None
    """None if the size of the chart was not known."""

    @property
    def empty(self) -> bool:
        """Whether nothing was used, and nothing denied or failed."""
        return not any((*self.usage.totals, *self.usage.denied, *self.usage.failed))


@dataclass(frozen=True, slots=True)
class _Saved:
    used: Usage
    moment: datetime | None
    bar: int
    picked: int | None
    hour: tuple[int, int]
    on_hours: bool


class UsagePane(Pane[UsageView, Usage]):
    """Enter opens the sessions or calls of a bar, of a part of it, or of an hour of the week."""

    TAB = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "u", "unit", "unit", tooltip="One bar an hour, a day, a week, a month", id="look.usage-unit"
        ),
        Binding(
            "b", "breakdown", "parts", tooltip="Bars in parts: by kind, person, account, ...", id="look.usage-parts",
        ),
        Binding(
            "tab", "other", "hours", tooltip="From the bars to the hours of the week, and back", id="go.usage-other",
        ),
        Binding("M", "highest", "highest", show=False, tooltip="To the highest bar", id="go.usage-highest"),
        Binding("f", "keep", "keep", tooltip="Keep only the picked part, or hour", id="narrow.keep"),
        Binding(
            "F", "exclude", "exclude", tooltip="Leave out the picked part, or hour", id="narrow.exclude"
        ),
        Binding(
            "e", "export", "export", tooltip="Write the numbers of the bars to a file", id="take.export"
        ),
        Binding(
            "y", "copy_cell", "copy", show=False, tooltip="Copy the number under the cursor", id="take.copy"
        ),
        Binding(
            "Y", "copy_row", "copy row", show=False, tooltip="Copy time, part and number of the bar",
            id="take.copy-row",
        ),
    ]  # fmt: skip

    def __init__(self, context: AppContext, host: Host) -> None:
        super().__init__(context, host)
        self._view: UsageView | None = None
        self.used: Usage | None = None
        self.chart = BarChart()
        self.hours = HeatMap(ascii_only=context.signs.ascii_only)
        self._title = Fitted(id="usage-title")
        self._hour = Static(id="usage-hour", markup=False)
        self._names = Fitted(id="usage-names")
        self._moment: datetime | None = None
        """When the bar of the cursor begins; None is the last bar."""
        self._on_hours = False

    def compose(self) -> ComposeResult:
        """Title, bars, then the hours beside the people and machines with most."""
        yield self._title
        yield self.chart
        with Horizontal(id="usage-hours"):
            yield self.hours
            with Vertical(id="usage-most"):
                yield self._hour
                yield self._names

    def on_mount(self) -> None:
        """Draw the chart as the terminal can show it."""
        self.app.theme_changed_signal.subscribe(self, lambda _: self._fit_look())
        self._fit_look()

    def _fit_look(self) -> None:
        plain = self.app.no_color or self.app.current_theme.ansi
        self.chart.look = "ascii" if self.context.signs.ascii_only else "textures" if plain else "blocks"

    @property
    def view(self) -> UsageView:
        """The shown view; until one is shown the one that is asked for."""
        if self._view is not None:
            return self._view
        asked = self.host.view
        assert isinstance(asked, UsageView)
        return asked

    @classmethod
    def first(cls, state: ViewState) -> UsageView:
        """The use by kind."""
        return UsageView(state)

    # Asking

    def question_for(self, view: UsageView, *, fresh: bool) -> Query[Found[Usage]]:
        """Bars and hours together, with the picture drawn in the worker."""
        moment, canvas, look = None if fresh else self._moment, self._canvas, self.chart.look
        accounts = self.context.accounts

        def find(trail: Trail, cancelled: Event) -> Found[Usage]:
            scope, measure = view.scope, view.state.measure
            coverage = trail.coverage(scope.window)
            unit, breakdown = view.unit(coverage), view.breakdown
            usage = words.with_refused(trail.chart(scope, cancelled, measure=measure, unit=unit, breakdown=breakdown))
            heat = trail.heat(scope, cancelled, measure=measure)
            histogram = words.histogram(usage, accounts)
            bar = bar_of(usage.buckets, moment)
            picture = _picture(histogram, *canvas, bar, look) if min(canvas) > 0 else None
            totals = trail.totals(scope, cancelled, measure=measure)
            used = Usage(usage, heat, histogram, bar, picture)
            return Found(used, Covered(trail.source_label, coverage), totals, (totals.rows, totals.rows_unfiltered))

        return Query("view", find)

    @property
    def _canvas(self) -> tuple[int, int]:
        """The size of the picture, also before the pane is shown for the first time."""
        if self.chart.size.height:
            return self.chart.canvas
        room = self.parent.size if isinstance(self.parent, Widget) else self.app.size
        others = 10 if self.host.narrow else 11  # title, caption, hours with their margin
        return room.width, max(0, room.height - others)

    def count(self, scope: Scope) -> Callable[[Trail, Event], tuple[int, int]]:
        """Counts started sessions or calls."""
        measure = self.view.state.measure

        def counted(trail: Trail, cancelled: Event) -> tuple[int, int]:
            totals = trail.totals(scope, cancelled, measure=measure)
            return totals.rows, totals.rows_unfiltered

        return counted

    def sql(self, scope: Scope) -> SqlQuestion:
        """The use in the unit of the bars."""
        return SqlQuestion("usage", scope, self.used.usage.unit if self.used else self.view.chosen or "day")

    def why_empty(self, view: UsageView, found: Found[Usage], around: Circumstances) -> Emptiness | None:
        """Why there are no bars."""
        if not found.value.empty or found.totals is None:
            return None
        return why_empty(Question(view.state.measure, view.scope), found.totals, around)

    # Showing

    @property
    def focus_target(self) -> Widget:
        """The bars, or the hours while those have the keys."""
        return self.hours if self._on_hours else self.chart

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Remember which part has the keys."""
        self._on_hours = event.widget is self.hours
        self.refresh_bindings()

    def show(self, view: UsageView, found: Found[Usage], *, fresh: bool) -> None:
        """Show bars and hours; the cursor stays at its moment, the picked part stays picked."""
        self._view = view
        used, before, part = found.value, self.used, None if fresh else self.part
        if fresh:
            self._moment, self._on_hours = None, False
        keys = [series.key for series in used.usage.series]
        same = before is not None and before.usage.breakdown == used.usage.breakdown
        picked = keys.index(part.key) if same and part is not None and part.key in keys else None
        # The moment of now: the cursor may have moved since the question was asked.
        hour = self.hours.weekday, self.hours.hour
        if fresh or before is None or hour == busiest(before.heat):
            hour = busiest(used.heat)
        self._show(used, bar_of(used.usage.buckets, self._moment), picked, hour)

    def _show(self, used: Usage, bar: int, picked: int | None, hour: tuple[int, int]) -> None:
        self.used = used
        usage, heat, signs = used.usage, used.heat, self.context.signs
        self._title.make = lambda width: words.title_line(usage, width, signs)
        self.chart.picked = None
        self.chart.show(used, len(usage.buckets), len(usage.series), cursor=bar, picture=used.picture)
        self.chart.picked = picked
        self.hours.weekday, self.hours.hour = hour
        self.hours.show(heat.counts)
        self._names.make = lambda width: words.most(heat, width, signs, self.hours.legend)
        self._describe_bar()
        self._describe_hour()

    def save(self) -> _Saved | None:
        """The answer with both cursors."""
        if self.used is None:
            return None
        hour = self.hours.weekday, self.hours.hour
        return _Saved(self.used, self._moment, self.chart.cursor, self.chart.picked, hour, self._on_hours)

    def restore(self, view: UsageView, saved: _Saved | None) -> None:
        """Show what was saved."""
        self._view = view
        if saved is not None:
            self._moment, self._on_hours = saved.moment, saved.on_hours
            hour = self.hours.weekday, self.hours.hour
            if saved.used is self.used and (saved.bar, saved.picked, saved.hour) == (
                self.chart.cursor,
                self.chart.picked,
                hour,
            ):
                return  # the pane was only hidden
            self._show(saved.used, saved.bar, saved.picked, saved.hour)

    def on_bar_chart_picture_wanted(self, message: BarChart.PictureWanted) -> None:
        """Draw the bars in a worker, for another size or another part of them."""
        message.stop()
        used = message.token
        if isinstance(used, Usage):
            size, ahead = (message.width, message.height), used.picture
            fits = ahead is not None and (ahead.width, ahead.height, ahead.look) == (*size, message.look)
            if ahead is not None and fits and ahead.first <= self.chart.cursor < ahead.first + ahead.bars:
                self.chart.put_picture(used, ahead)
                return

            def draw(_trail: Trail, _cancelled: Event) -> ChartPicture:
                return chart_picture(used.histogram, *size, first=message.first, look=message.look)

            self.host.ask(Query("usage picture", draw), lambda picture: self.chart.put_picture(used, picture))

    def on_resize(self) -> None:
        """Describe the bar in the new width."""
        self.call_after_refresh(self._describe_bar)

    # Under the cursor

    @property
    def part(self) -> Series | None:
        """The picked part of the bars."""
        picked = self.chart.picked
        series = self.used.usage.series if self.used else ()
        return series[picked] if picked is not None and picked < len(series) else None

    def on_bar_chart_bar_highlighted(self, message: BarChart.BarHighlighted) -> None:
        """Describe the bar; remember its moment, for other units."""
        message.stop()
        if self.used is not None:
            buckets, bar = self.used.usage.buckets, self.chart.cursor
            if bar != bar_of(buckets, self._moment):
                self._moment = buckets[bar]
            self._describe_bar()

    def on_bar_chart_part_picked(self, message: BarChart.PartPicked) -> None:
        """Describe the part."""
        message.stop()
        self._describe_bar()
        self.refresh_bindings()

    def on_heat_map_cell_highlighted(self, message: HeatMap.CellHighlighted) -> None:
        """Describe the hours."""
        message.stop()
        self._describe_hour()

    def _describe_bar(self) -> None:
        used, chart = self.used, self.chart
        if used is not None and used.usage.buckets:
            labels, picked = words.part_labels(used.usage, self.context.accounts), chart.picked if self.part else None
            width = chart.size.width - 2
            chart.caption = words.bar_line(used.usage, chart.cursor, picked, labels, width, self.context.signs)

    def _describe_hour(self) -> None:
        if self.used is not None:
            hours = self.hours
            self._hour.update(words.hour_line(self.used.heat, hours.weekday, hours.hour, hours.hours))

    def _described(self) -> tuple[str, ...]:
        """Time, part and number under the cursor, as they are copied."""
        assert self.used is not None
        if self._on_hours:
            hours = self.hours
            number = hours.count_at(hours.weekday, hours.hour)
            return words.hour_name(hours.weekday, hours.hour, hours.hours), str(number)
        usage, bar, part = self.used.usage, self.chart.cursor, self.part
        begin = usage.buckets[bar].isoformat()
        if part is None:
            return begin, str(usage.totals[bar])
        return begin, words.part_labels(usage, self.context.accounts)[self.chart.picked or 0], str(part.counts[bar])

    # Which keys work

    def _has_bars(self) -> bool:
        return self.used is not None and not self.used.empty

    can_unit = can_breakdown = can_other = can_highest = can_export = can_copy_cell = can_copy_row = _has_bars

    def can_keep(self) -> bool | None:
        """On an hour, or where a part with a name is picked."""
        return True if self._on_hours or (self.part is not None and self.part.key is not None) else None

    can_exclude = can_keep

    # Other bars

    def action_unit(self) -> None:
        """The next unit."""
        view = self.view
        shown = view.chosen or (self.used.usage.unit if self.used is not None else "day")
        self.host.look(view.next_unit(shown))

    def action_breakdown(self) -> None:
        """Other parts."""
        self.host.look(self.view.next_breakdown())

    def action_other(self) -> None:
        """From the bars to the hours, and back."""
        self.screen.set_focus(self.chart if self._on_hours else self.hours)

    def action_highest(self) -> None:
        """To the highest bar, or that of the picked part; of equal ones to the latest."""
        if self.used is None:
            return
        series = self.used.usage.series if self.part is None else (self.part,)
        heights = [sum(counts) for counts in zip(*(each.counts for each in series), strict=True)]
        self.screen.set_focus(self.chart)
        self.chart.cursor = max(range(len(heights)), key=lambda bar: (heights[bar], bar), default=0)

    def action_keep(self) -> None:
        """Keep only the picked part, or the hours under the cursor."""
        self._narrow(without=False)

    def action_exclude(self) -> None:
        """Leave out the picked part, or the hours under the cursor on all days."""
        self._narrow(without=True)

    def _narrow(self, *, without: bool) -> None:
        try:
            narrowed = self._narrowed_to_hours(without) if self._on_hours else self._narrowed_to_part(without)
        except FilterError as error:
            self.host.say(error.message, "$text-error")
        else:
            if narrowed is not None:
                self.host.see(self.view.state.narrowed(narrowed))

    def _narrowed_to_hours(self, without: bool) -> Filter:
        hours, scope = self.hours, self.view.scope
        if without:
            return drills.without_hours(scope, hours.hour, hours.hours).filter
        return drills.of_hour(scope, hours.weekday, hours.hour, hours.hours).filter

    def _narrowed_to_part(self, without: bool) -> Filter | None:
        part = self.part
        if self.used is None or part is None or part.key is None:
            return None
        if part.key in words.REFUSED:
            state = self.view.state.filter
            return (state.exclude if without else state.keep)("status", words.REFUSED[part.key])
        narrow = drills.without_series if without else drills.of_series
        return narrow(self.view.scope, self.used.usage.breakdown, part.key).filter

    # Deeper

    def on_bar_chart_bar_opened(self, message: BarChart.BarOpened) -> None:
        """Open the sessions or calls of the bar, or of its picked part."""
        message.stop()
        if self.used is None or message.index >= len(self.used.usage.buckets):
            return
        usage, part = self.used.usage, self.part
        end = usage.buckets[message.index + 1] if message.index + 1 < len(usage.buckets) else None
        scope, labels = usage.scope, [words.bar_name(usage, message.index)]
        if part is not None:
            if part.key is None:
                self.host.say("The others together have no list of their own: F on a part leaves it out.")
                return
            if part.key in words.REFUSED:
                scope = words.refused(scope, part.key)
            else:
                scope = drills.of_series(scope, usage.breakdown, part.key)
            labels.append(words.part_labels(usage, self.context.accounts)[self.chart.picked or 0])
        scope = drills.of_bar(scope, usage.buckets[message.index], end)
        measure = "sessions" if part is not None and part.key in words.REFUSED else usage.measure
        self.host.drill("sessions", self.host.into(scope, measure), *labels)

    def on_heat_map_cell_opened(self, message: HeatMap.CellOpened) -> None:
        """Open the sessions or calls of the hours."""
        message.stop()
        if self.used is None:
            return
        heat, place = self.used.heat, (message.weekday, message.hour, message.hours)
        name = words.hour_name(*place)
        if message.map.count_at(message.weekday, message.hour):
            state = self.host.into(drills.of_hour(heat.scope, *place), heat.measure)
            self.host.drill("sessions", state, name)
        else:
            self.host.say(f"No {heat.measure[:-1]} on {name}.")

    # Copies, export

    def action_copy_cell(self) -> None:
        """Copy the number under the cursor."""
        self.host.copy(self._described()[-1])

    def action_copy_row(self) -> None:
        """Copy time, part and number, with tabs between."""
        self.host.copy("\t".join(self._described()))

    def action_export(self) -> None:
        """Ask where to write the numbers of the bars."""
        fields = FIELDS["usage"]
        self.host.dialog(ExportScreen(self.context, "usage", fields, fields), self._export)

    def _export(self, order: ExportOrder | None) -> None:
        if order is None or self.used is None:
            return
        usage = self.used.usage
        question = Question("usage", usage.scope, measure=usage.measure, unit=usage.unit)
        self.host.say(f"writing {order.path}")
        self.host.ask(
            Query("export", lambda trail, cancelled: export_question(trail, question, order, cancelled)),
            lambda rows: self.host.say_written(plural(rows, "row"), order.path),
        )


def _picture(histogram: Histogram, width: int, height: int, bar: int, look: Look) -> ChartPicture:
    return chart_picture(histogram, width, height, first=max(0, bar - width // 2), look=look)
