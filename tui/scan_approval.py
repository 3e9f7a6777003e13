"""The one place that asks before anything is paid for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ssmtrail.tui.query import Query
from ssmtrail.tui.workers import Answers, QueryWorkers
from ssmtrail.widgets.text import safe

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date
    from threading import Event
    from typing import Any

    from textual.app import App

    from ssmtrail.queries.model import Plan
    from ssmtrail.queries.times import Window
    from ssmtrail.queries.trail import Trail
    from ssmtrail.tui.context import AppContext


@dataclass(frozen=True, slots=True)
class Price:
    """What a window would cost."""

    window: Window
    refresh: bool = False
    """Whether open days are read again."""
    moved: bool = False
    """Whether only the window changed."""
    again: str = ""
    """Key of a query: price only the days that it failed to read, in any window."""

    def ask(self, trail: Trail, cancelled: Event) -> Plan:
        """Ask the source; it lists files or reads the table's description, so it may take seconds."""
        if self.again:
            return trail.plan_again(self.again, cancelled)
        return trail.plan(self.window, cancelled, refresh=self.refresh)


class ScanApproval:
    """Looks up what a window needs, asks where that costs more than the threshold, fetches what was agreed to.

    Free sources are fetched at once.
    """

    def __init__(self, app: App[Any], context: AppContext, say: Callable[[str], object]) -> None:
        self._app = app
        self._context = context
        self._say = say
        self._answers = Answers(context.workers, app)
        self._next: Price | None = None
        self._declined: set[date] = set()

    def want(self, window: Window, *, refresh: bool = False, moved: bool = False, again: str = "") -> None:
        """Read what a window needs: `refresh` reads open days again, `moved` says that only the window is another.

        `again` is the key of a query: read only the days that it failed to read, in any window.
        """
        # A window without a start means everything that was read: looking at it must not buy years of logs.
        if self._context.pays and (window.start is not None or again):
            self._ask(Price(window, refresh, moved, again))
        elif not moved:
            self._context.workers.fetch()

    def _ask(self, price: Price) -> None:
        if self._context.workers.fetching:
            self._next = price
            if price.again:
                self._say("its days are read again after the present reading")
            return
        self._next = None
        self._say("looking at what these days would cost" + self._context.signs.more)

        def found(plan: Plan) -> None:
            self._say("")
            self._go_on(price, plan)

        def refused(sentence: str) -> None:
            self._say("")
            self._app.post_message(QueryWorkers.FetchRefused(self._context.workers, sentence))

        self._answers.ask(Query("price", price.ask), found, refused)

    def ended(self) -> None:
        """A fetch is over: look at the window that was moved to meanwhile."""
        if self._next is not None:
            self._ask(self._next)

    def _go_on(self, price: Price, plan: Plan) -> None:
        if not plan.days:
            if price.again:
                self._say(_nothing_left(plan))
            elif not price.moved or plan.absent:
                self._context.workers.fetch()
        elif plan.refusal:
            self._app.post_message(
                QueryWorkers.FetchRefused(self._context.workers, f"These days cannot be read: {plan.refusal}.")
            )
        elif not plan.asks:
            self._context.workers.fetch(plan)
        elif not (price.moved and self._declined.issuperset(plan.days)):
            self._question(plan)

    def _question(self, plan: Plan) -> None:
        def decided(agreed: bool | None) -> None:
            if agreed:
                self._declined.difference_update(plan.days)
                self._context.workers.fetch(plan)
            else:
                self._declined.update(plan.days)
                self._context.workers.fetch()  # what is paid for already

        from ssmtrail.tui.views.athena import PlanScreen

        source = safe(self._context.framed[1].source) if self._context.framed else ""
        _ = self._app.push_screen(PlanScreen(plan, source, self._context.signs), decided)


def _nothing_left(plan: Plan) -> str:
    """Why a query is not retried."""
    if plan.absent:
        from ssmtrail.tui.views.athena_text import absent_texts

        return f"These days cannot be read: {absent_texts(plan)[0]}."
    return "Other queries have read these days since: nothing is left to retry."
