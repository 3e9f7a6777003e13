"""A trail's bucket on both servers: the same answers as its files in a folder give."""

from __future__ import annotations

import gzip
import json
import sys
from typing import TYPE_CHECKING

import pytest

from tests.foreign.conftest import BUCKET, HOME, ROOT, Server, running
from tests.pty_app import running as running_in_terminal
from tests.records import ACCOUNT, start

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: All of the demo: records of launches are older than the sessions that they name.
ALL = ("--from", "2026-10-01", "--to", "2026-11-21")
WEEK = ("--from", "2026-11-10", "--to", "2026-11-17")
DAY = f"AWSLogs/{ACCOUNT}/CloudTrail/{HOME}/2026/11/12"
#: Names, and how they are started; both are told to listen on loopback.
SERVERS = {
    "moto": (("-H", "127.0.0.1", "-p", "{port}"), {}),
    "ministack": ((), {"BIND_HOST": "127.0.0.1", "GATEWAY_PORT": "{port}"}),
}


@pytest.fixture(scope="module", params=list(SERVERS))
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    words, environment = SERVERS[request.param]
    with running(request.param, tmp_path_factory.mktemp(request.param), words, environment) as found:
        yield found


def put(server: Server, bucket: str, name: str, **given: str) -> None:
    """Put an object with one session, which is called like it."""
    at = f"2026-11-12T12:{len(name) % 60:02}:00Z"
    body = gzip.compress(json.dumps({"Records": [start(at, f"jane-{name}")]}).encode())
    server.client("s3", **region_of(given)).put_object(Bucket=bucket, Key=f"{DAY}/{name}.json.gz", Body=body, **given)


def region_of(given: dict[str, str]) -> dict[str, str]:
    return {"region": given.pop("region")} if "region" in given else {}


def ids(text: str) -> list[str]:
    return sorted(json.loads(line)["session_id"] for line in text.splitlines())


def asked(bucket: str) -> tuple[str, ...]:
    return ("query", "sessions", "--s3", f"s3://{bucket}", *WEEK, "--yes", "--format", "jsonl")


def test_a_bucket_answers_as_its_folder(server: Server, demo: Path) -> None:
    server.upload(demo / "trail")
    server.client("cloudtrail").create_trail(Name="organisation", S3BucketName=BUCKET, IsMultiRegionTrail=True)
    for question in ("sessions", "people", "doors", "findings"):
        of_folder, _ = server.run("query", question, "--logs", str(demo / "trail"), *ALL, "--format", "csv")
        assert of_folder.count("\n") > 5
        for words in (("--s3", f"s3://{BUCKET}"), ("--trail", "organisation")):
            of_bucket, said = server.run("query", question, *words, *ALL, "--format", "csv", "--yes")
            assert of_bucket == of_folder
    assert " objects" in said


def test_the_app_shows_what_a_bucket_has(server: Server) -> None:
    server.client("s3").create_bucket(Bucket="shown", CreateBucketConfiguration={"LocationConstraint": HOME})
    put(server, "shown", "seen")
    words = (sys.executable, "-m", "ssmtrail", "s3", "s3://shown", *WEEK)
    with running_in_terminal(words, 120, 36, server.environment, str(ROOT)) as app:
        app.wait_for(lambda text: "12 Nov" in text and "1 session " in text and "1 object" in text, 200)
        app.write(b"q")
        assert app.wait_closed() == 0


def test_a_day_of_more_than_a_page(server: Server) -> None:
    s3 = server.client("s3")
    s3.create_bucket(Bucket="pages", CreateBucketConfiguration={"LocationConstraint": HOME})
    body = gzip.compress(b'{"Records":[]}')
    for number in range(1001):
        s3.put_object(Bucket="pages", Key=f"{DAY}/a{number:04}.json.gz", Body=body)
    put(server, "pages", "z-last")
    out, said = server.run(*asked("pages"))
    assert ids(out) == ["jane-z-last"]
    assert "1,002 objects" in said


def test_what_is_archived_is_missing_and_the_rest_is_read(server: Server) -> None:
    server.client("s3").create_bucket(Bucket="archived", CreateBucketConfiguration={"LocationConstraint": HOME})
    put(server, "archived", "warm")
    put(server, "archived", "cold", StorageClass="GLACIER")
    out, said = server.run(*asked("archived"), status=4)
    assert ids(out) == ["jane-warm"]
    assert "2026-11-12" in said


def test_a_bucket_of_another_region(server: Server) -> None:
    far = "us-west-2"
    server.client("s3", far).create_bucket(Bucket="far", CreateBucketConfiguration={"LocationConstraint": far})
    put(server, "far", "away", region=far)
    assert ids(server.run(*asked("far"))[0]) == ["jane-away"]
    out, _ = server.run("doctor", "--s3", "s3://far")
    assert f"s3://far, region {far}" in out


def test_no_such_bucket_is_a_sentence(server: Server) -> None:
    _, said = server.run(*asked("nowhere"), status=3)
    assert "nowhere" in said


def test_nothing_new_asks_for_no_object(server: Server) -> None:
    server.client("s3").create_bucket(Bucket="kept", CreateBucketConfiguration={"LocationConstraint": HOME})
    put(server, "kept", "one")
    server.run(*asked("kept"))
    server.client("s3").delete_object(Bucket="kept", Key=f"{DAY}/one.json.gz")
    out, _ = server.run(*asked("kept"))
    assert ids(out) == ["jane-one"]
