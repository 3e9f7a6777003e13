"""A reading of a bucket that is killed at random moments: what is answered in the end is what one reading answers."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any, Final

import pytest

import ssmtrail
from tests.aws_server import AwsServer
from tests.campaigns.processes import environment
from tests.records import start, terminate

if TYPE_CHECKING:
    from pathlib import Path

_BUCKET: Final = "trail"
_DAYS: Final = 3
#: Seconds in which a reading dies, at most, after the request that is waited for.
_LATER: Final = 0.5


def kills(count: int, seed: int, folder: Path, objects: int = 600) -> str:
    """Kill a reading so often, in store after store; what each has in the end has nothing twice and lacks nothing."""
    chance, dead, stores, again = Random(seed), 0, 0, 0
    with AwsServer(regions=("eu-central-1", "us-east-1")) as aws, pytest.MonkeyPatch.context() as patch:
        for name, value in aws.environment.items():
            patch.setenv(name, value)
        _fill(aws, objects)
        whole = _answers(folder / "undisturbed")
        assert [len(each) for each in whole] == [objects, 2 * objects]
        while dead < count:
            stores, aws.s3.read[:] = stores + 1, []
            while dead < count and _dies(aws, folder, chance.randint(1, objects), chance.uniform(0, _LATER)):
                dead += 1
            assert _answers(folder / "killed") == whole, f"after {dead} kills, seed {seed}"
            assert set(aws.s3.read) == set(aws.s3.objects[_BUCKET])
            again += len(aws.s3.read) - objects
            left = [str(path) for path in (folder / "killed").rglob(".*")]
            assert not left, left
            shutil.rmtree(folder / "killed")
    return f"{dead} of {count} died; {stores} stores, each with all {objects} sessions once; {again} objects read again"


def _since() -> str:
    return f"{datetime.now(UTC) - timedelta(days=_DAYS):%Y-%m-%d}"


def _fill(aws: AwsServer, objects: int) -> None:
    """So many objects on the last whole days; each has the start and the end of a session."""
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    for number in range(objects):
        minute = f"{today - timedelta(days=_DAYS) * (1 - number / objects):%Y-%m-%dT%H:%M}"
        aws.s3.put_records(_BUCKET, [
            start(f"{minute}:00Z", f"s-{number}", eventID=f"begun-{number}"),
            terminate(f"{minute}:30Z", f"s-{number}", eventID=f"ended-{number}"),
        ])  # fmt: skip


def _answers(store: Path) -> tuple[list[Any], list[Any]]:
    """Read to the end; all sessions and calls."""
    with ssmtrail.open_s3(f"s3://{_BUCKET}", cache=store) as trail:
        assert trail.refresh(since=_since()).state == "done"
        return list(trail.sessions()), list(trail.calls())


def _dies(aws: AwsServer, folder: Path, requests: int, later: float) -> bool:
    """Whether a reading dies: it is killed some seconds after so many requests, if it has not ended by then."""
    reached, left = threading.Event(), iter(range(requests - 1))
    aws.s3.before_get = lambda _: None if next(left, None) is not None else reached.set()
    own = {**environment(folder), **aws.environment, "SSMTRAIL_CACHE": str(folder / "killed")}
    words = ("query", "sessions", "--s3", f"s3://{_BUCKET}", "--from", _since())
    with subprocess.Popen(
        (sys.executable, "-m", "ssmtrail", *words), env=own, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as running:
        while not reached.wait(0.02) and running.poll() is None:
            pass
        try:
            running.wait(later)
        except subprocess.TimeoutExpired:
            running.send_signal(signal.SIGKILL)
            return True
    return False
