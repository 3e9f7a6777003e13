"""The one place that asks before anything is paid for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ssmtrail.tui.frame.screen import TrailScreen
from ssmtrail.tui.workers import QueryWorkers
from ssmtrail.widgets.text import safe

if TYPE_CHECKING:
    from datetime import date
    from typing import Any

    from textual.app import App

    from ssmtrail.queries.model import Plan
    from ssmtrail.queries.times import Window
    from ssmtrail.tui.context import AppContext
    from ssmtrail.tui.paid_requests import Price

# What prices need is imported when there is one to ask for: most sources are free.


class ScanApproval:
    """Looks what a window needs, asks where that costs more than the threshold, fetches what was agreed to.

    Of a source that is free it fetches at once. Whoever makes it hands it the answers to `Price`.
    """

    def __init__(self, app: App[Any], context: AppContext) -> None:
        self._app = app
        self._context = context
        self._price: Price | None = None
        self._next: Price | None = None
        self._declined: set[date] = set()

    def want(self, window: Window, *, refresh: bool = False, moved: bool = False, again: str = "") -> None:
        """Read what a window needs: `refresh` reads open days again, `moved` says that only the window is another.

        `again` is the key of a query: the days that it did not bring are wanted, whatever the window.
        """
        # Without a beginning it is all that is kept: nobody wants to buy years by looking at what is there.
        if self._context.pays and (window.start is not None or again):
            from ssmtrail.tui.paid_requests import Price

            self._ask(Price(window, refresh, moved, again))
        elif not moved:
            self._context.workers.fetch()

    def _ask(self, price: Price) -> None:
        if self._context.workers.fetching:
            self._next = price
            if price.again:
                self._tell("its days are asked for again once what is read now has come")
            return
        self._next, self._price = None, price
        self._tell("looking at what these days would cost" + self._context.signs.more)
        self._context.workers.ask(self._app, price)

    def _tell(self, sentence: str) -> None:
        if isinstance(self._app.screen, TrailScreen):
            self._app.screen.say(sentence)

    def ended(self) -> None:
        """A fetch is over: look at the window that was moved to meanwhile."""
        if self._next is not None:
            self._ask(self._next)

    def heard(self, message: QueryWorkers.Answered | QueryWorkers.Refused) -> None:
        """Go on with a price, or say why nobody knows it; what is kept is shown all the same."""
        if message.request is not self._price or self._price is None:
            return
        from ssmtrail.queries.model import Plan

        price, self._price = self._price, None
        self._tell("")
        if isinstance(message, QueryWorkers.Refused):
            self._app.post_message(QueryWorkers.FetchRefused(self._context.workers, message.sentence))
        elif isinstance(message.result, Plan):
            self._go_on(price, message.result)

    def _go_on(self, price: Price, plan: Plan) -> None:
        if not plan.days:
            if price.again:
                self._tell(_nothing_left(plan))
            elif not price.moved or plan.absent:
                self._context.workers.fetch()
        elif not plan.ask_first:
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

        from ssmtrail.tui.screens.plan import PlanScreen

        source = safe(self._context.framed[1].source) if self._context.framed else ""
        _ = self._app.push_screen(PlanScreen(plan, source, self._context.signs), decided)


def _nothing_left(plan: Plan) -> str:
    """Why a query is not asked again."""
    if plan.absent:
        from ssmtrail.tui.views.athena_text import absent_texts

        return f"These days cannot be had: {absent_texts(plan)[0]}."
    return "Other queries have brought these days since: nothing is left to be asked for."
