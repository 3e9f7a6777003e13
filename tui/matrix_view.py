"""What the matrix shows, as a value: every step makes a new one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, get_args

from queries.views import MatrixOrder

if TYPE_CHECKING:
    from queries.values import Scope
    from tui.sight import Sight


@dataclass(frozen=True, slots=True)
class MatrixView:
    """A matrix of a sight: in which order, which way round."""

    sight: Sight
    order: MatrixOrder = "most"
    turned: bool = False
    """Machines down, people across."""

    @property
    def scope(self) -> Scope:
        """Its scope."""
        return self.sight.scope

    def over(self, sight: Sight) -> MatrixView:
        """The same matrix of another sight."""
        return replace(self, sight=sight)

    def reordered(self) -> MatrixView:
        """In the next order."""
        orders: tuple[MatrixOrder, ...] = get_args(MatrixOrder)
        return replace(self, order=orders[(orders.index(self.order) + 1) % len(orders)])

    def transposed(self) -> MatrixView:
        """The other way round."""
        return replace(self, turned=not self.turned)
