"""Screens that are made before anybody wants them: making one takes longer than asking for what it will show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from ssmtrail.queries.filters import Filter
from ssmtrail.queries.model import Scope
from ssmtrail.queries.times import Window
from ssmtrail.queries.views import PersonId
from ssmtrail.tui.frame.framed import FramedScreen
from ssmtrail.tui.pages import instance_page, person_page
from ssmtrail.tui.registry import made
from ssmtrail.tui.view_state import ViewState
from ssmtrail.tui.workers import Pause

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import App
    from textual.screen import Screen

    from ssmtrail.tui.context import AppContext

AnyScreen = TypeVar("AnyScreen", bound="Screen[Any]")

#: A screen is seen so long before the next spare one is made, seconds.
REST: Final = 0.15
_NOWHERE: Final = ViewState(Scope(Window(), Filter()))
_NOBODY: Final = PersonId(None, None)
_MAKERS: Final[tuple[Callable[[AppContext], FramedScreen], ...]] = (
    lambda context: person_page(context, _NOWHERE, ("",), _NOBODY),
    lambda context: instance_page(context, _NOWHERE, ("",), None),
    lambda context: made("sessions", context, _NOWHERE, ("",)),
)


class Spares:
    """One screen of each kind that is drilled into, composed and laid out but on no stack.

    A page of a person has thirty widgets, which take 60 ms to make; one that lies ready takes none.
    """

    def __init__(self, app: App[int], context: AppContext) -> None:
        self._app = app
        self._desk = context
        self._pause = Pause(app, REST, self._lay_by)
        self._wanted = list(_MAKERS)
        self._makers: dict[type[FramedScreen], Callable[[AppContext], FramedScreen]] = {}
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
