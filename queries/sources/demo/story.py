"""Ordinary work: the sessions that people open on a day, by their jobs and habits."""

from __future__ import annotations

from itertools import accumulate
from random import Random
from typing import TYPE_CHECKING, Final

from ssmtrail.queries.sources.demo.organisation import (
    BY_NAME,
    CLUSTERS,
    DATABASES,
    DEV,
    FRANKFURT,
    PEOPLE,
    PROD,
    STAGE_DATABASES,
    Job,
    Machine,
    Person,
    machines_named,
)
from ssmtrail.queries.sources.demo.records import (
    CLI,
    CONSOLE,
    Caller,
    Session,
    iam_user,
    key_id,
    single_sign_on,
)

if TYPE_CHECKING:
    from datetime import date

    from ssmtrail.queries.sources.demo.records import DayLog

#: The intruder's night comes once in so many days, so that each demo of 30 days contains one.
PERIOD: Final = 30
_NIGHT: Final = 739_941 % PERIOD  # such as 21 November 2026
#: Days after that night on which the contractor's key is disabled.
_LOCKED: Final = 9


def days_since_the_night(day: date) -> int:
    """Days since the intruder's last night, 0 to 29."""
    return (day.toordinal() - _NIGHT) % PERIOD


def contractor_is_locked_out(day: date) -> bool:
    """Whether the contractor cannot work because the stolen key is disabled."""
    return days_since_the_night(day) <= _LOCKED


TUNNEL: Final = "AWS-StartPortForwardingSessionToRemoteHost"
FORWARD: Final = "AWS-StartPortForwardingSession"
SSH: Final = "AWS-StartSSHSession"
COMMAND: Final = "AWS-StartInteractiveCommand"
CUSTOM: Final = "Acme-RestrictedShell"

#: Weights of sessions by hour (UTC), for Europe in winter: fewer at lunch, few at night.
_HOURS: Final = tuple(
    accumulate((0.1, 0, 0, 0.1, 0.2, 0.7, 3, 9, 14, 15, 12, 5, 8, 13, 13, 11, 7, 3, 1.5, 1, 0.8, 0.5, 0.3, 0.2))
)

#: The actions of each job: weights, names.
_ACTIONS: Final[dict[Job, tuple[tuple[int, ...], tuple[str, ...]]]] = {
    "ops": ((9, 5, 1, 2, 2, 1), ("prod", "stage", "till", "ssh", "command", "custom")),
    "dba": ((12, 3, 3, 1), ("tunnel", "db", "stage-tunnel", "command")),
    "dev": ((6, 5, 4, 3, 2, 2), ("box", "stage", "ssh", "forward", "container", "stage-tunnel")),
    "data": ((6, 4, 3, 1), ("tunnel", "lab", "forward", "container")),
    "support": ((5, 3, 3, 1), ("till", "command", "prod", "custom")),
    "audit": ((1,), ("custom",)),
}
_MACHINES: Final[dict[str, tuple[Machine, ...]]] = {
    "prod": machines_named("web", "api", "worker", "edge", "search"),
    "stage": machines_named("app", "stage-edge"),
    "till": machines_named("till"),
    "ssh": machines_named("box", "bastion", "runner"),
    "command": machines_named("web", "api", "worker", "app"),
    "custom": machines_named("edge", "search", "vault"),
    "tunnel": machines_named("db", "bastion"),
    "db": machines_named("db"),
    "stage-tunnel": machines_named("stage-db"),
    "box": machines_named("box"),
    "lab": machines_named("lab"),
    "forward": machines_named("box", "lab", "runner"),
}
_COMMANDS: Final = (
    "sudo journalctl -u nginx -f",
    "df -h",
    "top",
    "tail -f /var/log/app/current",
    "sudo systemctl status",
)
_REASONS: Final = ("deploy", "disk full", "customer ticket", "check the logs", "index rebuild", "paged", "migration")


def working_day(log: DayLog) -> None:
    """Add the sessions of all people; few at the weekend."""
    weekend = log.day.weekday() >= 5
    for person in PEOPLE:
        if person.name == "temp.contractor" and contractor_is_locked_out(log.day):
            continue
        sessions_a_day = person.sessions_a_day * (0.14 if weekend else 1.0)
        sessions = int(sessions_a_day * (0.55 + 0.9 * log.rng.random()) + log.rng.random())
        for _ in range(sessions):
            _work(log, person)


def caller_of(person: Person, account: str, log: DayLog, agent: str = "") -> Caller:
    """A person as a caller in an account; an IAM user always calls in its own."""
    agent = agent or CLI[sum(map(ord, person.name)) % len(CLI)]
    if not person.role:
        return iam_user(person.name, person.account, person.address, agent)
    return single_sign_on(person.name, person.role, account, person.address, agent, log.clock(6 + person.shift, 41))


