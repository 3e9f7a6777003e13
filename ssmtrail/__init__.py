"""Who got a shell or a tunnel on which machine through AWS Systems Manager Session Manager.

    import ssmtrail

    with ssmtrail.open_logs("logs/") as trail:
        trail.refresh()
        for session in trail.sessions(where="kind:tunnel", since="30d"):
            print(session.person, session.target, session.end_evidence)

`docs/api.md` describes all of it. Names are imported when they are first used.
"""

from __future__ import annotations

#: Not imported from `typing`, which takes half of the time until ctrl+c is obeyed; see `__main__`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

    from ssmtrail.queries.errors import (
        Cancelled,
        FilterError,
        SourceError,
        StoreError,
        TrailError,
        UsageError,
    )
    from ssmtrail.queries.filters.language import Filter
    from ssmtrail.queries.model import Coverage, Plan, Progress, Scope, Totals
    from ssmtrail.queries.opening import open_athena, open_demo, open_history, open_logs, open_s3, open_together
    from ssmtrail.queries.rows import (
        Call,
        DoorCall,
        MachineSummary,
        Pair,
        PersonSummary,
        Present,
        Rows,
        Session,
        Tunnel,
        UsageBucket,
    )
    from ssmtrail.queries.times import Window
    from ssmtrail.queries.trail import Trail
    from ssmtrail.queries.trust import Trust

__all__ = [
    "Call",
    "Cancelled",
    "Coverage",
    "DoorCall",
    "Filter",
    "FilterError",
    "MachineSummary",
    "Pair",
    "PersonSummary",
    "Plan",
    "Present",
    "Progress",
    "Rows",
    "Scope",
    "Session",
    "SourceError",
    "StoreError",
    "Totals",
    "Trail",
    "TrailError",
    "Trust",
    "Tunnel",
    "UsageBucket",
    "UsageError",
    "Window",
    "open_athena",
    "open_demo",
    "open_history",
    "open_logs",
    "open_s3",
    "open_together",
]

_HOMES: Final = {
    "errors": ("Cancelled", "FilterError", "SourceError", "StoreError", "TrailError", "UsageError"),
    "filters.language": ("Filter",),
    "model": ("Coverage", "Plan", "Progress", "Scope", "Totals"),
    "opening": ("open_athena", "open_demo", "open_history", "open_logs", "open_s3", "open_together"),
    "rows": (
        "Call",
        "DoorCall",
        "MachineSummary",
        "Pair",
        "PersonSummary",
        "Present",
        "Rows",
        "Session",
        "Tunnel",
        "UsageBucket",
    ),
    "times": ("Window",),
    "trail": ("Trail",),
    "trust": ("Trust",),
}
_HOME_OF: Final = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    from importlib import import_module

    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(f"ssmtrail.queries.{_HOME_OF[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted(__all__)
