"""Exports: whole or not at all."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from threading import Event

import pytest

from ssmtrail.queries.errors import Cancelled, StoreError
from ssmtrail.queries.filters import Filter
from ssmtrail.queries.model import Question, Scope
from ssmtrail.queries.times import Window
from ssmtrail.tui.frame.export import ENDINGS, ExportOrder, export
from tests.fakes import FakeAnswer, a_session

ROWS = tuple(a_session(key=f"e{number}", person=f"person {number}") for number in range(3))
ANSWER = FakeAnswer(Question("sessions", Scope(Window(), Filter())), ROWS, 3)
COLUMNS = ("person", "target")


@pytest.mark.parametrize("ending", ENDINGS)
def test_every_ending_has_a_writer(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"out{ending}"
    assert export(ANSWER, ExportOrder(path, COLUMNS), Event()) == 3
    assert path.stat().st_size > 0
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_the_columns_asked_for_in_their_order(tmp_path: Path) -> None:
    path = tmp_path / "out.json"
    export(ANSWER, ExportOrder(path, ("target", "person")), Event())
    assert [list(row) for row in json.loads(path.read_text())] == [["target", "person"]] * 3


def test_what_is_there_is_not_replaced_unless_that_was_agreed(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    path.write_text("precious")
    with pytest.raises(StoreError, match="appeared meanwhile"):
        export(ANSWER, ExportOrder(path, COLUMNS), Event())
    assert path.read_text() == "precious"
    export(ANSWER, ExportOrder(path, COLUMNS, overwrite=True), Event())
    assert path.read_text().startswith("person,target")


def test_a_cancelled_export_leaves_nothing(tmp_path: Path) -> None:
    cancelled = Event()
    cancelled.set()
    with pytest.raises(Cancelled):
        export(ANSWER, ExportOrder(tmp_path / "out.csv", COLUMNS), cancelled)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="was not written: No such file"):
        export(ANSWER, ExportOrder(tmp_path / "none" / "out.csv", COLUMNS), Event())
