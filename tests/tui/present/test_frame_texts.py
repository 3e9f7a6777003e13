"""Header, strip, provenance, progress, emptiness."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from ssmtrail.queries.filters import Filter
from ssmtrail.queries.model import Coverage, DayCoverage, Note, Progress, Question, Scope, Totals, Unreadable
from ssmtrail.queries.times import Window
from ssmtrail.tui.frame.empty_text import Circumstances, why_empty
from ssmtrail.tui.frame.text import (
    Heading,
    coverage_summary,
    day_label,
    files_facts,
    files_summary,
    header_line,
    progress_line,
    provenance,
    running,
    strip_days,
    totals_texts,
    unreadable_summary,
    window_text,
)
from ssmtrail.tui.signs import ASCII, UNICODE, signs_for
from ssmtrail.tui.text import Clock
from tests.fakes import NOON
from tests.tui.organisation import plausible_coverage

SESSIONS = Question("sessions", Scope(Window(), Filter()))
HEADING = Heading("demo", "25 Oct - 23 Nov 2026 · 30 d · UTC", ("1,284 sessions", "41 identities", "187 machines"))

#: The last day of what is plausible.
TODAY = date(2026, 11, 23)


@pytest.mark.parametrize("width", [200, 120, 80, 60])
def test_the_header_fills_its_line_and_keeps_what_matters(width: int) -> None:
    line = header_line(HEADING, width, UNICODE)
    assert line.cell_length == width
    assert "25 Oct - 23 Nov 2026 · 30 d · UTC" in line.plain
    assert ("187 machines" in line.plain) == (width >= 120)


def test_a_long_source_is_cut_in_its_middle_before_the_window_and_the_counts_are() -> None:
    heading = Heading(
        "logs /srv/evidence/2026/customer-4711/AWSLogs", "31 Oct - 29 Nov 2026 · 30 d · UTC", ("9 sessions",)
    )
    line = header_line(heading, 80, UNICODE)
    assert line.cell_length == 80
    assert "31 Oct - 29 Nov 2026 · 30 d · UTC" in line.plain
    assert "9 sessions" in line.plain
    assert line.plain.startswith(" logs /srv/")
    assert "…" in line.plain
    assert "AWSLogs" in line.plain


def test_a_long_path_keeps_its_end() -> None:
    path = ("People", "jane.doe", "web-3", "Sessions")
    heading = Heading("demo", "31 Oct - 29 Nov 2026 · 30 d · UTC", ("9 sessions",), path)
    assert "demo › … › web-3 › Sessions" in header_line(heading, 84, UNICODE).plain


def test_totals_count_what_is_measured() -> None:
    totals = Totals(1_300, 1_300, 1_284, 1, 187)
    assert totals_texts(totals, "sessions") == ("1,284 sessions", "1 identity", "187 machines")
    assert totals_texts(totals, "calls")[0] == "1,300 calls"


def test_an_unbounded_window_says_what_it_covers() -> None:
    text = window_text(SESSIONS.scope, plausible_coverage(), Clock(), NOON)
    assert text == "25 Oct - 23 Nov 2026 · 30 d · UTC"


def test_another_zone_always_shows_its_offset() -> None:
    scope = Scope(Window(NOON, NOON + timedelta(hours=12)), Filter(), "Europe/Berlin")
    assert window_text(scope, None, Clock("Europe/Berlin"), NOON).endswith("Europe/Berlin UTC+01:00")


def test_an_open_window_is_named_by_the_days_of_its_events() -> None:
    """The folder of a day holds records of the day before, delivered late."""
    covered = replace(plausible_coverage(), first_event=date(2026, 10, 24), last_event=date(2026, 11, 23))
    text = window_text(Scope(Window(), Filter()), covered, Clock(), NOON)
    assert text == "24 Oct - 23 Nov 2026 · 31 d · UTC"


def test_a_day_says_everything() -> None:
    day = DayCoverage(date(2026, 11, 4), "kept", 12, 3_100_000, 1)
    assert day_label(day, UNICODE) == "Wed 4 Nov 2026 · read · 12 files · 3.1 MB · 1 could not be read"


def test_a_day_of_an_older_version_has_a_mark_and_says_what_it_lacks() -> None:
    day = DayCoverage(date(2026, 11, 4), "kept", 12, 3_100_000, extraction=1)
    label, mark = strip_days(Coverage((day,)), ASCII)[0]
    assert mark == "older"
    assert "read . no other doors, issued keys or machine names" in label.replace(ASCII.dot, ".")
    assert strip_days(Coverage((replace(day, state="missing"),)), ASCII)[0][1] == "missing"


@pytest.mark.parametrize(
    ("state", "word", "mark", "said"),
    [
        ("kept", None, "kept", "read · 12 files"),
        ("kept", "proved", "proved", "read · proved whole and unchanged · 12 files"),
        ("kept", "unproved", "kept", "read · not proved · 12 files"),
        ("kept", "changed", "altered", "read · log files changed since delivery · 12 files"),
        ("kept", "missing", "altered", "read · log files are missing · 12 files"),
        ("kept", "unsigned", "altered", "read · log files in no digest · 12 files"),
        ("open", "proved", "open", "open, more may come · proved whole and unchanged · 12 files"),
    ],
)
def test_a_day_that_was_checked_has_a_mark_and_a_word(state: Any, word: str | None, mark: str, said: str) -> None:
    day = DayCoverage(date(2026, 11, 4), state, 12, 3_100_000, integrity=word)
    assert strip_days(Coverage((day,)), UNICODE) == [(f"Wed 4 Nov 2026 · {said} · 3.1 MB", mark)]


def test_the_summary_counts_what_was_proved_and_what_was_not() -> None:
    first = DayCoverage(date(2026, 11, 4), "kept", 1, 1, integrity="proved")
    other = replace(first, day=date(2026, 11, 5))
    assert coverage_summary(Coverage((first, other)), TODAY) == "2 days, proved"
    assert (
        coverage_summary(Coverage((first, replace(other, integrity="changed"))), TODAY) == "2 days, 1 proved, 1 altered"
    )
    assert coverage_summary(Coverage((first, replace(other, integrity=None))), TODAY) == "2 days, 1 proved"


def test_a_day_with_an_unreadable_file_shows_as_failed() -> None:
    assert [state for _, state in strip_days(plausible_coverage(), UNICODE)].count("failed") == 1


def test_summaries() -> None:
    assert coverage_summary(plausible_coverage(), TODAY) == "30 days, today still open"
    assert coverage_summary(plausible_coverage(), TODAY + timedelta(days=1)) == "30 days, 23 Nov still open"
    assert unreadable_summary(plausible_coverage()) == "2 files could not be read"
    assert unreadable_summary(Coverage()) == ""
    assert provenance(plausible_coverage(), Clock(), UNICODE) == "read 12:06:00 UTC · 360 files, 87.0 MB"
    assert provenance(Coverage(), Clock(), UNICODE) == "nothing read yet"


def test_the_provenance_names_settings_that_change_answers() -> None:
    coverage = Coverage(files=1, bytes=10, as_of=NOON, settings=("trust 3fa2b1c0", "inventory 01234567"))
    words = "read 12:00:00 UTC · 1 file, 10 B · trust 3fa2b1c0 · inventory 01234567"
    assert provenance(coverage, Clock(), UNICODE) == words


def test_odd_files_and_other_kinds_are_told() -> None:
    others = Coverage(files=1, bytes=1, others=((".png", 2), (".\x1b", 1)))
    assert provenance(others, Clock(), UNICODE).endswith("1 file, 1 B · 3 files without records")
    assert files_summary(others) == r"3 files are no CloudTrail records: 2 .png, 1 .\x1b"
    assert files_facts(others, UNICODE, TODAY)[1] == (r".\x1b", "1 file, no CloudTrail records")
    odd = replace(others, notes=(Note("a.gz", "2 gzip members, AWS writes one"),))
    assert files_summary(odd) == "1 odd file"
    assert files_facts(odd, UNICODE, TODAY)[0] == ("odd", ("2 gzip members, AWS writes one", "warn"))


def test_a_folder_of_other_files_says_what_they_are() -> None:
    around = Circumstances(Coverage(others=((".png", 2),)), "all data")
    lines = why_empty(SESSIONS, Totals(0, 0, 0, 0, 0), around).lines
    assert "2 files are no CloudTrail records: 2 .png." in lines


def test_unreadable_files_say_why_and_what_was_kept() -> None:
    facts = files_facts(Coverage(unreadable=(Unreadable("a\x1b.gz", "truncated gzip", None, 3),)), UNICODE, TODAY)
    assert facts == [("✗", ("truncated gzip, 3 calls could be read", "warn")), ("", (r"a\x1b.gz", "muted"))]


def test_progress_says_what_each_of_several_sources_does() -> None:
    files, walk = Progress("reading", 20, 40, calls=3), Progress("reading", requests=34, calls=4, of="regions")
    table = Progress("reading", days_done=2, days_total=7, price=0.02, of="days")
    parts = (("logs /a", files), ("event history\x1b[2J", walk), ("athena audit.trail", table))
    both = Progress("reading", 20, 40, calls=7, requests=34, seconds=8.0, parts=parts)
    each = ("logs /a: 20 of 40 files", "event history[2J: 34 requests", "athena audit.trail: day 2 of 7, $0.02")
    line, hint = progress_line(both, UNICODE, 160)
    assert "\x1b" not in line
    assert line.startswith(each[0])
    assert line.endswith("· 7 calls · 00:08")
    assert [part for part in each if part.split(": ")[1] in line] == list(each)
    assert "cancels" in hint
    assert progress_line(both, UNICODE, 40) == ("logs /a: 20 of 40 files · 00:08", "")
    waits = Progress("waiting", parts=(("a", Progress("waiting")), ("b", Progress("listing"))))
    assert progress_line(waits, UNICODE, 80)[0] == "a: waiting… · b: looking for files… · 0 calls · 00:00"


def test_progress_tells_files_bytes_and_what_is_left() -> None:
    progress = Progress("reading", 120, 400, 34_000_000, 100_000_000, 9_000, 1_204, 8.0, 12.0)
    whole = (
        "reading 120 of 400 files · 34.0 MB of 100 MB · 1,204 calls · 00:12 left",
        " · x cancels, what arrived stays",
    )
    assert progress_line(progress, UNICODE, 118) == whole
    small = ("reading 120 of 400 files · 34.0 MB of 100 MB · 00:12 left", " · x cancels")
    assert progress_line(progress, UNICODE, 78) == small
    assert progress_line(progress, UNICODE, 20) == ("reading 120 of 400 files · 00:12 left", "")
    assert running(progress)


@pytest.mark.parametrize("state", ["done", "cancelled"])
def test_what_is_over_does_not_run(state: str) -> None:
    assert not running(Progress(state))  # type: ignore[arg-type]
    assert not running(None)


@pytest.mark.parametrize(
    ("totals", "around", "words"),
    [
        (Totals(0, 5, 0, 0, 0), Circumstances(None, "w"), "No session matches the filter."),
        (Totals(0, 0, 0, 0, 0), Circumstances(None, "w", reading=True), "No session yet."),
        (Totals(0, 0, 0, 0, 0), Circumstances(None, "w", failure="There is no folder x."), "There is no folder x."),
        (Totals(0, 0, 0, 0, 0), Circumstances(None, "w"), "No day of w was read."),
        (Totals(0, 0, 0, 0, 0), Circumstances(plausible_coverage(), "w"), "No session in w."),
    ],
)
def test_an_empty_answer_says_which_it_is(totals: Totals, around: Circumstances, words: str) -> None:
    assert why_empty(SESSIONS, totals, around).headline == words


def test_an_empty_answer_admits_what_could_not_be_read() -> None:
    why = why_empty(SESSIONS, Totals(0, 0, 0, 0, 0), Circumstances(plausible_coverage(), "w"))
    assert why.lines[0].startswith("2 files could not be read")
    assert "All 30 days were read." in why.lines


@pytest.mark.parametrize(
    ("environment", "signs"),
    [
        ({"LANG": "C.UTF-8", "TERM": "xterm"}, UNICODE),
        ({"LANG": "de_DE.utf8"}, UNICODE),
        ({"LC_ALL": "C", "LANG": "C.UTF-8"}, ASCII),
        ({}, ASCII),
        ({"LANG": "C.UTF-8", "TERM": "linux"}, ASCII),
    ],
)
def test_signs_follow_the_locale(environment: dict[str, str], signs: object) -> None:
    assert signs_for(environment) is signs


def test_cancelled_is_not_a_folder_without_logs() -> None:
    around = Circumstances(Coverage(), "all data", cancelled=True)
    why = why_empty(SESSIONS, Totals(0, 0, 0, 0, 0), around)
    assert why.headline == "Cancelled before anything was read."


def test_a_folder_without_logs_is_not_a_window_without_sessions() -> None:
    why = why_empty(SESSIONS, Totals(0, 0, 0, 0, 0), Circumstances(Coverage(), "all data"))
    assert why.headline == "There are no CloudTrail logs here."
