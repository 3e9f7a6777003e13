"""Spans: what is kept, what is left to read, and which stretches are kept of all walks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ssmtrail.queries.store.spans import GRACE, Span, covered_by_all, gaps, merged

T0 = datetime(2026, 11, 20, tzinfo=UTC)


def at(hours: float) -> datetime:
    return T0 + timedelta(hours=hours)


def span(start: float, end: float, asked: float | None = None, name: str = "StartSession") -> Span:
    return Span("111122223333", "eu-central-1", name, at(start), at(end), at(end if asked is None else asked))


ALL = at(0), at(48)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("kept", "left"),
    [
        ([], [ALL]),
        ([span(0, 48, asked=60)], []),
        # The two hours before it was asked are read again: calls arrive late.
        ([span(0, 48)], [(at(48) - GRACE + SECOND, at(48))]),
        # A walk that was stopped has the newest part.
        ([span(30, 48, asked=60)], [(at(0), at(30) - SECOND)]),
        (
            [span(0, 10, asked=60), span(30, 40, asked=60)],
            [(at(40) + SECOND, at(48)), (at(10) + SECOND, at(30) - SECOND)],
        ),
    ],
)  # fmt: skip
def test_gaps_are_what_is_not_kept_for_good(kept: list[Span], left: list[tuple[datetime, datetime]]) -> None:
    assert gaps(ALL, kept) == left


def test_a_later_span_that_reads_the_last_hours_again_joins() -> None:
    assert merged([span(0, 24), span(22, 30)]) == (span(0, 30),)
    # One that leaves out the last hours, in which calls may have arrived, does not.
    assert len(merged([span(0, 24), span(24, 30)])) == 2
    # Nor do other names.
    assert len(merged([span(0, 24), span(0, 24, name="ResumeSession")])) == 2


def test_an_older_part_that_is_read_later_keeps_the_time_of_the_newer() -> None:
    newer, older = span(20, 30, asked=30), span(0, 20, asked=40)
    assert merged([newer, older]) == (span(0, 30, asked=30),)


def test_a_stretch_counts_where_all_walks_have_it() -> None:
    kept = [span(0, 10, asked=60), span(20, 40, asked=60), span(5, 30, asked=60, name="ResumeSession")]
    walks = [("111122223333", "eu-central-1", name) for name in ("StartSession", "ResumeSession")]
    assert covered_by_all(walks, kept) == ((at(5), at(10)), (at(20), at(30)))
    assert covered_by_all([*walks, ("111122223333", "eu-west-1", "StartSession")], kept) == ()
    assert covered_by_all(walks[:1], [span(0, 10)], final=True) == ((at(0), at(10) - GRACE),)
