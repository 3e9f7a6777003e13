"""Counts of unfiltered lists are made once for a set of derived files."""

from __future__ import annotations

from datetime import UTC, datetime
from threading import Event
from typing import TYPE_CHECKING

import pytest

from ssmtrail.queries import lists
from ssmtrail.queries.filters import Filter
from ssmtrail.queries.model import Question, Scope
from ssmtrail.queries.store.count_cache import Counted, keep_count, read_count
from ssmtrail.queries.times import Window
from tests.records import opened, start, write_file

if TYPE_CHECKING:
    from pathlib import Path

ALL = Scope(Window(), Filter())
A_COUNT = Counted("sessions", 3, 2, 1, 1, ((0, 3),))


def test_a_kept_count_is_read_again(tmp_path: Path) -> None:
    keep_count(tmp_path / "counts", A_COUNT)
    assert read_count(tmp_path / "counts", "sessions") == A_COUNT
    assert read_count(tmp_path / "counts", "calls") is None
    assert (tmp_path / "counts").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("damage", [b"", b"{", b'["other",1,1,1,1,null]', b'["sessions","x",1,1,1,null]'])
def test_a_damaged_count_is_ignored(tmp_path: Path, damage: bytes) -> None:
    keep_count(tmp_path / "counts", A_COUNT)
    next((tmp_path / "counts").glob("*.json")).write_bytes(damage)
    assert read_count(tmp_path / "counts", "sessions") is None


def test_counts_are_not_kept_where_they_cannot_be_written(tmp_path: Path) -> None:
    keep_count(tmp_path / "swept" / "counts", A_COUNT)
    (tmp_path / "counts").write_text("in the way")
    keep_count(tmp_path / "counts", A_COUNT)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["counts"]


def test_the_oldest_counts_are_removed(tmp_path: Path) -> None:
    for number in range(70):
        keep_count(tmp_path / "counts", Counted(f"sessions {number}", 1, 1, 1, 1, None))
    assert len(list((tmp_path / "counts").iterdir())) == 64


def counted(folder: Path, store: Path, scope: Scope = ALL) -> tuple[int, int]:
    with opened(folder, store) as service:
        answer = service.ask(Question("sessions", scope), Event())
        assert len(answer.page(0, 99)) == answer.totals.rows
        return answer.totals.rows, answer.totals.sessions


def test_another_process_uses_the_kept_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, store = tmp_path / "logs", tmp_path / "store"
    write_file(folder / "a.json", [start("2026-11-02T08:00:00Z"), start("2026-11-02T09:00:00Z", "jane-0abd")])
    assert counted(folder, store) == (2, 2)

    def refuse(*_: object) -> tuple[int, int, int, int]:
        raise AssertionError("it was counted before")

    monkeypatch.setattr(lists, "_counted_in", refuse)
    assert counted(folder, store) == (2, 2)
    write_file(folder / "b.json", [start("2026-11-03T08:00:00Z", "jane-0abe")])
    with pytest.raises(AssertionError, match="counted before"):
        counted(folder, store)  # the new file was not counted
    monkeypatch.undo()
    assert counted(folder, store) == (3, 3)


def test_each_window_has_its_own_count(tmp_path: Path) -> None:
    folder, store = tmp_path / "logs", tmp_path / "store"
    write_file(folder / "a.json", [start("2026-11-02T08:00:00Z"), start("2026-11-03T09:00:00Z", "jane-0abd")])
    day = Scope(Window.parse("2026-11-03", None, datetime(2026, 11, 4, tzinfo=UTC)), Filter())
    assert [counted(folder, store, scope) for scope in (ALL, day, ALL, day)] == [(2, 2), (1, 1)] * 2
