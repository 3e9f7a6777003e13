"""Screen 3: how much is used, when."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from ssmtrail.queries import drills
from ssmtrail.queries.errors import FilterError
from ssmtrail.queries.model import Question
from ssmtrail.queries.relations import FIELDS
from ssmtrail.tui.export_requests import ExportOf
from ssmtrail.tui.frame.charts import ChartsScreen
from ssmtrail.tui.paid_requests import Sql
from ssmtrail.tui.text import plural
from ssmtrail.tui.usage_view import UsageView
from ssmtrail.tui.views import usage_text as words
from ssmtrail.tui.views.export import ExportScreen
from ssmtrail.tui.workers import QueryWorkers
from ssmtrail.widgets.text import safe

if TYPE_CHECKING:
    from ssmtrail.queries.filters import Filter
    from ssmtrail.tui.context import AppContext
    from ssmtrail.tui.frame.level import Level
    from ssmtrail.tui.view_state import ViewState
    from ssmtrail.tui.views.export import ExportOrder
    from ssmtrail.widgets.chart import BarChart
    from ssmtrail.widgets.heat_map import HeatMap


class UsageScreen(ChartsScreen):
    """Enter opens what stands behind a bar, behind a part of it, behind hours of the week."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("u", "unit", "unit", tooltip="A bar an hour, a day, a week, a month", id="usage.unit"),
        Binding("b", "breakdown", "parts", tooltip="Bars in parts: by kind, person, account, ...", id="usage.parts"),
        Binding("tab", "other", "hours", tooltip="From the bars to the hours of the week, and back", id="usage.other"),
        Binding("f", "keep", "keep", tooltip="Keep only the picked part, or hour", id="list.keep"),
        Binding("F", "exclude", "exclude", tooltip="Leave out the picked part, or hour", id="list.exclude"),
        Binding("e", "export", "export", tooltip="Write the numbers of the bars to a file", id="list.export"),
        Binding("y", "copy_cell", "copy", show=False, tooltip="Copy the number under the cursor", id="list.copy"),
        Binding("Y", "copy_row", "copy row", show=False, tooltip="Copy what is known of the bar", id="list.copy-row"),
    ]

    NAME = "usage"

    @classmethod
    def over(cls, context: AppContext, state: ViewState, crumbs: tuple[str, ...], level: Level | None) -> UsageScreen:
        """The use of what is in sight."""
        return cls(context, UsageView(state), crumbs, level)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what makes sense for what is seen, for the part that is picked."""
        if action in ("unit", "breakdown", "other", "export", "copy_cell", "copy_row"):
            return self.used is not None and not self.used.empty
        if action in ("keep", "exclude"):
            part = self.part if self.used is not None else None
            # None: the key line passes it over, help still tells of it.
            return True if self.is_mounted and (self.on_hours or (part and part.key is not None)) else None
        return super().check_action(action, parameters)

    @property
    def sql_question(self) -> Sql:
        """How much it is used, in the unit of the bars."""
        return Sql("usage", self.scope, self.used.usage.unit if self.used is not None else self.view.chosen or "day")

    # Other bars

    def action_unit(self) -> None:
        """The next unit."""
        if self.used is not None:
            self.look(self.view.next_unit(self.used.usage.unit))

    def action_breakdown(self) -> None:
        """Other parts."""
        self.look(self.view.next_breakdown())

    def action_other(self) -> None:
        """From the bars to the hours, and back."""
        (self.chart if self.on_hours else self.hours).focus()

    # Deeper

    def on_bar_chart_bar_opened(self, message: BarChart.BarOpened) -> None:
        """List what is in the bar, or in the picked part of it."""
        message.stop()
        if self.used is None:
            return
        usage, part = self.used.usage, self.part
        end = usage.buckets[message.index + 1] if message.index + 1 < len(usage.buckets) else None
        scope, crumbs = usage.scope, [words.bar_name(usage, message.index)]
        if part is not None:
            if part.key is None:
                self.say("The others together have no list of their own: F on a part leaves it out.")
                return
            scope = drills.of_series(scope, usage.breakdown, part.key)
            crumbs.append(words.part_labels(usage, self.context.accounts)[self.chart.picked or 0])
        scope = drills.of_bar(scope, usage.buckets[message.index], end)
        self.drill("sessions", self.into(scope, usage.measure), tuple(crumbs))

    def on_heat_map_cell_opened(self, message: HeatMap.CellOpened) -> None:
        """List what is in the hours."""
        message.stop()
        if self.used is None:
            return
        heat, place = self.used.heat, (message.weekday, message.hour, message.hours)
        if not message.map.count_at(message.weekday, message.hour):
            self.say(f"No {heat.measure[:-1]} on {words.hour_name(*place)}.")
            return
        self.drill("sessions", self.into(drills.of_hour(heat.scope, *place), heat.measure), (words.hour_name(*place),))

    # Narrowing

    def action_keep(self) -> None:
        """Narrow to the picked part, to the hours under the cursor."""
        self._narrow(without=False)

    def action_exclude(self) -> None:
        """Narrow to everything else; of the hours under the cursor those of all days are left out."""
        self._narrow(without=True)

    def _narrow(self, *, without: bool) -> None:
        try:
            kept = self._narrowed_to_hours(without) if self.on_hours else self._narrowed_to_part(without)
            if kept is not None:
                self.see(self.state.narrowed(kept))
        except FilterError as error:
            self.refuse(error)

    def _narrowed_to_hours(self, without: bool) -> Filter:
        hours = self.hours
        if without:
            return drills.without_hours(self.scope, hours.hour, hours.hours).filter
        return drills.of_hour(self.scope, hours.weekday, hours.hour, hours.hours).filter

    def _narrowed_to_part(self, without: bool) -> Filter | None:
        part = self.part
        if self.used is None or part is None or part.key is None:
            return None
        narrow = drills.without_series if without else drills.of_series
        return narrow(self.scope, self.used.usage.breakdown, part.key).filter

    # Copies

    def action_copy_cell(self) -> None:
        """Copy the number under the cursor."""
        self.post_message(self.CopyWanted(self._told()[-1]))

    def action_copy_row(self) -> None:
        """Copy what is told of the bar, or of the hours, with tabs between."""
        self.post_message(self.CopyWanted("\t".join(self._told())))

    def _told(self) -> tuple[str, ...]:
        """What the cursor is on, the number last."""
        assert self.used is not None
        if self.on_hours:
            hours = self.hours
            return words.hour_name(hours.weekday, hours.hour, hours.hours), str(
                hours.count_at(hours.weekday, hours.hour)
            )
        usage, bar, part = self.used.usage, self.chart.cursor, self.part
        begin = usage.buckets[bar].isoformat()
        if part is None:
            return begin, str(usage.totals[bar])
        label = words.part_labels(usage, self.context.accounts)[self.chart.picked or 0]
        return begin, label, str(part.counts[bar])

    # Export

    def action_export(self) -> None:
        """Ask where to write the numbers of the bars."""
        fields = FIELDS["usage"]
        self.open(ExportScreen(self.context, "usage", fields, fields), self._export)

    def _export(self, order: ExportOrder | None) -> None:
        if order is not None and self.used is not None:
            usage = self.used.usage
            self.say(f"writing {safe(str(order.path))}")
            question = Question("usage", usage.scope, measure=usage.measure, unit=usage.unit)
            self.context.workers.ask(self, ExportOf(question, order))

    def on_bridge_answered(self, message: QueryWorkers.Answered) -> None:
        """Say that an export is written; the rest is that of the charts."""
        if isinstance(message.request, ExportOf) and isinstance(message.result, int):
            self.say(f"wrote {plural(message.result, 'row')} to {message.request.order.path}")

    def on_bridge_refused(self, message: QueryWorkers.Refused) -> None:
        """Say why nothing was written; the rest is that of the charts."""
        if isinstance(message.request, ExportOf):
            self.say(message.sentence, "$text-error")
