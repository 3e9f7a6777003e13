"""Event history against a loopback AWS: paging, rates, refusals, chains of roles, accounts, what is kept."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

import ssmtrail
from ssmtrail.queries.errors import SourceError, UsageError
from ssmtrail.queries.following import Follower
from ssmtrail.queries.raw_calls import DOORS, SESSION_CALLS
from ssmtrail.queries.sources.history.source import DOOR_NAMES, RUN_COMMAND, SESSION_NAMES
from tests.aws_server import HUB
from tests.queries.history.conftest import NOW, ago, history
from tests.records import Record, assume_role, assumed_role, call, iam_user, sso, start, terminate

if TYPE_CHECKING:
    from pathlib import Path

    from tests.aws_server import AwsServer

MEMBER = "444455556666"


def states(trail: ssmtrail.Trail, window: ssmtrail.Window | None = None) -> set[str]:
    return {day.state for day in trail.coverage(window or ssmtrail.Window()).days}


def in_member(record: Record, region: str = "eu-central-1") -> Record:
    return record | {"recipientAccountId": MEMBER, "awsRegion": region}


def test_sessions_of_all_regions_are_read_once(aws: AwsServer, tmp_path: Path) -> None:
    aws.record([start(ago(hours=5), "jane-1"), terminate(ago(hours=4), "jane-1")])
    aws.record([start(ago(days=40), "jane-2", awsRegion="us-east-1")])
    aws.record([start(ago(hours=5), "sage-1") | {"eventSource": "athena.amazonaws.com"}])
    with history(tmp_path) as trail:
        trail.refresh()
        assert [(each.session_id, each.region) for each in trail.sessions()] == [
            ("jane-1", "eu-central-1"), ("jane-2", "us-east-1"),
        ]  # fmt: skip
        assert states(trail) == {"kept", "open"}
        assert len(trail.coverage(ssmtrail.Window()).days) == 90
    asked = len(aws.asked)
    aws.record([start(ago(minutes=1), "jane-3")])
    with history(tmp_path) as trail:
        assert len(list(trail.sessions())) == 2  # what was kept, before anything is asked
        trail.refresh()
        assert [each.session_id for each in trail.sessions()] == ["jane-3", "jane-1", "jane-2"]
        # Of closed days nothing is asked again: one page for each name and region.
        assert len(aws.asked) == 2 * asked
    assert {value for _, _, value in aws.asked} >= {"StartSession", "ResumeSession", "TerminateSession", "OpenTunnel"}
    assert "SendCommand" not in {value for _, _, value in aws.asked}


@pytest.mark.parametrize("number", [50, 101])
def test_pages(aws: AwsServer, tmp_path: Path, number: int) -> None:
    aws.record(start(ago(minutes=5 + each // 3), f"jane-{each}") for each in range(number))
    with history(tmp_path, regions=["eu-central-1"]) as trail:
        trail.refresh()
        assert len(list(trail.sessions())) == number
    assert aws.calls["LookupEvents"] == 12 + (number - 1) // 50


def test_a_walk_goes_on_when_its_token_is_lost(aws: AwsServer, tmp_path: Path) -> None:
    aws.tokens_end_after = 1
    aws.record(start(ago(minutes=5 + each // 2), f"jane-{each}") for each in range(180))
    with history(tmp_path, regions=["eu-central-1"]) as trail:
        trail.refresh()
        assert len(list(trail.sessions())) == 180
        assert states(trail) == {"kept", "open"}


def test_it_is_followed(aws: AwsServer, tmp_path: Path) -> None:
    never = threading.Event()
    with history(tmp_path, regions=["eu-central-1"]) as trail:
        follower = Follower(trail)
        for number in (1, 2):
            aws.record([start(ago(minutes=5 - number), f"jane-{number}")])
            look = follower.look(never)
            assert set(look.only) == {0}
            assert look.plan is not None
            assert len(look.plan.days) == 2  # no more than what is open, whatever was never read
            follower.done(trail.fetch(lambda _: None, never, look.plan, only=look.only))
            assert len(list(trail.sessions())) == number
            for member in follower._members:
                member.due = 0.0
        assert follower.cost is None


def test_throttling_in_the_middle_is_waited_for(aws: AwsServer, tmp_path: Path) -> None:
    aws.record(start(ago(minutes=each), f"jane-{each}") for each in range(60))
    aws.faults["LookupEvents"] = ["", "", "", "ThrottlingException", "", "InternalServerError"]
    with history(tmp_path, regions=["eu-central-1"]) as trail:
        trail.refresh()
        assert len(list(trail.sessions())) == 60


def test_the_real_rate_is_kept(aws: AwsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    for name, value in aws.environment.items():
        monkeypatch.setenv(name, value)
    aws.limited = True
    with history(tmp_path, regions=["eu-central-1"]) as trail:
        trail.refresh()
        assert states(trail) == {"kept", "open"}
    assert aws.calls["LookupEvents"] - len(aws.asked) <= 1  # throttled


def test_a_refused_region_is_a_failed_cell_with_its_reason(aws: AwsServer, tmp_path: Path) -> None:
    aws.record([start(ago(hours=5), "jane-1")])
    aws.refused[HUB, "us-east-1"] = "AccessDeniedException"
    with history(tmp_path) as trail:
        trail.refresh()
        assert len(list(trail.sessions())) == 1
        (refused,) = trail.coverage(ssmtrail.Window()).unreadable
        assert refused.file == f"{HUB}/us-east-1"
        assert "denies LookupEvents" in refused.why
        assert states(trail) == {"failed"}
        assert not trail.covers(NOW - timedelta(hours=1))
        aws.refused.clear()
        trail.refresh()
        assert states(trail) == {"kept", "open"}
        assert trail.covers(NOW - timedelta(hours=1))
        assert not trail.covers(NOW + timedelta(hours=1))


def test_nothing_but_refusals_is_an_error(aws: AwsServer, tmp_path: Path) -> None:
    aws.denied.add("LookupEvents")
    with history(tmp_path) as trail, pytest.raises(SourceError, match="denies LookupEvents"):
        trail.refresh()


def test_regions_that_may_not_be_listed_are_all_asked(aws: AwsServer, tmp_path: Path) -> None:
    aws.denied.add("DescribeRegions")
    with history(tmp_path) as trail:
        trail.refresh("1d")
        assert trail.coverage(ssmtrail.Window()).files > 15


def test_days_that_are_too_old_are_missing_and_say_so(aws: AwsServer, tmp_path: Path) -> None:
    window = ssmtrail.Window.parse((NOW - timedelta(days=100)).date().isoformat(), "30d", NOW)
    with history(tmp_path, regions=["eu-central-1"]) as trail:
        trail.refresh(window.start, window.end)
        days = trail.coverage(window).days
        assert [day.why for day in days if day.state == "missing"] == ["older than 90 days"] * 11
        assert {day.state for day in days[11:]} == {"kept"}
        # Of a window only its days are read.
        assert trail.coverage(ssmtrail.Window()).days[-1].why == "not read yet"


def test_who_assumed_the_role_is_asked_for_by_key(aws: AwsServer, tmp_path: Path) -> None:
    """The chain is followed, in the session's region and where the global endpoint records; each key is asked once."""
    first, second = assumed_role("jump", "a", key="ASIAFIRST"), assumed_role("ops", "i-0ab1c2d3", key="ASIASECOND")
    aws.record([
        assume_role(ago(hours=7), "a", "ASIAFIRST", iam_user("mallory"), awsRegion="us-east-1"),
        assume_role(ago(hours=6), "i-0ab1c2d3", "ASIASECOND", first),
        start(ago(hours=5), "s-1", who=second),
        start(ago(hours=4), "s-2", who=sso("Admin", "jane@example.com")),
    ])  # fmt: skip
    with history(tmp_path, regions=["eu-central-1"]) as trail:
        trail.refresh()
        people = {each.session_id: (each.person, each.person_evidence) for each in trail.sessions()}
        assert people == {"s-1": ("mallory", "issuer"), "s-2": ("jane@example.com", "identity")}
        trail.refresh()
    keys = [(region, value) for _, region, value in aws.asked if value.startswith("ASIA")]
    assert keys == [("eu-central-1", "ASIASECOND"), ("eu-central-1", "ASIAFIRST"), ("us-east-1", "ASIAFIRST")]


