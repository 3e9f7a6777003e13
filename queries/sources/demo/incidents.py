"""Incidents of the demo: an intruder with a stolen key, and the rare events that a trail holds."""

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
    from ssmtrail.queries.sources.demo.records import Book


#: What people wrote to see whether anybody looks: reason, user agent.
_HOSTILE: Final = (
    ("\x1b[2J\x1b[1;31mall is well\x1b[0m", ""),
    ("\u202egnp.tekcit\u202c looks harmless", ""),
    ("[bold red]not markup[/bold red] [link=https://example.com]x[/]", ""),
    ('=HYPERLINK("https://example.com/?leak","ticket")', ""),
    ("line one\nline two\ttabbed", "curl/8.5 \x1b]0;owned\x07 [on green]hi[/]"),
)


def oddities(book: Book) -> None:
    """The oddity of this day, if it has one."""
    day = book.day.toordinal()
    if day % 6 == 0:
        _hostile(book, _HOSTILE[day // 6 % len(_HOSTILE)])
    match day % 30:
        case 4:
            _root_once(book)
        case 9 | 24:
            _updated(book)
        case 13:
            _late(book)
        case 19 | 28:
            _scrubbed(book)
        case 26:
            _forgotten(book)


def _hostile(book: Book, words: tuple[str, str]) -> None:
    """Text that a terminal, a toolkit or a spreadsheet might take for its own."""
    reason, agent = words
    caller = caller_of(BY_NAME["hugo.lambert"], DEV, book, agent or CLI[1])
    box = MACHINE_BY_NAME["box-13"]
    book.start(caller, book.clock(13, 37), box.region, box.id, reason=reason)


def _root_once(book: Book) -> None:
    """The root user, once a month, from the console."""
    caller = root(PROD, "203.0.113.250", book.clock(21, 2))
    vault = MACHINE_BY_NAME["db-1"]
    book.terminate(book.start(caller, book.clock(21, 10, 9), vault.region, vault.id), book.clock(21, 31, 40))


def _updated(book: Book) -> None:
    """A record that AWS corrects an hour later: the reason was missing."""
    caller = caller_of(BY_NAME["oskar.lind"], PROD, book)
    web = MACHINE_BY_NAME["web-3"]
    book.start(caller, book.clock(14, 5, 30), web.region, web.id)
    original = book.entries[-1]
    ids = re.search(r'"requestID":"([^"]+)","eventID":"([^"]+)"', original.record)
    assert ids is not None
    addendum = (
        f'"addendum":{{"reason":"UPDATED_DATA","updatedFields":"requestParameters",'
        f'"originalRequestID":"{ids[1]}","originalEventID":"{ids[2]}"}},"eventCategory"'
    )
    corrected = (
        original.record.replace(ids[2], new_id(book.rng))
        .replace(start_request(web.id, "", "", ""), start_request(web.id, "", "", "INC-4711 rollback"))
        .replace('"eventCategory"', addendum, 1)
    )
    book.entries.append(replace(original, delivered=original.delivered + 3600, record=corrected))


def _late(book: Book) -> None:
    """An hour of records that lies in the folder of two days later."""
    first, last = book.clock(15), book.clock(16)
    for place, entry in enumerate(book.entries):
        if first <= entry.delivered < last:
            addendum = (
                f'"addendum":{{"reason":"DELIVERY_DELAY","originalEventID":"{new_id(book.rng)}"}},"eventCategory"'
            )
            delayed = entry.record.replace('"eventCategory"', addendum, 1)
            book.entries[place] = replace(entry, delivered=entry.delivered + 2 * 86_400, record=delayed)


def _scrubbed(book: Book) -> None:
    """A copy from which somebody took the answers: a start that nothing can be joined to."""
    caller = caller_of(BY_NAME["jane.doe"], PROD, book)
    api = MACHINE_BY_NAME["api-4"]
    book.write(caller, book.clock(11, 20, 5), FRANKFURT, "StartSession", start_request(api.id, "", "", ""))


def _forgotten(book: Book) -> None:
    """The end of a session that somebody left open for longer than the demo is."""
    tom = caller_of(BY_NAME["tom.miller"], PROD, book)
    begun = Session(session_id(tom.name, book.rng), tom, FRANKFURT, book.clock(-40 * 24))
    jane = caller_of(BY_NAME["jane.doe"], PROD, book)
    book.terminate(begun, book.clock(8, 31, 12), by=jane)


STRANGE_ADDRESS: Final = "192.0.2.44"


_STOLEN: Final = iam_user("temp.contractor", DEV, STRANGE_ADDRESS, BOTO)


def intruder(book: Book) -> None:
    """The story's part for this day, if it has one."""
    match days_since_the_night(book.day):
        case 0:
            _burst(book)
            _night(book)
        case 15:
            _knocking(book)


def _instance_arn(name: str, account: str) -> str:
    """The machine as access control names it: in the account that is asked, wherever it really is."""
    return f"arn:aws:ec2:{FRANKFURT}:{account}:instance/{MACHINE_BY_NAME[name].id}"


def _burst(book: Book) -> None:
    """02:14: one machine after the other is tried from an address that was never seen before."""
    at = book.clock(2, 14, 3)
    for name in ("lab-1", "lab-2", "lab-3", "lab-4", "vault-1", "db-1", "db-2", "bastion-1", "bastion-2"):
        book.deny(_STOLEN, at, FRANKFURT, _instance_arn(name, DEV))
        at += book.rng.randrange(1, 5)
    book.deny(_STOLEN, at + 3, FRANKFURT, f"arn:aws:ssm:{FRANKFURT}::document/{TUNNEL}")
    someone = f"arn:aws:ssm:{FRANKFURT}:{DEV}:session/lena.fischer@example.com-demo7k2m"
    book.deny(_STOLEN, at + 9, FRANKFURT, someone, "TerminateSession")


def _night(book: Book) -> None:
    """A forgotten box lets them in; its role reaches the next one, then a role in production."""
    box, next_box, bastion = (MACHINE_BY_NAME[name] for name in ("box-17", "box-31", "bastion-2"))
    way_in = book.start(_STOLEN, book.clock(2, 16, 52), box.region, box.id)
    on_box = assumed_role("dev-box-role", box.id, DEV, "198.51.100.140", PLUGIN, book.clock(1, 5))
    book.deny(on_box, book.clock(2, 24, 10), FRANKFURT, _instance_arn("lab-1", DEV))
    book.fail(on_box, book.clock(2, 25, 2), FRANKFURT, MACHINE_BY_NAME["box-30"].id)
    lateral = book.start(on_box, book.clock(2, 26, 47), next_box.region, next_box.id)
    on_next = assumed_role("dev-box-role", next_box.id, DEV, "198.51.100.141", BOTO, book.clock(1, 12))
    at = book.clock(2, 38, 5)
    name, key = f"botocore-session-{at}", key_of_the_day(book, "stolen bridge")
    assume(book, on_next, at, BRIDGE, PROD, name, key)
    workers = assumed_role(BRIDGE, name, PROD, "198.51.100.141", BOTO, at, key=key)
    host, port = DATABASES[0]
    parameters = f'{{"host":["{host}"],"portNumber":["{port}"],"localPortNumber":["15432"]}}'
    tunnel = book.start(workers, book.clock(2, 41, 12), FRANKFURT, bastion.id, TUNNEL, parameters)
    book.terminate(tunnel, book.clock(2, 47, 50))
    jane = caller_of(BY_NAME["jane.doe"], DEV, book, CONSOLE)
    book.terminate(way_in, book.clock(8, 52, 14), by=jane)
    book.terminate(lateral, book.clock(8, 52, 31), by=jane)


def _knocking(book: Book) -> None:
    """Two weeks before and after: somebody knocks with an old key, in vain."""
    old = iam_user("legacy-batch", PROD, "192.0.2.91", BOTO)
    at = book.clock(4, 40, 11)
    for name in ("web-1", "web-2", "db-1", "db-2", "db-3", "bastion-1"):
        book.deny(old, at, FRANKFURT, _instance_arn(name, PROD))
        at += book.rng.randrange(1, 9)
