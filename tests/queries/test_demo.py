"""The demo on disk: the same bytes every time, and all events that it promises."""

from __future__ import annotations

import csv
import gzip
import ipaddress
import json
import os
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from ssmtrail.queries.errors import SourceError
from ssmtrail.queries.sources.demo import DemoTrail, generate, prepare
from ssmtrail.queries.sources.demo.organisation import ACCOUNTS, MACHINES

if TYPE_CHECKING:
    from pathlib import Path

END = date(2026, 11, 23)
NOON = datetime(2026, 11, 23, 12, 6, 40, tzinfo=UTC)
Record = dict[str, Any]
DOCUMENTATION = tuple(map(ipaddress.ip_network, ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")))


def files_of(trail: DemoTrail) -> dict[str, bytes]:
    """Every file below the trail's folder, by its path there."""
    return {
        path.relative_to(trail.folder).as_posix(): path.read_bytes()
        for path in trail.folder.rglob("*")
        if path.is_file()
    }


def records_of(files: dict[str, bytes]) -> list[Record]:
    """All records of the event files, repeats too."""
    return [
        record
        for name, body in sorted(files.items())
        if "/CloudTrail/" in name
        for record in json.loads(gzip.decompress(body))["Records"]
    ]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> DemoTrail:
    return generate(tmp_path_factory.mktemp("demo") / "whole", END)


@pytest.fixture(scope="module")
def files(demo: DemoTrail) -> dict[str, bytes]:
    return files_of(demo)


@pytest.fixture(scope="module")
def records(files: dict[str, bytes]) -> list[Record]:
    return records_of(files)


@pytest.fixture(scope="module")
def calls(records: list[Record]) -> list[Record]:
    """The session calls, each once."""
    names = {"StartSession", "ResumeSession", "TerminateSession"}
    own = [r for r in records if r["eventSource"] == "ssm.amazonaws.com" and r["eventName"] in names]
    return list({record["eventID"]: record for record in own}.values())


def starts(calls: list[Record]) -> list[Record]:
    return [call for call in calls if call["eventName"] == "StartSession"]


class TestFiles:
    def test_the_same_key_gives_the_same_bytes(self, files: dict[str, bytes], tmp_path: Path) -> None:
        assert files_of(generate(tmp_path / "again", END)) == files

    def test_consecutive_demos_agree_on_the_days_they_share(self, files: dict[str, bytes], tmp_path: Path) -> None:
        other = files_of(generate(tmp_path / "tomorrow", END + timedelta(days=1)))
        first = f"{END - timedelta(days=29):%Y/%m/%d}"
        last = f"{END + timedelta(days=1):%Y/%m/%d}"
        shared = {name: body for name, body in files.items() if first not in name and "Digest" not in name}
        assert shared == {name: body for name, body in other.items() if last not in name and "Digest" not in name}

    def test_names_are_those_of_cloudtrail(self, files: dict[str, bytes]) -> None:
        for name in files:
            *folder, file = name.split("/")
            account, kind, region = folder[2:5]
            assert folder[:2] == ["AWSLogs", "o-demo4tr41l"]
            assert file.startswith(f"{account}_{kind}_{region}_")
            assert file.endswith(".json.gz") or "." not in file
            if kind == "CloudTrail":
                assert file.split("_")[3][:8] == "".join(folder[5:])
        assert any("CloudTrail-Digest" in name for name in files)
        assert any("." not in name.rpartition("/")[2] for name in files)

    def test_nothing_is_later_than_now_and_the_rest_arrives_with_time(
        self, files: dict[str, bytes], tmp_path: Path
    ) -> None:
        trail = generate(tmp_path / "today", END, now=NOON)
        early = files_of(trail)
        newest = max(record["eventTime"] for record in records_of(early))
        assert "2026-11-23T09" < newest <= "2026-11-23T12:06:40Z"
        assert files_of(generate(tmp_path / "today", END, now=NOON)) == early
        assert files_of(generate(tmp_path / "today", END, now=NOON + timedelta(hours=30))) == files
        assert early.items() < files.items()

    def test_an_unfinished_demo_is_written_again(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, files: dict[str, bytes]
    ) -> None:
        def fail() -> str:
            raise OSError(28, "No space left on device")

        with monkeypatch.context() as patch:
            patch.setattr("ssmtrail.queries.sources.demo.trail.inventory", fail)
            with pytest.raises(OSError, match="No space"):
                generate(tmp_path / "whole", END)
        assert list(tmp_path.iterdir()) == []
        assert files_of(generate(tmp_path / "whole", END)) == files

    def test_some_files_are_out_of_order_and_some_records_repeat(self, files: dict[str, bytes]) -> None:
        seen = Counter(record["eventID"] for record in records_of(files))
        assert 0.02 < sum(count > 1 for count in seen.values()) / len(seen) < 0.08
        times = [[record["eventTime"] for record in records_of({name: body})] for name, body in files.items()]
        assert sum(sorted(several) != several for several in times) > 30


class TestPrepare:
    def test_it_ends_today(self, tmp_path: Path) -> None:
        trail = prepare(tmp_path, None, NOON)
        assert (trail.first_day, trail.last_day) == (date(2026, 10, 25), END)
        assert trail.accounts["111122223333"] == "prod"

    def test_old_demos_are_removed_and_young_ones_kept(self, tmp_path: Path) -> None:
        old, young, other = (tmp_path / name for name in ("demo-1-2026-01-01-30", "demo-1-2026-11-22-30", "elsewhere"))
        for folder in (old, young, other):
            folder.mkdir()
        os.utime(old, (0, 0))
        os.utime(other, (0, 0))
        prepare(tmp_path, END, NOON)
        assert [folder.exists() for folder in (old, young, other)] == [False, True, True]

    def test_a_folder_that_cannot_be_written_gives_a_clear_error(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        with pytest.raises(SourceError, match="cannot be written"):
            prepare(tmp_path / "file", END, NOON)


class TestContent:
    def test_sizes(self, calls: list[Record], demo: DemoTrail) -> None:
        good = [call for call in starts(calls) if "errorCode" not in call]
        machines = {call["requestParameters"]["target"] for call in good}
        assert 1250 <= len(good) <= 1450
        assert 180 <= len(machines) <= 205
        with demo.inventory.open(newline="") as file:
            rows = list(csv.DictReader(file))
        assert [row["instance_id"] for row in rows] == [machine.id for machine in MACHINES]
        assert {machine for machine in machines if not machine.startswith("ecs:")} <= {r["instance_id"] for r in rows}
        assert len({row["name"] for row in rows}) == len(rows)

    def test_all_names_and_numbers_are_invented(self, records: list[Record]) -> None:
        assert any(":" in record["sourceIPAddress"] for record in records)
        for record in records:
            assert record["recipientAccountId"] in ACCOUNTS
            address = record["sourceIPAddress"]
            assert address.endswith(".amazonaws.com") or any(
                ipaddress.ip_address(address) in network for network in DOCUMENTATION
            )

    def test_days_have_hours_and_weekends(self, calls: list[Record]) -> None:
        at = [datetime.fromisoformat(call["eventTime"]) for call in starts(calls)]
        days = Counter(moment.date() for moment in at)
        hours = Counter(moment.hour for moment in at)
        assert max(days[d] for d in days if d.weekday() >= 5) < min(
            days[d] for d in days if d.weekday() < 5 and d in {END - timedelta(days=n) for n in range(30)}
        )
        assert hours[11] < min(hours[9], hours[13])
        assert all(hours[hour] for hour in range(24))

    def test_sessions_end_in_every_way(self, calls: list[Record]) -> None:
        begun = {call["responseElements"]["sessionId"]: call for call in starts(calls) if call["responseElements"]}
        ended = Counter(filter(None, map(session_ended, calls)))
        assert len(ended) < len(begun) / 2
        assert any(count > 1 for count in ended.values())
        assert any(session not in begun for session in ended)
        by_others = [
            call
            for call in calls
            if (start := begun.get(session_ended(call))) and start["userIdentity"] != call["userIdentity"]
        ]
        assert by_others
        assert any(call["eventTime"] == begun[s]["eventTime"] for call in calls if (s := session_ended(call)) in begun)

    def test_denied_calls_have_no_parameters(self, calls: list[Record]) -> None:
        denied = [call for call in calls if call.get("errorCode") == "AccessDenied"]
        assert len(denied) > 20
        assert all(call["requestParameters"] is None and "on resource: " in call["errorMessage"] for call in denied)
        assert {call["eventName"] for call in denied} == {"StartSession", "TerminateSession"}

    def test_every_rare_event_is_included(self, records: list[Record], calls: list[Record]) -> None:
        reasons = {record["addendum"]["reason"] for record in records if "addendum" in record}
        assert reasons == {"UPDATED_DATA", "DELIVERY_DELAY"}
        assert any("errorCode" not in call and call["responseElements"] is None for call in starts(calls))
        kinds = {call["userIdentity"]["type"] for call in calls}
        assert kinds == {"AssumedRole", "IAMUser", "Root", "AWSService"}
        said = json.dumps([call["requestParameters"] for call in calls])
        assert all(sign in said for sign in ("\\u001b", "\\u202e", "=HYPERLINK", "[bold red]"))
        foreign = {r["eventSource"] for r in records if r["eventName"] == "StartSession"}
        assert foreign == {"ssm.amazonaws.com", "athena.amazonaws.com", "sagemaker.amazonaws.com"}

    def test_updated_records_have_their_originals(self, records: list[Record]) -> None:
        by_id = {record["eventID"]: record for record in records}
        updated = [record for record in records if record.get("addendum", {}).get("reason") == "UPDATED_DATA"]
        for record in updated:
            original = by_id[record["addendum"]["originalEventID"]]
            assert "reason" not in original["requestParameters"]
            assert record["requestParameters"]["reason"] == "INC-4711 rollback"


def session_ended(call: Record) -> str:
    """The session that a good terminate names, else an empty text."""
    if call["eventName"] != "TerminateSession" or not call["requestParameters"]:
        return ""
    return str(call["requestParameters"]["sessionId"])


@pytest.mark.parametrize("end", [END, date(2026, 12, 19), date(2026, 12, 20), date(2026, 12, 21), date(2027, 3, 1)])
def test_every_month_has_one_night_of_the_intruder(end: date, tmp_path: Path) -> None:
    records = records_of(files_of(generate(tmp_path / "demo", end)))
    strange = {r["eventID"]: r for r in records if r["sourceIPAddress"] == "192.0.2.44"}
    story = sorted(strange.values(), key=lambda r: r["eventTime"])
    assert [r["eventTime"][11:16] for r in story[:1] + story[-1:]] == ["02:14", "02:16"]
    assert "errorCode" not in story[-1]
    night = story[0]["eventTime"][:10]
    lateral = [r for r in records if r["userIdentity"].get("principalId", "").partition(":")[2].startswith("i-")]
    assert any(r["eventName"] == "StartSession" and r["eventTime"].startswith(night) for r in lateral)
    taken = [
        r["responseElements"]["credentials"]["accessKeyId"]
        for r in lateral
        if r["eventName"] == "AssumeRole" and r["eventTime"].startswith(night)
    ]
    tunnel = [r for r in records if r["userIdentity"].get("accessKeyId") in taken]
    assert {r["eventName"] for r in tunnel} == {"StartSession", "TerminateSession"}
