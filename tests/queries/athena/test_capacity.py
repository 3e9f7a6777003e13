"""A workgroup on reserved capacity: its scans have no price, and none is invented."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from ssmtrail.queries.model import Budgets
from ssmtrail.queries.sources.athena.address import AthenaTerms
from ssmtrail.tui.cli.agreement import price_text
from ssmtrail.tui.views.athena_text import plan_facts
from tests.athena_emulator.faults import Fault
from tests.queries.athena.stage import fetched, opened, planned, states
from tests.queries.athena.test_service import WEEK

if TYPE_CHECKING:
    from pathlib import Path

    from tests.athena_emulator import Emulator

NEVER = threading.Event()


def test_the_price_is_unknown_and_nothing_is_billed_by_scan(emulator: Emulator, tmp_path: Path) -> None:
    emulator.reservations = {"other": ("team",), "nightly": ("audit", "primary")}
    with opened(tmp_path, terms=AthenaTerms(budgets=Budgets(day=0.0), max_price=0.0)) as trail:
        plan = planned(trail, WEEK)
        assert (plan.price, plan.most_price, plan.refusal) == (None, None, "")
        assert plan.reservation == "nightly"
        assert plan.ask_first
        assert plan.bytes
        assert price_text(plan).endswith("unknown price: the workgroup runs on the reserved capacity nightly, which is "
                                         "paid by the hour")  # fmt: skip
        assert "$" not in str(plan_facts(plan))
        trail.fetch(lambda _: None, NEVER, plan)
        assert set(states(trail, WEEK).values()) == {"kept"}
        assert all(run.provisioned and not run.price for run in trail.queries())
        assert trail.spendings().own_day == 0.0
        assert planned(trail, WEEK).price == 0.0


@pytest.mark.parametrize("operation", ["ListCapacityReservations", "GetCapacityAssignmentConfiguration"])
def test_where_it_may_not_be_read_prices_are_those_by_scan(emulator: Emulator, tmp_path: Path, operation: str) -> None:
    emulator.reservations = {"nightly": ("primary",)}
    emulator.faults.planned = [Fault(operation, "AccessDeniedException", "not authorized to perform", times=-1)]
    with opened(tmp_path) as trail:
        assert planned(trail, WEEK).price
        fetched(trail, WEEK)
        assert not any(run.provisioned for run in trail.queries())


def test_a_reservation_of_others_changes_nothing(emulator: Emulator, tmp_path: Path) -> None:
    emulator.reservations = {"other": ("team",)}
    with opened(tmp_path) as trail:
        assert planned(trail, WEEK).price
