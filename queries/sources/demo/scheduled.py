"""Events of every day: deployments, on-call work, automation, other ways into machines, unrelated calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ssmtrail.queries.sources.demo.organisation import (
    BY_NAME,
    DEV,
    FRANKFURT,
    IRELAND,
    MACHINE_BY_NAME,
    PROD,
    STAGE,
    TOOLS,
    machines_named,
)
from ssmtrail.queries.sources.demo.records import (
    BOTO,
    CLI,
    PLUGIN,
    Caller,
    assumed_role,
    iam_user,
    key_id,
    service,
    stamp,
)
from ssmtrail.queries.sources.demo.story import COMMAND, caller_of, end_session, key_of_the_day

if TYPE_CHECKING:
    from ssmtrail.queries.sources.demo.records import DayLog

#: The role that callers in the tools account assume in other accounts.
BRIDGE: Final = "deploy-bridge"
_ON_CALL: Final = ("jane.doe", "oskar.lind", "miriam.roth", "paul.adeyemi", "max.weber")
_PIPELINE: Final = iam_user("ci-deploy", STAGE, "198.51.100.20", BOTO)
_MONITOR: Final = iam_user("monitoring", PROD, "198.51.100.21", BOTO)


def scheduled_events(log: DayLog) -> None:
    """Add all scheduled events of the day."""
    pipelines(log)
    on_call(log)
    automation(log)
    other_access(log)
    noise(log)


def pipelines(log: DayLog) -> None:
    """Deployments on weekdays, and a check of the backups every night."""
    apps = machines_named("app")
    hours = (7, 10, 13, 16) if log.day.weekday() < 5 else ()
    for number, hour in enumerate(hours, 1):
        app = apps[(log.day.toordinal() + number) % len(apps)]
        reason = f"deploy {log.day:%Y.%m.%d}-{number}"
        session = log.start(_PIPELINE, log.clock(hour, 10), app.region, app.id, COMMAND, _command("make up"), reason)
        log.terminate(session, session.started + 34 + number)
    keeper = MACHINE_BY_NAME[f"db-{1 + log.day.toordinal() % 8}"]
    look = _command("/opt/backup/verify --last")
    session = log.start(
        _MONITOR, log.clock(3, 30), keeper.region, keeper.id, "AWS-StartNonInteractiveCommand", look, "backup check"
    )
    log.terminate(session, session.started + 12)


def _command(line: str) -> str:
    return f'{{"command":["{line}"]}}'


def on_call(log: DayLog) -> None:
    """The person on call this week works on incidents on some nights."""
    if not log.chance(0.45):
        return
    week = log.day.isocalendar().week
    person = BY_NAME[_ON_CALL[week % len(_ON_CALL)]]
    at = log.clock(log.rng.choice((0, 1, 2, 3, 4, 22, 23)), log.rng.random() * 50)
    incident = f"INC-{4700 + log.day.toordinal() % 90}"
    for machine in log.rng.sample(machines_named("web", "api", "worker", "db"), log.rng.randrange(1, 4)):
        end_session(log, log.start(caller_of(person, PROD, log), at, machine.region, machine.id, reason=incident))
        at += log.rng.randrange(60, 900)


def automation(log: DayLog) -> None:
    """A role session with a machine's name; the person is found by the AssumeRole call in the data."""
    if log.day.weekday() == 6:
        return
    at = log.clock(9, 12, log.rng.randrange(60))
    name = f"botocore-session-{at}"
    key = key_of_the_day(log, "bridge")
    owner = caller_of(BY_NAME["tomasz.nowak"], TOOLS, log)
    assume(log, owner, at, BRIDGE, STAGE, name, key)
    caller = assumed_role(BRIDGE, name, STAGE, owner.address, BOTO, at, key=key)
    app = machines_named("app")[log.day.toordinal() % 22]
    end_session(log, log.start(caller, at + 3, app.region, app.id, COMMAND, _command("bin/smoke-test")))
    if log.day.toordinal() % 3 == 0:
        _unknown_callers(log)


def _unknown_callers(log: DayLog) -> None:
    """A role session whose AssumeRole call is not in the data, one with a source identity, and a service."""
    at = log.clock(18, 20, log.rng.randrange(60))
    worker = machines_named("worker")[log.day.toordinal() % 16]
    stranger = assumed_role("batch-operator", f"aws-go-sdk-{at}000000000", PROD, "198.51.100.77", PLUGIN, at)
    log.start(stranger, at, worker.region, worker.id)
    known = assumed_role(
        "BreakGlass", f"botocore-session-{at + 60}", PROD, "203.0.113.19", CLI[0], at, source_identity="miriam.roth"
    )
    end_session(log, log.start(known, at + 70, worker.region, worker.id, reason="INC-4711"))
    quick = service("ssm-quicksetup.amazonaws.com", PROD)
    log.terminate(log.start(quick, at + 200, FRANKFURT, worker.id), at + 205)


def assume(log: DayLog, caller: Caller, at: int, role: str, account: str, name: str, key: str) -> None:
    """Add an AssumeRole call; `key` is the access key id that it returns."""
    arn = f"arn:aws:iam::{account}:role/{role}"
    response = (
        f'{{"credentials":{{"accessKeyId":"{key}","sessionToken":"demo","expiration":"{stamp(at + 3600)}"}},'
        f'"assumedRoleUser":{{"assumedRoleId":"{key_id("AROA", role, account)}:{name}",'
        f'"arn":"arn:aws:sts::{account}:assumed-role/{role}/{name}"}}}}'
    )
    log.write(
        caller, at, FRANKFURT, "AssumeRole", f'{{"roleArn":"{arn}","roleSessionName":"{name}"}}', response,
        source="sts.amazonaws.com", read_only=True,
        addendum=f'"resources":[{{"accountId":"{account}","type":"AWS::IAM::Role","ARN":"{arn}"}}],',
    )  # fmt: skip


