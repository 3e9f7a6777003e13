"""The stories of the demo: ordinary work, scheduled jobs, an intruder, and rare events."""

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
    Craft,
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

    from ssmtrail.queries.sources.demo.records import Book

#: The night comes once in every stretch of so many days, so that each month's demo holds one.
PERIOD: Final = 30
_NIGHT: Final = 739_941 % PERIOD  # 21 November 2026 is such a night
_LOCKED: Final = 9


def days_since_the_night(day: date) -> int:
    """Days since the last night of the intruder, 0 to 29."""
    return (day.toordinal() - _NIGHT) % PERIOD


def contractor_is_locked_out(day: date) -> bool:
    """Whether the stolen key is locked; the contractor comes back with a new one."""
    return days_since_the_night(day) <= _LOCKED


TUNNEL: Final = "AWS-StartPortForwardingSessionToRemoteHost"
FORWARD: Final = "AWS-StartPortForwardingSession"
SSH: Final = "AWS-StartSSHSession"
COMMAND: Final = "AWS-StartInteractiveCommand"
CUSTOM: Final = "Acme-RestrictedShell"

#: Sessions by hour of the day in Europe's winter (UTC): a lunch dip at 11, the last ones at night.
_HOURS: Final = tuple(
    accumulate((0.1, 0, 0, 0.1, 0.2, 0.7, 3, 9, 14, 15, 12, 5, 8, 13, 13, 11, 7, 3, 1.5, 1, 0.8, 0.5, 0.3, 0.2))
)

