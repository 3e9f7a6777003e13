"""What two answers differ in."""

from __future__ import annotations

from tests.trino.differences import differences

ROW = {"event_id": "a", "person": "jane", "target": "i-0aaa"}


def test_equal_answers_differ_in_nothing() -> None:
    assert differences([ROW, ROW], [dict(reversed(ROW.items())), ROW], ["event_id"]) == ""


def test_a_row_that_differs_is_found_by_its_columns() -> None:
    found = differences([ROW], [ROW | {"person": None}], ["event_id"])
    assert found.splitlines() == [
        "1 rows of the local engine's are not Trino's, 1 of Trino's are not the local's",
        '  {"event_id": "a"}: person is "jane" locally, null in Trino',
    ]


def test_rows_of_one_side_are_found_whole() -> None:
    other = ROW | {"event_id": "b"}
    found = differences([ROW, ROW], [ROW, other], ["event_id"]).splitlines()
    assert found[1].startswith('  {"event_id": "a"}: only the local engine has {"event_id": "a"')
    assert found[2].startswith('  {"event_id": "b"}: only Trino has {"event_id": "b"')


def test_long_values_are_shown_where_they_part() -> None:
    found = differences([ROW | {"target": "x" * 500 + "1"}], [ROW | {"target": "x" * 500 + "2"}], ["event_id"])
    assert 'x1" locally' in found
    assert 'x2" in Trino' in found
    assert len(found) < 300


def test_many_rows_are_counted() -> None:
    found = differences([ROW | {"event_id": str(number)} for number in range(8)], [], ["event_id"])
    assert found.startswith("8 rows of the local engine's")
    assert len(found.splitlines()) == 7
    assert found.endswith("and 3 more")
