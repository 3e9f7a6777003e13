"""A loopback AWS with nothing in it, as the AWS of this process, without pauses between requests."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

import ssmtrail
from ssmtrail.queries.sources.history import rate
from tests.aws_server import AwsServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: Today at noon, so that a few hours ago is today too.
NOW = datetime.now(UTC).replace(microsecond=0)


def ago(**before: float) -> str:
    """The time so long before now, as records have it."""
    return (NOW - timedelta(**before)).strftime("%Y-%m-%dT%H:%M:%SZ")


def a_session(
    session_id: str, *, hours: float, ended: float | None = None, status: str | None = None, **more: Any
) -> dict[str, Any]:
    """A session as DescribeSessions gives it: begun and ended so many hours ago, with fractions of seconds."""
    given = {
        "SessionId": session_id, "Target": "i-0ab1c2d3",
        "StartDate": (NOW - timedelta(hours=hours)).timestamp() + 0.563,
        "Status": status or ("Connected" if ended is None else "Terminated"), "Details": "", "OutputUrl": {},
        "DocumentName": "SSM-SessionManagerRunShell", "Owner": "arn:aws:iam::111122223333:user/jane",
        "MaxSessionDuration": "60", "AccessType": "Standard",
    }  # fmt: skip
    if ended is not None:
        given["EndDate"] = (NOW - timedelta(hours=ended)).timestamp() + 0.25
    return given | more


def an_instance(instance_id: str, state: str = "running", **tags: str) -> dict[str, Any]:
    """A machine as DescribeInstances gives it."""
    return {
        "InstanceId": instance_id, "State": {"Code": 16, "Name": state},
        "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
    }  # fmt: skip


def a_node(instance_id: str, kind: str = "ManagedInstance", **more: str) -> dict[str, Any]:
    """A managed node as DescribeInstanceInformation gives it."""
    return {"InstanceId": instance_id, "PingStatus": "Online", "ResourceType": kind, **more}


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[AwsServer]:
    monkeypatch.setattr(rate, "INTERVAL", 0.0)
    with AwsServer() as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        yield server


@contextmanager
def history(tmp_path: Path, **given: Any) -> Iterator[ssmtrail.Trail]:
    """Event history over a store in `tmp_path`."""
    with ssmtrail.open_history(cache=tmp_path / "cache", **given) as trail:
        yield trail
