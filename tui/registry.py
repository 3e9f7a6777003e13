"""The views: the keys and titles of the tabs, and where each view is implemented."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final, Literal, TypeAlias

ViewName: TypeAlias = Literal["sessions", "matrix", "usage", "people", "instances", "tunnels", "findings", "visits"]

#: In the order of their keys.
TITLES: Final[dict[ViewName, str]] = {
    "sessions": "Sessions",
    "matrix": "Matrix",
    "usage": "Usage",
    "people": "People",
    "instances": "Machines",
    "tunnels": "Tunnels",
    "findings": "Findings",
    "visits": "Doors",
}
#: The key of each view.
KEYS: Final[dict[ViewName, str]] = {
    "sessions": "1", "matrix": "2", "usage": "3", "people": "4", "instances": "5", "tunnels": "6", "findings": "7",
    "visits": "9",
}  # fmt: skip

#: Where each view is implemented: a new view is one line here, a new tab one more in `TITLES` and `KEYS`.
PANES: Final[dict[str, str]] = {
    "sessions": "ssmtrail.tui.views.sessions:SessionsPane",
    "matrix": "ssmtrail.tui.views.matrix:MatrixPane",
    "usage": "ssmtrail.tui.views.usage:UsagePane",
    "people": "ssmtrail.tui.views.people:PeoplePane",
    "instances": "ssmtrail.tui.views.machines:MachinesPane",
    "tunnels": "ssmtrail.tui.views.tunnels:TunnelsPane",
    "findings": "ssmtrail.tui.views.findings:FindingsPane",
    "visits": "ssmtrail.tui.views.doors:DoorsPane",
    "tunnel": "ssmtrail.tui.views.tunnels:TunnelPane",
    "person": "ssmtrail.tui.views.page:PersonPane",
    "machine": "ssmtrail.tui.views.machine:MachinePane",
    "session": "ssmtrail.tui.views.session:SessionPane",
    "call": "ssmtrail.tui.views.session:CallPane",
    "transcript": "ssmtrail.tui.views.transcript:TranscriptPane",
    "now": "ssmtrail.tui.views.now:NowPane",
    "queries": "ssmtrail.tui.views.athena:QueriesPane",
    "query": "ssmtrail.tui.views.athena:QueryPane",
    "sql": "ssmtrail.tui.views.athena:SqlPane",
}


def pane_class(name: str) -> Any:
    """The pane that shows views of this name; its module is imported when it is first wanted."""
    module, _, kind = PANES[name].partition(":")
    return getattr(import_module(module), kind)


def load() -> None:
    """Import all views; blocks, in a worker, so that the first opening of each need not wait for it."""
    for name in PANES:
        pane_class(name)
