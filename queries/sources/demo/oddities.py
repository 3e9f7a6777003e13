"""The rare things that a trail holds, each on its day of the calendar."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from queries.sources.demo.book import Session, start_request
from queries.sources.demo.organisation import BY_NAME, DEV, FRANKFURT, MACHINE_BY_NAME, PROD
from queries.sources.demo.records import CLI, new_id, root, session_id
from queries.sources.demo.work import caller_of

if TYPE_CHECKING:
    from queries.sources.demo.book import Book

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
