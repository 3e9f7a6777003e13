"""A loopback AWS with a bucket of CloudTrail's files, and the ways to read it."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import pytest

import ssmtrail
from ssmtrail.queries import opening
from ssmtrail.queries.sources.history.address import HistoryAddress
from ssmtrail.queries.sources.history.aws import accounts_by_profile
from ssmtrail.queries.trail import Trail
from tests.aws_server import AwsServer
from tests.s3_server import Buckets

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BUCKET: Final = "trail"
#: Two weeks before the day of `now`, which the trails of these tests are opened with.
SINCE: Final = "2026-11-10"


@pytest.fixture(scope="package")
def server() -> Iterator[AwsServer]:
    """One server, whose credentials are found once: making boto3's clients takes longer than most tests."""
    with AwsServer() as server, pytest.MonkeyPatch.context() as patch:
        for name, value in server.environment.items():
            patch.setenv(name, value)
        yield server
        opening._ACCOUNTS.clear()


@pytest.fixture
def aws(server: AwsServer) -> AwsServer:
    """The server with an empty bucket."""
    server.s3 = Buckets()
    server.s3.objects[BUCKET] = {}
    server.trails.clear()
    return server


class Clock:
    """The time, which a test moves."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of every trail that is opened."""
    clock, plain = Clock(), Trail.__init__

    def init(self: Trail, *args: Any, **more: Any) -> None:
        plain(self, *args, **{**more, "now": clock})

    monkeypatch.setattr(Trail, "__init__", init)
    return clock


@contextmanager
def bucket(tmp_path: Path, url: str = f"s3://{BUCKET}", **given: Any) -> Iterator[ssmtrail.Trail]:
    """A bucket over a store in `tmp_path`."""
    address = HistoryAddress((), tuple(given.get("regions", ())))
    if address not in opening._ACCOUNTS:
        account = next(iter(opening._ACCOUNTS.values()), None) or accounts_by_profile(HistoryAddress())
        opening._ACCOUNTS[address] = account
    with ssmtrail.open_s3(url, cache=tmp_path / "cache", **given) as trail:
        yield trail


def ids(trail: ssmtrail.Trail) -> list[str]:
    """The ids of all sessions."""
    return sorted(str(each.session_id) for each in trail.sessions())
