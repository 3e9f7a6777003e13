"""Records for big trails, minted quickly: templates that are filled with what differs."""

from __future__ import annotations

import base64
from random import Random
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

_ACCOUNT: Final = "111122223333"
_TLS: Final = '{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256","clientProvidedHostHeader":"%s"}'
#: What a template takes, in this order: access key's tail, time, address, blob, request id, event id. `%.0s` takes
#: one and shows nothing.
_TEMPLATE: Final = (
    '{"eventVersion":"1.11","userIdentity":@WHO@,"eventTime":"%s","eventSource":"@SOURCE@","eventName":"@NAME@",'
    '"awsRegion":"eu-central-1","sourceIPAddress":"%s","userAgent":"@AGENT@","requestParameters":@REQUEST@,'
    '"responseElements":@RESPONSE@,"requestID":"%s","eventID":"%s","readOnly":@READ@,"eventType":"AwsApiCall",'
    '"managementEvent":true,"recipientAccountId":"111122223333","eventCategory":"Management","tlsDetails":@TLS@}'
)
_AGENT: Final = "aws-sdk-go/1.55.5 (go1.22.7; linux; amd64) amazon-ssm-agent/3.3.987.0"
_BOTO: Final = (
    "Boto3/1.35.0 md/Botocore#1.35.0 ua/2.0 os/linux#5.10.226-214.880.amzn2.x86_64 md/arch#x86_64"
    " lang/python#3.11.6 md/pyimpl#CPython cfg/retry-mode#legacy Botocore/1.35.0"
)
_TERRAFORM: Final = (
    "APN/1.0 HashiCorp/1.0 Terraform/1.9.5 (+https://www.terraform.io) terraform-provider-aws/5.66.0"
    " (+https://registry.terraform.io/providers/hashicorp/aws) aws-sdk-go-v2/1.30.5 os/linux lang/go#1.22.6"
)


def role(name: str, session: str, key: str = "ASIAXMPL%s") -> str:
    """`userIdentity` of somebody in a role; takes the key's tail."""
    return (
        f'{{"type":"AssumedRole","principalId":"AROAXMPL{name.upper():0<12.12}:{session}",'
        f'"arn":"arn:aws:sts::{_ACCOUNT}:assumed-role/{name}/{session}","accountId":"{_ACCOUNT}",'
        f'"accessKeyId":"{key}","sessionContext":{{"sessionIssuer":{{"type":"Role",'
        f'"principalId":"AROAXMPL{name.upper():0<12.12}","arn":"arn:aws:iam::{_ACCOUNT}:role/{name}",'
        f'"accountId":"{_ACCOUNT}","userName":"{name}"}},"webIdFederationData":{{}},'
        f'"attributes":{{"creationDate":"2026-11-01T06:00:00Z","mfaAuthenticated":"false"}},"ec2RoleDelivery":"2.0"}}}}'
    )


def user(name: str) -> str:
    """`userIdentity` of an IAM user; takes the key's tail."""
    return (
        f'{{"type":"IAMUser","principalId":"AIDAXMPL{name.upper():0<12.12}","arn":"arn:aws:iam::{_ACCOUNT}:user/{name}",'
        f'"accountId":"{_ACCOUNT}","accessKeyId":"AKIAXMPL%s","userName":"{name}"}}'
    )


def template(who: str, source: str, name: str, agent: str, request: str, response: str, *, read: bool = True) -> str:
    """A record with six places left open; request or response holds the blob's."""
    return (
        _TEMPLATE.replace("@WHO@", who)
        .replace("@SOURCE@", source)
        .replace("@NAME@", name)
        .replace("@AGENT@", agent)
        .replace("@REQUEST@", request)
        .replace("@RESPONSE@", response)
        .replace("@READ@", "true" if read else "false")
        .replace("@TLS@", _TLS.replace("%s", source.replace(".", ".eu-central-1.", 1)))
    )


_SERVICE: Final = '{"type":"AWSService","invokedBy":"ec2.amazonaws.com%.0s"}'
_CREDENTIALS: Final = '{"credentials":{"accessKeyId":"ASIAXMPLQ7RSTUVWX234","sessionToken":"%s","expiration":"Nov 23, 2026, 1:31:14 PM"},"assumedRoleUser":{"assumedRoleId":"AROAXMPLFLEET0000000:fleet","arn":"arn:aws:sts::111122223333:assumed-role/fleet/fleet"}}'  # fmt: skip  # noqa: E501
_ITEMS: Final = ",".join(f'{{"name":"tag:team-{n}","valueSet":{{"items":[{{"value":"shop-{n}"}}]}}}}' for n in range(9))
_POLICY: Final = "{\\\"Statement\\\":[{\\\"Effect\\\":\\\"Allow\\\",\\\"Action\\\":\\\"ssm:StartSession\\\",\\\"Resource\\\":\\\"*\\\"}]}"  # fmt: skip  # noqa: E501

