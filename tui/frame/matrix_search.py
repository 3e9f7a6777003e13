"""A matrix in which a person or a machine is found by typing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from ssmtrail.tui.frame.go_to import GO_TO_KEYS, GoTo
from ssmtrail.tui.frame.keys import TYPING
from ssmtrail.tui.frame.matrix_told import ToldMatrix

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ssmtrail.tui.context import AppContext
    from ssmtrail.tui.frame.keys import Key
    from ssmtrail.tui.frame.level import Level
    from ssmtrail.tui.matrix_view import MatrixView


@dataclass(frozen=True, slots=True)
class _Place:
    """Where one was: cursor and scroll."""

    keys: tuple[str | None, str | None]
    scroll: tuple[float, float]


class SearchedMatrix(ToldMatrix):
    """While a name is typed the cursor goes to the first row or column that has it.

    A person's name moves the cursor to another row and leaves its column, a machine's the other way round: two names
    lead to a cell.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "n", "go_to", "go to", tooltip="Go to a person or machine by typing a part of the name", id="matrix.go"
        ),
        Binding("N", "go_on", "next", show=False, tooltip="Go to the next that has the name", id="matrix.go-on"),
    ]

    def __init__(
        self, context: AppContext, view: MatrixView, crumbs: tuple[str, ...], level: Level | None = None
    ) -> None:
        super().__init__(context, view, crumbs, level)
        self._before: _Place | None = None
        self._hit = 0

    @property
    def typing_keys(self) -> Sequence[Key]:
        """Keys of the line that is typed into."""
        return GO_TO_KEYS if self.query_one(GoTo).has_focus_within else TYPING

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Nothing is found where nothing is."""
        if action == "go_to":
            return bool(self.board and self.board.down.headers)
        if action == "go_on":
            return True if self.is_mounted and self.query_one(GoTo).text else None
        return super().check_action(action, parameters)

    def action_go_to(self) -> None:
        """Type a name."""
        grid = self.grid
        self._before = _Place(grid.cursor_keys, (grid.scroll_x, grid.scroll_y))
        self.query_one(GoTo).begin()
        self.query_one(GoTo).say(0, 0)

    def action_go_on(self) -> None:
        """To the next that has the name."""
        self._go(self._hit + 1)

    def on_go_to_edited(self, message: GoTo.Edited) -> None:
        """Go to the first that has it."""
        message.stop()
        if self._before is not None:
            self._go(0)

    def on_go_to_stepped(self, message: GoTo.Stepped) -> None:
        """Go to another one."""
        message.stop()
        self._go(self._hit + message.by)

    def on_go_to_ended(self, message: GoTo.Ended) -> None:
        """Stay, or go back to where one was."""
        message.stop()
        if self._before is None:
            return
        if not message.kept:
            self._return(self._before)
        self._before = None
        self.query_one(GoTo).end()
        if self.focused is None or self.query_one(GoTo).has_focus_within:
            self.focus_view()

    def _go(self, number: int) -> None:
        """To the hit of this number, round and round; back to where one was when nothing has the name."""
        go_to, board = self.query_one(GoTo), self.board
        hits = board.hits(go_to.text) if board else []
        self._hit = number % len(hits) if hits else 0
        go_to.say(self._hit + 1, len(hits))
        if not hits:
            if self._before is not None:
                self._return(self._before)
            return
        side, place = hits[self._hit]
        if side == "down":
            self.grid.cursor_row = place
        else:
            self.grid.cursor_column = place

    def _return(self, before: _Place) -> None:
        if self.board is None:
            return
        row, column = before.keys
        self.grid.cursor_row = self.board.down.place(row)
        self.grid.cursor_column = self.board.across.place(column)
        self.grid.scroll_to(*before.scroll, animate=False, force=True)
