"""Event history against a loopback AWS that throttles at the real rate: first rows, and the time for all regions."""

from __future__ import annotations

import os
import tempfile
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from tests.aws_server import AwsServer
from tests.bench.figures import Figure, Group, Sizes
from tests.records import start
from tests.trails import ROOT

if TYPE_CHECKING:
    from ssmtrail.queries.model import Progress

_FIGURES: Final = (
    Figure("history_first_rows", "s", "<=", 2.0),
    Figure("history_17_regions", "x", "<=", 1.2),
)
_REGIONS: Final = (
    "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1", "ap-southeast-2",
    "ca-central-1", "eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3",
    "sa-east-1", "us-east-1", "us-east-2", "us-west-1", "us-west-2",
)  # fmt: skip


def _measure(_: Sizes, values: dict[str, float]) -> None:
    import ssmtrail
    from ssmtrail.queries.sources.history import rate

    ROOT.mkdir(exist_ok=True)
    now = datetime.now(UTC)
    with AwsServer(regions=_REGIONS, limited=True) as aws, tempfile.TemporaryDirectory(dir=ROOT) as store:
        for number, region in enumerate(_REGIONS):
            at = (now - timedelta(days=number)).strftime("%Y-%m-%dT%H:%M:%SZ")
            aws.record([start(at, f"jane-{number}", awsRegion=region)])
        before = dict(os.environ)
        os.environ.update(aws.environment)
        try:
            began = time.monotonic()
            with ssmtrail.open_history(cache=store) as trail:
                first: list[float] = []

                def look(progress: Progress) -> None:
                    if not first and progress.snapshot and any(True for _ in trail.sessions()):
                        first.append(time.monotonic() - began)

                walked = time.monotonic()
                trail.fetch(look, threading.Event())
                seconds = time.monotonic() - walked
        finally:
            os.environ.clear()
            os.environ.update(before)
        names = aws.calls["LookupEvents"] / len(_REGIONS)
    values["history_first_rows"] = first[0]
    values["history_17_regions"] = seconds / ((names - rate.BURST) * rate.INTERVAL)


HISTORY: Final = Group(_FIGURES, _measure)
