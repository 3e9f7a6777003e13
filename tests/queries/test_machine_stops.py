"""A stop or a termination of a machine is an upper bound of the sessions that are open on it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from tests.records import call, opened, resume, start, terminate, told, write_file

if TYPE_CHECKING:
    from pathlib import Path

    from tests.records import Record

HOST = "i-0ab1c2d3"


def at(clock: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-20T{clock}+00:00").astimezone(UTC)


def stop(
    clock: str, name: str = "TerminateInstances", before: str = "running", host: str = HOST, **more: Any
) -> Record:
    """A call that stops a machine, which was in the state `before`."""
    items = [{"instanceId": host, "currentState": {"code": 32}, "previousState": {"name": before}}]
    return call(
        name, clock, eventSource="ec2.amazonaws.com", eventID=f"{name}-{clock}",
        requestParameters={"instancesSet": {"items": [{"instanceId": host}]}},
        responseElements={"instancesSet": {"items": items}}, **more,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("others", "bound"),
    [
        ([stop("13:00:00")], "13:00:00"),
        ([stop("13:00:00", "StopInstances"), stop("12:30:00", "StopInstances")], "12:30:00"),
        # It says nothing of a machine that was stopped before, of another machine, of what came before the last resume.
        ([stop("13:00:00", before="terminated")], None),
        ([stop("13:00:00", host="i-0ffffff9")], None),
        ([stop("12:10:00", "StopInstances"), resume("12:20:00")], None),
        ([stop("13:00:00", errorCode="Client.UnauthorizedOperation")], None),
        # An earlier end is the better bound.
        ([terminate("12:40:00"), stop("13:00:00")], None),
        ([terminate("14:40:00"), stop("13:00:00")], "13:00:00"),
    ],
)
def test_the_first_stop_after_the_last_sign_of_life_bounds_a_session(
    others: list[Record], bound: str | None, tmp_path: Path
) -> None:
    (row,) = told(tmp_path, "sessions", start("12:00:00"), *others)
    assert row["latest_end"] == (at(bound) if bound else None)
    assert row["latest_end_by"] == ("machine-stop" if bound else None)


def test_nobody_is_on_a_machine_after_it_was_stopped(tmp_path: Path) -> None:
    write_file(tmp_path / "logs/a.json", [start("12:00:00"), stop("13:00:00")])
    with opened(tmp_path / "logs", tmp_path / "store") as trail:
        found = {
            clock: [row.presence for row in trail.as_of(at(clock))] for clock in ("12:59:59", "13:00:00", "13:00:01")
        }
        assert found == {"12:59:59": ["possible"], "13:00:00": ["possible"], "13:00:01": []}
        assert trail.covers(at("23:59:59"))
        assert not trail.covers(datetime(2026, 11, 21, tzinfo=UTC))
