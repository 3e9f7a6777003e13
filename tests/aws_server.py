"""A loopback server for the calls of AWS that moto lacks: event history, sessions, and what leads to them.

A request's signature names its service and region; its access key names the account. The
shapes of all answers are checked against botocore's service models by `tests/queries/history/test_wire.py`.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from tests.s3_server import Buckets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Record = dict[str, Any]

HUB: Final = "111122223333"
#: What AWS allows LookupEvents, by account and region.
_RATE: Final = 2.0
_PAGE: Final = 50
#: Machines a page, fewer than AWS gives.
_MOST: Final = 3


#: What `AwsServer.refused` refuses.
_REFUSABLE: Final = ("LookupEvents", "DescribeSessions", "DescribeInstances")


class RefusalError(Exception):
    """An error for the client."""

    def __init__(self, code: str, message: str = "refused by the test") -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(slots=True)
class _Request:
    """One request, as an operation sees it."""

    server: AwsServer
    operation: str
    account: str
    region: str
    body: dict[str, Any]


@dataclass(slots=True)
class AwsServer:
    """A server on 127.0.0.1; use it as a context."""

    regions: tuple[str, ...] = ("eu-central-1", "us-east-1")
    """Of every account, as DescribeRegions lists them."""
    limited: bool = False
    """Whether LookupEvents is throttled at the real rate."""
    refused: dict[tuple[str, str], str] = field(default_factory=dict)
    """By account and region: the code of an error that every call for events, sessions or machines gets."""
    denied: set[str] = field(default_factory=set)
    """Operations that are denied everywhere."""
    faults: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """By operation: codes of errors for the next requests; an empty one lets a request pass."""
    members: list[Record] = field(default_factory=list)
    """Accounts of the organisation, as ListAccounts gives them."""
    closed: set[str] = field(default_factory=set)
    """Accounts whose roles cannot be assumed."""
    credentials_last: float = 3600.0
    """Seconds that the credentials of an assumed role last."""
    tokens_end_after: int = 0
    """Pages after which a token of LookupEvents is not known any more; 0 for never."""
    calls: Counter[str] = field(default_factory=Counter)
    """Requests by operation."""
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    """Account, region and attribute value of every LookupEvents that was answered."""
    assumed: list[str] = field(default_factory=list)
    """Session names of roles that were assumed."""
    before_answer: Callable[[str], None] = lambda _: None
    """Called with the operation before each answer; may block."""
    events: dict[tuple[str, str], list[tuple[datetime, Record]]] = field(default_factory=lambda: defaultdict(list))
    sessions: dict[tuple[str, str], list[Record]] = field(default_factory=lambda: defaultdict(list))
    """By account and region: sessions as DescribeSessions gives them."""
    instances: dict[tuple[str, str], list[Record]] = field(default_factory=lambda: defaultdict(list))
    """By account and region: machines as DescribeInstances gives them, each a reservation."""
    nodes: dict[tuple[str, str], list[Record]] = field(default_factory=lambda: defaultdict(list))
    """By account and region: managed nodes as DescribeInstanceInformation gives them."""
    documents: dict[tuple[str, str, str], str] = field(default_factory=dict)
    """By account, region and name: the content of a document."""
    log_groups: dict[str, int | None] = field(default_factory=dict)
    """By name: the days that a log group keeps; None keeps for ever."""
    streams: dict[tuple[str, str], list[list[str]]] = field(default_factory=dict)
    """By log group and stream: pages of messages."""
    taken_in: int = 1
    """When CloudWatch Logs took in every event, in milliseconds (POSIX)."""
    clusters: list[Record] = field(default_factory=list)
    """As DescribeClusters gives them."""
    s3: Buckets = field(default_factory=Buckets)
    trails: list[Record] = field(default_factory=list)
    """As DescribeTrails gives them."""
    _keys: dict[str, tuple[str, float]] = field(default_factory=dict)
    _buckets: dict[tuple[str, str], tuple[float, float]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _http: ThreadingHTTPServer | None = None

    def __enter__(self) -> Self:
        handler = type("Handler", (_Handler,), {"aws": self})
        self._http = _Http(("127.0.0.1", 0), handler)
        self._http.daemon_threads = True
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        assert self._http is not None
        self._http.shutdown()
        self._http.server_close()

    @property
    def environment(self) -> dict[str, str]:
        """Environment variables that direct AWS's libraries to this server only."""
        assert self._http is not None
        return {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self._http.server_address[1]}", "AWS_ACCESS_KEY_ID": "AKIAHUB",
            "AWS_SECRET_ACCESS_KEY": "secret", "AWS_DEFAULT_REGION": "eu-central-1",
            "AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": "/nonexistent",
            "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
        }  # fmt: skip

    def record(self, records: Iterable[Record]) -> None:
        """Let event history hold these CloudTrail records, in the account and region of each."""
        for each in records:
            at = datetime.fromisoformat(each["eventTime"]).astimezone(UTC)
            self.events[each["recipientAccountId"], each["awsRegion"]].append((at, each))
        for found in self.events.values():
            found.sort(key=lambda pair: pair[0], reverse=True)

    def answer(self, service: str, region: str, key: str, operation: str, body: dict[str, Any]) -> dict[str, Any]:
        """The answer to one request. Raises RefusalError."""
        with self._lock:
            self.calls[operation] += 1
        self.before_answer(operation)
        if self.faults[operation] and (code := self.faults[operation].pop(0)):
            raise RefusalError(code, "Rate exceeded" if code == "ThrottlingException" else "refused by the test")
        account, until = self._keys.get(key, (HUB, float("inf")))
        if time.time() > until:
            raise RefusalError("ExpiredTokenException", "The security token included in the request is expired")
        if operation in self.denied:
            raise RefusalError("AccessDeniedException", f"is not authorized to perform: {service}:{operation}")
        if operation in _REFUSABLE and (account, region) in self.refused:
            raise RefusalError(self.refused[account, region])
        return OPERATIONS[operation](_Request(self, operation, account, region, body))

    def give_credentials(self, account: str) -> tuple[str, float]:
        """A new access key of an account, and when it expires (POSIX)."""
        with self._lock:
            key = f"ASIA{len(self._keys):016}"
            self._keys[key] = account, time.time() + self.credentials_last
            return key, self._keys[key][1]

    def throttle(self, account: str, region: str) -> None:
        """Raises RefusalError where the account asks too often."""
        with self._lock:
            tokens, at = self._buckets.get((account, region), (_RATE, 0.0))
            now = time.monotonic()
            tokens = min(_RATE, tokens + (now - at) * _RATE)
            self._buckets[account, region] = max(0.0, tokens - 1), now
        if self.limited and tokens < 1:
            raise RefusalError("ThrottlingException", "Rate exceeded")


