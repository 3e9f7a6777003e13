from __future__ import annotations

import json
import sys
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len

from ssmtrail.widgets.text import (
    MARKS_LIMIT,
    cell_width,
    defuse_cell,
    safe,
    safe_json,
    safe_lines,
    shorten_end,
    shorten_host,
    shorten_middle,
    take_left,
    take_right,
)

#: Any text, surrogates too, with the treacherous characters far more often than by chance.
TEXTS = st.text(
    st.one_of(
        st.characters(exclude_categories=()),
        st.sampled_from(
            "\x1b\x9b\0\n\r\t\x7f\u061c\u200b\u200e\u202e\u2066\ufeff\u00ad\ufe0f\u3164\u1160\ud800=+-@\\ "
        ),
        st.sampled_from("aé漢字\u0301\u0300\u0308\u0903\u20dd👍\U0001f3fd\U0001f1e9"),
    )
)


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("jane.doe@example.com", "jane.doe@example.com"),
        ("René 漢字 Ωmega", "René 漢字 Ωmega"),
        ("\x1b]52;c;aGk=\x07", r"\x1b]52;c;aGk=\x07"),
        ("a\nb\r\tc\0", r"a\nb\r\tc\x00"),
        ("\x9b31m", r"\x9b31m"),
        ("invoice\u202efdp.exe", r"invoice\u202efdp.exe"),
        ("ad\u200bmin", r"ad\u200bmin"),
        ("x\ufe0f\U000e0041", r"x\ufe0f\U000e0041"),
        ("\u3164\u115f\uffa0\u2800", r"\u3164\u115f\uffa0\u2800"),
        ("a\u2028b\u00a0c", r"a\u2028b\xa0c"),
        ("\ud83d", r"\ud83d"),
        ("C:\\x1b", "C:\\x1b"),
        ("\u0301a", r"\u0301a"),
        ("e\u0301", "e\u0301"),
        ("Z" + "\u0301" * 5, "Z" + "\u0301" * 3 + r"\u0301\u0301"),
    ],
)
def test_shows_what_a_terminal_would_obey_or_hide(raw: str, shown: str) -> None:
    assert safe(raw) == shown


@given(TEXTS)
@example("e\u0301\ufe0f\u0301\u0301\u0301")
def test_is_printable_and_safe_of_itself(text: str) -> None:
    once = safe(text)
    assert once.isprintable()
    assert safe(once) == once


@given(TEXTS)
def test_hides_nothing_and_changes_no_plain_text(text: str) -> None:
    """Undoing the escapes gives the text back, but where the text had such escapes itself."""
    if "\\" not in text:
        back = safe(text).encode("latin-1", "backslashreplace").decode("unicode_escape")
        assert back == text


@given(TEXTS)
def test_width_is_what_textual_lays_out_by(text: str) -> None:
    once = safe(text)
    assert cell_width(once) == cell_len(once)


@pytest.fixture(scope="module")
def let_through() -> set[str]:
    """Every character that is shown as it is behind a letter."""
    return set(safe("".join(f"a{chr(code)}" for code in range(sys.maxunicode + 1))))


def test_width_of_every_character_that_is_let_through(let_through: set[str]) -> None:
    texts = [f"a{char}" for char in let_through]
    assert len(texts) > 100_000
    assert [text for text in texts if cell_width(text) != cell_len(text)] == []


def test_nothing_that_unicode_calls_format_or_ignorable_is_let_through(let_through: set[str]) -> None:
    hidden = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"}
    assert {char for char in let_through if unicodedata.category(char) in hidden} == {" "}


@given(TEXTS)
def test_piles_of_marks_are_limited(text: str) -> None:
    pile = MARKS_LIMIT
    for char in safe(text):
        pile = pile + 1 if unicodedata.category(char).startswith("M") else 0
        assert pile <= MARKS_LIMIT


@given(TEXTS)
def test_lines_keep_line_feeds_only(text: str) -> None:
    shown = safe_lines(text)
    assert shown.count("\n") == text.count("\n")
    assert shown.replace("\n", "").isprintable()


@pytest.mark.parametrize(
    "raw",
    ["=1+1", "+1", "-1", "@SUM", " =1", "\t=1", "\r=1", "\n=1", "\u3000＝1", "＋1", "－1", "＠x", "\xa0=1", "\tplain"],
)
def test_defuses_formulas(raw: str) -> None:
    assert defuse_cell(raw) == "'" + safe(raw)


@given(TEXTS)
def test_a_defused_cell_never_begins_a_formula(text: str) -> None:
    cell = defuse_cell(text)
    assert cell.isprintable()
    assert not cell.lstrip().startswith(tuple("=+-@＝＋－＠"))
    assert cell in {safe(text), "'" + safe(text)}


@pytest.mark.parametrize("text", ["jane", "1,284", "a=b", "'quoted", ""])
def test_leaves_harmless_cells_alone(text: str) -> None:
    assert defuse_cell(text) == text


def test_shortens_identifiers_in_the_middle() -> None:
    assert shorten_middle("i-0ab1c2d3e4f5a6b7c4", 9) == "i-0ab1…c4"
    assert shorten_middle("i-0ab1c2d3e4f5a6b7c4", 10, ascii_only=True) == "i-0ab1..c4"
    assert shorten_middle("web-3", 9) == "web-3"
    assert shorten_end("f832760f-aaaa", 9) == "f832760f…"


def test_a_port_is_never_cut() -> None:
    assert shorten_host("orders.cluster-c9.rds.amazonaws.com:5432", 16) == "orders.clu…:5432"
    assert shorten_host("orders.cluster-c9.rds.amazonaws.com:50001", 12) == "order…:50001"
    assert shorten_host("orders.rds:5432", 12, ascii_only=True) == "order..:5432"
    assert shorten_host("orders.rds:5432", 6) == "…:5432"
    assert shorten_host("orders.rds:5432", 15) == "orders.rds:5432"
    assert shorten_host("i-0ab1c2d3e4f5a6b7c4", 9) == "i-0ab1…c4"


@given(st.one_of(TEXTS, TEXTS.map(lambda host: f"{host}:5432")), st.integers(0, 30), st.booleans())
def test_what_is_shortened_fits(text: str, width: int, ascii_only: bool) -> None:
    text = safe(text)
    for shorten in (shorten_end, shorten_middle, shorten_host):
        short = shorten(text, width, ascii_only)
        assert cell_width(short) <= width
        assert (short == text) == (cell_width(text) <= width)


@given(TEXTS, st.integers(-1, 30))
def test_takes_as_much_as_fits(text: str, width: int) -> None:
    text = safe(text)
    left, right = take_left(text, width), take_right(text, width)
    assert text.startswith(left)
    assert text.endswith(right)
    assert max(cell_width(left), cell_width(right)) <= max(0, width)
    assert cell_width(text) <= width or min(cell_width(left), cell_width(right)) >= width - 1


@given(st.dictionaries(st.text(), st.text() | st.integers() | st.none()))
def test_json_stays_the_same_json(value: dict[str, object]) -> None:
    for text in (json.dumps(value), json.dumps(value, ensure_ascii=False), json.dumps(value, indent=2)):
        shown = safe_json(text)
        assert json.loads(shown) == value
        assert all(safe(line) == line for line in shown.split("\n"))
