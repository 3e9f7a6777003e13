"""`ssmtrail transcript`: the text of a session, or why there is none."""

from __future__ import annotations

import sys
from contextlib import closing
from typing import TYPE_CHECKING, Final

from ssmtrail.queries.config import openings_path
from ssmtrail.queries.errors import UsageError
from ssmtrail.queries.filters import Filter
from ssmtrail.queries.model import Question
from ssmtrail.queries.plurals import count_text
from ssmtrail.queries.transcripts.finder import Transcripts, required_copy
from ssmtrail.queries.transcripts.model import SessionFacts
from ssmtrail.queries.transcripts.text import Written, text_lines
from ssmtrail.tui.cli.console import (
    ANSWERED,
    CHECK_FAILED,
    INCOMPLETE,
    Console,
    run_interruptible,
    run_with_trail,
)
from ssmtrail.tui.cli.query import Order, opened, read_source, scope_of
from ssmtrail.tui.cli.sources import names_source
from ssmtrail.tui.formats.transcript import Recorded, recording, text_line
from ssmtrail.tui.frame.transcript_words import about_words, no_times

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from threading import Event

    from ssmtrail.queries.config import Settings
    from ssmtrail.queries.trail import Trail
    from ssmtrail.queries.transcripts.model import Copy, Lookup
    from ssmtrail.tui.cli.options import Options

#: Bytes that are collected before they are written.
_WRITE: Final = 1 << 16
_HOW: Final = "ssmtrail transcript"


def print_transcript(options: Options, settings: Settings) -> int:
    """Write the transcript, or say why there is none; gives the exit status. Raises UsageError, TrailError."""
    if options.raw + options.screens + options.cast > 1:
        raise UsageError("Of --raw, --screens and --cast only one is possible.")
    if options.raw and options.output_file is None and sys.stdout.isatty():
        raise UsageError("A raw transcript would command this terminal: name a file with --output, or redirect.")
    console = Console(quiet=options.quiet)
    if not _reads_records(options, settings):
        finder = Transcripts(settings.transcripts.folder, None, openings_path())
        return run_interruptible(lambda stop: _without_records(options, finder, console, stop), console)
    from ssmtrail.tui.cli.sources import source_of
    from ssmtrail.tui.open_trail import open_trail

    choice = source_of(options, settings)
    scope = scope_of(options, ("sessions",), pays=choice.pays)
    order = Order(Question("sessions", scope), settings, quiet=options.quiet, priced=choice.priced)
    return run_with_trail(
        lambda: open_trail(choice, settings),
        lambda trail, stop: _with_records(options, order, trail, console, stop),
        console,
    )


def _reads_records(options: Options, settings: Settings) -> bool:
    """Whether records are to be read; local copies need none."""
    if names_source(options):
        return True
    if settings.transcripts.folder is not None:
        return False
    if settings.athena.table is None:
        raise UsageError(
            "Name a source, as of `ssmtrail query`, or a folder of transcripts with --transcripts DIR, or both."
        )
    return True


def _without_records(options: Options, finder: Transcripts, console: Console, cancelled: Event) -> int:
    session = SessionFacts(options.session)
    return _written(options, session, finder.look_up(session, None, cancelled), finder, console, cancelled)


def _with_records(options: Options, order: Order, trail: Trail, console: Console, cancelled: Event) -> int:
    _ = read_source(order, trail, console, cancelled)
    session = session_named(options.session, order.question, trail, cancelled)
    return _written(options, session, trail.transcript(session, cancelled), trail.transcripts, console, cancelled)


def session_named(session_id: str, question: Question, trail: Trail, cancelled: Event) -> SessionFacts:
    """The newest session of this id. Raises UsageError where there is none."""
    wanted = question.narrowed(Filter().keep("session", session_id, exact=True))
    with closing(trail.ask(wanted, cancelled)) as answer:
        for row in answer.page(0, 1):
            return SessionFacts.of(dict(zip(answer.columns, row, strict=True)))
    raise UsageError(f"There is no session {session_id} in this window.")


def _written(
    options: Options, session: SessionFacts, found: Lookup, finder: Transcripts, console: Console, cancelled: Event
) -> int:
    console.clear()
    say = console.inform if found.state == "recorded" else console.warn
    say(f"{found.state}: {found.why}")
    for note in found.notes:
        say(note)
    if found.state != "recorded":
        return CHECK_FAILED if found.state == "expected but not found" else INCOMPLETE
    copy = required_copy(found)
    if refusal := finder.note_opening(session, copy, _HOW):
        console.warn(refusal)
    written, recorded = Written(), Recorded()
    pieces = _pieces(options, copy, session, written, recorded, cancelled)
    if pieces is None:
        console.warn(no_times(written))
        return INCOMPLETE
    with opened(options.output_file) as out:
        pending = bytearray()
        for piece in pieces:
            pending += piece
            if len(pending) >= _WRITE:
                out.write(pending)
                pending.clear()
        out.write(pending)
    if not options.raw:
        for label, words in about_words(written, recorded):
            console.inform(f"{label}: {words}")
    if written.reading.unread:
        events = count_text(written.reading.unread, "streamed event")
        console.warn(f"{events} could not be read, written as they are")
        return INCOMPLETE
    return ANSWERED


def _pieces(
    options: Options, copy: Copy, session: SessionFacts, written: Written, recorded: Recorded, cancelled: Event
) -> Iterator[bytes] | None:
    """What is written; None where that is a recording, for which there are no times."""
    chunks = copy.chunks(cancelled)
    if options.raw:
        return chunks
    lines = text_lines(chunks, "screens" if options.screens else "plain", written, cancelled)
    if options.cast or (_is_cast(options.output_file) and not options.screens):
        return recording(lines, f"session {session.session_id}", recorded)
    return map(text_line, lines)


def _is_cast(path: Path | None) -> bool:
    return path is not None and path.suffix.casefold() == ".cast"
