"""What runs by the calendar: pipelines, night calls, services, the noise of an account."""

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
from ssmtrail.queries.sources.demo.story import COMMAND, caller_of, key_of_the_day, leave

if TYPE_CHECKING:
    from ssmtrail.queries.sources.demo.records import Book

#: Roles that somebody or something takes on from the tools account.
BRIDGE: Final = "deploy-bridge"
_ON_CALL: Final = ("jane.doe", "oskar.lind", "miriam.roth", "paul.adeyemi", "max.weber")
_PIPELINE: Final = iam_user("ci-deploy", STAGE, "198.51.100.20", BOTO)
_MONITOR: Final = iam_user("monitoring", PROD, "198.51.100.21", BOTO)


def by_the_calendar(book: Book) -> None:
    """Everything of the day that does not depend on somebody's mood."""
    pipelines(book)
    night_call(book)
    automation(book)
    other_doors(book)
    noise(book)


def pipelines(book: Book) -> None:
    """Deployments on weekdays, a look at the backups every night: regular as clockwork."""
    apps = machines_named("app")
    hours = (7, 10, 13, 16) if book.day.weekday() < 5 else ()
    for number, hour in enumerate(hours, 1):
        app = apps[(book.day.toordinal() + number) % len(apps)]
        reason = f"deploy {book.day:%Y.%m.%d}-{number}"
        session = book.start(_PIPELINE, book.clock(hour, 10), app.region, app.id, COMMAND, _command("make up"), reason)
        book.terminate(session, session.started + 34 + number)
    keeper = MACHINE_BY_NAME[f"db-{1 + book.day.toordinal() % 8}"]
    look = _command("/opt/backup/verify --last")
    session = book.start(
        _MONITOR, book.clock(3, 30), keeper.region, keeper.id, "AWS-StartNonInteractiveCommand", look, "backup check"
    )
    book.terminate(session, session.started + 12)


def _command(line: str) -> str:
    return f'{{"command":["{line}"]}}'


def night_call(book: Book) -> None:
    """Whoever is on call this week is woken on some nights."""
    if not book.chance(0.45):
        return
    week = book.day.isocalendar().week
    person = BY_NAME[_ON_CALL[week % len(_ON_CALL)]]
    at = book.clock(book.rng.choice((0, 1, 2, 3, 4, 22, 23)), book.rng.random() * 50)
    incident = f"INC-{4700 + book.day.toordinal() % 90}"
    for machine in book.rng.sample(machines_named("web", "api", "worker", "db"), book.rng.randrange(1, 4)):
        leave(book, book.start(caller_of(person, PROD, book), at, machine.region, machine.id, reason=incident))
        at += book.rng.randrange(60, 900)


def automation(book: Book) -> None:
    """Roles under machines' names: whose they are is known where the AssumeRole is in the data."""
    if book.day.weekday() == 6:
        return
    at = book.clock(9, 12, book.rng.randrange(60))
    name = f"botocore-session-{at}"
    key = key_of_the_day(book, "bridge")
    owner = caller_of(BY_NAME["tomasz.nowak"], TOOLS, book)
    assume(book, owner, at, BRIDGE, STAGE, name, key)
    caller = assumed_role(BRIDGE, name, STAGE, owner.address, BOTO, at, key=key)
    app = machines_named("app")[book.day.toordinal() % 22]
    leave(book, book.start(caller, at + 3, app.region, app.id, COMMAND, _command("bin/smoke-test")))
    if book.day.toordinal() % 3 == 0:
        _unexplained(book)


def _unexplained(book: Book) -> None:
    """A role whose AssumeRole lies in a trail that nobody gave us; another that names its person itself."""
    at = book.clock(18, 20, book.rng.randrange(60))
    worker = machines_named("worker")[book.day.toordinal() % 16]
    stranger = assumed_role("batch-operator", f"aws-go-sdk-{at}000000000", PROD, "198.51.100.77", PLUGIN, at)
    book.start(stranger, at, worker.region, worker.id)
    known = assumed_role(
        "BreakGlass", f"botocore-session-{at + 60}", PROD, "203.0.113.19", CLI[0], at, source_identity="miriam.roth"
    )
    leave(book, book.start(known, at + 70, worker.region, worker.id, reason="INC-4711"))
    quick = service("ssm-quicksetup.amazonaws.com", PROD)
    book.terminate(book.start(quick, at + 200, FRANKFURT, worker.id), at + 205)


def assume(book: Book, caller: Caller, at: int, role: str, account: str, name: str, key: str) -> None:
    """Somebody takes a role in an account on; `key` is the access key id that comes with it."""
    arn = f"arn:aws:iam::{account}:role/{role}"
    response = (
        f'{{"credentials":{{"accessKeyId":"{key}","sessionToken":"demo","expiration":"{stamp(at + 3600)}"}},'
        f'"assumedRoleUser":{{"assumedRoleId":"{key_id("AROA", role, account)}:{name}",'
        f'"arn":"arn:aws:sts::{account}:assumed-role/{role}/{name}"}}}}'
    )
    book.write(
        caller, at, FRANKFURT, "AssumeRole", f'{{"roleArn":"{arn}","roleSessionName":"{name}"}}', response,
        source="sts.amazonaws.com", read_only=True,
        addendum=f'"resources":[{{"accountId":"{account}","type":"AWS::IAM::Role","ARN":"{arn}"}}],',
    )  # fmt: skip


