"""What the matrix shows, as a value: every step makes a new one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, get_args

from ssmtrail.queries.views import MatrixOrder

if TYPE_CHECKING:
    from ssmtrail.queries.model import Scope
    from ssmtrail.tui.view_state import ViewState


@dataclass(frozen=True, slots=True)
class MatrixView:
    """A matrix of a sight: in which order, which way round."""

    pane: ClassVar[str] = "matrix"
    state: ViewState
    order: MatrixOrder = "most"
    turned: bool = False
    """Machines down, people across."""

    @property
    def scope(self) -> Scope:
        """Its scope."""
        return self.state.scope

    def over(self, state: ViewState) -> MatrixView:
        """The same matrix of another sight."""
        return replace(self, state=state)

    def reordered(self) -> MatrixView:
        """In the next order."""
        orders: tuple[MatrixOrder, ...] = get_args(MatrixOrder)
        return replace(self, order=orders[(orders.index(self.order) + 1) % len(orders)])

    def transposed(self) -> MatrixView:
        """The other way round."""
        return replace(self, turned=not self.turned)
