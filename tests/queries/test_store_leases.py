"""Leases on days: one process pays, others wait, leases of ended processes are free."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from datetime import date
from typing import TYPE_CHECKING

import msgspec

from ssmtrail.queries.store.leases import Leases

if TYPE_CHECKING:
    from pathlib import Path

DAYS = [date(2026, 11, number) for number in (20, 21, 22)]


def test_only_one_process_holds_the_lease_of_a_day(tmp_path: Path) -> None:
    with Leases.of(tmp_path) as one, Leases.of(tmp_path) as other:
        assert one.take(DAYS[:2]) == set(DAYS[:2])
        assert other.take(DAYS) == {DAYS[2]}
        assert other.held_by_others() == set(DAYS[:2])
        one.release(DAYS[:1])
        assert other.take(DAYS) == {DAYS[0]}
    with Leases.of(tmp_path) as third:
        assert third.held_by_others() == frozenset()
        assert third.take(DAYS) == set(DAYS)


def test_the_lease_of_an_ended_process_is_free(tmp_path: Path) -> None:
    code = (
        "import sys, os; from pathlib import Path; from datetime import date\n"
        "from ssmtrail.queries.store.leases import Leases\n"
    )
    code += "print(len(Leases.of(Path(sys.argv[1])).take([date(2026, 11, 20)])), flush=True); os._exit(0)"
    command = [sys.executable, "-c", code, str(tmp_path)]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "1\n"
    with Leases.of(tmp_path) as claims:
        assert claims.take(DAYS) == set(DAYS)


def test_a_lease_of_another_machine_ends_without_heartbeats(tmp_path: Path) -> None:
    with Leases.of(tmp_path) as claims:
        path = tmp_path / "claims" / "2026-11-20.json"
        path.write_bytes(msgspec.json.encode({"host": "elsewhere", "process": 1, "token": "x"}))
        assert claims.take(DAYS[:1]) == frozenset()
        silent = time.time() - 60
        os.utime(path, (silent, silent))
        assert claims.take(DAYS[:1]) == set(DAYS[:1])


def test_a_damaged_lease_is_free(tmp_path: Path) -> None:
    with Leases.of(tmp_path) as claims:
        (tmp_path / "claims" / "2026-11-20.json").write_bytes(b"{")
        assert claims.take(DAYS[:1]) == set(DAYS[:1])
