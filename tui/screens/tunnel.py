"""A tunnel: who reached its destination, through which machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.widgets import Static

from tui.frame.pairs_list import PairsListScreen
from tui.list_view import ListView
from tui.present.tunnels import tunnel_title

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from tui.desk import Desk
    from tui.present.record import Record
    from tui.sight import Sight


class TunnelScreen(PairsListScreen):
    """The pairs of one destination."""

    NAME = None

    def __init__(self, desk: Desk, view: ListView, crumbs: tuple[str, ...], tunnel: Record) -> None:
        super().__init__(desk, view, crumbs)
        self._tunnel = tunnel

    @classmethod
    def to(cls, desk: Desk, sight: Sight, crumbs: tuple[str, ...], tunnel: Record) -> TunnelScreen:
        """The page of a row of `tunnels`, whose scope the sight has."""
        return cls(desk, ListView.counting(sight, "pairs"), crumbs, tunnel)

    def compose_title(self) -> ComposeResult:
        """The destination, whole."""
        yield Static(tunnel_title(self._tunnel, self.desk.signs), id="title", markup=False)
