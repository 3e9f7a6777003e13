"""A bucket against a loopback server in another process: CPU for an object, a cold read against copying it first."""

from __future__ import annotations

import base64
import os
import random
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any, Final

from tests.aws_server import AwsServer
from tests.bench.figures import QUICK, Figure, Group, Sizes
from tests.records import call, start
from tests.trails import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

_FIGURES: Final = (
    Figure("s3_gets", "ms", "<=", 2.0),
    Figure("s3_vs_sync", "x", "<=", 1.0),
)
_SINCE: Final = "2026-11-10"
_UNTIL: Final = "2026-11-20"
#: `aws s3 sync` has so many requests under way. Source: "AWS CLI S3 Configuration", max_concurrent_requests.
_AT_ONCE: Final = 10


def objects(number: int) -> Iterator[dict[str, Any]]:
    """Records of as many files of 2 kB, in ten days; one in twenty is of a session."""
    noise = random.Random(1)
    for index in range(number):
        day, minute = 10 + index % 10, index // 10
        account = f"11112222{3333 + minute // 1440:04}"
        at = f"2026-11-{day}T{minute % 1440 // 60:02}:{minute % 60:02}:00Z"
        reason = base64.b64encode(noise.randbytes(1200)).decode()
        if index % 20:
            yield call("DescribeInstances", at, recipientAccountId=account, requestParameters={"filter": reason})
        else:
            yield start(at, f"s-{index}", recipientAccountId=account, reason=reason)


def serve(number: int) -> None:
    """The server's process: ends with its standard input."""
    with AwsServer() as aws:
        aws.s3.put_records("trail", objects(number))
        print("\n".join(f"{name}={value}" for name, value in aws.environment.items()), flush=True)
        print(flush=True)
        sys.stdin.read()


@contextmanager
def _served(number: int) -> Iterator[None]:
    code = f"from tests.bench.s3 import serve; serve({number})"
    server = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    before = dict(os.environ)
    try:
        assert server.stdout is not None
        while line := server.stdout.readline().strip():
            name, _, value = line.partition("=")
            os.environ[name] = value
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        server.communicate()


def _measure(sizes: Sizes, values: dict[str, float]) -> None:
    import ssmtrail

    number = 4_000 if sizes == QUICK else 20_000
    ROOT.mkdir(exist_ok=True)
    with _served(number), tempfile.TemporaryDirectory(dir=ROOT) as scratch:
        with ssmtrail.open_s3("s3://trail", cache=f"{scratch}/one") as trail:
            window = ssmtrail.Window.parse(_SINCE, _UNTIL, datetime.now(UTC))
            plan = trail.plan(window, Event())
            assert plan.objects == number
            cpu = time.process_time()
            trail.fetch(lambda _: None, Event(), plan, early=False)
            values["s3_gets"] = (time.process_time() - cpu) / number * 1000
        began = time.monotonic()
        with ssmtrail.open_s3("s3://trail", cache=f"{scratch}/two") as trail:
            trail.refresh(_SINCE, _UNTIL)
        directly = time.monotonic() - began
        began = time.monotonic()
        _sync(Path(scratch) / "copy")
        with ssmtrail.open_logs(f"{scratch}/copy", cache=f"{scratch}/three") as trail:
            trail.refresh()
        values["s3_vs_sync"] = directly / (time.monotonic() - began)


def _sync(folder: Path) -> None:
    """Copy the bucket as `aws s3 sync` does."""
    import boto3

    client = boto3.client("s3")

    def copy(key: str) -> None:
        path = folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(client.get_object(Bucket="trail", Key=key)["Body"].read())

    pages = client.get_paginator("list_objects_v2").paginate(Bucket="trail")
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for page in pages:
            for _ in pool.map(copy, [each["Key"] for each in page["Contents"]]):
                pass


S3: Final = Group(_FIGURES, _measure)
