"""Moments that people type."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssmtrail.queries.errors import UsageError
from ssmtrail.tui.text import Clock
from ssmtrail.tui.typed_moment import typed_moment

ABOUT = datetime(2026, 11, 21, 12, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "zone", "meant"),
    [
        ("09:30", "UTC", "2026-11-21 09:30"),
        (" 9:30:15 ", "UTC", "2026-11-21 09:30:15"),
        ("09:30", "Europe/Berlin", "2026-11-21 08:30"),
        ("09:30Z", "Europe/Berlin", "2026-11-21 09:30"),
        ("09:30+05:30", "UTC", "2026-11-21 04:00"),
        ("09:30 UTC", "Europe/Berlin", "2026-11-21 09:30"),
        ("09:30 europe/berlin", "UTC", "2026-11-21 08:30"),
        ("20 Nov 09:30", "UTC", "2026-11-20 09:30"),
        ("20. november, 09:30", "UTC", "2026-11-20 09:30"),
        ("20 Nov 2024 09:30", "UTC", "2024-11-20 09:30"),
        ("3 Jan 09:30", "UTC", "2027-01-03 09:30"),
        ("29 Feb 2024 09:30", "UTC", "2024-02-29 09:30"),
        ("2026-11-20T09:30", "Europe/Berlin", "2026-11-20 08:30"),
        ("2026-11-20 09:30", "UTC", "2026-11-20 09:30"),
        ("2026-11-20 09:30 Europe/Berlin", "UTC", "2026-11-20 08:30"),
        ("2026-11-20T09:30:00+01:00", "UTC", "2026-11-20 08:30"),
        ("2026-11-20", "Europe/Berlin", "2026-11-19 23:00"),
        ("20 Nov", "UTC", "2026-11-20 00:00"),
        ("20. November 2024", "Europe/Berlin", "2024-11-19 23:00"),
    ],
)
def test_what_is_meant(text: str, zone: str, meant: str) -> None:
    assert typed_moment(text, ABOUT, zone) == datetime.fromisoformat(meant).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    ["", "  ", "25:00", "12:60", "noon", "12", "30d", "12h", "31 Feb 12:00", "31 Feb", "20 Nox 12:00", "12:00 Nowhere",
     "12:00 x y", "2026-13-01", "99999-01-01T12:00", "0001-01-01T00:00", "x 12:00", "12:00 12:00", "29 Feb 12:00",
     "\x1b[31m12:00"],
)  # fmt: skip
def test_what_is_none_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(UsageError, match=r"is no time: give 12:12, 21 Nov 12:12, tuesday-12:12 or 2026-11-21$"):
        typed_moment(text, ABOUT, "UTC")


def test_the_sentence_of_a_short_text_fits_eighty_columns() -> None:
    with pytest.raises(UsageError) as caught:
        typed_moment("25:99", ABOUT, "UTC")
    assert len(str(caught.value)) <= 78


@given(st.text(max_size=30))
def test_nothing_breaks_it(text: str) -> None:
    with suppress(UsageError):
        assert typed_moment(text, ABOUT, "Europe/Berlin").tzinfo is UTC


@given(
    st.integers(0, 130 * 365 * 86_400).map(lambda seconds: datetime(1971, 1, 1, tzinfo=UTC) + timedelta(0, seconds)),
    st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kolkata", "America/St_Johns"]),
)
def test_what_is_shown_can_be_typed(moment: datetime, zone: str) -> None:
    assert typed_moment(Clock(zone).exact(moment), ABOUT, "UTC") == moment
