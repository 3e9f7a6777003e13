"""A stolen key's way from a denied burst to the orders database, then how it was found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from queries.sources.demo.nights import days_since_the_night
from queries.sources.demo.organisation import BY_NAME, DATABASES, DEV, FRANKFURT, MACHINE_BY_NAME, PROD
from queries.sources.demo.records import BOTO, CONSOLE, PLUGIN, assumed_role, iam_user
from queries.sources.demo.rounds import BRIDGE, assume
from queries.sources.demo.work import TUNNEL, caller_of, key_of_the_day

if TYPE_CHECKING:
    from queries.sources.demo.book import Book

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
    bridge = assumed_role(BRIDGE, name, PROD, "198.51.100.141", BOTO, at, key=key)
    host, port = DATABASES[0]
    parameters = f'{{"host":["{host}"],"portNumber":["{port}"],"localPortNumber":["15432"]}}'
    tunnel = book.start(bridge, book.clock(2, 41, 12), FRANKFURT, bastion.id, TUNNEL, parameters)
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
