"""CloudTrail records of the demo as JSON text: callers, calls, and the log of one day."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from random import Random
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import date

SSM: Final = "ssm.amazonaws.com"

CLI: Final = (
    "aws-cli/2.15.30 Python/3.11.8 Darwin/23.4.0 source/arm64 prompt/off command/ssm.start-session",
    "aws-cli/2.17.9 md/awscrt#0.20.11 ua/2.0 os/linux#6.8.0 md/arch#x86_64 lang/python#3.11.9 cfg/retry-mode#standard",
    "aws-cli/2.22.4 md/awscrt#0.23.0 ua/2.0 os/windows#10 md/arch#amd64 lang/python#3.12.6 md/command#start-session",
)
CONSOLE: Final = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0"
    " Safari/537.36"
)
#: The session-manager-plugin resumes sessions itself, so a resume has another user agent than its start.
PLUGIN: Final = "aws-sdk-go/1.44.76 (go1.20.4; darwin; amd64)"
BOTO: Final = "Boto3/1.35.0 md/Botocore#1.35.0 ua/2.0 os/linux#5.10 lang/python#3.11.6 Botocore/1.35.0"

_ALPHABET: Final = "abcdefghijklmnopqrstuvwxyz0123456789"


@dataclass(frozen=True, slots=True)
class Caller:
    """The identity, source address and user agent of a call."""

    name: str
    """The start of their session ids."""
    identity: str
    """`userIdentity` as JSON."""
    account: str
    arn: str
    address: str
    agent: str
    from_console: bool = False

    def using(self, agent: str) -> Caller:
        """The same caller with another client."""
        return replace(self, agent=agent, from_console=agent == CONSOLE)

    def at(self, address: str) -> Caller:
        """The same caller from another address."""
        return replace(self, address=address)


def stamp(at: int) -> str:
    """Seconds since 1970 as CloudTrail writes them: `2026-11-23T12:04:11Z`."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def text(value: str) -> str:
    """A text as a JSON string."""
    return json.dumps(value)


