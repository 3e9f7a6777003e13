"""The one place that asks before anything is paid for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Final

from ssmtrail.tui.query import Query
from ssmtrail.tui.workers import Answers, QueryWorkers
from ssmtrail.widgets.text import safe

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date
    from threading import Event
    from typing import Any

    from textual.app import App

    from ssmtrail.queries.model import Plan, Progress
    from ssmtrail.queries.times import Window
    from ssmtrail.queries.trail import Trail
    from ssmtrail.tui.context import AppContext


_LOOKING: Final = "looking at what these days would cost"
#: Seconds between two reports of how much is listed.
_PAUSE: Final = 0.2


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

    def ask(self, trail: Trail, cancelled: Event, report: Callable[[Progress], None]) -> Plan:
        """Ask the source; it lists files or reads the table's description, so it may take seconds."""
        if self.again:
            return trail.plan_again(self.again, cancelled)
        return trail.plan(self.window, cancelled, refresh=self.refresh, report=report)


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
        self._asked: Price | None = None
        self._shown_at = 0.0
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
        self._next, self._asked = None, price
        self._say(_LOOKING + self._context.signs.more)

        def found(plan: Plan) -> None:
            self._asked = None
            self._say("")
            self._go_on(price, plan)

        def refused(sentence: str) -> None:
            self._asked = None
            self._say("")
            self._app.post_message(QueryWorkers.FetchRefused(self._context.workers, sentence))

        ask = partial(price.ask, report=partial(self._report, price))
        self._answers.ask(Query("price", ask), found, refused)

    def _report(self, price: Price, progress: Progress) -> None:
        """Called in the thread that lists, for each folder."""
        now = monotonic()
        if progress.files_total and now - self._shown_at >= _PAUSE:
            self._shown_at = now
            _ = self._app.call_later(self._show, price, progress)

    def _show(self, price: Price, progress: Progress) -> None:
        if self._asked is price:
            listed = f"{progress.files_done:,} of {progress.files_total:,} {progress.of} listed"
            self._say(f"{_LOOKING}{self._context.signs.more} {listed}")

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
