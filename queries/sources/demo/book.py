"""A day's book: the calls that its stories make, as records on their way to a bucket."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from random import Random
from typing import TYPE_CHECKING, Final

from queries.sources.demo.records import PLUGIN, SSM, Caller, granted, new_id, record, session_id, text

if TYPE_CHECKING:
    from datetime import date

#: Longest delay of an ordinary delivery in seconds (`max` of 33,377 real records).
LONGEST_DELAY: Final = 608
_EPOCH: Final = 719_163  # date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class Entry:
    """A record, when it reaches the bucket (seconds since 1970), whose folder it lies in."""

    delivered: int
    account: str
    region: str
    record: str


@dataclass(frozen=True, slots=True)
class Session:
    """A session that was started in this book."""

    id: str
    caller: Caller
    region: str
    started: int


@dataclass
class Book:
    """The records of one day's stories; all chance in it follows from the date alone."""

    day: date
    rng: Random = field(init=False)
    midnight: int = field(init=False)
    """The day's start in seconds since 1970."""
    entries: list[Entry] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        self.rng = Random(f"ssmtrail demo {self.day.isoformat()}")
        self.midnight = (self.day.toordinal() - _EPOCH) * 86_400

    def clock(self, hours: float, minutes: float = 0, seconds: float = 0) -> int:
        """A time of this day, in seconds since 1970."""
        return self.midnight + int(hours * 3600 + minutes * 60 + seconds)

    def chance(self, share: float) -> bool:
        """True in that share of the cases."""
        return self.rng.random() < share

    def write(
        self,
        caller: Caller,
        at: int,
        region: str,
        name: str,
        request: str = "null",
        response: str = "null",
        *,
        source: str = SSM,
        error: tuple[str, str] | None = None,
        read_only: bool = False,
        addendum: str = "",
        delay: int = 0,
    ) -> str:
        """Write a call down; returns its event id. `delay` seconds come on top of an ordinary delivery's."""
        ids = new_id(self.rng), new_id(self.rng)
        line = record(
            caller, at, region, source, name, request, response, ids,
            error=error, read_only=read_only, addendum=addendum,
        )  # fmt: skip
        ordinary = min(LONGEST_DELAY, 45 + int(self.rng.expovariate(1 / 170)))
        self.entries.append(Entry(at + ordinary + delay, caller.account, region, line))
        return ids[0]

    def start(
        self, caller: Caller, at: int, region: str, target: str,
        document: str = "", parameters: str = "", reason: str = "", *, delay: int = 0, addendum: str = "",
    ) -> Session:  # fmt: skip
        """A session that begins; `parameters` is a JSON object."""
        session = Session(session_id(caller.name, self.rng), caller, region, at)
        request = start_request(target, document, parameters, reason)
        response = granted(session.id, region)
        self.write(caller, at, region, "StartSession", request, response, delay=delay, addendum=addendum)
        return session

    def deny(self, caller: Caller, at: int, region: str, resource: str, action: str = "StartSession") -> None:
        """A call that access control turned away: CloudTrail keeps no parameters of it."""
        said = (
            f"User: {caller.arn} is not authorized to perform: ssm:{action} on resource: {resource}"
            f" because no identity-based policy allows the ssm:{action} action"
        )
        self.write(caller, at, region, action, error=("AccessDenied", said))

    def fail(self, caller: Caller, at: int, region: str, target: str, document: str = "") -> None:
        """A start on a machine whose agent does not answer."""
        request = start_request(target, document, "", "")
        self.write(
            caller, at, region, "StartSession", request, error=("TargetNotConnected", f"{target} is not connected.")
        )

    def resume(self, session: Session, at: int) -> None:
        """The client's plugin takes a session up again after the network was gone."""
        request = f'{{"sessionId":"{session.id}"}}'
        caller = session.caller.using(PLUGIN)
        self.write(caller, at, session.region, "ResumeSession", request, granted(session.id, session.region))

    def terminate(self, session: Session, at: int, by: Caller | None = None) -> None:
        """Somebody ends a session, the starter unless said otherwise."""
        body = f'{{"sessionId":"{session.id}"}}'
        self.write(by or session.caller, at, session.region, "TerminateSession", body, body)

    def repeat(self, share: float) -> None:
        """Let some records lie in a second file too, sometimes in the next day's folder."""
        for entry in self.entries[:]:
            if self.chance(share):
                later = self.rng.choice((300, 600, 900, 3600, 86_400))
                self.entries.append(replace(entry, delivered=entry.delivered + later))


def start_request(target: str, document: str, parameters: str, reason: str) -> str:
    """`requestParameters` of a StartSession; what was not given is absent."""
    parts = [f'"target":{text(target)}']
    if document:
        parts.append(f'"documentName":"{document}"')
    if parameters:
        parts.append(f'"parameters":{parameters}')
    if reason:
        parts.append(f'"reason":{text(reason)}')
    return "{" + ",".join(parts) + "}"
