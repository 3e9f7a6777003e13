"""Plans and coverage of several sources, put together as one."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, Final, TypeVar, get_args

from ssmtrail.queries.model import Coverage, DayCoverage, Estimate, Note, Plan, Unreadable
from ssmtrail.queries.times import each_day

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date, datetime

    from ssmtrail.queries.ingest.several import Member

_ESTIMATES: Final = get_args(Estimate)
#: What is known of a day, the least first: the day of all sources is as the one that knows least of it says.
_STATES: Final = ("failed", "missing", "arriving", "open", "kept")
_Number = TypeVar("_Number", int, float)


def joined_plans(members: Sequence[Member], plans: Sequence[Plan], now: datetime) -> Plan:
    """One plan of many, which stay its `parts`: prices add up, and the lowest cap holds for their sum."""
    parts = _within_cap(members, plans)
    reading = [part for part in parts if part.days]
    paying = [(member, part) for member, part in zip(members, parts, strict=True) if _costs(part)]
    price = _sum((part.price for _, part in paying), 0.0)
    # What is free needs no days to be agreed to.
    pays = any(member.intakes.costs_money for member in members)
    counted = [part for member, part in zip(members, parts, strict=True) if member.intakes.costs_money or not pays]
    days = _days(part.days for part in counted)
    whole = max((part.kept + len(part.days) for part in counted), default=0)
    bounds = [member.ask_above for member, _ in paying if member.ask_above is not None]
    return Plan(
        min((part.made_at for part in parts), default=now),
        days,
        max(0, whole - len(days)),
        again=_days(part.again for part in parts),
        absent=tuple(
            (day, f"{member.label}: {why}")
            for member, part in zip(members, parts, strict=True)
            for day, why in part.absent
        ),
        queries=sum(part.queries for part in parts),
        bytes=_sum((part.bytes for part in reading), 0),
        price=price,
        how=max((part.how for part in reading), key=_ESTIMATES.index, default="free"),
        limit=min((part.limit for part in parts if part.limit is not None), default=None),
        ask_first=any(part.ask_first for part in parts) or (price is not None and price > min(bounds, default=price)),
        doubt=" ".join(_said(members, ([part.doubt] for part in parts))),
        warnings=tuple(_said(members, (part.warnings for part in parts))),
        older=_days(part.older for part in parts),
        older_price=_sum((part.older_price for part in parts if part.older), 0.0),
        paid_before=_days(part.paid_before for part in parts),
        paid=_days(part.paid for part in parts),
        sizes=_sizes(parts),
        most=sum(part.most for part in parts),
        most_price=_sum((part.most_price for _, part in paying), 0.0),
        reservation=", ".join(part.reservation for part in parts if part.reservation),
        refusal="; ".join(_said(members, ([part.refusal] for part in parts))),
        objects=sum(part.objects for part in parts),
        requests=sum(part.requests for part in parts),
        seconds=sum(part.seconds or 0.0 for part in parts) or None,
        parts=tuple((member.label, part) for member, part in zip(members, parts, strict=True)),
    )


def _within_cap(members: Sequence[Member], plans: Sequence[Plan]) -> list[Plan]:
    """The plans, each with what those before it leave of the cap; one that it has no room for cannot be agreed to."""
    caps = [member.most_price for member in members if member.most_price is not None]
    if not caps:
        return list(plans)
    left, parts = min(caps), []
    for plan in plans:
        part, taken = plan, plan.most_price or 0.0
        if _costs(plan) and plan.most_price is not None and taken > left:
            if plan.price is None or plan.price > left:
                why = f"all sources together would cost more than the cap of ${min(caps):,.2f}"
                part = replace(plan, refusal=why)
            else:
                part = replace(plan, most=int(plan.most * left / taken), most_price=left)
                taken = left
        left = max(0.0, left - taken)
        parts.append(part)
    return parts


def _costs(plan: Plan) -> bool:
    return bool(plan.days) and plan.price != 0.0


def _sum(values: Iterable[_Number | None], zero: _Number) -> _Number | None:
    """The sum; None where one is unknown."""
    total = zero
    for value in values:
        if value is None:
            return None
        total += value
    return total


def _days(each: Iterable[Sequence[date]]) -> tuple[date, ...]:
    return tuple(sorted(set(chain.from_iterable(each))))


def _sizes(plans: Sequence[Plan]) -> tuple[tuple[date, int], ...]:
    sizes: dict[date, int] = defaultdict(int)
    for day, size in chain.from_iterable(plan.sizes for plan in plans):
        sizes[day] += size
    return tuple(sorted(sizes.items()))


def _said(members: Sequence[Member], each: Iterable[Sequence[str]]) -> list[str]:
    """The texts of all members, each once, after the sources that it is about; alone where all say the same."""
    by_text: dict[str, list[str]] = defaultdict(list)
    for member, texts in zip(members, each, strict=True):
        for text in filter(None, texts):
            by_text[text].append(member.label)
    return [text if len(labels) == len(members) else f"{', '.join(labels)}: {text}" for text, labels in by_text.items()]


def joined_coverage(members: Sequence[Member], found: Sequence[Coverage]) -> Coverage:
    """What is known of each day in all sources together.

    A day is as the source that knows least of it says; a folder that merely has no files of a day says nothing.
    """
    labelled = list(zip([member.label for member in members], found, strict=True))
    failed = tuple(Unreadable(member.label, member.failed) for member in members if member.failed)
    units = {each.unit for each in found}
    times = [each.as_of for each in found]
    return Coverage(
        _joined_days(labelled),
        (*(replace(each, file=f"{label}: {each.file}") for label, one in labelled for each in one.unreadable), *failed),
        sum(each.files for each in found),
        sum(each.bytes for each in found),
        None if None in times else min(time for time in times if time is not None),
        min((each.first_day for each in found if each.first_day), default=None),
        max((each.last_day for each in found if each.last_day), default=None),
        others=_summed(found),
        notes=tuple(Note(f"{label}: {note.file}", note.text) for label, one in labelled for note in one.notes),
        unit="source" if failed else next(iter(units)) if len(units) == 1 else "",
        words="; ".join(f"{label}: {one.words}" for label, one in labelled if one.words),
        first_event=min((each.first_event for each in found if each.first_event), default=None),
        last_event=max((each.last_event for each in found if each.last_event), default=None),
        parts=tuple(labelled),
    )


def _joined_days(labelled: Sequence[tuple[str, Coverage]]) -> tuple[DayCoverage, ...]:
    by_day: dict[date, list[tuple[str, DayCoverage]]] = defaultdict(list)
    for label, coverage in labelled:
        for day in coverage.days:
            by_day[day.day].append((label, day))
    if not by_day:
        return ()
    none: list[tuple[str, DayCoverage]] = []
    return tuple(_day(day, by_day.get(day, none)) for day in each_day(min(by_day), max(by_day)))


def _day(day: date, said: Sequence[tuple[str, DayCoverage]]) -> DayCoverage:
    # A folder does not know which days it should have.
    telling = [(label, each) for label, each in said if each.state != "missing" or each.why]
    if not telling:
        return DayCoverage(day, "missing")
    label, least = min(telling, key=lambda one: _STATES.index(one[1].state))
    return DayCoverage(
        day,
        least.state,
        sum(each.files for _, each in said),
        sum(each.bytes for _, each in said),
        sum(each.unreadable for _, each in said),
        f"{label}: {least.why}" if least.why else "",
        min(each.extraction for _, each in telling),
    )


def _summed(found: Sequence[Coverage]) -> tuple[tuple[str, int], ...]:
    """Files without records of all sources, by kind."""
    numbers: dict[str, int] = defaultdict(int)
    for kind, number in chain.from_iterable(each.others for each in found):
        numbers[kind] += number
    return tuple(sorted(numbers.items(), key=lambda other: (-other[1], other[0])))