def other_doors(book: Book) -> None:
    """Ways onto a machine that are no sessions, some of which are even called StartSession."""
    day = book.day.toordinal()
    lena = caller_of(BY_NAME["lena.fischer"], DEV, book)
    box = MACHINE_BY_NAME[f"box-{1 + day % 40}"]
    at = book.clock(10, 30 + day % 25)
    if day % 2:
        book.write(
            lena, at, FRANKFURT, "SendSSHPublicKey",
            f'{{"instanceId":"{box.id}","instanceOSUser":"ec2-user","sSHPublicKey":"ssh-ed25519 AAAAC3NzaC1lZDI1"}}',
            '{"success":true}', source="ec2-instance-connect.amazonaws.com",
        )  # fmt: skip
        book.write(
            lena, at + 2, FRANKFURT, "OpenTunnel", f'{{"instanceId":"{box.id}","remotePort":22}}',
            source="ec2-instance-connect.amazonaws.com",
        )  # fmt: skip
    if day % 3 == 0:
        priya = caller_of(BY_NAME["priya.nair"], PROD, book)
        spark = f'{{"sessionId":"demo-spark-{day}","state":"CREATING"}}'
        book.write(
            priya, at + 600, IRELAND, "StartSession", '{"workGroup":"spark","engineConfiguration":{}}',
            spark, source="athena.amazonaws.com",
        )  # fmt: skip
        book.write(
            priya, at + 900, IRELAND, "StartSession", '{"resourceIdentifier":"arn:aws:sagemaker:space/demo"}',
            spark, source="sagemaker.amazonaws.com",
        )  # fmt: skip
    _commands_and_consoles(book, at)


def _commands_and_consoles(book: Book, at: int) -> None:
    """Run Command, ECS Exec, remote desktop, just-in-time access."""
    day = book.day.toordinal()
    oskar = caller_of(BY_NAME["oskar.lind"], PROD, book)
    web = MACHINE_BY_NAME[f"web-{1 + day % 24}"]
    book.write(
        oskar, at + 1000, FRANKFURT, "SendCommand",
        f'{{"instanceIds":["{web.id}"],"documentName":"AWS-RunPatchBaseline",'
        '"parameters":"HIDDEN_DUE_TO_SECURITY_REASONS","interactive":false}',
        f'{{"command":{{"commandId":"{key_id("cmd-", day)}","status":"Pending"}}}}',
    )  # fmt: skip
    if day % 4 == 0:
        hugo = caller_of(BY_NAME["hugo.lambert"], PROD, book)
        book.write(
            hugo, at + 1300, FRANKFURT, "ExecuteCommand", '{"cluster":"orders","command":"/bin/sh","interactive":true}',
            f'{{"session":{{"sessionId":"ecs-execute-command-{day:026d}"}}}}', source="ecs.amazonaws.com",
        )  # fmt: skip
        book.write(
            oskar, at + 1500, FRANKFURT, "StartConnection", f'{{"InstanceId":"{web.id}","AuthType":"Credentials"}}',
            source="ssm-guiconnect.amazonaws.com",
        )  # fmt: skip
    if day % 5 == 0:
        book.write(oskar, at + 1700, FRANKFURT, "StartAccessRequest", f'{{"reason":"INC-{4600 + day % 99}"}}')
        book.write(oskar, at + 1760, FRANKFURT, "GetAccessToken", f'{{"accessRequestId":"oi-{day:012d}"}}')


#: Event source, name, request of what fills every trail; nobody asks for it here.
_NOISE: Final = (
    ("ssm.amazonaws.com", "UpdateInstanceInformation", '{"agentVersion":"3.3.987.0","agentStatus":"Active"}'),
    ("ec2.amazonaws.com", "DescribeInstances", '{"instancesSet":{},"filterSet":{}}'),
    ("kms.amazonaws.com", "Decrypt", '{"encryptionAlgorithm":"SYMMETRIC_DEFAULT"}'),
    ("s3.amazonaws.com", "GetBucketAcl", '{"bucketName":"acme-demo-logs","acl":""}'),
    ("ssm.amazonaws.com", "DescribeSessions", '{"state":"Active"}'),
)


def noise(book: Book) -> None:
    """A little of what trails are full of."""
    agent = assumed_role("fleet-agent", MACHINE_BY_NAME["web-1"].id, PROD, "198.51.100.9", BOTO, book.midnight)
    lambda_service = service("lambda.amazonaws.com", PROD)
    for hour in range(24):
        at = book.clock(hour, book.rng.random() * 60)
        source, name, request = _NOISE[hour % len(_NOISE)]
        book.write(agent, at, FRANKFURT, name, request, source=source, read_only=True)
        if hour % 8 == 0:
            assume(book, lambda_service, at + 5, "invoice-lambda", PROD, "invoice", key_of_the_day(book, f"l{hour}"))
