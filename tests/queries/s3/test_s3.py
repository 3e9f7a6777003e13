"""CloudTrail's files in a bucket: what is listed and read, what it costs, and what cannot be had."""

from __future__ import annotations

import os
import shutil
from datetime import UTC, date, datetime, timedelta
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest

import ssmtrail
from ssmtrail.queries.following import Follower
from ssmtrail.tui.cli.main import run
from tests.queries.s3.conftest import BUCKET, SINCE, Clock, bucket, ids
from tests.records import start, terminate

if TYPE_CHECKING:
    from pathlib import Path

    from tests.aws_server import AwsServer, Record

OTHER = "444455556666"


def records(days: int = 3) -> list[Record]:
    """A session each day at two accounts and regions."""
    found = []
    for day in range(24 - days, 24):
        for account, region in (("111122223333", "eu-central-1"), (OTHER, "us-east-1"), (OTHER, "eu-west-1")):
            where: Any = {"recipientAccountId": account, "awsRegion": region}
            found.append(start(f"2026-11-{day:02}T10:00:00Z", f"s-{day}-{account[0]}-{region}", **where))
            found.append(terminate(f"2026-11-{day:02}T11:30:00Z", f"s-{day}-{account[0]}-{region}", **where))
    return found


def states(trail: ssmtrail.Trail, since: str = "2026-11-20") -> dict[int, str]:
    window = ssmtrail.Window.parse(since, "2026-11-25", datetime(2026, 11, 24, 12, tzinfo=UTC))
    return {day.day.day: day.state for day in trail.coverage(window).days}


