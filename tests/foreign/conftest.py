"""Starts a foreign server, and runs the command line against it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from socket import create_connection, socket
from typing import TYPE_CHECKING, Any, Final

import boto3
import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT: Final = Path(__file__).resolve().parents[2]
HOME: Final = "eu-central-1"
BUCKET: Final = "trail"
#: The day after the last one of the demo.
DEMO_END: Final = "2026-11-20"
_STARTING: Final = 60.0


@dataclass
class Server:
    """A server that is up, and what the program is given to find it."""

    name: str
    url: str
    folder: Path
    """For the store and the configuration."""

    @cached_property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "SSMTRAIL_"))}
        places = {f"SSMTRAIL_{name}": str(self.folder / name.lower()) for name in ("CACHE", "STATE")}
        return {
            **kept, **places, "HOME": str(self.folder), "AWS_ENDPOINT_URL": self.url, "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": HOME, "AWS_DEFAULT_REGION": HOME,
            "AWS_EC2_METADATA_DISABLED": "true",
        }  # fmt: skip

    def client(self, service: str, region: str = HOME, **keys: str) -> Any:
        given = keys or {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        return boto3.client(service, region, endpoint_url=self.url, **given)

    def needs(self, service: str, operation: str, **request: Any) -> None:
        """Skip the test where the server does not have a call at all."""
        try:
            getattr(self.client(service), operation)(**request)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in ("500", "InvalidAction", "NotImplemented", "UnknownOperationException"):
                pytest.skip(f"{self.name} has no {error.operation_name}")

    def run(self, *words: str, status: int = 0) -> tuple[str, str]:
        """What the command line writes to standard output and standard error."""
        command = (sys.executable, "-m", "ssmtrail", *words)
        ended = subprocess.run(
            command, cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=600, check=False
        )
        assert ended.returncode == status, (words, ended.returncode, ended.stdout[-2000:], ended.stderr[-2000:])
        assert "Traceback" not in ended.stderr
        return ended.stdout, ended.stderr

    def upload(self, folder: Path, bucket: str = BUCKET) -> None:
        """Put all files of a folder into a bucket, which is made."""
        s3 = self.client("s3")
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": HOME})
        files = [path for path in folder.rglob("*") if path.is_file()]
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda path: s3.put_object(
                Bucket=bucket, Key=str(path.relative_to(folder)), Body=path.read_bytes()), files))  # fmt: skip


@contextmanager
def running(name: str, folder: Path, words: tuple[str, ...], environment: Mapping[str, str]) -> Iterator[Server]:
    """A server of this name, whose program the environment names; the test is skipped where it does not.

    `{port}` in `words` and in the values of `environment` is a free port.
    """
    program = os.environ.get(f"SSMTRAIL_{name.upper()}")
    if not program:
        pytest.skip(f"`make foreign` runs this: it installs {name}")
    with socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    given = {key: value.format(port=port) for key, value in environment.items()}
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            (program, *(word.format(port=port) for word in words)), stdout=log, stderr=log, cwd=folder,
            env={**os.environ, **given},
        )  # fmt: skip
        try:
            _wait(process, int(port))
            yield Server(name, f"http://127.0.0.1:{port}", folder)
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(5)
            process.kill()
            process.wait()


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    until = time.monotonic() + _STARTING
    while time.monotonic() < until and process.poll() is None:
        with suppress(OSError), create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    pytest.fail("the server does not start")


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo as CloudTrail's files, in the folder `trail`."""
    folder = tmp_path_factory.mktemp("demo") / "files"
    command = (sys.executable, "-m", "ssmtrail", "demo", "--export", str(folder), "--demo-end", DEMO_END)
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=100)
    return folder