def usual_machine(log: DayLog, person: Person, places: tuple[Machine, ...]) -> Machine:
    """Usually one of a few machines that this person prefers, sometimes any."""
    if person.account:
        places = tuple(place for place in places if place.account == person.account) or machines_named(
            "box" if person.account == DEV else "app" if person.account != PROD else "web"
        )
    if log.chance(0.25):
        return log.rng.choice(places)
    home = sum(map(ord, person.name)) * 7
    return places[(home + int(log.rng.expovariate(0.7))) % len(places)]


def _work(log: DayLog, person: Person) -> None:
    """Add one session of a person, with what follows its start."""
    rng = log.rng
    hour = rng.choices(range(24), cum_weights=_HOURS)[0] + person.shift
    at = log.clock(hour, rng.random() * 60)
    weights, actions = _ACTIONS[person.job]
    action = rng.choices(actions, weights)[0]
    if action == "container" and not person.account:
        _enter_container(log, person, at)
        return
    machine = usual_machine(log, person, _MACHINES.get(action, _MACHINES["box"]))
    agent = CONSOLE if action in {"prod", "stage", "till"} and log.chance(0.4) else ""
    caller = caller_of(person, machine.account, log, agent)
    document, parameters = _document(log, action)
    if log.chance(0.016):
        log.deny(caller, at, machine.region, f"arn:aws:ec2:{machine.region}:{machine.account}:instance/{machine.id}")
        return
    if log.chance(0.016):
        log.fail(caller, at, machine.region, machine.id, document)
        return
    session = log.start(caller, at, machine.region, machine.id, document, parameters, _reason(log))
    end_session(log, session)


def _enter_container(log: DayLog, person: Person, at: int) -> None:
    """A shell in a container through StartSession (`ecs execute-command` makes other calls)."""
    cluster = log.rng.choice(CLUSTERS)
    rolled_out = Random(f"{cluster} {log.day.isocalendar().week}")  # tasks live for a week
    task = f"{rolled_out.getrandbits(128):032x}"
    caller = caller_of(person, PROD, log)
    target = f"ecs:{cluster}_{task}_{task}-{rolled_out.randrange(10**9, 10**10)}"
    end_session(log, log.start(caller, at, FRANKFURT, target, reason=_reason(log)))


def _document(log: DayLog, action: str) -> tuple[str, str]:
    """The document of an action, and its parameters as JSON."""
    rng = log.rng
    local = rng.randrange(15_000, 60_000)
    match action:
        case "tunnel" | "stage-tunnel":
            databases = DATABASES if action == "tunnel" else STAGE_DATABASES
            host, port = databases[min(int(rng.expovariate(0.6)), len(databases) - 1)]
            return TUNNEL, f'{{"host":["{host}"],"portNumber":["{port}"],"localPortNumber":["{local}"]}}'
        case "forward":
            port = rng.choice((8080, 3000, 8888, 3389))
            return FORWARD, f'{{"portNumber":["{port}"],"localPortNumber":["{local}"]}}'
        case "ssh":
            return SSH, '{"portNumber":["22"]}' if log.chance(0.8) else ""
        case "command":
            return COMMAND, f'{{"command":["{rng.choice(_COMMANDS)}"]}}'
        case "custom":
            return CUSTOM, '{"ticket":["CHG-' + str(rng.randrange(1000, 9999)) + '"]}'
        case _:
            return ("SSM-SessionManagerRunShell", "") if log.chance(0.15) else ("", "")


def _reason(log: DayLog) -> str:
    """A reason: mostly empty, else a ticket or a word."""
    roll = log.rng.random()
    if roll < 0.12:
        return f"INC-{4600 + log.rng.randrange(240)}"
    return log.rng.choice(_REASONS) if roll < 0.2 else ""


def end_session(log: DayLog, session: Session) -> None:
    """Add the calls after a start: most sessions have none, as in real trails."""
    rng = log.rng
    roll = rng.random()
    length = int(min(rng.lognormvariate(6.9, 1.1), 36_000)) + 5
    end = session.started + length
    if roll < 0.09:
        _resume_in_bursts(log, session, end)
    elif roll < 0.26:
        log.terminate(session, end)
    elif roll < 0.275:
        log.terminate(session, end)
        log.terminate(session, end + rng.randrange(1, 40))
    elif roll < 0.295:
        log.terminate(session, end, by=_other_administrator(log, session))
    elif roll < 0.315:
        log.terminate(session, session.started + rng.randrange(3))  # the plugin is not installed


def _resume_in_bursts(log: DayLog, session: Session, end: int) -> None:
    """Several resumes within seconds, again and again, as with a bad network."""
    at = session.started
    while at < end:
        at += log.rng.randrange(240, 5400)
        for _ in range(log.rng.randrange(1, 4)):
            log.resume(session, at)
            at += log.rng.randrange(9)


def _other_administrator(log: DayLog, session: Session) -> Caller:
    """An administrator who ends sessions of others."""
    name = log.rng.choice(("jane.doe", "oskar.lind"))
    return caller_of(BY_NAME[name], session.caller.account, log, CONSOLE)


def key_of_the_day(log: DayLog, what: str) -> str:
    """A temporary access key id of this day."""
    return key_id("ASIA", what, log.day.isoformat())