def test_a_bucket_and_its_copy_give_the_same_bytes(
    aws: AwsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    """Also of files that are no log files as CloudTrail writes them, below a prefix, in an organisation's trail."""
    monkeypatch.setenv("SSMTRAIL_CACHE", str(tmp_path / "cache"))
    aws.s3.put_records(BUCKET, records(), prefix="logs/")
    keys = aws.s3.put_records("more", records(2))
    for key in keys:
        aws.s3.put(BUCKET, f"logs/{key.replace('AWSLogs/', 'AWSLogs/o-abcdefghij/')}", aws.s3.objects["more"][key].data)
    day = "logs/AWSLogs/111122223333/CloudTrail/eu-central-1/2026/11/22"
    aws.s3.put(BUCKET, f"{day}/truncated.json.gz", next(iter(aws.s3.objects["more"].values())).data[:-9])
    aws.s3.put(BUCKET, f"{day}/", b"")
    aws.s3.put(BUCKET, f"{day}/picture.png", b"\x89PNG")
    aws.s3.put(BUCKET, "logs/AWSLogs/111122223333/CloudTrail-Digest/eu-central-1/2026/11/22/d.json.gz", b"{}")
    for key, found in aws.s3.objects[BUCKET].items():
        path = tmp_path / "copy" / key.removeprefix("logs/")
        if not key.endswith("/") and "Digest" not in key:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(found.data)
    for question in ("sessions", "calls", "people", "usage"):
        words = ["query", question, "--from", "2026-11-20", "--to", "2026-11-24", "--format", "jsonl", "--quiet"]
        answers = []
        for source in (["--s3", f"s3://{BUCKET}/logs"], ["--logs", str(tmp_path / "copy")]):
            assert run([*words, *source]) == 4, "the truncated file is named"
            answers.append(capfdbinary.readouterr())
        assert answers[0].out == answers[1].out
        assert answers[0].out
        assert answers[0].err == answers[1].err
    assert aws.s3.calls["GetObject"] == len(set(aws.s3.read)) == len(aws.s3.objects[BUCKET]) - 2


@pytest.mark.usefixtures("clock")
def test_the_plan_is_exact_and_asks(aws: AwsServer, tmp_path: Path) -> None:
    aws.s3.put_records(BUCKET, records())
    with bucket(tmp_path) as trail:
        window = ssmtrail.Window.parse("2026-11-21", "2026-11-24", datetime(2026, 11, 24, tzinfo=UTC))
        plan = trail.plan(window, Event())
        assert plan.objects == 18
        assert plan.bytes == sum(len(each.data) for each in aws.s3.objects[BUCKET].values())
        assert plan.requests == 18 + 3
        assert plan.price == pytest.approx(18 * 4e-7 + 3 * 5e-6 + plan.bytes * 9e-11)
        assert not plan.ask_first
        assert plan.days[0] == date(2026, 11, 20), "the look-around"
        assert aws.s3.calls["GetObject"] == 0
        assert trail.costs_money
        with pytest.raises(ssmtrail.UsageError, match="18 objects would be read for about"):
            trail.refresh(SINCE, max_price=0.0)
        assert aws.s3.calls["GetObject"] == 0
        trail.refresh(SINCE)
        assert len(ids(trail)) == 9


def test_the_command_line_asks_before_it_pays(
    aws: AwsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SSMTRAIL_CACHE", str(tmp_path / "cache"))
    aws.trails.append({"Name": "audit", "S3BucketName": BUCKET, "S3KeyPrefix": "logs"})
    aws.s3.put_records(BUCKET, records(1), prefix="logs/")
    words = ["query", "sessions", "--trail", "audit", "--from", "2026-11-20", "--to", "2026-11-29", "--format", "csv"]
    assert run([*words, "--max-price", "0.000001", "--yes"]) == 2
    assert "more than --max-price allows" in capfd.readouterr().err
    config = tmp_path / "config.toml"
    config.write_text("[athena]\nask_above = 0.0\n")
    monkeypatch.setenv("SSMTRAIL_CONFIG", str(config))
    assert run(words) == 2
    assert "6 objects of 11 days to be read" in capfd.readouterr().err
    assert aws.s3.calls["GetObject"] == 0
    assert run([*words, "--yes"]) == 0
    found = capfd.readouterr()
    assert "9 requests, at most $0.00, about 1 s" in found.err
    assert found.out.count("\n") == 4
    assert run(["query", "sessions", "--trail", "other"]) == 3
    assert "There is no trail other in eu-central-1" in capfd.readouterr().err


def test_a_second_run_reads_only_what_is_new(aws: AwsServer, tmp_path: Path, clock: Clock) -> None:
    aws.s3.put_records(BUCKET, records())
    with bucket(tmp_path) as trail:
        trail.refresh(SINCE)
        assert states(trail)[23] == "kept"
        assert states(trail)[24] == "open"
    aws.s3.read.clear()
    aws.s3.calls.clear()
    today: Any = {"recipientAccountId": OTHER, "awsRegion": "eu-west-1"}
    late = aws.s3.put_records(BUCKET, [start("2026-11-24T11:05:00Z", "late", **today)])
    with bucket(tmp_path) as trail:
        trail.refresh(SINCE)
        assert aws.s3.calls["ListObjectsV2"] == 3, "accounts and regions are found; the copy of the open day is young"
        clock.now += timedelta(minutes=20)
        trail.refresh(SINCE)
        assert aws.s3.calls["ListObjectsV2"] == 3 + 3, "a request an account and region"
        assert aws.s3.read == late
        assert "late" in ids(trail)
        # A wider window lists the days that are missing, and reads no object again.
        clock.now += timedelta(days=2)
        trail.refresh("2026-11-01")
        assert aws.s3.read == late
        assert states(trail)[24] == "kept"


def test_what_came_days_late_is_found_by_rereading(aws: AwsServer, tmp_path: Path, clock: Clock) -> None:
    aws.s3.put_records(BUCKET, records())
    with bucket(tmp_path) as trail:
        trail.refresh(SINCE)
        before = states(trail)
    assert before[20] == "kept"
    aws.s3.read.clear()
    late = aws.s3.put_records(BUCKET, [start("2026-11-20T11:05:00Z", "late")])
    clock.now += timedelta(minutes=20)
    with bucket(tmp_path) as trail:
        trail.refresh(SINCE)
        assert "late" not in ids(trail)
    with bucket(tmp_path, reread=True) as trail:
        trail.refresh(SINCE)
        assert aws.s3.read == late
        assert "late" in ids(trail)
        assert states(trail) == before
        aws.s3.calls.clear()
        trail.refresh(SINCE)
        assert aws.s3.calls["ListObjectsV2"] == 0, "once"


def test_what_a_killed_reading_left_is_swept(aws: AwsServer, tmp_path: Path, clock: Clock) -> None:
    aws.s3.put_records(BUCKET, records())
    with bucket(tmp_path) as trail:
        trail.refresh(SINCE)
    (kept,) = (tmp_path / "cache").rglob("objects-kept")
    readers, another, old = (kept.parent / f".{name}.ca84ab3c" for name in ("objects-kept", "integrity.json", "other"))
    for each in (readers, another, old):
        each.write_bytes(b"")
    os.utime(old, (0, 0))
    with bucket(tmp_path) as trail:
        clock.now += timedelta(minutes=20)
        trail.refresh(SINCE)
    assert [each.exists() for each in (readers, another, old)] == [False, True, False]


def test_another_page_is_listed_by_days(aws: AwsServer, tmp_path: Path, clock: Clock) -> None:
    found = aws.s3.put_records(BUCKET, records())
    folder = "AWSLogs/111122223333/CloudTrail/eu-central-1/2026/11/21"
    data = b'{"Records": []}'
    for number in range(1500):
        aws.s3.put(BUCKET, f"{folder}/111122223333_CloudTrail_eu-central-1_20261121T{number:04}Z_x.json", data)
    del clock
    with bucket(tmp_path, regions=["eu-central-1"]) as trail:
        done = trail.refresh(SINCE)
        assert done.files_total == 1500 + 6 + 6
        assert ids(trail) == sorted(f"s-{day}-{a}" for day in (21, 22, 23) for a in ("1-eu-central-1", "4-us-east-1"))
    assert len(set(aws.s3.read)) == len(aws.s3.read) == 1512
    assert set(found) - set(aws.s3.read), "us-east-1 has the calls of STS, other regions are not read"


def test_what_cannot_be_read_is_a_missing_day(aws: AwsServer, tmp_path: Path, clock: Clock) -> None:
    found = aws.s3.put_records(BUCKET, records(5))
    days = {day: [key for key in found if f"/11/{day}/" in key] for day in range(19, 24)}
    aws.s3.objects[BUCKET][days[19][0]].storage_class = "DEEP_ARCHIVE"
    aws.s3.refused[days[20][1]] = "AccessDenied"
    aws.s3.objects[BUCKET][days[21][0]].storage_class = "INTELLIGENT_TIERING"
    aws.s3.refused[days[21][0]] = "InvalidObjectState"
    aws.s3.faults[days[22][0]] = ["SlowDown", "InternalError"]
    aws.s3.objects[BUCKET][days[23][0]].storage_class = "GLACIER"
    aws.s3.objects[BUCKET][days[23][0]].is_restored = True
    with bucket(tmp_path) as trail:
        trail.refresh(SINCE)
        window = ssmtrail.Window.parse("2026-11-19", "2026-11-24", clock.now)
        shown = {day.day.day: (day.state, day.why) for day in trail.coverage(window).days}
        assert shown[19] == ("missing", "in Glacier: restore the objects first")
        assert shown[20][0] == "failed"
        assert "kms:Decrypt" in shown[20][1]
        assert shown[21] == shown[19]
        assert shown[22][0] == shown[23][0] == "kept"
        assert not trail.covers(datetime(2026, 11, 20, 12, tzinfo=UTC))
        assert trail.covers(datetime(2026, 11, 22, 12, tzinfo=UTC))
    # What was refused is asked for again by the next run, and nothing else.
    aws.s3.refused.clear()
    aws.s3.objects[BUCKET][days[19][0]].storage_class = "STANDARD"
    aws.s3.read.clear()
    with bucket(tmp_path) as trail:
        trail.refresh(SINCE)
        assert sorted(aws.s3.read) == sorted([days[19][0], days[20][1], days[21][0]])
        assert set(states(trail, "2026-11-19").values()) == {"kept", "open"}
        assert len(ids(trail)) == 15


@pytest.mark.usefixtures("clock")
def test_an_object_that_changes_is_read_again_and_named(aws: AwsServer, tmp_path: Path) -> None:
    (key, *_) = aws.s3.put_records(BUCKET, [start("2026-11-24T11:00:00Z", "first")])
    with bucket(tmp_path) as trail:
        trail.refresh(SINCE)
    aws.s3.put_records(BUCKET, [start("2026-11-24T11:00:00Z", "second")])
    with bucket(tmp_path) as trail:
        window = ssmtrail.Window.parse(SINCE, None, datetime(2026, 11, 24, 12, tzinfo=UTC))
        trail.fetch(lambda _: None, Event(), trail.plan(window, Event(), refresh=True))
        assert ids(trail) == ["second"]
        (note,) = trail.coverage(window).notes
        assert note.file == key
        assert "replaced" in note.text
    # Deleted while it is read: the day is not complete this time.
    aws.s3.clear(BUCKET)
    gone = aws.s3.put_records(BUCKET, [start("2026-11-23T11:00:00Z", "gone")])
    aws.s3.before_get = lambda _: aws.s3.clear(BUCKET)
    shutil.rmtree(tmp_path / "cache")
    with bucket(tmp_path) as trail:
        trail.refresh(SINCE)
        assert states(trail)[23] == "failed"
        assert gone
        trail.refresh(SINCE)
        assert states(trail)[23] == "kept"


def test_a_cancelled_reading_goes_on_where_it_stopped(aws: AwsServer, tmp_path: Path, clock: Clock) -> None:
    found = aws.s3.put_records(
        BUCKET, [start(f"2026-11-{day}T{hour:02}:{minute:02}:00Z", f"s-{day}-{hour}-{minute}")
                 for day in range(20, 24) for hour in range(10) for minute in range(0, 60, 10)],
    )  # fmt: skip
    del clock
    rounds = 0
    while True:
        rounds += 1
        cancelled = Event()
        limit = len(aws.s3.read) + 60
        aws.s3.before_get = lambda _, limit=limit, cancelled=cancelled: (  # type: ignore[misc]
            cancelled.set() if len(aws.s3.read) >= limit else None
        )
        with bucket(tmp_path) as trail:
            try:
                trail.refresh(SINCE, cancelled=cancelled)
            except ssmtrail.Cancelled:
                continue
            assert len(ids(trail)) == len(found) == 240
            assert states(trail) == {20: "kept", 21: "kept", 22: "kept", 23: "kept", 24: "open"}
            break
    assert rounds > 2
    # At most what was under way is read again, never what was stored.
    assert len(aws.s3.read) <= len(found) + rounds * 200


def test_a_damaged_store_lists_and_reads_again_what_it_lost(aws: AwsServer, tmp_path: Path, clock: Clock) -> None:
    aws.s3.put_records(BUCKET, records())
    for until in ("2026-11-22", "2026-11-24"):
        with bucket(tmp_path) as trail:
            trail.refresh(SINCE, until)
            expected = ids(trail)
    del clock
    segments = sorted((tmp_path / "cache").glob("v2/*/segments/*.parquet"))
    assert len(segments) > 1
    segments[0].write_bytes(b"damaged")
    with bucket(tmp_path) as trail:
        trail.refresh(SINCE)
        assert "missing" in states(trail).values() or ids(trail) == expected
        trail.refresh(SINCE)
        assert ids(trail) == expected
        assert states(trail)[21] == "kept"


@pytest.mark.parametrize(
    ("refused", "given", "words"),
    [
        ({"ListObjectsV2": "AccessDenied"}, {}, "the identity needs s3:ListBucket"),
        ({"ListObjectsV2": "AccessDenied"}, {"accounts": [OTHER], "regions": ["eu-west-1"]}, "cannot be listed"),
        ({"HeadBucket": "404"}, {}, "There is no bucket trail"),
    ],
)
def test_refusals_are_sentences(
    aws: AwsServer, tmp_path: Path, clock: Clock, refused: dict[str, str], given: Any, words: str
) -> None:
    del clock
    aws.s3.put_records(BUCKET, records())
    aws.s3.refused = refused
    if refused.get("HeadBucket"):
        aws.s3.objects.clear()
        aws.s3.refused = {}
    with bucket(tmp_path, **given) as trail, pytest.raises(ssmtrail.SourceError, match=words):
        trail.refresh(SINCE)


def test_a_narrow_policy_needs_the_account_and_region(aws: AwsServer, tmp_path: Path, clock: Clock) -> None:
    """A bucket in another region, whose folders may not be listed above the account's region."""
    del clock
    aws.s3.region = "us-west-2"
    aws.s3.put_records(BUCKET, records())
    aws.s3.refused = {
        f"ListObjectsV2 {prefix}": "AccessDenied" for prefix in ("AWSLogs/", f"AWSLogs/{OTHER}/CloudTrail/")
    }
    with bucket(tmp_path, accounts=[OTHER], regions=["eu-west-1"]) as trail:
        trail.refresh(SINCE)
        assert len(ids(trail)) == 6


@pytest.mark.parametrize(
    "prefix",
    [
        "", "/AWSLogs", f"/AWSLogs/{OTHER}/", f"/AWSLogs/{OTHER}/CloudTrail",
        f"/AWSLogs/{OTHER}/CloudTrail/eu-west-1",
    ],
)  # fmt: skip
def test_a_prefix_may_lead_into_the_trail(aws: AwsServer, tmp_path: Path, clock: Clock, prefix: str) -> None:
    del clock
    aws.s3.put_records(BUCKET, records(1))
    with bucket(tmp_path, f"s3://{BUCKET}{prefix}") as trail:
        trail.refresh(SINCE)
        assert ids(trail)[-1] == "s-23-4-us-east-1" or ids(trail) == ["s-23-4-eu-west-1"]


def test_a_bucket_is_followed_by_its_listing(aws: AwsServer, clock: Clock, tmp_path: Path) -> None:
    aws.s3.put_records(BUCKET, [start("2026-11-24T10:00:00Z", "jane-1")])
    never = Event()
    with bucket(tmp_path) as trail:
        follower = Follower(trail, clock)
        for number in (2, 3):
            look = follower.look(never)
            assert (set(look.only), look.held) == ({0}, ())
            follower.done(trail.fetch(lambda _: None, never, look.plan, only=look.only))
            assert ids(trail) == [f"jane-{each}" for each in range(1, number)]
            aws.s3.put_records(BUCKET, [start(f"2026-11-24T11:{number}0:00Z", f"jane-{number}")])
            clock.now += timedelta(minutes=2)
            for member in follower._members:
                member.due = 0.0
        cost = follower.cost
        assert cost is not None
        lists, gets = aws.s3.calls["ListObjectsV2"] - 2, aws.s3.calls["GetObject"]  # two found accounts and regions
        size = sum(len(aws.s3.objects[BUCKET][key].data) for key in aws.s3.read)
        assert gets == 2
        assert cost.spent == pytest.approx(lists * 5e-6 + gets * 4e-7 + size * 9e-11)
