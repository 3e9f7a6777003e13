"""What was typed and shown in a session, or why that is not known: plain, raw, or as full-screen programs drew it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, ClassVar, Final

from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Static

from ssmtrail.queries.errors import UsageError
from ssmtrail.queries.transcripts.screens import is_possible
from ssmtrail.queries.transcripts.text import Held, Mode, Written, held, text_lines
from ssmtrail.tui.formats.transcript import Recorded, recording, text_line
from ssmtrail.tui.frame.export import ExportScreen, trouble_with, write_whole
from ssmtrail.tui.frame.go_to import GoTo
from ssmtrail.tui.frame.keys import Key
from ssmtrail.tui.frame.lists_text import Record
from ssmtrail.tui.frame.pane import Pane
from ssmtrail.tui.frame.related import Related, related_of
from ssmtrail.tui.frame.transcript_words import about_words, no_times
from ssmtrail.tui.pages import TranscriptPage
from ssmtrail.tui.query import Covered, Found, Query
from ssmtrail.tui.text import plural, size
from ssmtrail.widgets.details import Details
from ssmtrail.widgets.long_text import LongText, Place
from ssmtrail.widgets.text import safe

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from threading import Event
    from typing import BinaryIO

    from textual.app import ComposeResult
    from textual.widget import Widget

    from ssmtrail.queries.trail import Trail
    from ssmtrail.queries.transcripts.model import Lookup
    from ssmtrail.tui.context import AppContext
    from ssmtrail.tui.frame.export import ExportOrder
    from ssmtrail.tui.frame.pane import Host
    from ssmtrail.widgets.table import Cell

#: How a state looks; the word itself stands beside.
_STYLES: Final = {
    "recorded": "$text-success", "expected but not found": "$text-error", "expired": "$text-warning",
    "unknown": "$text-warning",
}  # fmt: skip
_MODES: Final[dict[Mode, str]] = {
    "plain": "plain text: what moves within a line is applied, the rest left out",
    "raw": "raw: every control character as an escape",
    "screens": "plain text, with the screens that full-screen programs drew",
}
_SEARCH_KEYS: Final = (Key("enter", "stay there"), Key("up/down", "other hits"), Key("esc", "back to where you were"))
_HOW: Final = "screen"
_EXPORTED: Final = "export"
_TEXT_FILE: Final = ".txt: the text as it is shown."
#: Characters of a text that are kept: a few bytes can ask for a line of thousands. A line counts as some more.
_MOST_TEXT: Final = 32_000_000
_LINE_COST: Final = 16
_NEVER: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Opened:
    """A transcript that was opened, or why there is none."""

    found: Lookup
    held: Held | None = None
    mode: Mode = "plain"
    texts: Sequence[str] = ()
    """The lines that are shown; safe."""
    times: Sequence[datetime | None] = ()
    """When each was sent (UTC), where that is known."""
    has_more: bool = False
    """Whether there are more lines than are kept."""
    written: Written | None = None
    problem: str = ""
    """Why it could not be read, or its opening not be noted; may be hostile."""


def made(opened: Opened, mode: Mode, cancelled: Event) -> Opened:
    """The same transcript as text of another kind. Raises Cancelled, UsageError where pyte is missing."""
    if opened.held is None:
        return opened
    written, texts, times, room, has_more = Written(), [], [], _MOST_TEXT, False
    for line in text_lines(_pieces(opened.held.data), mode, written, cancelled):
        text = safe(line.text)
        room -= len(text) + _LINE_COST
        if has_more := room < 0:
            break
        texts.append(text)
        times.append(line.at)
    return replace(opened, mode=mode, texts=texts, times=times, has_more=has_more, written=written)


def _pieces(data: bytes) -> Sequence[bytes]:
    return [data[start : start + (1 << 18)] for start in range(0, len(data), 1 << 18)]


class TranscriptPane(Pane[TranscriptPage, Opened]):
    """The state, what is known of the text, and the text."""

    SCOPED = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "search", "search", key_display="/", tooltip="Search in the text", id="go.transcript-search"),
        Binding("n", "step(1)", "next", tooltip="The next line with the searched text", id="go.transcript-next"),
        Binding("N", "step(-1)", "previous", show=False, tooltip="The one before", id="go.transcript-previous"),
        Binding(
            "v", "mode", "plain/raw", tooltip="Plain text, raw with visible escapes, full-screen programs drawn",
            id="look.transcript-mode",
        ),
        Binding(
            "e", "export", "export", tooltip="Write the text, or a recording for asciinema, to a file",
            id="take.transcript-export",
        ),
        Binding("y", "copy", "copy", show=False, tooltip="Copy the place of the transcript", id="take.transcript-copy"),
    ]  # fmt: skip

    def __init__(self, context: AppContext, host: Host) -> None:
        super().__init__(context, host)
        self.opened: Opened | None = None
        self._view: TranscriptPage | None = None
        self._title = Static(id="title", markup=False)
        self._facts = Details(id="facts", ascii_only=context.signs.ascii_only)
        self._search = GoTo("search ", "no line has it")
        self._caption = Static(id="mode", markup=False)
        self.text = LongText(ascii_only=context.signs.ascii_only, id="text")
        self._before_search: Place | None = None

    def compose(self) -> ComposeResult:
        """Title, facts, how the text is shown, the text."""
        yield self._title
        yield self._facts
        with Horizontal(id="description"):
            yield self._search
            yield self._caption
        yield self.text

    @property
    def focus_target(self) -> Widget:
        """The text, or the field while a search is typed."""
        return self.text if self._before_search is None else self._search.field

    def question_for(self, view: TranscriptPage, *, fresh: bool) -> Query[Found[Opened]]:
        """The transcript; what is open already is not read again."""
        at_hand = self.opened if not fresh and self._view is not None and self._view.session == view.session else None

        def run(trail: Trail, cancelled: Event) -> Found[Opened]:
            covered = Covered(trail.source_label, trail.coverage(view.state.scope.window))
            return Found(at_hand or _opened(trail, view, cancelled), covered)

        return Query("view", run)

    def show(self, view: TranscriptPage, found: Found[Opened], *, fresh: bool) -> None:
        """Show a transcript."""
        is_same = found.value is self.opened
        self._view, self.opened = view, found.value
        if fresh:
            self._close_search()
        self._show(again=is_same)

    @property
    def related(self) -> Related:
        """What the session is related to, but for its transcript."""
        row = self._view.row if self._view is not None else None
        return replace(related_of(Record(row) if row is not None else None), session=None)

    def save(self) -> tuple[Opened | None, Place]:
        """What is open, and how far it was scrolled."""
        return self.opened, self.text.place

    def restore(self, view: TranscriptPage, saved: tuple[Opened | None, Place]) -> None:
        """Show what was saved."""
        self._view, self.opened = view, saved[0]
        self._show()
        self.text.go_back_to(saved[1])

    def release(self, saved: object) -> None:
        """Keep nothing of a transcript that was left."""
        if isinstance(saved, tuple) and saved[0] is self.opened:
            self.opened = None
            self.text.clear()

    def _show(self, *, again: bool = False) -> None:
        """Show what is open: where it was, with what is searched for, if it is what was shown before."""
        opened, view = self.opened, self._view
        if opened is None or view is None:
            return
        state = opened.found.state
        self._title.update(
            Content.assemble((view.label, "bold"), "   transcript: ", (state, _STYLES.get(state, "bold")))
        )
        self._facts.show("", self._about(opened))
        self._caption.update(self._mode_words(opened))
        show = self.text.show_again if again else self.text.show
        clock, times = self.host.clock, opened.times
        if any(times):
            words = {at: clock.time(at) for at in times if at}
            width = max(map(len, words.values())) + 2
            show(opened.texts, lambda number: words.get(times[number] or _NEVER, "").ljust(width), width)
        else:
            show(opened.texts)
        self.call_after_refresh(self._fit)

    def _fit(self) -> None:
        self._facts.styles.height = self._facts.virtual_size.height

    def on_resize(self) -> None:
        """Fit the facts, whose lines are wrapped anew."""
        self.call_after_refresh(self._fit)

    def _about(self, opened: Opened) -> list[tuple[str, Cell]]:
        found = opened.found
        rows: list[tuple[str, Cell]] = [("where" if found.copy else "why", safe(found.why))]
        rows += [("", safe(note)) for note in found.notes]
        if opened.problem:
            rows.append(("problem", (safe(opened.problem), "bad")))
        if opened.written is not None:
            rows += [(label, safe(words)) for label, words in about_words(opened.written)]
        return rows

    def _mode_words(self, opened: Opened) -> str:
        if opened.held is None:
            return "no text"
        words = [_MODES[opened.mode], plural(len(opened.texts), "line")]
        if opened.has_more:
            words.append("no room for more: `ssmtrail transcript` writes all")
        if opened.held.is_cut:
            whole = f" of {size(opened.held.size)}" if opened.held.size else ""
            words.append(f"only the first {size(len(opened.held.data))}{whole}: `ssmtrail transcript` writes all")
        return f" {self.context.signs.dot} ".join(words)

    # Keys

    def can_mode(self) -> bool | None:
        """Where there is a text."""
        return True if self.opened is not None and self.opened.held is not None else None

    can_search = can_copy = can_export = can_mode

    def can_step(self) -> bool | None:
        """After a search."""
        return True if self._search.text else None

    def action_mode(self) -> None:
        """The next kind of text."""
        opened = self.opened
        if opened is None:
            return
        modes: list[Mode] = ["plain", "raw", *(["screens"] if is_possible() else [])]  # type: ignore[list-item]
        mode = modes[(modes.index(opened.mode) + 1) % len(modes)]
        self.host.ask(Query("transcript", lambda _, cancelled: made(opened, mode, cancelled)), self._take)

    def _take(self, opened: Opened) -> None:
        if self.opened is not None and self.opened.held is opened.held:
            self.opened = opened
            self._show(again=True)

    def action_copy(self) -> None:
        """Copy where the transcript is."""
        if self.opened is not None and self.opened.found.copy is not None:
            self.host.copy(safe(self.opened.found.copy.place))

    def action_export(self) -> None:
        """Ask where to write the text, or a recording."""
        opened, view = self.opened, self._view
        if opened is None or opened.written is None or view is None:
            return
        untimed = "" if any(opened.times) else no_times(opened.written)
        endings = (".txt",) if untimed else (".cast", ".txt")
        hint = _TEXT_FILE if untimed else f".cast: a recording for asciinema play. {_TEXT_FILE}"

        def trouble(path: Path) -> str:
            return untimed if untimed and path.suffix.lower() == ".cast" else trouble_with(path, endings)

        def write(order: ExportOrder | None) -> None:
            if order is not None:
                self._write(opened, view, order)

        # The name differs from the ones by which local copies are found: a file of ours is no evidence.
        proposed = f"ssmtrail-{view.session.session_id}{endings[0]}"
        screen = ExportScreen(
            self.context, "transcript", (), (), proposed=proposed, hint=hint, trouble=trouble
        )  # fmt: skip
        self.host.dialog(screen, write)

    def _write(self, opened: Opened, view: TranscriptPage, order: ExportOrder) -> None:
        self.host.say(f"writing {order.path}")

        recorded = Recorded()

        def written(lines: int) -> None:
            alike = f", {recorded.untimed:,} with the line before: no time of their own" if recorded.untimed else ""
            cut = f" of the first {size(len(opened.held.data))}" if opened.held and opened.held.is_cut else ""
            self.host.say_written(f"{plural(lines, 'line')}{cut}{alike}", order.path)

        self.host.ask(
            Query("export", lambda trail, cancelled: _file(trail, opened, view, order, recorded, cancelled)), written
        )

    @property
    def typing_keys(self) -> Sequence[Key] | None:
        """The keys while a search is typed."""
        return _SEARCH_KEYS if self._search.has_focus_within else None

    def action_search(self) -> None:
        """Type what to search."""
        self._before_search = self.text.place
        self._search.begin()
        self._search.say(0, 0)

    def action_step(self, by: int) -> None:
        """To the next hit, or the one before."""
        text = self.text
        number, of = text.step(by) if text.searched else text.search(self._search.text, text.top)
        self.host.say(f"{number:,} of {plural(of, 'line')} with {self._search.text!r}" if of else "no line has it")

    def on_go_to_edited(self, message: GoTo.Edited) -> None:
        """Go to the first hit from here on."""
        message.stop()
        if self._before_search is not None:
            self._search.say(*self.text.search(message.text, self._before_search[0]))

    def on_go_to_stepped(self, message: GoTo.Stepped) -> None:
        """To another hit."""
        message.stop()
        self._search.say(*self.text.step(message.by))

    def on_go_to_ended(self, message: GoTo.Ended) -> None:
        """Stay, or go back to where the search began."""
        message.stop()
        before = self._before_search
        if before is None:
            return
        if not message.kept:
            self.text.search("", 0)
            self.text.go_back_to(before)
        had_focus = self._search.has_focus_within or self.screen.focused is None
        self._close_search()
        if had_focus:
            self.screen.set_focus(self.text)
        self.refresh_bindings()

    def _close_search(self) -> None:
        self._before_search = None
        self._search.end()


def _opened(trail: Trail, view: TranscriptPage, cancelled: Event) -> Opened:
    """Find and read the transcript, and note that. Raises SourceError, StoreError, Cancelled."""
    found = trail.transcript(view.session, cancelled)
    if found.copy is None:
        return Opened(found)
    problem = trail.transcripts.note_opening(view.session, found.copy, _HOW)
    content = held(found.copy.chunks(cancelled), found.copy.size)
    return made(Opened(found, content, problem=problem), "plain", cancelled)


def _file(
    trail: Trail, opened: Opened, view: TranscriptPage, order: ExportOrder, recorded: Recorded, cancelled: Event
) -> int:  # fmt: skip
    """Write what is held, as text of the kind that is shown or as a recording, and note that; gives its lines.

    Raises UsageError for a recording without times, StoreError, Cancelled.
    """
    assert opened.held is not None
    assert opened.found.copy is not None
    is_cast = order.path.suffix.lower() == ".cast"
    lines = text_lines(_pieces(opened.held.data), "plain" if is_cast else opened.mode, Written(), cancelled)
    cast = recording(lines, f"session {view.session.session_id}", recorded) if is_cast else None
    if is_cast and cast is None:
        raise UsageError(no_times(opened.written or Written()))
    number = -1 if is_cast else 0  # the first line of a recording is no line of the transcript

    def write(out: BinaryIO) -> None:
        nonlocal number
        for piece in map(text_line, lines) if cast is None else cast:
            out.write(piece)
            number += 1

    write_whole(order.path, write, overwrite=order.overwrite)
    trail.transcripts.note_opening(view.session, opened.found.copy, _EXPORTED)
    return number
