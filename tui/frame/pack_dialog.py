"""The dialog of an evidence pack: what it is of, where it is written, how far it is, and its hash."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Input, Label, OptionList, Static
from textual.widgets.input import Selection
from textual.widgets.option_list import Option

from ssmtrail.queries.errors import UsageError
from ssmtrail.tui.frame.dialogs import Dialog
from ssmtrail.tui.frame.export import Tick, write_whole
from ssmtrail.tui.frame.hints import Hints
from ssmtrail.tui.paths import typed_path
from ssmtrail.tui.query import Query
from ssmtrail.tui.text import plural
from ssmtrail.tui.workers import Answers
from ssmtrail.widgets.filter_bar import SafeInput
from ssmtrail.widgets.text import safe, shorten_middle

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from threading import Event

    from textual.app import ComposeResult

    from ssmtrail.queries.model import Coverage, Scope
    from ssmtrail.queries.trail import Trail
    from ssmtrail.tui.context import AppContext
    from ssmtrail.tui.evidence.writing import PackWritten
    from ssmtrail.tui.frame.related import Related

#: Cells of the longest name in the list.
_NAME: Final = 56
#: Seconds between two looks at how far the worker is.
_LOOK: Final = 0.1
_SLOT: Final = "pack"


@dataclass(frozen=True, slots=True)
class PackChoice:
    """One thing that a pack may be of."""

    what: str
    name: str
    """Safe."""
    scope: Scope


def session_choice(related: Related, scope: Scope) -> PackChoice | None:
    """The session of a row, or the calls that the row names, whole: the window reaches to a later end."""
    if not related.session_id and not related.events:
        return None
    from ssmtrail.queries import drills
    from ssmtrail.queries.filters import Filter

    if related.session_id:
        narrowed = replace(scope, filter=Filter().keep("session", related.session_id, exact=True))
    else:
        narrowed = drills.of_events(scope, related.events)
    window = scope.window
    if related.last is not None and window.end is not None and related.last >= window.end:
        window = replace(window, end=related.last + timedelta(microseconds=1))
    name = safe(related.session_id or ", ".join(related.events))
    return PackChoice("session" if related.session_id else "calls", name, replace(narrowed, window=window))


class PackScreen(Dialog[None]):
    """Asks, writes in a worker, and shows the hash. Enter writes, Escape cancels while it is written."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "write", "write", show=False, tooltip="Write the pack", id="take.pack-write"),
        Binding("tab", "app.focus_next", "next field", tooltip="To the next field", id="go.pack-next"),
        Binding("y", "copy", "copy path", tooltip="Copy the path of the pack", id="take.pack-copy"),
    ]
    DEFAULT_CSS = "PackScreen #status { height: auto; padding-bottom: 1; }"

    def __init__(self, context: AppContext, choices: Sequence[PackChoice]) -> None:
        super().__init__()
        self._shared = context
        self._choices = choices
        self._proposed = f"ssmtrail-evidence-{context.now():%Y%m%dT%H%M%SZ}.zip"
        self._agreed: Path | None = None
        self._answers = Answers(context.workers, self)
        self._step = ""
        """What the worker does; the one thing that it writes."""
        self._writing: Path | None = None
        self._written: Path | None = None
        options = [
            Option(f"{each.what:<8}{shorten_middle(each.name, _NAME)}", f"pack-{number}")
            for number, each in enumerate(choices)
        ]
        self._list = OptionList(*options, markup=False, compact=True)
        self._path = SafeInput(self._proposed, id="path", compact=True, select_on_focus=False)
        self._with_transcripts = Tick("with transcripts: secrets in them cannot be redacted", id="transcripts")
        self._status = Static("", id="status", markup=False)
        self._done = Hints("y copies the path", "Esc back")

    def compose(self) -> ComposeResult:
        """The list above the path."""
        with Vertical(classes="dialog"):
            yield Label("Evidence pack", classes="title")
            yield self._list
            with Horizontal(classes="field"):
                yield Label("to")
                yield self._path
            with Horizontal(classes="field"):
                yield Label("")
                yield self._with_transcripts
            yield Static("", id="wrong", markup=False)
            yield Static(
                "Answers, raw records, coverage and a report, in one zip with hashes.", classes="hint", markup=False
            )
            yield self._status
            yield Hints("Enter writes", "Tab next", "Space ticks", "Esc back")
            yield self._done

    def on_mount(self) -> None:
        """Offer the first, with the proposed name selected, so that typing replaces it; look at the worker at times."""
        self._path.selection = Selection(0, len(self._proposed))
        self._list.highlighted = 0
        self._status.display = self._done.display = False
        self.set_focus(self._list)
        self.set_interval(_LOOK, self._look)

    def on_unmount(self) -> None:
        """Want nothing more: a pack that is being written is given up."""
        self._answers.close()

    def on_screen_resume(self) -> None:
        """Take the answers that came before the screen was current."""
        self._answers.collect()

    # Keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A path can be copied once there is one."""
        return self._written is not None if action == "copy" else True

    def on_option_list_option_selected(self, message: OptionList.OptionSelected) -> None:
        """Enter in the list writes."""
        message.stop()
        self.action_write()

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """Enter in the path writes."""
        message.stop()
        self.action_write()

    def on_tick_typed(self, message: Tick.Typed) -> None:
        """Put a character that is typed on the box at the end of the path."""
        message.stop()
        self._path.cursor_position = len(self._path.value)
        self.set_focus(self._path)
        self._path.insert_text_at_cursor(message.character)

    def action_leave(self) -> None:
        """Give up what is being written; else close."""
        if self._writing is None:
            self.leave(None)
            return
        self._answers.drop(_SLOT)
        self._fail("Cancelled: nothing was written.")

    def action_copy(self) -> None:
        """Copy the path."""
        if self._written is not None:
            self.app.copy_to_clipboard(safe(str(self._written)))
            self.query_one("#wrong", Static).update("The path was copied.")

    # Writing

    def action_write(self) -> None:
        """Write the pack, unless one is being written or was."""
        if self._writing is not None or self._written is not None:
            return
        try:
            path = typed_path(self._path.value.strip() or self._proposed).absolute()
            trouble = self._trouble(path)
        except UsageError as error:
            trouble = str(error)
        if trouble:
            self.query_one("#wrong", Static).update(safe(trouble))
            return
        choice = self._choices[self._list.highlighted or 0]
        self.query_one("#wrong", Static).update("")
        self._writing, self._step = path, "asking"
        self._able(able=False)
        self._look()
        order = _Order(choice.scope, path, path == self._agreed, self._with_transcripts.value)
        run = partial(_written, order, self._shared, self._report)
        self._answers.ask(Query(_SLOT, run), partial(self._show, path), self._fail)

    def _trouble(self, path: Path) -> str:
        """Why the path cannot be written; empty if it can."""
        if path.suffix.lower() != ".zip":
            return "The name has to end in .zip."
        if not path.parent.is_dir():
            return f"There is no folder {path.parent}."
        if path.is_dir():
            return f"{path} is a folder."
        if path.exists() and path != self._agreed:
            self._agreed = path
            return f"{path.name} exists already. Enter again replaces it."
        return ""

    def _report(self, step: str) -> None:
        """Remember what the worker does; called in its thread."""
        self._step = step

    def _look(self) -> None:
        if self._writing is not None:
            self._status.display = True
            self._status.update(f"{self._step} (Esc cancels)")

    def _fail(self, sentence: str) -> None:
        self._writing = None
        self._able(able=True)
        self._status.display = False
        self.query_one("#wrong", Static).update(safe(sentence))
        self.set_focus(self._list)

    def _able(self, *, able: bool) -> None:
        """Take keys or not."""
        self._list.disabled = self._path.disabled = self._with_transcripts.disabled = not able

    def _show(self, path: Path, found: tuple[PackWritten, Coverage]) -> None:
        self._writing, self._written = None, path
        for hint in self.query(".hint").results():
            hint.display = hint is self._done
        self._status.display = True
        self._status.update("\n".join(result_lines(path, *found)))
        self.refresh_bindings()
        self.set_focus(None)


