"""Several sources as one: each event counts once, each source keeps its own store, price and coverage."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest

import ssmtrail
from ssmtrail.queries.errors import SourceError, StoreError, UsageError
from ssmtrail.queries.filters import Filter
from ssmtrail.queries.following import Follower
from ssmtrail.queries.model import Scope
from ssmtrail.queries.store.atomic import try_lock
from ssmtrail.queries.times import Window
from tests.records import denied, start, terminate, write_file

if TYPE_CHECKING:
    from pathlib import Path

    from ssmtrail.queries.model import Progress
    from ssmtrail.queries.records import RawRecord

WEB = "arn:aws:ec2:eu-central-1:111122223333:instance/i-0b0b"
FILE = "AWSLogs/111122223333/CloudTrail/eu-central-1/2026/11/20/x.json.gz"
EVERYTHING = Window()
BOTH = [
    start("2026-11-20T09:00:00Z", "jane-1", eventID="begun"),
    terminate("2026-11-20T09:30:00Z", "jane-1", eventID="ended"),
]


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """Two folders with a file of the same name: one event is in both, the end of its session in the second alone."""
    one, other = tmp_path / "one", tmp_path / "other"
    write_file(one / FILE, [BOTH[0], start("2026-11-20T11:00:00Z", "jane-2", eventID="later")])
    write_file(other / FILE, [*BOTH, denied("StartSession", "2026-11-21T08:00:00Z", WEB, eventID="refused")])
    return one, other


@contextmanager
def together(tmp_path: Path, *folders: Path, **options: Any) -> Iterator[ssmtrail.Trail]:
    given = {"cache": tmp_path / "cache", **options}
    members = [ssmtrail.open_logs(folder, cache=tmp_path / "cache") for folder in folders]
    with ssmtrail.open_together(*members, **given) as trail:
        yield trail


def seen(trail: ssmtrail.Trail) -> dict[str, str]:
    """How each session ended."""
    return {row.session_id or row.status: row.end_evidence for row in trail.sessions()}


def test_an_event_of_several_sources_counts_once(tmp_path: Path, folders: tuple[Path, Path]) -> None:
    told: list[Progress] = []
    with together(tmp_path, *folders) as trail:
        assert trail.refresh(progress=told.append).state == "done"
        assert seen(trail) == {"denied": "unknown", "jane-2": "unknown", "jane-1": "terminated"}
        assert len(list(trail.calls())) == 4
        assert trail.source_label == f"logs {folders[0]} + logs {folders[1]}"
    assert [each.state for each in told].count("done") == 1
    assert told[-1].files_done == 2
    assert told[-1].calls == 5


def test_answers_are_those_of_one_folder_with_everything(tmp_path: Path, folders: tuple[Path, Path]) -> None:
    for place, folder in zip("ab", folders, strict=True):
        shutil.copytree(folder, tmp_path / "whole" / place)
    with ssmtrail.open_logs(tmp_path / "whole", cache=tmp_path / "cache") as trail:
        trail.refresh()
        whole = [list(trail.sessions()), list(trail.pairs()), list(trail.people()), list(trail.findings())]
    for order in (folders, folders[::-1]):
        with together(tmp_path, *order) as trail:
            trail.refresh()
            assert whole == [list(trail.sessions()), list(trail.pairs()), list(trail.people()), list(trail.findings())]


def test_what_was_read_of_one_is_answered_at_once(tmp_path: Path, folders: tuple[Path, Path]) -> None:
    with ssmtrail.open_logs(folders[0], cache=tmp_path / "cache") as alone:
        alone.refresh()
    with together(tmp_path, *folders) as trail:
        assert seen(trail) == {"jane-1": "unknown", "jane-2": "unknown"}
        assert trail.refresh().snapshot
        assert seen(trail)["jane-1"] == "terminated"
    with together(tmp_path, *folders[::-1]) as trail:  # the order is of no matter
        assert seen(trail)["jane-1"] == "terminated"


def test_what_one_has_no_more_is_gone(tmp_path: Path, folders: tuple[Path, Path]) -> None:
    with together(tmp_path, *folders) as trail:
        trail.refresh()
        (folders[1] / FILE).unlink()
        trail.refresh()
        assert seen(trail) == {"jane-1": "unknown", "jane-2": "unknown"}
    write_file(folders[1] / FILE, BOTH)
    with ssmtrail.open_logs(folders[1], cache=tmp_path / "cache") as alone:
        alone.refresh()
    with together(tmp_path, *folders) as trail:  # another process has read it since
        assert seen(trail) == {"jane-1": "terminated", "jane-2": "unknown"}
    (folders[0] / FILE).unlink()
    with ssmtrail.open_logs(folders[0], cache=tmp_path / "cache") as alone:
        alone.refresh()
    with together(tmp_path, *folders) as trail:
        assert seen(trail) == {"jane-1": "terminated"}


def test_each_is_followed_by_itself(tmp_path: Path, folders: tuple[Path, Path]) -> None:
    never = threading.Event()
    with together(tmp_path, *folders) as trail:
        follower = Follower(trail)

        def read() -> set[int]:
            for member in follower._members:
                member.due = 0.0
            look = follower.look(never)
            if look.only:
                assert trail.fetch(lambda _: None, never, look.plan, only=look.only).state == "done"
                follower.done()
            return set(look.only)

        assert [read(), read(), read()] == [{0, 1}, set(), set()]
        write_file(folders[1] / FILE.replace("20/x", "21/y"), [start("2026-11-21T09:00:00Z", "jane-3")])
        assert read() == {1}
        assert seen(trail)["jane-3"] == "unknown"
        assert seen(trail)["jane-1"] == "terminated"
        (folders[0] / FILE).unlink()
        assert 0 in read()
        assert "jane-2" not in seen(trail)


def test_each_day_is_as_the_source_that_knows_least_says(tmp_path: Path, folders: tuple[Path, Path]) -> None:
    bad = folders[1] / FILE.replace("20/x", "22/bad")
    bad.parent.mkdir(parents=True)
    bad.write_bytes(b"\x1f\x8bnothing")
    with together(tmp_path, *folders) as trail:
        trail.refresh()
        found = trail.coverage(Window(datetime(2026, 11, 20, tzinfo=UTC), datetime(2026, 11, 24, tzinfo=UTC)))
        assert {day.day.day: day.state for day in found.days} == {
            20: "kept",
            21: "missing",
            22: "failed",
            23: "missing",
        }
        assert [day.is_gap for day in found.days] == [False, False, False, False]
        assert (found.files, found.days[0].files) == (3, 2)
        assert [each.file for each in found.unreadable] == [f"logs {folders[1]}: {FILE.replace('20/x', '22/bad')}"]
        assert [label for label, _ in found.parts] == [f"logs {folder}" for folder in folders]
        assert [part.files for _, part in found.parts] == [1, 2]
        assert (found.first_event, found.last_event) == (date(2026, 11, 20), date(2026, 11, 21))
        assert trail.covers(datetime(2026, 11, 20, 12, tzinfo=UTC))
        assert not trail.covers(datetime(2026, 11, 21, 12, tzinfo=UTC))  # the first folder ends before


def test_inputs_and_records_name_their_source(tmp_path: Path, folders: tuple[Path, Path]) -> None:
    with together(tmp_path, *folders) as trail:
        trail.refresh()
        assert [path for path, _, _ in trail.inputs()] == [f"logs {folder}: {FILE}" for folder in folders]
        records: list[RawRecord] = []
        trail.each_record("sessions", Scope(EVERYTHING, Filter()), threading.Event(), records.append)
        assert [record.event_id for record in records] == ["begun", "ended", "later", "refused"]
        assert {record.source for record in records} == {"file"}


def test_inputs_that_are_gone_are_no_answer(tmp_path: Path, folders: tuple[Path, Path]) -> None:
    """A pack would name the files of a part as those of the whole."""
    with together(tmp_path, *folders) as trail:
        trail.refresh()
        assert seen(trail)
        for folder in (tmp_path / "cache").glob("v2/*/segments/*"):
            folder.unlink()
        with pytest.raises(StoreError, match="Another process changed or removed"):
            trail.inputs()


def test_one_that_fails_is_named_and_the_others_are_read(tmp_path: Path, folders: tuple[Path, Path]) -> None:
    with together(tmp_path, tmp_path / "nowhere", *folders) as trail:
        assert trail.refresh().state == "done"
        assert len(seen(trail)) == 3
        (failed,) = trail.coverage(EVERYTHING).unreadable
        assert failed.file == f"logs {tmp_path / 'nowhere'}"
        assert "nowhere" in failed.why
        (tmp_path / "nowhere").mkdir()
        trail.refresh()
        assert trail.coverage(EVERYTHING).unreadable == ()
    with (
        together(tmp_path, tmp_path / "neither", tmp_path / "nor") as trail,
        pytest.raises(SourceError, match="neither"),
    ):
        trail.refresh()


def test_a_reading_can_be_stopped(tmp_path: Path, folders: tuple[Path, Path]) -> None:
    stop = threading.Event()

    def after_the_first(progress: Progress) -> None:
        if progress.snapshot:
            stop.set()

    with together(tmp_path, *folders) as trail:
        assert trail.fetch(after_the_first, stop).state == "cancelled"
        assert seen(trail).keys() == {"jane-1", "jane-2"}
        trail.refresh()
        assert len(seen(trail)) == 3


def test_a_store_that_cannot_be_written_is_answered(
    tmp_path: Path, folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    with together(tmp_path, *folders) as trail:
        trail.refresh()
        before = seen(trail)
    monkeypatch.setattr("ssmtrail.queries.store.overlay._is_read_only", lambda *_: True)
    kept = sorted((tmp_path / "cache").rglob("*"))
    with together(tmp_path, *folders) as trail:
        assert seen(trail) == before
        write_file(folders[0] / FILE.replace("20/x", "23/new"), [start("2026-11-23T09:00:00Z", "eve-1")])
        trail.refresh()
        assert seen(trail).keys() == before.keys() | {"eve-1"}
        assert "cannot be written to" in trail.coverage(EVERYTHING).settings[0]
    assert sorted((tmp_path / "cache").rglob("*")) == kept


def test_a_file_system_without_links(
    tmp_path: Path, folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_link(*_: object) -> None:
        raise PermissionError("no links here")

    monkeypatch.setattr(os, "link", no_link)
    with together(tmp_path, *folders) as trail:
        trail.refresh()
        assert len(seen(trail)) == 3


def test_a_purge_meanwhile_is_told_or_whole(tmp_path: Path, folders: tuple[Path, Path]) -> None:
    with together(tmp_path, *folders) as trail:
        trail.refresh()
        before = seen(trail)
        for folder in (tmp_path / "cache").glob("v2/*"):
            shutil.rmtree(folder)
        assert seen(trail) == before
    with together(tmp_path, *folders) as trail:
        assert seen(trail) == {}
        trail.refresh()
        assert seen(trail) == before


def test_a_purge_while_it_reads_loses_nothing(tmp_path: Path, folders: tuple[Path, Path]) -> None:
    """Of a source that is not being read just then, before it and after it."""

    purged: list[str] = []

    def purge(progress: Progress) -> None:
        if progress.snapshot == 1 and not purged and progress.state == "waiting":
            purged.append(progress.state)
            for folder in (tmp_path / "cache").glob("v2/*"):
                with try_lock(folder / "reading.lock") as free:
                    if free:
                        shutil.rmtree(folder)

    with together(tmp_path, *folders) as trail:
        assert trail.fetch(purge, threading.Event()).state == "done"
        assert purged
        assert len(seen(trail)) == 3


def test_two_processes_read_the_same(tmp_path: Path, folders: tuple[Path, Path]) -> None:
    with together(tmp_path, *folders) as trail, together(tmp_path, *folders[::-1]) as other:
        threads = [threading.Thread(target=each.refresh) for each in (trail, other)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert seen(trail) == seen(other)
        assert len(seen(trail)) == 3


def test_what_cannot_be_together(tmp_path: Path, folders: tuple[Path, Path]) -> None:
    with pytest.raises(UsageError, match="is named twice"), together(tmp_path, folders[0], folders[0]):
        pass
    with pytest.raises(UsageError, match="Name a source"), together(tmp_path):
        pass


def test_a_long_list_of_sources_has_a_short_label(tmp_path: Path) -> None:
    with together(tmp_path, *(tmp_path / name for name in "abcdef")) as trail:
        assert trail.source_label.endswith(f"logs {tmp_path / 'd'} + 2 more")
        assert len(trail.source_identities) == 6
