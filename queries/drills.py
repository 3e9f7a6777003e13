"""Drilling down: the scope that holds exactly the sessions behind a row, a cell, a bar.

People, machines, addresses differ by their case, which filters ignore: hence terms as `person:=jane`. Where
nothing that is kept is spelled alike, `Trail.readable` gives the plain `person:jane` for them.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Final

from ssmtrail.queries.filters import Filter, Term
from ssmtrail.queries.filters.keys import TUNNELS
from ssmtrail.queries.filters.matches import Hours, Text
from ssmtrail.queries.filters.terms import written
from ssmtrail.queries.times import Window
from ssmtrail.queries.views import PersonId

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ssmtrail.queries.model import CallDetail, Scope
    from ssmtrail.queries.views import Breakdown, PartName

_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TUNNEL: Final = json.dumps("tunnel")
#: Keys of the filter language by breakdown; of people and machines several are needed.
_KEYS: Final[dict[Breakdown, str]] = {
    "kind": "kind", "account": "account", "call": "event", "personkind": "personkind",
}  # fmt: skip
_PART_KEYS: Final[dict[PartName, str]] = {"kind": "kind", "role": "role", "address": "ip", "account": "account"}


def person_of(key: str) -> PersonId:
    """Who a row of `people`, or of `pairs`, is of, by its column `key`."""
    account, person, behind, kind, number, *_ = json.loads(key)
    return PersonId(account, person, kind, number, behind)


def target_of(key: str) -> str | None:
    """Which machine a row of `instances`, or of `pairs`, is of, by its column `key`."""
    target: str | None = json.loads(key)[-1]
    return target


def target_key(target: str | None) -> str:
    """The column `key` of a machine's row of `instances`."""
    return json.dumps([target], ensure_ascii=False, separators=(",", ":"))


def tunnel_of(key: str) -> tuple[str | None, str]:
    """Destination and kind of a row of `tunnels`, by its column `key`."""
    destination, kind = json.loads(key)
    return destination, kind


def of_person(scope: Scope, who: PersonId) -> Scope:
    """What a person did; unknown ones are kept apart by the role, or by the service."""
    kept = scope.filter.keep("account", who.account, exact=True).keep("personkind", who.kind)
    if who.id is not None:
        kept = kept.keep("personid", who.id, exact=True)
    else:
        kept = kept.keep("person", who.person, exact=True)
        if who.kind == "identity-center":
            kept = kept.keep("personid", None, exact=True)
    if who.person is None:
        kept = kept.keep("via" if who.kind == "service" else "role", who.behind, exact=True)
    return replace(scope, filter=kept)


def of_machine(scope: Scope, target: str | None) -> Scope:
    """What was done on a machine."""
    return replace(scope, filter=scope.filter.keep("target", target, exact=True))


def of_pair(scope: Scope, who: PersonId, target: str | None) -> Scope:
    """What a person did on a machine."""
    return of_machine(of_person(scope, who), target)


def of_tunnel(scope: Scope, destination: str | None, kind: str) -> Scope:
    """What led to a destination."""
    return replace(scope, filter=scope.filter.keep("dest", destination, exact=True).keep("kind", kind))


def of_tunnels(scope: Scope) -> Scope:
    """What led anywhere: both kinds of tunnel, as far as the filter asks for them."""
    return replace(scope, filter=_tunnels_of(scope.filter))


def of_session(scope: Scope, session: str | None, events: Sequence[CallDetail]) -> Scope:
    """The calls of a session: by its id, without one by its first call's, from its first call to its last."""
    key, value = ("session", session) if session else ("eventid", events[0].event_id)
    times = [each.event_time for each in events]
    window = Window(min(times), max(times) + timedelta(microseconds=1))
    return replace(scope, window=window, filter=Filter().keep(key, value, exact=True))


def of_events(scope: Scope, events: Sequence[str]) -> Scope:
    """The sessions and calls with any of these event ids; of the filter nothing stays."""
    terms = (written("eventid", event, negated=False, exact=True).text for event in dict.fromkeys(events))
    return replace(scope, filter=Filter(" ".join(terms)))


def of_started(scope: Scope) -> Scope:
    """The sessions that a count of sessions is of."""
    return replace(scope, filter=scope.filter.keep("status", "started"))


def of_denied(scope: Scope) -> Scope:
    """The refused calls that a count of denied ones is of."""
    return replace(scope, filter=scope.filter.keep("status", "denied"))