@dataclass(frozen=True, slots=True)
class _Order:
    """What to write where."""

    scope: Scope
    path: Path
    overwrite: bool
    transcripts: bool


def _written(
    order: _Order, context: AppContext, report: Callable[[str], object], trail: Trail, cancelled: Event
) -> tuple[PackWritten, Coverage]:
    """Write the pack; blocks, in a worker."""
    from ssmtrail.queries.config import Settings
    from ssmtrail.tui.evidence.pack import PackQuestion  # imported late: imports cost start-up time
    from ssmtrail.tui.evidence.writing import write_pack

    path = order.path
    coverage = trail.coverage(order.scope.window)
    settings = context.settings or Settings()
    question = PackQuestion(order.scope, settings, coverage, transcripts=order.transcripts)

    def replacing(target: Path, fill: Callable[..., object]) -> None:
        # The file beside a pack is replaced too.
        write_whole(target, fill, overwrite=order.overwrite or target != path)

    return write_pack(path, question, trail, cancelled, replacing, report), coverage


def result_lines(path: Path, pack: PackWritten, coverage: Coverage) -> list[str]:
    """What is said of a pack that was written; safe."""
    records = pack.manifest["records"]
    rows = ", ".join(f"{plural(each['rows'], 'row')} of {each['question']}" for each in pack.manifest["answers"])
    lines = [
        f"wrote {safe(str(path))}",
        f"{rows}, {plural(records['rows'], 'record')}",
        f"sha256 {pack.made['sha256']}",
        "Keep the hash apart. The pack contains personal data.",
    ]
    if (found := pack.manifest["transcripts"]) is not None:
        states = ", ".join(f"{number:,} {state}" for state, number in found["states"].items()) or "none"
        unread = f"; {plural(found['unread'], 'text')} could not be read" if found["unread"] else ""
        lines.insert(2, f"transcripts: {states}, not redacted{unread}")
        if refusal := pack.made["transcripts"]["opening_not_noted"]:
            lines.append(safe(refusal))
    missing = sum(day.is_gap for day in coverage.days)
    if missing or coverage.unreadable:
        bad = plural(len(coverage.unreadable), "file")
        lines.append(f"Not whole: {plural(missing, 'day')} not read, {bad} unreadable.")
    if records["without_record"]:
        lines.append(f"{plural(records['without_record'], 'event')} without a record: skipped.csv names them.")
    return lines