@cache
def key_id(kind: str, *of: object) -> str:
    """An access key id or principal id (`AKIA`, `ASIA`, `AIDA`, `AROA`) that is computed from its purpose."""
    rng = Random(f"key {kind} {of}")
    return f"{kind}DEMO" + "".join(rng.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", k=12))


def iam_user(name: str, account: str, address: str, agent: str) -> Caller:
    """An IAM user with a long-lived key."""
    arn = f"arn:aws:iam::{account}:user/{name}"
    identity = (
        f'{{"type":"IAMUser","principalId":"{key_id("AIDA", name)}","arn":"{arn}","accountId":"{account}",'
        f'"accessKeyId":"{key_id("AKIA", name)}","userName":"{name}"}}'
    )
    return Caller(name, identity, account, arn, address, agent)


def root(account: str, address: str, since: int) -> Caller:
    """The root user of an account, signed in to the console at `since`."""
    arn = f"arn:aws:iam::{account}:root"
    identity = (
        f'{{"type":"Root","principalId":"{account}","arn":"{arn}","accountId":"{account}",'
        f'"accessKeyId":"{key_id("ASIA", "root", account, since)}","sessionContext":{{"attributes":'
        f'{{"creationDate":"{stamp(since)}","mfaAuthenticated":"true"}}}}}}'
    )
    return Caller("root", identity, account, arn, address, CONSOLE, from_console=True)


def assumed_role(
    role: str,
    name: str,
    account: str,
    address: str,
    agent: str,
    since: int,
    *,
    path: str = "",
    source_identity: str = "",
    key: str = "",
) -> Caller:
    """The session of a role that was assumed at `since`; `key` is the access key id that AssumeRole returned."""
    arn = f"arn:aws:sts::{account}:assumed-role/{role}/{name}"
    owner = key_id("AROA", role, account)
    said = f'"sourceIdentity":"{source_identity}",' if source_identity else ""
    identity = (
        f'{{"type":"AssumedRole","principalId":"{owner}:{name}","arn":"{arn}","accountId":"{account}",'
        f'"accessKeyId":"{key or key_id("ASIA", role, name, account, since)}","sessionContext":{{"sessionIssuer":'
        f'{{"type":"Role","principalId":"{owner}","arn":"arn:aws:iam::{account}:role/{path}{role}",'
        f'"accountId":"{account}","userName":"{role}"}},{said}"attributes":'
        f'{{"creationDate":"{stamp(since)}","mfaAuthenticated":"false"}}}}}}'
    )
    return Caller(name, identity, account, arn, address, agent)


def single_sign_on(name: str, permission_set: str, account: str, address: str, agent: str, since: int) -> Caller:
    """A person signed in through IAM Identity Center."""
    role = f"AWSReservedSSO_{permission_set}_{Random(permission_set + account).getrandbits(64):016x}"
    path = "aws-reserved/sso.amazonaws.com/eu-central-1/"
    caller = assumed_role(role, name, account, address, agent, since, path=path)
    return replace(caller, from_console=agent == CONSOLE)


def service(host: str, account: str) -> Caller:
    """An AWS service."""
    return Caller(host.partition(".")[0], f'{{"type":"AWSService","invokedBy":"{host}"}}', account, "", host, host)


def record(
    caller: Caller,
    at: int,
    region: str,
    source: str,
    name: str,
    request: str,
    response: str,
    ids: tuple[str, str],
    *,
    error: tuple[str, str] | None = None,
    read_only: bool = False,
    addendum: str = "",
) -> str:
    """One CloudTrail record; `ids` are its event id, then its request id."""
    failed = f'"errorCode":"{error[0]}","errorMessage":{text(error[1])},' if error else ""
    console = ',"sessionCredentialFromConsole":"true"' if caller.from_console else ""
    return (
        f'{{"eventVersion":"1.11","userIdentity":{caller.identity},"eventTime":"{stamp(at)}",'
        f'"eventSource":"{source}","eventName":"{name}","awsRegion":"{region}",'
        f'"sourceIPAddress":"{caller.address}","userAgent":{text(caller.agent)},{failed}'
        f'"requestParameters":{request},"responseElements":{response},"requestID":"{ids[1]}","eventID":"{ids[0]}",'
        f'"readOnly":{"true" if read_only else "false"},"eventType":"AwsApiCall","managementEvent":true,'
        f'"recipientAccountId":"{caller.account}",{addendum}"eventCategory":"Management","tlsDetails":'
        f'{{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256","clientProvidedHostHeader":'
        f'"{source.partition(".")[0]}.{region}.amazonaws.com"}}{console}}}'
    )


def new_id(rng: Random) -> str:
    """An event id."""
    digits = f"{rng.getrandbits(128):032x}"
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


def session_id(name: str, rng: Random) -> str:
    """A session id: the caller's name, `-`, 26 characters of a-z0-9."""
    return f"{name}-" + "".join(rng.choices(_ALPHABET, k=26))


def granted(session: str, region: str) -> str:
    """`responseElements` of a StartSession or ResumeSession."""
    return (
        f'{{"sessionId":"{session}","tokenValue":"Value hidden due to security reasons.","streamUrl":'
        f'"wss://ssmmessages.{region}.amazonaws.com/v1/data-channel/{session}?role=publish_subscribe'
        f'&cell-number=AAEAAdemo{session[-12:]}"}}'
    )


#: The longest delay of an ordinary delivery in seconds (the maximum of 33,377 real records).
LONGEST_DELAY: Final = 608
_EPOCH: Final = 719_163  # date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class Entry:
    """A record, when it is delivered (seconds since 1970), and the account and region of its folder."""

    delivered: int
    account: str
    region: str
    record: str


@dataclass(frozen=True, slots=True)
class Session:
    """A session that was started in a log."""

    id: str
    caller: Caller
    region: str
    started: int


@dataclass
class DayLog:
    """The records of one day. Its random numbers depend on the date alone."""

    day: date
    rng: Random = field(init=False)
    midnight: int = field(init=False)
    """The day's start in seconds since 1970."""
    entries: list[Entry] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        self.rng = Random(f"ssmtrail demo {self.day.isoformat()}")
        self.midnight = (self.day.toordinal() - _EPOCH) * 86_400

    def clock(self, hours: float, minutes: float = 0, seconds: float = 0) -> int:
        """A time of this day, in seconds since 1970."""
        return self.midnight + int(hours * 3600 + minutes * 60 + seconds)

    def chance(self, share: float) -> bool:
        """True with this probability."""
        return self.rng.random() < share

    def write(
        self,
        caller: Caller,
        at: int,
        region: str,
        name: str,
        request: str = "null",
        response: str = "null",
        *,
        source: str = SSM,
        error: tuple[str, str] | None = None,
        read_only: bool = False,
        addendum: str = "",
        delay: int = 0,
    ) -> str:
        """Add a call; returns its event id. `delay` is added to an ordinary delivery delay, in seconds."""
        ids = new_id(self.rng), new_id(self.rng)
        line = record(
            caller, at, region, source, name, request, response, ids,
            error=error, read_only=read_only, addendum=addendum,
        )  # fmt: skip
        ordinary = min(LONGEST_DELAY, 45 + int(self.rng.expovariate(1 / 170)))
        self.entries.append(Entry(at + ordinary + delay, caller.account, region, line))
        return ids[0]

    def start(
        self, caller: Caller, at: int, region: str, target: str,
        document: str = "", parameters: str = "", reason: str = "", *, delay: int = 0, addendum: str = "",
    ) -> Session:  # fmt: skip
        """Add the start of a session; `parameters` is a JSON object."""
        session = Session(session_id(caller.name, self.rng), caller, region, at)
        request = start_request(target, document, parameters, reason)
        response = granted(session.id, region)
        self.write(caller, at, region, "StartSession", request, response, delay=delay, addendum=addendum)
        return session

    def deny(self, caller: Caller, at: int, region: str, resource: str, action: str = "StartSession") -> None:
        """Add a call that IAM denied: CloudTrail records no parameters for it."""
        said = (
            f"User: {caller.arn} is not authorized to perform: ssm:{action} on resource: {resource}"
            f" because no identity-based policy allows the ssm:{action} action"
        )
        self.write(caller, at, region, action, error=("AccessDenied", said))

    def fail(self, caller: Caller, at: int, region: str, target: str, document: str = "") -> None:
        """Add a failed start on a machine whose agent is not connected."""
        request = start_request(target, document, "", "")
        self.write(
            caller, at, region, "StartSession", request, error=("TargetNotConnected", f"{target} is not connected.")
        )

    def resume(self, session: Session, at: int) -> None:
        """Add a resume by the plugin, after the network was interrupted."""
        request = f'{{"sessionId":"{session.id}"}}'
        caller = session.caller.using(PLUGIN)
        self.write(caller, at, session.region, "ResumeSession", request, granted(session.id, session.region))

    def terminate(self, session: Session, at: int, by: Caller | None = None) -> None:
        """Add the end of a session, by its starter unless `by` is given."""
        body = f'{{"sessionId":"{session.id}"}}'
        self.write(by or session.caller, at, session.region, "TerminateSession", body, body)

    def repeat(self, share: float) -> None:
        """Deliver some records a second time, in a later file, sometimes in the folder of the next day."""
        for entry in self.entries[:]:
            if self.chance(share):
                later = self.rng.choice((300, 600, 900, 3600, 86_400))
                self.entries.append(replace(entry, delivered=entry.delivered + later))


def start_request(target: str, document: str, parameters: str, reason: str) -> str:
    """`requestParameters` of a StartSession; empty values are left out."""
    parts = [f'"target":{text(target)}']
    if document:
        parts.append(f'"documentName":"{document}"')
    if parameters:
        parts.append(f'"parameters":{parameters}')
    if reason:
        parts.append(f'"reason":{text(reason)}')
    return "{" + ",".join(parts) + "}"