def test_a_stopped_walk_is_resumed(aws: AwsServer, tmp_path: Path) -> None:
    aws.record(start(ago(hours=number), f"jane-{number}") for number in range(400))
    cancelled, pages = threading.Event(), 0

    def stop(operation: str) -> None:
        nonlocal pages
        pages += operation == "LookupEvents"
        if pages == 16:
            cancelled.set()

    aws.before_answer = stop
    with history(tmp_path, regions=["eu-central-1"]) as trail:
        with pytest.raises(ssmtrail.Cancelled):
            trail.refresh(cancelled=cancelled)
        before = len(list(trail.sessions()))
        assert 50 <= before < 400
        aws.asked.clear()
        aws.before_answer = lambda _: None
        trail.refresh()
        assert len(list(trail.sessions())) == 400
        assert len(list(trail.calls())) == 400
        assert states(trail) == {"kept", "open"}
    starts = sum(value == "StartSession" for _, _, value in aws.asked)
    assert starts <= 400 // 50 - before // 50 + 2


def test_rows_appear_while_the_rest_is_read(aws: AwsServer, tmp_path: Path) -> None:
    aws.record([start(ago(hours=5), "jane-1")])
    seen = threading.Event()
    # Another region does not answer before the first rows are there.
    slow = threading.local()

    def hold(operation: str) -> None:
        if operation == "LookupEvents" and not getattr(slow, "is_first", False) and len(aws.asked) > 12:
            assert seen.wait(20)

    aws.before_answer = hold
    with history(tmp_path) as trail:

        def look(progress: ssmtrail.Progress) -> None:
            if progress.state == "reading" and progress.snapshot and len(list(trail.sessions())):
                seen.set()

        trail.fetch(look, threading.Event())
        assert seen.is_set()