#: The blob is a token of 640 characters only for `AssumeRole`, an instance id elsewhere.
ASSUME_ROLE: Final = template(
    _SERVICE, "sts.amazonaws.com", "AssumeRole", "ec2.amazonaws.com",
    '{"roleArn":"arn:aws:iam::111122223333:role/fleet","roleSessionName":"fleet","durationSeconds":3600}', _CREDENTIALS,
)  # fmt: skip
MACHINE_ASSUME_ROLE: Final = template(
    user("automation"), "sts.amazonaws.com", "AssumeRole", _BOTO,
    '{"roleArn":"arn:aws:iam::111122223333:role/bridge","roleSessionName":"botocore-session-1795000000"}', _CREDENTIALS,
)  # fmt: skip
PERSON_ASSUME_ROLE: Final = template(
    user("jane.doe"), "sts.amazonaws.com", "AssumeRole", _BOTO,
    '{"roleArn":"arn:aws:iam::111122223333:role/operators","roleSessionName":"jane.doe","durationSeconds":3600}',
    _CREDENTIALS,
)  # fmt: skip
#: The blob is the id of an instance.
CREATE_TAGS: Final = template(
    role("deploy", "pipeline-4711"), "ec2.amazonaws.com", "CreateTags", _TERRAFORM,
    '{"resourcesSet":{"items":[{"resourceId":"%s"}]},"tagSet":{"items":[{"key":"Name","value":"web"},'
    '{"key":"team","value":"shop"}]}}', '{"_return":true}', read=False,
)  # fmt: skip
_INTERFACE: Final = (
    '{"networkInterfaceId":"eni-0123456789abcdef0","subnetId":"subnet-0a1b2c3d","vpcId":"vpc-0a1b2c3d","ownerId":'
    '"111122223333","status":"in-use","macAddress":"02:00:00:00:00:01","privateIpAddress":"10.0.1.10","groupSet":'
    '{"items":[{"groupId":"sg-0123456789abcdef0","groupName":"web"}]},"attachment":{"attachmentId":'
    '"eni-attach-0123456789abcdef0","deviceIndex":0,"status":"attaching","attachTime":1795435200000}}'
)
#: An answer of 10 kB: six instances, each with three network interfaces. The blob is the id of the first.
RUN_INSTANCES: Final = template(
    role("deploy", "pipeline-4711"), "ec2.amazonaws.com", "RunInstances", _TERRAFORM,
    '{"instancesSet":{"items":[{"imageId":"ami-0123456789abcdef0","minCount":6,"maxCount":6}]}}',
    '{"reservationId":"r-0123456789abcdef0","instancesSet":{"items":['
    + ",".join(
        f'{{"instanceId":"{"%s" if n == 0 else f"i-0123456789abcde{n}0"}","imageId":"ami-0123456789abcdef0",'
        f'"privateIpAddress":"10.0.1.1{n}","vpcId":"vpc-0a1b2c3d","subnetId":"subnet-0a1b2c3d","launchTime":1795435200000,'
        f'"tagSet":{{"items":[{{"key":"Name","value":"web-{n}"}},{{"key":"team","value":"shop"}}]}},'
        f'"networkInterfaceSet":{{"items":[{",".join([_INTERFACE] * 3)}]}}}}'
        for n in range(6)
    )
    + "]}}", read=False,
)  # fmt: skip
#: Weight, template: what fills a trail.
NOISE: Final[tuple[tuple[int, str], ...]] = (
    (9, template(
        role("fleet-agent", "i-0a1b2c3d4e5f60718"), "ssm.amazonaws.com", "UpdateInstanceInformation", _AGENT,
        '{"instanceId":"%s","agentVersion":"3.3.987.0","agentStatus":"Active","platformType":"Linux","platformName":'
        '"Amazon Linux","platformVersion":"2023","iPAddress":"10.0.1.10","computerName":"ip-10-0-1-10.eu-central-1'
        '.compute.internal","agentName":"amazon-ssm-agent","availabilityZone":"eu-central-1b","sSMConnectionChannel":'
        '"ssmmessages"}', "null", read=False,
    )),
    (14, template(
        role("inventory", "scheduled-scan"), "ec2.amazonaws.com", "DescribeInstances", _TERRAFORM,
        f'{{"instancesSet":{{"items":[{{"instanceId":"%s"}}]}},"filterSet":{{"items":[{_ITEMS}]}}}}', "null",
    )),
    (16, template(
        role("checkout", "orders-service"), "kms.amazonaws.com", "Decrypt", _BOTO,
        '{"encryptionAlgorithm":"SYMMETRIC_DEFAULT","encryptionContext":{"aws:lambda:FunctionArn":'
        '"arn:aws:lambda:eu-central-1:111122223333:function:checkout","origin":"%s","SecretARN":'
        '"arn:aws:secretsmanager:eu-central-1:111122223333:secret:orders/database-Ab12Cd"}}', "null",
    )),
    (12, template(
        role("deploy", "pipeline-4711"), "s3.amazonaws.com", "GetBucketAcl", _TERRAFORM,
        '{"bucketName":"acme-artifacts-%s","Host":"acme-artifacts.s3.eu-central-1.amazonaws.com","acl":""}', "null",
    )),
    (10, template(
        role("nodes", "i-0fedcba9876543210"), "ecr.amazonaws.com", "BatchGetImage", _BOTO,
        '{"repositoryName":"shop/web","registryId":"111122223333","acceptedMediaTypes":["application/json",'
        '"application/vnd.oci.image.manifest.v1+json","application/vnd.docker.distribution.manifest.v2+json",'
        '"application/vnd.oci.image.index.v1+json"],"imageIds":[{"imageTag":"%s"}]}', "null",
    )),
    (12, template(
        user("monitoring"), "monitoring.amazonaws.com", "DescribeAlarms", _BOTO,
        '{"alarmNames":["%s-cpu","web-latency","db-connections","queue-depth","disk-root"],"maxRecords":100}', "null",
    )),
    (12, template(
        role("lambda-invoice", "invoice"), "logs.amazonaws.com", "CreateLogStream", _BOTO,
        '{"logGroupName":"/aws/lambda/invoice","logStreamName":"2026/11/23/[$LATEST]%s"}', "null", read=False,
    )),
    (1, template(
        role("deploy", "pipeline-4711"), "iam.amazonaws.com", "PutRolePolicy", _TERRAFORM,
        f'{{"roleName":"operators-%s","policyName":"sessions","policyDocument":"{_POLICY}"}}', "null", read=False,
    )),
)  # fmt: skip


