from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ssmtrail.widgets.line_painter import merged
from ssmtrail.widgets.table_layout import Column, TableRow, fit_columns, header_runs, row_runs
from ssmtrail.widgets.text import cell_width
from tests.widgets.table_app import COLUMNS

CELLS = st.one_of(st.text(max_size=30), st.tuples(st.text(max_size=30), st.sampled_from(["", "muted", "bad", "warn"])))


def test_blanks_join_a_neighbour_of_any_style() -> None:
    assert merged([("  ", "", ""), ("denied", "", "bad"), ("  ", "", ""), ("x", "", "bad"), ("y", "", "")]) == [
        ("  denied  x", "", "bad"),
        ("y", "", ""),
    ]


def test_blanks_of_another_part_stay_apart() -> None:
    assert merged([("a", "cursor", ""), (" ", "cell", ""), ("b", "cursor", "")]) == [
        ("a", "cursor", ""),
        (" ", "cell", ""),
        ("b", "cursor", ""),
    ]


def test_nothing_is_muted_on_the_cursors_row() -> None:
    placed = fit_columns([Column("a", "a", 5), Column("b", "b", 5)], 30)
    row = TableRow("k", {"a": "x", "b": ("y", "muted")})
    assert [run[2] for run in row_runs(row, placed, None, ascii_only=False)] == ["", "muted"]
    assert {run[2] for run in row_runs(row, placed, "a", ascii_only=False)} == {""}


def test_a_sign_stands_in_the_gap_behind_its_column() -> None:
    placed = fit_columns([Column("a", "a", 5), Column("b", "b", 5)], 18)
    row = TableRow("k", {"a": "jane", "b": "web"}, signs={"a": ("*", "muted")})
    runs = row_runs(row, placed, None, ascii_only=False)
    assert "".join(text for text, _, _ in runs) == "   jane * web    "
    assert [style for text, _, style in runs if "*" in text] == ["muted"]
    assert {style for _, _, style in row_runs(row, placed, "b", ascii_only=False)} == {""}


@given(
    st.dictionaries(st.sampled_from([c.key for c in COLUMNS]), CELLS),
    CELLS,
    st.dictionaries(st.sampled_from([c.key for c in COLUMNS]), CELLS),
    st.integers(30, 200),
    st.booleans(),
)
def test_every_row_is_as_wide_as_its_columns(
    cells: dict[str, str | tuple[str, str]],
    mark: str | tuple[str, str],
    behind: dict[str, str | tuple[str, str]],
    width: int,
    ascii_only: bool,
) -> None:
    placed = fit_columns(COLUMNS, width)
    end = placed[-1].x + placed[-1].width + 2
    for cursor in (None, placed[0].column.key):
        runs = row_runs(TableRow("k", cells, mark, behind), placed, cursor, ascii_only)
        assert sum(cell_width(text) for text, _, _ in runs) == end
        assert all(text.isprintable() for text, _, _ in runs)
    header = header_runs(placed, None, (("started", True),), ascii_only)
    assert sum(cell_width(text) for text, _, _ in header) == end
