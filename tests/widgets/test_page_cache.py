from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ssmtrail.widgets.pages import BLOCK, BLOCKS_KEPT, PageCache


def test_asks_for_what_is_seen_first_then_around_it_and_once() -> None:
    pages: PageCache[int] = PageCache("t", 10 * BLOCK)
    few = BLOCK // 3
    seen = (3 * BLOCK, 3 * BLOCK + few)
    assert pages.wanted(*seen, ahead=few) == [(3 * BLOCK, BLOCK)]
    assert pages.wanted(*seen, ahead=few) == []
    pages.put(3 * BLOCK, range(BLOCK))
    assert pages.wanted(*seen, ahead=few) == [(2 * BLOCK, BLOCK)]
    assert pages.wanted(*seen, ahead=few) == []


def test_asks_for_no_row_beyond_the_end() -> None:
    pages: PageCache[int] = PageCache("t", BLOCK + 5)
    assert pages.wanted(0, 40, ahead=BLOCK) == [(0, BLOCK + 5)]
    pages.put(0, range(BLOCK + 5))
    assert pages.wanted(0, 40, ahead=BLOCK) == []
    assert PageCache("t", 0).wanted(0, 40, ahead=40) == []


def test_what_lies_side_by_side_is_one_page_still_wanted_when_its_beginning_came() -> None:
    pages: PageCache[int] = PageCache("t", 10 * BLOCK)
    assert pages.wanted(0, 2 * BLOCK, ahead=BLOCK) == [(0, 3 * BLOCK)]
    pages.put(0, range(BLOCK))
    assert pages.is_wanted(0)
    pages.put(BLOCK, range(BLOCK, 3 * BLOCK))
    assert not pages.is_wanted(0)


def test_asks_again_for_what_went_out_of_reach_before_it_came() -> None:
    pages: PageCache[int] = PageCache("t", 100 * BLOCK)
    pages.wanted(0, 10, ahead=0)
    assert pages.is_wanted(0)
    pages.wanted(50 * BLOCK, 50 * BLOCK + 10, ahead=0)
    assert not pages.is_wanted(0)
    assert pages.wanted(0, 10, ahead=0) == [(0, BLOCK)]


def test_a_page_that_came_short_is_not_asked_for_for_ever() -> None:
    pages: PageCache[int] = PageCache("t", BLOCK)
    pages.wanted(0, 10, ahead=0)
    pages.put(0, range(3))
    assert pages.wanted(0, 10, ahead=0) == []
    assert (pages.row(2), pages.row(3)) == (2, None)
    pages.put(0, ())
    assert pages.covers(0, 10)


@given(st.lists(st.integers(0, 9_999), min_size=1, max_size=60))
def test_gives_the_right_rows_and_keeps_few(tops: list[int]) -> None:
    pages: PageCache[int] = PageCache("t", 10_000)
    for top in tops:
        for offset, limit in pages.wanted(top, top + 40, ahead=40):
            pages.put(offset, range(offset, offset + limit))
        assert pages.covers(top, top + 40)
        assert [pages.row(i) for i in range(top, min(top + 41, 10_000))] == list(range(top, min(top + 41, 10_000)))
        assert len(pages._blocks) <= BLOCKS_KEPT
