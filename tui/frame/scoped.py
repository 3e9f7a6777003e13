"""A screen whose sight can be moved, measured, seen through the other views."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from ssmtrail.queries.errors import UsageError
from ssmtrail.tui.frame.filtered import FilteredScreen
from ssmtrail.tui.frame.level import Level
from ssmtrail.tui.registry import TITLES, ViewName, made

if TYPE_CHECKING:
    from textual import events

    from ssmtrail.queries.errors import FilterError
    from ssmtrail.tui.context import AppContext
    from ssmtrail.tui.view_state import View, ViewState
    from ssmtrail.tui.views.dialogs import Choice


class ScopedScreen(FilteredScreen):
    """Filter, window, zone and measure go along to the other views of the same level; Escape goes back."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c", "measure", "calls", tooltip="Sessions, or the calls that they are made of", id="scope.measure"),
        Binding("w", "window", "window", tooltip="Pick the window of time", id="scope.window"),
        Binding(
            "left_square_bracket", "shift(-1)", "earlier", key_display="[", show=False,
            tooltip="The window before this one", id="scope.earlier",
        ),
        Binding(
            "right_square_bracket", "shift(1)", "later", key_display="]", show=False,
            tooltip="The window after this one", id="scope.later",
        ),
        Binding("z", "zone", "zone", show=False, tooltip="Show times in the next zone", id="scope.zone"),
        Binding(
            "escape", "back", "back", tooltip="One step of the filter back, then a screen", id="scope.back",
        ),
    ]  # fmt: skip

    TOLD = (*FilteredScreen.TOLD, "_level")

    NAME: ClassVar[ViewName | None] = None
    """Which of the views it is; None for a page, which is on a level of its own."""

    def __init__(self, context: AppContext, view: View, crumbs: tuple[str, ...], level: Level | None = None) -> None:
        super().__init__(context, view, crumbs)
        self._level = level or Level()
        self._join_level()

    def _join_level(self) -> None:
        if self.NAME is not None:
            self._level.screens[self.NAME] = self

    def dress(self) -> None:
        """Be the level's view of its name."""
        super().dress()
        self._join_level()

    @classmethod
    def over(cls, context: AppContext, state: ViewState, crumbs: tuple[str, ...], level: Level | None) -> ScopedScreen:
        """The view of a sight, at its beginning."""
        raise NotImplementedError

    @property
    def tab(self) -> ViewName | None:
        """Which of the views is seen."""
        return self.NAME

    @property
    def path(self) -> tuple[str, ...]:
        """The breadcrumb that what is opened from here begins with."""
        return self.crumbs or ((TITLES[self.NAME],) if self.NAME else ())

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what makes sense for the window, the stack of screens."""
        if action == "shift":
            return True if self.scope.window.start is not None and self.scope.window.end is not None else None
        if action == "zone":
            return True if len(self.context.zones) > 1 else None
        if action == "back":
            return self.state.has_steps or bool(self.crumbs)
        return super().check_action(action, parameters)

    # Back

    def action_back(self) -> None:
        """One step of the filter back; without one, one screen back."""
        if self.state.has_steps:
            self.see(self.state.undone())
        elif self.crumbs:
            self.leave()

    def leave(self) -> None:
        """Go back to the level below; the other views of this one are no longer needed."""
        super().leave()
        self.close_level()

    def close_level(self) -> None:
        """Let go of what the level keeps."""
        self._level.close()

    # The other views, deeper levels

    def action_view(self, name: ViewName) -> None:
        """See the same through another view; that of a page is a level of its own."""
        if name == self.NAME:
            return
        if self.NAME is None:
            self.drill(name, self.state, ())
            return
        screen = self._level.screens.get(name)
        if screen is None:
            screen = made(name, self.context, self.state, self.crumbs, self._level)
            screen.ask_ahead()
        else:
            screen.carry(self.state)
        self._level.switch(self, screen)

    def give_way(self) -> None:
        """Be ready to be taken off the stack: the toolkit then takes a callback away, which its first screen lacks."""
        if not self._result_callbacks:
            self._push_result_callback(self, None)

    def carry(self, state: ViewState) -> None:
        """Look at what another view of the level looks at."""
        if state != self.state:
            self.see(state)

    def drill(self, name: ViewName, state: ViewState, crumbs: tuple[str, ...]) -> None:
        """Open a view of something narrower; the crumbs, which are safe, say what it is."""
        self.open(made(name, self.context, state, (*self.path, *crumbs)))

    def on_screen_resume(self, event: events.ScreenResume) -> None:
        """Catch up with what was read while another view was seen."""
        if self.is_mounted:
            self.catch_up()

    # Measure, window

    def action_measure(self) -> None:
        """The other measure."""
        self.see(self.state.measured())

    def action_shift(self, by: int) -> None:
        """The window beside this one."""
        try:
            window = self.scope.window.shifted(1 if by > 0 else -1, self.scope.zone)
            self.see(self.state.windowed(window))
        except UsageError as error:
            self.say(str(error), "$text-error")
        else:
            self.post_message(self.ReadWanted(window, moved=True))

    def action_zone(self) -> None:
        """The next zone."""
        self.see(self.state.zoned(self.context.next_zone(self.scope.zone)))

    def action_window(self) -> None:
        """Pick a window."""
        from ssmtrail.tui.views.dialogs import WindowScreen

        self.open(WindowScreen(self.scope, self.context), self._windowed)

    def _windowed(self, choice: Choice | None) -> None:
        if choice is not None:
            self.see(self.state.windowed(choice.window).zoned(choice.zone))
            self.post_message(self.ReadWanted(choice.window, moved=True))

    def refuse(self, error: FilterError) -> None:
        """Say why something cannot be narrowed to."""
        self.say(error.message, "$text-error")
