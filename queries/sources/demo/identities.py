"""Who was behind a role in the demo: chains, a forged name, a broker, a pipeline; and what machines went through."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING, Final

from ssmtrail.queries.sources.demo.organisation import BY_NAME, DEV, FRANKFURT, MACHINE_BY_NAME, PROD, VIRGINIA
from ssmtrail.queries.sources.demo.records import (
    BOTO,
    CLI,
    PLUGIN,
    Caller,
    DayLog,
    Entry,
    assumed_role,
    iam_user,
    key_id,
    new_id,
    stamp,
    start_request,
)
from ssmtrail.queries.sources.demo.story import COMMAND, caller_of, days_since_the_night, key_of_the_day

if TYPE_CHECKING:
    from datetime import date

_STS: Final = "sts.amazonaws.com"
_EC2: Final = "ec2.amazonaws.com"
_PIPELINE: Final = "repo:example/shop:ref:refs/heads/main"
_VENDOR: Final = "anna.lund@vendor.example"


def identity_events(day: date) -> list[Entry]:
    """The records of a date that show who is behind a role, and launches, tags and stops of machines.

    Their random numbers are their own, so that the other records of the demo do not depend on them.
    """
    log = DayLog(day)
    log.rng = Random(f"ssmtrail demo identities {day.isoformat()}")
    number = day.toordinal()
    if day.weekday() < 5:
        _chain_of_roles(log)
        _pipeline(log)
        _stopped_machine(log)
    if number % 5 == 0:
        _broker(log)
    if number % 7 == 0:
        _vendor(log)
    if number % 4 == 0:
        _launch(log)
    if days_since_the_night(day) in {0, 8}:
        _forged_name(log)
    if number % 6 == 1:
        _serial_console(log, log.clock(9, 51))
    if number % 15 == 2:
        _contradiction(log)
    return log.entries


def issue(
    log: DayLog, caller: Caller, at: int, role: str, name: str, key: str, *,
    event: str = "AssumeRole", source_identity: str = "", subject: str = "",
) -> None:  # fmt: skip
    """Add a call that issues `key` for a session of a role in the production account."""
    arn = f"arn:aws:iam::{PROD}:role/{role}"
    told = f',"sourceIdentity":"{source_identity}"' if source_identity else ""
    found = f',"subjectFromWebIdentityToken":"{subject}"' if subject else ""
    response = (
        f'{{"credentials":{{"accessKeyId":"{key}","sessionToken":"demo","expiration":"{stamp(at + 3600)}"}},'
        f'"assumedRoleUser":{{"assumedRoleId":"{key_id("AROA", role, PROD)}:{name}",'
        f'"arn":"arn:aws:sts::{PROD}:assumed-role/{role}/{name}"}}{told}{found}}}'
    )
    request = f'{{"roleArn":"{arn}","roleSessionName":"{name}"{told}}}'
    log.write(caller, at, FRANKFURT, event, request, response, source=_STS, read_only=True)


def _chain_of_roles(log: DayLog) -> None:
    """Two roles, one from the other, under names that say nothing; behind them is a user of Identity Center."""
    at = log.clock(10, 41, log.rng.randrange(60))
    miriam = caller_of(BY_NAME["miriam.roth"], PROD, log)
    first, second = key_of_the_day(log, "deploy"), key_of_the_day(log, "break glass")
    issue(log, miriam, at, "DeployProd", "deploy", first)
    deploy = assumed_role("DeployProd", "deploy", PROD, miriam.address, CLI[0], at, key=first)
    issue(log, deploy, at + 4, "BreakGlass", "ops", second)
    ops = assumed_role("BreakGlass", "ops", PROD, miriam.address, CLI[0], at + 4, key=second)
    api = MACHINE_BY_NAME[f"api-{1 + log.day.toordinal() % 18}"]
    session = log.start(ops, at + 9, api.region, api.id, reason="release")
    log.terminate(session, session.started + log.rng.randrange(300, 1500))


def _pipeline(log: DayLog) -> None:
    """A pipeline signs in with a token and runs a command."""
    at = log.clock(13, 5, log.rng.randrange(60))
    identity = (
        f'{{"type":"WebIdentityUser","principalId":"arn:aws:iam::{PROD}:oidc-provider/token.example.com:'
        f'sts.amazonaws.com:{_PIPELINE}","userName":"{_PIPELINE}","identityProvider":"token.example.com"}}'
    )
    runner = Caller("GitHubActions", identity, PROD, "", "198.51.100.61", BOTO)
    key = key_of_the_day(log, "pipeline")
    issue(log, runner, at, "GithubDeploy", "GitHubActions", key, event="AssumeRoleWithWebIdentity", subject=_PIPELINE)
    caller = assumed_role("GithubDeploy", "GitHubActions", PROD, runner.address, BOTO, at, key=key)
    web = MACHINE_BY_NAME[f"web-{1 + log.day.toordinal() % 24}"]
    session = log.start(caller, at + 20, web.region, web.id, COMMAND, '{"command":["sudo systemctl restart shop"]}')
    log.terminate(session, session.started + 2)


def _vendor(log: DayLog) -> None:
    """A vendor's engineer signs in through SAML under a name of the team."""
    at = log.clock(15, 12, log.rng.randrange(60))
    identity = (
        f'{{"type":"SAMLUser","principalId":"dmVuZG9y:{_VENDOR}","userName":"{_VENDOR}","identityProvider":"dmVuZG9y"}}'
    )
    engineer = Caller("on-call", identity, PROD, "", "198.51.100.90", CLI[2])
    key = key_of_the_day(log, "vendor")
    issue(log, engineer, at, "VendorSupport", "on-call", key, event="AssumeRoleWithSAML")
    caller = assumed_role("VendorSupport", "on-call", PROD, engineer.address, CLI[2], at, key=key)
    search = MACHINE_BY_NAME[f"search-{1 + log.day.toordinal() % 8}"]
    log.start(caller, at + 31, search.region, search.id, reason="support case 8841")


