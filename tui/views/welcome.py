"""The welcome: chooses a source."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from threading import Event
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Input, Label, OptionList, Static
from textual.widgets.option_list import Option

from ssmtrail.queries.errors import Cancelled, SourceError, UsageError
from ssmtrail.tui.choice import SourceChoice, athena_named, bucket_named
from ssmtrail.tui.frame.keys import Key, KeyLine
from ssmtrail.tui.frame.saved import what_is_seen
from ssmtrail.tui.paths import completed, typed_path
from ssmtrail.tui.source_words import source_text
from ssmtrail.tui.terminal.screen import TerminalScreen
from ssmtrail.widgets.filter_bar import SafeInput
from ssmtrail.widgets.text import safe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import TypeAlias

    from textual.app import ComposeResult

    from ssmtrail.queries.config import AthenaSettings
    from ssmtrail.queries.sources.athena.discovery import FoundTable
    from ssmtrail.tui.saved_views import SavedView

    ViewsOf: TypeAlias = Callable[[], Sequence[SavedView]]

_NOTE = (
    "Athena and buckets use AWS's own credentials and ask before reading costs more than ${dollars:g}. "
    "`ssmtrail athena`, `s3` and `history` have options for profiles, roles and regions; `ssmtrail open` takes several "
    "sources as one."
)
_HISTORY = "Event history: the last 90 days of the AWS account in use, free"
_HISTORY_OF = "Event history, 90 days, free"
_LOOK = "Look for CloudTrail tables in Athena"


class WelcomeScreen(TerminalScreen[None]):
    """Offers saved views, tables, event history, the demo, a folder of log files and a bucket."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "tab", "complete", "complete, next", tooltip="Complete the path, or to the next field", id="welcome.tab"
        ),
        Binding("escape", "back", "back", tooltip="Back to what was open", id="welcome.back"),
    ]

    typing_keys = (Key("tab", "complete"), Key("enter", "open"), Key("esc", "back"))
    """Keys that the key line shows while the path is typed."""

    @dataclass
    class Chosen(Message):
        """A source was chosen, or a saved view of one."""

        choice: SourceChoice
        view: SavedView | None = None

    def __init__(
        self,
        last: SourceChoice,
        athena: AthenaSettings,
        views: ViewsOf = lambda: (),
        choice_of: Callable[[SavedView], SourceChoice] | None = None,
        *,
        back: bool = False,
    ) -> None:
        """`last` fills the fields, `athena` has tables and bounds what may be spent; `back` where a source was open.

        `views` gives the saved views, `choice_of` the source of one; both may raise UsageError, the latter
        SourceError too.
        """
        super().__init__()
        self._last = last
        self._athena = athena
        self._views = views
        self._choice_of = choice_of
        self._back = back
        self._offers: list[Callable[[], WelcomeScreen.Chosen]] = []
        self._stop = Event()
        self._history = ""
        """The id of the offer of event history."""

    def compose(self) -> ComposeResult:
        """What needs no name, then the fields."""
        with Vertical(id="welcome"):
            yield Static("ssmtrail", classes="title", markup=False)
            yield Static("Who got a shell on which machine, when, from where?", classes="subtitle", markup=False)
            yield OptionList(*self._options(), markup=False, compact=True)
            with Horizontal(classes="field"):
                yield Label("A folder of CloudTrail log files")
                yield SafeInput(self._folder, placeholder="/path/to/AWSLogs   Enter opens", id="folder", compact=True)
            with Horizontal(classes="field"):
                yield Label("A CloudTrail table in Athena")
                yield SafeInput(self._table, placeholder="DATABASE.TABLE   Enter opens", id="table", compact=True)
            with Horizontal(classes="field"):
                yield Label("CloudTrail's files in a bucket")
                yield SafeInput(self._bucket, placeholder="s3://BUCKET/PREFIX   Enter opens", id="bucket", compact=True)
            yield Static("", id="wrong", markup=False)
            yield Static(_NOTE.format(dollars=self._athena.ask_above), classes="hint", markup=False)
        yield KeyLine()

    @property
    def _folder(self) -> str:
        return str(self._last.path) if self._last.kind == "logs" and self._last.path else ""

    @property
    def _table(self) -> str:
        return self._last.athena.address.shown_table if self._last.athena else ""

    @property
    def _bucket(self) -> str:
        address = self._last.s3.address if self._last.s3 else None
        return f"s3://{address.bucket}/{address.prefix}".rstrip("/") if address is not None and address.bucket else ""

    def _options(self) -> Iterator[Option]:
        """What needs nothing to be typed, one's own first."""
        for view in self._saved():
            words = f"The view {safe(view.name)}: {what_is_seen(view)}, of {source_text(view.source)}"
            yield self._option(words, partial(self._view_chosen, view))
        for table in self._athena.tables:
            words = f"The table {safe(table.name)} in Athena: {safe(table.table)}"
            yield self._option(words, partial(self._table_chosen, table.name))
        self._history = str(len(self._offers))
        yield self._option(_HISTORY, _history_chosen)
        yield self._option("The demo: a made-up organisation, thirty days of it", _demo_chosen)
        yield Option(_LOOK, "look")

    def _option(self, words: str, chosen: Callable[[], WelcomeScreen.Chosen]) -> Option:
        self._offers.append(chosen)
        return Option(words, str(len(self._offers) - 1))

    def _saved(self) -> Sequence[SavedView]:
        if self._choice_of is None:
            return ()
        try:
            return self._views()
        except UsageError:  # `V` says what is wrong with the file
            return ()

    def _view_chosen(self, view: SavedView) -> WelcomeScreen.Chosen:
        assert self._choice_of is not None
        return self.Chosen(self._choice_of(view), view)

    def _table_chosen(self, name: str) -> WelcomeScreen.Chosen:
        return self.Chosen(SourceChoice("athena", athena=athena_named(name, self._last.athena, self._athena)))

    def on_mount(self) -> None:
        """Focus the field of the last choice; look up whose event history it would be."""
        fields = {"#folder": self._folder, "#table": self._table, "#bucket": self._bucket}
        self.query_one(next((name for name, value in fields.items() if value), "OptionList")).focus()
        _ = self.run_worker(self._find_identity, thread=True, group="identity")

    def _find_identity(self) -> None:
        """Say whose event history it would be; in a thread, since AWS's library takes its time to import."""
        from ssmtrail.queries.sources.history.identity import configured_identity

        said = configured_identity()
        with suppress(RuntimeError):  # the app has ended meanwhile
            self.app.call_from_thread(self._show_identity, said)

    def _show_identity(self, said: str) -> None:
        if said:
            self.query_one(OptionList).replace_option_prompt(self._history, f"{_HISTORY_OF}: {safe(said)}")

    def on_unmount(self) -> None:
        """Look no further."""
        self._stop.set()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Back only where a source was open."""
        return self._back if action == "back" else super().check_action(action, parameters)

    def on_option_list_option_selected(self, message: OptionList.OptionSelected) -> None:
        """Open what was chosen, or look for tables."""
        message.stop()
        if message.option.id == "look":
            self._refuse("")
            message.option_list.replace_option_prompt("look", f"{_LOOK}: looking at the catalogs…")
            _ = self.run_worker(self._look, thread=True, exclusive=True)
        else:
            self._open(self._offers[int(message.option.id or 0)])

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """Open the folder, if it exists, the table, or the bucket."""
        message.stop()
        if message.input.id == "table":
            self._open(partial(self._table_chosen, message.value))
            return
        if message.input.id == "bucket":
            self._open(partial(_bucket_chosen, message.value.strip(), self._athena))
            return
        self._open(partial(_folder_chosen, message.value.strip()))

    def _open(self, chosen: Callable[[], WelcomeScreen.Chosen]) -> None:
        try:
            message = chosen()
        except (UsageError, SourceError) as error:
            self._refuse(str(error))
        else:
            self.post_message(message)

    def _look(self) -> None:
        """Find tables; in a thread."""
        from ssmtrail.tui.open_trail import tables_found

        found: Sequence[FoundTable] = ()
        try:
            found, gaps = tables_found(self._athena, self._stop)
            said = gaps[0] if gaps else ""
        except Cancelled:
            return
        except SourceError as error:
            said = str(error)
        with suppress(RuntimeError):  # the app has ended meanwhile
            self.app.call_from_thread(self._show_found, found, said)

    def _show_found(self, found: Sequence[FoundTable], said: str) -> None:
        listed = self.query_one(OptionList)
        listed.remove_option("look")
        for table in found:
            reach = f", from {table.first_day}" if table.first_day else ""
            words = f"The table {safe(table.shown)} in Athena: {safe(table.kind)}{reach}"
            _ = listed.add_option(self._option(words, partial(self._table_chosen, table.shown)))
        _ = listed.add_option(Option(f"{_LOOK}: {len(found):,} found", "look"))
        listed.highlighted = listed.option_count - 1 - len(found)
        self._refuse(said)

    def _refuse(self, sentence: str) -> None:
        self.query_one("#wrong", Static).update(safe(sentence))

    def action_complete(self) -> None:
        """Complete the path; if it cannot be completed, go to the next field."""
        field = self.query_one("#folder", Input)
        longer = completed(field.value) if field.has_focus else field.value
        if longer == field.value:
            self.focus_next()
        else:
            field.value = longer
            field.cursor_position = len(longer)

    def action_back(self) -> None:
        """Back to what was open."""
        _ = self.dismiss()


def _history_chosen() -> WelcomeScreen.Chosen:
    from ssmtrail.queries.sources.history.address import HistoryAddress

    return WelcomeScreen.Chosen(SourceChoice("history", history=HistoryAddress()))


def _demo_chosen() -> WelcomeScreen.Chosen:
    return WelcomeScreen.Chosen(SourceChoice("demo"))


def _folder_chosen(text: str) -> WelcomeScreen.Chosen:
    path = typed_path(text)
    if not text or not path.exists():
        raise UsageError(f"There is no folder {path}.")
    return WelcomeScreen.Chosen(SourceChoice("logs", path.absolute()))


def _bucket_chosen(url: str, bounds: AthenaSettings) -> WelcomeScreen.Chosen:
    return WelcomeScreen.Chosen(SourceChoice("s3", s3=bucket_named(url, bounds)))