class TestAccounts:
    def test_an_organisation(self, aws: AwsServer, tmp_path: Path) -> None:
        aws.members = [
            {"Id": HUB, "Name": "hub", "State": "ACTIVE"}, {"Id": MEMBER, "Name": "prod", "State": "ACTIVE"},
            {"Id": "555566667777", "Name": "old", "State": "PENDING_CLOSURE", "Status": "ACTIVE"},
            {"Id": "666677778888", "Name": "closed", "State": "ACTIVE"},
        ]  # fmt: skip
        aws.closed.add("666677778888")
        aws.record([start(ago(hours=5), "jane-1"), in_member(start(ago(hours=3), "bob-1"))])
        with history(tmp_path, regions=["eu-central-1"], organisation_role="SecurityAudit") as trail:
            trail.refresh()
            assert [(each.account, each.session_id) for each in trail.sessions()] == [
                (MEMBER, "bob-1"),
                (HUB, "jane-1"),
            ]
            coverage = trail.coverage(ssmtrail.Window())
        assert [note.text for note in coverage.notes] == [
            "The account 555566667777 is pending closure: it is not read."
        ]  # fmt: skip
        ((account, why),) = [(each.file, each.why) for each in coverage.unreadable]
        assert account == "666677778888/eu-central-1"
        assert "AssumeRole" in why
        assert set(aws.assumed) == {"ssmtrail-auditor"}

    def test_credentials_that_expire_in_a_long_walk_are_renewed(self, aws: AwsServer, tmp_path: Path) -> None:
        """botocore renews what expires within ten minutes."""
        aws.credentials_last = 300
        aws.record(in_member(start(ago(hours=number), f"bob-{number}")) for number in range(120))
        role = f"arn:aws:iam::{MEMBER}:role/Audit"
        with history(tmp_path, regions=["eu-central-1"], role_arn=role) as trail:
            trail.refresh()
            assert len(list(trail.sessions())) == 120
        assert len(aws.assumed) > 5

    def test_an_expired_token_names_the_next_step(self, aws: AwsServer, tmp_path: Path) -> None:
        aws.faults["LookupEvents"] = ["ExpiredTokenException"]
        with history(tmp_path, regions=["eu-central-1"]) as trail, pytest.raises(SourceError, match="have expired"):
            trail.refresh()

    @pytest.mark.parametrize(
        ("given", "sentence"),
        [
            ({"role_arn": "SecurityAudit"}, "no role"),
            ({"regions": ["Frankfurt"]}, "no region"),
            ({"organisation_role": "a/b"}, "no name of a role"),
            ({"role_arn": f"arn:aws:iam::{MEMBER}:role/A", "organisation_role": "B"}, "do not go together"),
            ({"profiles": ["a", "b"], "organisation_role": "B"}, "One profile"),
        ],
    )
    def test_options_that_cannot_be_meant(self, tmp_path: Path, given: dict[str, str], sentence: str) -> None:
        with pytest.raises(UsageError, match=sentence), history(tmp_path, **given):
            pass


def test_run_command_is_read_when_asked(aws: AwsServer, tmp_path: Path) -> None:
    aws.record([call("SendCommand", ago(hours=2), requestParameters={"instanceIds": ["i-0ab1c2d3"]})])
    with history(tmp_path, regions=["eu-central-1"]) as trail:
        trail.refresh()
        assert "without Run Command" in trail.coverage(ssmtrail.Window()).words
        assert not len(list(trail.doors()))
    with history(tmp_path, regions=["eu-central-1"], run_command=True) as trail:
        trail.refresh()
        assert [each.door for each in trail.doors()] == ["run-command"]


def test_small_segments_are_merged(aws: AwsServer, tmp_path: Path) -> None:
    with history(tmp_path, regions=["eu-central-1"]) as trail:
        for number in range(6):
            aws.record([start(ago(seconds=number), f"jane-{number}")])
            trail.refresh()
        assert len(list(trail.sessions())) == 6
        assert states(trail) == {"kept", "open"}
    assert len(list((tmp_path / "cache" / "v2").glob("*/segments/*.json"))) <= 5


def test_what_is_asked_for_is_what_rows_are_made_of() -> None:
    """Every name that is asked for is one that the extraction keeps; sessions come first."""
    assert frozenset(SESSION_NAMES) == SESSION_CALLS
    doors = frozenset().union(*DOORS.values())
    assert {*DOOR_NAMES, RUN_COMMAND} <= doors
    # The rest are not asked for: of these calls none opens a door alone.
    assert doors - {*DOOR_NAMES, RUN_COMMAND, "StartSession"} == {
        "GetConnection", "CancelConnection",
    }  # fmt: skip
