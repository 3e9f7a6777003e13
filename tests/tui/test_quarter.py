"""A quarter of an auditor: policy drafted, pruned, checked; review written, decided, checked; pack verified."""

from __future__ import annotations

import csv
import io
import json
import shutil
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from ssmtrail.queries.sources.demo import generate
from ssmtrail.tui.cli.main import run
from tests.thorough import times

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

#: Days of the demo; of them a third comes after the quarter.
DAYS = times(18, 90)
END = date(2025, 11, 24)
DECIDED = (END - timedelta(days=DAYS // 3)).isoformat()
QUARTER = ("--from", (END - timedelta(days=DAYS)).isoformat(), "--to", DECIDED)
NEXT = ("--from", DECIDED, "--to", END.isoformat())
LEAVER = "ben.hughes@example.com"


def decided(folder: Path) -> None:
    """Every row decided by another person: the leaver's access is revoked, all other kept."""
    rows = list(csv.DictReader(io.StringIO((folder / "review.csv").read_text())))
    for row in rows:
        is_leaver = row["person"] == LEAVER
        row |= {"decision": "revoke" if is_leaver else "keep", "reviewer": "lead@example.com"}
        row |= {"decided_at": DECIDED, "ticket": "SEC-1" if is_leaver else ""}
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(rows[0]), delimiter=";")  # as a spreadsheet of many countries saves it
    writer.writeheader()
    writer.writerows(rows)
    (folder / "review.csv").write_text(out.getvalue(), newline="")


def test_a_quarter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    monkeypatch.setenv("SSMTRAIL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)
    made = generate(tmp_path / "demo", END - timedelta(days=1), DAYS, datetime(2025, 11, 24, tzinfo=UTC))
    source = ("--logs", str(made.folder), "--inventory", str(made.inventory), "-q")

    def ran(*words: str) -> tuple[int, str, str]:
        code = run([*words, *source] if words[0] != "verify" else ["evidence", *words])
        out, err = capfdbinary.readouterr()
        return code, out.decode(), err.decode()

    # A policy from what happened; its owner takes one person out of it.
    code, draft, _ = ran("check", *QUARTER, "--draft")
    assert code == 0
    assert LEAVER in draft
    pruned = "".join(line for line in draft.splitlines(keepends=True) if f'"{LEAVER}"' not in line)
    (tmp_path / "access.toml").write_text(pruned)
    code, out, _ = ran("check", *QUARTER, "--policy", "access.toml", "--format", "junit")
    suite = ET.fromstring(out)
    assert code == 5
    assert int(suite.get("failures", "0")) > 0
    assert all(
        LEAVER in ET.tostring(case, "unicode") for case in suite.iter("testcase") if case.find("failure") is not None
    )

    # The review.
    (tmp_path / "grants.csv").write_text(
        f"person,account,role\n{LEAVER},111122223333,\nidle@example.com,111122223333,\n"
    )
    more = ("--policy", "access.toml", "--roster", "grants.csv", "--out", "q3")
    assert ran("review", *QUARTER, *more)[0] == 0
    manifest = json.loads((tmp_path / "q3" / "MANIFEST.json").read_text())
    assert sum(int(row["sessions"]) for row in manifest["rows"]) == manifest["totals"]["sessions"] > 300
    never = list(csv.DictReader(io.StringIO((tmp_path / "q3" / "never-used.csv").read_text())))
    assert [row["person"] for row in never] == ["idle@example.com"]
    assert {row["person"] for row in manifest["rows"] if row["violations"]} == {LEAVER}
    code, _, err = ran("review", "--check", "q3")
    assert (code, "no decision" in err) == (5, True)

    # Decided at the end of the quarter, then checked: first alone, then against the month since.
    manifest["made"]["made_at"] = f"{DECIDED}T08:00:00Z"
    (tmp_path / "q3" / "MANIFEST.json").write_text(json.dumps(manifest))
    decided(tmp_path / "q3")
    code, _, err = ran("review", "--check", "q3")
    assert (code, f"({LEAVER}, prod" in err, "was used on 2025-11-" in err) == (5, True, True), err

    # The next review knows who is back.
    assert ran("review", *NEXT, "--policy", "access.toml", "--previous", "q3", "--out", "q4")[0] == 0
    rows = list(csv.DictReader(io.StringIO((tmp_path / "q4" / "review.csv").read_text())))
    assert {row["person"] for row in rows if row["changed_since_last"] == "back after revoke"} == {LEAVER}

    # The evidence, verified on a copy, without logs and store.
    pack = ("--policy", "access.toml", "--where", f"person:{LEAVER}", "--out", "case.zip")
    assert ran("evidence", *NEXT, *pack)[0] == 0
    (tmp_path / "auditor").mkdir()
    shutil.copy("case.zip", "auditor/case.zip")
    for gone in ("cache", "demo"):
        shutil.rmtree(tmp_path / gone)
    code, _, err = ran("verify", "auditor/case.zip")
    assert (code, "whole: all members have their hashes" in err) == (0, True)
