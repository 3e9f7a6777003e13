"""`ssmtrail integrity --s3`: the log files of a bucket held against its digests, without a copy."""

from __future__ import annotations

import gzip
import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

import ssmtrail
from ssmtrail.tui.cli.main import run
from tests.queries.s3.conftest import BUCKET
from tests.records import start
from tests.signed_logs import DAY, Chain, keys_document, write_keys

if TYPE_CHECKING:
    from pathlib import Path

    from tests.aws_server import AwsServer

WINDOW = ("--from", "2026-11-23", "--to", "2026-11-24")
PREFIX = "of/audit/"


def packed(session: str, minute: str) -> bytes:
    return json.dumps({"Records": [start(f"2026-11-23T{minute}:00Z", session, eventID=session)]}).encode()


@pytest.fixture
def chain(tmp_path: Path) -> Chain:
    """A day of digests and five log files, two of which have a session, in the folder `logs`; the keys beside it."""
    chain = Chain(tmp_path / "logs")
    for number in range(25):
        end = DAY + timedelta(hours=number, minutes=chain.minute)
        logs = {
            9: {"one": packed("jane-1", "08:50")}, 14: {"two": packed("jane-2", "13:50")},
            17: {"a": b'{"Records":[]}', "b": b'{"Records": []}', "c": b'{"Records":[ ]}'},
        }.get(number)  # fmt: skip
        chain.hour(end, logs)
    head = chain.digests[-1]
    write_keys(tmp_path / "keys.json", keys_document(chain.signer, signatures={head: chain.signatures[head]}))
    return chain


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SSMTRAIL_CACHE", str(tmp_path / "cache"))
    return tmp_path


def upload(aws: AwsServer, chain: Chain, prefix: str = PREFIX) -> None:
    for path in chain.root.rglob("*.gz"):
        aws.s3.put(BUCKET, f"{prefix}{path.relative_to(chain.root)}", path.read_bytes())


def checked(home: Path, *words: str, url: str = f"s3://{BUCKET}/{PREFIX}") -> int:
    return run(["integrity", "--s3", url, "--keys", str(home / "keys.json"), *WINDOW, *words])


def words_of(home: Path) -> dict[str | None, str | None]:
    with ssmtrail.open_s3(f"s3://{BUCKET}/{PREFIX}", cache=home / "cache") as trail:
        trail.refresh(DAY, DAY + timedelta(days=1))
        return {each.session_id: each.integrity for each in trail.sessions()}


def test_a_bucket_is_verified_as_its_copy(
    aws: AwsServer, chain: Chain, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    upload(aws, chain)
    assert checked(home, "--files", "--format", "csv") == 0
    of_bucket, said = capsys.readouterr()
    assert "30 objects of 1 day to be read: " in said
    assert "at most $0.00" in said
    assert "1 of 1 day whole" in said
    copy = ("integrity", "--logs", str(chain.root), "--keys", str(home / "keys.json"), *WINDOW)
    assert run([*copy, "--files", "--format", "csv"]) == 0
    assert capsys.readouterr().out == of_bucket
    assert list((home / "cache" / "scratch").iterdir()) == []


def test_what_was_changed_is_named_and_its_sessions_say_so(
    aws: AwsServer, chain: Chain, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    upload(aws, chain)
    assert words_of(home) == {"jane-1": None, "jane-2": None}
    assert checked(home) == 0
    assert words_of(home) == {"jane-1": "proved", "jane-2": "proved"}
    forged = PREFIX + chain.logs[1]
    aws.s3.put(BUCKET, forged, gzip.compress(packed("jane-2", "13:51"), mtime=0))
    del aws.s3.objects[BUCKET][PREFIX + chain.logs[2]]
    aws.s3._sorted.clear()
    assert checked(home) == 5
    said = capsys.readouterr().err
    assert f"changed: {chain.logs[1]}: its content has another hash" in said
    assert f"missing: {chain.logs[2]}" in said
    # What was read before is what was proved before; the object as it is now was not read yet.
    assert words_of(home) == {"jane-1": "proved", "jane-2": None}
    with ssmtrail.open_s3(f"s3://{BUCKET}/{PREFIX}", cache=home / "cache", reread=True) as trail:
        trail.refresh(DAY, DAY + timedelta(days=1))
    assert words_of(home) == {"jane-1": "proved", "jane-2": "changed"}


def test_what_cannot_be_read_is_unproved(
    aws: AwsServer, chain: Chain, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    upload(aws, chain)
    first, second, *_ = chain.logs
    archived = aws.s3.objects[BUCKET][PREFIX + first]
    aws.s3.put(BUCKET, PREFIX + first, archived.data, "GLACIER")
    aws.s3.refused[PREFIX + second] = "AccessDenied"
    assert checked(home, "--files", "--format", "json") == 4
    found = {row["file"]: row for row in json.loads(capsys.readouterr().out)}
    assert found[first]["integrity"] == found[second]["integrity"] == "unproved"
    assert "in Glacier" in found[first]["detail"]
    assert "denied" in found[second]["detail"]
    assert sum(row["integrity"] == "proved" for row in found.values()) == len(found) - 2
    aws.s3.refused["ListObjectsV2"] = "AccessDenied"
    assert checked(home, "--account", chain.account, "--region", chain.region) == 4
    assert "not read: " in capsys.readouterr().err


def test_money_is_agreed_to(
    aws: AwsServer, chain: Chain, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    upload(aws, chain)
    monkeypatch.setenv("SSMTRAIL_CONFIG", str(home / "config.toml"))
    (home / "config.toml").write_text("[athena]\nask_above = 0.00001\n")
    assert checked(home) == 2
    assert "agree with --yes" in capsys.readouterr().err
    assert aws.s3.read == []
    assert checked(home, "--max-price", "0.00001", "--yes") == 2
    assert "more than --max-price allows" in capsys.readouterr().err
    assert aws.s3.read == []
    assert checked(home, "--yes") == 0


def test_a_prefix_below_the_logs_has_no_digests(
    aws: AwsServer, chain: Chain, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    upload(aws, chain, "")
    inside = f"s3://{BUCKET}/AWSLogs/{chain.account}/CloudTrail/{chain.region}/"
    assert checked(home, url=inside) == 2
    assert "name the bucket with what comes before AWSLogs/ alone" in capsys.readouterr().err
    assert checked(home, url=f"s3://{BUCKET}/AWSLogs/{chain.account}/") == 0
