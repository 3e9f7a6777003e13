"""Screens that are made before anybody wants them: making one takes longer than asking for what it will show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from queries.filters import Filter
from queries.values import Scope
from queries.views import PersonId
from queries.window import Window
from tui.frame.framed import FramedScreen
from tui.pace import Pause
from tui.pages import instance_page, person_page
from tui.sight import Sight
from tui.views import made

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import App
    from textual.screen import Screen

    from tui.desk import Desk

AnyScreen = TypeVar("AnyScreen", bound="Screen[Any]")

#: A screen is seen so long before the next spare one is made, seconds.
REST: Final = 0.15
_NOWHERE: Final = Sight(Scope(Window(), Filter()))
_NOBODY: Final = PersonId(None, None)
_MAKERS: Final[tuple[Callable[[Desk], FramedScreen], ...]] = (
    lambda desk: person_page(desk, _NOWHERE, ("",), _NOBODY),
    lambda desk: instance_page(desk, _NOWHERE, ("",), None),
    lambda desk: made("sessions", desk, _NOWHERE, ("",)),
)


class Spares:
    """One screen of each kind that is drilled into, composed and laid out but on no stack.

    A page of a person has thirty widgets, which take 60 ms to make; one that lies ready takes none.
    """

    def __init__(self, app: App[int], desk: Desk) -> None:
        self._app = app
        self._desk = desk
        self._pause = Pause(app, REST, self._lay_by)
        self._wanted = list(_MAKERS)
        self._makers: dict[type[FramedScreen], Callable[[Desk], FramedScreen]] = {}
        self._kept: dict[type[FramedScreen], FramedScreen] = {}
        self._closed = False

    def replenish(self) -> None:
        """Make what is missing, soon, one after the other."""
        if self._wanted and not self._closed:
            self._pause.wish()

    def _lay_by(self) -> None:
        if self._closed or not self._wanted:  # a rest that was over before another one was wished for
            return
        maker = self._wanted.pop(0)
        screen = maker(self._desk)
        screen.is_spare = True
        self._makers[type(screen)] = maker
        self._kept[type(screen)] = screen
        self._app._get_screen(screen)  # noqa: SLF001 - the toolkit's only way to make a screen that is not seen
        self.replenish()

    def in_place_of(self, wanted: AnyScreen) -> AnyScreen:
        """A spare one that shows what this screen, which was never mounted, would show; itself where there is none."""
        kind: type[Any] = type(wanted)
        spare = self._kept.get(kind)
        if spare is None or not spare.lies_ready:
            return wanted
        del self._kept[kind]
        self._wanted.append(self._makers[kind])
        spare.stand_in_for(cast("FramedScreen", wanted))
        return cast("AnyScreen", spare)

    def close(self) -> None:
        """Let go of them."""
        self._closed = True
        self._pause.drop()
        for screen in self._kept.values():
            _ = screen.remove()
        self._kept.clear()
