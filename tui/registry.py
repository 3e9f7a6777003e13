"""The six views of a sight: their keys, their names, how each is made."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

if TYPE_CHECKING:
    from ssmtrail.tui.context import AppContext
    from ssmtrail.tui.frame.level import Level
    from ssmtrail.tui.frame.scoped import ScopedScreen
    from ssmtrail.tui.view_state import ViewState

ViewName: TypeAlias = Literal["sessions", "matrix", "usage", "people", "instances", "tunnels"]

#: In the order of their keys, 1 to 6.
TITLES: Final[dict[ViewName, str]] = {
    "sessions": "Sessions",
    "matrix": "Matrix",
    "usage": "Usage",
    "people": "People",
    "instances": "Instances",
    "tunnels": "Tunnels",
}

#: Screens besides the views.
_OTHERS: Final = (
    "session",
    "person",
    "instance",
    "call",
    "sql",
    "queries",
    "plan",
)
#: Modules of `views` that are imported late too.
_DIALOGS: Final = ("dialogs", "export")
_SCREENS: Final[dict[ViewName, str]] = {
    "sessions": "SessionsScreen",
    "matrix": "MatrixScreen",
    "usage": "UsageScreen",
    "people": "PeopleScreen",
    "instances": "InstancesScreen",
    "tunnels": "TunnelsScreen",
}


#: Where each view is implemented: a new view is one line here, a new tab one more in `TITLES`.
PANES: Final[dict[str, str]] = {
    "sessions": "ssmtrail.tui.views.sessions:SessionsPane",
    "matrix": "ssmtrail.tui.views.matrix:MatrixPane",
    "usage": "ssmtrail.tui.views.usage:UsagePane",
    "people": "ssmtrail.tui.views.people:PeoplePane",
    "instances": "ssmtrail.tui.views.machines:MachinesPane",
    "tunnels": "ssmtrail.tui.views.tunnels:TunnelsPane",
    "tunnel": "ssmtrail.tui.views.tunnels:TunnelPane",
    "person": "ssmtrail.tui.views.page:PersonPane",
    "machine": "ssmtrail.tui.views.machine:MachinePane",
    "session": "ssmtrail.tui.views.session:SessionPane",
    "call": "ssmtrail.tui.views.session:CallPane",
    "queries": "ssmtrail.tui.views.athena:QueriesPane",
    "query": "ssmtrail.tui.views.athena:QueryPane",
    "sql": "ssmtrail.tui.views.athena:SqlPane",
}


def pane_class(name: str) -> Any:
    """The pane that shows views of this name; its module is imported when it is first wanted."""
    module, _, kind = PANES[name].partition(":")
    return getattr(import_module(module), kind)


def made(
    name: ViewName, context: AppContext, state: ViewState, crumbs: tuple[str, ...], level: Level | None = None
) -> ScopedScreen:
    """A new screen that shows this view.

    Screens are imported when they are first wanted: all of them together take as long as a tenth of the start.
    """
    wanted: type[ScopedScreen] = getattr(import_module(f"ssmtrail.tui.screens.{name}"), _SCREENS[name])
    return wanted.over(context, state, crumbs, level)


def load() -> None:
    """Import all screens; blocks, in a worker, so that the first opening of each need not wait for it."""
    for name in (*TITLES, *_OTHERS):
        import_module(f"ssmtrail.tui.screens.{name}")
    for name in _DIALOGS:
        import_module(f"ssmtrail.tui.views.{name}")
