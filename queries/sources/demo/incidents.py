"""Incidents: an intruder with a stolen key, and rare events of a trail."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from ssmtrail.queries.sources.demo.organisation import (
    BY_NAME,
    DATABASES,
    DEV,
    FRANKFURT,
    MACHINE_BY_NAME,
    PROD,
)
from ssmtrail.queries.sources.demo.records import (
    BOTO,
    CLI,
    CONSOLE,
    PLUGIN,
    Session,
    assumed_role,
    iam_user,
    new_id,
    root,
    session_id,
    start_request,
)
from ssmtrail.queries.sources.demo.scheduled import BRIDGE, assume
from ssmtrail.queries.sources.demo.story import TUNNEL, caller_of, days_since_the_night, key_of_the_day

if TYPE_CHECKING:
    from ssmtrail.queries.sources.demo.records import DayLog


#: Hostile texts: reason, user agent.
_HOSTILE: Final = (
    ("\x1b[2J\x1b[1;31mall is well\x1b[0m", ""),
    ("\u202egnp.tekcit\u202c looks harmless", ""),
    ("[bold red]not markup[/bold red] [link=https://example.com]x[/]", ""),
    ('=HYPERLINK("https://example.com/?leak","ticket")', ""),
    ("line one\nline two\ttabbed", "curl/8.5 \x1b]0;owned\x07 [on green]hi[/]"),
)


def rare_events(log: DayLog) -> None:
    """Add the rare event of this day, if it has one."""
    day = log.day.toordinal()
    if day % 6 == 0:
        _hostile_text(log, _HOSTILE[day // 6 % len(_HOSTILE)])
    match day % 30:
        case 4:
            _root_session(log)
        case 9 | 24:
            _corrected(log)
        case 13:
            _delivered_late(log)
        case 19 | 28:
            _answer_removed(log)
        case 26:
            _end_of_old_session(log)


def _hostile_text(log: DayLog, words: tuple[str, str]) -> None:
    """Text that a terminal, a UI toolkit or a spreadsheet could interpret."""
    reason, agent = words
    caller = caller_of(BY_NAME["hugo.lambert"], DEV, log, agent or CLI[1])
    box = MACHINE_BY_NAME["box-13"]
    log.start(caller, log.clock(13, 37), box.region, box.id, reason=reason)


def _root_session(log: DayLog) -> None:
    """A session of the root user from the console, once a month."""
    caller = root(PROD, "203.0.113.250", log.clock(21, 2))
    vault = MACHINE_BY_NAME["db-1"]
    log.terminate(log.start(caller, log.clock(21, 10, 9), vault.region, vault.id), log.clock(21, 31, 40))


def _corrected(log: DayLog) -> None:
    """A record that AWS corrects an hour later, because the reason was missing."""
    caller = caller_of(BY_NAME["oskar.lind"], PROD, log)
    web = MACHINE_BY_NAME["web-3"]
    log.start(caller, log.clock(14, 5, 30), web.region, web.id)
    original = log.entries[-1]
    ids = re.search(r'"requestID":"([^"]+)","eventID":"([^"]+)"', original.record)
    assert ids is not None
    addendum = (
        f'"addendum":{{"reason":"UPDATED_DATA","updatedFields":"requestParameters",'
        f'"originalRequestID":"{ids[1]}","originalEventID":"{ids[2]}"}},"eventCategory"'
    )
    corrected = (
        original.record.replace(ids[2], new_id(log.rng))
        .replace(start_request(web.id, "", "", ""), start_request(web.id, "", "", "INC-4711 rollback"))
        .replace('"eventCategory"', addendum, 1)
    )
    log.entries.append(replace(original, delivered=original.delivered + 3600, record=corrected))


def _delivered_late(log: DayLog) -> None:
    """An hour of records that are delivered two days late."""
    first, last = log.clock(15), log.clock(16)
    for place, entry in enumerate(log.entries):
        if first <= entry.delivered < last:
            addendum = f'"addendum":{{"reason":"DELIVERY_DELAY","originalEventID":"{new_id(log.rng)}"}},"eventCategory"'
            delayed = entry.record.replace('"eventCategory"', addendum, 1)
            log.entries[place] = replace(entry, delivered=entry.delivered + 2 * 86_400, record=delayed)


def _answer_removed(log: DayLog) -> None:
    """A start without `responseElements`: no later call can be joined to it."""
    caller = caller_of(BY_NAME["jane.doe"], PROD, log)
    api = MACHINE_BY_NAME["api-4"]
    log.write(caller, log.clock(11, 20, 5), FRANKFURT, "StartSession", start_request(api.id, "", "", ""))


def _end_of_old_session(log: DayLog) -> None:
    """The end of a session that started before the first day of the demo."""
    tom = caller_of(BY_NAME["tom.miller"], PROD, log)
    begun = Session(session_id(tom.name, log.rng), tom, FRANKFURT, log.clock(-40 * 24))
    jane = caller_of(BY_NAME["jane.doe"], PROD, log)
    log.terminate(begun, log.clock(8, 31, 12), by=jane)


STRANGE_ADDRESS: Final = "192.0.2.44"


_STOLEN: Final = iam_user("temp.contractor", DEV, STRANGE_ADDRESS, BOTO)


def intruder(log: DayLog) -> None:
    """Add what the intruder does on this day, if anything."""
    match days_since_the_night(log.day):
        case 0:
            _try_machines(log)
            _break_in(log)
        case 15:
            _probe(log)


def _instance_arn(name: str, account: str) -> str:
    """The ARN of a machine in a denial: with the account of the caller, even where the machine is in another."""
    return f"arn:aws:ec2:{FRANKFURT}:{account}:instance/{MACHINE_BY_NAME[name].id}"


def _try_machines(log: DayLog) -> None:
    """At 02:14 an unknown address tries one machine after another."""
    at = log.clock(2, 14, 3)
    for name in ("lab-1", "lab-2", "lab-3", "lab-4", "vault-1", "db-1", "db-2", "bastion-1", "bastion-2"):
        log.deny(_STOLEN, at, FRANKFURT, _instance_arn(name, DEV))
        at += log.rng.randrange(1, 5)
    log.deny(_STOLEN, at + 3, FRANKFURT, f"arn:aws:ssm:{FRANKFURT}::document/{TUNNEL}")
    someone = f"arn:aws:ssm:{FRANKFURT}:{DEV}:session/lena.fischer@example.com-demo7k2m"
    log.deny(_STOLEN, at + 9, FRANKFURT, someone, "TerminateSession")


def _break_in(log: DayLog) -> None:
    """An old machine lets the intruder in; its role reaches the next machine, then a role in production."""
    box, next_box, bastion = (MACHINE_BY_NAME[name] for name in ("box-17", "box-31", "bastion-2"))
    way_in = log.start(_STOLEN, log.clock(2, 16, 52), box.region, box.id)
    on_box = assumed_role("dev-box-role", box.id, DEV, "198.51.100.140", PLUGIN, log.clock(1, 5))
    log.deny(on_box, log.clock(2, 24, 10), FRANKFURT, _instance_arn("lab-1", DEV))
    log.fail(on_box, log.clock(2, 25, 2), FRANKFURT, MACHINE_BY_NAME["box-30"].id)
    lateral = log.start(on_box, log.clock(2, 26, 47), next_box.region, next_box.id)
    on_next = assumed_role("dev-box-role", next_box.id, DEV, "198.51.100.141", BOTO, log.clock(1, 12))
    at = log.clock(2, 38, 5)
    name, key = f"botocore-session-{at}", key_of_the_day(log, "stolen bridge")
    assume(log, on_next, at, BRIDGE, PROD, name, key)
    workers = assumed_role(BRIDGE, name, PROD, "198.51.100.141", BOTO, at, key=key)
    host, port = DATABASES[0]
    parameters = f'{{"host":["{host}"],"portNumber":["{port}"],"localPortNumber":["15432"]}}'
    tunnel = log.start(workers, log.clock(2, 41, 12), FRANKFURT, bastion.id, TUNNEL, parameters)
    log.terminate(tunnel, log.clock(2, 47, 50))
    jane = caller_of(BY_NAME["jane.doe"], DEV, log, CONSOLE)
    log.terminate(way_in, log.clock(8, 52, 14), by=jane)
    log.terminate(lateral, log.clock(8, 52, 31), by=jane)


def _probe(log: DayLog) -> None:
    """Two weeks before and after: attempts with an old key, all denied."""
    old = iam_user("legacy-batch", PROD, "192.0.2.91", BOTO)
    at = log.clock(4, 40, 11)
    for name in ("web-1", "web-2", "db-1", "db-2", "db-3", "bastion-1"):
        log.deny(old, at, FRANKFURT, _instance_arn(name, PROD))
        at += log.rng.randrange(1, 9)
