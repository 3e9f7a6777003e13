from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ssmtrail.widgets.styled_lines import wrapped
from ssmtrail.widgets.text import cell_width, safe

RUNS = st.lists(st.tuples(st.text(alphabet="ab 漢é\u0301.", max_size=20).map(safe), st.sampled_from(["", "bad"])))


def plain(runs: list[tuple[str, str]], width: int, indent: int = 0) -> list[str]:
    return ["".join(run[0] for run in line) for line in wrapped(runs, width, indent)]


def test_breaks_behind_spaces() -> None:
    assert plain([("not recorded, it was alive", "")], 14) == ["not recorded, ", "it was alive"]


def test_breaks_long_words_where_the_line_ends() -> None:
    assert plain([("0123456789", "")], 4) == ["0123", "4567", "89"]


def test_indents_what_goes_on() -> None:
    assert plain([("  ", ""), ('"arn": ', "key"), ("abcdefghij", "text")], 14, 4) == ['  "arn": ', "    abcdefghij"]


def test_nothing_is_one_empty_line() -> None:
    assert wrapped([], 10) == [[]]


@given(RUNS, st.integers(2, 20), st.integers(0, 6))
def test_loses_nothing_and_fits(runs: list[tuple[str, str]], width: int, indent: int) -> None:
    lines = wrapped(runs, width, indent)
    margin = indent if indent <= width // 2 else 0
    body = [line[1:] if margin and index else line for index, line in enumerate(lines)]
    assert "".join(text for line in body for text, _ in line) == "".join(text for text, _ in runs)
    assert all(sum(cell_width(text) for text, _ in line) <= max(width, margin + 2) for line in lines)