def other_access(log: DayLog) -> None:
    """Ways into a machine other than Session Manager, and calls of other services named StartSession."""
    day = log.day.toordinal()
    lena = caller_of(BY_NAME["lena.fischer"], DEV, log)
    box = MACHINE_BY_NAME[f"box-{1 + day % 40}"]
    at = log.clock(10, 30 + day % 25)
    if day % 2:
        log.write(
            lena, at, FRANKFURT, "SendSSHPublicKey",
            f'{{"instanceId":"{box.id}","instanceOSUser":"ec2-user","sSHPublicKey":"ssh-ed25519 AAAAC3NzaC1lZDI1"}}',
            '{"success":true}', source="ec2-instance-connect.amazonaws.com",
        )  # fmt: skip
        log.write(
            lena, at + 2, FRANKFURT, "OpenTunnel",
            f'{{"instanceConnectEndpointId":"eice-0demo","remotePort":"22","privateIpAddress":"10.0.1.{day % 250}",'
            '"maxTunnelDuration":"3600"}', source="ec2-instance-connect.amazonaws.com",
        )  # fmt: skip
    if day % 3 == 0:
        priya = caller_of(BY_NAME["priya.nair"], PROD, log)
        spark = f'{{"sessionId":"demo-spark-{day}","state":"CREATING"}}'
        log.write(
            priya, at + 600, IRELAND, "StartSession", '{"workGroup":"spark","engineConfiguration":{}}',
            spark, source="athena.amazonaws.com",
        )  # fmt: skip
        log.write(
            priya, at + 900, IRELAND, "StartSession", '{"resourceIdentifier":"arn:aws:sagemaker:space/demo"}',
            spark, source="sagemaker.amazonaws.com",
        )  # fmt: skip
    _commands_and_consoles(log, at)


def _commands_and_consoles(log: DayLog, at: int) -> None:
    """Run Command, ECS Exec, remote desktop, just-in-time access."""
    day = log.day.toordinal()
    oskar = caller_of(BY_NAME["oskar.lind"], PROD, log)
    web = MACHINE_BY_NAME[f"web-{1 + day % 24}"]
    log.write(
        oskar, at + 1000, FRANKFURT, "SendCommand",
        f'{{"instanceIds":["{web.id}"],"documentName":"AWS-RunPatchBaseline",'
        '"parameters":"HIDDEN_DUE_TO_SECURITY_REASONS","interactive":false}',
        f'{{"command":{{"commandId":"{key_id("cmd-", day)}","status":"Pending"}}}}',
    )  # fmt: skip
    if day % 4 == 0:
        hugo = caller_of(BY_NAME["hugo.lambert"], PROD, log)
        log.write(
            hugo, at + 1300, FRANKFURT, "ExecuteCommand",
            f'{{"cluster":"orders","task":"{day:032x}","container":"app","command":"/bin/sh","interactive":true}}',
            f'{{"containerName":"app","taskArn":"arn:aws:ecs:{FRANKFURT}:{PROD}:task/orders/{day:032x}",'
            f'"session":{{"sessionId":"ecs-execute-command-{day:026d}"}}}}', source="ecs.amazonaws.com",
        )  # fmt: skip
        log.write(
            oskar, at + 1500, FRANKFURT, "StartConnection",
            f'{{"AuthType":"Credentials","Protocol":"RDP","ConnectionType":"SessionManager","InstanceId":"{web.id}"}}',
            source="ssm-guiconnect.amazonaws.com",
        )  # fmt: skip
    if day % 5 == 0:
        log.write(oskar, at + 1700, FRANKFURT, "StartAccessRequest", f'{{"reason":"INC-{4600 + day % 99}"}}')
        log.write(oskar, at + 1760, FRANKFURT, "GetAccessToken", f'{{"accessRequestId":"oi-{day:012d}"}}')


#: Event source, name and request of frequent unrelated calls.
_NOISE: Final = (
    ("ssm.amazonaws.com", "UpdateInstanceInformation", '{"agentVersion":"3.3.987.0","agentStatus":"Active"}'),
    ("ec2.amazonaws.com", "DescribeInstances", '{"instancesSet":{},"filterSet":{}}'),
    ("kms.amazonaws.com", "Decrypt", '{"encryptionAlgorithm":"SYMMETRIC_DEFAULT"}'),
    ("s3.amazonaws.com", "GetBucketAcl", '{"bucketName":"acme-demo-logs","acl":""}'),
    ("ssm.amazonaws.com", "DescribeSessions", '{"state":"Active"}'),
)


def noise(log: DayLog) -> None:
    """Unrelated calls, a few each hour."""
    agent = assumed_role("fleet-agent", MACHINE_BY_NAME["web-1"].id, PROD, "198.51.100.9", BOTO, log.midnight)
    lambda_service = service("lambda.amazonaws.com", PROD)
    for hour in range(24):
        at = log.clock(hour, log.rng.random() * 60)
        source, name, request = _NOISE[hour % len(_NOISE)]
        log.write(agent, at, FRANKFURT, name, request, source=source, read_only=True)
        if hour % 8 == 0:
            assume(log, lambda_service, at + 5, "invoice-lambda", PROD, "invoice", key_of_the_day(log, f"l{hour}"))