def _lookup(request: _Request) -> dict[str, Any]:
    server, body = request.server, request.body
    server.throttle(request.account, request.region)
    (attribute,) = body["LookupAttributes"]
    key, value = attribute["AttributeKey"], attribute["AttributeValue"]
    start, end = (datetime.fromtimestamp(body[name], UTC) for name in ("StartTime", "EndTime"))
    found = [
        (at, each)
        for at, each in server.events[request.account, request.region]
        if start <= at <= end and (each["eventName"] == value if key == "EventName" else value in _resources(each))
    ]
    offset = _place(server, body) if "NextToken" in body else 0
    size = min(body.get("MaxResults", _PAGE), _PAGE)
    server.asked.append((request.account, request.region, value))
    answer: dict[str, Any] = {"Events": [_event(at, each) for at, each in found[offset : offset + size]]}
    if offset + size < len(found):
        answer["NextToken"] = json.dumps([offset + size, {**body, "NextToken": None}])
    return answer


def _place(server: AwsServer, body: dict[str, Any]) -> int:
    """The place that a token names. It goes with the very same other parameters."""
    offset, parameters = json.loads(body["NextToken"])
    if parameters != {**body, "NextToken": None} or (
        server.tokens_end_after and offset > server.tokens_end_after * _PAGE
    ):
        raise RefusalError("InvalidNextTokenException", "Invalid token")
    return int(offset)


def _resources(record: Record) -> set[str]:
    """Issued keys, and the machines that a call of EC2 was about."""
    request, response = record.get("requestParameters") or {}, record.get("responseElements") or {}
    issued = (response.get("credentials") or {}).get("accessKeyId")
    sets = [given.get(name) or {} for given in (request, response) for name in ("instancesSet", "resourcesSet")]
    machines = {each.get("instanceId") or each.get("resourceId") for given in sets for each in given.get("items", ())}
    found = machines if record["eventSource"] == "ec2.amazonaws.com" else set()
    return {str(each) for each in (issued, *found) if each}


def _event(at: datetime, record: Record) -> Record:
    identity = record["userIdentity"]
    event = {
        "EventId": record["eventID"], "EventName": record["eventName"], "ReadOnly": "false",
        "EventTime": at.timestamp(), "EventSource": record["eventSource"],
        "Username": identity.get("userName", "someone"),
        "Resources": [
            {"ResourceType": f"AWS::{'EC2::Instance' if name[1] == '-' else 'IAM::AccessKey'}", "ResourceName": name}
            for name in sorted(_resources(record))
        ],
        "CloudTrailEvent": json.dumps(record),
    }  # fmt: skip
    return event | ({"AccessKeyId": identity["accessKeyId"]} if "accessKeyId" in identity else {})


