"""S3, CloudWatch Logs and ECS behind a loopback AWS: every state, with what AWS refuses."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from ssmtrail.queries.config import NO_TRANSCRIPT_SETTINGS, TranscriptPlace, TranscriptSettings
from ssmtrail.queries.sources.history.address import HistoryAddress
from ssmtrail.queries.sources.history.aws import accounts_by_profile
from ssmtrail.queries.sources.history.bounds import Bounds
from ssmtrail.queries.transcripts.changes import PREFERENCES
from ssmtrail.queries.transcripts.folder import Listing
from ssmtrail.queries.transcripts.model import Lookup, SessionFacts
from ssmtrail.queries.transcripts.remote import AwsTranscripts
from tests.aws_server import HUB, AwsServer
from tests.queries.transcripts.made import SESSION, an_event, streamed
from tests.queries.transcripts.test_preferences import document
from tests.s3_server import Buckets

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ssmtrail.queries.sources.history.aws import Account

STOP = threading.Event()
REGION = "eu-central-1"
BEGUN = datetime(2026, 11, 23, 10, tzinfo=UTC)
SHELL = SessionFacts(
    SESSION, "shell", "started", None, HUB, REGION, "i-0ab1c2d3", BEGUN, BEGUN, BEGUN + timedelta(hours=1)
)  # fmt: skip
LATER = BEGUN + timedelta(days=3)


@pytest.fixture(scope="module")
def server() -> Iterator[AwsServer]:
    """One server, and one account, for all tests: making clients takes longer than asking them."""
    with AwsServer() as found, pytest.MonkeyPatch.context() as patch:
        patch.setattr("ssmtrail.queries.sources.history.aws._FIRST_WAIT", 0.0)
        for name, value in found.environment.items():
            patch.setenv(name, value)
        yield found


@pytest.fixture(scope="module")
def account(server: AwsServer) -> Account:
    (found,) = accounts_by_profile(HistoryAddress())
    return found


@pytest.fixture
def aws(server: AwsServer, account: Account, monkeypatch: pytest.MonkeyPatch) -> AwsServer:
    """The server with nothing in it."""
    for each in (server.documents, server.log_groups, server.streams, server.clusters, server.denied, server.calls):
        each.clear()
    server.s3 = Buckets()
    monkeypatch.setattr(f"{__name__}.ACCOUNTS", {account.id: account})
    return server


#: The account whose credentials are at hand.
ACCOUNTS: dict[str, Account] = {}


def configure(aws: AwsServer, name: str = PREFERENCES, **inputs: Any) -> None:
    aws.documents[HUB, REGION, name] = document(**inputs)


def look_up(
    session: SessionFacts = SHELL, *, settings: TranscriptSettings = NO_TRANSCRIPT_SETTINGS,
    changed: datetime | None = None, now: datetime = LATER,
) -> Lookup:  # fmt: skip
    return AwsTranscripts(lambda _: ACCOUNTS, settings, lambda: now).look_up(session, changed, STOP)


def content(found: Lookup) -> bytes:
    assert found.copy is not None
    return b"".join(found.copy.chunks(STOP))


def test_an_object_is_found_by_its_key_and_bounds_the_end(aws: AwsServer) -> None:
    configure(aws, s3BucketName="logs", s3KeyPrefix="ssm//eu/")
    aws.s3.put("logs", f"ssm/eu/{SESSION}.log", b"x" * 600_000, modified="2026-11-23T11:00:07.000Z")
    found = look_up()
    assert found.state == "recorded"
    assert f"s3://logs/ssm/eu/{SESSION}.log, written at 2026-11-23T11:00:07Z" in found.why
    assert found.copy is not None
    assert found.copy.size == 600_000
    assert content(found) == b"x" * 600_000
    assert aws.s3.calls["ListObjectsV2"] == 0


def test_a_stream_is_read_until_its_token_repeats(aws: AwsServer) -> None:
    configure(aws, cloudWatchLogGroupName="/ssm", cloudWatchStreamingEnabled=True, s3BucketName="logs")
    one, two = (streamed(an_event(second, f"line {second}")).decode().rstrip() for second in (1, 2))
    aws.streams["/ssm", SESSION] = [[], [one], [], [two]]
    found = look_up()
    assert content(found) == f"{one}\n{two}\n".encode()
    assert found.why == f"log group /ssm, stream {SESSION}, region {REGION}."
    assert aws.s3.calls["GetObject"] == 0


def test_evidence_has_the_version_of_an_object_and_all_that_is_known_of_events(aws: AwsServer, tmp_path: Path) -> None:
    configure(aws, s3BucketName="logs")
    aws.s3.put("logs", f"{SESSION}.log", b"bytes\r\n", modified="2026-11-23T11:00:07.000Z")
    found = look_up().copy
    assert found is not None
    assert dict(found.origin) | {"etag": None} == {
        "kind": "s3", "account": HUB, "region": REGION, "bucket": "logs", "key": f"{SESSION}.log", "version_id": None,
        "etag": None, "last_modified": "2026-11-23T11:00:07Z",
    }  # fmt: skip
    assert found.origin["etag"]
    assert [(each.ending, b"".join(each.chunks(STOP))) for each in found.originals] == [(".log", b"bytes\r\n")]
    configure(aws, cloudWatchLogGroupName="/ssm")
    message = streamed(an_event(1, "id")).decode().rstrip()
    aws.streams["/ssm", SESSION] = [[message], [], ["more"]]
    found = look_up().copy
    assert found is not None
    (original,) = found.originals
    kept = tmp_path / f"{SESSION}{original.ending}"
    kept.write_bytes(b"".join(original.chunks(STOP)))
    assert json.loads(kept.read_bytes())["events"][0] == {"timestamp": 1, "ingestionTime": 1, "message": message}
    # It is a local copy like any other.
    again = Listing(tmp_path).find(SESSION, STOP)
    assert again is not None
    assert b"".join(again.chunks(STOP)) == f"{message}\nmore\n".encode()


def test_the_last_event_and_the_time_of_an_object_bound_the_end(aws: AwsServer, tmp_path: Path) -> None:
    """Never later than AWS took it in, by an event of this session alone; the text is not needed for it."""
    configure(aws, cloudWatchLogGroupName="/ssm")
    events = [streamed(an_event(second, "id")).decode().rstrip() for second in (1, 30)]
    aws.streams["/ssm", SESSION] = [events]
    sent = datetime(2026, 11, 29, 10, 0, 30, tzinfo=UTC)

    def bounds() -> Bounds:
        found = look_up().copy
        assert found is not None
        return found.bounds(STOP)

    for taken_in, alive in ((sent + timedelta(seconds=2), sent), (sent - timedelta(days=1), sent - timedelta(days=1))):
        aws.taken_in = round(taken_in.timestamp() * 1_000)
        assert bounds() == Bounds(alive)
    for message in ("a whole file\n", streamed(an_event(30, "id", sessionId="another")).decode(), '{"sessionData": 1}'):
        aws.streams["/ssm", SESSION] = [[message]]
        assert not bounds()
    configure(aws, s3BucketName="logs")
    aws.s3.put("logs", f"{SESSION}.log", b"x", modified="2026-11-23T11:00:07.000Z")
    assert bounds() == Bounds(None, datetime(2026, 11, 23, 11, 0, 7, tzinfo=UTC))
    (tmp_path / f"{SESSION}.log").write_bytes(b"x")
    local = Listing(tmp_path).find(SESSION, STOP)
    assert local is not None
    assert not local.bounds(STOP)


def test_for_many_sessions_settings_are_asked_for_once(aws: AwsServer) -> None:
    configure(aws, s3BucketName="logs")
    aws.s3.clear("logs")
    aws.calls.clear()
    remote = AwsTranscripts(lambda _: ACCOUNTS, NO_TRANSCRIPT_SETTINGS, lambda: LATER).for_many()
    states = [remote.look_up(replace(SHELL, session_id=name), None, STOP).state for name in ("a-1", "a-2")]
    assert states == ["expected but not found"] * 2
    assert aws.calls["GetDocument"] == 1
    aws.denied.add("GetDocument")
    denied = AwsTranscripts(lambda _: ACCOUNTS, NO_TRANSCRIPT_SETTINGS, lambda: LATER).for_many()
    assert {denied.look_up(SHELL, None, STOP).state for _ in range(2)} == {"unknown"}
    assert aws.calls["GetDocument"] == 2


def test_where_it_was_never_configured(aws: AwsServer) -> None:
    assert look_up().state == "not configured"
    configure(aws, idleSessionTimeout="20")
    assert look_up().state == "not configured"
    assert look_up(changed=BEGUN).state == "unknown"


def test_an_object_that_should_be_there_is_a_finding(aws: AwsServer) -> None:
    configure(aws, s3BucketName="logs")
    aws.s3.clear("logs")
    assert look_up().state == "expected but not found"
    # Who has no permission to list, is told of what is missing that it is denied.
    aws.s3.refused[f"{SESSION}.log"] = "AccessDenied"
    assert look_up().state == "unknown"


@pytest.mark.parametrize(
    ("session", "changed", "now"),
    [
        (replace(SHELL, ended_at=None), None, BEGUN + timedelta(hours=2)),
        (SHELL, None, BEGUN + timedelta(hours=1, minutes=5)),
        (SHELL, BEGUN + timedelta(minutes=5), LATER),
        (replace(SHELL, document="Custom"), None, LATER),
        (replace(SHELL, started_at=None, alive_at=None, ended_at=None), None, LATER),
    ],
)
def test_what_may_still_come_or_have_gone_elsewhere_is_no_finding(
    aws: AwsServer, session: SessionFacts, changed: datetime | None, now: datetime
) -> None:
    configure(aws, s3BucketName="logs")
    aws.s3.put("logs", f"{SESSION}.log", b"x")
    assert look_up(session, changed=changed, now=now).state == "recorded"
    aws.s3.clear("logs")
    assert look_up(session, changed=changed, now=now).state == "unknown"


def test_what_was_deleted_and_what_expired_differ(aws: AwsServer) -> None:
    configure(aws, s3BucketName="logs", s3KeyPrefix="ssm")
    aws.s3.clear("logs")
    aws.s3.lifecycles["logs"] = (
        "<LifecycleConfiguration><Rule><ID>a</ID><Filter><Prefix>ssm/</Prefix></Filter><Status>Enabled</Status>"
        "<Expiration><Days>2</Days></Expiration></Rule></LifecycleConfiguration>"
    )
    assert look_up().state == "expired"
    assert look_up(now=BEGUN + timedelta(days=1, hours=5)).state == "expected but not found"
    aws.s3.deleted.add(f"ssm/{SESSION}.log")
    found = look_up()
    assert (found.state, "delete marker" in found.why) == ("expected but not found", True)


def test_a_log_group_that_deletes_earlier_is_expired(aws: AwsServer) -> None:
    configure(aws, cloudWatchLogGroupName="/ssm")
    aws.log_groups |= {"/ssm": 2, "/ssm-other": 1}
    assert look_up().state == "expired"
    aws.log_groups["/ssm"] = None
    assert look_up().state == "expected but not found"
    del aws.log_groups["/ssm"]
    assert "There is no log group /ssm" in look_up().why
    aws.denied.add("DescribeLogGroups")
    assert look_up().state == "unknown"


def test_one_of_two_places_is_enough_and_the_other_is_named(aws: AwsServer) -> None:
    configure(aws, s3BucketName="logs", cloudWatchLogGroupName="/ssm")
    aws.s3.clear("logs")
    aws.streams["/ssm", SESSION] = [["id\r\n"]]
    found = look_up()
    assert content(found) == b"id\r\n"
    assert any("There is no object s3://logs/" in note for note in found.notes)


def test_an_archived_object_is_recorded_and_cannot_be_read(aws: AwsServer) -> None:
    configure(aws, s3BucketName="logs")
    aws.s3.put("logs", f"{SESSION}.log", b"x", "GLACIER")
    found = look_up()
    assert (found.state, found.copy, "archived" in found.why) == ("recorded", None, True)


def test_what_aws_refuses_proves_nothing(aws: AwsServer) -> None:
    aws.denied |= {"GetDocument"}
    found = look_up()
    assert found.state == "unknown"
    assert "ssm:GetDocument" in found.why or "GetDocument" in found.why


def test_a_session_of_another_account_names_what_is_missing(aws: AwsServer) -> None:
    found = look_up(replace(SHELL, account="444455556666"))
    assert found.state == "unknown"
    assert f"444455556666, and the credentials at hand are of {HUB}" in found.why


def test_the_configuration_names_a_central_archive(aws: AwsServer) -> None:
    aws.s3.put("central", f"all/{SESSION}.log", b"central")
    place = TranscriptPlace("central", "all", account=HUB)
    settings = TranscriptSettings(places={"444455556666": place})
    session = replace(SHELL, account="444455556666")
    assert content(look_up(session, settings=settings)) == b"central"
    assert content(look_up(session, settings=TranscriptSettings(places={"*": place}))) == b"central"
    assert aws.calls["GetDocument"] == 0


def test_a_document_of_the_callers_choice_has_its_own_places(aws: AwsServer) -> None:
    configure(aws, s3BucketName="logs")
    configure(aws, "Custom", s3BucketName="own")
    aws.s3.put("own", f"{SESSION}.log", b"own")
    aws.s3.clear("logs")
    assert content(look_up(replace(SHELL, document="Custom"))) == b"own"
    configure(aws, "Forward", kind="Port")
    assert look_up(replace(SHELL, document="Forward")).state == "not recordable"


@pytest.mark.parametrize(
    ("command", "state"),
    [
        ({"logging": "NONE"}, "not configured"),
        ({"logging": "DEFAULT"}, "unknown"),
        (None, "unknown"),
        ({"logging": "OVERRIDE", "logConfiguration": {"s3BucketName": "logs", "s3KeyPrefix": "ecs"}}, "recorded"),
    ],
)
def test_ecs_says_by_its_cluster(aws: AwsServer, command: dict[str, Any] | None, state: str) -> None:
    name = "ecs-execute-command-0a1b2c3d"
    session = replace(SHELL, session_id=name, kind="container", target="ecs:shop_0a1b_0a1b-1")
    configuration = {"configuration": {"executeCommandConfiguration": command}} if command else {}
    aws.clusters.append({"clusterName": "shop", **configuration})
    aws.s3.put("logs", f"ecs/{name}.log", b"x")
    assert look_up(session).state == state
    aws.clusters.clear()
    assert look_up(session).state == "unknown"