#: What each craft does: an action's weight, its name.
_HABITS: Final[dict[Craft, tuple[tuple[int, ...], tuple[str, ...]]]] = {
    "ops": ((9, 5, 1, 2, 2, 1), ("prod", "stage", "till", "ssh", "command", "custom")),
    "dba": ((12, 3, 3, 1), ("tunnel", "db", "stage-tunnel", "command")),
    "dev": ((6, 5, 4, 3, 2, 2), ("box", "stage", "ssh", "forward", "container", "stage-tunnel")),
    "data": ((6, 4, 3, 1), ("tunnel", "lab", "forward", "container")),
    "support": ((5, 3, 3, 1), ("till", "command", "prod", "custom")),
    "audit": ((1,), ("custom",)),
}
_PLACES: Final[dict[str, tuple[Machine, ...]]] = {
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


def working_day(book: Book) -> None:
    """Everybody's sessions of the day; few at the weekend."""
    weekend = book.day.weekday() >= 5
    for person in PEOPLE:
        if person.name == "temp.contractor" and contractor_is_locked_out(book.day):
            continue
        pace = person.pace * (0.14 if weekend else 1.0)
        sessions = int(pace * (0.55 + 0.9 * book.rng.random()) + book.rng.random())
        for _ in range(sessions):
            _sit_down(book, person)


def caller_of(person: Person, account: str, book: Book, agent: str = "") -> Caller:
    """That person in an account; IAM users have one account only."""
    agent = agent or CLI[sum(map(ord, person.name)) % len(CLI)]
    if not person.role:
        return iam_user(person.name, person.account, person.address, agent)
    return single_sign_on(person.name, person.role, account, person.address, agent, book.clock(6 + person.shift, 41))


def usual(book: Book, person: Person, places: tuple[Machine, ...]) -> Machine:
    """Mostly one of a few machines that this person knows well, sometimes any."""
    if person.account:
        places = tuple(place for place in places if place.account == person.account) or machines_named(
            "box" if person.account == DEV else "app" if person.account != PROD else "web"
        )
    if book.chance(0.25):
        return book.rng.choice(places)
    home = sum(map(ord, person.name)) * 7
    return places[(home + int(book.rng.expovariate(0.7))) % len(places)]


def _sit_down(book: Book, person: Person) -> None:
    """One session of somebody, from the idea to whatever end it leaves."""
    rng = book.rng
    hour = rng.choices(range(24), cum_weights=_HOURS)[0] + person.shift
    at = book.clock(hour, rng.random() * 60)
    weights, actions = _HABITS[person.craft]
    action = rng.choices(actions, weights)[0]
    if action == "container" and not person.account:
        _enter_container(book, person, at)
        return
    machine = usual(book, person, _PLACES.get(action, _PLACES["box"]))
    agent = CONSOLE if action in {"prod", "stage", "till"} and book.chance(0.4) else ""
    caller = caller_of(person, machine.account, book, agent)
    document, parameters = _document(book, action)
    if book.chance(0.016):
        book.deny(caller, at, machine.region, f"arn:aws:ec2:{machine.region}:{machine.account}:instance/{machine.id}")
        return
    if book.chance(0.016):
        book.fail(caller, at, machine.region, machine.id, document)
        return
    session = book.start(caller, at, machine.region, machine.id, document, parameters, _reason(book))
    leave(book, session)


def _enter_container(book: Book, person: Person, at: int) -> None:
    """A shell in a container; `ecs execute-command` goes through another door."""
    cluster = book.rng.choice(CLUSTERS)
    rolled_out = Random(f"{cluster} {book.day.isocalendar().week}")  # tasks live for a week
    task = f"{rolled_out.getrandbits(128):032x}"
    caller = caller_of(person, PROD, book)
    target = f"ecs:{cluster}_{task}_{task}-{rolled_out.randrange(10**9, 10**10)}"
    leave(book, book.start(caller, at, FRANKFURT, target, reason=_reason(book)))


def _document(book: Book, action: str) -> tuple[str, str]:
    """The document that an action needs, its parameters as JSON."""
    rng = book.rng
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
            return SSH, '{"portNumber":["22"]}' if book.chance(0.8) else ""
        case "command":
            return COMMAND, f'{{"command":["{rng.choice(_COMMANDS)}"]}}'
        case "custom":
            return CUSTOM, '{"ticket":["CHG-' + str(rng.randrange(1000, 9999)) + '"]}'
        case _:
            return ("SSM-SessionManagerRunShell", "") if book.chance(0.15) else ("", "")


def _reason(book: Book) -> str:
    """Most give none; some a ticket, some a word."""
    roll = book.rng.random()
    if roll < 0.12:
        return f"INC-{4600 + book.rng.randrange(240)}"
    return book.rng.choice(_REASONS) if roll < 0.2 else ""


def leave(book: Book, session: Session) -> None:
    """How a session ends, or rather what is left of it: most leave nothing."""
    rng = book.rng
    roll = rng.random()
    length = int(min(rng.lognormvariate(6.9, 1.1), 36_000)) + 5
    end = session.started + length
    if roll < 0.09:
        _resume_in_bursts(book, session, end)
    elif roll < 0.26:
        book.terminate(session, end)
    elif roll < 0.275:
        book.terminate(session, end)
        book.terminate(session, end + rng.randrange(1, 40))
    elif roll < 0.295:
        book.terminate(session, end, by=_administrator(book, session))
    elif roll < 0.315:
        book.terminate(session, session.started + rng.randrange(3))  # the plugin is not installed


def _resume_in_bursts(book: Book, session: Session, end: int) -> None:
    """A train, a lid, a bad network: several resumes within seconds, then again."""
    at = session.started
    while at < end:
        at += book.rng.randrange(240, 5400)
        for _ in range(book.rng.randrange(1, 4)):
            book.resume(session, at)
            at += book.rng.randrange(9)


def _administrator(book: Book, session: Session) -> Caller:
    """Whoever cleans up after others."""
    name = book.rng.choice(("jane.doe", "oskar.lind"))
    return caller_of(BY_NAME[name], session.caller.account, book, CONSOLE)


def key_of_the_day(book: Book, what: str) -> str:
    """A temporary access key id of this day."""
    return key_id("ASIA", what, book.day.isoformat())
