"""The big trails: as many records as were asked for, in the proportions of real ones."""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from ssmtrail.queries.trust import DEFAULT_TRUST
from tests.trails import BigTrail, cached, write_issuing, write_sessions, write_small_files, write_trail

if TYPE_CHECKING:
    from pathlib import Path


def records_of(trail: BigTrail) -> list[dict[str, Any]]:
    files = sorted(trail.folder.rglob("*.json.gz"))
    assert len(files) == trail.files
    assert sum(file.stat().st_size for file in files) == trail.bytes
    return [record for file in files for record in json.loads(gzip.decompress(file.read_bytes()))["Records"]]


def session_calls(records: list[dict[str, Any]]) -> int:
    return sum(record["eventName"] in {"StartSession", "ResumeSession", "TerminateSession"} for record in records)


@pytest.mark.parametrize("share", [0.002, 1 / 3])
def test_a_trail_holds_what_real_ones_hold(tmp_path: Path, share: float) -> None:
    trail = write_trail(tmp_path / "trail", 6_000, 7, share)
    records = records_of(trail)
    names = Counter(record["eventName"] for record in records)
    assert len({record["eventID"] for record in records}) == trail.records == 6_000
    assert session_calls(records) == trail.session_calls == pytest.approx(6_000 * share, rel=0.8)
    assert names["AssumeRole"] == pytest.approx(400, rel=0.4)
    assert names["UpdateInstanceInformation"] > 200
    pattern = DEFAULT_TRUST.tool_name_pattern
    machine = [r for r in records if re.match(pattern, (r["requestParameters"] or {}).get("roleSessionName") or "")]
    assert 0 < len(machine) < 120
    assert 1_200 < trail.bytes_unpacked / trail.records < 1_800
    assert trail.bytes_unpacked > 5 * trail.bytes


def test_a_trail_for_extraction_sets_holds_what_they_differ_in(tmp_path: Path) -> None:
    trail = write_issuing(tmp_path / "trail", 6_000, 7)
    records = records_of(trail)
    assert len({record["eventID"] for record in records}) == trail.records == 6_000
    assert session_calls(records) == trail.session_calls > 0
    names = Counter(record["eventName"] for record in records)
    people = [r for r in records if r["eventName"] == "AssumeRole" and r["userIdentity"].get("userName") == "jane.doe"]
    assert (len(people), names["CreateTags"], names["RunInstances"]) == (190, 24, 6)
    launched = next(record for record in records if record["eventName"] == "RunInstances")
    assert 9_000 < len(json.dumps(launched["responseElements"])) < 12_000


def test_small_files_hold_one_to_three_records(tmp_path: Path) -> None:
    trail = write_small_files(tmp_path / "trail", 60)
    records = records_of(trail)
    assert trail.files == 60
    assert 60 < len(records) == trail.records < 180


def test_sessions_are_nothing_but_session_calls(tmp_path: Path) -> None:
    trail = write_sessions(tmp_path / "trail", 900, days=30)
    records = records_of(trail)
    assert session_calls(records) == len(records) == trail.session_calls
    assert sum(record["eventName"] == "StartSession" for record in records) == 900
    assert len({record["eventTime"][:10] for record in records}) == 30


def test_the_same_seed_gives_the_same_trail(tmp_path: Path) -> None:
    one, two = (records_of(write_trail(tmp_path / name, 300, 3)) for name in ("one", "two"))
    assert one == two


def test_a_cached_trail_is_written_once(tmp_path: Path) -> None:
    written = []

    def write(folder: Path) -> BigTrail:
        written.append(folder)
        return write_trail(folder, 30, 3)

    first = cached("few", write, tmp_path)
    assert cached("few", write, tmp_path) == first
    assert len(written) == 1
    assert len(records_of(first)) == 30
