"""Formats: exact bytes for exact rows."""

import csv
import io
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssmtrail.queries.model import Row
from ssmtrail.tui.formats import Format, write_rows
from ssmtrail.tui.formats.rows import Rows

NOON = datetime(2026, 11, 23, 12, 4, 11, tzinfo=UTC)
COLUMNS = ("person", "started_at", "resumes", "event_ids")
ROWS: list[Row] = [
    ("jane.doe", NOON, 0, ("e1",)),
    ("=cmd|' /C calc'!A0", NOON.astimezone(ZoneInfo("Europe/Berlin")), 12, ("e2", "e3")),
    ('a\x1b[2J\n\u202eb,"c"Ünal', None, None, None),
    (None, None, -1, ()),
]


def written(form: Format, columns: Sequence[str], rows: Sequence[Row], width: int | None = None) -> bytes:
    out = io.BytesIO()
    write_rows(form, Rows(tuple(columns), lambda: iter([tuple(rows)])), out, width)
    return out.getvalue()


def test_json_is_exact_with_control_characters_escaped() -> None:
    assert written("json", COLUMNS, ROWS).decode() == (
        '[\n{"person": "jane.doe", "started_at": "2026-11-23T12:04:11Z", "resumes": 0, "event_ids": ["e1"]},\n'
        '{"person": "=cmd|\' /C calc\'!A0", "started_at": "2026-11-23T13:04:11+01:00", "resumes": 12, '
        '"event_ids": ["e2", "e3"]},\n'
        '{"person": "a\\u001b[2J\\n\\u202eb,\\"c\\"Ünal", "started_at": null, "resumes": null, "event_ids": null},\n'
        '{"person": null, "started_at": null, "resumes": -1, "event_ids": []}\n]\n'
    )


def test_json_lines() -> None:
    assert written("jsonl", ("a", "b"), [("x", True), ("y", None)]) == b'{"a": "x", "b": true}\n{"a": "y", "b": null}\n'


def test_csv_is_safe_for_spreadsheets() -> None:
    assert written("csv", COLUMNS, ROWS).decode() == (
        "person,started_at,resumes,event_ids\r\n"
        "jane.doe,2026-11-23T12:04:11Z,0,e1\r\n"
        "'=cmd|' /C calc'!A0,2026-11-23T13:04:11+01:00,12,e2 e3\r\n"
        '"a\\x1b[2J\\n\\u202eb,""c""Ünal",,,\r\n'
        ",,-1,\r\n"
    )


def test_table_is_aligned_and_safe() -> None:
    assert written("table", COLUMNS, ROWS).decode() == (
        "person                     started_at                 resumes  event_ids\n"
        "jane.doe                   2026-11-23T12:04:11Z             0  e1\n"
        "=cmd|' /C calc'!A0         2026-11-23T13:04:11+01:00       12  e2 e3\n"
        'a\\x1b[2J\\n\\u202eb,"c"Ünal\n'
        "                                                           -1\n"
    )


def test_a_table_fits_a_terminal_and_says_what_had_no_room() -> None:
    out = io.BytesIO()
    rows: list[Row] = [("i-0ab1c2d3e4f5a6b7c4i-0ab1c2d3e4f5a6b7c4", "日本", "one two three four", 7)]
    left = write_rows("table", Rows(("target", "person", "reason", "calls"), lambda: iter([tuple(rows)])), out, 46)
    assert out.getvalue().decode() == (
        "person  target                          calls\n日本    i-0ab1c2d3e4f5a6b7c4…4f5a6b7c4      7\n"
    )
    assert left == ("reason",)


@pytest.mark.parametrize(
    ("form", "nothing"),
    [("json", b"[]\n"), ("jsonl", b""), ("csv", b"a,b\r\n"), ("table", b"a  b\n")],
)
def test_no_rows(form: Format, nothing: bytes) -> None:
    assert written(form, ("a", "b"), []) == nothing


def test_parquet_is_typed(tmp_path: Path) -> None:
    path = tmp_path / "answer.parquet"
    path.write_bytes(written("parquet", COLUMNS, [*ROWS, ("\0\udcff", NOON, 1, ("é",))]))
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    described = connection.execute("DESCRIBE SELECT * FROM read_parquet($1)", [str(path)]).fetchall()
    assert [(name, kind) for name, kind, *_ in described] == [
        ("person", "VARCHAR"),
        ("started_at", "TIMESTAMP WITH TIME ZONE"),
        ("resumes", "BIGINT"),
        ("event_ids", "VARCHAR[]"),
    ]
    query = "SELECT person, epoch(started_at), resumes, event_ids FROM read_parquet($1)"
    assert connection.execute(query, [str(path)]).fetchall() == [
        ("jane.doe", NOON.timestamp(), 0, ["e1"]),
        ("=cmd|' /C calc'!A0", NOON.timestamp(), 12, ["e2", "e3"]),
        ('a\x1b[2J\n\u202eb,"c"Ünal', None, None, None),
        (None, None, -1, []),
        ("\0?", NOON.timestamp(), 1, ["é"]),
    ]
    connection.close()


def test_parquet_without_rows(tmp_path: Path) -> None:
    path = tmp_path / "answer.parquet"
    path.write_bytes(written("parquet", COLUMNS, []))
    assert duckdb.execute("SELECT count(*) FROM read_parquet($1)", [str(path)]).fetchall() == [(0,)]


@given(st.text(st.characters(exclude_categories=())))
def test_any_text_comes_back_from_json(text: str) -> None:
    made = written("json", ("a",), [(text,)])
    assert json.loads(made)[0]["a"] == text
    assert all(char.isprintable() or char == "\n" for char in made.decode())


@given(st.lists(st.tuples(st.text(), st.integers()), max_size=3))
def test_any_text_is_one_harmless_field_of_csv(rows: list[Any]) -> None:
    made = written("csv", ("a", "b"), rows).decode()
    fields = list(csv.reader(io.StringIO(made, newline="")))
    assert len(fields) == len(rows) + 1
    for (text, number), (field, shown) in zip(rows, fields[1:], strict=True):
        assert not field.startswith(("=", "+", "-", "@"))
        assert field.isprintable()
        assert text != "" or field == ""
        assert shown == str(number)