def _broker(log: DayLog) -> None:
    """A broker on a machine sets a source identity: its own keys are the machine's, so no person is behind them."""
    at = log.clock(16, 22, log.rng.randrange(60))
    bastion, ruth = MACHINE_BY_NAME["bastion-1"], BY_NAME["ruth.steiner"]
    broker = assumed_role("access-broker", bastion.id, PROD, "198.51.100.20", BOTO, log.clock(16))
    key = key_of_the_day(log, "broker")
    issue(log, broker, at, "AuditShell", f"session-{log.day.toordinal()}", key, source_identity=ruth.name)
    caller = assumed_role(
        "AuditShell",
        f"session-{log.day.toordinal()}",
        PROD,
        ruth.address,
        CLI[1],
        at,
        source_identity=ruth.name,
        key=key,
    )
    vault = MACHINE_BY_NAME["db-7"]
    log.start(caller, at + 12, vault.region, vault.id, reason="quarterly review")


def _forged_name(log: DayLog) -> None:
    """An IAM user assumes a role under another person's name; the key says who it was."""
    at = log.clock(3, 10, log.rng.randrange(60))
    thief = iam_user("legacy-batch", PROD, "192.0.2.91", CLI[1])
    key, name = key_of_the_day(log, "forged"), "jane.doe@example.com"
    issue(log, thief, at, "Support", name, key)
    caller = assumed_role("Support", name, PROD, thief.address, CLI[1], at, key=key)
    db = MACHINE_BY_NAME["db-2"]
    session = log.start(caller, at + 47, db.region, db.id)
    log.resume(session, session.started + 840)


def _stopped_machine(log: DayLog) -> None:
    """A machine is stopped in the evening, which bounds the sessions that are open on it."""
    lab = MACHINE_BY_NAME[f"lab-{1 + log.day.toordinal() % 10}"]
    priya = caller_of(BY_NAME["priya.nair"], DEV, log)
    log.start(priya, log.clock(16, 50, log.rng.randrange(60)), lab.region, lab.id)
    item = f'{{"instanceId":"{lab.id}"'
    log.write(
        priya, log.clock(18, 30, log.rng.randrange(60)), FRANKFURT, "StopInstances",
        f'{{"instancesSet":{{"items":[{item}}}]}},"force":false}}',
        f'{{"instancesSet":{{"items":[{item},"currentState":{{"code":64,"name":"stopping"}},'
        '"previousState":{"code":16,"name":"running"}}]}}',
        source=_EC2,
    )  # fmt: skip


def _launch(log: DayLog) -> None:
    """A machine is launched with a name, and gets another tag later."""
    at = log.clock(7, 30, log.rng.randrange(60))
    group = assumed_role("AWSServiceRoleForAutoScaling", "AutoScaling", PROD, "198.51.100.5", PLUGIN, log.clock(7))
    edge = MACHINE_BY_NAME[f"edge-{1 + log.day.toordinal() % 10}"]
    item = (
        f'{{"instanceId":"{edge.id}","privateIpAddress":"10.0.4.{1 + log.day.toordinal() % 250}","vpcId":"vpc-0demo",'
        f'"subnetId":"subnet-0demo","launchTime":{at}000,"tagSet":{{"items":[{{"key":"Name","value":"{edge.name}"}}]}}}}'
    )
    log.write(
        group, at, VIRGINIA, "RunInstances", '{"instancesSet":{"items":[{"minCount":1,"maxCount":1}]}}',
        f'{{"reservationId":"r-0demo","instancesSet":{{"items":[{item}]}}}}', source=_EC2,
    )  # fmt: skip
    log.write(
        group, at + 30, VIRGINIA, "CreateTags",
        f'{{"resourcesSet":{{"items":[{{"resourceId":"{edge.id}"}}]}},'
        '"tagSet":{"items":[{"key":"environment","value":"prod"}]}}',
        '{"_return":true}', source=_EC2,
    )  # fmt: skip


def _contradiction(log: DayLog) -> None:
    """Two copies of one call name different machines, as a manipulated log would."""
    paul = caller_of(BY_NAME["paul.adeyemi"], PROD, log)
    web, db = MACHINE_BY_NAME["web-9"], MACHINE_BY_NAME["db-4"]
    log.start(paul, log.clock(11, 2, log.rng.randrange(60)), web.region, web.id)
    entry = log.entries[-1]
    changed = entry.record.replace(start_request(web.id, "", "", ""), start_request(db.id, "", "", ""))
    log.entries.append(replace(entry, delivered=entry.delivered + 900, record=changed))


def _serial_console(log: DayLog, at: int) -> None:
    """A key for the serial console of a machine."""
    oskar = caller_of(BY_NAME["oskar.lind"], PROD, log)
    web = MACHINE_BY_NAME["web-2"]
    log.write(
        oskar, at, FRANKFURT, "SendSerialConsoleSSHPublicKey",
        f'{{"instanceId":"{web.id}","serialPort":0,"sSHPublicKey":"ssh-ed25519 AAAAC3NzaC1lZDI1","monitorMode":false}}',
        f'{{"requestId":"{new_id(log.rng)}","success":true}}', source="ec2-instance-connect.amazonaws.com",
    )  # fmt: skip
