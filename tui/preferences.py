"""How the app begins: its scope, signs, theme, zones."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from ssmtrail.queries.errors import UsageError
from ssmtrail.queries.times import Window, local_zone_name
from ssmtrail.tui.signs import ASCII, UNICODE, Signs, signs_for
from ssmtrail.tui.themes import DARK, theme_for

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from ssmtrail.queries.config import Settings
    from ssmtrail.queries.model import Scope
    from ssmtrail.tui.choice import SourceChoice
    from ssmtrail.tui.saved_views import SavedView, ViewFiles

#: How far back the app begins where all that there is would be years to pay for.
_FIRST_DAYS: Final = "30d"


@dataclass(frozen=True, slots=True)
class Preferences:
    """What does not change while the app runs, besides the theme."""

    scope: Scope
    """Where the first screen begins."""
    signs: Signs = UNICODE
    theme: str = DARK.name
    zones: tuple[str, ...] = ()
    """IANA names that `z` goes round besides UTC."""
    accounts: Mapping[str, str] = field(default_factory=dict)
    """Names by account id."""
    has_policy: bool = False
    """Whether there is an access policy."""
    settings: Settings | None = None
    """The configuration, for what is written; None for its defaults."""

    begin: SavedView | None = None
    """The view that the app begins with; None is the list of sessions."""
    greeting: str = ""
    """What the app says of that view."""
    views: ViewFiles | None = None
    """Where views are saved; None where they are not."""
    choice_of: Callable[[SavedView], SourceChoice] | None = None
    """The source of a view; it raises UsageError, and SourceError for a folder that does not exist."""

    follow: bool = False
    """Whether the source is followed from the first reading on."""

    remember_theme: Callable[[str], object] = lambda _: None
    """Keeps the name of a theme that the user chose for the next start."""

    def scope_over(self, *, pays: bool, now: datetime) -> Scope:
        """Where the first screen over a source begins; where reading costs, not with all that there is."""
        if not pays or self.scope.window.start is not None or self.scope.window.end is not None:
            return self.scope
        return replace(self.scope, window=Window.parse(_FIRST_DAYS, None, now, self.scope.zone))

    @classmethod
    def of(
        cls, scope: Scope, settings: Settings, environment: Mapping[str, str], last_theme: str | None
    ) -> Preferences:
        """The preferences that settings and terminal ask for; without a theme in the settings the last one chosen."""
        signs = signs_for(environment) if settings.ascii is None else ASCII if settings.ascii else UNICODE
        theme = theme_for(environment, settings.theme or last_theme)
        return cls(scope, signs, theme, _local_zones(), settings.accounts, settings.policy is not None, settings)


def _local_zones() -> tuple[str, ...]:
    try:
        return (local_zone_name(),)
    except UsageError:
        return ()  # this machine's zone has no name that could be shown
