"""The agreement of the command line to what a scan costs, and its words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ssmtrail.queries.errors import UsageError
from ssmtrail.queries.model import NOT_IN_TABLE
from ssmtrail.queries.plurals import count_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ssmtrail.queries.model import Plan
    from ssmtrail.queries.trail import Trail
    from ssmtrail.tui.choice import AthenaChoice, S3Choice
    from ssmtrail.tui.cli.console import Console


RESERVED: Final = "the workgroup runs on the reserved capacity"


def check_agreed(plan: Plan, choice: AthenaChoice | S3Choice, console: Console, cost: str = "") -> None:
    """Say what a plan costs. Raises UsageError if it is not agreed to: by `--yes`, `--accept-unproven`, a cap.

    `cost` says it where more than the days of the plan are paid for.
    """
    say_facts(plan, console)
    if (not plan.days or (plan.requests and not plan.objects)) and not cost:
        return
    cost = cost or cost_text(plan)
    if plan.refusal:
        raise UsageError(f"{cost}: {plan.refusal}.")
    if plan.doubt and not choice.accepts_unproven:
        raise UsageError(f"{cost}: agree to a scan that is not proved to keep to these days with --accept-unproven.")
    if plan.price is None and choice.agreed and choice.max_price is None and not plan.reservation:
        raise UsageError(
            f"{cost}: --yes agrees to an estimate, and there is none. Name the most to be paid with --max-price."
        )
    if plan.ask_first and not choice.agreed:
        raise UsageError(f"{cost}: agree with --yes{_and_cap(plan, choice)}, or ask for fewer days.")
    console.inform(cost)


def say_facts(plan: Plan, console: Console) -> None:
    """Say what is to be known of a plan beside its price, and that of each source where there are several."""
    for label, part in plan.parts:
        if part.days and part.price != 0.0:
            console.inform(f"{label}: {cost_text(part)}")
    for warning in plan.warnings:
        (console.inform if warning.startswith(NOT_IN_TABLE) else console.warn)(warning)
    if plan.older:
        console.warn(f"{older_text(plan)}; --renew fetches them again, {_older_price(plan)}.")
    if plan.doubt:
        console.warn(plan.doubt)


def say_left(trail: Trail, plan: Plan, console: Console, more: Iterable[str] = ()) -> None:
    """Say which files of results could not be deleted since the plan; that is no failure."""
    left = (run.left for run in trail.queries() if run.left and run.asked_at >= plan.made_at)
    for text in sorted({*left, *more}):
        console.warn(text)


def cost_text(plan: Plan) -> str:
    """`10 days to be scanned, 1,810 bytes (listed), about $0.00`."""
    if plan.objects:
        return objects_text(plan)
    return f"{count_text(len(plan.days), 'day')} to be scanned, {price_text(plan)}"


def objects_text(plan: Plan) -> str:
    """`20,000 objects of 30 days to be read: 40,000,000 bytes, 20,031 requests, at most $0.01, about 40 s`."""
    seconds = round(plan.seconds or 0)
    took = f"{seconds // 60:,} min {seconds % 60} s" if seconds >= 60 else f"{max(1, seconds)} s"
    return (
        f"{count_text(plan.objects, 'object')} of {count_text(len(plan.days), 'day')} to be read: {plan.bytes or 0:,} "
        f"bytes, {count_text(plan.requests, 'request')}, at most ${plan.price or 0:,.2f}, about {took}"
    )


def price_text(plan: Plan) -> str:
    """`1,234,567 bytes (listed), about $0.01`."""
    if plan.reservation and plan.price is None:
        scanned = "an unknown number of" if plan.bytes is None else f"{plan.bytes:,}"
        return f"{scanned} bytes, at an unknown price: {RESERVED} {plan.reservation}, which is paid by the hour"
    if plan.bytes is None or plan.price is None:
        return "at an unknown price: no file can be listed, and no day was scanned yet"
    error = f" ±{plan.most - plan.bytes:,}" if plan.how == "sampled" and plan.most > plan.bytes else ""
    how = "" if plan.how == "free" else f" ({plan.how}{error})"
    paid = f"; {count_text(len(plan.paid), 'day')} paid already" if plan.paid else ""
    return f"{plan.bytes:,} bytes{how}, about ${plan.price:,.2f}{paid}"


def older_text(plan: Plan) -> str:
    """What the days that were kept with an older extraction set cannot answer."""
    return (
        f"{count_text(len(plan.older), 'day')} kept with extraction set 1: persons behind access keys, other doors and "
        "names of machines are not known of them"
    )


def _older_price(plan: Plan) -> str:
    return "at an unknown price" if plan.older_price is None else f"for about ${plan.older_price:,.2f}"


def _and_cap(plan: Plan, choice: AthenaChoice | S3Choice) -> str:
    is_unknown = plan.price is None and not plan.reservation
    return " and --max-price" if is_unknown and choice.max_price is None else ""
