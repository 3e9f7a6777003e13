"""A tunnel: who reached its destination, through which machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.widgets import Static

from ssmtrail.tui.frame.pairs_list import PairsListScreen
from ssmtrail.tui.list_view import ListView
from ssmtrail.tui.views.tunnels import tunnel_title

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from ssmtrail.tui.context import AppContext
    from ssmtrail.tui.view_state import ViewState
    from ssmtrail.tui.views.lists_text import Record


class TunnelScreen(PairsListScreen):
    """The pairs of one destination."""

    NAME = None

    def __init__(self, context: AppContext, view: ListView, crumbs: tuple[str, ...], tunnel: Record) -> None:
        super().__init__(context, view, crumbs)
        self._tunnel = tunnel

    @classmethod
    def to(cls, context: AppContext, state: ViewState, crumbs: tuple[str, ...], tunnel: Record) -> TunnelScreen:
        """The page of a row of `tunnels`, whose scope the sight has."""
        return cls(context, ListView.counting(state, "pairs"), crumbs, tunnel)

    def compose_title(self) -> ComposeResult:
        """The destination, whole."""
        yield Static(tunnel_title(self._tunnel, self.context.signs), id="title", markup=False)