class Mint:
    """Makes records of one trail; the same seed makes the same ones in the same order."""

    def __init__(self, seed: int, session_share: float, people: int = 400, machines: int = 2_000) -> None:
        self._rng = rng = Random(seed)
        self._share = session_share
        self._issued = 0
        self._count = seed << 24
        self._tails = [_tail(rng.getrandbits(96)) for _ in range(60_000)]
        self._tokens = [base64.b64encode(rng.randbytes(480)).decode() for _ in range(1_000)]
        self._machines = [f"i-0{rng.getrandbits(64):016x}" for _ in range(machines)]
        self._people = [f"person.{number}" for number in range(people)]
        self._addresses = [f"{net}.{host}" for net in ("192.0.2", "198.51.100", "203.0.113") for host in range(1, 255)]
        self._keys = ["".join(rng.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", k=12)) for _ in range(5_000)]
        self._noise = [text for weight, text in NOISE for _ in range(weight)]

    def mixed(self, day: date, begin: int, end: int, count: int) -> tuple[list[str], int]:
        """Noise with session calls among it, in about the order of time."""
        rng, made, calls = self._rng, [], 0
        random, noise = rng.random, self._noise
        share = self._share
        machines = share + min(share, 0.01)
        services = machines + 1 / 15
        for number in range(count):
            at = _stamp(day, begin + (end - begin) * number // count)
            roll = random()
            if roll < share:
                made.append(self._call(at))
                calls += 1
            elif roll < machines:
                made.append(self._fill(MACHINE_ASSUME_ROLE, at, self._one_of(self._tokens)))
            elif roll < services:
                made.append(self._fill(ASSUME_ROLE, at, self._one_of(self._tokens)))
            else:
                made.append(self._fill(noise[int(random() * len(noise))], at, self._one_of(self._machines)))
        return made, calls

    def issuing(self, day: date, begin: int, end: int, count: int) -> tuple[list[str], int]:
        """The same as `mixed`, with one call in 30 a person's AssumeRole, in 200 CreateTags, in 1,000 RunInstances."""
        made, calls = self.mixed(day, begin, end, count)
        for number in range(count):
            self._issued += 1
            at = _stamp(day, begin + (end - begin) * number // count)
            for every, text, blobs in (
                (1_000, RUN_INSTANCES, self._machines),
                (200, CREATE_TAGS, self._machines),
                (30, PERSON_ASSUME_ROLE, self._tokens),
            ):
                if self._issued % every == 0:
                    calls -= any(f'"eventName":"{name}Session"' in made[number] for name in _SESSION_NAMES)
                    made[number] = self._fill(text, at, self._one_of(blobs))
                    break
        return made, calls

    def sessions(self, day: date, begin: int, end: int, count: int) -> tuple[list[str], int]:
        """So many starts; a fourth is terminated, one in twelve resumed."""
        made: list[str] = []
        for number in range(count):
            second = begin + (end - begin) * number // count
            who, session = self._start(_stamp(day, second), made)
            roll = self._rng.random()
            if roll < 0.33:
                later = _stamp(day, min(86_399, second + int(roll * 9_000)))
                name = "TerminateSession" if roll < 0.25 else "ResumeSession"
                body = f'{{"sessionId":"{session}"}}'
                made.append(self._fill(_session_template(who, name, body, body), later, ""))
        return made, len(made)

    def _call(self, at: str) -> str:
        """One session call: mostly a start, else the end of some session."""
        made: list[str] = []
        who, session = self._start(at, made)
        if self._rng.random() < 0.3:
            body = f'{{"sessionId":"{session}"}}'
            return self._fill(_session_template(who, "TerminateSession", body, body), at, "")
        return made[0]

    def _start(self, at: str, made: list[str]) -> tuple[str, str]:
        """Append a start; who made it, its session id."""
        rng = self._rng
        number = int(len(self._people) * rng.random() ** 2)
        person = self._people[number]
        who = user(person) if number % 3 == 0 else role("AWSReservedSSO_Admin_0123456789abcdef", person)
        session = f"{person}-{rng.getrandbits(128) >> 2:026x}"[: len(person) + 27]
        machine = self._machines[(number * 37 + int(rng.expovariate(0.02))) % len(self._machines)]
        extra = _KINDS[int(rng.random() * len(_KINDS))]
        if rng.random() < 0.03:
            text = _session_template(who, "StartSession", "null", "null").replace('"requestParameters"', _DENIED, 1)
        else:
            response = (
                f'{{"sessionId":"{session}","tokenValue":"Value hidden due to security reasons.","streamUrl":'
                f'"wss://ssmmessages.eu-central-1.amazonaws.com/v1/data-channel/{session}?role=publish_subscribe"}}'
            )
            text = _session_template(who, "StartSession", f'{{"target":"{machine}"{extra}}}', response)
        made.append(self._fill(text, at, ""))
        return who, session

    def _fill(self, text: str, at: str, blob: str) -> str:
        # A blob's place lies before both ids in every template; sessions have none.
        self._count += 1
        # A bijection on 32 bits: no two records of a trail share an event id.
        event = f"{self._count * 2_654_435_761 & 0xFFFFFFFF:08x}{self._one_of(self._tails)}"
        request = f"{self._rng.getrandbits(32):08x}{self._one_of(self._tails)}"
        key, address = self._one_of(self._keys), self._one_of(self._addresses)
        return text % ((key, at, address, blob, request, event) if blob else (key, at, address, request, event))

    def _one_of(self, values: Sequence[str]) -> str:
        return values[int(self._rng.random() * len(values))]


_SESSION_NAMES: Final = ("Start", "Resume", "Terminate")
_TUNNEL: Final = (
    ',"documentName":"AWS-StartPortForwardingSessionToRemoteHost","parameters":{"host":'
    '["orders.cluster-x.eu-central-1.rds.amazonaws.com"],"portNumber":["5432"],"localPortNumber":["15432"]}'
)
_KINDS: Final = (
    "", "", "", "", ',"reason":"INC-4711"', _TUNNEL, _TUNNEL, ',"documentName":"AWS-StartSSHSession"',
    ',"documentName":"AWS-StartInteractiveCommand","parameters":{"command":["top"]}',
)  # fmt: skip
_DENIED: Final = (
    '"errorCode":"AccessDenied","errorMessage":"User: someone is not authorized to perform: ssm:StartSession on'
    ' resource: arn:aws:ec2:eu-central-1:111122223333:instance/i-0aaaabbbbccccdddd","requestParameters"'
)


def _session_template(who: str, name: str, request: str, response: str) -> str:
    return template(who, "ssm.amazonaws.com", name, _BOTO, request, response, read=False)


def _stamp(day: date, second: int) -> str:
    return f"{day}T{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}Z"


def _tail(bits: int) -> str:
    digits = f"{bits:024x}"
    return f"-{digits[:4]}-4{digits[5:8]}-a{digits[9:12]}-{digits[12:]}"
