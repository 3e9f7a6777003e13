"""A proxy, or a network that wants a login first, answers in AWS's place."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Final

import pytest

from ssmtrail.queries.sources.athena.address import Address
from ssmtrail.queries.sources.athena.client import connected
from ssmtrail.queries.sources.athena.errors import AthenaError
from ssmtrail.queries.sources.history import aws as accounts
from ssmtrail.queries.sources.history.address import HistoryAddress
from tests.queries.history.conftest import ago, history
from tests.records import start

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.aws_server import AwsServer

PAGE: Final = b"\n<!DOCTYPE html><html><body>Log in \x1b[31m</body></html>"
#: One that an XML parser takes.
TIDY: Final = b"<html><body>Log in</body></html>"
SENTENCE: Final = "is not one of AWS: is there a proxy, or a network that wants a login first?"


@contextmanager
def page(body: bytes = PAGE, status: int = 200) -> Iterator[str]:
    """The address of a server that answers everything with a page."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(
    ("service", "operation", "body", "status"),
    [
        ("cloudtrail", "lookup_events", PAGE, 200),
        ("cloudtrail", "lookup_events", b"Blocked by policy 17.", 200),
        ("ssm", "describe_instance_information", TIDY, 403),
        ("ec2", "describe_instances", PAGE, 200),
        ("ec2", "describe_instances", TIDY, 200),
        ("ec2", "describe_instances", b"<a>\x1b</a>", 200),
    ],
)
def test_a_page_is_no_answer(
    aws: AwsServer, monkeypatch: pytest.MonkeyPatch, service: str, operation: str, body: bytes, status: int
) -> None:
    with page(body, status) as url:
        monkeypatch.setenv(f"AWS_ENDPOINT_URL_{service.upper()}", url)
        (account,) = accounts.accounts_by_profile(HistoryAddress())
        with pytest.raises(AthenaError, match=SENTENCE) as raised:
            account.call(service, "eu-central-1", operation)
    assert raised.value.retry == "never"
    assert "\x1b" not in str(raised.value)


def test_a_failure_with_a_page_is_a_failure(aws: AwsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """AWS's own load balancers write one."""
    with page(PAGE, 503) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDTRAIL", url)
        (account,) = accounts.accounts_by_profile(HistoryAddress())
        with pytest.raises(AthenaError) as raised:
            account.call("cloudtrail", "eu-central-1", "lookup_events")
    assert raised.value.retry == "later"


def test_in_a_role(aws: AwsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    with page() as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDTRAIL", url)
        (account,) = accounts.accounts_by_profile(HistoryAddress(role_arn="arn:aws:iam::444455556666:role/Audit"))
        with pytest.raises(AthenaError, match=SENTENCE):
            account.call("cloudtrail", "eu-central-1", "lookup_events")


def test_athena(aws: AwsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    with page() as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_ATHENA", url)
        found = connected(Address("audit", "trail", region="eu-central-1"))
        with pytest.raises(AthenaError, match=SENTENCE):
            found.pages("list_data_catalogs", "DataCatalogsSummary", threading.Event())


def test_days_are_not_empty_but_unknown(aws: AwsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    aws.record([start(ago(hours=3), "jane-0001")])
    with page() as url, history(tmp_path, regions=["eu-central-1"]) as trail:
        monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDTRAIL", url)
        with pytest.raises(AthenaError, match=SENTENCE):
            trail.refresh()
