"""The question before a scan that costs more than is paid without asking."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Label, Static

from ssmtrail.tui.views.athena_text import plan_facts, plan_title
from ssmtrail.tui.views.dialogs import Dialog
from ssmtrail.widgets.details import Details

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from ssmtrail.queries.model import Plan
    from ssmtrail.tui.signs import Signs


class PlanScreen(Dialog[bool]):
    """Enter agrees; Escape reads nothing."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "agree", "scan", tooltip="Scan these days, and pay for it", id="plan.agree"),
    ]

    def __init__(self, plan: Plan, source: str, signs: Signs) -> None:
        """`source` is safe."""
        super().__init__()
        self._plan = plan
        self._source = source
        self._signs = signs

    def compose(self) -> ComposeResult:
        """The figures under the question."""
        with Vertical(classes="dialog", id="plan"):
            yield Label(plan_title(self._plan), classes="title", markup=False)
            if self._source:
                yield Static(self._source, id="plan-source", markup=False)
            yield Details(ascii_only=self._signs.ascii_only)
            yield Static("Enter scans   Esc reads nothing, what is kept stays", classes="hint", markup=False)

    def on_mount(self) -> None:
        """Fill in the figures."""
        details = self.query_one(Details)
        details.show("", plan_facts(self._plan))
        details.focus()

    def action_agree(self) -> None:
        """Pay."""
        self.leave(True)