def of_failed(scope: Scope) -> Scope:
    """The calls that a count of failed ones is of."""
    return replace(scope, filter=scope.filter.keep("status", "failed"))


def of_bar(scope: Scope, begin: datetime, end: datetime | None) -> Scope:
    """The scope of a bar: from its beginning to the next one's, as far as the window goes; None at the last bar.

    Its joins look around the bar, not the window (README, "What the numbers mean").
    """
    window = scope.window
    start = begin if window.start is None else max(begin, window.start)
    if end is None or (window.end is not None and window.end < end):
        end = window.end
    return replace(scope, window=Window(_utc(start), end if end is None else _utc(end)))


def of_hour(scope: Scope, weekday: int | None, hour: int | None, hours: int = 1) -> Scope:
    """The scope of a cell of the heat map: weekday 0 (Monday) to 6, hour 0 to 23; None is a whole row or column.

    A cell covers one hour or for several; of these the ones that the filter asks for stay. The scope is that of
    the map where the map has anything in the cell.
    """
    kept = scope.filter
    if weekday is not None:
        kept = kept.keep("day", _DAYS[weekday])
    if hour is not None:
        asked = _hours_asked_for(kept)
        first, *others = [each for each in range(hour, hour + hours) if not asked or each in asked] or [hour]
        if others and others[-1] - first == len(others):
            kept = kept.keep("hour", f"{first}-{others[-1] + 1}")
        else:
            kept = kept.keep("hour", str(first))
            kept = Filter.parse(" ".join((kept.text, *(f"hour:{each}" for each in others))))
    return replace(scope, filter=kept)


def without_hours(scope: Scope, hour: int, hours: int = 1) -> Scope:
    """The scope of all hours but these."""
    return replace(scope, filter=scope.filter.exclude("hour", f"{hour}-{hour + hours}" if hours > 1 else str(hour)))


def _hours_asked_for(filter: Filter) -> set[int]:  # noqa: A002 - the field's name
    matches = (match for term in filter.terms if not term.negated for match in term.matches)
    return {hour for match in matches if isinstance(match, Hours) for hour in match.hours}


def of_series(scope: Scope, breakdown: Breakdown, key: str) -> Scope:
    """The scope of one part of the bars, by the series' key."""
    if breakdown == "person":
        return of_person(scope, person_of(key))
    if breakdown == "instance":
        return of_machine(scope, target_of(key))
    if key == _TUNNEL:
        return of_tunnels(scope)
    return replace(scope, filter=scope.filter.keep(_KEYS[breakdown], json.loads(key), exact=True))


def of_part(scope: Scope, name: PartName, key: str) -> Scope:
    """What a part of a page counts, by its name and key; the scope is the one of the person or machine itself."""
    return replace(scope, filter=scope.filter.keep(_PART_KEYS[name], json.loads(key), exact=True))


def without_series(scope: Scope, breakdown: Breakdown, key: str) -> Scope:
    """The scope of the other parts of the bars; of people and machines all that have the same name."""
    if breakdown == "person":
        return replace(scope, filter=scope.filter.exclude("person", person_of(key).person))
    if breakdown == "instance":
        return replace(scope, filter=scope.filter.exclude("target", target_of(key)))
    if key == _TUNNEL:
        return replace(scope, filter=Filter.parse(f"{scope.filter.text} -kind:tunnel"))
    return replace(scope, filter=scope.filter.exclude(_KEYS[breakdown], json.loads(key)))


def _tunnels_of(filter: Filter) -> Filter:  # noqa: A002 - the field's name
    """The filter narrowed to both kinds of tunnel, as far as it asks for them."""
    asking = [term for term in filter.terms if term.key and term.key.name == "kind" and not term.negated]
    asked = [kind for kind in TUNNELS if not asking or any(_takes(term, kind) for term in asking)]
    if len(asked) == 1:
        return filter.keep("kind", asked[0])
    for term in asking:
        filter = filter.without(term)  # noqa: A001 - the field's name
    return Filter.parse(f"{filter.text} kind:tunnel".strip())


def _takes(term: Term, kind: str) -> bool:
    """Whether a term of kinds takes this one."""
    patterns = (".*".join(map(re.escape, match.parts)) for match in term.matches if isinstance(match, Text))
    return any(re.fullmatch(pattern, kind, re.IGNORECASE) for pattern in patterns)


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)