def _list_accounts(request: _Request) -> dict[str, Any]:
    """Two accounts a page, and an empty page between, as AWS may give."""
    at = int(request.body.get("NextToken", "0"))
    members = request.server.members
    if at % 2:
        return {"Accounts": [], "NextToken": str(at + 1)}
    rest = members[at : at + 2]
    return {"Accounts": rest, **({"NextToken": str(at + 1)} if at + 2 < len(members) else {})}


def _identity(request: _Request) -> dict[str, Any]:
    return {"UserId": "AIDA", "Account": request.account, "Arn": f"arn:aws:iam::{request.account}:user/auditor"}


def _assume(request: _Request) -> dict[str, Any]:
    account = request.body["RoleArn"].split(":")[4]
    if account in request.server.closed:
        raise RefusalError("AccessDenied", f"is not authorized to perform: sts:AssumeRole on {request.body['RoleArn']}")
    request.server.assumed.append(request.body["RoleSessionName"])
    key, until = request.server.give_credentials(account)
    expiration = datetime.fromtimestamp(until, UTC).isoformat().replace("+00:00", "Z")
    return {
        "Credentials": {
            "AccessKeyId": key, "SecretAccessKey": "secret", "SessionToken": "token", "Expiration": expiration,
        },
        "AssumedRoleUser": {"AssumedRoleId": "AROA:auditor", "Arn": f"arn:aws:sts::{account}:assumed-role/r/auditor"},
    }  # fmt: skip


def _regions(request: _Request) -> dict[str, Any]:
    return {"Regions": [{"RegionName": each, "OptInStatus": "opt-in-not-required"} for each in request.server.regions]}


def _sessions(request: _Request) -> dict[str, Any]:
    """Open and ended sessions are two walks."""
    open_ones = ("Connected", "Connecting", "Disconnected")
    wanted = [
        each
        for each in request.server.sessions[request.account, request.region]
        if (each["Status"] in open_ones) == (request.body["State"] == "Active")
    ]
    at, size = int(request.body.get("NextToken", "0")), request.body.get("MaxResults", 20)
    answer: dict[str, Any] = {"Sessions": wanted[at : at + size]}
    return answer | ({"NextToken": str(at + size)} if at + size < len(wanted) else {})


def _instances(request: _Request) -> dict[str, Any]:
    found, more = _page(request, request.server.instances[request.account, request.region], 1000)
    return {
        "Reservations": [{"ReservationId": f"r-{each['InstanceId']}", "Instances": [each]} for each in found],
        **more,
    }


def _nodes(request: _Request) -> dict[str, Any]:
    """Those of the types that the filter names; the real answer has no other either."""
    wanted = {value for each in request.body.get("Filters", ()) for value in each["Values"]}
    nodes = request.server.nodes[request.account, request.region]
    found, more = _page(request, [each for each in nodes if each["ResourceType"] in wanted or not wanted], 10)
    return {"InstanceInformationList": found, **more}


def _page(request: _Request, rows: list[Record], size: int) -> tuple[list[Record], dict[str, str]]:
    """So many rows, at most as many as are asked for, and where the next ones begin."""
    at, size = int(request.body.get("NextToken", "0")), min(int(request.body.get("MaxResults", size)), _MOST)
    return rows[at : at + size], {"NextToken": str(at + size)} if at + size < len(rows) else {}


def _document(request: _Request) -> dict[str, Any]:
    name = request.body["Name"]
    content = request.server.documents.get((request.account, request.region, name))
    if content is None:
        raise RefusalError("InvalidDocument", "Document with name does not exist.")
    return {"Name": name, "Content": content, "DocumentType": "Session", "DocumentFormat": "JSON"}


def _log_events(request: _Request) -> dict[str, Any]:
    """A page; the token of the last one repeats, as that of AWS does."""
    pages = request.server.streams.get((request.body["logGroupName"], request.body["logStreamName"]))
    if pages is None:
        raise RefusalError("ResourceNotFoundException", "The specified log stream does not exist.")
    taken_in = request.server.taken_in
    if not request.body["startFromHead"]:
        messages = [message for page in pages for message in page][-request.body["limit"] :]
        events = [{"timestamp": taken_in, "ingestionTime": taken_in, "message": message} for message in messages]
        return {"events": events, "nextForwardToken": "f/last", "nextBackwardToken": "b/last"}
    at = int(request.body.get("nextToken", "f/0").removeprefix("f/"))
    page = pages[at] if at < len(pages) else []
    return {
        "events": [{"timestamp": taken_in, "ingestionTime": taken_in, "message": message} for message in page],
        "nextForwardToken": f"f/{min(at + 1, len(pages))}", "nextBackwardToken": "b/0",
    }  # fmt: skip


