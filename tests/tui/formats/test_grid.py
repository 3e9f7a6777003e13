"""Pairs as a grid in CSV."""

from __future__ import annotations

import io
from threading import Event

import pytest

from ssmtrail.queries.errors import Cancelled
from ssmtrail.queries.filters import Filter
from ssmtrail.queries.model import Scope
from ssmtrail.queries.times import Window
from ssmtrail.tui.formats.text import write_grid
from tests.fakes import a_matrix

ALL = Scope(Window(), Filter())


def grid(cells: dict[tuple[str | None, str | None], int]) -> list[str]:
    out = io.BytesIO()
    write_grid(a_matrix(ALL, cells), out, Event())
    return out.getvalue().decode().split("\r\n")


def test_people_down_machines_across() -> None:
    assert grid({("jane", "i-1"): 3, ("max", "i-2"): 2, ("max", "i-1"): -4, (None, None): 1}) == [
        "account,person,person_kind,person_id,role,i-1,i-2,,sum",
        "111122223333,jane,role-session,,,3,,,3",
        "111122223333,max,role-session,,,0,2,,2",
        "111122223333,,unknown,,Admin,,,1,1",
        "sum,,,,,3,2,1,6",
        "",
    ]


def test_it_is_safe_for_spreadsheets() -> None:
    (head, row, *_) = grid({("=HYPERLINK(1)", "@x"): 1})
    assert head == "account,person,person_kind,person_id,role,'@x,sum"
    assert row == "111122223333,'=HYPERLINK(1),role-session,,,1,1"


def test_it_can_be_stopped() -> None:
    cancelled = Event()
    cancelled.set()
    with pytest.raises(Cancelled):
        write_grid(a_matrix(ALL, {("jane", "i-1"): 3}), io.BytesIO(), cancelled)
