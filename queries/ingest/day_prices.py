"""What days of a source that charges will cost, and how well that is known."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from ssmtrail.queries.model import Estimate, Plan
    from ssmtrail.queries.sources.base import DaySource, MetadataEstimate

#: Days next to a day whose sizes make its guess.
_NEIGHBOURS: Final = 7
#: What may be scanned of a guess, and of a day that files still arrive for.
_GUESSED_ROOM: Final = 1.5
_OPEN_ROOM: Final = 1.1
#: Bytes that no query scans.
_NO_BOUND: Final = 1 << 62


def priced(plan: Plan, facts: MetadataEstimate, scanned: Mapping[date, int], source: DaySource) -> Plan:
    """The plan with bytes, price, how they are known, and what may be scanned at most.

    `scanned` has the bytes of days that were read before. Days that are paid for already cost nothing.
    """
    to_pay = tuple(day for day in plan.days if day not in plan.paid)
    known = dict(facts.sizes) | {day: size for day, (size, _) in facts.sampled.items()}
    neighbours = {**{day: size for day, size in scanned.items() if size}, **{d: s for d, s in known.items() if s}}
    expected = {day: known[day] if day in known else _guess(day, neighbours) for day in to_pay}
    how: Estimate = (
        "unknown" if None in expected.values()
        else "listed" if facts.sizes.keys() >= set(to_pay)
        else "sampled" if known.keys() >= set(to_pay)
        else "guessed"
    )  # fmt: skip
    if plan.reservation:
        return _without_price(plan, facts, source, expected, how)
    asks = plan.ask_first
    if how == "unknown":
        ranges = source.query_ranges(to_pay, facts.sizes, plan.limit)
        dollars = source.ask_above if source.max_price is None else source.max_price
        return replace(
            plan, queries=len(ranges), bytes=None, price=None, how=how, ask_first=True,
            most=source.bytes_for(dollars), most_price=dollars,
        )  # fmt: skip
    sizes = {day: size or 0 for day, size in expected.items()}
    most = {day: _most(plan, facts, source, day, size) for day, size in sizes.items()}
    ranges = source.query_ranges(to_pay, sizes, plan.limit)
    price = _sum(source, ranges, sizes)
    return replace(
        plan, queries=len(ranges), bytes=sum(sizes.values()), price=price, how=how,
        ask_first=asks or price > source.ask_above, sizes=tuple(sorted(most.items())), most=sum(most.values()),
        most_price=_sum(source, ranges, most),
    )  # fmt: skip


def _without_price(
    plan: Plan, facts: MetadataEstimate, source: DaySource, expected: Mapping[date, int | None], how: Estimate
) -> Plan:
    """A plan whose queries run on reserved capacity: paid by the hour; scans have no price."""
    sizes = {day: size for day, size in expected.items() if size is not None}
    ranges = source.query_ranges(tuple(expected), sizes, plan.limit)
    most = {day: _most(plan, facts, source, day, size) for day, size in sizes.items()}
    is_known = how != "unknown"
    return replace(
        plan, queries=len(ranges), bytes=sum(sizes.values()) if is_known else None, price=None if ranges else 0.0,
        how=how if ranges else "free", ask_first=plan.ask_first or bool(ranges),
        sizes=tuple(sorted(most.items())) if is_known else (), most=sum(most.values()) if is_known else _NO_BOUND,
        most_price=None,
    )  # fmt: skip


def _sum(source: DaySource, ranges: list[tuple[date, date]], sizes: Mapping[date, int]) -> float:
    return sum(source.price(sum(sizes.get(day, 0) for day in sizes if first <= day <= last)) for first, last in ranges)


def _most(plan: Plan, facts: MetadataEstimate, source: DaySource, day: date, size: int) -> int:
    if day in facts.sampled:
        size += facts.sampled[day][1]
    elif day not in facts.sizes:
        size = round(size * _GUESSED_ROOM)
    return round(size * _OPEN_ROOM) if plan.made_at < source.closes(day) else size


def _guess(day: date, sizes: Mapping[date, int]) -> int | None:
    """The mean of the nearest known days; None if none is known."""
    near = sorted(sizes, key=lambda other: (abs((other - day).days), other))[:_NEIGHBOURS]
    return round(sum(sizes[other] for other in near) / len(near)) if near else None
