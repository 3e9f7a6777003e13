"""Several sources that are answered together: an event that more than one of them has counts once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal

from ssmtrail.queries.errors import SourceError, UsageError

if TYPE_CHECKING:
    from threading import Event
    from typing import TypeAlias

    from ssmtrail.queries.model import Connected
    from ssmtrail.queries.sources.history.now import LiveSessions

    AnyLive: TypeAlias = "LiveSessions | SeveralLive"

#: Names of sources in a label; more are a number.
_MOST_NAMED: Final = 4


@dataclass(frozen=True, slots=True)
class SeveralSources:
    """Sources of any kinds, in the order in which they are read."""

    kind: ClassVar[Literal["several"]] = "several"

    members: tuple[Any, ...]

    @classmethod
    def of(cls, members: tuple[Any, ...]) -> SeveralSources:
        """Raises UsageError where one is there twice, or none."""
        if not members:
            raise UsageError("Name a source.")
        seen: set[str] = set()
        for each in members:
            if each.identity in seen:
                raise UsageError(f"{each.label} is named twice.")
            seen.add(each.identity)
        return cls(members)

    @property
    def identities(self) -> tuple[str, ...]:
        """Those of the members."""
        return tuple(each.identity for each in self.members)

    @property
    def identity(self) -> str:
        """The same for the same members, in whichever order they are read."""
        return "several:" + "\n".join(sorted(self.identities))

    @property
    def label(self) -> str:
        """`logs /evidence + athena audit.trail`; may be hostile."""
        named = [each.label for each in self.members]
        more = len(named) - _MOST_NAMED
        if more > 0:
            named = [*named[:_MOST_NAMED], f"{more} more"]
        return " + ".join(named)


@dataclass(frozen=True, slots=True)
class SeveralLive:
    """Who is connected, by the credentials of several sources."""

    members: tuple[AnyLive, ...]

    def ask(self, cancelled: Event) -> Connected:
        """All that Session Manager says, each session once. Raises SourceError where no source's account answers."""
        from ssmtrail.queries.model import Connected  # most sources are alone

        answers: list[Connected] = []
        refused: list[SourceError] = []
        for each in self.members:
            try:
                answers.append(each.ask(cancelled))
            except SourceError as error:
                refused.append(error)
        if not answers:
            raise refused[0]
        sessions = {(each.account, each.region, each.session_id): each for one in answers for each in one.sessions}
        notes = tuple(note for one in answers for note in one.notes) + tuple(map(str, refused))
        at, regions = max(one.at for one in answers), sum(one.regions for one in answers)
        latest = sorted(sessions.values(), key=lambda each: (each.started_at or at, each.session_id), reverse=True)
        return Connected(at, tuple(latest), regions, notes)
