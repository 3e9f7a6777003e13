"""What is taken out of a list: its rows into a file, after asking or at once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ssmtrail.queries.errors import UsageError
from ssmtrail.tui.frame.marks import MarkedRows
from ssmtrail.tui.paths import typed_path
from ssmtrail.tui.query import Query
from ssmtrail.tui.text import plural

if TYPE_CHECKING:
    from collections.abc import Sequence
    from threading import Event

    from ssmtrail.queries.model import Question
    from ssmtrail.queries.trail import Trail
    from ssmtrail.tui.context import AppContext
    from ssmtrail.tui.frame.export import ExportOrder
    from ssmtrail.tui.frame.lists_text import Record
    from ssmtrail.tui.frame.pane import Host


@dataclass(frozen=True, slots=True)
class ListExport:
    """The rows of a list, and the columns that a file of them can have."""

    context: AppContext
    host: Host
    question: Question
    shown: tuple[str, ...]
    """The columns that are shown."""
    every: tuple[str, ...]
    """All columns of the answer."""
    marked: tuple[Record, ...]

    def ask(self) -> None:
        """Ask where to write the rows, and write them."""
        from ssmtrail.queries.relations import FIELDS  # imported late: imports cost start-up time
        from ssmtrail.tui.frame.export import ExportScreen

        def write(order: ExportOrder | None) -> None:
            if order is not None:
                self._write(order)

        name = self.question.name
        screen = ExportScreen(self.context, name, self.shown, FIELDS[name], marked=len(self.marked))
        self.host.dialog(screen, write)

    def at_once(self, words: Sequence[str]) -> None:
        """Write the rows, the marked ones where some are, in a format or to a path. Raises UsageError."""
        from ssmtrail.queries.relations import FIELDS  # as above
        from ssmtrail.tui.frame.export import ENDINGS, ExportOrder, proposed_name, trouble_with

        places = [word for word in words if word != "shown"]
        if len(places) != 1:
            raise UsageError(f"export takes one format or path: {' '.join(each[1:] for each in ENDINGS)}")
        ending = f".{places[0].casefold()}"
        if ending in ENDINGS:
            path = Path(proposed_name(self.question.name, self.context.now(), ending))
        else:
            path = typed_path(places[0])
        if trouble := trouble_with(path):
            raise UsageError(trouble)
        if path.exists():
            raise UsageError(f"{path.name} exists already; e asks before it replaces a file.")
        columns = FIELDS[self.question.name] if "shown" not in words else self.shown
        self._write(ExportOrder(path, columns, marked=bool(self.marked)))

    def _write(self, order: ExportOrder) -> None:
        self.host.say(f"writing {order.path}")
        self.host.ask(
            Query("export", lambda trail, cancelled: self._rows(trail, cancelled, order)),
            lambda rows: self.host.say_written(plural(rows, "row"), order.path),
        )

    def _rows(self, trail: Trail, cancelled: Event, order: ExportOrder) -> int:
        from ssmtrail.tui.frame.export import export, export_question  # as above

        if order.marked:
            return export(MarkedRows(self.question, self.every, self.marked), order, cancelled)
        # Asked anew: while the name is typed, a refresh may replace, and close, the answer that was shown.
        return export_question(trail, self.question, order, cancelled)
