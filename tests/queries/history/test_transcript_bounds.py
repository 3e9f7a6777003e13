"""Bounds of ends that transcripts give: what they say of sessions, and where they say nothing."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from ssmtrail.queries.ingest.reports import Reports
from ssmtrail.queries.sources.history.bounds import Bounds, KeptBounds
from ssmtrail.queries.sources.history.names import KeptNames, Sighting
from ssmtrail.queries.sources.history.reported import KeptReports
from ssmtrail.queries.times import Window
from tests.aws_server import HUB
from tests.records import ask, iam_user, opened, resume, start, terminate, write_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Any

    from ssmtrail.queries.trail import Trail

CELL = HUB, "eu-central-1"
REGION = "eu-central-1"


def at(clock: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-20T{clock}Z")


def reports(home: Path) -> Reports:
    return Reports(KeptReports(home / "kept" / "reported"))


@contextmanager
def trail_of(home: Path) -> Iterator[Trail]:
    with opened(home / "logs", home / "store", reports=reports(home)) as trail:
        yield trail


def keep(home: Path, session: str, alive: str = "", ended: str = "", started: str = "10:00:00") -> None:
    bounds = Bounds(at(alive) if alive else None, at(ended) if ended else None)
    reports(home).kept.bounds.add(CELL, session, at(started), bounds)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """Sessions that began at ten, each with what its name says."""
    home = tmp_path_factory.mktemp("bounds")
    names = ("streamed", "written", "both", "resumed-later", "before-its-start", "none")
    eve = iam_user("eve")
    records = [
        *(start("10:00:00", name) for name in names), resume("12:00:00", "resumed-later"),
        start("10:00:00", "ended-late"), terminate("15:00:00", "ended-late", eve),
        start("10:00:00", "ended"), terminate("11:00:00", "ended"),
        start("10:00:00", "lying"), terminate("11:00:00", "lying"),
        terminate("11:00:00", "orphan"),
    ]  # fmt: skip
    write_file(home / "logs" / "a.json", records)
    keep(home, "streamed", alive="10:20:00")
    keep(home, "written", ended="11:00:00")
    keep(home, "both", "10:20:00", "11:00:00")
    keep(home, "resumed-later", ended="11:00:00")
    keep(home, "before-its-start", "09:59:00", "09:59:59")
    keep(home, "ended-late", "10:20:00", "11:00:00")
    keep(home, "ended", "11:00:20", "11:00:25")
    keep(home, "lying", alive="13:00:00")
    keep(home, "orphan", "11:30:00", "11:40:00", started="11:00:00")
    keep(home, "not in the data", "10:20:00", "11:00:00")
    with trail_of(home) as trail:
        return {row["session_id"]: row for row in ask(trail, "sessions")}


@pytest.mark.parametrize(
    ("session", "alive", "evidence", "latest"),
    [
        ("streamed", "10:20:00", "alive-at", None),
        ("written", "10:00:00", "unknown", "11:00:00"),
        ("both", "10:20:00", "alive-at", "11:00:00"),
        ("resumed-later", "12:00:00", "alive-at", None),  # who resumed it later had it still
        ("before-its-start", "10:00:00", "unknown", None),
        ("ended-late", "10:20:00", "terminated", "11:00:00"),
        ("ended", "11:00:00", "terminated", None),  # sent a moment after it was printed
        ("lying", "10:00:00", "terminated", None),
        ("orphan", None, "terminated", None),
        ("none", "10:00:00", "unknown", None),
    ],
)
def test_what_a_bound_says(
    found: dict[str, dict[str, Any]], session: str, alive: str | None, evidence: str, latest: str | None
) -> None:
    row = found[session]
    assert (row["alive_at"], row["end_evidence"]) == (at(alive) if alive else None, evidence)
    assert (row["latest_end"], row["latest_end_by"]) == ((at(latest), "transcript") if latest else (None, None))


def test_a_bound_makes_no_session_and_is_no_call(found: dict[str, dict[str, Any]]) -> None:
    assert "not in the data" not in found
    assert len(found) == 10
    assert all(not event.startswith("bounds") for row in found.values() for event in row["event_ids"])


def test_the_true_end_counts_more_than_a_transcript(tmp_path: Path) -> None:
    write_file(tmp_path / "logs" / "a.json", [start("10:00:00", "one")])
    ended = {"StartDate": "2026-11-20T10:00:00Z", "EndDate": "2026-11-20T10:30:00Z", "SeenAt": "2026-11-21T00:00:00Z"}
    reports(tmp_path).kept.add(CELL, [{"SessionId": "one", "Status": "Terminated", **ended}])
    keep(tmp_path, "one", "10:29:58", "10:29:59")
    with trail_of(tmp_path) as trail:
        (row,) = ask(trail, "sessions")
        assert (row["end_evidence"], row["ended_at"].minute, row["latest_end"]) == ("reported", 30, None)
        assert row["alive_at"].minute == 29
        (words,) = trail.coverage(Window()).settings
        assert words.startswith("ends ")


def test_who_was_there_stops_at_the_bound_and_is_certain_until_the_last_line(tmp_path: Path) -> None:
    write_file(tmp_path / "logs" / "a.json", [start("10:00:00", "one"), start("20:00:00", "later", "i-9")])
    keep(tmp_path, "one", "10:20:00", "11:00:00")
    with trail_of(tmp_path) as trail:
        present = {}
        for clock in ("10:10:00", "10:40:00", "11:30:00"):
            rows = trail.as_of(at(clock))
            present[clock] = [each.presence for each in rows]
    assert present == {"10:10:00": ["certain"], "10:40:00": ["possible"], "11:30:00": []}


def test_a_window_whose_end_lies_outside_keeps_what_was_reported_and_written(tmp_path: Path) -> None:
    """Such a session is derived again from the calls inside; reports and bounds are no calls."""
    records = [
        record for name in ("one", "two")
        for record in (start("2026-11-20T10:00:00Z", name), terminate("2026-11-25T10:00:00Z", name))
    ]  # fmt: skip
    write_file(tmp_path / "logs" / "a.json", records)
    keep(tmp_path, "one", "10:20:00", "11:00:00")
    seen = {"SeenAt": "2026-11-21T00:00:00Z", "Status": "Terminated", "StartDate": "2026-11-20T10:00:00Z"}
    ends = [{"SessionId": name, "EndDate": "2026-11-20T10:30:00Z", **seen} for name in ("two", "only reported")]
    reports(tmp_path).kept.add(CELL, ends)
    window = Window(at("00:00:00"), at("00:00:00") + timedelta(days=1))
    with trail_of(tmp_path) as trail:
        rows = {row["session_id"]: row for row in ask(trail, "sessions", window=window)}
    assert {name: row["end_evidence"] for name, row in rows.items()} == {
        "one": "alive-at", "two": "reported", "only reported": "reported",
    }  # fmt: skip
    assert rows["one"]["outside"] is not None
    assert rows["one"]["latest_end_by"] == "transcript"


def test_the_widest_sign_of_life_and_the_earliest_end_are_kept(tmp_path: Path) -> None:
    kept = KeptBounds(tmp_path / "bounds")
    for bounds in (Bounds(at("10:20:00"), at("11:00:00")), Bounds(at("10:10:00"), at("12:00:00")), Bounds()):
        kept.add(CELL, "one", at("10:00:00"), bounds)
    (one,) = kept.of(CELL).values()
    assert one == {
        "SessionId": "one", "StartedAt": "2026-11-20T10:00:00Z", "AliveAt": "2026-11-20T10:20:00Z",
        "EndedBefore": "2026-11-20T11:00:00Z",
    }  # fmt: skip
    (path,) = (tmp_path / "bounds").glob("*.json")
    assert path.stat().st_mode & 0o077 == 0
    path.write_text("[1]")
    assert kept.of(CELL) == {}


def test_two_processes_that_keep_something_at_once_lose_nothing(tmp_path: Path) -> None:
    bounds, ends, names = (
        KeptBounds(tmp_path / "bounds"), KeptReports(tmp_path / "reported"), KeptNames(tmp_path / "names")
    )  # fmt: skip
    meeting = threading.Barrier(4)

    def add(worker: int) -> None:
        meeting.wait()
        for number in range(12):
            name = f"i-{worker}{number}"
            bounds.add(CELL, name, at("10:00:00"), Bounds(at("10:20:00")))
            ends.add(CELL, [{"SessionId": name, "StartDate": "2026-11-20T10:00:00Z", "SeenAt": "2026-11-21T00:00:00Z"}])
            names.add(CELL, [Sighting(name, "2026-11-20T10:30:00Z", name, "prod")])
            names.add_accounts({f"{worker:06}{number:06}": name})

    threads = [threading.Thread(target=add, args=(worker,)) for worker in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [len(kept) for kept in (bounds.of(CELL), ends.of(CELL), names.of(CELL), names.accounts)] == [48] * 4


def test_what_says_nothing_new_writes_nothing(tmp_path: Path) -> None:
    kept = KeptBounds(tmp_path / "bounds")
    kept.add(CELL, "one", at("10:00:00"), Bounds(at("10:20:00")))
    (path,) = (tmp_path / "bounds").glob("*.json")
    before = path.stat().st_ino
    kept.add(CELL, "one", at("10:00:00"), Bounds(at("10:10:00")))
    assert path.stat().st_ino == before
