"""Lines that the engine spells are, to the byte, those that the formats write from values."""

from __future__ import annotations

import io
from contextlib import closing
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssmtrail.queries.engine import connect
from ssmtrail.queries.filters import Filter
from ssmtrail.queries.inventory import Inventory
from ssmtrail.queries.lines import spelled
from ssmtrail.queries.model import Question, QuestionName, Scope, Spelling
from ssmtrail.queries.relations import COLUMN_TYPES, FIELDS, columns_of, typed
from ssmtrail.queries.times import Window
from ssmtrail.tui.formats import Format, write_rows
from ssmtrail.tui.formats.rows import Rows
from tests.hostile import HOSTILE, hostile_folder, hostile_inventory
from tests.queries.test_numbers_agree import NEVER
from tests.records import opened

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from duckdb import DuckDBPyConnection

    from ssmtrail.queries.model import Value
    from ssmtrail.queries.trail import Trail

COLUMNS = ("person", "started_at", "resumes", "event_ids", "role")
FORMATS: dict[Spelling, Format] = {"csv": "csv", "json": "jsonl"}
SPELLINGS: tuple[Spelling, ...] = get_args(Spelling)
NOON = datetime(2026, 11, 23, 12, 4, 11)  # noqa: DTZ001 - the engine knows no zones
#: A row each, and whether the engine spells it in CSV, in JSON.
PLAIN = [
    (("jane.doe", NOON, 12, ["e1", "e 2"], "Admin"), True, True),
    ((None, None, None, None, None), True, True),
    (("", NOON, -1, [], "Müller-Şahin"), True, True),
    (('say "hi", twice\\', NOON, 0, [""], "a,b"), True, True),
    (("'quoted", NOON, 0, ["a", ""], "x"), True, True),
    ((" led by a blank", NOON, 0, [], ""), False, True),
    (("=1+1", NOON, 0, [], ""), False, True),
    (("two\nlines", NOON, 0, [], ""), False, False),
    (("x", NOON + timedelta(milliseconds=1), 0, [], ""), False, False),
    (("x", NOON, 0, ['"'], ""), True, False),
    (("e\u0301", NOON, 0, [], ""), False, False),
]

texts = st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
texts |= st.text(" =+-@'\",;\t\\aZ~/é\x7f", max_size=6) | st.sampled_from([*HOSTILE.values()]).map(
    lambda text: text.encode("utf-8", "replace").decode()
)
rows = st.tuples(
    texts,
    st.none() | st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31)).map(lambda at: at.replace(microsecond=0)),  # noqa: DTZ001
    st.none() | st.integers(-(2**62), 2**62),
    st.none() | st.lists(texts.filter(lambda text: text is not None), max_size=3),
    texts,
)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckDBPyConnection]:
    with closing(connect(tmp_path_factory.mktemp("scratch"))) as connection:
        yield connection


def by_engine(engine: DuckDBPyConnection, row: tuple[Any, ...], spelling: Spelling) -> str | None:
    return all_by_engine(engine, [row], spelling)[0]


def all_by_engine(engine: DuckDBPyConnection, rows: Sequence[tuple[Any, ...]], spelling: Spelling) -> list[str | None]:
    types = (COLUMN_TYPES.get(name, "VARCHAR").replace("TIMESTAMPTZ", "TIMESTAMP") for name in COLUMNS)
    values = ", ".join(f'unnest(?::{kind}[]) AS "{name}"' for name, kind in zip(COLUMNS, types, strict=True))
    columns = [list(column) for column in zip(*rows, strict=True)]
    found = engine.execute(f"SELECT {spelled(spelling, COLUMNS)} FROM (SELECT {values})", columns).fetchall()
    return [line for (line,) in found]


def by_values(row: tuple[Any, ...], spelling: Spelling) -> str:
    values: tuple[Value, ...] = tuple(map(typed, row))
    out = io.BytesIO()
    write_rows(FORMATS[spelling], Rows(COLUMNS, lambda: iter([(values,)])), out)
    lines = out.getvalue().decode()
    return lines.split("\r\n", 1)[1].removesuffix("\r\n") if spelling == "csv" else lines.removesuffix("\n")


@pytest.mark.parametrize(("row", "csv", "json"), PLAIN)
def test_what_needs_no_care_is_spelled(engine: DuckDBPyConnection, row: tuple[Any, ...], csv: bool, json: bool) -> None:
    for spelling, is_spelled in zip(SPELLINGS, (csv, json), strict=True):
        assert by_engine(engine, row, spelling) == (by_values(row, spelling) if is_spelled else None)


@given(row=rows)
def test_what_is_spelled_is_what_the_formats_write(engine: DuckDBPyConnection, row: tuple[Any, ...]) -> None:
    for spelling in SPELLINGS:
        assert by_engine(engine, row, spelling) in {None, by_values(row, spelling)}


def test_every_letter_is_spelled_as_the_formats_write_it(engine: DuckDBPyConnection) -> None:
    letters = map(chr, (*range(1, 0x250), 0x2028, 0xFF1D, 0xFFFD, 0x1F600))
    rows = [(text, None, None, [text], text) for letter in letters for text in (letter, f"a{letter}")]
    for spelling in SPELLINGS:
        for row, line in zip(rows, all_by_engine(engine, rows, spelling), strict=True):
            assert line in {None, by_values(row, spelling)}


def test_what_the_engine_cannot_spell_is_left_to_the_formats() -> None:
    assert spelled("csv", ("key", "length_seconds")) is None
    assert spelled("json", ("key", "first_ever")) is None
    assert spelled("csv", ("person",)) is None  # a line could be empty


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trail]:
    home = tmp_path_factory.mktemp("hostile")
    inventory = Inventory.load(hostile_inventory(home / "inventory.json"))
    with opened(hostile_folder(home / "trail"), home / "store", inventory) as service:
        yield service


@pytest.mark.parametrize("form", ["csv", "json", "jsonl"])
@pytest.mark.parametrize("limit", [None, 7])
@pytest.mark.parametrize("columns", [FIELDS, None], ids=["fields", "all"])
@pytest.mark.parametrize("name", get_args(QuestionName))
def test_hostile_answers_are_written_alike(
    hostile: Trail,
    name: QuestionName,
    columns: dict[QuestionName, Any] | None,
    limit: int | None,
    form: Format,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for size in ("_LINES", "_COUNTED_LINES"):  # so few that there are several pages
        monkeypatch.setattr(f"ssmtrail.tui.formats.rows.{size}", 5 if limit else 29)
    moment = next(row.started_at for row in hostile.sessions() if row.started_at) if name == "as-of" else None
    answer = hostile.ask(Question(name, Scope(Window(), Filter(), "Europe/Berlin"), moment=moment), NEVER)
    rows = Rows.of(answer, columns[name] if columns else columns_of(name), NEVER, limit)
    quick, slow = io.BytesIO(), io.BytesIO()
    write_rows(form, rows, quick)
    write_rows(form, Rows(rows.columns, rows.pages), slow)
    assert quick.getvalue() == slow.getvalue()
    assert answer.totals.rows
    answer.close()
