"""The pages for paper in a real browser: nothing fails, nothing is loaded from elsewhere, A4 holds them."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Final

import pytest

from ssmtrail.tui.cli.main import run
from tests.browser import NAMES, browser_path, seen_in_browser
from tests.records import assumed_role, iam_user, start, write_file

SPOILT: Final = "<script>fails()</script><img src=//elsewhere.example/a.png>" + "W" * 200
#: More machines than a page has room for side by side, and names that no line can hold.
PEOPLE: Final = (
    iam_user(SPOILT),
    assumed_role(SPOILT[:60], SPOILT),
    *(iam_user(f"some.body{number}@department.example.com") for number in range(14)),
)


@pytest.fixture
def pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The reports of a pack and of a review, of records that were written to spoil them, and a bad page."""
    if browser_path() is None:
        pytest.skip(f"no browser: none of {', '.join(NAMES)} is installed; Debian has the package chromium")
    monkeypatch.setenv("SSMTRAIL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    records = [
        start(f"10:{number:02}:00", f"s-{number}", f"mi-0123456789abcde{number:02}", who, reason=SPOILT)
        for number, who in enumerate(PEOPLE)
    ]
    write_file(tmp_path / "logs" / "a.json", records)
    scope = ["--logs", str(tmp_path / "logs"), "--from", "2026-11-20", "--to", "2026-11-21", "-q"]
    assert run(["evidence", *scope, "--out", str(tmp_path / "pack.zip")]) == 0
    assert run(["review", *scope, "--out", str(tmp_path / "review")]) == 0
    with zipfile.ZipFile(tmp_path / "pack.zip") as pack:
        pack.extract("report.html", tmp_path)
    bad = tmp_path / "bad.html"
    bad.write_text(
        "<title>bad</title><style>@page { size: A5 }</style><pre>" + "x" * 400 + "</pre>"
        "<img src='file:///nowhere.png'><script>fails()</script>"
    )
    return [tmp_path / "report.html", tmp_path / "review" / "report.html", bad]


def test_reports_in_a_browser(pages: list[Path], tmp_path: Path) -> None:
    browser = browser_path()
    assert browser is not None
    *reports, bad = seen_in_browser(browser, pages, tmp_path / "home")
    for page, seen in zip(pages, reports, strict=False):
        assert seen.faults == []
        assert seen.asked == [page.as_uri()]
        assert (seen.paper, seen.wide) == ({(210, 297)}, 0)
    assert [seen.title for seen in reports] == ["Access to machines: evidence", "Access to machines: review"]
    # What the browser says of a page that does all this wrong.
    assert any("fails is not defined" in fault for fault in bad.faults)
    assert "file:///nowhere.png" in bad.asked
    assert bad.paper == {(148, 210)}
    assert bad.wide > 0
