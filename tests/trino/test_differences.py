"""What two answers differ in."""

from __future__ import annotations

from tests.trino.differences import differences

ROW = {"event_id": "a", "person": "jane", "target": "i-0aaa"}


def test_equal_answers_differ_in_nothing() -> None:
    assert differences([ROW, ROW], [dict(reversed(ROW.items())), ROW], ["event_id"]) == ""


def test_a_row_that_differs_is_told_by_its_columns() -> None:
    told = differences([ROW], [ROW | {"person": None}], ["event_id"])
    assert told.splitlines() == [
        "1 rows of the local engine's are not Trino's, 1 of Trino's are not the local's",
        '  {"event_id": "a"}: person is "jane" locally, null in Trino',
    ]


def test_rows_of_one_side_are_told_whole() -> None:
    other = ROW | {"event_id": "b"}
    told = differences([ROW, ROW], [ROW, other], ["event_id"]).splitlines()
    assert told[1].startswith('  {"event_id": "a"}: only the local engine has {"event_id": "a"')
    assert told[2].startswith('  {"event_id": "b"}: only Trino has {"event_id": "b"')


def test_long_values_are_shown_where_they_part() -> None:
    told = differences([ROW | {"target": "x" * 500 + "1"}], [ROW | {"target": "x" * 500 + "2"}], ["event_id"])
    assert 'x1" locally' in told
    assert 'x2" in Trino' in told
    assert len(told) < 300


def test_many_rows_are_counted() -> None:
    told = differences([ROW | {"event_id": str(number)} for number in range(8)], [], ["event_id"])
    assert told.startswith("8 rows of the local engine's")
    assert len(told.splitlines()) == 7
    assert told.endswith("and 3 more")
