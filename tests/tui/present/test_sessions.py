"""Sessions as rows of the list."""

from datetime import timedelta

import pytest

from ssmtrail.queries.model import Value
from ssmtrail.tui.frame.lists_text import Record
from ssmtrail.tui.signs import ASCII, UNICODE
from ssmtrail.tui.text import Clock
from ssmtrail.tui.views.sessions import call_columns, call_row, session_columns, session_row
from tests.fakes import NOON, a_call, a_session

UTC = Clock()


def shown(**changes: Value) -> dict[str, object]:
    row = session_row(Record(a_session(**changes)), UTC, UNICODE)
    return {**row.cells, "mark": row.mark}


def test_a_plain_session() -> None:
    cells = shown()
    assert cells["started"] == "23 Nov 12:00:00"
    assert cells["length"] == ("?", "warn")
    assert (cells["person"], cells["machine"], cells["kind"]) == ("jane.doe", "web-3", "› shell")
    assert cells["target"] == ("i-0ab1c2d3e4f5a6b7c", "muted")
    assert cells["mark"] == ""


@pytest.mark.parametrize(
    ("changes", "length"),
    [
        ({"length_bound": "exact", "ended_at": NOON + timedelta(seconds=843), "length_seconds": 843.0}, "14m03"),
        ({"length_bound": "least", "length_seconds": 8040.0}, ("≥ 2h14m", "warn")),
        ({"length_bound": "most", "length_seconds": 180_000.0}, ("≤ 2d02h", "warn")),
        ({"end_evidence": "no-shell", "ended_at": NOON, "length_seconds": 0.0}, ("no shell", "muted")),
        ({"status": "denied"}, ("denied", "bad")),
        ({"status": "failed"}, ("failed", "bad")),
    ],
)
def test_how_long_or_why_not(changes: dict[str, Value], length: object) -> None:
    assert shown(**changes)["length"] == length


def test_a_start_that_is_not_in_the_data_was_at_the_latest_then() -> None:
    cells = shown(status="orphan", started_at=None)
    assert cells["started"] == ("≤ 23 Nov 12:00", "warn")
    assert cells["mark"] == ("?", "warn")


@pytest.mark.parametrize(
    ("changes", "mark"),
    [({"status": "denied", "first_ever": True}, ("✗", "bad")), ({"first_ever": True}, ("+", "accent"))],
)
def test_one_mark_the_worst(changes: dict[str, Value], mark: object) -> None:
    assert shown(**changes)["mark"] == mark


def test_a_refused_resume_has_its_own_time() -> None:
    cells = shown(status="denied", started_at=None)
    assert (cells["started"], cells["length"], cells["mark"]) == ("23 Nov 12:00:00", ("denied", "bad"), ("✗", "bad"))


@pytest.mark.parametrize(
    ("changes", "sign"),
    [
        ({"person_evidence": "identity"}, ""),
        ({"person_evidence": "issuer", "claimed_name": "ops"}, ""),
        ({"person_evidence": "issuer", "claimed_name": "max", "claims_other": True}, ("≠", "warn")),
        ({"person_evidence": "issuer", "source_identity": "max"}, ("≠", "warn")),
        ({"person_evidence": "issuer", "source_identity": "jane.doe"}, ""),
        ({"person_evidence": "session-name"}, ("*", "muted")),
        ({"person_evidence": "source-identity", "source_identity": "jane.doe"}, ("*", "muted")),
        ({"person_evidence": "none", "person": None, "source_identity": "max"}, ""),
    ],
)
def test_a_name_that_may_be_another_ones_has_a_sign(changes: dict[str, Value], sign: object) -> None:
    assert session_row(Record(a_session(**changes)), UTC, UNICODE).signs["person"] == sign
    assert call_row(Record(a_call(**changes)), UTC, UNICODE).signs["person"] == sign


def test_a_conflict_is_marked() -> None:
    assert shown(conflict="target", first_ever=True)["mark"] == ("!", "warn")
    assert call_row(Record(a_call(conflict="target")), UTC, UNICODE).mark == ("!", "warn")


def test_a_default_port_and_an_omission_are_said() -> None:
    assert shown(destination="localhost:80", is_default_port=True)["destination"] == "localhost:80 (default)"
    assert shown(kind="unknown", is_omitted=True)["kind"] == ("? omitted", "warn")


def test_a_machine_without_a_name_is_known_by_its_id() -> None:
    assert shown(target_name=None)["machine"] == "i-0ab1c2d3e4f5a6b7c"
    assert shown(target_name=None, target=None)["machine"] == ("?", "warn")


def test_text_from_a_log_is_made_safe() -> None:
    cells = shown(person_shown="jane\x1b[2J", reason="a\nb", source_ip="\x9b31m", destination="\u202e")
    assert "\x1b" not in str(cells["person"])
    assert not any(ord(char) < 32 or ord(char) in (0x9B, 0x202E) for cell in cells.values() for char in str(cell))


def test_ascii_signs_are_ascii() -> None:
    row = session_row(Record(a_session(kind="remote-port-forward", status="denied")), UTC, ASCII)
    assert all(str(cell).isascii() for cell in (*row.cells.values(), row.mark))


def test_every_column_has_cells_and_a_place_in_the_answer() -> None:
    from ssmtrail.queries.relations import columns_of

    for listed, cells, name in (
        (session_columns(UTC, has_policy=True), session_row(Record(a_session()), UTC, UNICODE).cells, "sessions"),
        (call_columns(UTC), call_row(Record(a_call()), UTC, UNICODE).cells, "calls"),
    ):
        assert [entry.key for entry in listed] == list(cells)
        assert {column for entry in listed for column in (entry.sort, *entry.exports)} <= set(columns_of(name))  # type: ignore[arg-type]


def test_verdicts_have_a_column_where_there_is_a_policy() -> None:
    assert "policy" not in [entry.key for entry in session_columns(UTC)]
    shown = {None: "", "violation": ("violation", "bad"), "allowed": ("allowed", "muted")}
    shown |= {"unjudged": ("unjudged", "warn"), "allowed-reported": ("reported", "warn")}
    for verdict, cell in shown.items():
        row = session_row(Record(a_session(policy=verdict)), UTC, UNICODE)
        assert (row.cells["policy"], row.mark == ("!", "bad")) == (cell, verdict == "violation")


def test_every_filter_key_of_a_column_exists() -> None:
    from ssmtrail.queries.filters.keys import find_key

    assert all(find_key(entry.filter) for entry in (*session_columns(UTC), *call_columns(UTC)) if entry.filter)


def test_a_denied_call_is_marked() -> None:
    row = call_row(Record(a_call(status="denied", error_code="AccessDenied")), UTC, UNICODE)
    assert (row.mark, row.cells["status"], row.cells["error"]) == (
        ("✗", "bad"),
        ("denied", "bad"),
        ("AccessDenied", "bad"),
    )