def _log_groups(request: _Request) -> dict[str, Any]:
    prefix = request.body["logGroupNamePrefix"]
    found = {name: days for name, days in request.server.log_groups.items() if name.startswith(prefix)}
    kept = [{"logGroupName": name} | ({"retentionInDays": days} if days else {}) for name, days in found.items()]
    return {"logGroups": kept}


def _clusters(request: _Request) -> dict[str, Any]:
    assert request.body["include"] == ["CONFIGURATIONS"]
    wanted = request.body["clusters"]
    return {"clusters": [each for each in request.server.clusters if each["clusterName"] in wanted], "failures": []}


OPERATIONS: Final[dict[str, Callable[[_Request], dict[str, Any]]]] = {
    "GetDocument": _document,
    "GetLogEvents": _log_events,
    "DescribeLogGroups": _log_groups,
    "DescribeClusters": _clusters,
    "LookupEvents": _lookup,
    "DescribeSessions": _sessions,
    "ListAccounts": _list_accounts,
    "GetCallerIdentity": _identity,
    "AssumeRole": _assume,
    "DescribeRegions": _regions,
    "DescribeInstances": _instances,
    "DescribeInstanceInformation": _nodes,
    "DescribeTrails": lambda request: {
        "trailList": [each for each in request.server.trails if each["Name"] in request.body["trailNameList"]]
    },
}


class _Http(ThreadingHTTPServer):
    """A server that is silent about clients that were killed."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    aws: AwsServer

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Be silent."""

    def do_GET(self) -> None:
        status, headers, body = self.aws.s3.answer(self.command, self.path, self.headers)
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        credential = self.headers.get("Authorization", "").partition("Credential=")[2].partition(",")[0]
        key, _, region, service, *_rest = [*credential.split("/"), "", "", "", ""]
        if target := self.headers.get("X-Amz-Target"):
            self._json(service, region, key, target.rpartition(".")[2], json.loads(body or b"{}"))
        else:
            self._query(service, region, key, dict(parse_qsl(body.decode())))

    def _json(self, service: str, region: str, key: str, operation: str, request: dict[str, Any]) -> None:
        try:
            status, answer = 200, self.aws.answer(service, region, key, operation, request)
        except RefusalError as refusal:
            status, answer = 400, {"__type": refusal.code, "message": refusal.message}
        self._send(status, json.dumps(answer).encode(), "application/x-amz-json-1.1")

    def _query(self, service: str, region: str, key: str, request: dict[str, Any]) -> None:
        operation = request["Action"]
        try:
            answer = self.aws.answer(service, region, key, operation, request)
        except RefusalError as refusal:
            error = f"<Error><Code>{refusal.code}</Code><Message>{escape(refusal.message)}</Message></Error>"
            whole = {"ec2": f"<Response><Errors>{error}</Errors></Response>"}.get(
                service, f"<ErrorResponse>{error}</ErrorResponse>"
            )
            self._send(403 if "Denied" in refusal.code else 400, whole.encode(), "text/xml")
            return
        if service == "ec2":
            inner = _xml({key[:1].lower() + key[1:]: value for key, value in answer.items()}, ec2=True)
            body = f"<{operation}Response>{inner}</{operation}Response>"
        else:
            body = f"<{operation}Response><{operation}Result>{_xml(answer)}</{operation}Result></{operation}Response>"
        self._send(200, body.encode(), "text/xml")

    def _send(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


#: Members of EC2's answers whose names on the wire are others.
_EC2_NAMES: Final = {
    "Regions": "regionInfo", "regions": "regionInfo", "reservations": "reservationSet", "Instances": "instancesSet",
    "Tags": "tagSet", "State": "instanceState",
}  # fmt: skip


def _xml(value: object, *, ec2: bool = False) -> str:
    """A value as the query protocols write it."""
    if isinstance(value, dict):
        parts = []
        for name, inner in value.items():
            shown = _EC2_NAMES.get(name, name[:1].lower() + name[1:]) if ec2 else name
            parts.append(f"<{shown}>{_xml(inner, ec2=ec2)}</{shown}>")
        return "".join(parts)
    if isinstance(value, list):
        return "".join(f"<item>{_xml(each, ec2=ec2)}</item>" for each in value)
    return escape(str(value))
